// What the people of a simulated world ask: a few customers, few seats, so that everything collides.
//
// Owns: the commands and their ids. Leaves to others: when they happen (world.ts), what came of them.

import type { CategorySet, CommandKey, Request } from '../../shared/commands.ts'
import {
  asSeatIndexes,
  asShowNumber,
  type BookingId,
  type BookingNumber,
  type CommandId,
  type CustomerId,
  type EntryId,
  type HoldId,
  idFromText,
  idOf,
  type SeatIndex,
  type ShowNumber,
} from '../../shared/ids.ts'
import type { Layout } from '../../shared/layout.ts'
import type { Reply } from '../../shared/views.ts'
import type { Random } from './random.ts'

export interface KnownHold {
  readonly id: HoldId
  readonly customer: CustomerId
  readonly seats: readonly SeatIndex[]
  readonly amount: number
}

export interface KnownBooking {
  readonly id: BookingId
  readonly number: BookingNumber
  readonly customer: CustomerId
  readonly seats: readonly SeatIndex[]
}

/** What clients have learned from answers; they may know old and wrong things, as clients do. */
class Knowledge {
  readonly holds: KnownHold[] = []
  readonly entries: { readonly id: EntryId; readonly customer: CustomerId }[] = []
  readonly bookings: KnownBooking[] = []
}

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
  read: 6,
  changeShow: 0.5,
  cancelShow: 0.15,
} as const

export interface WorkloadOptions {
  readonly random: Random
  readonly shows: readonly number[]
  readonly layout: Layout
  readonly currency: string
}

export class Workload {
  readonly #random: Random
  readonly #shows: readonly ShowNumber[]
  readonly #layout: Layout
  readonly #currency: string
  readonly #customers: readonly CustomerId[]
  readonly #known = new Map<ShowNumber, Knowledge>()
  readonly #sent: Request[] = []
  #keys = 0

  constructor(options: WorkloadOptions) {
    this.#random = options.random
    this.#shows = options.shows.map(asShowNumber)
    this.#layout = options.layout
    this.#currency = options.currency
    const count = options.random.between(3, 9)
    this.#customers = Array.from({ length: count }, (_, index) => idFromText(`customer ${index}`))
    for (const show of this.#shows) this.#known.set(show, new Knowledge())
  }

  /** A new command, or now and then one that was sent before, to the letter (D5). */
  next(): Request {
    if (this.#sent.length > 0 && this.#random.chance(0.08)) {
      return this.#random.pick(this.#sent.slice(-20)) as Request
    }
    const request = this.#make()
    this.#sent.push(request)
    return request
  }

  /** Clients learn from what they hear. */
  heard(request: Request, reply: Reply): void {
    const known = this.#known.get(request.show)
    if (known === undefined) return
    if (reply.kind === 'hold') {
      const { id, customer, seats, prices } = reply.hold
      const amount = prices.reduce((sum, price) => sum + price, 0)
      known.holds.push({ id, customer, seats, amount })
      if (known.holds.length > 40) known.holds.shift()
    }
    if (reply.kind === 'entry') {
      const { id, customer, hold } = reply.entry
      known.entries.push({ id, customer })
      if (known.entries.length > 40) known.entries.shift()
      if (hold !== undefined) this.heard(request, { ...reply, kind: 'hold', hold })
    }
  }

  /** The ledger's news: who can cancel what. */
  booked(show: ShowNumber, booking: KnownBooking): void {
    this.#known.get(show)?.bookings.push(booking)
  }

  #make(): Request {
    const show = this.#random.pick(this.#shows) as ShowNumber
    const customer = this.#random.pick(this.#customers) as CustomerId
    const asked = { show, customer, isBoxOffice: this.#random.chance(0.04), key: this.#key() }
    const hold = this.#random.pick(this.#known.get(show)?.holds ?? [])
    const ofHold = {
      ...asked,
      customer: hold === undefined || this.#random.chance(0.05) ? customer : hold.customer,
      hold: hold?.id ?? this.#id<HoldId>(show),
    }
    const kind = this.#random.weighted(WEIGHTS)
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
          accessible: this.#random.chance(0.05),
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
          booking: this.#id(show),
        }
      case 'join':
        return this.#join(asked)
      default:
        return this.#makeRare(kind, asked)
    }
  }

  #makeRare(
    kind: Exclude<keyof typeof WEIGHTS, 'seats' | 'best' | 'join'>,
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
      case 'cancelShow':
        return { kind: 'cancel-show', show }
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
      accessible: false,
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
