// What a joining customer can be told at once: an offer, a wait, or that waiting is in vain.
//
// Owns: the fit of a newcomer among those in front, and the largest party the house could ever seat.
// Leaves to others: the order of refusals (decide-waitlist.ts), serving freed Seats (serving.ts).
//
//   L3. What could not be served were every sellable Seat free (none blocked) is in vain.
//   L9. Joining when the request fits now yields an offer at once, from Seats neither reserved nor
//       wanted by an earlier waiter whose request fits: those in front are seated first, in thought.
//   N1. In a house without a free Seat for the newcomer a join costs O(1), whoever else waits.

import type { Instant, SeatIndex } from '../../shared/ids.ts'
import { SEAT_KIND } from '../../shared/seating-plan.ts'
import { BLOCKED, type SeatMap } from './seat-map.ts'
import type { ServingState } from './serving.ts'
import type { Show } from './show.ts'
import type { Waitlist } from './waitlist.ts'
import { isWanted, type WaitRequest } from './waitlist-buckets.ts'
import { freeFit } from './waitlist-fit.ts'

/** The Seats a newcomer is offered at once, ascending, or undefined when it has to wait. L9 */
export function fitAtJoin(
  state: ServingState,
  show: Show,
  asking: { readonly request: WaitRequest; readonly now: Instant },
): readonly SeatIndex[] | undefined {
  const { request, now } = asking
  const fit = freeFit(show.seats, request) // N1
  const { waitlist } = show
  if (fit === undefined || waitlist === undefined || waitlist.waitingCount === 0) return fit
  waitlist.enterFrame({ time: now, frame: state.frameCount })
  const taken = seatedInThought(show.seats, waitlist)
  const left = taken.length === 0 ? fit : freeFit(show.seats, request)
  for (const seat of taken) show.seats.index.freeChanged(seat)
  return left
}

/**
 * Takes the Seats of everybody in front whose request fits out of the search index, in join order; the
 * caller gives them back before anybody else looks.
 */
function seatedInThought(seats: SeatMap, waitlist: Waitlist): readonly SeatIndex[] {
  const taken: SeatIndex[] = []
  const heads = [...waitlist.buckets()]
    .map(bucket => waitlist.headOf(bucket))
    .filter(place => place >= 0)
  while (heads.length > 0) {
    const first = heads.reduce((left, right) => Math.min(left, right))
    const at = heads.indexOf(first)
    const fit = freeFit(seats, waitlist.requestAt(first))
    const next = fit === undefined ? -1 : waitlist.nextAlike(first)
    if (next < 0) heads.splice(at, 1)
    else heads[at] = next
    for (const seat of fit ?? []) {
      seats.index.freeChanged(seat)
      taken.push(seat)
    }
  }
  return taken
}

/**
 * The largest party up to minParty that the house could seat as asked were every Seat free that is
 * not blocked: minParty when waiting is not in vain. L3
 */
export function largestEver(seats: SeatMap, request: WaitRequest): number {
  const { plan } = seats
  let largest = 0
  let count = 0
  let hasAccessible = !request.accessible
  for (let seat = 0; seat < plan.seatCount; seat += 1) {
    const isNewRun = request.together && plan.segmentOf[seat] !== plan.segmentOf[seat - 1]
    const isSellable = isWanted(plan, request, seat) && seats.stateOf(seat as SeatIndex) !== BLOCKED
    if (isNewRun || (request.together && !isSellable)) {
      count = 0
      hasAccessible = !request.accessible
    }
    if (!isSellable) continue
    count += 1
    if (plan.kindOf[seat] === SEAT_KIND.accessible) hasAccessible = true
    if (hasAccessible && count > largest) largest = count
    if (largest >= request.minParty) return request.minParty
  }
  return largest
}
