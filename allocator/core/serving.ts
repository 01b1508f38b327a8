// Who gets the Seats that have just become free: the Waitlist served in join order.
//
// Owns: the next offer or reservation of a Show, one at a time, read from its state alone.
// Leaves to others: applying it (apply.ts), what fits (waitlist-fit.ts), targets (barrier.ts).
//
//   L2. In the frame in which Seats become free, in join order, a waiter whose request fits gets an
//       offer: the largest n in [minParty, party], with a Seat freed now or reserved for that waiter.
//   L3. The first waiter of a category set that cannot be served reserves freed Seats of its target;
//       general and accessible requests are told apart, they want different Seats. The rest goes on.
//   L6. Only heads of buckets are compared, and segments with freed Seats looked at: the cost does not
//       grow with the number of waiters.
//   L7. Who declined in this frame sits it out.
//   L8. Once sales are closed nobody is offered anything.

import type { Instant, SeatIndex } from '../../shared/ids.ts'
import type { SeatsReserved, WaiterOffered } from '../../shared/transitions.ts'
import { aimOf, isAimIntact } from './barrier.ts'
import type { Show } from './show.ts'
import type { Waitlist } from './waitlist.ts'
import type { Bucket } from './waitlist-buckets.ts'
import { freshFit } from './waitlist-fit.ts'
import { WaitlistRound } from './waitlist-round.ts'

/** What serving must know of the Shard: frames are told apart by time and by their count. */
export interface ServingState {
  readonly frameCount: number
}

/**
 * The next Transition that the Waitlist owes its waiters, or undefined when nobody is left.
 * Reads only. Asked after every command until undefined, each answer applied; then endServing.
 */
export function nextServing(
  state: ServingState,
  show: Show,
  now: Instant,
): WaiterOffered | SeatsReserved | undefined {
  const { waitlist } = show
  if (waitlist === undefined || waitlist.waitingCount === 0) return undefined
  if (show.freed.length === 0 && waitlist.barriers().size === 0) return undefined
  if (show.status !== 'open' || now >= show.terms.salesCloseAt) return undefined // L8
  waitlist.enterFrame({ time: now, frame: state.frameCount })
  waitlist.round ??= new WaitlistRound(show)
  waitlist.round.follow(show.freed, waitlist.barriers().values())
  return new Turn(show, waitlist, waitlist.round).next(now)
}

/** Serving is over: what was freed is free to everybody from now on. */
export function endServing(show: Show): void {
  if (show.freed.length > 0) show.freed = []
  if (show.waitlist !== undefined) show.waitlist.round = undefined
}

/** The offer of these Seats to a waiting entry. */
export function offerOf(show: Show, offer: Omit<WaiterOffered, OfferFacts>, now: Instant) {
  return {
    ...offer,
    kind: 'waiter-offered' as const,
    show: show.number,
    prices: offer.seats.map(
      seat => show.terms.prices[show.plan.categoryOf[seat] as number] as number,
    ),
    expiresAt: (now + show.terms.policy.holdTtlMs) as Instant,
  }
}

type OfferFacts = 'kind' | 'show' | 'prices' | 'expiresAt'

/** One look along the line. */
class Turn {
  readonly #show: Show
  readonly #waitlist: Waitlist
  readonly #round: WaitlistRound

  /** competition -> the place with reserved Seats */
  readonly #holders = new Map<number, number>()

  constructor(show: Show, waitlist: Waitlist, round: WaitlistRound) {
    this.#show = show
    this.#waitlist = waitlist
    this.#round = round
    for (const [place, { seats }] of waitlist.barriers()) {
      if (seats.length > 0) this.#holders.set(waitlist.bucketAt(place).competition, place)
    }
  }

  next(now: Instant): WaiterOffered | SeatsReserved | undefined {
    for (const place of this.#candidates()) {
      const seats = this.#fitOf(place)
      if (seats !== undefined) return this.#offer(place, seats, now)
      const reserved = this.#reservationOf(place)
      if (reserved !== undefined) return this.#reserve(place, reserved)
    }
    return undefined
  }

