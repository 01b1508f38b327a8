// Fits for a Waiter: Seats that one party can be given, among them one that has just become free.
//
// Owns: sets of Seats, and the search from the Seats that became free (L2).
// Leaves to others: the ladder of direct requests (best-available.ts), who is served (serving.ts).
//
//   A3. A general request is given no accessible Seat. An accessible one is given at least one,
//       beside companion Seats first and standard ones only where those do not suffice.
//   A5. A fit contains a fresh Seat: only segments with a fresh Seat are looked at.
//   A6. Orphans never refuse an offer; of fits of one size those without an orphan come first (B).

import { assert } from '../../shared/assert.ts'
import type { CategorySet } from '../../shared/commands.ts'
import type { SeatIndex } from '../../shared/ids.ts'
import type { SeatingPlan } from '../../shared/seating-plan.ts'
import { BlockScan, blockOf } from './block-scan.ts'
import {
  ACCESSIBLE_ONLY,
  allowedWords,
  type KindSet,
  kindsFor,
  needsAccessible,
  type PlanBits,
  planBitsOf,
  trailingZeros,
} from './plan-bits.ts'
import type { SeatMap } from './seat-map.ts'
import { bestSingles } from './single-search.ts'

/** A set of Seats of one hall: O(1) to add, delete and ask, O(Seats ever added) to walk. */
export class SeatSet {
  readonly #bits: PlanBits
  #words: Uint32Array | undefined
  readonly #segments = new Set<number>()
  #size = 0

  constructor(plan: SeatingPlan, seats: Iterable<SeatIndex> = []) {
    this.#bits = planBitsOf(plan)
    for (const seat of seats) this.add(seat)
  }

  get size(): number {
    return this.#size
  }

  /** As bits of the plan's layout; made at the first use, since most rounds free nothing. */
  get words(): Uint32Array {
    this.#words ??= new Uint32Array(this.#bits.wordCount)
    return this.#words
  }

  /** Segments that held a Seat of the set at some time, in the order of their first one. */
  get segments(): Iterable<number> {
    return this.#segments
  }

  has(seat: SeatIndex): boolean {
    if (this.#size === 0) return false
    const bit = this.#bits.bitOf[seat] as number
    return (((this.words[bit >>> 5] as number) >>> (bit & 31)) & 1) === 1
  }

  add(seat: SeatIndex): void {
    if (this.has(seat)) return
    this.#flip(seat)
    this.#size += 1
    this.#segments.add(this.#bits.plan.segmentOf[seat] as number)
  }

  delete(seat: SeatIndex): void {
    if (!this.has(seat)) return
    this.#flip(seat)
    this.#size -= 1
  }

  #flip(seat: SeatIndex): void {
    const bit = this.#bits.bitOf[seat] as number
    this.words[bit >>> 5] = (this.words[bit >>> 5] as number) ^ (1 << (bit & 31))
  }
}

export interface FitWish {
  /** the largest number of Seats wanted */
  readonly party: number
  /** the smallest number accepted */
  readonly minParty: number
  readonly categories: CategorySet
  readonly together: boolean
  readonly accessible: boolean
}

/** What a fit may be made of besides free Seats, and what it must touch. */
export interface FitSource {
  /** reserved for this Waiter */
  readonly own: readonly SeatIndex[]
  /** became free in this frame, and `own` */
  readonly fresh: SeatSet
}

/**
 * The Seats for a Waiter, ascending, or undefined. Usable is what is free or in `own` (reserved for
 * this Waiter); at least one Seat is in `fresh` (freed in this frame, or in `own`: the caller puts
 * those there too). The largest n in [minParty, party] that fits wins, then the order of the
 * ladder's steps 1 and 2; with `together: false` the n best Seats. O(segments with fresh Seats)
 * when together, else O(n) searches of one Seat.
 */
