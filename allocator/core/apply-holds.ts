// What the Transitions of holds and bookings do to the state.
//
// Owns: the life of a hold in memory. Leaves to others: whether it may happen (decide-hold*.ts).
//
//   selecting --payment-started--> paying --hold-settling--> settling --hold-booked--> booked
//       |                            |                          '--settlement-failed--> released
//       '---- hold-released, hold-expired, offer-declined ----> released, expired

import { assert } from '../../shared/assert.ts'
import type { CommandKey } from '../../shared/commands.ts'
import type { CustomerId, EntryId, HoldId, Instant, SeatIndex } from '../../shared/ids.ts'
import type {
  BookingCancelled,
  HoldBooked,
  HoldChanged,
  HoldExpired,
  HoldExtended,
  HoldReleased,
  HoldSettling,
  PaymentStarted,
  SeatsHeld,
  SettlementFailed,
} from '../../shared/transitions.ts'
import { endEntry, endHold, type Fact, freeSeatsOf, holdMoved, setSeat } from './fact.ts'
import { FREE, HELD, SOLD } from './seat-map.ts'

interface Opened {
  readonly hold: HoldId
  readonly seats: readonly SeatIndex[]
  readonly prices: readonly number[]
  readonly expiresAt: Instant
  readonly key?: CommandKey
}

/** A direct hold, or the hold of an offer. */
export function openHold(
  fact: Fact,
  opened: Opened,
  owner: { readonly customer: CustomerId; readonly entry: EntryId | undefined },
): void {
  const { state, show, time, sequence } = fact
  for (const seat of opened.seats) setSeat(fact, seat, HELD)
  if (state.holds.find(opened.hold) >= 0) state.supersede(opened.hold)
  const slot = state.holds.add(show, {
    id: opened.hold,
    customer: owner.customer,
    entry: owner.entry,
    seats: opened.seats,
    prices: opened.prices,
    createdAt: time,
    expiresAt: opened.expiresAt,
    sequence,
  })
  show.liveHoldCount += 1
  show.isFixed = true
  state.holdDeadlines.arm(slot, opened.expiresAt, time)
  if (opened.key !== undefined) state.keepHoldKey(slot, opened.key)
  state.touched.holds.push(slot)
}

export function applySeatsHeld(fact: Fact, held: SeatsHeld): void {
  openHold(fact, held, { customer: held.customer, entry: undefined })
}

export function applyHoldChanged(fact: Fact, changed: HoldChanged): void {
  const slot = liveSlot(fact, changed.hold)
  const before = fact.state.holds.seatsOf(slot)
  for (const seat of before) if (!changed.seats.includes(seat)) setSeat(fact, seat, FREE)
  for (const seat of changed.seats) if (!before.includes(seat)) setSeat(fact, seat, HELD)
  fact.state.holds.setSeats(slot, changed.seats, changed.prices)
  holdMoved(fact, slot, changed.key)
}

export function applyHoldExtended(fact: Fact, extended: HoldExtended): void {
  const slot = liveSlot(fact, extended.hold)
  const { holds } = fact.state
  holds.setExtensions(slot, holds.extensionsOf(slot) + 1)
  moveDeadline(fact, slot, extended.expiresAt)
  holdMoved(fact, slot, extended.key)
}

export function applyPaymentStarted(fact: Fact, started: PaymentStarted): void {
  const slot = liveSlot(fact, started.hold)
  fact.state.holds.setPhase(slot, 'paying')
  moveDeadline(fact, slot, started.expiresAt)
  holdMoved(fact, slot, started.key)
}

/** H4: from here on it has no deadline. */
export function applyHoldSettling(fact: Fact, settling: HoldSettling): void {
  const slot = liveSlot(fact, settling.hold)
  fact.state.holds.setPhase(slot, 'settling')
  fact.state.holds.setBooking(slot, settling.booking)
  fact.state.holdDeadlines.cancel(slot)
  holdMoved(fact, slot)
}

export function applyHoldReleased(fact: Fact, released: HoldReleased): void {
  const slot = liveSlot(fact, released.hold)
  if (released.key !== undefined) fact.state.keepHoldKey(slot, released.key)
  giveBack(fact, slot, { phase: 'released', entry: 'left' })
}

export function applyHoldExpired(fact: Fact, expired: HoldExpired): void {
  giveBack(fact, liveSlot(fact, expired.hold), { phase: 'expired', entry: 'lapsed' })
}

export function applySettlementFailed(fact: Fact, failed: SettlementFailed): void {
  giveBack(fact, liveSlot(fact, failed.hold), { phase: 'released', entry: 'left' })
}

export function applyHoldBooked(fact: Fact, booked: HoldBooked): void {
  const { state, show } = fact
  const slot = liveSlot(fact, booked.hold)
  assert(booked.bookingNumber === show.bookingCount + 1, 'S1: booking numbers count up')
  show.bookingCount = booked.bookingNumber
  const count = state.holds.seatCountOf(slot)
  for (let index = 0; index < count; index += 1) {
    const seat = state.holds.seatAt(slot, index)
    setSeat(fact, seat, SOLD)
    show.sold.sell(seat, booked.bookingNumber)
  }
  if (booked.key !== undefined) state.keepHoldKey(slot, booked.key)
  const entry = state.holds.entryOf(slot)
  endHold(fact, slot, 'booked')
  if (entry !== undefined) endEntry(fact, entry, 'served')
}

export function applyBookingCancelled(fact: Fact, cancelled: BookingCancelled): void {
  for (const seat of cancelled.seats) {
    assert(
      fact.show.sold.bookingOf(seat) === cancelled.bookingNumber,
      'S1: a booking gives back its own seats',
    )
    fact.show.sold.cancel(seat)
    setSeat(fact, seat, FREE)
  }
}

/** Ends a hold whose Seats become free; an offer's entry ends with it. L7 */
export function giveBack(
  fact: Fact,
  slot: number,
  ending: { readonly phase: 'released' | 'expired'; readonly entry: 'lapsed' | 'left' },
): void {
  const entry = fact.state.holds.entryOf(slot)
  freeSeatsOf(fact, slot)
  endHold(fact, slot, ending.phase)
  if (entry !== undefined) endEntry(fact, entry, ending.entry)
}

export function liveSlot({ state }: Fact, hold: HoldId): number {
  const slot = state.holds.find(hold)
  assert(slot >= 0 && state.holds.isLive(slot), 'D2: a transition finds its hold alive')
  return slot
}

function moveDeadline({ state, time }: Fact, slot: number, expiresAt: Instant): void {
  assert(expiresAt >= state.holds.expiresAtOf(slot), 'H2: a deadline never moves closer')
  state.holds.setExpiresAt(slot, expiresAt)
  state.holdDeadlines.arm(slot, expiresAt, time)
}
