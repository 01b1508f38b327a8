// The journal of a busy shard: one show of 100 000 seats, filled to a tenth, then a release for each hold.
//
// Owns: chained frames of what the core records; the state that they lead to.
// Leaves to others: where frames are kept, how long reading them takes (replay.ts).

import { execute } from '../allocator/core/execute.ts'
import { ShardState } from '../allocator/core/state.ts'
import type { Command } from '../shared/commands.ts'
import { FrameBuilder, NO_HASH } from '../shared/frame.ts'
import {
  asEpoch,
  asFrameNumber,
  asIncarnation,
  asInstant,
  asLayoutNumber,
  asSeatIndex,
  asSequence,
  asShardNumber,
  asShowNumber,
  type CommandId,
  type CustomerId,
  type HoldId,
  idOf,
} from '../shared/ids.ts'
import { DEFAULT_POLICY } from '../shared/policy.ts'
import type { EncodedFrame, PlanSource } from '../shared/ports.ts'
import { compilePlan } from '../shared/seating-plan.ts'
import { hallOf } from '../tests/support/halls.ts'
import { holdSeats, releaseHold } from './core-lab.ts'

const SEAT_COUNT = 100_000
const LIVE_MAX = 10_000
/** coprime with the seats: a seat comes again when its hold is long released */
const STRIDE = 7_919
const HOUR_MS = 3_600_000
/** an ordinary busy shard: sixteen of them are 32 000 a second */
const TRANSITIONS_PER_MS = 2
const SHOW = asShowNumber(1)

export class ReplayFrames {
  readonly perFrame: number
  readonly plans: PlanSource
  readonly state: ShardState
  readonly #builder = new FrameBuilder()
  readonly #terms: Extract<Command, { kind: 'open-show' }>['terms']
  #startMs = Date.now() - 10 * 60_000
  #last: EncodedFrame | undefined
  #count = 0
  #held = 0
  #released = 0

  constructor({ shard, perFrame }: { readonly shard: number; readonly perFrame: number }) {
    this.perFrame = perFrame
    const layout = hallOf({ rows: SEAT_COUNT / 500, seatsPerRow: 500, aisleEvery: 50 })
    const plan = compilePlan(layout)
    this.plans = { planOf: () => plan, load: () => Promise.resolve(plan) }
    this.state = new ShardState({ shard: asShardNumber(shard), plans: this.plans })
    this.state.incarnation = asIncarnation(1)
    const startsAt = asInstant(this.#startMs + 24 * HOUR_MS)
    this.#terms = {
      layout: asLayoutNumber(1),
      layoutDigest: plan.digest,
      policy: {
        ...DEFAULT_POLICY,
        orphans: 'off',
        holdsMax: 1_000_000,
        holdTtlMs: HOUR_MS,
        holdLifeMaxMs: HOUR_MS,
      },
      prices: layout.categories.map(() => 1_000),
      currency: 'INR',
      startsAt,
      salesOpenAt: asInstant(this.#startMs),
      salesCloseAt: startsAt,
    }
  }

  /** Transitions so far. */
  get count(): number {
    return this.#count
  }

  get liveCount(): number {
    return this.#held - this.#released
  }

  get last(): EncodedFrame {
    if (this.#last === undefined) throw new Error('there is no frame yet')
    return this.#last
  }

  next(): EncodedFrame {
    const now = asInstant(this.#startMs + Math.floor(this.#count / TRANSITIONS_PER_MS))
    const { state } = this
    state.changes.clear()
    state.touched.clear()
    state.frameCount += 1
    state.forgetEnded(state.sequence, now)
    this.#builder.begin(now)
    const first = state.sequence + 1
    while (this.#builder.transitionCount < this.perFrame) this.#run(this.#command(), now)
    const before = this.#last
    const [frame] = this.#builder.seal({
      shard: state.shard,
      incarnation: state.incarnation,
      epoch: asEpoch(1),
      number: asFrameNumber((before?.number ?? 0) + 1),
      firstSequence: asSequence(first),
      time: now,
      prevHash: before?.hash ?? NO_HASH,
    })
    if (frame === undefined) throw new Error('a bench frame is one frame')
    this.#last = frame
    this.#count += frame.transitionCount
    return frame
  }

  #run(command: Command, now: ReturnType<typeof asInstant>): void {
    const outcome = execute(this.state, command, now, record => this.#builder.record(record))
    if (outcome.kind === 'refused') throw new Error(`refused: ${outcome.detail}`)
  }

  #command(): Command {
    if (this.state.sequence === 0) return { kind: 'open-show', show: SHOW, terms: this.#terms }
    if (this.liveCount >= LIVE_MAX) {
      const number = this.#released++
      return releaseHold({ show: SHOW, customer: customerOf(number), hold: holdOf(number) })
    }
    const number = this.#held++
    return holdSeats({
      show: SHOW,
      customer: customerOf(number),
      hold: holdOf(number),
      seats: [asSeatIndex((number * STRIDE) % SEAT_COUNT)],
      key: { id: idOf<CommandId>(3, number * 0x9e3779b1, number, 3), bodyHigh: 1, bodyLow: number },
    })
  }
}

const customerOf = (number: number): CustomerId => idOf(7, number * 0x9e3779b1, number, 1)

const holdOf = (number: number): HoldId => idOf(SHOW, number * 0x85ebca6b, number, 2)
