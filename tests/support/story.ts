// Domain tests as stories: given what happened, when somebody asks, then this is the answer.
//
//   given(10, hold('first', 3, 4)).when(hold('second', 4, 5)).refuses('seat-taken')
//
// Owns: names for commands, customers, holds, entries and bookings; every story ends with the checks
// that always hold (S1, S3, T1). Leaves to others: running commands (house.ts).

import assert from 'node:assert/strict'
import type { Outcome } from '../../allocator/core/outcome.ts'
import type { Command } from '../../shared/commands.ts'
import {
  asBookingNumber,
  asSeatIndexes,
  type BookingId,
  type CommandId,
  type CustomerId,
  type EntryId,
  type HoldId,
  type Id,
  idFromText,
  idOf,
} from '../../shared/ids.ts'
import type { Layout } from '../../shared/layout.ts'
import type { Policy, ShowTerms } from '../../shared/policy.ts'
import type { RefusalCode } from '../../shared/refusals.ts'
import type { Transition, TransitionKind } from '../../shared/transitions.ts'
import type { EntryView, HoldView } from '../../shared/views.ts'
import { rowOf } from './halls.ts'
import { House, SHOW } from './house.ts'

/** Something that happens: a command, or time that goes by. */
export type Step = Command | ((house: House) => void)

interface Scene {
  readonly layout: Layout
  readonly policy?: Partial<Policy>
  readonly terms?: Partial<ShowTerms>
  readonly commandKeysMax?: number
}

/** A row of so many seats, or a whole scene. Steps of `given` must be accepted. */
export function given(scene: number | Scene, ...steps: readonly Step[]): Story {
  const facts: Scene = typeof scene === 'number' ? { layout: rowOf(scene) } : scene
  const story = new Story(new House(facts.layout, facts))
  return story.and(...steps)
}

export class Story {
  readonly house: House
  #outcome: Outcome | undefined
  #told: readonly Transition[] = []

  constructor(house: House) {
    this.house = house
  }

  /** More that happened before. */
  and(...steps: readonly Step[]): this {
    for (const step of steps) {
      const outcome = this.#take(step)
      if (outcome?.kind === 'refused') assert.fail(`given: ${outcome.code}: ${outcome.detail}`)
    }
    return this
  }

  when(step: Step): this {
    const before = this.house.journal.length
    this.#outcome = this.#take(step)
    this.#told = this.house.journal.slice(before).map(({ transition }) => transition)
    this.house.checkSeats()
    this.house.checkReplay()
    return this
  }

  refuses(code: RefusalCode, facts: { largest?: number; conflicts?: object } = {}): this {
    const outcome = this.#outcome
    assert.ok(outcome?.kind === 'refused', `expected ${code}, was ${this.#told.map(kindOf).join()}`)
    assert.equal(outcome.code, code, outcome.detail)
    assert.ok(outcome.detail.length > 20 && outcome.detail.endsWith('.'), 'a clear sentence')
    if (facts.largest !== undefined) assert.equal(outcome.largest, facts.largest)
    if (facts.conflicts !== undefined) assert.deepEqual(outcome.conflicts, facts.conflicts)
    return this
  }

