// The memory of holds: pooled columns addressed by slots.
//
// Owns: what stands where, and how the pool grows; reading and writing single facts of a slot.
// Leaves to others: which slots are used and how they are chained (holds.ts).
//
// Columns lie row by row: one hold is a cache line of integers and half a line of numbers.

import {
  type BookingId,
  type CustomerId,
  type EntryId,
  type HoldId,
  type Id,
  type Instant,
  idOf,
  type SeatIndex,
  type Sequence,
  type ShowNumber,
} from '../../shared/ids.ts'
import type { HoldPhase } from '../../shared/views.ts'
import { SeatLists } from './seat-lists.ts'
import { tagOf } from './tag-table.ts'

/** The order is the stored code. */
export const HOLD_PHASES: readonly HoldPhase[] = [
  'selecting',
  'paying',
  'settling',
  'booked',
  'released',
  'expired',
]
const CODE_OF_PHASE: Readonly<Record<HoldPhase, number>> = Object.freeze({
  selecting: 0,
  paying: 1,
  settling: 2,
  booked: 3,
  released: 4,
  expired: 5,
})
const SETTLING = 2

const SLOTS_MIN = 16
export const NONE = -1

// a row of sixteen integers is one cache line
const ID = 0
const CUSTOMER = 4
const SHOW = 8
const LIST = 9
/** seat count | phase << 7 | offer << 10 | extensions << 11; 0 when the slot is free */
const LIFE = 10
const FIRST_KEY = 11
export const NEXT_OF_SHOW = 12
export const PREVIOUS_OF_SHOW = 13
export const NEXT_OF_CUSTOMER = 14
export const PREVIOUS_OF_CUSTOMER = 15
type Link = 12 | 13 | 14 | 15
const INTS = 16

const COUNT_MASK = 127
const PHASE_SHIFT = 7
const PHASE_MASK = 7
const OFFER_BIT = 1 << 10
const EXTENSIONS_SHIFT = 11
export const EXTENSIONS_MAX = 0xffff

/** what few holds have: lane d of an offer's hold xor lane d of its entry, three lanes of a booking */
const OFFER = 0
const BOOKING = 1
const RARE = 4

const CREATED_AT = 0
const EXPIRES_AT = 1
const ENDED_AT = 2
const SEQUENCE = 3
const NUMBERS = 4

export interface NewHold {
  readonly id: HoldId
  readonly customer: CustomerId
  readonly entry: EntryId | undefined
  readonly seats: readonly SeatIndex[]
  readonly prices: readonly number[]
  readonly createdAt: Instant
  readonly expiresAt: Instant
  readonly sequence: Sequence
}

export class HoldColumns {
  #ints = new Int32Array(SLOTS_MIN * INTS)
  #numbers = new Float64Array(SLOTS_MIN * NUMBERS)
  #rare = new Int32Array(SLOTS_MIN * RARE)
  readonly #lists = new SeatLists()
  #end = 0

  /** One past the highest slot ever used. */
  get slotEnd(): number {
    return this.#end
  }

  isUsed(slot: number): boolean {
    return this.#int(slot, LIFE) !== 0
  }

