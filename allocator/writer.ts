// The single writer of one Shard: decides in arrival order, makes it durable, then lets it be heard.
//
//   submit -> inbox -> (end of turn) decide a batch -> journal -> news, replies, personal news
//                 ^                                        |
//                 '-------- waits undecided while a frame is in flight
//
// Owns: the order in which commands happen, and when their effects leave.
// Leaves to others: what a command means (shard.ts, core/), durability (journal/), the turn (turn.ts).
//
//   W1. Memory is ahead of the journal by one batch at most: nothing is decided while it is in flight.
//   W2. A reply, news or timer effect leaves only after its frame is durable, refusals decided with it
//       included (E4). A booking's reply also waits for the Ledger.
//   W3. When an append fails the writer halts and its memory is dropped; recovery rebuilds it.
//   E5. A batch that recorded nothing leaves at once if an append succeeded in the last 2 s, else
//       with an empty frame: a "no" is never staler than that.

import { assert } from '../shared/assert.ts'
import type { Request } from '../shared/commands.ts'
import { Fault } from '../shared/faults.ts'
import { asInstant, type FrameNumber, type Instant } from '../shared/ids.ts'
import { LatencyTally } from '../shared/latency.ts'
import { LIMITS } from '../shared/limits.ts'
import type {
  AppendOutcome,
  Clock,
  EncodedFrame,
  FeedSink,
  Journal,
  LedgerProgress,
} from '../shared/ports.ts'
import type { LinkFault, Reply, ShowNews } from '../shared/views.ts'
import { Inbox, type OnReply } from './inbox.ts'
import { lastSequenceOf, nextStart, type Reign } from './ownership.ts'
import { PassedSequence } from './passed-sequence.ts'
import { Shard } from './shard.ts'
import type { ShardClock } from './shard-clock.ts'
import type { Turn, TurnMember } from './turn.ts'

/** Looking at the clock costs as much as a small command. */
const COMMANDS_PER_CLOCK_LOOK = 16
const DECIDE_MS_MAX = 8
/** 80 000 a second at 40 ticks: more than can end for long, little enough for one turn */
const FORGOTTEN_PER_TICK_MAX = 2_000
const NEVER = Number.NEGATIVE_INFINITY

const OVERLOADED = faultReply('overloaded', 'The seats are in high demand; try again.', 250)
const UNAVAILABLE = faultReply('shard-unavailable', 'This show is changing hands; try again.', 500)
const UNKNOWN = faultReply(
  'outcome-unknown',
  'It is not known whether this was done; repeat it with the same key.',
  500,
)

export interface WriterOptions {
  readonly reign: Reign
  readonly clock: Clock
  readonly turn: Turn
  readonly journal: Journal
  readonly ledger: LedgerProgress
  readonly feed: FeedSink
  /** the role has ended: ownership lost, or the journal out of reach (W3) */
  readonly onHalt: (fault: Fault) => void
}

export class Writer implements TurnMember {
  readonly shard: Shard
  /** how long appends took */
  readonly appends = new LatencyTally()
  readonly #options: WriterOptions
  readonly #inbox = new Inbox()
  readonly #passed: PassedSequence
  readonly #shardClock: ShardClock
  #phase: 'open' | 'draining' | 'ceding' | 'halted' = 'open'
  #durable: EncodedFrame
  /** frames of the batch that are not durable yet, the first one in flight */
  #sending: EncodedFrame[] = []
  #batchTime: Instant = asInstant(0)
  #isAwake = false
  /** the loop stood still: an append must succeed before anything else (W8) */
  #distrustedAtMs = NEVER
  #sentAtMs: number
  /** how long the last append took */
  #appendMs = 0
  #provenAtMs: number
  #announcedFrame: FrameNumber
  #onDrained: (() => void) | undefined

  constructor(options: WriterOptions) {
    this.#options = options
    const { state, claim, dirty } = options.reign
    this.shard = new Shard(state, dirty)
    this.#shardClock = options.reign.shardClock
    this.#durable = claim
    this.#announcedFrame = claim.number
    this.#passed = new PassedSequence(claim.number, state.sequence)
    this.#sentAtMs = options.reign.claimedAtMs
    this.#provenAtMs = options.reign.claimedAtMs
    options.turn.join(this)
  }

