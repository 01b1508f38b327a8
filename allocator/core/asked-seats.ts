// Seats as untrusted input names them: known, different, free, and not leaving anybody alone.
//
// Owns: the checks that new holds, changes and blocks share, in the order of their refusals (D3).
// Leaves to others: what an orphan is (orphans.ts), the state of Seats (seat-map.ts).
//
//   S5. Untrusted input meets a Refusal before it meets an assertion.
//   H6. seatsMax bounds a hold but for the box office; 64 Seats bound every hold.

import type { SeatIndex } from '../../shared/ids.ts'
import { LIMITS } from '../../shared/limits.ts'
import { type Conflict, type Refusal, SEAT_STATES } from '../../shared/refusals.ts'
import { newOrphans } from './orphans.ts'
import { refused, refusedSeats } from './outcome.ts'
import type { SeatMap } from './seat-map.ts'
import type { Show } from './show.ts'

const CONFLICTS_MAX = 64
const NO_SEATS: readonly SeatIndex[] = Object.freeze([])

/** The Seats ascending, or why they are none of this hall or named twice. */
export function sortedSeats(
  seats: SeatMap,
  asked: readonly SeatIndex[],
): readonly SeatIndex[] | Refusal {
  if (asked.length === 0) return refused('seat-unknown', 'Name at least one seat.')
  let isSorted = true
  for (let at = 0; at < asked.length; at += 1) {
    const seat = asked[at] as SeatIndex
    if (!seats.has(seat)) {
      return refused(
        'seat-unknown',
        `There is no seat ${String(seat)} in this hall: seats count from 0 to ${seats.seatCount - 1}.`,
      )
    }
    if (at > 0 && (asked[at - 1] as SeatIndex) >= seat) isSorted = false
  }
  if (isSorted) return asked
  const sorted = [...asked].sort((left, right) => left - right)
  const repeated = sorted.find((seat, at) => seat === sorted[at - 1])
  if (repeated === undefined) return sorted
  return refused('seat-repeated', `Seat ${repeated} is named more than once: name each seat once.`)
}

export function isRefusal(found: readonly SeatIndex[] | Refusal): found is Refusal {
  return 'kind' in found
}

/** H6 */
export function refusalOfCount(
  show: Show,
  count: number,
  isBoxOffice: boolean,
): Refusal | undefined {
  const hard = LIMITS.seatsPerHoldMax
  const most = isBoxOffice ? hard : Math.min(show.terms.policy.seatsMax, hard)
  if (count <= most) return undefined
  return refused('too-many-seats', `A hold of this show has at most ${most} seats: ask for fewer.`)
}

/** `own` are the hold's Seats on a change: they count as free. */
export function refusalOfTaken(
  seats: SeatMap,
  asked: readonly SeatIndex[],
  own: readonly SeatIndex[] = NO_SEATS,
): Refusal | undefined {
  for (const seat of asked) {
    if (!seats.isFree(seat) && !own.includes(seat)) return taken(seats, asked, own)
  }
  return undefined
}

function taken(seats: SeatMap, asked: readonly SeatIndex[], own: readonly SeatIndex[]): Refusal {
  const gone = asked.filter(seat => !seats.isFree(seat) && !own.includes(seat))
  return refusedSeats(
    'seat-taken',
    `${seatsInWords(gone)} taken: choose other seats.`,
    conflictsOf(seats, gone),
  )
}

export function conflictsOf(seats: SeatMap, gone: readonly SeatIndex[]): readonly Conflict[] {
  return gone
    .slice(0, CONFLICTS_MAX)
    .map(seat => ({ seat, state: SEAT_STATES[seats.stateOf(seat)] }))
}

function seatsInWords(seats: readonly SeatIndex[]): string {
  return seats.length === 1 ? `Seat ${seats[0]} is` : `Seats ${seats.slice(0, 10).join(', ')} are`
}

/** O: the policy is on, not waived by what is sold, and the caller is no box office (H6). */
export function isOrphanRuleOn(show: Show, isBoxOffice: boolean): boolean {
  const { orphans, orphanOffAbovePercentSold } = show.terms.policy
  if (isBoxOffice || orphans === 'off') return false
  const sellable = show.seats.seatCount - show.seats.blockedCount
  return show.seats.soldCount * 100 <= orphanOffAbovePercentSold * sellable
}

export function refusalOfOrphans(
  show: Show,
  asked: readonly SeatIndex[],
  own: readonly SeatIndex[] = NO_SEATS,
): Refusal | undefined {
  const orphans = newOrphans(show.seats, asked, own)
  if (orphans.length === 0) return undefined
  return refusedSeats(
    'leaves-orphan',
    `This would leave seat ${orphans.slice(0, 10).join(', ')} alone: take it too, or move over by one.`,
    orphans.slice(0, CONFLICTS_MAX).map(seat => ({ seat, state: 'free' })),
  )
}

/** S7: today's prices, by position in `seats`. */
export function pricesOf(show: Show, seats: readonly SeatIndex[]): number[] {
  const { prices } = show.terms
  const { categoryOf } = show.plan
  const found = new Array<number>(seats.length) // pushing would reserve room for seventeen
  for (let at = 0; at < seats.length; at += 1) {
    found[at] = prices[categoryOf[seats[at] as SeatIndex] as number] as number
  }
  return found
}