  /** Heads that may fit or reserve if Seats became free, and barriers; in join order. L1, L6 */
  #candidates(): readonly number[] {
    const places = [...this.#holders.values()]
    const { freeGeneralCount, freeAccessibleCount } = this.#show.seats
    for (const bucket of this.#show.freed.length > 0 ? this.#waitlist.buckets() : []) {
      const { isOfUse, isSettled } = this.#round.competitionOf(bucket)
      if (!isOfUse) continue
      const { accessible, minParty } = bucket.request
      const freeCount = freeGeneralCount + (accessible ? freeAccessibleCount : 0)
      const mayFit = freeCount >= minParty && !this.#round.isUnfit(bucket.number)
      const mayReserve = !isSettled && !this.#holders.has(bucket.competition)
      if (mayFit) addPlace(places, this.#waitlist.headOf(bucket))
      if (mayReserve) addPlace(places, this.#waitlist.eagerHeadOf(bucket))
    }
    return places.sort((left, right) => left - right)
  }

  #fitOf(place: number): readonly SeatIndex[] | undefined {
    const bucket = this.#waitlist.bucketAt(place)
    if (this.#show.freed.length === 0 || !this.#round.competitionOf(bucket).isOfUse)
      return undefined
    const own = this.#waitlist.reservedAt(place)
    if (own.length === 0 && this.#round.isUnfit(bucket.number)) return undefined
    const from = { own, fresh: this.#round.fresh }
    const seats = freshFit(this.#show.seats, bucket.request, from)
    if (seats === undefined && own.length === 0) this.#round.markUnfit(bucket.number)
    return seats
  }

  /** The reserved set as it should be now, or undefined when it is that already. L3 */
  #reservationOf(place: number): readonly SeatIndex[] | undefined {
    const bucket = this.#waitlist.bucketAt(place)
    const competition = this.#round.competitionOf(bucket)
    if (competition.isSettled || this.#waitlist.isLifted(place)) return undefined
    const holder = this.#holders.get(bucket.competition)
    if (holder !== undefined && holder !== place) return undefined // at most one barrier
    const own = this.#waitlist.reservedAt(place)
    const usable = competition.isOfUse ? this.#round.usable(bucket.request) : []
    const isStill = usable.length === 0 && (holder === undefined || this.#isIntact(bucket, own))
    if (!isStill) return this.#aim(bucket, own, usable)
    competition.isSettled = true
    return undefined
  }

  #isIntact({ request }: Bucket, own: readonly SeatIndex[]): boolean {
    return isAimIntact(this.#show.seats, request, own)
  }

  #aim(
    bucket: Bucket,
    own: readonly SeatIndex[],
    usable: readonly SeatIndex[],
  ): readonly SeatIndex[] | undefined {
    const { request } = bucket
    const competition = this.#round.competitionOf(bucket)
    const isHopeless = request.together && request.minParty >= competition.tooLong
    const { segments } = this.#round
    const aim = isHopeless ? undefined : aimOf(this.#show.seats, { request, own }, segments)
    if (aim === undefined) {
      if (request.together && !isHopeless) competition.tooLong = request.minParty
      return own.length > 0 ? [] : undefined // nothing to wait for here: the next one may aim
    }
    competition.isSettled = true
    const seats = aim.filter(seat => own.includes(seat) || usable.includes(seat))
    const isSame = seats.length === own.length && seats.every(seat => own.includes(seat))
    return isSame ? undefined : seats
  }

  #offer(place: number, seats: readonly SeatIndex[], now: Instant): WaiterOffered {
    const entry = this.#waitlist.entryAt(place)
    return offerOf(this.#show, { entry, hold: this.#waitlist.offerHoldAt(place), seats }, now)
  }

  #reserve(place: number, seats: readonly SeatIndex[]): SeatsReserved {
    const entry = this.#waitlist.entryAt(place)
    return { kind: 'seats-reserved', show: this.#show.number, entry, seats }
  }
}

function addPlace(places: number[], place: number): void {
  if (place >= 0 && places.at(-1) !== place) places.push(place)
}
