// The shards that one process serves: each is recovered, claimed, served, ceded or lost on its own.
//
// Owns: which shards are here, the turn they share, the process's one timer.
// Leaves to others: each stage (recovery, ownership, writer, snapshot), who should serve what (keeper.ts).
//
//   HO1. A shard that is lost is dropped alone, memory and all (E2); the others serve on.
//   HO2. A prepared shard is recovered but not claimed: taking it over needs what was written since.
//   HO3. Time and slices of pages are given by one timer to whatever is served at that moment.

import { assert } from '../shared/assert.ts'
import type { Fault } from '../shared/faults.ts'
import type { Epoch, FrameNumber, Sequence, ShardNumber } from '../shared/ids.ts'
import type { LatencyTally } from '../shared/latency.ts'
import { LIMITS } from '../shared/limits.ts'
import type {
  Clock,
  EncodedFrame,
  FeedSink,
  Journal,
  LedgerProgress,
  Link,
  PlanSource,
  SnapshotStore,
} from '../shared/ports.ts'
import { EmbeddedLink } from './embedded-link.ts'
import { claimShard, type Reign } from './ownership.ts'
import { recoverShard } from './recovery.ts'
import { catchUp, type Replayed } from './replay.ts'
import { Snapshotter } from './snapshot.ts'
import { Turn } from './turn.ts'
import { Writer } from './writer.ts'

const TICK_MS = 25
const SNAPSHOT_EVERY_MS = 60_000
const SNAPSHOT_AT_STOP_MS_MAX = 3_000

export interface HostOptions {
  readonly journal: Journal
  readonly snapshots: SnapshotStore
  readonly plans: PlanSource
  readonly ledger: LedgerProgress
  /** brings its cursors up to date before a journal is judged by them (E8) */
  readonly refreshLedger?: (() => Promise<void>) | undefined
  readonly feed: FeedSink
  readonly clock: Clock
  /** written into CLAIM, for people: host and process */
  readonly owner: string
  /** a shard's role has ended; it is not here any more (HO1) */
  readonly onLost: (shard: ShardNumber, fault: Fault) => void
  /** a reign began with this claim: its shard is served from now on */
  readonly onBegin?: ((claim: EncodedFrame) => void) | undefined
  /** ceded or lost: the shard is served here no more */
  readonly onEnd?: ((shard: ShardNumber) => void) | undefined
  /** what cost time but no data, for the log */
  readonly onTrouble?: ((sentence: string, cause?: unknown) => void) | undefined
  readonly snapshotEveryMs?: number | undefined
  /** setInterval unless simulated; returns how to end it */
  readonly every?: ((ms: number, run: () => void) => () => void) | undefined
  /** setImmediate unless simulated */
  readonly schedule?: ((step: () => void) => void) | undefined
}

export interface ShardHealth {
  readonly shard: ShardNumber
  readonly isServing: boolean
  readonly epoch: Epoch
  readonly frame: FrameNumber
  readonly sequence: Sequence
  readonly shows: number
  readonly waiting: number
  readonly appends: LatencyTally
}

interface Served {
  readonly writer: Writer
  readonly snapshotter: Snapshotter
}

export class Host {
  readonly link: Link
  readonly #options: HostOptions
  readonly #turn: Turn
  readonly #served = new Map<ShardNumber, Served>()
  /** by shard number, for the link */
  readonly #writers: (Writer | undefined)[] = new Array(LIMITS.shardCount).fill(undefined)
  readonly #prepared = new Map<ShardNumber, Promise<Replayed>>()
  readonly #endTimer: () => void

