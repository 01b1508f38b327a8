// Rule O: a direct hold leaves no new single seat behind.
//
// Owns: which Seats would be left alone.
// Leaves to others: whether the rule applies to this Show and this caller (holds.ts).
//
//   O1. Per free block that a hold touches: refused when a run of length 1 is left and more than
//       one Seat of the block is left. A Seat that is already single may always be bought.
//   O2. In a block of L taking k contiguous with l and r left beside them that is:
//       (l = 1 or r = 1) and L - k <> 1.
//   O3. On a change the hold's own Seats count as free.
//   O4. The cost is O(k): only neighbours of the asked Seats can become single.

import type { SeatIndex } from '../../shared/ids.ts'
import type { SeatMap } from './seat-map.ts'

const ASKED = 1
const OWN = 2
/** one mark per Seat of the largest hall seen; all zero between calls */
let marks = new Uint8Array(0)

/**
 * The Seats that would become single, without repeats; empty when the hold may be made. Asked Seats
 * are free or among `alsoFree`, each once; neither is checked here. O(asked + alsoFree).
 */
export function newOrphans(
  seats: SeatMap,
  asked: readonly SeatIndex[],
  alsoFree: readonly SeatIndex[],
): SeatIndex[] {
  if (asked.length === 0) return []
  if (alsoFree.length === 0 && isOneBlock(seats, asked)) return besideBlock(seats, asked)
  if (marks.length < seats.seatCount) marks = new Uint8Array(seats.seatCount)
  for (const seat of alsoFree) marks[seat] = OWN
  for (const seat of asked) marks[seat] = ASKED
  const orphans: SeatIndex[] = []
  for (const seat of asked) collectBeside(seats, seat, orphans)
  for (const seat of asked) marks[seat] = 0
  for (const seat of alsoFree) marks[seat] = 0
  return orphans
}

/** Ascending neighbours of one segment: what nearly every hold asks for. */
function isOneBlock(seats: SeatMap, asked: readonly SeatIndex[]): boolean {
  const first = asked[0] as number
  const last = asked[asked.length - 1] as number
  if (last - first !== asked.length - 1) return false
  if (seats.plan.segmentOf[first] !== seats.plan.segmentOf[last]) return false
  for (let at = 1; at < asked.length; at += 1) if (asked[at] !== first + at) return false
  return true
}

/** O2: with l or r = 0 a single left Seat is all that is left, so only l and r > 0 can refuse. */
function besideBlock(seats: SeatMap, asked: readonly SeatIndex[]): SeatIndex[] {
  const first = asked[0] as number
  const last = asked[asked.length - 1] as number
  const segment = seats.plan.segmentOf[first] as number
  const start = seats.plan.segmentStart[segment] as number
  const end = seats.plan.segmentStart[segment + 1] as number
  if (first === start || last === end - 1) return []
  if (!seats.isFree((first - 1) as SeatIndex) || !seats.isFree((last + 1) as SeatIndex)) return []
  const orphans: SeatIndex[] = []
  if (first - 1 === start || !seats.isFree((first - 2) as SeatIndex)) {
    orphans.push((first - 1) as SeatIndex)
  }
  if (last + 2 === end || !seats.isFree((last + 2) as SeatIndex)) {
    orphans.push((last + 1) as SeatIndex)
  }
  return orphans
}

/**
 * A run of length 1 inside a touched block lies beside an asked Seat: nothing else is looked at. O4
 */
function collectBeside(seats: SeatMap, seat: SeatIndex, orphans: SeatIndex[]): void {
  const segment = seats.plan.segmentOf[seat] as number
  const start = seats.plan.segmentStart[segment] as number
  const last = (seats.plan.segmentStart[segment + 1] as number) - 1
  // a single between two asked Seats is met from its left one only
  const isMetBefore = seat - 2 >= start && marks[seat - 2] === ASKED
  if (seat > start && !isMetBefore && isNewSingle(seats, seat - 1, start, last)) {
    orphans.push((seat - 1) as SeatIndex)
  }
  if (seat < last && isNewSingle(seats, seat + 1, start, last))
    orphans.push((seat + 1) as SeatIndex)
}

function isNewSingle(seats: SeatMap, seat: number, start: number, last: number): boolean {
  if (!isLeft(seats, seat)) return false
  if (seat > start && isLeft(seats, seat - 1)) return false
  if (seat < last && isLeft(seats, seat + 1)) return false
  return isMoreLeft(seats, seat, start, last)
}

/** Free or own, and not asked. */
function isLeft(seats: SeatMap, seat: number): boolean {
  const mark = marks[seat]
  return mark === OWN || (mark === 0 && seats.isFree(seat as SeatIndex))
}

/** Whether the block of a single keeps another Seat: beyond the asked ones on either side. O1 */
function isMoreLeft(seats: SeatMap, seat: number, start: number, last: number): boolean {
  let left = seat - 1
  while (left >= start && marks[left] === ASKED) left -= 1
  if (left >= start && isLeft(seats, left)) return true
  let right = seat + 1
  while (right <= last && marks[right] === ASKED) right += 1
  return right <= last && isLeft(seats, right)
}
