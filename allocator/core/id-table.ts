// A hash table from 128-bit ids to small integers, in one Int32Array.
//
// Owns: finding a value by Id with one cache line, whatever the ids look like.
// Leaves to others: what the value means (a slot of a pool, the head of a chain).
//
//   I1. A lookup compares all four lanes: a mix collision costs a probe, never an answer.
//   I2. Deleting moves later rows back, so that no tombstone ever slows a lookup.
//
// One row: a, b, c, d, value + 1; the last is 0 in an empty row. At most half of the rows are taken.

import { assert } from '../../shared/assert.ts'
import type { Id } from '../../shared/ids.ts'

const ROW = 5
const ROWS_MIN = 8

/** Lane a is a show number and ids of tests count up: every lane must reach the low bits. */
function hashOf(a: number, b: number, c: number, d: number): number {
  let hash = Math.imul(d ^ Math.imul(a, 0x9e3779b1), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 15) ^ c, 0xc2b2ae35)
  hash = Math.imul(hash ^ (hash >>> 13) ^ b, 0x27d4eb2f)
  return hash ^ (hash >>> 16)
}

export class IdTable {
  #rows: Int32Array
  #mask: number
  #size = 0

  constructor(rowCount = ROWS_MIN) {
    assert((rowCount & (rowCount - 1)) === 0, 'I1: the row count is a power of two')
    this.#rows = new Int32Array(rowCount * ROW)
    this.#mask = rowCount - 1
  }

  get size(): number {
    return this.#size
  }

  /** The value, or -1 when the id is unknown. */
  get(id: Id): number {
    const at = this.#find(id.a, id.b, id.c, id.d)
    return (this.#rows[at + 4] as number) - 1
  }

  has(id: Id): boolean {
    return this.get(id) >= 0
  }

  /** Adds or replaces; `value` is 0 .. 2^31 - 2. */
  set(id: Id, value: number): void {
    this.setLanes(id.a, id.b, id.c, id.d, value)
  }

  /** false when it was not there. */
  delete(id: Id): boolean {
    return this.deleteLanes(id.a, id.b, id.c, id.d)
  }

  getLanes(a: number, b: number, c: number, d: number): number {
    return (this.#rows[this.#find(a, b, c, d) + 4] as number) - 1
  }

  setLanes(a: number, b: number, c: number, d: number, value: number): void {
    let at = this.#find(a, b, c, d)
    if (this.#rows[at + 4] === 0) {
      if ((this.#size + 1) * 2 > this.#mask + 1) {
        this.#grow()
        at = this.#find(a, b, c, d)
      }
      this.#size += 1
      this.#rows[at] = a
      this.#rows[at + 1] = b
      this.#rows[at + 2] = c
      this.#rows[at + 3] = d
    }
    this.#rows[at + 4] = value + 1
  }

  deleteLanes(a: number, b: number, c: number, d: number): boolean {
    const at = this.#find(a, b, c, d)
    if (this.#rows[at + 4] === 0) return false
    this.#size -= 1
    this.#closeGap(at / ROW)
    return true
  }

  /** Offset of the id's row, or of the empty row where it belongs. I1 */
  #find(a: number, b: number, c: number, d: number): number {
    const rows = this.#rows
    let row = hashOf(a, b, c, d) & this.#mask
    for (;;) {
      const at = row * ROW
      if (rows[at + 4] === 0) return at
      if (rows[at + 3] === d && rows[at + 2] === c && rows[at + 1] === b && rows[at] === a) {
        return at
      }
      row = (row + 1) & this.#mask
    }
  }

  /** Linear probing's backward shift: a row moves into the gap unless that is before its home. I2 */
  #closeGap(start: number): void {
    const rows = this.#rows
    const mask = this.#mask
    let gap = start
    let row = (gap + 1) & mask
    while (rows[row * ROW + 4] !== 0) {
      const at = row * ROW
      const home =
        hashOf(
          rows[at] as number,
          rows[at + 1] as number,
          rows[at + 2] as number,
          rows[at + 3] as number,
        ) & mask
      if (((row - home) & mask) >= ((row - gap) & mask)) {
        rows.copyWithin(gap * ROW, at, at + ROW)
        gap = row
      }
      row = (row + 1) & mask
    }
    rows.fill(0, gap * ROW, gap * ROW + ROW)
  }

  #grow(): void {
    const old = this.#rows
    this.#mask = this.#mask * 2 + 1
    this.#rows = new Int32Array((this.#mask + 1) * ROW)
    for (let at = 0; at < old.length; at += ROW) {
      if (old[at + 4] === 0) continue
      const to = this.#find(
        old[at] as number,
        old[at + 1] as number,
        old[at + 2] as number,
        old[at + 3] as number,
      )
      for (let lane = 0; lane < ROW; lane += 1) this.#rows[to + lane] = old[at + lane] as number
    }
  }
}
