// Whether a customer gets a new hold: of named Seats, or of the best available.
//
// Owns: decisions on hold-seats and hold-best.
// Leaves to others: checks of Seats (asked-seats.ts), which Seats are best (best-available.ts).
//
//   H1. A hold names Seats, or asks for the best available (B).
//   H5. The same customer asking for exactly the Seats of its own live hold gets that hold.
//   H6. holdsMax live direct holds per customer and Show; the box office is exempt.
//   L4. No direct hold takes a reserved Seat: it looks held.

import type { HoldBest, HoldSeats } from '../../shared/commands.ts'
import type { Instant, SeatIndex } from '../../shared/ids.ts'
import type { Refusal } from '../../shared/refusals.ts'
import type { SeatsHeld } from '../../shared/transitions.ts'
import {
  isOrphanRuleOn,
  isRefusal,
  pricesOf,
  refusalOfCount,
  refusalOfOrphans,
  refusalOfTaken,
  sortedSeats,
} from './asked-seats.ts'
import { bestAvailable } from './best-available.ts'
import { aboutHold, type Decision, refused } from './outcome.ts'
import { type Show, statusOf } from './show.ts'
import { isOver, type ShardState } from './state.ts'

const NO_SHOW = refused('not-found', 'There is no such show.')

export function decideHoldSeats(state: ShardState, command: HoldSeats, now: Instant): Decision {
  const show = state.showOf(command.show)
  if (show === undefined) return NO_SHOW
  const first = state.holds.firstOf(show, command.customer)
  const own = first < 0 ? -1 : ownHoldOf(state, show, { command, now, first })
  if (own >= 0) return aboutHold(state.holds.idOf(own)) // H5
  const closed = refusalOfStatus(show, now)
  if (closed !== undefined) return closed
  const seats = sortedSeats(show.seats, command.seats)
  if (isRefusal(seats)) return seats
  const refusal =
    refusalOfCount(show, seats.length, command.isBoxOffice) ??
    refusalOfHolds(state, show, command, first) ??
    refusalOfTaken(show.seats, seats) ??
    (isOrphanRuleOn(show, command.isBoxOffice) ? refusalOfOrphans(show, seats) : undefined) ??
    refusalOfId(state, command, now)
  return refusal ?? aboutHold(command.hold, heldOf(show, command, seats, now))
}

export function decideHoldBest(state: ShardState, command: HoldBest, now: Instant): Decision {
  const show = state.showOf(command.show)
  if (show === undefined) return NO_SHOW
  const refusal =
    refusalOfStatus(show, now) ??
    (command.count >= 1 ? undefined : refused('seat-unknown', 'Ask for at least one seat.')) ??
    refusalOfCount(show, command.count, command.isBoxOffice) ??
    refusalOfHolds(state, show, command, state.holds.firstOf(show, command.customer))
  if (refusal !== undefined) return refusal
  const { count, categories, together, accessible } = command
  const rules = { orphans: isOrphanRuleOn(show, command.isBoxOffice) }
  const best = bestAvailable(show.seats, { count, categories, together, accessible }, rules)
  if (best.kind === 'none') return refusalOfNone(best, count)
  return (
    refusalOfId(state, command, now) ??
    aboutHold(command.hold, heldOf(show, command, best.seats, now))
  )
}

function refusalOfNone(
  none: { readonly largest: number; readonly isSoldOut: boolean },
  count: number,
): Refusal {
  if (none.isSoldOut) {
    return refused('sold-out', 'No seat is free right now: join the waitlist to get the next ones.')
  }
  const detail = `There are no ${count} seats to be had as you asked, ${none.largest} at most.`
  const advice = 'Ask for fewer, for other categories, or join the waitlist.'
  return { ...refused('no-block', `${detail} ${advice}`), largest: none.largest }
}

function refusalOfStatus(show: Show, now: Instant): Refusal | undefined {
  const status = statusOf(show, now)
  if (status === 'on-sale') return undefined
  const detail = {
    scheduled: 'is not on sale yet',
    closed: 'sells no more',
    cancelled: 'is cancelled',
  }
  return refused('show-not-on-sale', `This show ${detail[status]}: choose another show.`)
}

/** H6: an offer's hold does not count. */
function refusalOfHolds(
  state: ShardState,
  show: Show,
  command: HoldSeats | HoldBest,
  first: number,
): Refusal | undefined {
  if (command.isBoxOffice) return undefined
  const { holds } = state
  const { holdsMax } = show.terms.policy
  if (holdsMax >= show.seats.seatCount) return undefined // every hold has a seat of its own
  let count = 0
  let slot = first
  while (slot >= 0) {
    if (!holds.isOffer(slot)) count += 1
    slot = holds.nextOf(slot)
  }
  if (count < holdsMax) return undefined
  return refused(
    'too-many-holds',
    `You have ${count} holds of this show, ${holdsMax} at most: book or release one first.`,
  )
}

/** D6: ids are random; one that is known is a mistake of whoever made it. */
function refusalOfId(
  state: ShardState,
  command: HoldSeats | HoldBest,
  now: Instant,
): Refusal | undefined {
  const slot = state.holds.find(command.hold)
  if (slot < 0) return undefined
  const isFree = !state.holds.isLive(slot) && isOver(state.holds.endedAtOf(slot), now)
  if (isFree) return undefined
  return refused('conflict', 'This hold id is in use: ask again.')
}

/** The customer's own live hold of exactly these Seats, or -1. H5 */
function ownHoldOf(
  state: ShardState,
  show: Show,
  asking: { readonly command: HoldSeats; readonly now: Instant; readonly first: number },
): number {
  const { holds } = state
  const { seats } = asking.command
  const [first] = seats
  // A seat that is free is in nobody's hold: most requests are answered here, however many one has.
  if (first === undefined || !show.seats.has(first) || show.seats.isFree(first)) return -1
  for (let slot = asking.first; slot >= 0; ) {
    const isRunning = !holds.canExpire(slot) || holds.expiresAtOf(slot) > asking.now
    if (isRunning && hasExactly(state, slot, seats)) return slot
    slot = holds.nextOf(slot)
  }
  return -1
}

function hasExactly({ holds }: ShardState, slot: number, seats: readonly SeatIndex[]): boolean {
  const count = holds.seatCountOf(slot)
  if (count !== seats.length) return false
  for (let index = 0; index < count; index += 1) {
    if (!seats.includes(holds.seatAt(slot, index))) return false
  }
  return true
}

function heldOf(
  show: Show,
  command: HoldSeats | HoldBest,
  seats: readonly SeatIndex[],
  now: Instant,
): SeatsHeld {
  const { hold, customer, key } = command
  const prices = pricesOf(show, seats)
  const expiresAt = (now + show.terms.policy.holdTtlMs) as Instant
  // written out twice: spreading costs more than everything else here
  return key === undefined
    ? { kind: 'seats-held', show: show.number, hold, customer, seats, prices, expiresAt }
    : { kind: 'seats-held', show: show.number, hold, customer, key, seats, prices, expiresAt }
}
