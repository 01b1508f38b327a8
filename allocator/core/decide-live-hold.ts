// Whether a hold may change, end, be extended or be paid for.
//
// Owns: decisions on change-hold, release-hold, extend-hold and start-payment; finding whose hold it is.
// Leaves to others: new holds (decide-new-hold.ts), money (decide-booking.ts).
//
//   H2. Seats change only while selecting and never move the deadline; an offer's hold only drops
//       Seats. Paying grants payTtlMs once, an extension adds holdTtlMs; both end with the life.
//   H3. A hold whose deadline has come is over for its customer, even before pass-time ends it.
//   H4. A settling hold is past changing, releasing and expiring.

import type { ChangeHold, ExtendHold, ReleaseHold, StartPayment } from '../../shared/commands.ts'
import type { Instant, SeatIndex } from '../../shared/ids.ts'
import { LIMITS } from '../../shared/limits.ts'
import type { Refusal } from '../../shared/refusals.ts'
import {
  conflictsOf,
  isOrphanRuleOn,
  isRefusal,
  pricesOf,
  refusalOfCount,
  refusalOfOrphans,
  refusalOfTaken,
  sortedSeats,
} from './asked-seats.ts'
import { type FoundHold, findHold, NO_HOLD, refusalOfEnd, refusalOfSettling } from './found-hold.ts'
import { aboutHold, type Decision, refused, refusedSeats } from './outcome.ts'
import { statusOf } from './show.ts'
import type { ShardState } from './state.ts'

export function decideChange(state: ShardState, command: ChangeHold, now: Instant): Decision {
  const found = findHold(state, command)
  if (found === undefined) return NO_HOLD
  const { show, slot } = found
  const seats = sortedSeats(show.seats, command.seats)
  const refusal = refusalToChange(state, { found, command, seats, now })
  if (refusal !== undefined || isRefusal(seats)) return refusal ?? NO_HOLD
  const { hold, key } = command
  const prices = keptPrices(state, found, seats)
  const changed = { kind: 'hold-changed' as const, show: show.number, hold, seats, prices }
  return aboutHold(state.holds.idOf(slot), key === undefined ? changed : { ...changed, key })
}

interface Changing {
  readonly found: FoundHold
  readonly command: ChangeHold
  readonly seats: readonly SeatIndex[] | Refusal
  readonly now: Instant
}

/** In order of precedence (D3). */
function refusalToChange(state: ShardState, changing: Changing): Refusal | undefined {
  const { found, command, seats, now } = changing
  const { show, slot } = found
  const status = statusOf(show, now)
  if (status !== 'on-sale') {
    return refused('show-not-on-sale', 'This show is not on sale: its holds keep their seats.')
  }
  if (isRefusal(seats)) return seats
  const isOver = refusalOfEnd(state, found, now)
  const own = state.holds.isLive(slot) ? state.holds.seatsOf(slot) : []
  const isOffer = state.holds.isOffer(slot)
  const checksOrphans =
    !isOffer && isOver === undefined && isOrphanRuleOn(show, command.isBoxOffice)
  return (
    refusalOfCount(show, seats.length, command.isBoxOffice) ??
    refusalOfTaken(show.seats, seats, own) ??
    (checksOrphans ? refusalOfOrphans(show, seats, own) : undefined) ??
    (isOffer ? refusalOfMore(found, seats, state.holds.seatsOf(slot)) : undefined) ??
    isOver ??
    (state.holds.phaseOf(slot) === 'paying'
      ? refused('hold-paying', 'This hold is being paid for: its seats cannot change any more.')
      : undefined) ??
    refusalOfSettling(state, slot)
  )
}

