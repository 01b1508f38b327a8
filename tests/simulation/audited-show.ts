// One Show as the auditor sees it: who has each seat, which holds live until when, who waits in line.
//
// Owns: rules S, L7, L8, D6, and what a frame did to the Show: its version and every owner of a Seat.
// Leaves to others: deadlines (audited-hold.ts), the line (audited-line.ts), rules O and B
// (slow-rules.ts).

import type { Request } from '../../shared/commands.ts'
import type { HoldId } from '../../shared/ids.ts'
import { idTextOf } from '../../shared/ids.ts'
import type { Layout } from '../../shared/layout.ts'
import type { ShowTerms } from '../../shared/policy.ts'
import type {
  BookingCancelled,
  HoldBooked,
  HoldChanged,
  OfferDeclined,
  SeatsHeld,
  SeatsReserved,
  ShowTransition,
  WaiterJoined,
  WaiterOffered,
} from '../../shared/transitions.ts'
import { AuditError, check } from './audit-error.ts'
import { AuditedHold, type Moment } from './audited-hold.ts'
import { AuditedHouse } from './audited-house.ts'
import { AuditedLine, type AuditedWaiter } from './audited-line.ts'
import { checkBest, leavesOrphan, sameSeats } from './slow-rules.ts'

export interface Surroundings {
  readonly layoutOf: (layout: number) => Layout
  /** the request that made this hold, where it is known */
  readonly askOf: (hold: string) => Request | undefined
}

const ID_AGAIN_AFTER_MS = 120_000

export class AuditedShow extends AuditedHouse {
  readonly holds = new Map<string, AuditedHold>()
  readonly line: AuditedLine
  /** booking -> seats still sold under it, and its number */
  readonly bookings = new Map<string, { readonly number: number; readonly seats: Set<number> }>()
  /** holds and entries that changed in this frame */
  readonly changed = new Set<string>()
  readonly #askOf: Surroundings['askOf']
  /** its terms or status changed in this frame */
  hasMoved = true

  constructor(terms: ShowTerms, around: Surroundings) {
    super(terms, around.layoutOf)
    this.#askOf = around.askOf
    this.line = new AuditedLine(this)
  }

  frameBegins(): void {
    this.seats.frameBegins()
    this.line.frameBegins()
    this.changed.clear()
    this.hasMoved = false
  }

  frameEnds(frame: number): void {
    this.seats.frameEnds(frame)
    if (this.status === 'open') this.line.checkNobodyStranded()
  }

  credit(creditMs: number, moment: Moment): void {
    for (const hold of this.holds.values()) hold.credit(creditMs, moment)
  }

  liveHoldsOf(customer: string): AuditedHold[] {
    return [...this.holds.values()].filter(
      hold => hold.customer === customer && hold.entry === undefined && hold.isLive,
    )
  }

  observe(transition: ShowTransition, moment: Moment): void {
    this.#observe(transition, moment)
    this.seats.transitionEnds()
    if ('hold' in transition) this.changed.add(idTextOf(transition.hold))
    const isUnseen = transition.kind === 'seats-reserved' || transition.kind === 'barrier-lifted'
    if ('entry' in transition && !isUnseen) this.changed.add(idTextOf(transition.entry))
  }

  #observe(transition: ShowTransition, moment: Moment): void {
    this.hasMoved ||= transition.kind.startsWith('s') && !transition.kind.startsWith('seats')
    switch (transition.kind) {
      case 'show-opened':
        return
      case 'show-changed':
        return this.termsChanged(transition, moment)
      case 'show-cancelled':
        return this.#cancelled(moment)
      case 'sales-closed':
        check(this.status === 'open', 'L8', 'sales were closed twice')
        check(moment.time >= this.terms.salesCloseAt, 'L8', 'sales were closed early')
        this.status = 'closed'
        return this.#endWaiting(moment)
      case 'seats-blocked':
        return this.eachOf(transition.ranges, seat => this.#block(seat))
      case 'seats-unblocked':
        return this.eachOf(transition.ranges, seat => this.unblock(seat))
      case 'seats-held':
        return this.#held(transition, moment)
      case 'waiter-joined':
        return this.#joined(transition, moment)
      case 'waiter-offered':
        return this.#offered(transition, moment)
      case 'waiter-left':
        return this.#left(this.line.waiting(idTextOf(transition.entry)), moment)
      case 'offer-declined':
        return this.#declined(transition, moment)
      case 'seats-reserved':
        return this.#reserved(transition)
      case 'barrier-lifted':
        return this.#lifted(idTextOf(transition.entry))
      case 'booking-cancelled':
        return this.#bookingCancelled(transition)
      default:
        this.#observeHold(transition, moment)
        this.holds.get(idTextOf(transition.hold))?.note(moment)
    }
  }