  constructor(options: HostOptions) {
    this.#options = options
    const { clock, feed, schedule } = options
    this.#turn = new Turn(schedule === undefined ? { clock, feed } : { clock, feed, schedule })
    this.link = new EmbeddedLink(this.#writers, options.plans)
    this.#endTimer = (options.every ?? everyInterval)(TICK_MS, () => {
      this.#turn.tick()
      this.#snapshot()
    })
  }

  /** Whether requests for the shard are decided here. */
  serves(shard: ShardNumber): boolean {
    return this.#writers[shard]?.isServing === true
  }

  writerOf(shard: ShardNumber): Writer | undefined {
    return this.#writers[shard]
  }

  health(): ShardHealth[] {
    return [...this.#served.values()].map(({ writer }) => healthOf(writer))
  }

  isPrepared(shard: ShardNumber): boolean {
    return this.#prepared.has(shard)
  }

  /** Recovers what another process still serves, so that taking over takes an instant. HO2 */
  async prepare(shard: ShardNumber): Promise<void> {
    const known = this.#prepared.get(shard)
    const preparing = known === undefined ? this.#recover(shard) : this.#caughtUp(known)
    this.#prepared.set(shard, preparing)
    try {
      await preparing
    } catch (error) {
      if (this.#prepared.get(shard) === preparing) this.#prepared.delete(shard)
      throw error
    }
  }

  forget(shard: ShardNumber): void {
    this.#prepared.delete(shard)
  }

  /** Recovered, claimed, serving. Throws the Faults of recovery and claim. */
  async acquire(shard: ShardNumber): Promise<Writer> {
    return this.serve(await this.claim(shard))
  }

  /** The claim alone, for whoever wants all shards before the first is served. */
  async claim(shard: ShardNumber): Promise<Reign> {
    assert(!this.#served.has(shard), 'HO1: a shard is served once')
    const { journal, clock, owner } = this.#options
    const prepared = this.#prepared.get(shard)
    this.#prepared.delete(shard)
    const replayed =
      prepared === undefined ? await this.#recover(shard) : await this.#caughtUp(prepared)
    return claimShard(replayed, { journal, clock, owner })
  }

  serve(reign: Reign): Writer {
    const { shard } = reign.state
    const { clock, feed, journal, ledger } = this.#options
    const onHalt = (fault: Fault): void => this.#halted(writer, fault)
    const writer = new Writer({ reign, turn: this.#turn, clock, feed, journal, ledger, onHalt })
    this.#served.set(shard, { writer, snapshotter: this.#snapshotterOf(writer) })
    this.#writers[shard] = writer
    this.#options.onBegin?.(reign.claim)
    return writer
  }

  /** Decides and tells what waits, then writes RELEASE{to}; false when the shard was lost meanwhile. */
  async cede(shard: ShardNumber, to: string): Promise<boolean> {
    const served = this.#served.get(shard)
    if (served === undefined) return false
    await served.writer.cede(to)
    return this.#remove(served.writer)
  }

  /** Ends the role without a word to the journal: somebody else reigns already. */
  drop(shard: ShardNumber, fault: Fault): void {
    this.#served.get(shard)?.writer.halt(fault)
  }

  /** Takes nothing new, tells what waits, releases everything, writes pages while there is time. */
  async stop(): Promise<void> {
    const ceding = [...this.#served.values()]
    const isOurs = await Promise.all(
      ceding.map(({ writer }) => this.cede(writer.shard.state.shard, '')),
    )
    this.#endTimer()
    const until = this.#options.clock.monotonicMs() + SNAPSHOT_AT_STOP_MS_MAX
    for (const [at, { snapshotter }] of ceding.entries()) {
      if (isOurs[at] === true) await snapshotter.writeAll(until)
    }
  }

  async #recover(shard: ShardNumber): Promise<Replayed> {
    await this.#options.refreshLedger?.()
    const { journal, snapshots, plans, ledger, onTrouble } = this.#options
    return recoverShard({
      shard,
      journal,
      snapshots,
      plans,
      ledgerFrame: ledger.cursorOf(shard),
      onTrouble: sentence => onTrouble?.(`shard ${shard}: ${sentence}`),
    })
  }

  async #caughtUp(prepared: Promise<Replayed>): Promise<Replayed> {
    const replayed = await prepared
    const { journal, ledger } = this.#options
    return catchUp(replayed, journal, ledger.cursorOf(replayed.state.shard))
  }

  #snapshotterOf(source: Writer): Snapshotter {
    const { clock, snapshots: store, onTrouble } = this.#options
    return new Snapshotter({
      source,
      store,
      clock,
      everyMs: this.#options.snapshotEveryMs ?? SNAPSHOT_EVERY_MS,
      onTrouble: cause => onTrouble?.('a snapshot page could not be written', cause),
    })
  }

  /** One slice a tick for all shards together, so that pages never crowd out replies. HO3 */
  #snapshot(): void {
    for (const { writer, snapshotter } of this.#served.values()) {
      if (writer.isServing && snapshotter.tick()) return
    }
  }

  /** HO1 */
  #halted(writer: Writer, fault: Fault): void {
    if (this.#remove(writer)) this.#options.onLost(writer.shard.state.shard, fault)
  }

  /** false when it was gone already. */
  #remove(writer: Writer): boolean {
    const { shard } = writer.shard.state
    if (this.#served.get(shard)?.writer !== writer) return false
    this.#served.delete(shard)
    this.#writers[shard] = undefined
    this.#turn.leave(writer)
    this.#options.onEnd?.(shard)
    return true
  }
}

export function healthOf(writer: Writer): ShardHealth {
  const { state } = writer.shard
  return {
    shard: state.shard,
    isServing: writer.isServing,
    epoch: writer.durable.epoch,
    frame: writer.durable.number,
    sequence: state.sequence,
    shows: state.shows.size,
    waiting: writer.waitingCount,
    appends: writer.appends,
  }
}

function everyInterval(ms: number, run: () => void): () => void {
  const timer = setInterval(run, ms)
  return () => clearInterval(timer)
}
