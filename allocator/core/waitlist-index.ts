// Finds a place by a 128-bit id without an object per entry: open addressing over shared id lanes.
//
// Owns: the hash table from an id to the place whose lanes it equals.
// Leaves to others: the lanes themselves (waitlist-columns.ts).
//
//   X1. Equal ids meet one place at most; find, add and remove cost O(1) expected.
//   X2. Removal shifts back instead of leaving marks: churn never slows a lookup down.

import { assert } from '../../shared/assert.ts'
import type { Id } from '../../shared/ids.ts'

const EMPTY = -1

/** Reads id lanes of a place: `lanes[place * stride + offset ..+3]`. */
export class WaitlistIndex {
  readonly #stride: number
  readonly #offset: number
  #lanes: Int32Array
  #cells: Int32Array
  #mask: number

  constructor(lanes: Int32Array, stride: number, offset: number) {
    this.#stride = stride
    this.#offset = offset
    this.#lanes = lanes
    this.#cells = new Int32Array(0)
    this.#mask = -1
    this.rebuild(lanes, 0, () => false)
  }

  /** The place that carries the id, or -1. */
  find(id: Id): number {
    let cell = hashOf(id.b, id.c, id.d) & this.#mask
    for (;;) {
      const place = this.#cells[cell] as number
      if (place === EMPTY || this.#isAt(place, id)) return place
      cell = (cell + 1) & this.#mask
    }
  }

  /** The lanes of the place must be written already, and its id not be known. */
  add(place: number): void {
    let cell = this.#homeOf(place)
    while (this.#cells[cell] !== EMPTY) cell = (cell + 1) & this.#mask
    this.#cells[cell] = place
  }

  /** The lanes of the place must still stand. X2 */
  remove(place: number): void {
    let hole = this.#homeOf(place)
    while (this.#cells[hole] !== place) {
      assert(this.#cells[hole] !== EMPTY, 'X1: only what was added is removed')
      hole = (hole + 1) & this.#mask
    }
    let cell = hole
    for (;;) {
      cell = (cell + 1) & this.#mask
      const moved = this.#cells[cell] as number
      if (moved === EMPTY) break
      const distance = (cell - this.#homeOf(moved)) & this.#mask
      if (distance >= ((cell - hole) & this.#mask)) {
        this.#cells[hole] = moved
        hole = cell
      }
    }
    this.#cells[hole] = EMPTY
  }

  /** Takes the lanes of `placeCount` places and indexes those that are live. */
  rebuild(lanes: Int32Array, placeCount: number, isLive: (place: number) => boolean): void {
    this.#lanes = lanes
    const cellCount = cellCountFor(lanes.length / this.#stride)
    this.#cells = new Int32Array(cellCount).fill(EMPTY)
    this.#mask = cellCount - 1
    for (let place = 0; place < placeCount; place += 1) if (isLive(place)) this.add(place)
  }

  #homeOf(place: number): number {
    const at = place * this.#stride + this.#offset
    const lanes = this.#lanes
    return (
      hashOf(lanes[at + 1] as number, lanes[at + 2] as number, lanes[at + 3] as number) & this.#mask
    )
  }

  #isAt(place: number, id: Id): boolean {
    const at = place * this.#stride + this.#offset
    const lanes = this.#lanes
    return (
      lanes[at + 3] === id.d &&
      lanes[at + 2] === id.c &&
      lanes[at + 1] === id.b &&
      lanes[at] === id.a
    )
  }
}

/** At most half of the cells are ever used, so probes stay short. */
function cellCountFor(capacity: number): number {
  let cellCount = 16
  while (cellCount < capacity * 2) cellCount *= 2
  return cellCount
}

/** Lane a of an EntryId is the show number and says nothing; the others are random bits (D6). */
function hashOf(b: number, c: number, d: number): number {
  let hash = Math.imul(b ^ (c << 7) ^ (c >>> 25), 0x9e3779b1) ^ d
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b)
  return hash ^ (hash >>> 13)
}
