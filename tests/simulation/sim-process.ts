// One allocator process of a simulated world: the real allocator, its steps taken one by one.
//
// Owns: what of it is under way (turns, sends, acks, page writes) and how it ends.
// Leaves to others: which step comes next (world.ts), judging what it says (judge.ts).
//
//   PR1. A dead process says nothing and decides nothing; a ghost's messages may still reach the store.
//   PR2. A zombie lives on beside its successor: only the journal stops it (E2).

import { type AppendFate, MemoryJournal } from '../../allocator/journal/memory.ts'
import { type Allocator, startAllocator } from '../../allocator/main.ts'
import type { Request } from '../../shared/commands.ts'
import { Fault } from '../../shared/faults.ts'
import type { ShardNumber } from '../../shared/ids.ts'
import type { FeedSink, Journal, LedgerProgress } from '../../shared/ports.ts'
import type { FrameNews, PersonalNews, Reply } from '../../shared/views.ts'
import type { Random } from './random.ts'
import { type SimDisk, SimSnapshots } from './sim-disk.ts'
import type { Tally } from './tally.ts'

export interface Temper {
  /** probability of each fate of a send that is not simply acked */
  sendFaults: number
  pageFaults: number
  readonly snapshotEveryMs: number
}

export interface ProcessOptions {
  readonly name: string
  readonly disk: SimDisk
  readonly shards: readonly ShardNumber[]
  readonly ledger: LedgerProgress
  readonly random: Random
  readonly tally: Tally
  readonly temper: Temper
  /** what the journal does between this process and the disk; the honest one unless a test lies */
  readonly journalOver?: (honest: Journal) => Journal
  readonly onNews: (news: FrameNews) => void
  readonly onPersonal: (news: readonly PersonalNews[]) => void
  readonly onTurnEnded: () => void
  readonly onServing: () => void
  readonly onEnd: (how: 'fenced' | 'stopped') => void
  readonly onBroken: (cause: unknown) => void
}

type Step = () => void

export class SimProcess implements FeedSink {
  readonly name: string
  readonly startedAtMs: number
  phase: 'starting' | 'serving' | 'stopping' | 'ended' = 'starting'
  isZombie = false
  /** the shard time of each reign's CLAIM, and when all of them were known to be durable */
  readonly claimTimes = new Map<ShardNumber, number>()
  servingAtMs = 0
  readonly #options: ProcessOptions
  readonly #journal: MemoryJournal
  #turns: Step[] = []
  #steps: Step[] = []
  #tick: Step = () => {}
  #allocator: Allocator | undefined

