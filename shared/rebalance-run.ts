// Carries a rebalance out: starts moves, watches the SLOs, writes down how far it is.
//
// Owns: when a step is made, taking over from an applier that died.
// Leaves to others: which step (rebalance-plan.ts), the move itself (planned-move.ts).
//
//   D1. What is about to be done is written before it is begun: a successor knows what is under way.
//   D2. Only this loop writes the run, and only while it is the applier that the run names.
//   D3. A run whose record did not change for a while has lost its applier: whoever sees it goes on.
//   D4. A pause ends when no SLO was missed for a while; a figure that cannot be read counts as missed.
//   D5. When the store cannot be reached nothing new starts; the loop tries again.

import { Bug } from './assert.ts'
import { type CasStore, changeStored } from './cas-store.ts'
import type { NodeId, ShardNumber } from './ids.ts'
import type { Clock } from './ports.ts'
import {
  isActive,
  type MoveEnd,
  type RebalanceRecord,
  type RebalanceRun,
  type RunMove,
  startable,
  withApplier,
  withEnded,
  withPause,
  withStarted,
} from './rebalance-plan.ts'
import { isTrueOf, parseSlo } from './slo.ts'

const POLL_MS = 250
const BEAT_MS = 1_000
const CALM_MS = 2_000
const TAKEOVER_MS = 5_000

export type MoveShard = (move: Pick<RunMove, 'shard' | 'from' | 'to'>) => Promise<MoveEnd>

export interface RunParts {
  readonly self: NodeId
  readonly store: CasStore<RebalanceRecord>
  readonly moveShard: MoveShard
  /** the newest figure; undefined when nothing was measured lately */
  readonly metric: (name: string) => Promise<number | undefined>
  readonly clock: Clock
  readonly sleep: (ms: number) => Promise<void>
  readonly onTrouble: (sentence: string, cause: unknown) => void
}

/** What this process has begun in one run. */
interface Flight {
  readonly underWay: Map<ShardNumber, Promise<void>>
  /** not written down yet */
  readonly ends: Map<ShardNumber, MoveEnd>
}

const newFlight = (): Flight => ({ underWay: new Map(), ends: new Map() })

export class RebalanceDriver {
  readonly #parts: RunParts
  #flight = newFlight()
  #isWanted = false
  #driving: Promise<void> | undefined
  #isStopped = false
  #beatMs = Number.NEGATIVE_INFINITY
  #missed: { readonly detail: string; readonly atMs: number } | undefined
  #seen = { revision: -1, sinceMs: 0 }

  constructor(parts: RunParts) {
    this.#parts = parts
  }

  /** Drives the run that names this process, unless it does already. */
  begin(): void {
    this.#isWanted = true
    if (this.#driving !== undefined || this.#isStopped) return
    this.#driving = this.#drive().finally(() => {
      this.#driving = undefined
      if (this.#isWanted) this.begin()
    })
  }

  /** Resolves when nothing is driven here. */
  async whenIdle(): Promise<void> {
    await this.#driving
  }

  /** Another process goes on with what is under way (D3). */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#driving
  }

  /** To be called about once a second: takes a run over whose applier shows no sign of life. D3 */
  async check(): Promise<void> {
    const { store, self } = this.#parts
    const { value, revision } = await store.read()
    if (this.#driving !== undefined || !isActive(value?.run)) return
    const nowMs = this.#parts.clock.monotonicMs()
    if (this.#seen.revision !== revision) this.#seen = { revision, sinceMs: nowMs }
    if (nowMs - this.#seen.sinceMs < TAKEOVER_MS) return
    const run = withApplier(value.run, self)
    if (await store.write({ ...value, run }, revision)) this.begin()
  }

  async #drive(): Promise<void> {
    this.#isWanted = false
    this.#flight = newFlight()
    this.#missed = undefined
    while (!this.#isStopped) {
      const run = await this.#step().catch((cause: unknown) => {
        if (cause instanceof Bug) throw cause
        this.#parts.onTrouble('The rebalance cannot be written down, trying again.', cause) // D5
        return 'unknown' as const
      })
      if (run === undefined) return
      if (run !== 'unknown') this.#start(run)
      await Promise.race([this.#parts.sleep(POLL_MS), ...this.#flight.underWay.values()])
    }
  }

  /** The run as it stands after this step; undefined when there is nothing to do here any more. */
  async #step(): Promise<RebalanceRun | undefined> {
    const stored = (await this.#parts.store.read()).value?.run
    const detail = stored === undefined ? undefined : await this.#pauseOf(stored)
    const ends = [...this.#flight.ends]
    const nowMs = this.#parts.clock.monotonicMs()
    const isBeatDue = nowMs - this.#beatMs >= BEAT_MS
    let now: RebalanceRun | undefined
    await changeStored(this.#parts.store, record => {
      now = undefined
      if (record?.run === undefined || !this.#isMine(record.run)) return undefined // D2
      const next = stepped(record.run, ends, detail)
      now = next
      if (next === record.run && !isBeatDue) return undefined
      return { ...record, run: { ...next, beat: next.beat + 1 } } // D1
    })
    for (const [shard] of ends) this.#flight.ends.delete(shard)
    if (isBeatDue) this.#beatMs = nowMs
    return isActive(now) ? now : undefined
  }

  #isMine(run: RebalanceRun): boolean {
    return isActive(run) && run.applier === this.#parts.self
  }

  #start(run: RebalanceRun): void {
    const { underWay, ends } = this.#flight
    for (const move of run.moves) {
      const isKnown = underWay.has(move.shard) || ends.has(move.shard)
      if (move.state !== 'moving' || isKnown) continue
      const end = this.#move(move).then(result => {
        underWay.delete(move.shard)
        ends.set(move.shard, result)
      })
      underWay.set(move.shard, end)
    }
  }

  async #move({ shard, from, to }: RunMove): Promise<MoveEnd> {
    try {
      return await this.#parts.moveShard({ shard, from, to })
    } catch (cause) {
      this.#parts.onTrouble(`The move of shard ${shard} was cut short.`, cause)
      return { kind: 'failed', detail: cause instanceof Error ? cause.message : String(cause) }
    }
  }

  /** Why nothing may start now, if so. D4 */
  async #pauseOf(run: RebalanceRun): Promise<string | undefined> {
    const nowMs = this.#parts.clock.monotonicMs()
    for (const text of run.pauseIf) {
      const detail = await this.#missOf(text)
      if (detail !== undefined) this.#missed = { detail, atMs: nowMs }
    }
    if (this.#missed === undefined || nowMs - this.#missed.atMs >= CALM_MS) return undefined
    return this.#missed.detail
  }

  async #missOf(text: string): Promise<string | undefined> {
    const slo = parseSlo(text)
    if (slo === undefined) return `${text} cannot be read.`
    try {
      const figure = await this.#parts.metric(slo.metric)
      const isMissed = figure !== undefined && isTrueOf(slo, figure)
      return isMissed ? `${text}: ${slo.metric} is ${Number(figure.toFixed(1))}.` : undefined
    } catch {
      return `${text}: ${slo.metric} cannot be measured.`
    }
  }
}

function stepped(
  run: RebalanceRun,
  ends: readonly (readonly [ShardNumber, MoveEnd])[],
  detail: string | undefined,
): RebalanceRun {
  const ended = ends.reduce((next, [shard, end]) => withEnded(next, shard, end), run)
  const next = withPause(ended, detail)
  return startable(next).reduce((started, { shard }) => withStarted(started, shard), next)
}
