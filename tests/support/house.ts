// A Shard's core in one hand: commands go in, every Transition is kept with its time, clocks are set.
//
// Owns: a state, its journal in memory, and the checks that hold after every command.
// Leaves to others: telling stories (story.ts).

import assert from 'node:assert/strict'
import { apply, replay } from '../../allocator/core/apply.ts'
import { digestOf } from '../../allocator/core/digest.ts'
import { execute } from '../../allocator/core/execute.ts'
import type { Outcome } from '../../allocator/core/outcome.ts'
import { decodePage, encodePage } from '../../allocator/core/page.ts'
import type { Show } from '../../allocator/core/show.ts'
import { ShardState } from '../../allocator/core/state.ts'
import type { Command } from '../../shared/commands.ts'
import {
  asEpoch,
  asInstant,
  asLayoutNumber,
  asSeatIndex,
  asSequence,
  asShardNumber,
  asShowNumber,
  type Instant,
} from '../../shared/ids.ts'
import type { Layout } from '../../shared/layout.ts'
import { DEFAULT_POLICY, type Policy, type ShowTerms } from '../../shared/policy.ts'
import type { PlanSource } from '../../shared/ports.ts'
import { compilePlan, type SeatingPlan } from '../../shared/seating-plan.ts'
import type { Transition } from '../../shared/transitions.ts'

export const SHOW = asShowNumber(7)
export const START = asInstant(1_800_000_000_000)
const LAYOUT = asLayoutNumber(1)
const DAY_MS = 86_400_000

export interface Told {
  readonly transition: Transition
  readonly time: Instant
}

/** Plans that are all loaded. */
export function plansOf(plans: ReadonlyMap<number, SeatingPlan>): PlanSource {
  return {
    planOf: layout => plans.get(layout),
    async load(layout) {
      const plan = plans.get(layout)
      assert.ok(plan !== undefined, `layout ${layout}`)
      return plan
    },
  }
}

export function termsOf(
  plan: SeatingPlan,
  policy: Partial<Policy> = {},
  terms: Partial<ShowTerms> = {},
): ShowTerms {
  return {
    layout: LAYOUT,
    layoutDigest: plan.digest,
    policy: { ...DEFAULT_POLICY, orphans: 'off', ...policy },
    prices: Array.from({ length: plan.categoryCount }, (_, category) => 1_000 + category * 500),
    currency: 'INR',
    startsAt: asInstant(START + DAY_MS),
    salesOpenAt: START,
    salesCloseAt: asInstant(START + DAY_MS),
    ...terms,
  }
}

export class House {
  readonly plans: PlanSource
  readonly terms: ShowTerms
  readonly journal: Told[] = []
  readonly state: ShardState
  now: Instant = START
  readonly #facts: ConstructorParameters<typeof ShardState>[0]
  /** seats published per Show, told by changes alone (F1) */
  readonly #watched = new Map<number, number>()
  #versionBefore = 0

