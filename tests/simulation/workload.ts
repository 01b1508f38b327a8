// What the people of a simulated world ask: a few customers, few seats, so that everything collides.
//
// Owns: the commands and their ids. Leaves to others: when they happen (world.ts), what came of them.

import type { BookHold, CategorySet, CommandKey, Request } from '../../shared/commands.ts'
import {
  asSeatIndexes,
  asShowNumber,
  type BookingId,
  type CommandId,
  type CustomerId,
  type EntryId,
  type HoldId,
  idFromText,
  idOf,
  type SeatIndex,
  type ShowNumber,
  sameId,
} from '../../shared/ids.ts'
import type { Layout } from '../../shared/layout.ts'
import type { ShowTerms } from '../../shared/policy.ts'
import type { HoldView, Reply } from '../../shared/views.ts'
import { Knowledge, type KnownBooking, type KnownHold, knownOf } from './knowledge.ts'
import type { Random } from './random.ts'

const WEIGHTS = {
  seats: 22,
  best: 14,
  change: 6,
  release: 10,
  extend: 4,
  pay: 5,
  settle: 4,
  fail: 2,
  book: 8,
  cancelBooking: 4,
  join: 16,
  leave: 4,
  decline: 6,
  block: 2,
  unblock: 2,
  readHold: 3,
  readEntry: 3,
  readCustomer: 3,
  readShow: 3,
  openShow: 0.3,
  changeShow: 1,
  cancelShow: 0.12,
} as const

type OfHold = 'change' | 'release' | 'extend' | 'pay' | 'settle' | 'fail' | 'book'
type RareKind = Exclude<keyof typeof WEIGHTS, 'seats' | 'best' | 'join' | OfHold>

export interface WorkloadOptions {
  readonly random: Random
  readonly shows: readonly number[]
  readonly layout: Layout
  readonly currency: string
  /** what a Show may be sold under, at this time */
  readonly termsOf: (show: ShowNumber) => ShowTerms
}

export class Workload {
  readonly #random: Random
  readonly #shows: readonly ShowNumber[]
  readonly #layout: Layout
  readonly #currency: string
  readonly #customers: readonly CustomerId[]
  readonly #known = new Map<ShowNumber, Knowledge>()
  readonly #termsOf: (show: ShowNumber) => ShowTerms
  #keys = 0

