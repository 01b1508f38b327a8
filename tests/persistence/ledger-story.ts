// A small journal that touches every kind of row, for tests of the ledger.

import {
  asBookingNumber,
  asInstant,
  asLayoutNumber,
  asSeatIndexes,
  asShardNumber,
  asShowNumber,
  type BookingId,
  type CustomerId,
  type EntryId,
  type HoldId,
  idFromText,
  idOf,
  offerHoldIdOf,
} from '../../shared/ids.ts'
import { shardOf } from '../../shared/placement.ts'
import { DEFAULT_POLICY, type ShowTerms } from '../../shared/policy.ts'
import type { EncodedFrame } from '../../shared/ports.ts'
import type { SeatsHeld, Transition } from '../../shared/transitions.ts'
import { JournalScript } from './journal-script.ts'

export const SHOW = asShowNumber(1)
export const SHARD = shardOf(SHOW)

export const TERMS: ShowTerms = {
  layout: asLayoutNumber(1),
  layoutDigest: 'd',
  policy: DEFAULT_POLICY,
  prices: [500],
  currency: 'EUR',
  startsAt: asInstant(Date.UTC(2030, 1, 1)),
  salesOpenAt: asInstant(0),
  salesCloseAt: asInstant(Date.UTC(2030, 1, 1)),
}

function scoped<Kind extends HoldId | EntryId | BookingId>(name: string): Kind {
  const { b, c, d } = idFromText<HoldId>(name)
  return idOf<Kind>(SHOW, b, c, d)
}

export const holdId = (name: string) => scoped<HoldId>(`hold ${name}`)
export const entryId = (name: string) => scoped<EntryId>(`entry ${name}`)
export const bookingId = (name: string) => scoped<BookingId>(`booking ${name}`)
export const customerId = (name: string) => idFromText<CustomerId>(name)

export function held(name: string, seats: readonly number[], at = 0): SeatsHeld {
  return {
    kind: 'seats-held',
    show: SHOW,
    hold: holdId(name),
    customer: customerId(name),
    seats: asSeatIndexes(seats),
    prices: seats.map(() => 500),
    expiresAt: asInstant(Date.UTC(2030, 0, 1) + 300_000 + at),
  }
}

export function settled(name: string, amount: number): Transition {
  const [hold, booking] = [holdId(name), bookingId(name)]
  const money = { intent: '', amount, currency: 'EUR' }
  return { kind: 'hold-settling', show: SHOW, hold, booking, ...money }
}

export function booked(name: string, number: number): Transition {
  const [hold, booking] = [holdId(name), bookingId(name)]
  const bookingNumber = asBookingNumber(number)
  return { kind: 'hold-booked', show: SHOW, hold, booking, bookingNumber }
}

export function cancelled(name: string, number: number, seats: readonly number[]): Transition {
  return {
    kind: 'booking-cancelled',
    show: SHOW,
    booking: bookingId(name),
    bookingNumber: asBookingNumber(number),
    seats: asSeatIndexes(seats),
    cause: 'customer',
  }
}

export function joined(name: string): Transition {
  return {
    kind: 'waiter-joined',
    show: SHOW,
    entry: entryId(name),
    customer: customerId(name),
    party: 2,
    minParty: 1,
    categories: 0,
    together: true,
    accessible: false,
  }
}

export function offered(name: string, index: number, seats: readonly number[]): Transition {
  return {
    kind: 'waiter-offered',
    show: SHOW,
    entry: entryId(name),
    hold: offerHoldIdOf(entryId(name), index),
    seats: asSeatIndexes(seats),
    prices: seats.map(() => 500),
    expiresAt: asInstant(Date.UTC(2030, 0, 1) + 300_000),
  }
}

export function declined(name: string, index: number): Transition {
  const [entry, hold] = [entryId(name), offerHoldIdOf(entryId(name), index)]
  return { kind: 'offer-declined', show: SHOW, entry, hold }
}

export const opened: Transition = { kind: 'show-opened', show: SHOW, terms: TERMS }

/** The life of a show, a list of Transitions per frame. */
export const STORY: readonly (readonly Transition[])[] = [
  [opened],
  [held('anna', [1, 2]), held('ben', [3]), joined('cora')],
  [{ kind: 'hold-extended', show: SHOW, hold: holdId('anna'), expiresAt: TERMS.startsAt }],
  [settled('anna', 1000)],
  [booked('anna', 1), { kind: 'hold-expired', show: SHOW, hold: holdId('ben') }],
  [offered('cora', 0, [3])],
  [],
  [declined('cora', 0), offered('cora', 1, [3, 4])],
  // freed and sold again within one frame: the index sees the death first (PJ2)
  [cancelled('anna', 1, [1]), held('dora', [1]), settled('dora', 500), booked('dora', 2)],
  [declined('cora', 1), joined('emil'), offered('emil', 0, [5]), held('finn', [6])],
  [{ kind: 'hold-released', show: SHOW, hold: offerHoldIdOf(entryId('emil'), 0) }, joined('gina')],
  [{ kind: 'show-cancelled', show: SHOW }],
]

export function storyFrames(): readonly EncodedFrame[] {
  const script = new JournalScript(asShardNumber(SHARD))
  return STORY.map(transitions => script.frame(transitions))
}
