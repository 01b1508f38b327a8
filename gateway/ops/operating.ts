// The operator's routes: nodes, shards, rebalance. Each is a row of a table.
//
// Owns: paths, bodies, the code of each refusal. Leaves to others: what is done (shared/operations.ts),
// who may ask (listener.ts).

import { z } from 'zod'
import {
  done,
  type Operations,
  type Outcome,
  PARALLEL_DEFAULT,
  PARALLEL_MAX,
  type RebalanceStatus,
  refused,
} from '../../shared/operations.ts'
import { checked } from '../http/route.ts'
import { type Answer, problemAnswer } from './answers.ts'

const nothing = z.strictObject({})
const moveBody = z.strictObject({
  to: z.string().min(1).max(64),
  /** keep the shard there until it is moved again */
  pin: z.boolean().default(false),
})
const applyBody = z.strictObject({
  /** of the plan; without it the newest */
  version: z.int().min(1).optional(),
  parallel: z.int().min(1).max(PARALLEL_MAX).default(PARALLEL_DEFAULT),
  pauseIf: z
    .union([z.string().max(128), z.array(z.string().max(128)).max(8)])
    .default([])
    .transform(text => (typeof text === 'string' ? [text] : text)),
})

interface OpsRoute {
  readonly method: 'GET' | 'POST'
  /** what is in parentheses is handed to `ask` */
  readonly path: RegExp
  readonly ask: (operations: Operations, name: string, body: unknown) => Promise<Outcome<unknown>>
  readonly body?: z.ZodType
}

const NODE_VERBS = ['cordon', 'uncordon', 'drain'] as const

const ROUTES: readonly OpsRoute[] = [
  {
    method: 'GET',
    path: /^\/ops\/v1\/nodes$/,
    ask: async operations => done({ items: await operations.nodes() }),
  },
  ...NODE_VERBS.map(
    (verb): OpsRoute => ({
      method: 'POST',
      path: new RegExp(`^/ops/v1/nodes/([^/]+)/${verb}$`),
      ask: (operations, node) => operations[verb](node),
    }),
  ),
  {
    method: 'GET',
    path: /^\/ops\/v1\/shards$/,
    ask: async operations => done({ items: await operations.shards() }),
  },
  {
    method: 'GET',
    path: /^\/ops\/v1\/shards\/([^/]+)$/,
    ask: (operations, text) => withShard(text, shard => operations.shard(shard)),
  },
  {
    method: 'POST',
    path: /^\/ops\/v1\/shards\/([^/]+)\/move$/,
    body: moveBody,
    ask: (operations, text, body) => {
      const { to, pin } = body as z.output<typeof moveBody>
      return withShard(text, shard => operations.move({ shard, to, isPinned: pin }))
    },
  },
  {
    method: 'GET',
    path: /^\/ops\/v1\/rebalance$/,
    ask: async operations => done(statusOf(await operations.rebalanceStatus())),
  },
  {
    method: 'POST',
    path: /^\/ops\/v1\/rebalance\/plan$/,
    ask: operations => operations.planRebalance(),
  },
  {
    method: 'POST',
    path: /^\/ops\/v1\/rebalance\/apply$/,
    body: applyBody,
    ask: (operations, _, body) => {
      const { version, ...rest } = body as z.output<typeof applyBody>
      return operations.applyRebalance({ version, ...rest })
    },
  },
  {
    method: 'POST',
    path: /^\/ops\/v1\/rebalance\/cancel$/,
    ask: operations => operations.cancelRebalance(),
  },
  {
    method: 'POST',
    path: /^\/ops\/v1\/rebalance\/rollback$/,
    ask: operations => operations.rollbackRebalance(),
  },
]

/** Methods that the path knows; none: it is no address of ours. */
export function operatingMethodsOf(path: string): readonly string[] {
  return ROUTES.filter(route => route.path.test(path)).map(route => route.method)
}

/** The path and method are known; throws Refused('validation'). */
export async function operatingAnswer(
  operations: Operations,
  request: { readonly method: string; readonly path: string; readonly body: unknown },
): Promise<Answer> {
  const route = ROUTES.find(item => item.method === request.method && item.path.test(request.path))
  if (route === undefined) return problemAnswer('route-not-found')
  const body = checked(route.body ?? nothing, request.body, '')
  const name = route.path.exec(request.path)?.[1] ?? ''
  const outcome = await route.ask(operations, name, body)
  if (outcome.kind === 'done') return { status: 200, body: outcome.value }
  return problemAnswer(outcome.kind, outcome.sentence)
}

async function withShard(
  text: string,
  ask: (shard: number) => Promise<Outcome<unknown>>,
): Promise<Outcome<unknown>> {
  if (/^[0-9]{1,6}$/.test(text)) return ask(Number(text))
  return refused('not-found', `There is no shard ${text.slice(0, 40)}: they have numbers.`)
}

/** One word for where it stands, then the newest plan and run. */
function statusOf({ plan, run }: RebalanceStatus): Record<string, unknown> {
  return { state: run?.state ?? 'idle', plan: plan ?? null, run: run ?? null }
}
