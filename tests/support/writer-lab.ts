// One allocator on a memory disk whose every step the test takes itself: turns, sends, stores, acks.
//
// Owns: clocks, the disk, what left (in order). Leaves to others: what should have left (the tests).

import { digestOf } from '../../allocator/core/digest.ts'
import { type AppendFate, MemoryFrames, MemoryJournal } from '../../allocator/journal/memory.ts'
import { type Allocator, startAllocator } from '../../allocator/main.ts'
import { MemorySnapshots } from '../../allocator/memory-snapshots.ts'
import { recoverShard } from '../../allocator/recovery.ts'
import type { HoldSeats, Request } from '../../shared/commands.ts'
import type { Fault } from '../../shared/faults.ts'
import { transitionsOf } from '../../shared/frame.ts'
import {
  asFrameNumber,
  asInstant,
  asLayoutNumber,
  asSeatIndexes,
  asShowNumber,
  type CommandId,
  type CustomerId,
  type FrameNumber,
  type HoldId,
  idFromText,
  idOf,
  type ShardNumber,
} from '../../shared/ids.ts'
import { shardOf } from '../../shared/placement.ts'
import { DEFAULT_POLICY, type Policy, type ShowTerms } from '../../shared/policy.ts'
import type { EncodedFrame, FeedSink, LedgerProgress } from '../../shared/ports.ts'
import type { FrameNews, PersonalNews, Reply } from '../../shared/views.ts'
import { Plans } from './core-link.ts'
import { hallOf } from './halls.ts'
import { ManualClock } from './manual-clock.ts'

export const SHOW = asShowNumber(1)
export const SHARD: ShardNumber = shardOf(SHOW)
const LAYOUT = asLayoutNumber(1)

/** What survives a crash. */
export class LabDisk {
  readonly clock = new ManualClock()
  readonly frames = new MemoryFrames()
  readonly snapshots = new MemorySnapshots()
  readonly plans = new Plans()
  readonly terms: ShowTerms

  constructor(policy: Partial<Policy> = {}, seatCount = 40) {
    const plan = this.plans.add(LAYOUT, hallOf({ rows: seatCount / 10, seatsPerRow: 10 }))
    this.terms = {
      layout: LAYOUT,
      layoutDigest: plan.digest,
      policy: { ...DEFAULT_POLICY, orphans: 'off', ...policy },
      prices: [1_000],
      currency: 'EUR',
      startsAt: asInstant(this.clock.wallMs() + 86_400_000),
      salesOpenAt: asInstant(0),
      salesCloseAt: asInstant(this.clock.wallMs() + 80_000_000),
    }
  }

  get log(): readonly EncodedFrame[] {
    return this.frames.framesOf(SHARD)
  }

  /** The kinds of all records, frame by frame. */
  get kinds(): string[][] {
    return this.log.map(frame => transitionsOf(frame).map(transition => transition.kind))
  }

  /** What a successor would know. */
  async replayedDigest(usesPages = false): Promise<string> {
    const { state } = await recoverShard({
      shard: SHARD,
      journal: new MemoryJournal(this.frames),
      snapshots: usesPages ? this.snapshots : new MemorySnapshots(),
      plans: this.plans,
      ledgerFrame: asFrameNumber(0),
    })
    return digestOf(state)
  }
}

/** A Ledger whose cursor the test moves. */
export class LabLedger implements LedgerProgress {
  #cursor = asFrameNumber(0)
  #waiting: { frame: FrameNumber; callback: () => void }[] = []

  cursorOf(): FrameNumber {
    return this.#cursor
  }

  whenPassed(_shard: ShardNumber, frame: FrameNumber, callback: () => void): void {
    if (frame <= this.#cursor) callback()
    else this.#waiting.push({ frame, callback })
  }

  pass(frame: number): void {
    this.#cursor = asFrameNumber(frame)
    const due = this.#waiting.filter(waiting => waiting.frame <= frame)
    this.#waiting = this.#waiting.filter(waiting => waiting.frame > frame)
    for (const { callback } of due) callback()
  }
}

export class WriterLab implements FeedSink {
  readonly disk: LabDisk
  readonly ledger = new LabLedger()
  readonly journal: MemoryJournal
  /** `seats`, `reply NAME CODE`, `personal`, `turn-ended` in the order in which they left */
  readonly left: string[] = []
  readonly news: FrameNews[] = []
  readonly personalNews: PersonalNews[] = []
  readonly faults: Fault[] = []
  readonly replies = new Map<string, Reply>()
  fateOf: (frame: EncodedFrame, attempt: number) => AppendFate = () => 'acked'
  #turns: (() => void)[] = []
  #steps: (() => void)[] = []
  #tick: () => void = () => {}
  #allocator: Allocator | undefined

