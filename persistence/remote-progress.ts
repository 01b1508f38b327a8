// The ledger's progress as allocators of a cluster know it.
//
// Owns: hearing what was passed, asking Postgres when nothing is heard, telling that somebody waits.
// Leaves to others: projecting (ledger-loop.ts), who waits for what (passing.ts).
//
//   RP1. It is subscribed before the first cursors are read: nothing falls in between.
//   RP2. While somebody waits and nothing is heard, the cursors are looked up every POLL_MS: a lost
//        message costs that long, never an answer.
//   RP3. A waiter makes the ledgers hurry, again every HURRY_MS until it is served.

import type { NatsConnection, Subscription } from '@nats-io/nats-core'
import type pg from 'pg'
import { MalformedBytes } from '../shared/binary.ts'
import type { FrameNumber, ShardNumber } from '../shared/ids.ts'
import type { LedgerProgress } from '../shared/ports.ts'
import { decodePassed, hurrySubjectOf, passedSubjectOf } from './passed-messages.ts'
import { Passing } from './passing.ts'
import { asFault } from './pg-errors.ts'

const POLL_MS = 250
/** H10 forgets by the cursor: without any waiter it may be old, but not for ever */
const IDLE_POLL_MS = 5_000
const HURRY_MS = 100

export interface RemoteProgressOptions {
  readonly nats: NatsConnection
  readonly cluster: string
  readonly pool: Pick<pg.Pool, 'query'>
  /** a look-up failed: the next one will be made, so this is for the log only */
  readonly onTrouble?: (cause: unknown) => void
}

export class RemoteProgress implements LedgerProgress {
  readonly #options: RemoteProgressOptions
  readonly #passing = new Passing()
  readonly #subscription: Subscription
  readonly #timer: NodeJS.Timeout
  #heardAtMs = performance.now()
  #isAsking = false

  private constructor(options: RemoteProgressOptions) {
    this.#options = options
    this.#subscription = options.nats.subscribe(passedSubjectOf(options.cluster), {
      callback: (_error, message) => this.#hear(message.data),
    })
    this.#timer = setInterval(() => this.#tick(), HURRY_MS)
    this.#timer.unref()
  }

  /** Throws Fault('database-unavailable'). RP1 */
  static async open(options: RemoteProgressOptions): Promise<RemoteProgress> {
    const progress = new RemoteProgress(options)
    try {
      await options.nats.flush()
      await progress.#ask()
      return progress
    } catch (error) {
      progress.close()
      throw asFault(error)
    }
  }

  cursorOf(shard: ShardNumber): FrameNumber {
    return this.#passing.cursorOf(shard)
  }

  whenPassed(shard: ShardNumber, frame: FrameNumber, callback: () => void): void {
    const isFirst = this.#passing.waitingCount === 0
    if (this.#passing.whenPassed(shard, frame, callback) && isFirst) this.#hurry()
  }

  /**
   * The cursors as they are now: a takeover must not start from what was heard last (E8).
   * Throws Fault('database-unavailable').
   */
  async refresh(): Promise<void> {
    await this.#ask().catch((error: unknown) => {
      throw asFault(error)
    })
  }

  close(): void {
    clearInterval(this.#timer)
    this.#subscription.unsubscribe()
  }

  #hear(bytes: Uint8Array): void {
    try {
      for (const { shard, frame } of decodePassed(bytes)) this.#passing.pass(shard, frame)
      this.#heardAtMs = performance.now()
    } catch (error) {
      if (!(error instanceof MalformedBytes)) throw error
      this.#options.onTrouble?.(error)
    }
  }

  /** RP2, RP3 */
  #tick(): void {
    const isAwaited = this.#passing.waitingCount > 0
    if (isAwaited) this.#hurry()
    const silentMs = performance.now() - this.#heardAtMs
    if (silentMs < (isAwaited ? POLL_MS : IDLE_POLL_MS) || this.#isAsking) return
    this.#isAsking = true
    this.#ask()
      .catch((error: unknown) => this.#options.onTrouble?.(error))
      .finally(() => {
        this.#isAsking = false
      })
  }

  #hurry(): void {
    const { nats, cluster } = this.#options
    if (!nats.isClosed()) nats.publish(hurrySubjectOf(cluster))
  }

  async #ask(): Promise<void> {
    const { rows } = await this.#options.pool.query('select shard, frame from ledger_cursor')
    for (const { shard, frame } of rows) this.#passing.pass(shard, frame)
    this.#heardAtMs = performance.now()
  }
}
