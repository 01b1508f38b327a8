// One Show as the auditor sees it: who has each seat, which holds live until when, who waits in line.

import type { HoldId } from '../../shared/ids.ts'
import { idTextOf } from '../../shared/ids.ts'
import type { Layout } from '../../shared/layout.ts'
import type { ShowTerms } from '../../shared/policy.ts'
import type {
  BookingCancelled,
  HoldBooked,
  HoldSettling,
  OfferDeclined,
  SeatsHeld,
  SeatsReserved,
  ShowTransition,
  WaiterJoined,
  WaiterOffered,
} from '../../shared/transitions.ts'
import { AuditError, check } from './audit-error.ts'
import { AuditedLine, type AuditedWaiter } from './audited-line.ts'

export type SeatOwner =
  | { readonly kind: 'free' }
  | { readonly kind: 'reserved'; readonly entry: string }
  | { readonly kind: 'held'; readonly hold: string }
  | { readonly kind: 'sold'; readonly booking: string }
  | { readonly kind: 'blocked' }

export interface AuditedHold {
  readonly id: string
  readonly customer: string
  readonly entry: string | undefined
  readonly createdAt: number
  seats: readonly number[]
  prices: readonly number[]
  phase: 'selecting' | 'paying' | 'settling' | 'booked' | 'released' | 'expired'
  expiresAt: number
  extensions: number
  creditMs: number
  booking: string | undefined
}

const FREE: SeatOwner = { kind: 'free' }

export class AuditedShow {
  readonly layout: Layout
  readonly seats: SeatOwner[]
  readonly holds = new Map<string, AuditedHold>()
  readonly line: AuditedLine
  /** booking -> seats still sold under it, and its number */
  readonly bookings = new Map<string, { readonly number: number; readonly seats: Set<number> }>()
  /** seats that became free in this frame and still are */
  readonly fresh = new Set<number>()
  terms: ShowTerms
  status: 'open' | 'closed' | 'cancelled' = 'open'

  constructor(terms: ShowTerms, layout: Layout) {
    this.terms = terms
    this.layout = layout
    this.seats = layout.seats.map(() => FREE)
    this.line = new AuditedLine(this)
  }

  frameBegins(): void {
    this.fresh.clear()
    this.line.frameBegins()
  }

  frameEnds(): void {
    if (this.status === 'open') this.line.checkNobodyStranded()
  }

  credit(creditMs: number): void {
    for (const hold of this.holds.values()) {
      if (hold.phase !== 'selecting' && hold.phase !== 'paying') continue
      hold.expiresAt += creditMs
      hold.creditMs += creditMs
    }
  }

  ownerOf(seat: number): SeatOwner {
    const owner = this.seats[seat]
    check(owner !== undefined, 'S1', `there is no seat ${seat}`)
    return owner
  }

  observe(transition: ShowTransition, time: number): void {
    switch (transition.kind) {
      case 'show-opened':
        return
      case 'show-changed':
        this.terms = transition.terms
        return
      case 'show-cancelled':
        return this.#cancelled()
      case 'sales-closed':
        check(time >= this.terms.salesCloseAt, 'L8', 'sales were closed early')
        return this.#closed()
      case 'seats-blocked':
        return this.#eachOf(transition.ranges, seat => this.#block(seat))
      case 'seats-unblocked':
        return this.#eachOf(transition.ranges, seat => this.#unblock(seat))
      case 'seats-held':
        return this.#held(transition, time)
      case 'waiter-joined':
        return this.#joined(transition)
      case 'waiter-offered':
        return this.#offered(transition, time)
      case 'waiter-left':
        return this.#left(idTextOf(transition.entry))
      case 'offer-declined':
        return this.#declined(transition)
      case 'seats-reserved':
        return this.#reserved(transition)
      case 'barrier-lifted':
        return this.#lifted(idTextOf(transition.entry))
      case 'booking-cancelled':
        return this.#bookingCancelled(transition)
      default:
        return this.#observeHold(transition, time)
    }
  }

