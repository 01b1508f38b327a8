// Reads the journal behind the ledger's cursors and projects it, for ever.
//
// Owns: when to read, how much at once, what to do when the database is away or a shard is halted.
// Leaves to others: the transaction (ledger.ts), the thread (ledger-worker.ts).
//
//   LL1. Every shard that is behind moves in every batch: a burst on one delays no other.
//   LL2. A halted shard is left alone until a restart; the others go on.
//   LL3. A database that is away is waited for; cursors are read again before going on.
//   LL4. Between batches the loop rests as it is told (ledger-pace.ts): durable facts are in no hurry,
//       a customer who waits for a booking is.
//   LL5. Where several ledgers run, only leased shards are projected; a cursor that somebody else moved
//        is read again, and nothing is lost but the batch's work.

import { setTimeout as sleep } from 'node:timers/promises'
import { Fault } from '../shared/faults.ts'
import type { FrameNumber, ShardNumber } from '../shared/ids.ts'
import type { EncodedFrame } from '../shared/ports.ts'
import { CursorMoved, type Ledger, type LedgerCursor } from './ledger.ts'
import { asFault } from './pg-errors.ts'

export interface FrameAsk {
  readonly shard: ShardNumber
  readonly after: FrameNumber
}

export interface FrameSource {
  /** the next frames of each shard, at most `countMax` of each, each shard's in order */
  framesAfter(asks: readonly FrameAsk[], countMax: number): Promise<readonly EncodedFrame[]>
}

/** A cursor, and the shard time of the frame it stands at. */
export interface Passed extends LedgerCursor {
  readonly timeMs: number
}

/** LL5 */
export interface Leases {
  isHeld(shard: ShardNumber): boolean
  /** whether a shard came in */
  renew(): Promise<boolean>
}

export interface LedgerLoopOptions {
  readonly ledger: Ledger
  readonly source: FrameSource
  /** the newest durable frame of the shard as far as is known */
  readonly headOf: (shard: ShardNumber) => number
  /** resolves when something became durable, or after a while */
  readonly waitForNews: () => Promise<void>
  readonly onPassed: (passed: readonly Passed[]) => void
  /** after a batch: how long it took, and the shard time of its oldest frame */
  readonly rest?: (workedMs: number, oldestMs: number) => Promise<void>
  readonly onHalted: (shard: ShardNumber | undefined, fault: Fault) => void
  /** default: every shard is ours */
  readonly leases?: Leases
}

const TRANSITIONS_PER_BATCH_MAX = 8_192
const FRAMES_PER_READ = 32
const RETRY_MS = 250
const LEASE_MS = 1_000

export class LedgerLoop {
  readonly #options: LedgerLoopOptions
  readonly #halted = new Set<ShardNumber>()
  /** read, not yet projected */
  readonly #waiting = new Map<ShardNumber, EncodedFrame[]>()
  #cursors: readonly LedgerCursor[] = []
  #leasedAtMs = -LEASE_MS
  #isStopped = false

  constructor(options: LedgerLoopOptions) {
    this.#options = options
  }

  stop(): void {
    this.#isStopped = true
  }

  /** Returns after stop(); throws when the database is away (LL3) or on a Bug. */
  async run(): Promise<void> {
    await this.#load()
    let asksAll = true
    while (!this.#isStopped) {
      if (await this.#renewLeases()) asksAll = true
      await this.#read(asksAll)
      asksAll = false
      const batch = this.#nextBatch()
      if (batch.length > 0) {
        await this.#projectInTime(batch)
        continue
      }
      await this.#options.waitForNews()
      asksAll = !this.isAnyBehind()
    }
  }

  /** Whether there may be frames that nobody has told us of. LL5 */
  async #renewLeases(): Promise<boolean> {
    const { leases } = this.#options
    const nowMs = performance.now()
    if (leases === undefined || nowMs - this.#leasedAtMs < LEASE_MS) return false
    this.#leasedAtMs = nowMs
    const hasMore = await leases.renew()
    for (const shard of this.#waiting.keys()) {
      if (!leases.isHeld(shard)) this.#waiting.delete(shard)
    }
    if (hasMore) await this.#load()
    return hasMore
  }

  async #load(): Promise<void> {
    this.#waiting.clear()
    this.#cursors = await this.#options.ledger.load()
    this.#options.onPassed(this.#cursors.map(cursor => ({ ...cursor, timeMs: 0 })))
  }

