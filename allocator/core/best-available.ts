// Best available: the ladder B.
//
// Owns: which Seats a request without named Seats gets, or the largest block it could get instead.
// Leaves to others: blocks of one segment (block-search.ts), split parties (pair-search.ts,
//       group-search.ts), single Seats (single-search.ts), which refusal is answered (holds.ts).
//
//   B1. One segment, no orphan left.
//   B2. One segment, orphan allowed. While the orphan rule is off, B1 and B2 are one step.
//   B3. Two adjacent rows with overlapping columns, split evenly, nobody alone for parties over 2.
//   B4. One section, in groups of at least 2.
//   B5. Otherwise none, with the largest block of one segment that would fit.
//   B6. Within a step: seat quality, centrality by full row length, least leftover, lowest index.
//   A3. Accessible Seats never go to a general request. An accessible request is given at least
//       one: the ladder is climbed with accessible and companion Seats first (steps B1 and B2),
//       then with every kind.
//   B7. Deterministic: the answer depends on the map, the wish and the rules alone.
//
// The answer is read from trees of winners that pay for changed segments only, so its cost depends
// neither on how full the hall is nor on its size (but for the tree's height).

import { assert } from '../../shared/assert.ts'
import type { CategorySet } from '../../shared/commands.ts'
import type { SeatIndex } from '../../shared/ids.ts'
import { LIMITS } from '../../shared/limits.ts'
import { blockOf } from './block-scan.ts'
import { blockSearch } from './block-search.ts'
import { bestGroups } from './group-search.ts'
import { bestPair } from './pair-search.ts'
import { ALL_KINDS, GENERAL_KINDS, kindsFor } from './plan-bits.ts'
import { reachSearch } from './run-search.ts'
import type { SeatMap } from './seat-map.ts'
import { bestSingles } from './single-search.ts'

export interface BestWish {
  readonly count: number
  /** 0 means every category */
  readonly categories: CategorySet
  /** undefined: the whole ladder; true: B1 and B2; false: any Seats, the best first */
  readonly together?: boolean | undefined
  readonly accessible: boolean
}

interface BestRules {
  /** the orphan rule applies: blocks that leave an orphan come second */
  readonly orphans: boolean
}

type Best =
  | { readonly kind: 'found'; readonly seats: SeatIndex[] }
  | {
      readonly kind: 'none'
      /** the largest block of one segment (for `together: false`: number of Seats), below count */
      readonly largest: number
      /** no Seat at all is free to this kind of request, whatever its category */
      readonly isSoldOut: boolean
    }

/** Seats ascending. `wish.count` is 1 .. seatsPerHoldMax. */
export function bestAvailable(seats: SeatMap, wish: BestWish, rules: BestRules): Best {
  assert(
    wish.count >= 1 && wish.count <= LIMITS.seatsPerHoldMax,
    'B: best available asks for one hold',
  )
  if (isSoldOut(seats, wish.accessible)) return { kind: 'none', largest: 0, isSoldOut: true }
  if (wish.together === false) return bestApart(seats, wish)
  const found = bestBlock(seats, wish, rules) ?? bestSplit(seats, wish)
  if (found !== undefined) return { kind: 'found', seats: found }
  return { kind: 'none', largest: largestBlock(seats, wish), isSoldOut: false }
}

/** No Seat is free to this kind of request. O(1) */
export function isSoldOut(seats: SeatMap, accessible: boolean): boolean {
  return accessible ? seats.freeAccessibleCount === 0 : seats.freeGeneralCount === 0
}

/** B1 and B2 */
function bestBlock(seats: SeatMap, wish: BestWish, rules: BestRules): SeatIndex[] | undefined {
  for (const kinds of kindsFor(wish.accessible)) {
    const among = { categories: wish.categories, kinds }
    const start = blockSearch(seats.index, wish.count, among, rules.orphans).bestStart
    if (start >= 0) return blockOf(start, wish.count)
  }
  return undefined
}

/** B3 and B4 */
function bestSplit(seats: SeatMap, wish: BestWish): SeatIndex[] | undefined {
  if (wish.together === true) return undefined
  const kinds = wish.accessible ? ALL_KINDS : GENERAL_KINDS
  const among = { categories: wish.categories, kinds }
  return bestPair(seats.index, wish.count, among) ?? bestGroups(seats.index, wish.count, among)
}

function bestApart(seats: SeatMap, wish: BestWish): Best {
  const picked = bestSingles(seats, wish)
  if (picked.length < wish.count) return { kind: 'none', largest: picked.length, isSoldOut: false }
  return { kind: 'found', seats: picked.sort((left, right) => left - right) }
}

/** The longest run that this request may take, at most its count. */
function largestBlock(seats: SeatMap, wish: BestWish): number {
  let largest = 0
  for (const kinds of kindsFor(wish.accessible)) {
    const search = reachSearch(seats.index, { categories: wish.categories, kinds })
    largest = Math.max(largest, search.longest)
  }
  return Math.min(largest, wish.count)
}