  #observeHold(transition: Extract<ShowTransition, { hold: HoldId }>, time: number): void {
    const hold = this.#liveHold(transition.hold)
    const policy = this.terms.policy
    const lifeEnd = hold.createdAt + policy.holdLifeMaxMs + hold.creditMs
    switch (transition.kind) {
      case 'hold-changed': {
        check(hold.phase === 'selecting', 'H2', `seats changed while ${hold.phase}`)
        const isDrop = transition.seats.every(seat => hold.seats.includes(seat))
        check(hold.entry === undefined || isDrop, 'H2', 'an offer may only drop seats')
        this.#free(hold.seats.filter(seat => !transition.seats.includes(seat as never)))
        this.#take(
          transition.seats.filter(seat => !hold.seats.includes(seat)),
          hold.id,
        )
        hold.seats = transition.seats
        hold.prices = transition.prices
        return
      }
      case 'hold-extended':
        hold.extensions += 1
        check(hold.extensions <= policy.extensionsMax, 'H2', 'too many extensions')
        check(transition.expiresAt > hold.expiresAt, 'H2', 'an extension gained nothing')
        check(
          transition.expiresAt === Math.min(hold.expiresAt + policy.holdTtlMs, lifeEnd),
          'H2',
          `extended to ${transition.expiresAt} from ${hold.expiresAt}, life ends ${lifeEnd}`,
        )
        hold.expiresAt = transition.expiresAt
        return
      case 'payment-started':
        check(hold.phase === 'selecting', 'H2', `payment started while ${hold.phase}`)
        check(transition.expiresAt >= hold.expiresAt, 'H2', 'paying shortened a hold')
        hold.phase = 'paying'
        hold.expiresAt = transition.expiresAt
        return
      case 'hold-released':
        check(hold.phase !== 'settling', 'H4', 'a settling hold was released')
        return this.#end(hold, 'released')
      case 'hold-expired':
        check(hold.phase !== 'settling', 'H4', 'a settling hold expired')
        check(time >= hold.expiresAt, 'H3', `expired ${hold.expiresAt - time} ms early`)
        return this.#end(hold, 'expired')
      case 'hold-settling':
        return this.#settling(hold, transition)
      case 'settlement-failed':
        check(hold.phase === 'settling', 'H4', `settlement failed while ${hold.phase}`)
        return this.#end(hold, 'released')
      case 'hold-booked':
        return this.#booked(hold, transition)
      default:
        throw new AuditError(`no rule for ${transition.kind}`)
    }
  }

  #held(transition: SeatsHeld, time: number): void {
    check(this.status === 'open', 'L8', `a hold on a ${this.status} show`)
    check(time >= this.terms.salesOpenAt && time < this.terms.salesCloseAt, 'S7', 'not on sale')
    const policy = this.terms.policy
    check(transition.expiresAt === time + policy.holdTtlMs, 'H2', 'a hold starts with its ttl')
    check(new Set(transition.seats).size === transition.seats.length, 'S2', 'a seat twice')
    this.#open(transition, time, { customer: idTextOf(transition.customer), entry: undefined })
    const mine = [...this.holds.values()].filter(
      hold =>
        hold.customer === idTextOf(transition.customer) &&
        hold.entry === undefined &&
        ['selecting', 'paying', 'settling'].includes(hold.phase),
    )
    check(mine.length <= policy.holdsMax, 'H6', `${mine.length} live holds of one customer`)
  }

  #open(
    transition: SeatsHeld | WaiterOffered,
    time: number,
    owner: { readonly customer: string; readonly entry: string | undefined },
  ): void {
    const id = idTextOf(transition.hold)
    check(!this.holds.has(id), 'D6', 'a hold id was used twice')
    this.#take(transition.seats, id)
    check(transition.prices.length === transition.seats.length, 'S7', 'a price for each seat')
    for (const [position, seat] of transition.seats.entries()) {
      const category = this.layout.seats[seat]?.category
      const index = this.layout.categories.findIndex(item => item.id === category)
      check(transition.prices[position] === this.terms.prices[index], 'S7', 'the price of the show')
    }
    this.holds.set(id, {
      id,
      customer: owner.customer,
      entry: owner.entry,
      createdAt: time,
      seats: transition.seats,
      prices: transition.prices,
      phase: 'selecting',
      expiresAt: transition.expiresAt,
      extensions: 0,
      creditMs: 0,
      booking: undefined,
    })
  }

  #liveHold(id: HoldId): AuditedHold {
    const hold = this.holds.get(idTextOf(id))
    check(hold !== undefined, 'D2', 'a transition of an unknown hold')
    check(!['booked', 'released', 'expired'].includes(hold.phase), 'H8', `hold is ${hold.phase}`)
    return hold
  }

  #take(seats: readonly number[], hold: string): void {
    for (const seat of seats) {
      const owner = this.ownerOf(seat)
      check(owner.kind === 'free', 'S1', `seat ${seat} is ${owner.kind}`)
      this.seats[seat] = { kind: 'held', hold }
      this.fresh.delete(seat)
    }
  }

  #free(seats: readonly number[]): void {
    for (const seat of seats) {
      this.seats[seat] = FREE
      if (this.status !== 'cancelled') this.fresh.add(seat)
    }
  }

  #end(hold: AuditedHold, phase: 'released' | 'expired'): void {
    hold.phase = phase
    this.#free(hold.seats)
    if (hold.entry !== undefined) this.line.end(hold.entry, phase === 'expired' ? 'lapsed' : 'left')
  }

  #settling(hold: AuditedHold, transition: HoldSettling): void {
    check(
      hold.phase === 'selecting' || hold.phase === 'paying',
      'H4',
      `settling while ${hold.phase}`,
    )
    const amount = hold.prices.reduce((sum, price) => sum + price, 0)
    check(
      transition.amount === amount,
      'H9',
      `amount ${transition.amount}, the hold's is ${amount}`,
    )
    check(transition.currency === this.terms.currency, 'H9', 'currency')
    hold.phase = 'settling'
    hold.booking = idTextOf(transition.booking)
  }

  #booked(hold: AuditedHold, transition: HoldBooked): void {
    const booking = idTextOf(transition.booking)
    check(hold.phase === 'settling' && hold.booking === booking, 'P2', 'booked before settling')
    check(transition.bookingNumber === this.bookings.size + 1, 'S1', 'booking numbers count up')
    hold.phase = 'booked'
    for (const seat of hold.seats) this.seats[seat] = { kind: 'sold', booking }
    this.bookings.set(booking, { number: transition.bookingNumber, seats: new Set(hold.seats) })
    if (hold.entry !== undefined) this.line.end(hold.entry, 'served')
  }

  #bookingCancelled(transition: BookingCancelled): void {
    const booking = this.bookings.get(idTextOf(transition.booking))
    check(booking?.number === transition.bookingNumber, 'P7', 'an unknown booking was cancelled')
    for (const seat of transition.seats) {
      check(booking.seats.delete(seat), 'P7', `seat ${seat} is not of this booking`)
    }
    this.#free(transition.seats)
  }

  #joined(transition: WaiterJoined): void {
    check(this.status === 'open', 'L8', 'joined a show that sells no more')
    this.line.join(transition)
  }

  #offered(transition: WaiterOffered, time: number): void {
    const waiter = this.line.waiting(idTextOf(transition.entry))
    check(transition.expiresAt === time + this.terms.policy.holdTtlMs, 'L2', 'a fresh deadline')
    this.line.checkOffer(waiter, transition.seats)
    this.#unreserve(waiter)
    this.#open(transition, time, { customer: waiter.customer, entry: waiter.id })
    waiter.state = 'offered'
    waiter.hold = idTextOf(transition.hold)
  }

  #left(entry: string): void {
    const waiter = this.line.waiting(entry)
    this.#unreserve(waiter)
    this.line.end(entry, 'left')
  }

  #declined(transition: OfferDeclined): void {
    const hold = this.#liveHold(transition.hold)
    check(hold.entry === idTextOf(transition.entry), 'L7', "declined another's offer")
    check(hold.phase === 'selecting', 'L7', `declined while ${hold.phase}`)
    hold.phase = 'released'
    this.#free(hold.seats)
    this.line.decline(hold.entry)
  }

  #reserved(transition: SeatsReserved): void {
    const waiter = this.line.waiting(idTextOf(transition.entry))
    this.#unreserve(waiter)
    for (const seat of transition.seats) {
      const owner = this.ownerOf(seat)
      check(owner.kind === 'free', 'L3', `reserved seat ${seat} is ${owner.kind}`)
      this.seats[seat] = { kind: 'reserved', entry: waiter.id }
      this.fresh.delete(seat)
    }
    waiter.reserved = [...transition.seats]
    this.line.checkBarrier(waiter)
  }

  #lifted(entry: string): void {
    const waiter = this.line.waiting(entry)
    check(!waiter.isLifted, 'L3', 'a barrier was lifted twice')
    waiter.isLifted = true
    this.#unreserve(waiter)
  }

  #unreserve(waiter: AuditedWaiter): void {
    this.#free(waiter.reserved)
    waiter.reserved = []
  }

  #closed(): void {
    this.status = 'closed'
    for (const waiter of this.line.waiters.filter(item => item.state === 'waiting')) {
      this.#left(waiter.id)
    }
  }

  #cancelled(): void {
    this.status = 'cancelled'
    for (const hold of this.holds.values()) {
      if (hold.phase === 'selecting' || hold.phase === 'paying') this.#end(hold, 'released')
    }
    for (const waiter of this.line.waiters.filter(item => item.state === 'waiting')) {
      this.#left(waiter.id)
    }
  }

  #block(seat: number): void {
    const owner = this.ownerOf(seat)
    const isOpen = owner.kind === 'free' || owner.kind === 'reserved' || owner.kind === 'blocked'
    check(isOpen, 'S6', `blocked a ${owner.kind} seat`)
    if (owner.kind === 'reserved') this.line.dropReserved(owner.entry, seat)
    this.seats[seat] = { kind: 'blocked' }
    this.fresh.delete(seat)
  }

  #unblock(seat: number): void {
    if (this.ownerOf(seat).kind === 'blocked') this.#free([seat])
  }

  #eachOf(
    ranges: readonly { readonly start: number; readonly count: number }[],
    visit: (seat: number) => void,
  ): void {
    for (const range of ranges) {
      for (let seat = range.start; seat < range.start + range.count; seat += 1) visit(seat)
    }
  }
}
