// The Seats and prices of every hold of a Shard, pooled in blocks of 1, 2, 4 .. 64.
//
// Owns: the memory of seat lists. Leaves to others: whose list it is (holds.ts).
//
//   P1. A list of `count` Seats lies in one block of the smallest size that takes it.

import { assert } from '../../shared/assert.ts'
import type { SeatIndex } from '../../shared/ids.ts'
import { LIMITS } from '../../shared/limits.ts'

const SIZES = 7
const BLOCKS_MIN = 16

/** Blocks of one size; a free block's first Seat names the next free one. */
class Arena {
  readonly size: number
  seats: Int32Array
  prices: Float64Array
  #free = -1
  #end = 0

  constructor(size: number) {
    this.size = size
    this.seats = new Int32Array(size * BLOCKS_MIN)
    this.prices = new Float64Array(size * BLOCKS_MIN)
  }

  /** Offset of a block. */
  take(): number {
    if (this.#free >= 0) {
      const at = this.#free
      this.#free = this.seats[at] as number
      return at
    }
    if (this.#end === this.seats.length) this.#grow()
    const at = this.#end
    this.#end += this.size
    return at
  }

  give(at: number): void {
    this.seats[at] = this.#free
    this.#free = at
  }

  #grow(): void {
    const seats = new Int32Array(this.seats.length * 2)
    const prices = new Float64Array(this.prices.length * 2)
    seats.set(this.seats)
    prices.set(this.prices)
    this.seats = seats
    this.prices = prices
  }
}

export class SeatLists {
  readonly #arenas = Array.from({ length: SIZES }, (_, power) => new Arena(1 << power))

  /** Copies the list; the offset is valid together with the same count only. */
  add(seats: readonly SeatIndex[], prices: readonly number[]): number {
    const count = seats.length
    assert(count >= 1 && count <= LIMITS.seatsPerHoldMax, 'P1: a hold has 1 to 64 seats')
    assert(prices.length === count, 'S7: every seat of a hold has its price')
    const arena = this.#of(count)
    const at = arena.take()
    for (let index = 0; index < count; index += 1) {
      arena.seats[at + index] = seats[index] as number
      arena.prices[at + index] = prices[index] as number
    }
    return at
  }

  remove(at: number, count: number): void {
    this.#of(count).give(at)
  }

  seatAt(at: number, count: number, index: number): SeatIndex {
    return this.#of(count).seats[at + index] as SeatIndex
  }

  priceAt(at: number, count: number, index: number): number {
    return this.#of(count).prices[at + index] as number
  }

  seatsOf(at: number, count: number): SeatIndex[] {
    const from = this.#of(count).seats
    const seats = new Array<SeatIndex>(count) // pushing would reserve room for seventeen
    for (let index = 0; index < count; index += 1) seats[index] = from[at + index] as SeatIndex
    return seats
  }

  pricesOf(at: number, count: number): number[] {
    const from = this.#of(count).prices
    const prices = new Array<number>(count)
    for (let index = 0; index < count; index += 1) prices[index] = from[at + index] as number
    return prices
  }

  #of(count: number): Arena {
    const power = count === 1 ? 0 : 32 - Math.clz32(count - 1) // P1
    return this.#arenas[power] as Arena
  }
}
