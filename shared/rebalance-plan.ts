// A plan of moves, and the life of carrying it out: plain data and pure steps, so that any process can
// go on where another one died.
//
// Owns: what a plan says, which move may start, how a run ends.
// Leaves to others: moving and waiting (rebalance-run.ts), JSON (rebalance-codec.ts).
//
//   R1. A plan is bound to the table it was made from: when the table moved on, it is stale.
//   R2. At most `parallel` moves are under way; none starts while paused or ending.
//   R3. A shard that is no longer where the plan found it is left alone.
//   R4. One failed move ends the run: the others that had not started stay where they are.
//   R5. A rollback is the reverse of what was moved, the last first.
//   R6. One process carries a run out: the applier named in it. Another must take it over first.
//
//   running <-> paused (an SLO is missed)
//      |           |
//      +-> ending (cancelled, or a move failed; moves under way finish) -> cancelled | failed
//      +-> done

import { assert } from './assert.ts'
import type { NodeId, ShardNumber } from './ids.ts'
import type { PlacementTable } from './placement-table.ts'
import { movesBetween } from './placement-table.ts'

export interface PlannedMove {
  readonly shard: ShardNumber
  readonly from: NodeId
  readonly to: NodeId
  readonly expectedPauseMs: number
}

export type PlanCause = 'balance' | 'drain' | 'rollback'

export interface RebalancePlan {
  /** counts the plans of a cluster from 1 */
  readonly version: number
  /** of the table it was made from. R1 */
  readonly tableVersion: number
  readonly cause: PlanCause
  readonly moves: readonly PlannedMove[]
  /** the pauses of all moves together; each concerns its own shard only */
  readonly expectedPauseMs: number
}

export type RunMoveState = 'waiting' | 'moving' | 'moved' | 'left-alone' | 'failed'

export interface RunMove {
  readonly shard: ShardNumber
  readonly from: NodeId
  readonly to: NodeId
  readonly state: RunMoveState
  readonly pauseMs?: number
  /** why it was left alone or failed */
  readonly detail?: string
}

export type RunState = 'running' | 'paused' | 'ending' | 'done' | 'cancelled' | 'failed'

export interface RebalanceRun {
  /** of the plan */
  readonly version: number
  readonly cause: PlanCause
  readonly state: RunState
  readonly applier: NodeId
  /** counts the applier's signs of life */
  readonly beat: number
  readonly parallel: number
  readonly pauseIf: readonly string[]
  readonly isCancelled: boolean
  /** why it is paused, or how it failed */
  readonly detail?: string
  readonly moves: readonly RunMove[]
}

/** What the cluster keeps about rebalancing. */
export interface RebalanceRecord {
  readonly planCount: number
  readonly plan: RebalancePlan | undefined
  readonly run: RebalanceRun | undefined
}

export const EMPTY_RECORD: RebalanceRecord = Object.freeze({
  planCount: 0,
  plan: undefined,
  run: undefined,
})

export interface PlanParts {
  readonly version: number
  readonly cause: PlanCause
  readonly from: PlacementTable
  readonly to: PlacementTable
  readonly expectedPauseMs: number
}

/** Only shards that have an owner are moved by plan; a shard without one is given out at once. */
export function planOf({ version, cause, from, to, expectedPauseMs }: PlanParts): RebalancePlan {
  const moves = movesBetween(from, to).flatMap(move =>
    move.from === undefined || move.to === undefined
      ? []
      : [{ shard: move.shard, from: move.from, to: move.to, expectedPauseMs }],
  )
  const total = moves.length * expectedPauseMs
  return { version, tableVersion: from.version, cause, moves, expectedPauseMs: total }
}

/** R1 */
export function isStale(plan: RebalancePlan, table: PlacementTable): boolean {
  return plan.tableVersion !== table.version
}

export interface RunOptions {
  readonly applier: NodeId
  readonly parallel: number
  readonly pauseIf: readonly string[]
}