  constructor(options: ProcessOptions) {
    this.name = options.name
    this.#options = options
    this.startedAtMs = options.disk.clock.monotonicMs()
    this.#journal = new MemoryJournal(options.disk.frames, {
      schedule: step => this.#steps.push(step),
      fateOf: () => this.#fate(),
    })
    this.#start().catch(cause => this.#onStartFailed(cause))
  }

  get isAlive(): boolean {
    return this.phase !== 'ended'
  }

  get stepCount(): number {
    return this.#steps.length + this.#turns.length
  }

  /** The journal's number of the last frame it knows to be durable. */
  durableFrame(shard: ShardNumber): number {
    return this.#allocator?.health().find(one => one.shard === shard)?.frame ?? 0
  }

  get isIdle(): boolean {
    return this.stepCount === 0 && (this.#allocator?.health() ?? []).every(one => one.waiting === 0)
  }

  digest(shard: ShardNumber): string | undefined {
    return this.#allocator?.digest(shard)
  }

  submit(request: Request, origin: number, onReply: (reply: Reply) => void): void {
    this.#allocator?.link.submit(request, origin, reply => {
      if (this.isAlive) onReply(reply)
    })
  }

  /** Takes one step of what is under way. */
  step(): void {
    const at = this.#options.random.below(this.stepCount)
    const list = at < this.#turns.length ? this.#turns : this.#steps
    const index = at < this.#turns.length ? at : at - this.#turns.length
    const [step] = list.splice(index, 1)
    step?.()
  }

  tick(): void {
    this.#tick()
  }

  stop(): void {
    this.phase = 'stopping'
    this.#allocator?.stop().then(
      () => {
        if (this.isAlive) this.#end('stopped')
      },
      cause => this.#options.onBroken(cause),
    )
  }

  /** PR1 */
  crash({ isGhost }: { readonly isGhost: boolean }): void {
    this.phase = 'ended'
    this.#turns = []
    this.#tick = () => {}
    if (isGhost) return
    this.#journal.cut()
    this.#steps = []
  }

  seats(news: FrameNews): void {
    if (this.isAlive) this.#options.onNews(news)
  }

  personal(news: readonly PersonalNews[]): void {
    if (this.isAlive) this.#options.onPersonal(news)
  }

  turnEnded(): void {
    if (this.isAlive) this.#options.onTurnEnded()
  }

  async #start(): Promise<void> {
    const { disk, ledger, shards, name, temper, journalOver } = this.#options
    const schedule = (step: Step): void => {
      this.#steps.push(step)
    }
    const allocator = await startAllocator({
      journal: this.#mortal(journalOver?.(this.#journal) ?? this.#journal),
      snapshots: new SimSnapshots({
        pages: disk.pages,
        schedule,
        isRefused: () => this.#noted('page-refused', temper.pageFaults),
      }),
      plans: disk.plans,
      ledger,
      feed: this,
      clock: disk.clock,
      owner: name,
      shards,
      snapshotEveryMs: temper.snapshotEveryMs,
      onFault: fault => this.#onFault(fault),
      every: (_ms, run) => {
        if (this.isAlive) this.#tick = run
        return () => {
          this.#tick = () => {}
        }
      },
      schedule: step => {
        if (this.isAlive) this.#turns.push(step)
      },
    })
    if (!this.isAlive) return
    this.#allocator = allocator
    this.phase = 'serving'
    this.servingAtMs = disk.clock.monotonicMs()
    for (const { shard, frame } of allocator.health()) {
      this.claimTimes.set(shard, disk.frames.framesOf(shard)[frame - 1]?.time ?? 0)
    }
    this.#options.onServing()
  }

  /** PR1: whoever is dead hears no outcome, though its frame may be stored. */
  #mortal(journal: Journal): Journal {
    return {
      append: frame =>
        new Promise((resolve, reject) => {
          const whileAlive =
            <Value>(tell: (value: Value) => void) =>
            (value: Value): void => {
              if (this.isAlive) tell(value)
            }
          journal.append(frame).then(whileAlive(resolve), whileAlive(reject))
        }),
      read: (shard, from) => journal.read(shard, from),
      head: shard => journal.head(shard),
      close: () => journal.close(),
    }
  }

  #onStartFailed(cause: unknown): void {
    if (!this.isAlive) return
    const isBeaten = cause instanceof Fault && cause.kind === 'ownership-lost'
    if (isBeaten) this.#end('fenced')
    else this.#options.onBroken(cause)
  }

  #onFault(fault: Fault): void {
    if (!this.isAlive) return
    if (fault.kind === 'ownership-lost') this.#end('fenced')
    else this.#options.onBroken(fault)
  }

  #end(how: 'fenced' | 'stopped'): void {
    this.crash({ isGhost: false })
    this.#options.onEnd(how)
  }

  #fate(): AppendFate {
    const { random, temper } = this.#options
    if (!random.chance(temper.sendFaults)) return 'acked'
    const fate = random.pick(['ack-lost', 'send-lost', 'send-late'] as const) ?? 'acked'
    this.#options.tally.add(`fault ${fate}`)
    return fate
  }

  #noted(fault: string, probability: number): boolean {
    const isNow = this.#options.random.chance(probability)
    if (isNow) this.#options.tally.add(`fault ${fault}`)
    return isNow
  }
}
