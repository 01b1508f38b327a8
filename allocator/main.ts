// The allocator of one process: recovers its shards, claims them, serves them, and stops in order.
//
// Owns: the order of these stages, the process's one timer.
// Leaves to others: each stage (recovery, ownership, writer, snapshot), what the ports are made of.
//
//   1. recover every shard from pages and journal   2. claim them, all in one commit
//   3. writers and their turn                       4. the timer: time passes, pages are written
//
//   A1. stop() takes nothing new, decides and tells what waits, writes RELEASE: nothing is lost.
//   A2. One fault of one shard ends the allocator's work: whoever runs it restarts the process.

import type { Request } from '../shared/commands.ts'
import { Fault } from '../shared/faults.ts'
import {
  asShardNumber,
  type Epoch,
  type FrameNumber,
  type Sequence,
  type ShardNumber,
} from '../shared/ids.ts'
import { LIMITS } from '../shared/limits.ts'
import type {
  Clock,
  FeedSink,
  Journal,
  LedgerProgress,
  Link,
  PlanSource,
  SnapshotStore,
} from '../shared/ports.ts'
import type { Reply } from '../shared/views.ts'
import { digestOf } from './core/digest.ts'
import { EmbeddedLink } from './embedded-link.ts'
import { claimShard, type Reign } from './ownership.ts'
import { recoverShard } from './recovery.ts'
import { Snapshotter } from './snapshot.ts'
import { Turn } from './turn.ts'
import { Writer } from './writer.ts'

const TICK_MS = 25
const SNAPSHOT_EVERY_MS = 60_000
const SNAPSHOT_AT_STOP_MS_MAX = 3_000

export interface AllocatorOptions {
  readonly journal: Journal
  readonly snapshots: SnapshotStore
  readonly plans: PlanSource
  readonly ledger: LedgerProgress
  readonly feed: FeedSink
  readonly clock: Clock
  /** written into CLAIM, for people: host and process */
  readonly owner: string
  /** a shard's role has ended; called once, the process should restart (A2) */
  readonly onFault: (fault: Fault) => void
  /** what cost time but no data, for the log */
  readonly onTrouble?: (sentence: string, cause?: unknown) => void
  /** default: every shard of the cluster */
  readonly shards?: readonly ShardNumber[]
  readonly snapshotEveryMs?: number
  /** setInterval unless simulated; returns how to end it */
  readonly every?: (ms: number, run: () => void) => () => void
  /** setImmediate unless simulated */
  readonly schedule?: (step: () => void) => void
}

export interface ShardHealth {
  readonly shard: ShardNumber
  readonly isServing: boolean
  readonly epoch: Epoch
  readonly frame: FrameNumber
  readonly sequence: Sequence
  readonly shows: number
  readonly waiting: number
}

export interface Allocator {
  readonly link: Link
  health(): ShardHealth[]
  /** one request, answered as a promise: for tools and the house's own commands */
  ask(request: Request): Promise<Reply>
  /** Of memory, which equals a replay's while nothing is in flight; undefined: not a shard of ours. */
  digest(shard: ShardNumber): string | undefined
  /** A1 */
  stop(): Promise<void>
}

/** Throws the Faults of recovery and claim; nothing is served before every shard is claimed. */
export async function startAllocator(options: AllocatorOptions): Promise<Allocator> {
  const shards =
    options.shards ?? Array.from({ length: LIMITS.shardCount }, (_, at) => asShardNumber(at))
  const reigns = await Promise.all(shards.map(shard => becomeOwner(shard, options)))
  return new RunningAllocator(reigns, options)
}

async function becomeOwner(shard: ShardNumber, options: AllocatorOptions): Promise<Reign> {
  const { journal, clock, owner, ledger, onTrouble } = options
  const replayed = await recoverShard({
    shard,
    journal,
    snapshots: options.snapshots,
    plans: options.plans,
    ledgerFrame: ledger.cursorOf(shard),
    onTrouble: sentence => onTrouble?.(`shard ${shard}: ${sentence}`),
  })
  return claimShard(replayed, { journal, clock, owner })
}

class RunningAllocator implements Allocator {
  readonly link: Link
  readonly #writers: readonly Writer[]
  readonly #snapshotters: readonly Snapshotter[]
  readonly #options: AllocatorOptions
  readonly #endTimer: () => void
  #hasFault = false

  constructor(reigns: readonly Reign[], options: AllocatorOptions) {
    this.#options = options
    const { clock, feed, schedule } = options
    const turn = new Turn(schedule === undefined ? { clock, feed } : { clock, feed, schedule })
    this.#writers = reigns.map(reign => this.#writerOf(reign, turn))
    this.#snapshotters = this.#writers.map(writer => this.#snapshotterOf(writer))
    const byShard: (Writer | undefined)[] = new Array(LIMITS.shardCount).fill(undefined)
    for (const writer of this.#writers) byShard[writer.shard.state.shard] = writer
    this.link = new EmbeddedLink(byShard, options.plans)
    this.#endTimer = (options.every ?? everyInterval)(TICK_MS, () => {
      turn.tick()
      this.#snapshot()
    })
  }

  health(): ShardHealth[] {
    return this.#writers.map(writer => ({
      shard: writer.shard.state.shard,
      isServing: writer.isServing,
      epoch: writer.durable.epoch,
      frame: writer.durable.number,
      sequence: writer.shard.state.sequence,
      shows: writer.shard.state.shows.size,
      waiting: writer.waitingCount,
    }))
  }

  ask(request: Request): Promise<Reply> {
    return new Promise(resolve => this.link.submit(request, 0, resolve))
  }

  digest(shard: ShardNumber): string | undefined {
    const writer = this.#writers.find(one => one.shard.state.shard === shard)
    return writer === undefined ? undefined : digestOf(writer.shard.state)
  }

  async stop(): Promise<void> {
    await Promise.all(this.#writers.map(writer => writer.cede('')))
    this.#endTimer()
    if (this.#hasFault) return
    const until = this.#options.clock.monotonicMs() + SNAPSHOT_AT_STOP_MS_MAX
    for (const snapshotter of this.#snapshotters) await snapshotter.writeAll(until)
  }

  #writerOf(reign: Reign, turn: Turn): Writer {
    const { clock, feed, journal, ledger } = this.#options
    const onHalt = (fault: Fault) => this.#onHalt(fault)
    return new Writer({ reign, turn, clock, feed, journal, ledger, onHalt })
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

  /** One slice a tick for all shards together, so that pages never crowd out replies. */
  #snapshot(): void {
    for (const [at, writer] of this.#writers.entries()) {
      if (writer.isServing && this.#snapshotters[at]?.tick() === true) return
    }
  }

  /** A2: the other shards stop too, without a word: their journal tells everything. */
  #onHalt(fault: Fault): void {
    if (this.#hasFault) return
    this.#hasFault = true
    const aside = new Fault('ownership-lost', 'The allocator stops because another shard failed.')
    for (const writer of this.#writers) writer.halt(aside)
    this.#options.onFault(fault)
  }
}

function everyInterval(ms: number, run: () => void): () => void {
  const timer = setInterval(run, ms)
  return () => clearInterval(timer)
}
