// One Show as its Shard knows it: terms, seats, bookings, and the ends of its chains of holds.
//
// Owns: what belongs to exactly one Show and lives as long as it; lean, because most Shows rest.
// Leaves to others: holds (holds.ts, pooled by the Shard), waiters (waitlist.ts), seats (seat-map.ts).
//
//   S7. Terms come from show-opened and show-changed only; a replay never reads today's rows.

import { assert } from '../../shared/assert.ts'
import { asSequence, type Instant, type Sequence, type ShowNumber } from '../../shared/ids.ts'
import type { ShowTerms } from '../../shared/policy.ts'
import type { SeatingPlan } from '../../shared/seating-plan.ts'
import type { ShowStatus } from '../../shared/views.ts'
import { SeatMap } from './seat-map.ts'
import { SoldSeats } from './sold-seats.ts'
import type { Waitlist } from './waitlist.ts'

export class Show {
  readonly number: ShowNumber
  /** dense, 0-based; names the Show in the Shard's deadlines */
  readonly index: number
  plan: SeatingPlan
  seats: SeatMap
  readonly sold: SoldSeats = new SoldSeats()
  /** shared by Shows with equal terms */
  terms: ShowTerms
  status: 'open' | 'closed' | 'cancelled' = 'open'
  /** counts single published seat changes (F1) */
  version = 0
  /** confirmed Bookings so far; the next BookingNumber is one more */
  bookingCount = 0
  /** a hold or waiter was made: layout and currency are fixed (S7) */
  isFixed = false
  /** created by the first join */
  waitlist: Waitlist | undefined
  /** Seats freed since serving last ended; kept only while a waitlist exists, cleared by execute */
  freed: number[] = []
  /** head of the chain of holds, live and ended, not forgotten; -1 when none (holds.ts) */
  firstHold = -1
  /** how many of them are live */
  liveHoldCount = 0
  /** Sequence of the page this Show was read from: older Transitions are already in it (§5) */
  asOf: Sequence = asSequence(0)

  constructor(facts: {
    readonly number: ShowNumber
    readonly index: number
    readonly plan: SeatingPlan
    readonly terms: ShowTerms
  }) {
    assert(facts.plan.digest === facts.terms.layoutDigest, 'S7: the plan is the one of the terms')
    this.number = facts.number
    this.index = facts.index
    this.plan = facts.plan
    this.terms = facts.terms
    this.seats = new SeatMap(facts.plan)
  }

  /** Before the first hold or waiter a Show may still move to another layout. S7 */
  moveTo(plan: SeatingPlan): void {
    assert(!this.isFixed, 'S7: after the first hold or waiter the layout is fixed')
    this.plan = plan
    this.seats = new SeatMap(plan)
  }
}

/** scheduled and closed also follow from time, should pass-time be late. */
export function statusOf(show: Show, now: Instant): ShowStatus {
  if (show.status !== 'open') return show.status
  if (now >= show.terms.salesCloseAt) return 'closed'
  return now < show.terms.salesOpenAt ? 'scheduled' : 'on-sale'
}