/** H2: an offer's hold only drops Seats; one that has ended still knows what was offered. */
function refusalOfMore(
  { show }: FoundHold,
  seats: readonly SeatIndex[],
  own: readonly SeatIndex[],
): Refusal | undefined {
  const added = seats.filter(seat => !own.includes(seat))
  if (added.length === 0) return undefined
  return refusedSeats(
    'not-offered',
    `Seat ${added.join(', ')} was not offered: an offer's seats can only be dropped.`,
    conflictsOf(show.seats, added),
  )
}

/** S7: a kept Seat keeps the price it was held at. */
function keptPrices(
  state: ShardState,
  { show, slot }: FoundHold,
  seats: readonly SeatIndex[],
): readonly number[] {
  const own = state.holds.seatsOf(slot)
  return pricesOf(show, seats).map((price, position) => {
    const at = own.indexOf(seats[position] as SeatIndex)
    return at < 0 ? price : state.holds.priceAt(slot, at)
  })
}

/** Releasing twice is releasing once; a released or expired hold answers as it is. */
export function decideRelease(state: ShardState, command: ReleaseHold): Decision {
  const found = findHold(state, command)
  if (found === undefined) return NO_HOLD
  const { hold, key } = command
  const phase = state.holds.phaseOf(found.slot)
  if (phase === 'released' || phase === 'expired') return aboutHold(hold)
  if (phase === 'booked') {
    return refused('hold-expired', 'This hold has ended: it is booked. Cancel the booking instead.')
  }
  const settling = refusalOfSettling(state, found.slot)
  if (settling !== undefined) return settling
  const { show } = command
  return key === undefined
    ? aboutHold(hold, { kind: 'hold-released', show, hold })
    : aboutHold(hold, { kind: 'hold-released', show, hold, key })
}

export function decideExtend(state: ShardState, command: ExtendHold, now: Instant): Decision {
  const found = findHold(state, command)
  if (found === undefined) return NO_HOLD
  const { show, slot } = found
  const over = refusalOfEnd(state, found, now) ?? refusalOfSettling(state, slot)
  if (over !== undefined) return over
  const { holdTtlMs, extensionsMax } = show.terms.policy
  const before = state.holds.expiresAtOf(slot)
  const expiresAt = Math.min(before + holdTtlMs, lifeEndOf(state, found)) as Instant
  if (state.holds.extensionsOf(slot) >= extensionsMax || expiresAt <= before) {
    return refused(
      'no-extension-left',
      'This hold cannot be extended any further: book it before it expires.',
    )
  }
  const { hold, key } = command
  const extended = { kind: 'hold-extended' as const, show: show.number, hold, expiresAt }
  return aboutHold(hold, key === undefined ? extended : { ...extended, key })
}

/** A hold that is being paid for already answers as it is. */
export function decideStartPayment(
  state: ShardState,
  command: StartPayment,
  now: Instant,
): Decision {
  const found = findHold(state, command)
  if (found === undefined) return NO_HOLD
  const { show, slot } = found
  const over = refusalOfEnd(state, found, now) ?? refusalOfSettling(state, slot)
  if (over !== undefined) return over
  const { hold, key } = command
  if (state.holds.phaseOf(slot) === 'paying') return aboutHold(hold)
  const before = state.holds.expiresAtOf(slot)
  const lifeEnd = lifeEndOf(state, found)
  if (Math.max(lifeEnd, before) - now < LIMITS.paymentLifeLeftMsMin) {
    return refused(
      'no-extension-left',
      'Less than a minute of this hold is left, too short to pay: release it and hold the seats anew.',
    )
  }
  const granted = Math.min(now + show.terms.policy.payTtlMs, lifeEnd)
  const expiresAt = Math.max(before, granted) as Instant
  const started = { kind: 'payment-started' as const, show: show.number, hold, expiresAt }
  return aboutHold(hold, key === undefined ? started : { ...started, key })
}

/** H2: grants and extensions are cut here; an outage credit may have passed it. */
function lifeEndOf(state: ShardState, { show, slot }: FoundHold): number {
  return state.holds.createdAtOf(slot) + show.terms.policy.holdLifeMaxMs
}