  #isBehind(shard: ShardNumber): boolean {
    return this.#options.headOf(shard) > this.#options.ledger.cursorOf(shard).frame
  }

  /** Whether some shard that may go on has frames to project, as far as is known. */
  isAnyBehind(): boolean {
    return this.#cursors.some(({ shard }) => this.#mayProject(shard) && this.#isBehind(shard))
  }

  #mayProject(shard: ShardNumber): boolean {
    return !this.#halted.has(shard) && (this.#options.leases?.isHeld(shard) ?? true)
  }

  /** `asksAll`: also shards of which nobody has told us anything new. */
  async #read(asksAll: boolean): Promise<void> {
    const asks: FrameAsk[] = []
    for (const { shard } of this.#cursors) {
      if (!this.#mayProject(shard) || this.#waiting.has(shard)) continue
      if (asksAll || this.#isBehind(shard)) {
        asks.push({ shard, after: this.#options.ledger.cursorOf(shard).frame })
      }
    }
    if (asks.length === 0) return
    for (const frame of await this.#framesAfter(asks)) {
      const queue = this.#waiting.get(frame.shard)
      if (queue === undefined) this.#waiting.set(frame.shard, [frame])
      else queue.push(frame)
    }
  }

  /** LL2: a journal that cannot be read on halts the shards of this ask, one by one. */
  async #framesAfter(asks: readonly FrameAsk[]): Promise<readonly EncodedFrame[]> {
    try {
      return await this.#options.source.framesAfter(asks, FRAMES_PER_READ)
    } catch (error) {
      if (!isHalting(error)) throw error
      if (asks.length === 1) this.#halt((asks[0] as FrameAsk).shard, error)
      if (asks.length <= 1) return []
    }
    const frames: EncodedFrame[] = []
    for (const ask of asks) frames.push(...(await this.#framesAfter([ask])))
    return frames
  }

  #halt(shard: ShardNumber, fault: Fault): void {
    this.#halted.add(shard)
    this.#waiting.delete(shard)
    this.#options.onHalted(shard, fault)
  }

  /** LL1: an equal share of the batch for every shard, at least one frame each. */
  #nextBatch(): EncodedFrame[] {
    const batch: EncodedFrame[] = []
    const share = TRANSITIONS_PER_BATCH_MAX / Math.max(1, this.#waiting.size)
    for (const [shard, queue] of this.#waiting) {
      let count = 0
      let taken = 0
      while (taken < queue.length && (taken === 0 || count < share)) {
        const frame = queue[taken] as EncodedFrame
        batch.push(frame)
        count += frame.transitionCount
        taken += 1
      }
      queue.splice(0, taken)
      if (queue.length === 0) this.#waiting.delete(shard)
    }
    return batch
  }

  /** LL4 */
  async #projectInTime(batch: readonly EncodedFrame[]): Promise<void> {
    const startedAt = performance.now()
    await this.#project(batch)
    const oldestMs = Math.min(...batch.map(frame => frame.time))
    await this.#options.rest?.(performance.now() - startedAt, oldestMs)
  }

  async #project(batch: readonly EncodedFrame[]): Promise<void> {
    try {
      this.#tell(batch, await this.#options.ledger.project(batch))
    } catch (error) {
      if (error instanceof CursorMoved) return this.#load()
      if (!isHalting(error)) throw error
      await this.#projectApart(batch)
    }
  }

  /** Finds the shard that cannot go on, halts it, and lets the others pass. LL2 */
  async #projectApart(batch: readonly EncodedFrame[]): Promise<void> {
    for (const shard of new Set(batch.map(frame => frame.shard))) {
      const own = batch.filter(frame => frame.shard === shard)
      try {
        this.#tell(own, await this.#options.ledger.project(own))
      } catch (error) {
        if (error instanceof CursorMoved) return this.#load()
        if (!isHalting(error)) throw error
        this.#halt(shard, error)
      }
    }
  }

  #tell(batch: readonly EncodedFrame[], moved: readonly LedgerCursor[]): void {
    const times = new Map(batch.map(frame => [frame.shard, frame.time]))
    this.#options.onPassed(
      moved.map(cursor => ({ ...cursor, timeMs: times.get(cursor.shard) ?? 0 })),
    )
  }
}

function isHalting(error: unknown): error is Fault {
  const kinds = ['ledger-violation', 'journal-damaged']
  return error instanceof Fault && kinds.includes(error.kind)
}

/** Runs a loop again and again while only its connection fails. LL3 */
export async function runWhileAway(
  attempt: () => Promise<void>,
  isStopped: () => boolean,
): Promise<void> {
  while (!isStopped()) {
    try {
      return await attempt()
    } catch (error) {
      const fault = asFault(error)
      if (!(fault instanceof Fault) || fault.kind !== 'database-unavailable') throw error
      await sleep(RETRY_MS)
    }
  }
}
