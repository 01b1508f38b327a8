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
import { ALL_KINDS, allowedWords, GENERAL_KINDS } from './plan-bits.ts'
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
 * Takes the Seats of everybody in front whose request fits out of the search index, in join order;
 * the caller gives them back before anybody else looks.
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
 * not blocked: minParty when waiting is not in vain. Segments without a Seat of use cost a word. L3
 */
export function largestEver(seats: SeatMap, request: WaitRequest): number {
  const { plan, index } = seats
  const { wordStart } = index.bits
  const kinds = request.accessible ? ALL_KINDS : GENERAL_KINDS
  const allowed = allowedWords(index.bits, request.categories, kinds)
  const count = new EverCount(seats, request)
  for (let segment = 0; segment < plan.segmentCount; segment += 1) {
    const end = wordStart[segment + 1] as number
    let some = 0
    for (let at = wordStart[segment] as number; at < end; at += 1) some |= allowed[at] as number
    if (some === 0) continue
    if (request.together) count.interrupt()
    count.take(plan.segmentStart[segment] as number, plan.segmentStart[segment + 1] as number)
    if (count.largest >= request.minParty) return request.minParty
  }
  return count.largest
}

/** Counts sellable Seats: side by side, or all of them. */
class EverCount {
  largest = 0
  readonly #seats: SeatMap
  readonly #request: WaitRequest
  #length = 0
  #hasAccessible = false

  constructor(seats: SeatMap, request: WaitRequest) {
    this.#seats = seats
    this.#request = request
  }

  interrupt(): void {
    this.#length = 0
    this.#hasAccessible = false
  }

  take(start: number, end: number): void {
    const { plan } = this.#seats
    const { together, accessible } = this.#request
    for (let seat = start; seat < end; seat += 1) {
      const isBlocked = this.#seats.stateOf(seat as SeatIndex) === BLOCKED
      if (isBlocked || !isWanted(plan, this.#request, seat)) {
        if (together) this.interrupt()
        continue
      }
      this.#length += 1
      if (plan.kindOf[seat] === SEAT_KIND.accessible) this.#hasAccessible = true
      if (accessible && !this.#hasAccessible) continue
      if (this.#length > this.largest) this.largest = this.#length
    }
  }
}