export function startRun(plan: RebalancePlan, options: RunOptions): RebalanceRun {
  assert(options.parallel >= 1, 'R2: at least one move at a time')
  const moves = plan.moves.map(({ shard, from, to }) => ({
    shard,
    from,
    to,
    state: 'waiting' as const,
  }))
  const run: RebalanceRun = {
    version: plan.version,
    cause: plan.cause,
    state: 'running',
    beat: 0,
    isCancelled: false,
    moves,
    ...options,
  }
  return settled(run)
}

export type ActiveRun = RebalanceRun & { readonly state: 'running' | 'paused' | 'ending' }

export function isActive(run: RebalanceRun | undefined): run is ActiveRun {
  return run !== undefined && ['running', 'paused', 'ending'].includes(run.state)
}

/** The moves that may start now, in plan order. R2 */
export function startable(run: RebalanceRun): readonly RunMove[] {
  if (run.state !== 'running') return []
  const free = run.parallel - countOf(run, 'moving')
  return run.moves.filter(move => move.state === 'waiting').slice(0, Math.max(0, free))
}

export function withStarted(run: RebalanceRun, shard: ShardNumber): RebalanceRun {
  assert(startable(run).length > 0, 'R2: a move starts only when there is room')
  return withMove(run, shard, { state: 'moving' })
}

export type MoveEnd =
  | { readonly kind: 'moved'; readonly pauseMs: number }
  | { readonly kind: 'left-alone'; readonly detail: string }
  | { readonly kind: 'failed'; readonly detail: string }

export function withEnded(run: RebalanceRun, shard: ShardNumber, end: MoveEnd): RebalanceRun {
  const { kind, ...rest } = end
  const next = withMove(run, shard, { state: kind, ...rest })
  if (end.kind !== 'failed' || !isActive(next)) return settled(next)
  return settled({ ...next, state: 'ending', detail: `Shard ${shard}: ${end.detail}` }) // R4
}

/** A sentence pauses, undefined goes on. */
export function withPause(run: RebalanceRun, detail: string | undefined): RebalanceRun {
  if (run.state !== 'running' && run.state !== 'paused') return run
  if (detail !== undefined) return { ...run, state: 'paused', detail }
  if (run.state === 'running') return run
  const { detail: _, ...rest } = run
  return { ...rest, state: 'running' }
}

export function withCancel(run: RebalanceRun): RebalanceRun {
  return isActive(run) ? settled({ ...run, state: 'ending', isCancelled: true }) : run
}

/** R6: another process goes on. Moves under way are asked for again: a move that arrived is done at once. */
export function withApplier(run: RebalanceRun, applier: NodeId): RebalanceRun {
  return { ...run, applier, beat: run.beat + 1 }
}

/** The reverse of a run; `undefined` when it moved nothing. R5 */
export function rollbackOf(
  run: RebalanceRun,
  parts: {
    readonly version: number
    readonly tableVersion: number
    readonly expectedPauseMs: number
  },
): RebalancePlan | undefined {
  const moves = run.moves
    .filter(move => move.state === 'moved')
    .map(({ shard, from, to }) => ({
      shard,
      from: to,
      to: from,
      expectedPauseMs: parts.expectedPauseMs,
    }))
    .reverse()
  if (moves.length === 0) return undefined
  const total = moves.length * parts.expectedPauseMs
  return { ...parts, cause: 'rollback', moves, expectedPauseMs: total }
}

export function countOf(run: RebalanceRun, state: RunMoveState): number {
  return run.moves.filter(move => move.state === state).length
}

function withMove(run: RebalanceRun, shard: ShardNumber, change: Partial<RunMove>): RebalanceRun {
  const moves = run.moves.map(move => (move.shard === shard ? { ...move, ...change } : move))
  return { ...run, moves }
}

/** A run ends when nothing is under way and nothing may start any more. */
function settled(run: RebalanceRun): RebalanceRun {
  if (!isActive(run) || countOf(run, 'moving') > 0) return run
  if (run.state === 'ending') return { ...run, state: endOf(run) }
  if (countOf(run, 'waiting') > 0) return run
  const { detail: _, ...rest } = run
  return { ...rest, state: 'done' }
}

function endOf(run: RebalanceRun): RunState {
  if (countOf(run, 'failed') > 0) return 'failed'
  return run.isCancelled && countOf(run, 'waiting') > 0 ? 'cancelled' : 'done'
}