  get isServing(): boolean {
    return this.#phase === 'open'
  }

  /** Everything up to this frame is durable. */
  get durable(): EncodedFrame {
    return this.#durable
  }

  /** The last frame whose Transitions memory contains: durable or in flight. W1 */
  get decidedFrame(): number {
    return this.#durable.number + this.#sending.length
  }

  get isInFlight(): boolean {
    return this.#sending.length > 0
  }

  get waitingCount(): number {
    return this.#inbox.length
  }

  submit(request: Request, origin: number, onReply: OnReply): void {
    if (this.#phase !== 'open') return onReply(UNAVAILABLE)
    const atMs = this.#options.clock.monotonicMs()
    if (this.#inbox.isOverloaded(atMs)) return onReply(OVERLOADED)
    this.#inbox.push({ request, origin, onReply, atMs })
    this.#wake()
  }

  tick(): void {
    if (this.#phase === 'halted') return
    const { ledger } = this.#options
    const { state } = this.shard
    const now = this.#shardClock.now()
    const passed = this.#passed.passedBy(ledger.cursorOf(state.shard))
    state.forgetEnded(passed, now, FORGOTTEN_PER_TICK_MAX) // H10
    if (this.#isDue()) this.#wake()
  }

  distrust(): void {
    this.#distrustedAtMs = this.#options.clock.monotonicMs()
  }

  run(): void {
    this.#isAwake = false
    if (this.#phase === 'halted' || this.isInFlight) return
    this.#batchTime = this.#shardClock.now()
    this.shard.begin(this.#batchTime)
    if (this.#distrustedAtMs !== NEVER) return this.#send() // W8
    this.#decide()
    if (this.shard.frame.transitionCount > 0 || this.#mustProveBeforeNo()) this.#send()
    else this.#depart()
  }

  /** Decides what waits, tells it, and ends the reign by RELEASE. Nothing is lost. */
  async cede(to: string): Promise<void> {
    if (this.#phase === 'open') this.#phase = 'draining'
    await this.#drained()
    if (this.#phase !== 'draining') return
    this.#phase = 'ceding'
    this.#batchTime = this.#shardClock.now()
    this.shard.begin(this.#batchTime)
    this.shard.release(to, this.#batchTime)
    this.#send()
    await this.#drained()
    this.#phase = 'halted'
  }

  /** Ends the role without a word to the journal: what waits is told that nobody knows (W3). */
  halt(fault: Fault): void {
    if (this.#phase === 'halted') return
    this.#phase = 'halted'
    this.#sending = []
    this.shard.batch.giveUp(UNKNOWN)
    while (this.#inbox.length > 0) this.#inbox.take().onReply(UNAVAILABLE)
    this.#options.turn.noteOutput()
    this.#options.onHalt(fault)
    this.#settleDrain()
  }

  #wake(): void {
    if (this.#isAwake || this.isInFlight) return
    this.#isAwake = true
    this.#options.turn.wake(this)
  }

  /**
   * What is due first, then the inbox, to the frame's size or its time: LIMITS.batchDecideMsMax, or
   * as long as the last commit took when that is longer. A slow disk is answered with larger
   * frames, else a full inbox would need many commits and each request would wait for several.
   */
  #decide(): void {
    const { clock } = this.#options
    const budgetMs = Math.min(Math.max(this.#appendMs, LIMITS.batchDecideMsMax), DECIDE_MS_MAX)
    const until = clock.monotonicMs() + budgetMs
    const now = this.#batchTime
    const { shard } = this
    while (shard.hasRoom && shard.isDue(now)) {
      shard.passTime(now)
      if (clock.monotonicMs() >= until) break
    }
    for (let count = 1; this.#inbox.length > 0 && shard.hasRoom; count += 1) {
      shard.decide(this.#inbox.take(), now)
      if (count % COMMANDS_PER_CLOCK_LOOK === 0 && clock.monotonicMs() >= until) return
    }
  }

  /** E5 */
  #mustProveBeforeNo(): boolean {
    if (this.shard.batch.isEmpty) return false
    return this.#options.clock.monotonicMs() - this.#provenAtMs > LIMITS.quietAppendMs
  }

  /** Seals what was recorded since begin(), or an empty frame, and sends it. */
  #send(): void {
    const start = nextStart(this.shard.state, this.#durable, {
      time: this.#batchTime,
      transitionCount: this.shard.frame.transitionCount,
    })
    this.#sending = this.shard.frame.seal(start)
    this.#sendFirst()
  }

  #sendFirst(): void {
    const [frame] = this.#sending
    assert(frame !== undefined, 'W1: there is a frame to send')
    this.#sentAtMs = this.#options.clock.monotonicMs()
    void this.#options.journal.append(frame).then(this.#onOutcome, this.#onTrouble)
  }

  readonly #onOutcome = (outcome: AppendOutcome): void => {
    if (this.#phase === 'halted') return
    const frame = this.#sending.shift()
    assert(frame !== undefined, 'W1: the outcome is of the frame in flight')
    if (outcome === 'fenced') return this.halt(ownershipLost(frame)) // E2
    this.#options.turn.watchLoop()
    this.#noteDurable(frame)
    if (this.#sending.length > 0) return this.#sendFirst()
    if (this.#distrustedAtMs === NEVER) return this.#depart()
    this.shard.frame.begin(this.#batchTime) // W8: the frame was sent before the pause
    this.#send()
  }

  readonly #onTrouble = (cause: unknown): void => {
    if (!(cause instanceof Fault)) throw cause
    this.halt(cause)
  }

  #noteDurable(frame: EncodedFrame): void {
    this.#durable = frame
    this.#passed.note(frame.number, lastSequenceOf(frame))
    this.#provenAtMs = this.#sentAtMs
    this.#appendMs = this.#options.clock.monotonicMs() - this.#sentAtMs
    this.appends.add(this.#appendMs)
    if (this.#sentAtMs >= this.#distrustedAtMs) this.#distrustedAtMs = NEVER
  }

  /** Everything decided since begin() is durable: news, replies, personal news, in this order. */
  #depart(): void {
    const { feed, ledger, turn } = this.#options
    const { batch, state } = this.shard
    const shows = this.shard.showNews(this.#batchTime)
    if (shows.length > 0) this.#announce(shows)
    if (shows.length > 0 || !batch.isEmpty) turn.noteOutput()
    batch.leave({ ledger, shard: state.shard, frame: this.#durable.number, onLate: this.#onLate })
    const personal = batch.takePersonal()
    if (personal.length > 0) feed.personal(personal)
    if (this.#inbox.length > 0 || this.#isDue()) this.#wake()
    this.#settleDrain()
  }

  #announce(shows: readonly ShowNews[]): void {
    const { incarnation, epoch, number } = this.#durable
    this.#options.feed.seats({
      shard: this.shard.state.shard,
      incarnation,
      epoch,
      frame: number,
      previousFrame: this.#announcedFrame,
      now: this.#batchTime,
      shows,
    })
    this.#announcedFrame = number
  }

  readonly #onLate = (): void => this.#options.turn.noteOutput()

  #isDue(): boolean {
    return this.#phase !== 'ceding' && this.shard.isDue(this.#shardClock.now())
  }

  /** Takes nothing new and resolves when what waits is decided, durable and told. */
  #drained(): Promise<void> {
    return new Promise(resolve => {
      this.#onDrained = resolve
      this.#settleDrain()
    })
  }

  #settleDrain(): void {
    if (this.#onDrained === undefined) return
    const isBusy = this.isInFlight || this.#isAwake || this.#inbox.length > 0
    if (isBusy && this.#phase !== 'halted') return
    this.#onDrained()
    this.#onDrained = undefined
  }
}

function ownershipLost({ shard, number }: EncodedFrame): Fault {
  return new Fault(
    'ownership-lost',
    `Another owner wrote frame ${number} of shard ${shard}; this process serves it no more.`,
  )
}

function faultReply(code: LinkFault, detail: string, retryAfterMs: number): Reply {
  return { kind: 'fault', code, detail, retryAfterMs }
}
