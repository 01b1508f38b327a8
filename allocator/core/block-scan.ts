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

export interface BlockWish {
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

/** one segment's words and a 0 behind them; free for use between two scans */
let scratch = new Uint32Array(64)

export class BlockScan {
  /** of the best block so far */
  key = NO_KEY
  start = -1
  readonly #bits: PlanBits
  readonly #wish: BlockWish
  /** told every block instead of keeping the best one */
  #visit: ((start: number, key: number) => void) | undefined

  constructor(bits: PlanBits, wish: BlockWish) {
    assert(wish.count >= 1 && wish.count <= LIMITS.seatsPerHoldMax, 'B: a block fits in a hold')
    this.#bits = bits
    this.#wish = wish
  }

  reset(): void {
    this.key = NO_KEY
    this.start = -1
  }

  /** Tells every block of one segment, lowest index first. */
  each(
    segment: number,
    free: Uint32Array,
    base: number,
    visit: (start: number, key: number) => void,
  ): void {
    this.#visit = visit
    this.scan(segment, free, base)
    this.#visit = undefined
  }

  /**
   * Looks through one segment, whose free Seats are the ones in `free` from word `base` on. Keeps
   * what it found before unless something better is here.
   */
  scan(segment: number, free: Uint32Array, base: number): void {
    const { plan, wordStart } = this.#bits
    const { count, allowed } = this.#wish
    const first = plan.segmentStart[segment] as number
    if (first + count > (plan.segmentStart[segment + 1] as number)) return
    const at = wordStart[segment] as number
    const wordCount = (wordStart[segment + 1] as number) - at
    if (wordCount === 1) {
      const word = (free[base] as number) & (allowed[at] as number)
      this.#weighAll(startsInWord(word, count), first, 0, { free, base, wordCount })
      return
    }
    if (scratch.length <= wordCount) scratch = new Uint32Array(wordCount * 2)
    for (let word = 0; word < wordCount; word += 1) {
      scratch[word] = (free[base + word] as number) & (allowed[at + word] as number)
    }
    scratch[wordCount] = 0
    shrinkToStarts(scratch, wordCount, count)
    const place = { free, base, wordCount }
    for (let word = 0; word < wordCount; word += 1) {
      this.#weighAll(scratch[word] as number, first, word * 32, place)
    }
  }

  #weighAll(starts: number, first: number, bit: number, place: Place): void {
    for (let rest = starts; rest !== 0; rest &= rest - 1) {
      if (this.#visit !== undefined) this.reset()
      this.#weigh(first, bit + trailingZeros(rest), place)
      if (this.#visit !== undefined && this.start >= 0) this.#visit(this.start, this.key)
    }
  }

  #weigh(first: number, bit: number, place: Place): void {
    const { costSum, accessibleSum } = this.#bits
    const { count } = this.#wish
    const start = first + bit
    const end = start + count
    const quality = ((costSum[end] as number) - (costSum[start] as number)) >>> 0
    if (quality * QUALITY_UNIT >= this.key) return
    if (this.#wish.needsAccessible && accessibleSum[end] === accessibleSum[start]) return
    if (this.#wish.touching !== undefined && !this.#touches(start, end)) return
    const key = quality * QUALITY_UNIT + this.#restOfKey(start, bit, place)
    if (key >= this.key) return
    this.key = key
    this.start = start
  }

  /** Orphan, centrality and leftover. */
  #restOfKey(start: number, bit: number, place: Place): number {
    const { plan } = this.#bits
    const { count } = this.#wish
    const left = onesBelow(place.free, place.base, bit)
    const right = onesFrom(place.free, place.base, bit + count, place.wordCount)
    // O2: a block that leaves one Seat in all leaves no orphan
    const isOrphan = (left === 1 && right > 0) || (right === 1 && left > 0)
    const row = plan.rowOf[start] as number
    const rowStart = plan.rowStart[row] as number
    const rowLength = (plan.rowStart[row + 1] as number) - rowStart
    const offCentre = Math.abs(2 * (start - rowStart) + count - rowLength)
    return (
      (isOrphan && this.#wish.orphans ? ORPHAN_UNIT : 0) +
      Math.min(offCentre, CENTRALITY_MAX) * CENTRALITY_UNIT +
      Math.min(left + right, LEFTOVER_MAX)
    )
  }

  #touches(start: number, end: number): boolean {
    const words = this.#wish.touching as Uint32Array
    for (let seat = start; seat < end; seat += 1) {
      const bit = this.#bits.bitOf[seat] as number
      if ((((words[bit >>> 5] as number) >>> (bit & 31)) & 1) === 1) return true
    }
    return false
  }
}

interface Place {
  readonly free: Uint32Array
  readonly base: number
  readonly wordCount: number
}

/** Whether a key's block leaves an orphan behind: step 2 of the ladder, not step 1. */
export function leavesOrphan(key: number): boolean {
  return key >= ORPHAN_UNIT
}

/** The Seats of a block. */
export function blockOf(start: number, count: number): SeatIndex[] {
  const seats: SeatIndex[] = []
  for (let seat = start; seat < start + count; seat += 1) seats.push(seat as SeatIndex)
  return seats
}
