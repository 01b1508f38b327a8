// What the first waiter that cannot be served aims at: the Seats it is most likely to get next.
//
// Owns: choosing a target, whether reserved Seats still lie in one, and when a barrier is over.
// Leaves to others: who is first (serving.ts), the reserved sets (waitlist.ts).
//
//   L3. A target is `minParty` Seats that sit as asked, none sold or blocked, most of them free
//       already, lowest index. Free here means free to this waiter: what is reserved for it counts.
//   Y1. A target is computed, never kept: a reserved set stands as long as some target holds all of
//       it; otherwise, and whenever a usable Seat becomes free, the best target is looked for again.
//   Y2. Only segments with a free Seat or one reserved for the waiter are weighed.

import type { Instant, SeatIndex } from '../../shared/ids.ts'
import { SEAT_KIND, type SeatingPlan } from '../../shared/seating-plan.ts'
import type { BarrierLifted } from '../../shared/transitions.ts'
import type { SeatMap } from './seat-map.ts'
import { BLOCKED, FREE, SOLD } from './seat-map.ts'
import type { Show } from './show.ts'
import { isWanted, type WaitRequest } from './waitlist-buckets.ts'

/** A target's Seats that are free to the waiter; undefined when no target is left in the house. */
export type Aim = readonly SeatIndex[] | undefined

/**
 * The best target for a request to which `own` Seats are reserved. `segments`: those with a free Seat,
 * ascending, found once for many requests. L3
 */
export function aimOf(
  seats: SeatMap,
  waiter: { readonly request: WaitRequest; readonly own: readonly SeatIndex[] },
  segments: readonly number[] = segmentsWithFree(seats),
): Aim {
  const { request, own } = waiter
  const sight = new Sight(seats, request, own)
  const near = own.length === 0 ? segments : withOwn(seats.plan, segments, own)
  return request.together ? aimTogether(sight, near) : aimApart(sight, near)
}

/** Ascending. Y2 */
export function segmentsWithFree(seats: SeatMap): readonly number[] {
  const { bits, free } = seats.index
  const segments: number[] = []
  const { segmentCount } = seats.plan
  for (let segment = 0; segment < segmentCount; segment += 1) {
    const end = bits.wordStart[segment + 1] as number
    let some = 0
    for (let at = bits.wordStart[segment] as number; at < end; at += 1) some |= free[at] as number
    if (some !== 0) segments.push(segment)
  }
  return segments
}

function withOwn(
  plan: SeatingPlan,
  segments: readonly number[],
  own: readonly SeatIndex[],
): readonly number[] {
  const all = new Set(segments)
  for (const seat of own) all.add(plan.segmentOf[seat] as number)
  return [...all].sort((left, right) => left - right)
}

/** Whether some target still holds every reserved Seat. Y1 */
export function isAimIntact(
  seats: SeatMap,
  request: WaitRequest,
  own: readonly SeatIndex[],
): boolean {
  const sight = new Sight(seats, request, own)
  if (!request.together) return sight.hasPossible(request.minParty)
  const low = Math.min(...own)
  const high = Math.max(...own)
  const segment = seats.plan.segmentOf[low] as number
  const window = new Window(sight, segment)
  const from = Math.max(window.start, high - request.minParty + 1)
  const end = Math.min(window.end, low + request.minParty)
  for (let seat = from; seat < end; seat += 1) if (window.advanceTo(seat, from)) return true
  return false
}

/** The instant at which the Show's oldest barrier is over, if one runs. L3 */
export function barrierDueAt(show: Show): Instant | undefined {
  let since: Instant | undefined
  for (const barrier of show.waitlist?.barriers().values() ?? []) {
    if (since === undefined || barrier.since < since) since = barrier.since
  }
  return since === undefined ? undefined : ((since + show.terms.policy.barrierMaxMs) as Instant)
}

/** The barrier whose time is over, oldest first, then in join order; asked again until undefined. */
export function dueBarrierLift(show: Show, now: Instant): BarrierLifted | undefined {
  const { waitlist } = show
  if (waitlist === undefined) return undefined
  let due = -1
  let dueSince = now - show.terms.policy.barrierMaxMs
  for (const [place, { since }] of waitlist.barriers()) {
    if (since > dueSince || (since === dueSince && due >= 0 && due < place)) continue
    due = place
    dueSince = since
  }
  if (due < 0) return undefined
  return { kind: 'barrier-lifted', show: show.number, entry: waitlist.entryAt(due) }
}

