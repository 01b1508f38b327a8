// The ledger of a cluster: journal streams become archive and tables, by one of several processes.
//
// Owns: the process's connection to Postgres, its shares of shards, being woken, telling what passed.
// Leaves to others: projecting (ledger-loop.ts), shares (ledger-leases.ts), when the process ends
// (main.ts).
//
//   LR1. One connection holds the leases and writes: when it is lost both are, and both are made anew.
//   LR2. What was committed is told over NATS at once; who missed it looks into Postgres.

import type { NatsConnection } from '@nats-io/nats-core'
import pg from 'pg'
import type { Fault } from '../shared/faults.ts'
import { asShardNumber, type ShardNumber } from '../shared/ids.ts'
import { LIMITS } from '../shared/limits.ts'
import { JetStreamSource } from './jetstream-source.ts'
import { Ledger } from './ledger.ts'
import { LedgerLeases } from './ledger-leases.ts'
import { LedgerLoop, type Passed, runWhileAway } from './ledger-loop.ts'
import { LedgerPace } from './ledger-pace.ts'
import { encodePassed, hurrySubjectOf, passedSubjectOf } from './passed-messages.ts'
import { pgTypes } from './pg-types.ts'

export const ROWS_PER_STATEMENT_MAX = 4_096
const IDLE_MS = 500
/** a waiter repeats itself every 100 ms (remote-progress.ts) */
const HURRY_MS = 300
/** it has cores of its own: lag counts for more than the few rows that a longer rest would gather */
export const CLUSTER_PACE = Object.freeze({ restMsMax: 80, lagMsMax: 200 })

export interface LedgerProcessOptions {
  readonly databaseUrl: string
  readonly nats: NatsConnection
  readonly cluster: string
  /** a shard cannot go on (undefined: none can); the others do */
  readonly onHalted: (fault: Fault, shard: ShardNumber | undefined) => void
  /** nothing goes on: a Bug, or a Fault that no waiting heals */
  readonly onFailed: (error: unknown) => void
}

export interface ShardProgress {
  readonly shard: ShardNumber
  readonly frame: number
  /** frames that arrived and are not projected yet */
  readonly lagFrames: number
  /** between the shard time of the newest projected frame and now, while there are such */
  readonly lagMs: number
}

export class LedgerProcess {
  readonly #options: LedgerProcessOptions
  readonly #passed = new Map<ShardNumber, Passed>()
  readonly #pace: LedgerPace
  readonly #endHurry: () => void
  #source: JetStreamSource | undefined
  #leases: LedgerLeases | undefined
  #loop: LedgerLoop | undefined
  #hurryUntilMs = 0
  #isStopped = false
  #wake: () => void = () => undefined
  readonly #ended: Promise<void>

  constructor(options: LedgerProcessOptions) {
    this.#options = options
    this.#pace = new LedgerPace({
      awaitedCount: () => (performance.now() < this.#hurryUntilMs ? 1 : 0),
      headSum: () => this.#headSum(),
      nowMs: () => Date.now(),
      ...CLUSTER_PACE,
    })
    const hurries = options.nats.subscribe(hurrySubjectOf(options.cluster), {
      callback: () => this.#hurry(),
    })
    this.#endHurry = () => hurries.unsubscribe()
    this.#ended = runWhileAway(
      () => this.#runOnce(),
      () => this.#isStopped,
    ).catch(options.onFailed)
  }

  /** The shards that this process projects now. */
  progress(): readonly ShardProgress[] {
    return (this.#leases?.heldShards ?? []).map(shard => {
      const { frame, timeMs } = this.#passed.get(shard) ?? { frame: 0, timeMs: 0 }
      const lagFrames = Math.max(0, (this.#source?.headOf(shard) ?? 0) - frame)
      const isLate = lagFrames > 0 && timeMs > 0
      return { shard, frame, lagFrames, lagMs: isLate ? Math.max(0, Date.now() - timeMs) : 0 }
    })
  }

  /** Ends after the batch under way. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#loop?.stop()
    this.#endHurry()
    this.#pace.hurry()
    this.#wake()
    await this.#ended
  }

  /** LR1 */
  async #runOnce(): Promise<void> {
    const { databaseUrl, nats, cluster, onHalted } = this.#options
    const client = new pg.Client({
      connectionString: databaseUrl,
      application_name: 'usher ledger',
      keepAlive: true,
      types: pgTypes,
    })
    client.on('error', () => undefined) // the running query is refused with it
    await client.connect()
    const source = new JetStreamSource({ nats, cluster, onNews: () => this.#wake() })
    const leases = new LedgerLeases(client)
    try {
      const loop = new LedgerLoop({
        ledger: new Ledger({ client, rowsPerStatementMax: ROWS_PER_STATEMENT_MAX, archives: true }),
        source,
        headOf: shard => source.headOf(shard),
        waitForNews: () => this.#news(),
        rest: this.#pace.rest,
        onPassed: passed => this.#tell(passed),
        onHalted: (shard, fault) => onHalted(fault, shard),
        leases,
      })
      this.#source = source
      this.#leases = leases
      this.#loop = loop
      if (!this.#isStopped) await loop.run()
    } finally {
      source.close()
      await client.end().catch(() => undefined)
    }
  }

  #news(): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(() => this.#wake(), IDLE_MS)
      this.#wake = () => {
        clearTimeout(timer)
        this.#wake = () => undefined
        resolve()
      }
      if (this.#isStopped || this.#loop?.isAnyBehind() === true) this.#wake()
    })
  }

  /** LR2 */
  #tell(passed: readonly Passed[]): void {
    for (const cursor of passed) this.#passed.set(cursor.shard, cursor)
    const { nats, cluster } = this.#options
    if (!nats.isClosed()) nats.publish(passedSubjectOf(cluster), encodePassed(passed))
  }

  #hurry(): void {
    this.#hurryUntilMs = performance.now() + HURRY_MS
    this.#pace.hurry()
  }

  #headSum(): number {
    let sum = 0
    for (let at = 0; at < LIMITS.shardCount; at += 1) {
      sum += this.#source?.headOf(asShardNumber(at)) ?? 0
    }
    return sum
  }
}
