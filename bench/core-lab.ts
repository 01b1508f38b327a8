// One shard in memory for the core scenario: no process, no disk, no network.

import { execute } from '../allocator/core/execute.ts'
import type { Outcome } from '../allocator/core/outcome.ts'
import { ShardState } from '../allocator/core/state.ts'
import type { Command, CommandKey } from '../shared/commands.ts'
import { FrameBuilder } from '../shared/frame.ts'
import {
  asInstant,
  asLayoutNumber,
  asShardNumber,
  asShowNumber,
  type CustomerId,
  type HoldId,
  type Instant,
  idOf,
  type SeatIndex,
  type ShowNumber,
} from '../shared/ids.ts'
import type { Layout } from '../shared/layout.ts'
import { DEFAULT_POLICY, type Policy, type ShowTerms } from '../shared/policy.ts'
import { compilePlan, type SeatingPlan } from '../shared/seating-plan.ts'

export const START = asInstant(1_800_000_000_000)

/** Records go into frames as in the writer, which are thrown away when full. */
export class CoreLab {
  readonly state: ShardState
  readonly plan: SeatingPlan
  readonly #frame = new FrameBuilder()
  readonly #terms: ShowTerms
  now: Instant = START
  #ids = 1

  constructor(layout: Layout, policy: Partial<Policy> = {}) {
    this.plan = compilePlan(layout)
    const { plan } = this
    this.state = new ShardState({
      shard: asShardNumber(0),
      plans: { planOf: () => plan, load: () => Promise.resolve(plan) },
    })
    this.#terms = {
      layout: asLayoutNumber(1),
      layoutDigest: plan.digest,
      policy: { ...DEFAULT_POLICY, orphans: 'off', holdsMax: 1_000_000_000, ...policy },
      prices: layout.categories.map(() => 1000),
      currency: 'INR',
      startsAt: asInstant(START + 2_000_000_000),
      salesOpenAt: START,
      salesCloseAt: asInstant(START + 2_000_000_000),
    }
    this.#frame.begin(this.now)
  }

  open(number: number): ShowNumber {
    const show = asShowNumber(number)
    this.run({ kind: 'open-show', show, terms: this.#terms })
    return show
  }

  run(command: Command): Outcome {
    if (this.#frame.room < 32 * 1024) this.seal()
    return execute(this.state, command, this.now, this.#record)
  }

  /** As after a durable frame: what watchers and owners would hear is taken. */
  seal(): void {
    this.#frame.begin(this.now)
    this.state.changes.clear()
    this.state.touched.clear()
    this.state.frameCount += 1
    this.state.forgetEnded(this.state.sequence, this.now)
  }

  advance(ms: number): void {
    this.now = asInstant(this.now + ms)
    this.seal()
  }

  customer(number: number): CustomerId {
    return idOf<CustomerId>(7, number * 0x9e3779b1, number, 1)
  }

  hold(show: ShowNumber): HoldId {
    this.#ids += 1
    return idOf<HoldId>(show, this.#ids * 0x85ebca6b, this.#ids, 2)
  }

  readonly #record = (transition: Parameters<FrameBuilder['record']>[0]): void =>
    this.#frame.record(transition)
}

// Commands are made as plain literals with all fields in one order, as gateways make them: spread
// objects have hidden classes of their own and would slow the core several times.

interface Wanted {
  readonly show: ShowNumber
  readonly customer: CustomerId
  readonly hold: HoldId
}

export function holdSeats(
  wanted: Wanted & { readonly seats: readonly SeatIndex[]; readonly key?: CommandKey },
): Command {
  const { show, customer, hold, seats, key } = wanted
  if (key === undefined) {
    return { kind: 'hold-seats', show, customer, isBoxOffice: false, hold, seats }
  }
  return { kind: 'hold-seats', show, customer, isBoxOffice: false, key, hold, seats }
}

export function holdBest({ show, customer, hold, count }: Wanted & { count: number }): Command {
  const categories = 0
  const accessible = false
  return {
    kind: 'hold-best',
    show,
    customer,
    isBoxOffice: false,
    hold,
    count,
    categories,
    accessible,
  }
}

export function releaseHold({ show, customer, hold }: Wanted): Command {
  return { kind: 'release-hold', show, customer, isBoxOffice: false, hold }
}
