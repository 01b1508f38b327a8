// What an operator can ask of a running Usher: the seam between the ops listener and the cluster.
//
//   N1. A wish that cannot be granted is a refusal with a sentence, and nothing has changed.

import type { NodeId, ShardNumber } from './ids.ts'
import type { RebalancePlan, RebalanceRun } from './rebalance-plan.ts'

/** Moves that may be under way at the same time. */
export const PARALLEL_DEFAULT = 2
export const PARALLEL_MAX = 16

export interface ShardRow {
  readonly shard: number
  readonly owner: string
  readonly epoch: number
  readonly sequence: number
  readonly state: string
}

export interface NodeRow {
  readonly id: string
  readonly role: string
  readonly pid: number
  readonly state: string
  readonly shards: number
}

/** A shard and what is wished of it. */
export interface ShardDetail extends ShardRow {
  /** the allocator that the table names */
  readonly assigned?: string
  /** where an operator wants it to stay */
  readonly pin?: string
  /** of the table */
  readonly tableVersion?: number
  /** while a rebalance is about to move it, or is moving it */
  readonly goesTo?: string
}

export interface Refused {
  readonly kind: 'not-found' | 'conflict' | 'stale-plan' | 'validation'
  readonly sentence: string
}

export type Outcome<Value> = { readonly kind: 'done'; readonly value: Value } | Refused

export interface Moved {
  readonly shard: ShardNumber
  readonly from: NodeId | undefined
  readonly to: NodeId
  /** how long nobody could write */
  readonly pauseMs: number
}

export interface MoveAsk {
  readonly shard: number
  readonly to: string
  /** keep it there until moved again; a move without takes an older pin away */
  readonly isPinned: boolean
}

export interface ApplyAsk {
  /** of the plan that was shown; undefined: the newest */
  readonly version: number | undefined
  /** moves under way at the same time */
  readonly parallel: number
  /** no further move starts while one of these is true: `hold.p99>50ms` */
  readonly pauseIf: readonly string[]
}

/** What stands in the cluster about rebalancing: the newest plan, and the newest run. */
export interface RebalanceStatus {
  readonly plan: RebalancePlan | undefined
  readonly run: RebalanceRun | undefined
}

export interface Operations {
  nodes(): Promise<readonly NodeRow[]>
  shards(): Promise<readonly ShardRow[]>
  shard(shard: number): Promise<Outcome<ShardDetail>>
  /** done when the new owner serves */
  move(ask: MoveAsk): Promise<Outcome<Moved>>
  cordon(node: string): Promise<Outcome<NodeRow>>
  uncordon(node: string): Promise<Outcome<NodeRow>>
  /** done when the node has nothing left to do; it stays cordoned */
  drain(node: string): Promise<Outcome<NodeRow>>
  planRebalance(): Promise<Outcome<RebalancePlan>>
  /** done when it has begun; its progress is in the status */
  applyRebalance(ask: ApplyAsk): Promise<Outcome<RebalanceRun>>
  rebalanceStatus(): Promise<RebalanceStatus>
  cancelRebalance(): Promise<Outcome<RebalanceRun>>
  rollbackRebalance(): Promise<Outcome<RebalanceRun>>
}

export const done = <Value>(value: Value): Outcome<Value> => ({ kind: 'done', value })

export const refused = (kind: Refused['kind'], sentence: string): Refused => ({ kind, sentence })
