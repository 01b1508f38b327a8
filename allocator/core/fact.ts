// A Transition being applied: where it lands, and the small steps that many kinds of them share.
//
// Owns: the one place where a Seat changes, so that version, change log and freed Seats agree (F1).
// Leaves to others: which Seats change (apply-*.ts), what becomes of freed ones (serving.ts).

import { assert } from '../../shared/assert.ts'
import type { CommandKey } from '../../shared/commands.ts'
import type { EntryId, Instant, SeatIndex, Sequence } from '../../shared/ids.ts'
import type { HoldPhase } from '../../shared/views.ts'
import { barrierDueAt } from './barrier.ts'
import { FREE, HELD, type SeatCode } from './seat-map.ts'
import type { Show } from './show.ts'
import type { ShardState } from './state.ts'
import type { Waitlist } from './waitlist.ts'

export interface Fact {
  readonly state: ShardState
  readonly show: Show
  readonly time: Instant
  readonly sequence: Sequence
}

export function setSeat({ state, show }: Fact, seat: SeatIndex, code: SeatCode): void {
  if (show.seats.setState(seat, code)) {
    show.version += 1
    state.changes.push(show.number, seat, code)
  }
  if (code === FREE && show.waitlist !== undefined) show.freed.push(seat)
}

export function reserveSeat({ state, show }: Fact, seat: SeatIndex): void {
  show.seats.reserve(seat)
  show.version += 1
  state.changes.push(show.number, seat, HELD)
}

/** What is still reserved among these Seats becomes free. L3 */
export function freeReserved({ state, show }: Fact, seats: readonly SeatIndex[]): void {
  for (const seat of seats) {
    if (!show.seats.isReserved(seat)) continue
    show.seats.unreserve(seat)
    show.version += 1
    state.changes.push(show.number, seat, FREE)
    show.freed.push(seat)
  }
}

/** A change of a live hold: its sequence moves, its key is remembered, its owner hears of it. */
export function holdMoved(fact: Fact, slot: number, key?: CommandKey): void {
  const { state, sequence } = fact
  state.holds.setSequence(slot, sequence)
  if (key !== undefined) state.keepHoldKey(slot, key)
  state.touched.holds.push(slot)
}

/** The hold is over; what becomes of its Seats is said by the caller. H8 */
export function endHold(fact: Fact, slot: number, phase: HoldPhase): void {
  const { state, show, time, sequence } = fact
  state.holdDeadlines.cancel(slot)
  state.holds.end(show, slot, { phase, at: time, sequence })
  show.liveHoldCount -= 1
  state.holdEnded(slot, sequence)
  state.touched.holds.push(slot)
}

export function freeSeatsOf(fact: Fact, slot: number): void {
  const { holds } = fact.state
  const count = holds.seatCountOf(slot)
  for (let index = 0; index < count; index += 1) setSeat(fact, holds.seatAt(slot, index), FREE)
}

/** The live entry is served, has lapsed or left; Seats reserved for it become free. L2, L7 */
export function endEntry(fact: Fact, entry: EntryId, state: 'served' | 'lapsed' | 'left'): void {
  const waitlist = waitlistOf(fact.show)
  const place = waitlist.find(entry)
  assert(place >= 0, 'L7: a live entry ends')
  const hold = waitlist.isWaiting(place) ? undefined : waitlist.offerHoldAt(place)
  const customer = waitlist.customerAt(place)
  const { party } = waitlist.requestAt(place)
  freeReserved(fact, waitlist.end(entry))
  const { sequence, time: endedAt } = fact
  const { number: show } = fact.show
  fact.state.entryEnded({ id: entry, show, customer, state, party, hold, sequence, endedAt })
  fact.state.touched.entries.push(entry)
}

export function waitlistOf(show: Show): Waitlist {
  assert(show.waitlist !== undefined, 'D2: a transition of a waiter finds a waitlist')
  return show.waitlist
}

/** When this Show is looked at next: its sales end, or its oldest barrier does. L3, L8 */
export function armShow({ state, show, time }: Fact): void {
  const closeAt = show.status === 'open' ? show.terms.salesCloseAt : Number.POSITIVE_INFINITY
  const due = Math.min(closeAt, barrierDueAt(show) ?? Number.POSITIVE_INFINITY)
  if (due === Number.POSITIVE_INFINITY) state.showDeadlines.cancel(show.index)
  else state.showDeadlines.arm(show.index, due as Instant, time)
}