  /** A slot that was never used. */
  protected newSlot(): number {
    if (this.#end * INTS === this.#ints.length) this.#grow()
    this.#end += 1
    return this.#end - 1
  }

  protected write(slot: number, showIndex: number, hold: NewHold): void {
    const at = slot * INTS
    const ints = this.#ints
    writeId(ints, at + ID, hold.id)
    writeId(ints, at + CUSTOMER, hold.customer)
    ints[at + SHOW] = showIndex
    ints[at + LIST] = this.#lists.add(hold.seats, hold.prices)
    ints[at + LIFE] = hold.seats.length | (hold.entry === undefined ? 0 : OFFER_BIT)
    ints[at + FIRST_KEY] = NONE
    if (hold.entry !== undefined) this.#rare[slot * RARE + OFFER] = hold.id.d ^ hold.entry.d
    const numbers = slot * NUMBERS
    this.#numbers[numbers + CREATED_AT] = hold.createdAt
    this.#numbers[numbers + EXPIRES_AT] = hold.expiresAt
    this.#numbers[numbers + SEQUENCE] = hold.sequence
  }

  protected clear(slot: number): void {
    const at = slot * INTS
    this.#lists.remove(this.#ints[at + LIST] as number, this.seatCountOf(slot))
    this.#ints[at + LIFE] = 0
  }

  protected link(slot: number, column: Link): number {
    return this.#int(slot, column)
  }

  protected setLink(slot: number, column: Link, to: number): void {
    this.#ints[slot * INTS + column] = to
  }

  protected hasId(slot: number, id: HoldId): boolean {
    return isIdAt(this.#ints, slot * INTS + ID, id)
  }

  protected idTag(slot: number): number {
    const at = slot * INTS + ID
    const ints = this.#ints
    return tagOf(
      ints[at] as number,
      ints[at + 1] as number,
      ints[at + 2] as number,
      ints[at + 3] as number,
    )
  }

  /** Shows of one customer have chains of their own. */
  protected customerTag(slot: number, show: ShowNumber): number {
    const at = slot * INTS + CUSTOMER
    const ints = this.#ints
    const mixed = (ints[at + 2] as number) ^ (ints[at] as number)
    return tagOf(show, ints[at + 1] as number, mixed, ints[at + 3] as number)
  }

  /** Selecting, paying or settling. */
  isLive(slot: number): boolean {
    return this.#phase(slot) <= SETTLING
  }

  /** It has a deadline that counts: selecting or paying. H4 */
  canExpire(slot: number): boolean {
    return this.#phase(slot) < SETTLING
  }

  idOf(slot: number): HoldId {
    return this.#id<HoldId>(slot, ID)
  }

  customerOf(slot: number): CustomerId {
    return this.#id<CustomerId>(slot, CUSTOMER)
  }

  isOf(slot: number, customer: CustomerId): boolean {
    return isIdAt(this.#ints, slot * INTS + CUSTOMER, customer)
  }

  showIndexOf(slot: number): number {
    return this.#int(slot, SHOW)
  }

  phaseOf(slot: number): HoldPhase {
    return HOLD_PHASES[this.#phase(slot)] as HoldPhase
  }

  setPhase(slot: number, phase: HoldPhase): void {
    const at = slot * INTS + LIFE
    const rest = (this.#ints[at] as number) & ~(PHASE_MASK << PHASE_SHIFT)
    this.#ints[at] = rest | (CODE_OF_PHASE[phase] << PHASE_SHIFT)
  }

  extensionsOf(slot: number): number {
    return this.#int(slot, LIFE) >>> EXTENSIONS_SHIFT
  }

  setExtensions(slot: number, count: number): void {
    const at = slot * INTS + LIFE
    const rest = (this.#ints[at] as number) & ((1 << EXTENSIONS_SHIFT) - 1)
    this.#ints[at] = rest | (count << EXTENSIONS_SHIFT)
  }

  isOffer(slot: number): boolean {
    return (this.#int(slot, LIFE) & OFFER_BIT) !== 0
  }

  /** The entry of an offer's hold (offerHoldIdOf). */
  entryOf(slot: number): EntryId | undefined {
    if (!this.isOffer(slot)) return undefined
    const { a, b, c, d } = this.idOf(slot)
    return idOf<EntryId>(a, b, c, d ^ (this.#rare[slot * RARE + OFFER] as number))
  }

  /** Of a settling or booked hold. */
  bookingOf(slot: number): BookingId {
    const at = slot * RARE + BOOKING
    const rare = this.#rare
    return idOf<BookingId>(
      this.#int(slot, ID), // I2: both ids begin with the show number
      rare[at] as number,
      rare[at + 1] as number,
      rare[at + 2] as number,
    )
  }

  setBooking(slot: number, booking: BookingId): void {
    const at = slot * RARE + BOOKING
    this.#rare[at] = booking.b
    this.#rare[at + 1] = booking.c
    this.#rare[at + 2] = booking.d
  }

  firstKeyOf(slot: number): number {
    return this.#int(slot, FIRST_KEY)
  }

  setFirstKey(slot: number, key: number): void {
    this.#ints[slot * INTS + FIRST_KEY] = key
  }

  createdAtOf(slot: number): Instant {
    return this.#number(slot, CREATED_AT) as Instant
  }

  expiresAtOf(slot: number): Instant {
    return this.#number(slot, EXPIRES_AT) as Instant
  }

  setExpiresAt(slot: number, at: Instant): void {
    this.#numbers[slot * NUMBERS + EXPIRES_AT] = at
  }

  /** Of an ended hold. */
  endedAtOf(slot: number): Instant {
    return this.#number(slot, ENDED_AT) as Instant
  }

  sequenceOf(slot: number): Sequence {
    return this.#number(slot, SEQUENCE) as Sequence
  }

  setSequence(slot: number, sequence: Sequence): void {
    this.#numbers[slot * NUMBERS + SEQUENCE] = sequence
  }

  seatCountOf(slot: number): number {
    return this.#int(slot, LIFE) & COUNT_MASK
  }

  seatAt(slot: number, index: number): SeatIndex {
    return this.#lists.seatAt(this.#int(slot, LIST), this.seatCountOf(slot), index)
  }

  priceAt(slot: number, index: number): number {
    return this.#lists.priceAt(this.#int(slot, LIST), this.seatCountOf(slot), index)
  }

  seatsOf(slot: number): SeatIndex[] {
    return this.#lists.seatsOf(this.#int(slot, LIST), this.seatCountOf(slot))
  }

  pricesOf(slot: number): number[] {
    return this.#lists.pricesOf(this.#int(slot, LIST), this.seatCountOf(slot))
  }

  setSeats(slot: number, seats: readonly SeatIndex[], prices: readonly number[]): void {
    const at = slot * INTS
    const list = this.#ints[at + LIST] as number
    this.#lists.remove(list, this.seatCountOf(slot))
    this.#ints[at + LIST] = this.#lists.add(seats, prices)
    this.#ints[at + LIFE] = ((this.#ints[at + LIFE] as number) & ~COUNT_MASK) | seats.length
  }

  setEndedAt(slot: number, at: Instant): void {
    this.#numbers[slot * NUMBERS + ENDED_AT] = at
  }

  #grow(): void {
    const ints = new Int32Array(this.#ints.length * 2)
    const numbers = new Float64Array(this.#numbers.length * 2)
    ints.set(this.#ints)
    numbers.set(this.#numbers)
    const rare = new Int32Array(this.#rare.length * 2)
    rare.set(this.#rare)
    this.#rare = rare
    this.#ints = ints
    this.#numbers = numbers
  }

  #int(slot: number, column: number): number {
    return this.#ints[slot * INTS + column] as number
  }

  #phase(slot: number): number {
    return (this.#int(slot, LIFE) >>> PHASE_SHIFT) & PHASE_MASK
  }

  #number(slot: number, column: number): number {
    return this.#numbers[slot * NUMBERS + column] as number
  }

  #id<Kind extends Id>(slot: number, column: number): Kind {
    const at = slot * INTS + column
    const ints = this.#ints
    return idOf<Kind>(
      ints[at] as number,
      ints[at + 1] as number,
      ints[at + 2] as number,
      ints[at + 3] as number,
    )
  }
}

function writeId(ints: Int32Array, at: number, id: Id): void {
  ints[at] = id.a
  ints[at + 1] = id.b
  ints[at + 2] = id.c
  ints[at + 3] = id.d
}

function isIdAt(ints: Int32Array, at: number, id: Id): boolean {
  return (
    ints[at + 3] === id.d && ints[at + 2] === id.c && ints[at + 1] === id.b && ints[at] === id.a
  )
}