/** The house as one waiter sees it. */
class Sight {
  readonly plan: SeatingPlan
  readonly request: WaitRequest
  readonly own: readonly SeatIndex[]
  readonly #seats: SeatMap

  constructor(seats: SeatMap, request: WaitRequest, own: readonly SeatIndex[]) {
    this.plan = seats.plan
    this.request = request
    this.own = own
    this.#seats = seats
  }

  /** Sits as asked once whoever has it lets go. */
  isPossible(seat: number): boolean {
    const state = this.#seats.stateOf(seat as SeatIndex)
    return state !== SOLD && state !== BLOCKED && isWanted(this.plan, this.request, seat)
  }

  isFree(seat: number): boolean {
    if (this.#seats.stateOf(seat as SeatIndex) === FREE)
      return isWanted(this.plan, this.request, seat)
    return this.own.includes(seat as SeatIndex)
  }

  isAccessible(seat: number): boolean {
    return this.plan.kindOf[seat] === SEAT_KIND.accessible
  }

  /** Whether that many Seats, with an accessible one where asked, are neither sold nor blocked. */
  hasPossible(count: number): boolean {
    let left = count
    let needsAccessible = this.request.accessible
    for (let seat = 0; seat < this.plan.seatCount; seat += 1) {
      if (!this.isPossible(seat)) continue
      left -= 1
      if (needsAccessible) needsAccessible = !this.isAccessible(seat)
      if (left <= 0 && !needsAccessible) return true
    }
    return false
  }
}

/** `minParty` Seats side by side, moved to the right through one segment. S4 */
class Window {
  readonly start: number
  readonly end: number
  freeCount = 0
  readonly #sight: Sight
  readonly #length: number
  #possibleCount = 0
  #accessibleCount = 0

  constructor(sight: Sight, segment: number) {
    this.start = sight.plan.segmentStart[segment] as number
    this.end = sight.plan.segmentStart[segment + 1] as number
    this.#sight = sight
    this.#length = sight.request.minParty
  }

  /** Takes in the next Seat; true when the window that ends there is a target. `from`: the first. */
  advanceTo(seat: number, from: number): boolean {
    this.#count(seat, 1)
    const left = seat - this.#length
    if (left >= from) this.#count(left, -1)
    if (this.#possibleCount < this.#length) return false
    return !this.#sight.request.accessible || this.#accessibleCount > 0
  }

  #count(seat: number, change: number): void {
    const sight = this.#sight
    if (!sight.isPossible(seat)) return
    this.#possibleCount += change
    if (sight.isFree(seat)) this.freeCount += change
    if (sight.isAccessible(seat)) this.#accessibleCount += change
  }
}

function aimTogether(sight: Sight, segments: readonly number[]): Aim {
  const length = sight.request.minParty
  let best = -1
  let bestCount = 0
  for (const segment of segments) {
    const window = new Window(sight, segment)
    for (let seat = window.start; seat < window.end; seat += 1) {
      if (!window.advanceTo(seat, window.start) || window.freeCount <= bestCount) continue
      best = seat - length + 1
      bestCount = window.freeCount
    }
    if (bestCount === length) break
  }
  if (best < 0) return hasWindow(sight) ? [] : undefined
  const aim: SeatIndex[] = []
  for (let seat = best; seat < best + length; seat += 1) {
    if (sight.isFree(seat)) aim.push(seat as SeatIndex)
  }
  return aim
}

/** A target of which nothing is free yet is a target all the same. */
function hasWindow(sight: Sight): boolean {
  for (let segment = 0; segment < sight.plan.segmentCount; segment += 1) {
    const window = new Window(sight, segment)
    if (window.end - window.start < sight.request.minParty) continue
    for (let seat = window.start; seat < window.end; seat += 1) {
      if (window.advanceTo(seat, window.start)) return true
    }
  }
  return false
}

/** Any Seats will do: the first free ones, one place being kept for an accessible Seat if asked. */
function aimApart(sight: Sight, segments: readonly number[]): Aim {
  const { minParty, accessible } = sight.request
  const aim: SeatIndex[] = []
  let isMissing = accessible
  for (const segment of segments) {
    const end = sight.plan.segmentStart[segment + 1] as number
    for (let seat = sight.plan.segmentStart[segment] as number; seat < end; seat += 1) {
      if (!sight.isFree(seat)) continue
      if (isMissing && sight.isAccessible(seat)) isMissing = false
      else if (aim.length >= minParty - (isMissing ? 1 : 0)) continue
      aim.push(seat as SeatIndex)
    }
    if (aim.length === minParty && !isMissing) break
  }
  return sight.hasPossible(minParty) ? aim : undefined
}
