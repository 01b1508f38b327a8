// The best block of one size, looked for segment by segment: steps 1 and 2 of the ladder (B).
//
// Owns: the order of blocks, packed into one number.
// Leaves to others: which segments to look at (block-search.ts, adjacency.ts).
//
//   A2. Order: no orphan left (while the rule is on), seat quality, centrality by full row length,
//       least leftover, lowest index. Lower keys win; the first of equal keys wins.
//   A4. A key is an exact integer below 2^50; centrality and leftover saturate, which only a row of
//       over 4 000 seats can notice.
//
//   key   | orphan 1 | quality 24 | centrality 13 | leftover 12 |

import { assert } from '../../shared/assert.ts'
import type { SeatIndex } from '../../shared/ids.ts'
import { LIMITS } from '../../shared/limits.ts'
import {
  onesBelow,
  onesFrom,
  type PlanBits,
  shrinkToStarts,
  startsInWord,
  trailingZeros,
} from './plan-bits.ts'

const LEFTOVER_MAX = 2 ** 12 - 1
const CENTRALITY_MAX = 2 ** 13 - 1
const CENTRALITY_UNIT = 2 ** 12
const QUALITY_UNIT = 2 ** 25
const ORPHAN_UNIT = 2 ** 49
/** No block. Above every key. */
export const NO_KEY = Number.POSITIVE_INFINITY

assert(LIMITS.seatsPerHoldMax <= 64, 'A4: the quality of a block fits its 24 bits')

interface BlockWish {
  readonly count: number
  /** Seats that may be taken, as bits */
  readonly allowed: Uint32Array
  /** the block contains an accessible Seat (A3) */
  readonly needsAccessible: boolean
  /** whether a block that leaves an orphan comes after every block that leaves none */
  readonly orphans: boolean
  /** the block contains one of these Seats, as bits (L2) */
  readonly touching?: Uint32Array
}

/** Blocks with their keys, in arrays long enough for a row. */
export interface BlockList {
  count: number
  readonly starts: Int32Array
  readonly keys: Float64Array
}

/** one segment's starts and a 0 behind them; free for use between two scans */
let starts = new Uint32Array(64)

export class BlockScan {
  /** of the best block so far */
  key = NO_KEY
  start = -1
  readonly #bits: PlanBits
  readonly #wish: BlockWish
  readonly #count: number
  /** some blocks do not count, whatever Seats they have */
  readonly #isPicky: boolean
  // the segment being looked through
  #free: Uint32Array
  #base = 0
  #wordCount = 0
  #first = 0
  // the best of its blocks, among those that leave no orphan or among all
  #quality = NO_KEY
  #candidate = -1

  constructor(bits: PlanBits, wish: BlockWish) {
    assert(wish.count >= 1 && wish.count <= LIMITS.seatsPerHoldMax, 'B: a block fits in a hold')
    this.#bits = bits
    this.#wish = wish
    this.#count = wish.count
    this.#isPicky = wish.needsAccessible || wish.touching !== undefined
    this.#free = wish.allowed
  }

  reset(): void {
    this.key = NO_KEY
    this.start = -1
  }