  records(...kinds: readonly TransitionKind[]): this {
    const outcome = this.#outcome
    assert.ok(outcome?.kind !== 'refused', `refused ${outcome?.kind === 'refused' && outcome.code}`)
    assert.deepEqual(this.#told.map(kindOf), kinds)
    return this
  }

  /** The fields of the answered hold or entry. */
  answers(facts: Partial<HoldView> | Partial<EntryView>, isReplay?: boolean): this {
    const outcome = this.#outcome
    assert.ok(outcome?.kind === 'hold' || outcome?.kind === 'entry', `was ${outcome?.kind}`)
    const view: object = outcome.kind === 'hold' ? outcome.hold : outcome.entry
    assert.deepEqual({ ...view, ...facts }, view)
    if (isReplay !== undefined) assert.equal(outcome.isReplay, isReplay)
    return this
  }

  /** Published states from seat 0: `.` free, `h` held or reserved, `s` sold, `b` blocked. */
  shows(states: string): this {
    const { seats } = this.house.show
    const found = Array.from(states, (_, seat) => '.hsb'[seats.stateOf(seat as never)])
    assert.equal(found.join(''), states)
    return this
  }

  told(check: (told: readonly Transition[], house: House) => void): this {
    check(this.#told, this.house)
    return this
  }

  #take(step: Step): Outcome | undefined {
    if (typeof step !== 'function') return this.house.run(step)
    step(this.house)
    return undefined
  }
}

function kindOf(transition: Transition): TransitionKind {
  return transition.kind
}

/** A hold, entry or booking of the story, by name. */
export function idNamed<Kind extends Id>(name: string): Kind {
  const { b, c, d } = idFromText(name)
  return idOf<Kind>(SHOW, b, c, d)
}

export const customerNamed = (name: string): CustomerId => idFromText<CustomerId>(name)

/** The customer of a hold or entry carries its name up to a dash: `anna-2` is Anna's second. */
function askedBy(name: string) {
  const customer = customerNamed(name.split('-')[0] ?? name)
  return { show: SHOW, customer, isBoxOffice: false }
}

export const hold = (name: string, ...seats: readonly number[]): Command => ({
  kind: 'hold-seats',
  ...askedBy(name),
  hold: idNamed<HoldId>(name),
  seats: asSeatIndexes(seats),
})

export const best = (
  name: string,
  count: number,
  wish: { categories?: number; together?: boolean; accessible?: boolean } = {},
): Command => ({
  kind: 'hold-best',
  ...askedBy(name),
  hold: idNamed<HoldId>(name),
  count,
  categories: 0,
  accessible: false,
  ...wish,
})

export const change = (name: string, ...seats: readonly number[]): Command => ({
  kind: 'change-hold',
  ...askedBy(name),
  hold: idNamed<HoldId>(name),
  seats: asSeatIndexes(seats),
})

function onHold<Kind extends 'release-hold' | 'extend-hold' | 'start-payment' | 'fail-settlement'>(
  kind: Kind,
) {
  return (name: string) => ({ kind, ...askedBy(name), hold: idNamed<HoldId>(name) })
}

export const release = onHold('release-hold')
export const extend = onHold('extend-hold')
export const pay = onHold('start-payment')
export const fail = onHold('fail-settlement')

export const settle = (name: string, amount: number, currency = 'INR'): Command => ({
  kind: 'settle-hold',
  ...askedBy(name),
  hold: idNamed<HoldId>(name),
  booking: idNamed<BookingId>(`booking of ${name}`),
  intent: 'pi_1',
  amount,
  currency,
})

export const book = (name: string, booking = `booking of ${name}`): Command => ({
  kind: 'book-hold',
  ...askedBy(name),
  hold: idNamed<HoldId>(name),
  booking: idNamed<BookingId>(booking),
})

export const cancel = (name: string, number: number, ...seats: readonly number[]): Command => ({
  kind: 'cancel-booking',
  ...askedBy(name),
  booking: idNamed<BookingId>(`booking of ${name}`),
  bookingNumber: asBookingNumber(number),
  seats: asSeatIndexes(seats),
  cause: 'customer',
})

export const join = (
  name: string,
  party: number,
  wish: { minParty?: number; together?: boolean; categories?: number; accessible?: boolean } = {},
): Command => ({
  kind: 'join-waitlist',
  ...askedBy(name),
  entry: idNamed<EntryId>(`entry of ${name}`),
  party,
  minParty: party,
  categories: 0,
  together: true,
  accessible: false,
  ...wish,
})

export const leave = (name: string): Command => ({
  kind: 'leave-waitlist',
  ...askedBy(name),
  entry: idNamed<EntryId>(`entry of ${name}`),
})

export const decline = (name: string): Command => ({
  kind: 'decline-offer',
  ...askedBy(name),
  entry: idNamed<EntryId>(`entry of ${name}`),
})

export const block = (...seats: readonly number[]): Command => ({
  kind: 'block-seats',
  show: SHOW,
  seats: asSeatIndexes(seats),
  reason: 'test',
})

export const unblock = (...seats: readonly number[]): Command => ({
  kind: 'unblock-seats',
  show: SHOW,
  seats: asSeatIndexes(seats),
  reason: 'test',
})

export const cancelShow: Command = { kind: 'cancel-show', show: SHOW }

export const changeShow =
  (policy: Partial<Policy>, terms: Partial<ShowTerms> = {}): Step =>
  house => {
    const before = house.show.terms
    const changed = { ...before, ...terms, policy: { ...before.policy, ...policy } }
    const outcome = house.run({ kind: 'change-show', show: SHOW, terms: changed })
    assert.equal(outcome.kind, 'done', JSON.stringify(outcome))
  }

/** Time goes by, and what is due happens. */
export const wait =
  (ms: number): Step =>
  house =>
    house.pass(ms)

/** Time goes by, but pass-time is late. */
export const tick =
  (ms: number): Step =>
  house => {
    house.now = (house.now + ms) as typeof house.now
  }

/** The shard was away for so long. H7 */
export const outage =
  (ms: number): Step =>
  house =>
    house.claim(ms)

/** The same command by the box office. */
export function boxOffice(command: Command, name?: string): Command {
  assert.ok('customer' in command)
  const customer = name === undefined ? command.customer : customerNamed(name)
  return { ...command, customer, isBoxOffice: true }
}

/** The same command by somebody else. */
export function as(name: string, command: Command): Command {
  assert.ok('customer' in command)
  return { ...command, customer: customerNamed(name) }
}

/** The same command under an idempotency key; `body` stands for the rest of the request. */
export function keyed(key: string, command: Command, body = key): Command {
  assert.ok('customer' in command)
  const hash = idFromText(body)
  return {
    ...command,
    key: { id: idFromText<CommandId>(key), bodyHigh: hash.a, bodyLow: hash.b },
  }
}
