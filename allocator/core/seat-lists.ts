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

/**
 * Blocks of one size: Seat, price, Seat, price .., so that a small list is one cache line; a free
 * block's first number names the next free one.
 */
class Arena {
  readonly size: number
  pairs: Float64Array
  #free = -1
  #end = 0

  constructor(size: number) {
    this.size = size * 2
    this.pairs = new Float64Array(this.size * BLOCKS_MIN)
  }

  /** Offset of a block. */
  take(): number {
    if (this.#free >= 0) {
      const at = this.#free
      this.#free = this.pairs[at] as number
      return at
    }
    if (this.#end === this.pairs.length) this.#grow()
    const at = this.#end
    this.#end += this.size
    return at
  }

  give(at: number): void {
    this.pairs[at] = this.#free
    this.#free = at
  }

  #grow(): void {
    const pairs = new Float64Array(this.pairs.length * 2)
    pairs.set(this.pairs)
    this.pairs = pairs
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
      arena.pairs[at + index * 2] = seats[index] as number
      arena.pairs[at + index * 2 + 1] = prices[index] as number
    }
    return at
  }

  remove(at: number, count: number): void {
    this.#of(count).give(at)
  }

  seatAt(at: number, count: number, index: number): SeatIndex {
    return this.#of(count).pairs[at + index * 2] as SeatIndex
  }

  priceAt(at: number, count: number, index: number): number {
    return this.#of(count).pairs[at + index * 2 + 1] as number
  }

  seatsOf(at: number, count: number): SeatIndex[] {
    const from = this.#of(count).pairs
    const seats = new Array<SeatIndex>(count) // pushing would reserve room for seventeen
    for (let index = 0; index < count; index += 1) seats[index] = from[at + index * 2] as SeatIndex
    return seats
  }

  pricesOf(at: number, count: number): number[] {
    const from = this.#of(count).pairs
    const prices = new Array<number>(count)
    for (let index = 0; index < count; index += 1)
      prices[index] = from[at + index * 2 + 1] as number
    return prices
  }

  #of(count: number): Arena {
    const power = count === 1 ? 0 : 32 - Math.clz32(count - 1) // P1
    return this.#arenas[power] as Arena
  }
}
