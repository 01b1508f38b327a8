// The best Seats one by one: `together: false`.
//
// Owns: the best free Seat of every segment, by quality rank.
// Leaves to others: blocks (block-search.ts).
//
//   A3. An accessible request is given the best accessible Seat first, then accessible and
//       companion Seats by quality, and standard ones where those do not suffice.

import { assert } from '../../shared/assert.ts'
import type { CategorySet } from '../../shared/commands.ts'
import type { SeatIndex } from '../../shared/ids.ts'
import {
  ACCESSIBLE_ONLY,
  allowedWords,
  type KindSet,
  kindsFor,
  trailingZeros,
} from './plan-bits.ts'
import type { Search, SearchIndex } from './search-index.ts'
import { SEARCH, searchKey } from './search-key.ts'
import type { SeatMap } from './seat-map.ts'
import { Tournament } from './tournament.ts'

interface SinglesWish {
  readonly count: number
  readonly categories: CategorySet
  readonly accessible: boolean
}

/**
 * At most `count` Seats that are free or in `own`, best first; fewer when there are no more, none
 * when an accessible request finds no accessible Seat. O(count log segments).
 */
export function bestSingles(
  seats: SeatMap,
  wish: SinglesWish,
  own: readonly SeatIndex[] = [],
): SeatIndex[] {
  const taken = new Takings(seats.index, wish.categories)
  for (const seat of own) if (!seats.isFree(seat)) taken.lend(seat)
  if (wish.accessible) taken.take(1, ACCESSIBLE_ONLY)
  if (!wish.accessible || taken.seats.length > 0) {
    for (const kinds of kindsFor(wish.accessible)) taken.take(wish.count, kinds)
  }
  taken.giveBack()
  return taken.seats
}

/** Seats taken for the length of one search; the index is as it was afterwards (X1). */
class Takings {
  readonly seats: SeatIndex[] = []
  readonly #index: SearchIndex
  readonly #categories: CategorySet
  readonly #lent: SeatIndex[] = []

  constructor(index: SearchIndex, categories: CategorySet) {
    this.#index = index
    this.#categories = categories
  }

  lend(seat: SeatIndex): void {
    this.#index.freeChanged(seat)
    this.#lent.push(seat)
  }

  /** Takes until there are `upTo` in all, or no more of these kinds. */
  take(upTo: number, kinds: KindSet): void {
    while (this.seats.length < upTo) {
      const seat = singleSearch(this.#index, this.#categories, kinds).best
      if (seat === undefined) return
      this.#index.freeChanged(seat)
      this.seats.push(seat)
    }
  }

  giveBack(): void {
    for (const seat of this.seats) this.#index.freeChanged(seat)
    for (const seat of this.#lent) this.#index.freeChanged(seat)
  }
}

function singleSearch(index: SearchIndex, categories: CategorySet, kinds: KindSet): SingleSearch {
  const key = searchKey(index.bits.plan, { search: SEARCH.single, count: 1, categories, kinds })
  return index.searchOf(
    key,
    () => new SingleSearch(index, allowedWords(index.bits, categories, kinds)),
  )
}

class SingleSearch implements Search {
  readonly #index: SearchIndex
  readonly #allowed: Uint32Array
  readonly #ranks: Tournament

  constructor(index: SearchIndex, allowed: Uint32Array) {
    this.#index = index
    this.#allowed = allowed
    this.#ranks = new Tournament(index.bits.plan.segmentCount)
  }

  get best(): SeatIndex | undefined {
    const rank = this.#ranks.best
    if (rank === Number.POSITIVE_INFINITY) return undefined
    const seat = this.#bestIn(this.#ranks.bestLeaf)
    assert(seat >= 0 && this.#index.bits.plan.qualityRank[seat] === rank, 'X1: the index is right')
    return seat as SeatIndex
  }

  refreshAll(): void {
    this.#ranks.fill(segment => this.#rankIn(segment), this.#index.bits.plan.segmentCount)
  }

  refreshSegment(segment: number): void {
    this.#ranks.set(segment, this.#rankIn(segment))
  }

  #rankIn(segment: number): number {
    const seat = this.#bestIn(segment)
    if (seat < 0) return Number.POSITIVE_INFINITY
    return this.#index.bits.plan.qualityRank[seat] as number
  }

  /** The best usable Seat of a segment, or -1. */
  #bestIn(segment: number): number {
    const { plan, wordStart } = this.#index.bits
    const end = wordStart[segment + 1] as number
    let first = plan.segmentStart[segment] as number
    let best = -1
    let bestRank = plan.seatCount
    for (let at = wordStart[segment] as number; at < end; at += 1, first += 32) {
      let rest = (this.#index.free[at] as number) & (this.#allowed[at] as number)
      for (; rest !== 0; rest &= rest - 1) {
        const seat = first + trailingZeros(rest)
        const rank = plan.qualityRank[seat] as number
        if (rank >= bestRank) continue
        bestRank = rank
        best = seat
      }
    }
    return best
  }
}
