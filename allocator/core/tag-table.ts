// A hash table whose keys stand elsewhere: it knows a 32-bit tag and a small integer per row.
//
// Owns: finding the values that a tag may mean, in eight bytes a row: eight rows are one cache line.
// Leaves to others: telling values of one tag apart by what they stand for (holds.ts, command-table.ts).
//
//   G1. first() and next() name every row of the tag; a row that is another's costs one comparison.
//   G2. Deleting moves later rows back, so that no tombstone ever slows a lookup.
//
// One row: tag, value + 1; the second is 0 in an empty row. At most half of the rows are taken.

const ROWS_MIN = 16

/**
 * Mixes four lanes into a tag. Lane a is a show number and ids of tests count up: every lane must
 * reach the low bits. The products do not wait for each other.
 */
export function tagOf(a: number, b: number, c: number, d: number): number {
  const mixed =
    Math.imul(a, 0x9e3779b1) ^
    Math.imul(b ^ (b >>> 15), 0x85ebca6b) ^
    Math.imul(c ^ (c >>> 13), 0xc2b2ae35) ^
    Math.imul(d ^ (d >>> 17), 0x27d4eb2f)
  const tag = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d)
  return tag ^ (tag >>> 14)
}

export class TagTable {
  /** a power of two of words, so that an offset wraps by masking */
  #rows = new Int32Array(ROWS_MIN * 2)
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Where the first row of the tag is, or -1. G1 */
  first(tag: number): number {
    const rows = this.#rows
    const mask = rows.length - 1
    let at = (tag << 1) & mask
    while (rows[at + 1] !== 0) {
      if (rows[at] === tag) return at
      at = (at + 2) & mask
    }
    return -1
  }

  /** The next row of the same tag after `at`, or -1. G1 */
  next(after: number, tag: number): number {
    const rows = this.#rows
    const mask = rows.length - 1
    let at = (after + 2) & mask
    while (rows[at + 1] !== 0) {
      if (rows[at] === tag) return at
      at = (at + 2) & mask
    }
    return -1
  }

  valueAt(at: number): number {
    return (this.#rows[at + 1] as number) - 1
  }

  /** Reads the tag's home, so that its cache line is there for what follows. */
  look(tag: number): number {
    const rows = this.#rows
    return rows[(tag << 1) & (rows.length - 1)] as number
  }

  /** `value` is 0 .. 2^31 - 2; whether the tag has rows already is the caller's business. */
  add(tag: number, value: number): void {
    if ((this.#size + 1) * 4 > this.#rows.length) this.#grow()
    this.#size += 1
    place(this.#rows, tag, value + 1)
  }

  /** The row of the tag with this value names another one. */
  replace(tag: number, value: number, by: number): boolean {
    const at = this.#find(tag, value)
    if (at >= 0) this.#rows[at + 1] = by + 1
    return at >= 0
  }

  /** false when it was not there. */
  delete(tag: number, value: number): boolean {
    const at = this.#find(tag, value)
    if (at < 0) return false
    this.#size -= 1
    closeGap(this.#rows, at)
    return true
  }

  #find(tag: number, value: number): number {
    const rows = this.#rows
    const mask = rows.length - 1
    let at = (tag << 1) & mask
    while (rows[at + 1] !== 0) {
      if (rows[at + 1] === value + 1 && rows[at] === tag) return at
      at = (at + 2) & mask
    }
    return -1
  }

  #grow(): void {
    const old = this.#rows
    const rows = new Int32Array(old.length * 2)
    for (let from = 0; from < old.length; from += 2) {
      if (old[from + 1] !== 0) place(rows, old[from] as number, old[from + 1] as number)
    }
    this.#rows = rows
  }
}

function place(rows: Int32Array, tag: number, stored: number): void {
  const mask = rows.length - 1
  let at = (tag << 1) & mask
  while (rows[at + 1] !== 0) at = (at + 2) & mask
  rows[at] = tag
  rows[at + 1] = stored
}

/** Linear probing's backward shift: a row moves into the gap unless that is before its home. G2 */
function closeGap(rows: Int32Array, start: number): void {
  const mask = rows.length - 1
  let gap = start
  let at = (start + 2) & mask
  while (rows[at + 1] !== 0) {
    const tag = rows[at] as number
    const home = (tag << 1) & mask
    if (((at - home) & mask) >= ((at - gap) & mask)) {
      rows[gap] = tag
      rows[gap + 1] = rows[at + 1] as number
      gap = at
    }
    at = (at + 2) & mask
  }
  rows[gap + 1] = 0
}