  #observeHold(transition: Extract<ShowTransition, { hold: HoldId }>, moment: Moment): void {
    const hold = this.#liveHold(transition.hold)
    const { policy, currency } = this.terms
    switch (transition.kind) {
      case 'hold-changed':
        return this.#holdChanged(hold, transition, moment)
      case 'hold-extended':
        return hold.extend(transition, policy, moment)
      case 'payment-started':
        return hold.pay(transition, policy, moment)
      case 'hold-released':
        check(hold.phase !== 'settling', 'H4', 'a settling hold was released')
        return this.#end(hold, 'released', moment)
      case 'hold-expired':
        hold.expire(moment)
        return this.#end(hold, 'expired', moment)
      case 'hold-settling':
        hold.settle(transition, currency, moment)
        hold.booking = idTextOf(transition.booking)
        return
      case 'settlement-failed':
        check(hold.phase === 'settling', 'H4', `settlement failed while ${hold.phase}`)
        return this.#end(hold, 'released', moment)
      case 'hold-booked':
        return this.#booked(hold, transition, moment)
      default:
        throw new AuditError(`no rule for ${transition.kind}`)
    }
  }

  #held(transition: SeatsHeld, moment: Moment): void {
    const { policy, salesOpenAt, salesCloseAt } = this.terms
    const { time } = moment
    check(this.status === 'open', 'L8', `a hold on a ${this.status} show`)
    check(time >= salesOpenAt && time < salesCloseAt, 'S7', 'not on sale')
    check(transition.expiresAt === time + policy.holdTtlMs, 'H2', 'a hold starts with its ttl')
    const customer = idTextOf(transition.customer)
    this.#checkAsk(transition, customer)
    this.#open(transition, moment, { customer, entry: undefined })
  }

  /** H6, O and B, as far as it is known what was asked. */
  #checkAsk(transition: SeatsHeld, customer: string): void {
    const ask = this.#askOf(idTextOf(transition.hold))
    const isBoxOffice = ask !== undefined && 'isBoxOffice' in ask && ask.isBoxOffice
    const { policy } = this.terms
    const mine = this.liveHoldsOf(customer).length
    check(isBoxOffice || mine < policy.holdsMax, 'H6', `${mine + 1} live holds of one customer`)
    const count = transition.seats.length
    check(isBoxOffice || count <= policy.seatsMax, 'H6', `${count} seats in a hold`)
    const isOrphanRuleOn = this.isOrphanRuleOn(isBoxOffice)
    if (ask?.kind === 'hold-best') {
      checkBest(this, ask, { seats: transition.seats, isOrphanRuleOn })
      return
    }
    if (ask === undefined) return
    check(ask.kind === 'hold-seats', 'D5', `${ask.kind} made a hold`)
    const isAsked = sameSeats(ask.seats, transition.seats)
    check(isAsked, 'H1', `got ${transition.seats.join(' ')}, asked for ${ask.seats.join(' ')}`)
    const isOrphan = isOrphanRuleOn && leavesOrphan(this, transition.seats)
    check(!isOrphan, 'O1', `seats ${transition.seats.join(' ')} leave an orphan`)
  }

  #open(
    transition: SeatsHeld | WaiterOffered,
    moment: Moment,
    owner: { readonly customer: string; readonly entry: string | undefined },
  ): void {
    const id = idTextOf(transition.hold)
    const before = this.holds.get(id)
    const endedAt = before === undefined ? Number.NEGATIVE_INFINITY : before.endedAt
    const isOver = endedAt !== undefined && moment.time - endedAt >= ID_AGAIN_AFTER_MS
    check(isOver, 'D6', 'a hold id came again too soon')
    const { seats, prices, expiresAt } = transition
    check(seats.length > 0 && new Set(seats).size === seats.length, 'S2', 'a seat twice')
    this.take(seats, id)
    check(prices.length === seats.length, 'S7', 'a price for each seat')
    for (const [position, seat] of seats.entries()) this.checkPrice(seat, prices[position])
    this.holds.set(id, new AuditedHold({ id, ...owner, seats, prices, expiresAt }, moment))
    this.isFixed = true
  }

  #liveHold(id: HoldId): AuditedHold {
    const hold = this.holds.get(idTextOf(id))
    check(hold !== undefined, 'D2', 'a transition of an unknown hold')
    check(hold.isLive, 'H8', `hold is ${hold.phase}`)
    return hold
  }

  #holdChanged(hold: AuditedHold, { seats, prices }: HoldChanged, { time }: Moment): void {
    check(hold.phase === 'selecting', 'H2', `seats changed while ${hold.phase}`)
    check(time < hold.expiresAt, 'H3', 'seats changed after the deadline')
    check(seats.length > 0 && new Set(seats).size === seats.length, 'S2', 'a seat twice')
    const added = seats.filter(seat => !hold.seats.includes(seat))
    check(hold.entry === undefined || added.length === 0, 'H2', 'an offer may only drop seats')
    for (const [position, seat] of seats.entries()) {
      const at = hold.seats.indexOf(seat)
      if (at < 0) this.checkPrice(seat, prices[position])
      else check(prices[position] === hold.prices[at], 'S7', `the price of seat ${seat} moved`)
    }
    this.free(hold.seats.filter(seat => !seats.includes(seat as never)))
    this.take(added, hold.id)
    hold.seats = seats
    hold.prices = prices
  }

  #end(hold: AuditedHold, phase: 'released' | 'expired', moment: Moment): void {
    hold.phase = phase
    hold.endedAt = moment.time
    this.free(hold.seats)
    if (hold.entry === undefined) return
    this.#endEntry(hold.entry, phase === 'expired' ? 'lapsed' : 'left', moment)
  }

  #endEntry(entry: string, state: 'served' | 'lapsed' | 'left', moment: Moment): void {
    this.line.end(entry, state, moment)
    this.changed.add(entry)
  }

  #booked(hold: AuditedHold, transition: HoldBooked, moment: Moment): void {
    const booking = idTextOf(transition.booking)
    check(hold.phase === 'settling' && hold.booking === booking, 'P2', 'booked before settling')
    check(!this.bookings.has(booking), 'P2', 'a booking was made twice')
    check(transition.bookingNumber === this.bookings.size + 1, 'S1', 'booking numbers count up')
    hold.phase = 'booked'
    hold.endedAt = moment.time
    for (const seat of hold.seats) this.seats.set(seat, { kind: 'sold', booking })
    this.bookings.set(booking, { number: transition.bookingNumber, seats: new Set(hold.seats) })
    if (hold.entry !== undefined) this.#endEntry(hold.entry, 'served', moment)
  }

  #bookingCancelled(transition: BookingCancelled): void {
    const booking = this.bookings.get(idTextOf(transition.booking))
    check(booking?.number === transition.bookingNumber, 'P7', 'an unknown booking was cancelled')
    for (const seat of transition.seats) {
      check(booking.seats.delete(seat), 'P7', `seat ${seat} is not of this booking`)
    }
    this.free(transition.seats)
  }

  #joined(transition: WaiterJoined, moment: Moment): void {
    check(this.status === 'open', 'L8', 'joined a show that sells no more')
    check(moment.time < this.terms.salesCloseAt, 'L8', 'joined after the end of sales')
    this.line.join(transition, moment)
    this.isFixed = true
  }

  #offered(transition: WaiterOffered, moment: Moment): void {
    const waiter = this.line.waiting(idTextOf(transition.entry))
    check(this.status === 'open', 'L8', `an offer of a ${this.status} show`)
    const due = moment.time + this.terms.policy.holdTtlMs
    check(transition.expiresAt === due, 'L2', 'a fresh deadline')
    this.line.checkOffer(waiter, transition.seats)
    this.#unreserve(waiter)
    this.#open(transition, moment, { customer: waiter.customer, entry: waiter.id })
    this.line.offer(waiter, idTextOf(transition.hold), moment)
  }

  #left(waiter: AuditedWaiter, moment: Moment): void {
    this.#unreserve(waiter)
    this.#endEntry(waiter.id, 'left', moment)
  }

  #declined(transition: OfferDeclined, moment: Moment): void {
    const hold = this.#liveHold(transition.hold)
    check(hold.entry === idTextOf(transition.entry), 'L7', "declined another's offer")
    check(hold.phase === 'selecting', 'L7', `declined while ${hold.phase}`)
    check(moment.time < hold.expiresAt, 'H3', 'declined after the deadline')
    hold.phase = 'released'
    hold.endedAt = moment.time
    hold.note(moment)
    this.free(hold.seats)
    this.line.decline(hold.entry, moment)
  }

  #reserved(transition: SeatsReserved): void {
    const waiter = this.line.waiting(idTextOf(transition.entry))
    this.#unreserve(waiter)
    for (const seat of transition.seats) {
      const owner = this.seats.ownerOf(seat)
      check(owner.kind === 'free', 'L3', `reserved seat ${seat} is ${owner.kind}`)
      this.seats.set(seat, { kind: 'reserved', entry: waiter.id })
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
    this.free(waiter.reserved)
    waiter.reserved = []
  }

  #endWaiting(moment: Moment): void {
    for (const waiter of this.line.waiters) {
      if (waiter.state === 'waiting') this.#left(waiter, moment)
    }
  }

  #cancelled(moment: Moment): void {
    this.status = 'cancelled'
    for (const hold of this.holds.values()) {
      if (!hold.canExpire) continue
      this.#end(hold, 'released', moment)
      hold.note(moment)
      this.changed.add(hold.id)
    }
    this.#endWaiting(moment)
  }

  #block(seat: number): void {
    const owner = this.seats.ownerOf(seat)
    const isOpen = owner.kind === 'free' || owner.kind === 'reserved' || owner.kind === 'blocked'
    check(isOpen, 'S6', `blocked a ${owner.kind} seat`)
    if (owner.kind === 'reserved') this.line.dropReserved(owner.entry, seat)
    this.seats.set(seat, { kind: 'blocked' })
  }
}
