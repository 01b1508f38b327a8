// What the Transitions of waiters do to the state.
//
// Owns: keeping Waitlist, SeatMap and holds in step. Leaves to others: the line itself (waitlist.ts).

import { assert } from '../../shared/assert.ts'
import type {
  BarrierLifted,
  OfferDeclined,
  SeatsReserved,
  WaiterJoined,
  WaiterLeft,
  WaiterOffered,
} from '../../shared/transitions.ts'
import { liveSlot, openHold } from './apply-holds.ts'
import {
  armShow,
  endEntry,
  endHold,
  type Fact,
  freeReserved,
  freeSeatsOf,
  reserveSeat,
  waitlistOf,
} from './fact.ts'
import { Waitlist } from './waitlist.ts'

export function applyWaiterJoined(fact: Fact, joined: WaiterJoined): void {
  const { state, show, sequence } = fact
  const { entry, customer, party, minParty, categories, together, accessible } = joined
  const request = { party, minParty, categories, together, accessible }
  if (state.endedEntry(entry) !== undefined) state.supersede(entry)
  show.waitlist ??= new Waitlist()
  show.waitlist.join({ entry, customer, request, sequence })
  show.isFixed = true
  if (joined.key !== undefined) state.keepEntryKey(entry, joined.key)
  state.touched.entries.push(entry)
}

export function applyWaiterOffered(fact: Fact, offered: WaiterOffered): void {
  const waitlist = waitlistOf(fact.show)
  const customer = waitlist.customerAt(waitlist.find(offered.entry))
  const reserved = waitlist.offer(offered.entry, fact.sequence)
  openHold(fact, offered, { customer, entry: offered.entry })
  freeReserved(fact, reserved) // those that are not in the offer
  armShow(fact)
  fact.state.touched.entries.push(offered.entry)
}

export function applyWaiterLeft(fact: Fact, left: WaiterLeft): void {
  if (left.key !== undefined) fact.state.keepEntryKey(left.entry, left.key)
  endEntry(fact, left.entry, 'left')
  armShow(fact)
}

/** L7: the first time the entry waits again at its place, then it has left. */
export function applyOfferDeclined(fact: Fact, declined: OfferDeclined): void {
  const { state, show, time, sequence } = fact
  const { entry } = declined
  const waitlist = waitlistOf(show)
  const slot = liveSlot(fact, declined.hold)
  if (declined.key !== undefined) state.keepEntryKey(entry, declined.key)
  freeSeatsOf(fact, slot)
  endHold(fact, slot, 'released')
  if (waitlist.hasDeclined(waitlist.find(entry))) {
    endEntry(fact, entry, 'left')
    return
  }
  const mark = { time, frame: state.frameCount }
  const outcome = waitlist.decline(entry, mark, sequence)
  assert(outcome === 'waiting', 'L7: the first time it waits again')
  state.touched.entries.push(entry)
}

/** The reserved set is now exactly this one: what was reserved and is not in it becomes free. L3 */
export function applySeatsReserved(fact: Fact, reserved: SeatsReserved): void {
  const { show, time, sequence } = fact
  const before = waitlistOf(show).reserve(reserved.entry, reserved.seats, { time, sequence })
  freeReserved(
    fact,
    before.filter(seat => !reserved.seats.includes(seat)),
  )
  for (const seat of reserved.seats) if (!before.includes(seat)) reserveSeat(fact, seat)
  armShow(fact)
}

/** It keeps its place and right of first refusal, but reserves no more. L3 */
export function applyBarrierLifted(fact: Fact, lifted: BarrierLifted): void {
  freeReserved(fact, waitlistOf(fact.show).lift(lifted.entry, fact.sequence))
  armShow(fact)
}