  constructor(options: WorkloadOptions) {
    this.#random = options.random
    this.#shows = options.shows.map(asShowNumber)
    this.#layout = options.layout
    this.#currency = options.currency
    this.#termsOf = options.termsOf
    const count = options.random.between(3, 9)
    this.#customers = Array.from({ length: count }, (_, index) => idFromText(`customer ${index}`))
    for (const show of this.#shows) this.#known.set(show, new Knowledge())
  }

  /**
   * The same wish with the same key, as a gateway makes it of a repeat: with new ids, but for the
   * Cashier's, whose booking stands in its own rows (D5).
   */
  again(request: Request): Request {
    switch (request.kind) {
      case 'hold-seats':
      case 'hold-best':
        return { ...request, hold: this.#id(request.show) }
      case 'join-waitlist':
        return { ...request, entry: this.#id(request.show) }
      case 'book-hold':
        return this.#isSettling(request) ? request : { ...request, booking: this.#id(request.show) }
      default:
        return request
    }
  }

  /** The same key with another body; undefined for what has no key. */
  otherBody(request: Request): Request | undefined {
    if (!('key' in request) || request.key === undefined) return undefined
    return this.again({ ...request, key: { ...request.key, bodyLow: request.key.bodyLow ^ 1 } })
  }

  /** What the house does with a hold that is settling at the end of the day. */
  cashierOf(show: ShowNumber, hold: KnownHold): Request {
    const asked = { show, customer: hold.customer, isBoxOffice: false, hold: hold.id }
    const { booking } = hold
    if (booking === undefined || this.#random.chance(0.4)) {
      return { ...asked, kind: 'fail-settlement' }
    }
    return { ...asked, kind: 'book-hold', booking }
  }

  #isSettling({ show, booking }: BookHold): boolean {
    const holds = this.#known.get(show)?.holds ?? []
    return holds.some(hold => hold.booking !== undefined && sameId(hold.booking, booking))
  }

  /** Clients learn from what they hear. */
  heard(request: Request, reply: Reply): void {
    const known = this.#known.get(request.show)
    if (known === undefined) return
    if (reply.kind === 'hold') known.learnHold(knownOf(reply.hold))
    if (reply.kind === 'entry') {
      const { id, customer, hold } = reply.entry
      known.learnEntry({ id, customer })
      if (hold !== undefined) known.learnHold(knownOf(hold))
    }
  }

  /** Personal news, and what a customer reads. */
  heardOf(hold: HoldView): void {
    this.#known.get(hold.show)?.learnHold(knownOf(hold))
  }

  /** The ledger's news: who can cancel what. */
  booked(show: ShowNumber, booking: KnownBooking): void {
    this.#known.get(show)?.bookings.push(booking)
  }

  /** A new command. */
  next(): Request {
    const show = this.#random.pick(this.#shows) as ShowNumber
    const customer = this.#random.pick(this.#customers) as CustomerId
    const asked = { show, customer, isBoxOffice: this.#random.chance(0.04), key: this.#key() }
    const hold = this.#pickHold(show)
    const ofHold = {
      ...asked,
      customer: hold === undefined || this.#random.chance(0.05) ? customer : hold.customer,
      hold: hold?.id ?? this.#id<HoldId>(show),
    }
    const kind = this.#nextOf(hold)
    switch (kind) {
      case 'seats':
        return { ...asked, kind: 'hold-seats', hold: this.#id(show), seats: this.#seats() }
      case 'best':
        return {
          ...asked,
          ...this.#together(),
          kind: 'hold-best',
          hold: this.#id(show),
          count: this.#random.between(1, 5),
          categories: this.#categories(),
          accessible: this.#random.chance(0.08),
        }
      case 'change':
        return { ...ofHold, kind: 'change-hold', seats: this.#changed(hold) }
      case 'release':
        return { ...ofHold, kind: 'release-hold' }
      case 'extend':
        return { ...ofHold, kind: 'extend-hold' }
      case 'pay':
        return { ...ofHold, kind: 'start-payment' }
      case 'settle':
        return {
          ...ofHold,
          kind: 'settle-hold',
          booking: this.#id(show),
          intent: 'pi_1',
          amount: (hold?.amount ?? 0) + (this.#random.chance(0.1) ? 1 : 0),
          currency: this.#currency,
        }
      case 'fail':
        return { ...ofHold, kind: 'fail-settlement' }
      case 'book':
        return {
          ...ofHold,
          isBoxOffice: this.#random.chance(0.7),
          kind: 'book-hold',
          booking: hold?.booking ?? this.#id(show),
        }
      case 'join':
        return this.#join(asked)
      default:
        return this.#makeRare(kind, asked)
    }
  }

  /** Mostly one of the last that were heard of: the others have often ended. */
  #pickHold(show: ShowNumber): KnownHold | undefined {
    const holds = this.#known.get(show)?.holds ?? []
    return this.#random.pick(this.#random.chance(0.7) ? holds.slice(-4) : holds)
  }

  /** Who pays goes on to the end more often than not. */
  #nextOf(hold: KnownHold | undefined): keyof typeof WEIGHTS {
    if (hold?.phase === 'paying' && this.#random.chance(0.2)) return 'settle'
    if (hold?.phase === 'settling' && this.#random.chance(0.2)) {
      return this.#random.chance(0.6) ? 'book' : 'fail'
    }
    return this.#random.weighted(WEIGHTS)
  }

  #makeRare(
    kind: RareKind,
    asked: { show: ShowNumber; customer: CustomerId; isBoxOffice: boolean; key: CommandKey },
  ): Request {
    const { show } = asked
    const known = this.#known.get(show)
    const entry = this.#random.pick(known?.entries ?? [])
    const ofEntry = { ...asked, customer: entry?.customer ?? asked.customer }
    switch (kind) {
      case 'leave':
        return { ...ofEntry, kind: 'leave-waitlist', entry: entry?.id ?? this.#id(show) }
      case 'decline':
        return { ...ofEntry, kind: 'decline-offer', entry: entry?.id ?? this.#id(show) }
      case 'block':
        return { kind: 'block-seats', show, seats: this.#seats(), reason: 'camera' }
      case 'unblock':
        return { kind: 'unblock-seats', show, seats: this.#seats(), reason: 'camera is gone' }
      case 'cancelBooking':
        return this.#cancelBooking(asked)
      case 'openShow':
        return { kind: 'open-show', show, terms: this.#termsOf(show) }
      case 'changeShow':
        return { kind: 'change-show', show, terms: this.#termsOf(show) }
      case 'cancelShow':
        return { kind: 'cancel-show', show }
      default:
        return this.#makeQuery(kind, asked)
    }
  }

  #makeQuery(
    kind: 'readHold' | 'readEntry' | 'readCustomer' | 'readShow',
    { show, customer: somebody }: { show: ShowNumber; customer: CustomerId },
  ): Request {
    const known = this.#known.get(show)
    const hold = this.#random.pick(known?.holds ?? [])
    const entry = this.#random.pick(known?.entries ?? [])
    const isBoxOffice = this.#random.chance(0.2)
    const customer = this.#random.chance(0.1) ? somebody : ((hold ?? entry)?.customer ?? somebody)
    switch (kind) {
      case 'readHold':
        return { kind: 'read-hold', show, customer, isBoxOffice, hold: hold?.id ?? this.#id(show) }
      case 'readEntry': {
        const own = entry?.customer ?? somebody
        const id = entry?.id ?? this.#id<EntryId>(show)
        return { kind: 'read-entry', show, customer: own, isBoxOffice, entry: id }
      }
      case 'readCustomer':
        return { kind: 'read-customer', show, customer }
      default:
        return { kind: 'read-show', show }
    }
  }

  #join(asked: {
    show: ShowNumber
    customer: CustomerId
    isBoxOffice: boolean
    key: CommandKey
  }): Request {
    const party = this.#random.between(1, 5)
    return {
      ...asked,
      kind: 'join-waitlist',
      entry: this.#id(asked.show),
      party,
      minParty: this.#random.chance(0.6) ? party : this.#random.between(1, party),
      categories: this.#categories(),
      together: this.#random.chance(0.7),
      accessible: this.#random.chance(0.08),
    }
  }

  #cancelBooking(asked: {
    show: ShowNumber
    customer: CustomerId
    isBoxOffice: boolean
    key: CommandKey
  }): Request {
    const booking = this.#random.pick(this.#known.get(asked.show)?.bookings ?? [])
    if (booking === undefined) return { kind: 'read-show', show: asked.show }
    const isAll = this.#random.chance(0.6)
    const seats = isAll ? booking.seats : booking.seats.slice(0, 1)
    return {
      ...asked,
      customer: booking.customer,
      kind: 'cancel-booking',
      booking: booking.id,
      bookingNumber: booking.number,
      seats,
      cause: 'customer',
    }
  }

  #together(): { readonly together?: boolean } {
    return this.#random.chance(0.5) ? {} : { together: this.#random.chance(0.5) }
  }

  #categories(): CategorySet {
    if (this.#random.chance(0.6)) return 0
    return this.#random.between(1, 2 ** this.#layout.categories.length - 1)
  }

  /** Mostly neighbours, now and then anything, also what does not exist. */
  #seats(): readonly SeatIndex[] {
    const count = this.#random.between(1, 4)
    const total = this.#layout.seats.length
    if (this.#random.chance(0.03)) return asSeatIndexes([total + this.#random.below(3)])
    const start = this.#random.below(total)
    if (this.#random.chance(0.85)) {
      const run = Array.from({ length: count }, (_, offset) => start + offset)
      return asSeatIndexes(run.filter(seat => seat < total))
    }
    return asSeatIndexes(Array.from({ length: count }, () => this.#random.below(total)))
  }

  #changed(hold: KnownHold | undefined): readonly SeatIndex[] {
    if (hold === undefined || this.#random.chance(0.5)) return this.#seats()
    return this.#random.chance(0.5) ? hold.seats.slice(0, 1) : [...hold.seats, ...this.#seats()]
  }

  #id<Kind extends HoldId | EntryId | BookingId>(show: ShowNumber): Kind {
    return idOf<Kind>(show, this.#random.lane(), this.#random.lane(), this.#random.lane())
  }

  #key(): CommandKey {
    this.#keys += 1
    const id = idFromText<CommandId>(`command ${this.#keys}`)
    return { id, bodyHigh: id.b, bodyLow: id.c }
  }
}