export function findFit(seats: SeatMap, wish: FitWish, from: FitSource): SeatIndex[] | undefined {
  assert(1 <= wish.minParty && wish.minParty <= wish.party, 'L2: a party has a smallest size')
  if (from.fresh.size === 0) return undefined
  return wish.together ? findTogether(seats, wish, from) : findApart(seats, wish, from)
}

function findTogether(seats: SeatMap, wish: FitWish, from: FitSource): SeatIndex[] | undefined {
  const index = seats.index
  const free = from.own.length === 0 ? index.free : withSeats(index.bits, index.free, from.own)
  for (let count = wish.party; count >= wish.minParty; count -= 1) {
    for (const kinds of kindsFor(wish.accessible)) {
      const scan = new BlockScan(index.bits, {
        count,
        allowed: allowedWords(index.bits, wish.categories, kinds),
        needsAccessible: needsAccessible(kinds),
        orphans: true,
        touching: from.fresh.words,
      })
      scanFresh(scan, index.bits, free, from.fresh)
      if (scan.start >= 0) return blockOf(scan.start, count)
    }
  }
  return undefined
}

/**
 * Segments come in the order of their first fresh Seat, so equal keys are told apart by index. A2
 */
function scanFresh(scan: BlockScan, bits: PlanBits, free: Uint32Array, fresh: SeatSet): void {
  let key = scan.key
  let start = -1
  for (const segment of fresh.segments) {
    scan.reset()
    scan.scan(segment, free, bits.wordStart[segment] as number)
    if (scan.start < 0 || scan.key > key || (scan.key === key && scan.start > start)) continue
    key = scan.key
    start = scan.start
  }
  scan.key = key
  scan.start = start
}

function withSeats(bits: PlanBits, free: Uint32Array, own: readonly SeatIndex[]): Uint32Array {
  const words = free.slice()
  for (const seat of own) {
    const bit = bits.bitOf[seat] as number
    words[bit >>> 5] = (words[bit >>> 5] as number) | (1 << (bit & 31))
  }
  return words
}

function findApart(seats: SeatMap, wish: FitWish, from: FitSource): SeatIndex[] | undefined {
  const picked = bestSingles(seats, { ...wish, count: wish.party }, from.own)
  if (picked.length < wish.minParty) return undefined
  if (!picked.some(seat => from.fresh.has(seat))) {
    // fewer than the party are all that is usable, so no fresh Seat is
    const replacement = picked.length < wish.party ? undefined : bestFresh(seats, wish, from)
    if (replacement === undefined) return undefined
    picked[picked.length - 1] = replacement
  }
  return picked.sort((left, right) => left - right)
}

/** The best usable fresh Seat that may stand in for the party's worst one. */
function bestFresh(seats: SeatMap, wish: FitWish, from: FitSource): SeatIndex | undefined {
  const { bits, free } = seats.index
  const usable = from.own.length === 0 ? free : withSeats(bits, free, from.own)
  const everyKind = kindsFor(wish.accessible).at(-1) as KindSet
  const kinds = wish.accessible && wish.party === 1 ? ACCESSIBLE_ONLY : everyKind
  const allowed = allowedWords(bits, wish.categories, kinds)
  let best: SeatIndex | undefined
  let bestRank = bits.plan.seatCount
  for (const segment of from.fresh.segments) {
    const end = bits.wordStart[segment + 1] as number
    for (let at = bits.wordStart[segment] as number; at < end; at += 1) {
      const here =
        (usable[at] as number) & (allowed[at] as number) & (from.fresh.words[at] as number)
      const first =
        (bits.plan.segmentStart[segment] as number) +
        (at - (bits.wordStart[segment] as number)) * 32
      for (let rest = here; rest !== 0; rest &= rest - 1) {
        const seat = first + trailingZeros(rest)
        const rank = bits.plan.qualityRank[seat] as number
        if (rank >= bestRank) continue
        bestRank = rank
        best = seat as SeatIndex
      }
    }
  }
  return best
}
