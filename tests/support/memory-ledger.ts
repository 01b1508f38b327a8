// What the Ledger would have written, in maps: bookings and reports from Transitions as they happen.

import { answer } from '../../allocator/core/views.ts'
import {
  asInstant,
  type BookingId,
  type CustomerId,
  type HoldId,
  idTextOf,
  parseId,
  type ShowNumber,
  sameId,
  showNumberOf,
} from '../../shared/ids.ts'
import type {
  BookingRecord,
  BookingStore,
  EndedStore,
  ReportStore,
  ShowReport,
} from '../../shared/stores.ts'
import type { Transition } from '../../shared/transitions.ts'
import type { EntryView, HoldView } from '../../shared/views.ts'
import type { CoreLink } from './core-link.ts'

export class MemoryLedger implements BookingStore, EndedStore, ReportStore {
  readonly bookings = new Map<string, BookingRecord>()
  /** what the shard has forgotten and only the Ledger still knows */
  readonly endedHolds = new Map<string, HoldView>()
  readonly #link: CoreLink

  constructor(link: CoreLink) {
    this.#link = link
    link.onTransition = (transition, at) => this.#take(transition, at)
  }

  /** A hold that the shard knows no more, otherwise like one that it still has. */
  keepEnded(text: string, facts: { readonly customer: CustomerId; readonly like: string }): void {
    const id = parseId<HoldId>(text)
    const like = parseId<HoldId>(facts.like)
    if (id === undefined || like === undefined) throw new Error(`${text} is no id`)
    const view = { ...this.#holdView(like, Date.now()), id, customer: facts.customer }
    this.endedHolds.set(text, { ...view, phase: 'expired' })
  }

  async booking(id: BookingId): Promise<BookingRecord | undefined> {
    return this.bookings.get(idTextOf(id))
  }

  async ofCustomer(
    customer: CustomerId,
    page: { readonly before: BookingId | undefined; readonly limit: number },
  ): Promise<readonly BookingRecord[]> {
    const own = [...this.bookings.values()].reverse().filter(row => sameId(row.customer, customer))
    const { before } = page
    const start = before === undefined ? 0 : own.findIndex(row => sameId(row.id, before)) + 1
    return own.slice(start, start + page.limit)
  }

  async hold(id: HoldId): Promise<HoldView | undefined> {
    return this.endedHolds.get(idTextOf(id))
  }

  async entry(): Promise<EntryView | undefined> {
    return undefined
  }

  async report(show: ShowNumber): Promise<ShowReport> {
    const own = [...this.bookings.values()].filter(row => row.show === show)
    const live = own.flatMap(row => row.seats).filter(seat => seat.isLive)
    const amount = live.reduce((sum, seat) => sum + seat.price, 0)
    return {
      bookingCount: own.length,
      cancelledCount: own.filter(row => row.status === 'cancelled').length,
      categories: [{ category: 0, soldCount: live.length, amount }],
    }
  }

  #take(transition: Transition, at: number): void {
    if (transition.kind === 'hold-booked') this.#booked(transition, at)
    if (transition.kind !== 'booking-cancelled') return
    const known = this.bookings.get(idTextOf(transition.booking))
    if (known === undefined) return
    const seats = known.seats.map(seat =>
      transition.seats.includes(seat.seat) ? { ...seat, isLive: false } : seat,
    )
    const status = seats.some(seat => seat.isLive) ? 'partly-cancelled' : 'cancelled'
    this.bookings.set(idTextOf(known.id), { ...known, seats, status })
  }

  #booked(transition: Extract<Transition, { kind: 'hold-booked' }>, at: number): void {
    const { hold: id, booking, bookingNumber } = transition
    const show = showNumberOf(id)
    const hold = this.#holdView(id, at)
    this.bookings.set(idTextOf(booking), {
      id: booking,
      show,
      customer: hold.customer,
      number: bookingNumber,
      status: 'confirmed',
      seats: hold.seats.map((seat, index) => ({
        seat,
        ticketId: `${idTextOf(booking)}-${seat}`,
        price: hold.prices[index] ?? 0,
        isLive: true,
      })),
      createdAtMs: at,
    })
  }

  #holdView(id: HoldId, at: number): HoldView {
    const show = showNumberOf(id)
    const customer = { a: 0, b: 0, c: 0, d: 0 } as CustomerId
    const request = { kind: 'read-hold', show, customer, isBoxOffice: true, hold: id } as const
    const reply = answer(this.#link.state, request, asInstant(at))
    if (reply.kind !== 'hold') throw new Error('the hold is unknown')
    return reply.hold
  }
}
