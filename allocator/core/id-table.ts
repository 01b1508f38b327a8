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

/** A row is 2^ROW_BITS words: eight, so that it never straddles a cache line; three are spare. */
const ROW_BITS = 3
const ROW = 1 << ROW_BITS
const ROWS_MIN = 8

/** Lane a is a show number and ids of tests count up: every lane must reach the low bits. */
function hashOf(a: number, b: number, c: number, d: number): number {
  let hash = Math.imul(d ^ Math.imul(a, 0x9e3779b1), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 15) ^ c, 0xc2b2ae35)
  hash = Math.imul(hash ^ (hash >>> 13) ^ b, 0x27d4eb2f)
  return hash ^ (hash >>> 16)
}

export class IdTable {
  /** a power of two of words, so that an offset wraps by masking */
  #rows: Int32Array
  #size = 0

  constructor(rowCount = ROWS_MIN) {
    assert((rowCount & (rowCount - 1)) === 0, 'I1: the row count is a power of two')
    this.#rows = new Int32Array(rowCount * ROW)
  }

  get size(): number {
    return this.#size
  }

  /** The value, or -1 when the id is unknown. */
  get(id: Id): number {
    const at = findRow(this.#rows, id.a, id.b, id.c, id.d)
    return (this.#rows[at + 4] as number) - 1
  }

  has(id: Id): boolean {
    return this.get(id) >= 0
  }

  /** Adds or replaces; `value` is 0 .. 2^31 - 2. */
  set({ a, b, c, d }: Id, value: number): void {
    let at = findRow(this.#rows, a, b, c, d)
    if (this.#rows[at + 4] === 0) {
      if ((this.#size + 1) * 2 * ROW > this.#rows.length) {
        this.#grow()
        at = findRow(this.#rows, a, b, c, d)
      }
      this.#size += 1
      this.#rows[at] = a
      this.#rows[at + 1] = b
      this.#rows[at + 2] = c
      this.#rows[at + 3] = d
    }
    this.#rows[at + 4] = value + 1
  }

  /** false when it was not there. */
  delete({ a, b, c, d }: Id): boolean {
    const at = findRow(this.#rows, a, b, c, d)
    if (this.#rows[at + 4] === 0) return false
    this.#size -= 1
    closeGap(this.#rows, at)
    return true
  }

  #grow(): void {
    const old = this.#rows
    const rows = new Int32Array(old.length * 2)
    for (let from = 0; from < old.length; from += ROW) {
      if (old[from + 4] === 0) continue
      const a = old[from] as number
      const b = old[from + 1] as number
      const c = old[from + 2] as number
      const d = old[from + 3] as number
      rows.set(old.subarray(from, from + ROW), findRow(rows, a, b, c, d))
    }
    this.#rows = rows
  }
}

/** Offset of the id's row, or of the empty row where it belongs. I1 */
function findRow(rows: Int32Array, a: number, b: number, c: number, d: number): number {
  const mask = rows.length - 1
  let at = (hashOf(a, b, c, d) << ROW_BITS) & mask
  for (;;) {
    if (rows[at + 4] === 0) return at
    if (rows[at + 3] === d && rows[at + 2] === c && rows[at + 1] === b && rows[at] === a) {
      return at
    }
    at = (at + ROW) & mask
  }
}

/** Linear probing's backward shift: a row moves into the gap unless that is before its home. I2 */
function closeGap(rows: Int32Array, start: number): void {
  const mask = rows.length - 1
  let gap = start
  let at = (start + ROW) & mask
  while (rows[at + 4] !== 0) {
    const a = rows[at] as number
    const b = rows[at + 1] as number
    const c = rows[at + 2] as number
    const d = rows[at + 3] as number
    const home = (hashOf(a, b, c, d) << ROW_BITS) & mask
    if (((at - home) & mask) >= ((at - gap) & mask)) {
      rows[gap] = a
      rows[gap + 1] = b
      rows[gap + 2] = c
      rows[gap + 3] = d
      rows[gap + 4] = rows[at + 4] as number
      gap = at
    }
    at = (at + ROW) & mask
  }
  rows[gap + 4] = 0
}
