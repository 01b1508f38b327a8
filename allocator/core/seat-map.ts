// The state of every Seat of one Show.
//
// Owns: the published 2-bit map in wire format, the reserved bits, the counts, and whether the
//       derived search index (seat-index.ts) exists.
// Leaves to others: who holds a Seat (holds.ts), which Seats to pick (best-available.ts).
//
//   S1. A Seat is exactly one of free, reserved, held, sold, blocked. It is published
//       as held while it is reserved.
//   S3. The five counts add up to capacity.
//   M1. At rest it costs seats/4 bytes and a few fields: index and reserved bits exist when needed.
//
//   seat i lives in bits 2(i mod 4) of byte i div 4:   0 free   1 held   2 sold   3 blocked

import { assert } from '../../shared/assert.ts'
import type { SeatIndex } from '../../shared/ids.ts'
import type { SeatingPlan } from '../../shared/seating-plan.ts'
import type { SeatCounts } from '../../shared/views.ts'
import { SearchIndex } from './search-index.ts'

/** A published state, as on the wire. */
export type SeatCode = 0 | 1 | 2 | 3
export const FREE = 0
export const HELD = 1
export const SOLD = 2
export const BLOCKED = 3

const ACCESSIBLE = 1

export class SeatMap {
  readonly plan: SeatingPlan
  readonly #states: Uint8Array
  // Seats published as each code, in fields: a typed array would weigh 228 bytes a Show
  #free: number
  #held = 0
  #sold = 0
  #blocked = 0
  #freeAccessible: number
  /** bit i of word i div 32; exists while any Seat is reserved */
  #reserved: Uint32Array | undefined
  #reservedCount = 0
  #index: SearchIndex | undefined

  /** Every Seat free. */
  constructor(plan: SeatingPlan) {
    this.plan = plan
    this.#states = new Uint8Array((plan.seatCount + 3) >>> 2)
    this.#free = plan.seatCount
    this.#freeAccessible = accessibleCountOf(plan)
  }

  get seatCount(): number {
    return this.plan.seatCount
  }

  /** Whether untrusted input names a Seat of this hall (S5). */
  has(seat: number): boolean {
    return seat >>> 0 === seat && seat < this.plan.seatCount
  }