  constructor(
    layout: Layout,
    options: {
      readonly policy?: Partial<Policy>
      readonly terms?: Partial<ShowTerms>
      readonly commandKeysMax?: number
    } = {},
  ) {
    const plan = compilePlan(layout)
    this.plans = plansOf(new Map([[LAYOUT, plan]]))
    this.terms = termsOf(plan, options.policy, options.terms)
    const { commandKeysMax } = options
    const facts = { shard: asShardNumber(0), plans: this.plans }
    this.#facts = commandKeysMax === undefined ? facts : { ...facts, commandKeysMax }
    this.state = new ShardState(this.#facts)
    this.run({ kind: 'open-show', show: SHOW, terms: this.terms })
  }

  get show(): Show {
    const show = this.state.shows.get(SHOW)
    assert.ok(show !== undefined)
    return show
  }

  run(command: Command): Outcome {
    const before = this.journal.length
    const outcome = execute(this.state, command, this.now, transition =>
      this.journal.push({ transition, time: this.now }),
    )
    if (outcome.kind === 'refused') assert.equal(this.journal.length, before, 'X1: records nothing')
    assert.equal(this.state.sequence, this.journal.length, 'the sequence counts transitions')
    this.#checkChanges()
    this.state.touched.clear()
    return outcome
  }

  /** Time goes by and pass-time is called until nothing is due. */
  pass(ms: number): void {
    this.now = asInstant(this.now + ms)
    for (let calls = 0; ; calls += 1) {
      const outcome = this.run({ kind: 'pass-time' })
      if (outcome.kind === 'done' && !outcome.isMore) return
      assert.ok(calls < 10_000, 'H3: passing time comes to an end')
    }
  }

  /** A new owner claims the shard after an outage. H7 */
  claim(creditMs: number): void {
    this.now = asInstant(this.now + creditMs)
    const transition = {
      kind: 'shard-claimed' as const,
      epoch: asEpoch(2),
      owner: 'test',
      creditMs,
    }
    apply(this.state, transition, this.now)
    this.journal.push({ transition, time: this.now })
    this.state.touched.clear()
  }

  /** Everything once more from the journal. T1 */
  replayed(): ShardState {
    const state = new ShardState(this.#facts)
    for (const { transition, time } of this.journal) replay(state, transition, time)
    return state
  }

  /** From pages as they are now; `from` says from which Transition on the journal is read again. */
  restored(pages: readonly Uint8Array[], from: number): ShardState {
    const state = new ShardState(this.#facts)
    state.time = this.now
    for (const page of pages) decodePage(state, page)
    state.sequence = asSequence(from)
    for (const { transition, time } of this.journal.slice(from)) replay(state, transition, time)
    return state
  }

  pages(): Uint8Array[] {
    return [...this.state.shows.values()].map(show => encodePage(this.state, show))
  }

  checkReplay(): void {
    assert.equal(digestOf(this.replayed()), digestOf(this.state), 'T1: a replay is equal')
  }

  /** S1, S3: every Seat has one state and at most one owner, told by looking at everything. */
  checkSeats(): void {
    for (const show of this.state.shows.values()) checkShow(this.state, show)
  }

  /** F1: the change log says exactly how the published map changed. */
  #checkChanges(): void {
    const words = this.state.changes.view()
    let steps = 0
    for (let at = 0; at < words.length; at += 2) {
      if (words[at] !== SHOW) continue
      steps += 1
      const word = words[at + 1] as number
      this.#watched.set(word >>> 2, word & 3)
    }
    this.state.changes.clear()
    assert.equal(this.show.version, this.#versionBefore + steps, 'F1: one version per change')
    this.#versionBefore = this.show.version
    for (const [seat, state] of this.#watched) {
      assert.equal(this.show.seats.stateOf(asSeatIndex(seat)), state, `F1: seat ${seat}`)
    }
  }
}

function checkShow(state: ShardState, show: Show): void {
  const { holds } = state
  const owners = new Map<number, string>()
  const take = (seat: number, owner: string): void => {
    assert.ok(!owners.has(seat), `S1: seat ${seat} belongs to ${owners.get(seat)} and ${owner}`)
    owners.set(seat, owner)
  }
  let liveCount = 0
  for (let slot = show.firstHold; slot >= 0; slot = holds.nextOfShow(slot)) {
    if (!holds.isLive(slot)) continue
    liveCount += 1
    for (const seat of holds.seatsOf(slot)) take(seat, 'held')
  }
  assert.equal(liveCount, show.liveHoldCount)
  for (const place of show.waitlist?.places() ?? []) {
    for (const seat of show.waitlist?.reservedAt(place) ?? []) take(seat, 'reserved')
  }
  const counts = { free: 0, reserved: 0, held: 0, sold: 0, blocked: 0 }
  for (let index = 0; index < show.seats.seatCount; index += 1) {
    const seat = asSeatIndex(index)
    const published = (['free', 'held', 'sold', 'blocked'] as const)[show.seats.stateOf(seat)]
    const isReserved = show.seats.isReserved(seat)
    counts[isReserved ? 'reserved' : published] += 1
    const expected = published === 'held' ? (isReserved ? 'reserved' : 'held') : undefined
    assert.equal(owners.get(index), expected, `S1: seat ${index} is ${published}`)
    assert.equal(show.sold.bookingOf(seat) > 0, published === 'sold', `S1: booking of ${index}`)
  }
  assert.deepEqual(show.seats.counts, counts, 'S3: the counts add up')
}