  /**
   * Looks through one segment, whose free Seats are the ones in `free` from word `base` on. Keeps
   * what it found before unless something better is here.
   */
  scan(segment: number, free: Uint32Array, base: number): void {
    if (!this.#enter(segment, free, base)) return
    this.#quality = NO_KEY
    this.#candidate = -1
    if (this.#wish.orphans) {
      for (let word = 0; word < this.#wordCount; word += 1) {
        this.#weighAll((starts[word] as number) & ~this.#orphansAt(word), word)
      }
    }
    if (this.#candidate < 0) {
      for (let word = 0; word < this.#wordCount; word += 1) {
        this.#weighAll(starts[word] as number, word)
      }
    }
    if (this.#candidate < 0) return
    const key = this.#keyOf(this.#candidate)
    if (key >= this.key) return
    this.key = key
    this.start = this.#candidate
  }

  /** Adds every block of one segment to a list, lowest index first. */
  list(segment: number, free: Uint32Array, blocks: BlockList): void {
    if (!this.#enter(segment, free, this.#bits.wordStart[segment] as number)) return
    for (let word = 0; word < this.#wordCount; word += 1) {
      const first = this.#first + word * 32
      for (let rest = starts[word] as number; rest !== 0; rest &= rest - 1) {
        const start = first + trailingZeros(rest)
        if (this.#isPicky && !this.#counts(start)) continue
        blocks.starts[blocks.count] = start
        blocks.keys[blocks.count] = this.#keyOf(start)
        blocks.count += 1
      }
    }
  }

  /** Fills `starts` with the blocks of a segment; false when there is none. */
  #enter(segment: number, free: Uint32Array, base: number): boolean {
    const { plan, wordStart } = this.#bits
    const { allowed } = this.#wish
    const first = plan.segmentStart[segment] as number
    if (first + this.#count > (plan.segmentStart[segment + 1] as number)) return false
    const at = wordStart[segment] as number
    const wordCount = (wordStart[segment + 1] as number) - at
    this.#free = free
    this.#base = base
    this.#wordCount = wordCount
    this.#first = first
    if (wordCount === 1) {
      const word = startsInWord((free[base] as number) & (allowed[at] as number), this.#count)
      starts[0] = word
      return word !== 0
    }
    if (starts.length <= wordCount) starts = new Uint32Array(wordCount * 2)
    for (let word = 0; word < wordCount; word += 1) {
      starts[word] = (free[base + word] as number) & (allowed[at + word] as number)
    }
    starts[wordCount] = 0
    shrinkToStarts(starts, wordCount, this.#count)
    return true
  }

  /**
   * Where a block of this word would leave an orphan: with l and r free Seats beside it, both at
   * least 1 and one of them exactly 1. O2: when l + r = 1 one Seat is left in all, and no orphan.
   */
  #orphansAt(word: number): number {
    const bit = word * 32
    const right = this.#window(bit + this.#count)
    const left = this.#window(bit - 1)
    if ((left & right) === 0) return 0
    return left & right & ~(this.#window(bit - 2) & this.#window(bit + this.#count + 1))
  }

  /** 32 bits of the segment from a bit on; none are set outside it. */
  #window(bit: number): number {
    const word = bit >> 5
    const offset = bit & 31
    const here = word < 0 || word >= this.#wordCount ? 0 : (this.#free[this.#base + word] as number)
    if (offset === 0) return here
    const after = word + 1
    const next =
      after < 0 || after >= this.#wordCount ? 0 : (this.#free[this.#base + after] as number)
    return (here >>> offset) | (next << (32 - offset))
  }

  /** The best quality so far; only equal ones are compared further. */
  #weighAll(candidates: number, word: number): void {
    const { costSum } = this.#bits
    const first = this.#first + word * 32
    for (let rest = candidates; rest !== 0; rest &= rest - 1) {
      const start = first + trailingZeros(rest)
      const sum = (costSum[start + this.#count] as number) - (costSum[start] as number)
      const quality = sum >>> 0
      if (quality > this.#quality || (this.#isPicky && !this.#counts(start))) continue
      if (quality === this.#quality && this.#keyOf(start) >= this.#keyOf(this.#candidate)) continue
      this.#quality = quality
      this.#candidate = start
    }
  }

  #counts(start: number): boolean {
    const { accessibleSum, bitOf } = this.#bits
    const { touching } = this.#wish
    const end = start + this.#count
    if (this.#wish.needsAccessible && accessibleSum[end] === accessibleSum[start]) return false
    if (touching === undefined) return true
    for (let seat = start; seat < end; seat += 1) {
      const bit = bitOf[seat] as number
      if ((((touching[bit >>> 5] as number) >>> (bit & 31)) & 1) === 1) return true
    }
    return false
  }

  #keyOf(start: number): number {
    const { plan, costSum } = this.#bits
    const bit = start - this.#first
    const quality = ((costSum[start + this.#count] as number) - (costSum[start] as number)) >>> 0
    const left = onesBelow(this.#free, this.#base, bit)
    const right = onesFrom(this.#free, this.#base, bit + this.#count, this.#wordCount)
    const isOrphan = left > 0 && right > 0 && (left === 1 || right === 1)
    const row = plan.rowOf[start] as number
    const rowStart = plan.rowStart[row] as number
    const rowLength = (plan.rowStart[row + 1] as number) - rowStart
    const offCentre = Math.abs(2 * (start - rowStart) + this.#count - rowLength)
    return (
      (isOrphan && this.#wish.orphans ? ORPHAN_UNIT : 0) +
      quality * QUALITY_UNIT +
      Math.min(offCentre, CENTRALITY_MAX) * CENTRALITY_UNIT +
      Math.min(left + right, LEFTOVER_MAX)
    )
  }
}

/** The Seats of a block. */
export function blockOf(start: number, count: number): SeatIndex[] {
  const seats = new Array<SeatIndex>(count) // pushing would reserve room for seventeen
  for (let at = 0; at < count; at += 1) seats[at] = (start + at) as SeatIndex
  return seats
}