  /** What watchers see; a reserved Seat looks held. */
  stateOf(seat: SeatIndex): SeatCode {
    return (((this.#states[seat >>> 2] as number) >>> ((seat & 3) << 1)) & 3) as SeatCode
  }

  /** Free to anybody: not even reserved. */
  isFree(seat: SeatIndex): boolean {
    return this.stateOf(seat) === FREE
  }

  isReserved(seat: SeatIndex): boolean {
    const words = this.#reserved
    return words !== undefined && (((words[seat >>> 5] as number) >>> (seat & 31)) & 1) === 1
  }

  /**
   * Makes the Seat free, held, sold or blocked; a reservation on it ends. True when the published
   * state changed: a reserved Seat that becomes held changes nothing for watchers.
   */
  setState(seat: SeatIndex, state: SeatCode): boolean {
    assert(seat >>> 0 === seat && seat < this.plan.seatCount, 'S1: a state belongs to a seat')
    if (this.#reservedCount !== 0 && this.isReserved(seat)) this.#dropReservation(seat)
    const old = this.stateOf(seat)
    if (old === state) return false
    this.#publish(seat, old, state)
    return true
  }

  /** free -> reserved. The published state becomes held. */
  reserve(seat: SeatIndex): void {
    assert(this.has(seat) && this.isFree(seat), 'L3: only a free seat is reserved')
    this.#reserved ??= new Uint32Array((this.plan.seatCount + 31) >>> 5)
    const word = seat >>> 5
    this.#reserved[word] = (this.#reserved[word] as number) | (1 << (seat & 31))
    this.#reservedCount += 1
    this.#publish(seat, FREE, HELD)
  }

  /** reserved -> free. */
  unreserve(seat: SeatIndex): void {
    assert(this.has(seat) && this.isReserved(seat), 'L3: only a reserved seat is unreserved')
    this.#dropReservation(seat)
    this.#publish(seat, HELD, FREE)
  }

  get counts(): SeatCounts {
    const counts = {
      free: this.#free,
      reserved: this.#reservedCount,
      held: this.#held - this.#reservedCount,
      sold: this.#sold,
      blocked: this.#blocked,
    }
    const total = counts.free + counts.reserved + counts.held + counts.sold + counts.blocked
    assert(total === this.plan.seatCount && counts.held >= 0, 'S3: the counts add up to capacity')
    return counts
  }

  get soldCount(): number {
    return this.#sold
  }

  get blockedCount(): number {
    return this.#blocked
  }

  /** Free Seats that only an accessible request is given. */
  get freeAccessibleCount(): number {
    return this.#freeAccessible
  }

  /** Free Seats that a general request may be given. */
  get freeGeneralCount(): number {
    return this.#free - this.#freeAccessible
  }

  /**
   * The first and last free Seat of the free block around a free Seat, within its segment.
   * O(block).
   */
  freeBlockAt(seat: SeatIndex): { readonly first: SeatIndex; readonly last: SeatIndex } {
    assert(this.has(seat) && this.isFree(seat), 'O: a free block is asked at a free seat')
    const segment = this.plan.segmentOf[seat] as number
    const start = this.plan.segmentStart[segment] as number
    const end = this.plan.segmentStart[segment + 1] as number
    let first: number = seat
    let last: number = seat
    while (first > start && this.isFree((first - 1) as SeatIndex)) first -= 1
    while (last + 1 < end && this.isFree((last + 1) as SeatIndex)) last += 1
    return { first: first as SeatIndex, last: last as SeatIndex }
  }

  /** Length of the free block around the Seat, 0 when it is not free. O(block). */
  freeRunLengthAt(seat: SeatIndex): number {
    if (!this.isFree(seat)) return 0
    const block = this.freeBlockAt(seat)
    return block.last - block.first + 1
  }

  /** A private copy of the published map, in wire format. */
  statesCopy(): Uint8Array {
    return this.#states.slice()
  }

  /** Reserved Seats in order; for snapshots and digests. */
  reservedSeats(): SeatIndex[] {
    const seats: SeatIndex[] = []
    const words = this.#reserved
    if (words === undefined) return seats
    for (let at = 0; at < words.length; at += 1) {
      for (let word = words[at] as number; word !== 0; word &= word - 1) {
        seats.push((at * 32 + 31 - Math.clz32(word & -word)) as SeatIndex)
      }
    }
    return seats
  }

  /**
   * Takes over a snapshot's map. `states` is copied; reserved Seats are published as held in it.
   */
  load(states: Uint8Array, reserved: readonly SeatIndex[]): void {
    assert(states.length === this.#states.length, 'S3: a snapshot has a state for every seat')
    this.#states.set(states)
    this.rest()
    this.#reserved = undefined
    this.#reservedCount = 0
    this.#recount()
    if (reserved.length > 0) this.#reserved = new Uint32Array((this.plan.seatCount + 31) >>> 5)
    for (const seat of reserved) this.#loadReservation(seat)
  }

  /** The derived free words and search trees, built at first need; setState keeps them right. */
  get index(): SearchIndex {
    this.#index ??= new SearchIndex(this.plan, this.#states)
    return this.#index
  }

  /** Drops what is derived and can be built again. M1 */
  rest(): void {
    this.#index = undefined
    if (this.#reservedCount === 0) this.#reserved = undefined
  }

  #publish(seat: SeatIndex, old: SeatCode, state: SeatCode): void {
    const at = seat >>> 2
    this.#states[at] = (this.#states[at] as number) ^ ((old ^ state) << ((seat & 3) << 1))
    this.#count(old, -1)
    this.#count(state, 1)
    if (old !== FREE && state !== FREE) return
    if (this.plan.kindOf[seat] === ACCESSIBLE) this.#freeAccessible += state === FREE ? 1 : -1
    this.#index?.freeChanged(seat)
  }

  #count(state: SeatCode, change: number): void {
    if (state === FREE) this.#free += change
    else if (state === HELD) this.#held += change
    else if (state === SOLD) this.#sold += change
    else this.#blocked += change
  }

  #dropReservation(seat: SeatIndex): void {
    const words = this.#reserved
    assert(words !== undefined, 'L3: a reserved seat has its bit')
    words[seat >>> 5] = (words[seat >>> 5] as number) & ~(1 << (seat & 31))
    this.#reservedCount -= 1
  }

  #loadReservation(seat: SeatIndex): void {
    assert(
      this.has(seat) && this.stateOf(seat) === HELD,
      'S1: a reserved seat is published as held',
    )
    assert(!this.isReserved(seat) && this.#reserved !== undefined, 'S1: a seat is reserved once')
    this.#reserved[seat >>> 5] = (this.#reserved[seat >>> 5] as number) | (1 << (seat & 31))
    this.#reservedCount += 1
  }

  #recount(): void {
    this.#free = 0
    this.#held = 0
    this.#sold = 0
    this.#blocked = 0
    this.#freeAccessible = 0
    for (let seat = 0; seat < this.plan.seatCount; seat += 1) {
      const state = this.stateOf(seat as SeatIndex)
      this.#count(state, 1)
      if (state === FREE && this.plan.kindOf[seat] === ACCESSIBLE) this.#freeAccessible += 1
    }
  }
}

const accessibleCounts = new WeakMap<SeatingPlan, number>()

/** Counted once per plan: a process opens many Shows of one hall. */
function accessibleCountOf(plan: SeatingPlan): number {
  const known = accessibleCounts.get(plan)
  if (known !== undefined) return known
  let count = 0
  for (const kind of plan.kindOf) if (kind === ACCESSIBLE) count += 1
  accessibleCounts.set(plan, count)
  return count
}
