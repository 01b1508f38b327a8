// Plans and runs of a rebalance as JSON, as they lie in the cluster's key-value bucket.

import { z } from 'zod'
import { nodeIdSchema, parsedJson, shardNumberSchema } from './placement-codec.ts'
import type { RebalanceRecord } from './rebalance-plan.ts'

const cause = z.enum(['balance', 'drain', 'rollback'])
const count = z.int().min(0)
const route = { shard: shardNumberSchema, from: nodeIdSchema, to: nodeIdSchema }

const planSchema = z.strictObject({
  version: count,
  tableVersion: count,
  cause,
  moves: z.array(z.strictObject({ ...route, expectedPauseMs: z.number() })),
  expectedPauseMs: z.number(),
})

const runSchema = z.strictObject({
  version: count,
  cause,
  state: z.enum(['running', 'paused', 'ending', 'done', 'cancelled', 'failed']),
  applier: nodeIdSchema,
  beat: count,
  parallel: z.int().min(1),
  pauseIf: z.array(z.string()),
  isCancelled: z.boolean(),
  detail: z.exactOptional(z.string()),
  moves: z.array(
    z.strictObject({
      ...route,
      state: z.enum(['waiting', 'moving', 'moved', 'left-alone', 'failed']),
      pauseMs: z.exactOptional(z.number()),
      detail: z.exactOptional(z.string()),
    }),
  ),
})

const recordSchema = z.strictObject({
  planCount: count,
  plan: planSchema.nullable(),
  run: runSchema.nullable(),
})

export function encodeRebalance(record: RebalanceRecord): string {
  const { planCount, plan, run } = record
  return JSON.stringify({ planCount, plan: plan ?? null, run: run ?? null })
}

/** undefined when the text is no record. */
export function decodeRebalance(text: string): RebalanceRecord | undefined {
  const record = recordSchema.safeParse(parsedJson(text)).data
  if (record === undefined) return undefined
  const { planCount, plan, run } = record
  return { planCount, plan: plan ?? undefined, run: run ?? undefined }
}
