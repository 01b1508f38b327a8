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
import type { HoldPhase, HoldView } from '../../shared/views.ts'
import {
  BOOKING,
  CODE_OF_PHASE,
  COUNT_MASK,
  CREATED_AT,
  CUSTOMER,
  ENDED_AT,
  type Ending,
  EXPIRES_AT,
  EXTENSIONS_SHIFT,
  FIRST_KEY,
  HOLD_PHASES,
  ID,
  INTS,
  isIdAt,
  type KnownOfHold,
  LIFE,
  LIST,
  type Link,
  type NewHold,
  NONE,
  NUMBERS,
  OFFER,
  OFFER_BIT,
  PHASE_MASK,
  PHASE_SHIFT,
  RARE,
  SEQUENCE,
  SETTLING,
  SHOW,
  SLOTS_MIN,
  tagAt,
  writeId,
} from './hold-words.ts'
import { SeatLists } from './seat-lists.ts'
import type { Show } from './show.ts'
import { tagOf } from './tag-table.ts'

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
    return tagAt(this.#ints, slot * INTS + ID)
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

  /** All that changes in the row when a hold ends. */
  protected writeEnd(slot: number, { phase, at, sequence }: Ending): void {
    const life = slot * INTS + LIFE
    const rest = (this.#ints[life] as number) & ~(PHASE_MASK << PHASE_SHIFT)
    this.#ints[life] = rest | (CODE_OF_PHASE[phase] << PHASE_SHIFT)
    const numbers = slot * NUMBERS
    this.#numbers[numbers + ENDED_AT] = at
    this.#numbers[numbers + SEQUENCE] = sequence
  }

  /** What is told of a hold, read in one go; `known` spares reading what is at hand. */
  viewOf(slot: number, show: Show, known: KnownOfHold): HoldView {
    const ints = this.#ints
    const at = slot * INTS
    const numbers = this.#numbers
    const times = slot * NUMBERS
    const life = ints[at + LIFE] as number
    const count = life & COUNT_MASK
    const list = ints[at + LIST] as number
    const { held } = known
    const extensionsLeft = show.terms.policy.extensionsMax - (life >>> EXTENSIONS_SHIFT)
    return {
      id: known.id,
      show: show.number,
      customer: held === undefined ? this.customerOf(slot) : held.customer,
      phase: HOLD_PHASES[(life >>> PHASE_SHIFT) & PHASE_MASK] as HoldPhase,
      seats: held === undefined ? this.#lists.seatsOf(list, count) : held.seats,
      prices: held === undefined ? this.#lists.pricesOf(list, count) : held.prices,
      createdAt: numbers[times + CREATED_AT] as Instant,
      expiresAt: numbers[times + EXPIRES_AT] as Instant,
      extensionsLeft: Math.max(extensionsLeft, 0),
      origin: (life & OFFER_BIT) === 0 ? 'direct' : 'offer',
      incarnation: known.incarnation,
      sequence: numbers[times + SEQUENCE] as Sequence,
    }
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
