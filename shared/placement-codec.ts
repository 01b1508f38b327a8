// The placement table as JSON, as it lies in the cluster's key-value bucket.
//
//   B1. What is not exactly a table of this many shards is refused: nobody guesses an owner.

import { z } from 'zod'
import { asShardNumber, type NodeId, parseNodeId } from './ids.ts'
import { LIMITS } from './limits.ts'
import type { PlacementTable } from './placement-table.ts'

export const nodeIdSchema = z.string().transform((text, context): NodeId => {
  const node = parseNodeId(text)
  if (node !== undefined) return node
  context.addIssue({ code: 'custom', message: 'This is not the id of a node.' })
  return z.NEVER
})

export const shardNumberSchema = z
  .int()
  .min(0)
  .max(LIMITS.shardCount - 1)
  .transform(asShardNumber)

const tableSchema = z.strictObject({
  version: z.int().min(0),
  assignments: z.array(nodeIdSchema.nullable()).length(LIMITS.shardCount),
  pins: z.array(z.tuple([shardNumberSchema, nodeIdSchema])),
  cordoned: z.array(nodeIdSchema),
  weights: z.array(z.tuple([nodeIdSchema, z.number().positive()])),
})

export function encodeTable(table: PlacementTable): string {
  return JSON.stringify({
    version: table.version,
    assignments: table.assignments.map(node => node ?? null),
    pins: [...table.pins],
    cordoned: [...table.cordoned],
    weights: [...table.weights],
  })
}

/** undefined when the text is no table. B1 */
export function decodeTable(text: string): PlacementTable | undefined {
  const table = tableSchema.safeParse(parsedJson(text)).data
  if (table === undefined) return undefined
  return {
    version: table.version,
    assignments: table.assignments.map(node => node ?? undefined),
    pins: new Map(table.pins),
    cordoned: new Set(table.cordoned),
    weights: new Map(table.weights),
  }
}

/** undefined, which no schema takes, when it is not JSON. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
