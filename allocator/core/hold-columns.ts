// The memory of holds: pooled columns addressed by slots.
//
// Owns: what stands where, and how the pool grows; reading and writing single facts of a slot.
// Leaves to others: which slots are used and how they are chained (holds.ts).
//
// Columns lie row by row: one hold is two cache lines of integers and half a line of numbers.

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
} from '../../shared/ids.ts'
import type { HoldPhase } from '../../shared/views.ts'
import { SeatLists } from './seat-lists.ts'

/** The order is the stored code. */
export const HOLD_PHASES: readonly HoldPhase[] = [
  'selecting',
  'paying',
  'settling',
  'booked',
  'released',
  'expired',
]
const SETTLING = 2

const SLOTS_MIN = 16
export const NONE = -1

const ID = 0
const CUSTOMER = 4
const SHOW = 8
const LIST = 9
const COUNT = 10
const PHASE = 11
const EXTENSIONS = 12
/** lane d of the hold's id xor lane d of its entry's; 0 for a direct hold (offerHoldIdOf) */
const OFFER = 13
const BOOKING = 14
const FIRST_KEY = 17
export const NEXT_OF_SHOW = 18
export const PREVIOUS_OF_SHOW = 19
export const NEXT_OF_CUSTOMER = 20
export const PREVIOUS_OF_CUSTOMER = 21
type Link = 18 | 19 | 20 | 21
const INTS = 22

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
  readonly #lists = new SeatLists()
  #end = 0

  /** One past the highest slot ever used. */
  get slotEnd(): number {
    return this.#end
  }

  isUsed(slot: number): boolean {
    return this.#int(slot, COUNT) !== 0
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
    ints[at + COUNT] = hold.seats.length
    ints[at + PHASE] = 0
    ints[at + EXTENSIONS] = 0
    ints[at + OFFER] = hold.entry === undefined ? 0 : hold.id.d ^ hold.entry.d
    ints[at + FIRST_KEY] = NONE
    const numbers = slot * NUMBERS
    this.#numbers[numbers + CREATED_AT] = hold.createdAt
    this.#numbers[numbers + EXPIRES_AT] = hold.expiresAt
    this.#numbers[numbers + SEQUENCE] = hold.sequence
  }

  protected clear(slot: number): void {
    const at = slot * INTS
    this.#lists.remove(this.#ints[at + LIST] as number, this.#ints[at + COUNT] as number)
    this.#ints[at + COUNT] = 0
  }

  protected link(slot: number, column: Link): number {
    return this.#int(slot, column)
  }

  protected setLink(slot: number, column: Link, to: number): void {
    this.#ints[slot * INTS + column] = to
  }

  /** Lane 0 .. 3 of the hold's customer. */
  protected customerLane(slot: number, lane: number): number {
    return this.#int(slot, CUSTOMER + lane)
  }

  /** Selecting, paying or settling. */
  isLive(slot: number): boolean {
    return this.#int(slot, PHASE) <= SETTLING
  }

  /** It has a deadline that counts: selecting or paying. H4 */
  canExpire(slot: number): boolean {
    return this.#int(slot, PHASE) < SETTLING
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
    return HOLD_PHASES[this.#int(slot, PHASE)] as HoldPhase
  }

  setPhase(slot: number, phase: HoldPhase): void {
    this.#ints[slot * INTS + PHASE] = HOLD_PHASES.indexOf(phase)
  }

  extensionsOf(slot: number): number {
    return this.#int(slot, EXTENSIONS)
  }

  setExtensions(slot: number, count: number): void {
    this.#ints[slot * INTS + EXTENSIONS] = count
  }

  isOffer(slot: number): boolean {
    return this.#int(slot, OFFER) !== 0
  }

  /** The entry of an offer's hold. */
  entryOf(slot: number): EntryId | undefined {
    const offer = this.#int(slot, OFFER)
    if (offer === 0) return undefined
    const { a, b, c, d } = this.idOf(slot)
    return idOf<EntryId>(a, b, c, d ^ offer)
  }

  bookingOf(slot: number): BookingId {
    const at = slot * INTS
    const ints = this.#ints
    return idOf<BookingId>(
      ints[at + ID] as number, // I2: both ids begin with the show number
      ints[at + BOOKING] as number,
      ints[at + BOOKING + 1] as number,
      ints[at + BOOKING + 2] as number,
    )
  }

  setBooking(slot: number, booking: BookingId): void {
    const at = slot * INTS + BOOKING
    this.#ints[at] = booking.b
    this.#ints[at + 1] = booking.c
    this.#ints[at + 2] = booking.d
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
    return this.#int(slot, COUNT)
  }

  seatAt(slot: number, index: number): SeatIndex {
    return this.#lists.seatAt(this.#int(slot, LIST), this.#int(slot, COUNT), index)
  }

  priceAt(slot: number, index: number): number {
    return this.#lists.priceAt(this.#int(slot, LIST), this.#int(slot, COUNT), index)
  }

  seatsOf(slot: number): SeatIndex[] {
    return this.#lists.seatsOf(this.#int(slot, LIST), this.#int(slot, COUNT))
  }

  pricesOf(slot: number): number[] {
    return this.#lists.pricesOf(this.#int(slot, LIST), this.#int(slot, COUNT))
  }

  setSeats(slot: number, seats: readonly SeatIndex[], prices: readonly number[]): void {
    const at = slot * INTS
    const list = this.#ints[at + LIST] as number
    this.#lists.remove(list, this.#ints[at + COUNT] as number)
    this.#ints[at + LIST] = this.#lists.add(seats, prices)
    this.#ints[at + COUNT] = seats.length
  }

  setEndedAt(slot: number, at: Instant): void {
    this.#numbers[slot * NUMBERS + ENDED_AT] = at
  }

  #grow(): void {
    const ints = new Int32Array(this.#ints.length * 2)
    const numbers = new Float64Array(this.#numbers.length * 2)
    ints.set(this.#ints)
    numbers.set(this.#numbers)
    this.#ints = ints
    this.#numbers = numbers
  }

  #int(slot: number, column: number): number {
    return this.#ints[slot * INTS + column] as number
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
