// How many places in front are taken: a Fenwick tree of one bit a place.
//
// Owns: counting marked places in front of a place.
// Leaves to others: what a place is (waitlist.ts: the join order of one Show).
//
//   K1. mark, clear and before cost O(log places) (L6).
//   K2. A rebuild from flags costs O(places); the owner rebuilds only when it moves everything anyway.

import { assert } from '../../shared/assert.ts'

/** Structure: P. M. Fenwick, "A new data structure for cumulative frequency tables" (1994). */
export class Rank {
  /** 1-based; node i sums the places (i - lowest bit of i, i] */
  #sums: Int32Array
  #count = 0

  constructor(placeCount: number) {
    this.#sums = new Int32Array(placeCount + 1)
  }

  /** All marked places. */
  get count(): number {
    return this.#count
  }

  mark(place: number): void {
    this.#add(place, 1)
  }

  clear(place: number): void {
    this.#add(place, -1)
  }

  /** Marked places in front of this one, itself not counted. */
  before(place: number): number {
    assert(place >= 0 && place < this.#sums.length, 'K1: a place inside the tree')
    let sum = 0
    for (let node = place; node > 0; node &= node - 1) sum += this.#sums[node] as number
    return sum
  }

  /** Sizes the tree for `placeCount` places and marks those that the flags name. K2 */
  rebuild(placeCount: number, isMarked: (place: number) => boolean): void {
    const sums = new Int32Array(placeCount + 1)
    this.#count = 0
    for (let node = 1; node <= placeCount; node += 1) {
      if (isMarked(node - 1)) {
        sums[node] = (sums[node] as number) + 1
        this.#count += 1
      }
      const parent = node + (node & -node)
      if (parent <= placeCount) sums[parent] = (sums[parent] as number) + (sums[node] as number)
    }
    this.#sums = sums
  }

  #add(place: number, change: number): void {
    const sums = this.#sums
    assert(place >= 0 && place + 1 < sums.length, 'K1: a place inside the tree')
    for (let node = place + 1; node < sums.length; node += node & -node) {
      sums[node] = (sums[node] as number) + change
    }
    this.#count += change
  }
}
