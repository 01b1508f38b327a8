// The Seats that one waiter can be given now.
//
// Owns: fits among all free Seats, and fits that touch what became free, the cheaper way first.
// Leaves to others: the order of blocks (block-scan.ts), whose turn it is (serving.ts).
//
//   L2. The largest n in [minParty, party] that fits wins, then the order of the ladder B.
//   J1. The best block of the house, if it touches a fresh Seat, is the best block that does: both
//       ways of looking keep one order. So when much became free the trees of the ladder answer.

import type { SeatIndex } from '../../shared/ids.ts'
import { type FitSource, findFit } from './adjacency.ts'
import { bestAvailable, isSoldOut } from './best-available.ts'
import type { SeatMap } from './seat-map.ts'
import { bestSingles } from './single-search.ts'
import type { WaitRequest } from './waitlist-buckets.ts'

/** From so many fresh Seats on looking at each of their segments costs more than the trees. */
const MANY_FRESH = 64

/** Ascending, or undefined; at least one Seat is fresh or reserved for this waiter. L2 */
export function freshFit(
  seats: SeatMap,
  request: WaitRequest,
  from: FitSource,
): readonly SeatIndex[] | undefined {
  if (request.together && from.own.length === 0 && from.fresh.size >= MANY_FRESH) {
    const best = freeFit(seats, request) // J1
    if (best === undefined || best.some(seat => from.fresh.has(seat))) return best
  }
  return findFit(seats, request, from)
}

/** Ascending, or undefined; among all free Seats. */
export function freeFit(seats: SeatMap, request: WaitRequest): readonly SeatIndex[] | undefined {
  const { party, minParty, categories, accessible } = request
  if (isSoldOut(seats, accessible)) return undefined
  if (!request.together) {
    const found = bestSingles(seats, { count: party, categories, accessible })
    return found.length < minParty ? undefined : found.sort((left, right) => left - right)
  }
  for (let count = party; count >= minParty; ) {
    const wish = { count, categories, together: true, accessible }
    const best = bestAvailable(seats, wish, { orphans: true })
    if (best.kind === 'found') return best.seats
    count = Math.min(count - 1, best.largest)
  }
  return undefined
}