  private constructor(disk: LabDisk) {
    this.disk = disk
    this.journal = new MemoryJournal(disk.frames, {
      schedule: step => this.#steps.push(step),
      fateOf: (frame, attempt) => this.fateOf(frame, attempt),
    })
  }

  /** Recovered, claimed, and the one Show open. */
  static async on(disk: LabDisk): Promise<WriterLab> {
    const lab = new WriterLab(disk)
    const starting = startAllocator({
      journal: lab.journal,
      snapshots: disk.snapshots,
      plans: disk.plans,
      ledger: lab.ledger,
      feed: lab,
      clock: disk.clock,
      owner: 'lab',
      shards: [SHARD],
      snapshotEveryMs: 5_000,
      onFault: fault => lab.faults.push(fault),
      schedule: step => lab.#turns.push(step),
      every: (_ms, run) => {
        lab.#tick = run
        return () => {}
      },
    })
    lab.#allocator = await lab.#drive(starting)
    lab.submit('open', { kind: 'open-show', show: SHOW, terms: disk.terms })
    await lab.settle()
    lab.left.length = 0
    lab.news.length = 0
    return lab
  }

  get allocator(): Allocator {
    if (this.#allocator === undefined) throw new Error('the lab is not started')
    return this.#allocator
  }

  seats(news: FrameNews): void {
    this.left.push('seats')
    this.news.push(news)
  }

  personal(news: readonly PersonalNews[]): void {
    this.left.push('personal')
    this.personalNews.push(...news)
  }

  turnEnded(): void {
    this.left.push('turn-ended')
  }

  submit(name: string, request: Request, origin = 0): void {
    this.allocator.link.submit(request, origin, reply => {
      this.replies.set(name, reply)
      this.left.push(`reply ${name} ${codeOf(reply)}`)
    })
  }

  hold(name: string, seats: readonly number[], origin = 0): HoldSeats {
    const request = holdSeats(name, seats)
    this.submit(name, request, origin)
    return request
  }

  codeOf(name: string): string | undefined {
    const reply = this.replies.get(name)
    return reply === undefined ? undefined : codeOf(reply)
  }

  /** The end of the event loop's turn: what was scheduled runs, and what that schedules. */
  turn(): void {
    while (this.#turns.length > 0) {
      const turns = this.#turns
      this.#turns = []
      for (const run of turns) run()
    }
  }

  tick(): void {
    this.#tick()
  }

  /** Takes so many steps of the journal: send reaches the store, ack comes back, one after another. */
  async step(count = 1): Promise<void> {
    for (let done = 0; done < count; done += 1) {
      this.#steps.shift()?.()
      await new Promise(setImmediate)
    }
  }

  get stepCount(): number {
    return this.#steps.length
  }

  /** Turns and steps until nothing is under way. */
  async settle(): Promise<void> {
    do {
      this.turn()
      await this.step()
    } while (this.#turns.length > 0 || this.#steps.length > 0)
  }

  /** The process dies here; what was on its way never arrives. */
  crash(): void {
    this.journal.cut()
    this.#turns = []
    this.#steps = []
    this.#tick = () => {}
  }

  async stop(): Promise<void> {
    await this.#drive(this.allocator.stop())
  }

  async #drive<Result>(work: Promise<Result>): Promise<Result> {
    let isDone = false
    const noted = work.finally(() => {
      isDone = true
    })
    while (!isDone) await this.settle()
    return noted
  }
}

export function holdSeats(name: string, seats: readonly number[]): HoldSeats {
  return {
    kind: 'hold-seats',
    show: SHOW,
    customer: idFromText<CustomerId>(`customer ${name}`),
    isBoxOffice: false,
    key: { id: idFromText<CommandId>(`key ${name}`), bodyHigh: 1, bodyLow: 2 },
    hold: holdIdOf(name),
    seats: asSeatIndexes(seats),
  }
}

export function holdIdOf(name: string, show = SHOW): HoldId {
  const { b, c, d } = idFromText<HoldId>(`hold ${name}`)
  return idOf<HoldId>(show, b, c, d)
}

function codeOf(reply: Reply): string {
  switch (reply.kind) {
    case 'refused':
    case 'fault':
      return reply.code
    case 'hold':
    case 'entry':
      return reply.isReplay ? `${reply.kind} again` : reply.kind
    default:
      return reply.kind
  }
}
