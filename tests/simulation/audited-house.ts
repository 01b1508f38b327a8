// The house of one Show as the auditor sees it: its hall, its terms, and Seats changing hands.
//
// Owns: rules S1, S6, S7, and whether rule O applies. Leaves to others: holds and waiters (audited-show.ts).

import type { Layout } from '../../shared/layout.ts'
import type { ShowTerms } from '../../shared/policy.ts'
import type { ShowChanged } from '../../shared/transitions.ts'
import { check } from './audit-error.ts'
import type { Moment } from './audited-hold.ts'
import { AuditedSeats, FREE } from './audited-seats.ts'

export class AuditedHouse {
  readonly #layoutOf: (layout: number) => Layout
  layout: Layout
  seats: AuditedSeats
  terms: ShowTerms
  status: 'open' | 'closed' | 'cancelled' = 'open'
  /** a hold or waiter was made (S7) */
  protected isFixed = false

  constructor(terms: ShowTerms, layoutOf: (layout: number) => Layout) {
    this.terms = terms
    this.#layoutOf = layoutOf
    this.layout = layoutOf(terms.layout)
    this.seats = new AuditedSeats(this.layout.seats.length)
  }

  protected termsChanged({ terms }: ShowChanged, { time }: Moment): void {
    if (terms.layout !== this.terms.layout) {
      check(!this.isFixed, 'S7', 'another layout after the first hold or waiter')
      check(this.seats.count('blocked') === 0, 'S7', 'another layout under blocked seats')
      this.layout = this.#layoutOf(terms.layout)
      this.seats = this.seats.movedTo(this.layout.seats.length)
    }
    check(!this.isFixed || terms.currency === this.terms.currency, 'S7', 'another currency')
    this.terms = terms
    if (this.status === 'closed' && terms.salesCloseAt > time) this.status = 'open'
  }

  isFree = (seat: number): boolean => this.seats.ownerOf(seat).kind === 'free'

  isOrphanRuleOn(isBoxOffice: boolean): boolean {
    const { orphans, orphanOffAbovePercentSold } = this.terms.policy
    const sellable = this.layout.seats.length - this.seats.count('blocked')
    const isWaived = this.seats.count('sold') * 100 > orphanOffAbovePercentSold * sellable
    return !isBoxOffice && orphans === 'on' && !isWaived
  }

  protected checkPrice(seat: number, price: number | undefined): void {
    const category = this.layout.seats[seat]?.category
    const index = this.layout.categories.findIndex(item => item.id === category)
    check(price === this.terms.prices[index], 'S7', `seat ${seat} does not cost ${price}`)
  }

  protected take(seats: readonly number[], hold: string): void {
    for (const seat of seats) {
      const owner = this.seats.ownerOf(seat)
      check(owner.kind === 'free', 'S1', `seat ${seat} is ${owner.kind}`)
      this.seats.set(seat, { kind: 'held', hold })
    }
  }

  protected free(seats: readonly number[]): void {
    for (const seat of seats) this.seats.set(seat, FREE)
  }

  protected eachOf(
    ranges: readonly { readonly start: number; readonly count: number }[],
    visit: (seat: number) => void,
  ): void {
    for (const range of ranges) {
      for (let seat = range.start; seat < range.start + range.count; seat += 1) visit(seat)
    }
  }

  protected unblock(seat: number): void {
    if (this.seats.ownerOf(seat).kind === 'blocked') this.free([seat])
  }
}
