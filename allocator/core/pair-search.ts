// A party split evenly over two adjacent rows, kept per front row (B3).
//
// Owns: the best pair of blocks of every row and the row behind it.
// Leaves to others: blocks of one segment (block-search.ts), looser groups (group-search.ts).
//
//   P1. The halves differ by at most one Seat, either may sit in front; a party over 2 leaves
//       nobody alone, so parties of 3 are not split.
//   P2. Columns overlap when a Seat of the back block is directly behind one of the front block.
//   P3. Order: quality of all Seats, centrality and leftover of both blocks; then the front row's
//       index, the larger half in front, the lowest front Seat, the lowest back Seat.

import { assert } from '../../shared/assert.ts'
import type { SeatIndex } from '../../shared/ids.ts'
import type { SeatingPlan } from '../../shared/seating-plan.ts'
import { type BlockList, BlockScan, blockOf, NO_KEY } from './block-scan.ts'
import { allowedWords, needsAccessible } from './plan-bits.ts'
import type { Among, Search, SearchIndex } from './search-index.ts'
import { SEARCH, searchKey } from './search-key.ts'
import { Tournament } from './tournament.ts'

/** P1 */
function canSplitInPair(count: number): boolean {
  return count === 2 || count >= 4
}

/** The Seats of the best pair, ascending, or undefined. */
export function bestPair(index: SearchIndex, count: number, among: Among): SeatIndex[] | undefined {
  if (!canSplitInPair(count)) return undefined
  const key = searchKey(index.bits.plan, { search: SEARCH.pair, count, ...among })
  return index.searchOf(key, () => new PairSearch(index, count, among)).best
}

class PairSearch implements Search {
  readonly #index: SearchIndex
  readonly #count: number
  readonly #needsAccessible: boolean
  readonly #keys: Tournament
  readonly #frontOf: Int32Array
  /** by size of a half, the smaller first; one when the party is even */
  readonly #scans: ReadonlyMap<number, BlockScan>
  /** front rows to look at again before the next answer */
  readonly #changed = new Set<number>()
  readonly #fronts: BlockList
  readonly #backs: BlockList
  #found: Pair = { inFront: 0, behind: 0, front: 0, back: 0 }

  constructor(index: SearchIndex, count: number, among: Among) {
    this.#index = index
    this.#count = count
    this.#needsAccessible = needsAccessible(among.kinds)
    this.#keys = new Tournament(index.bits.plan.rowCount)
    this.#frontOf = frontsOf(index.bits.plan.rowBehind)
    this.#fronts = blockListFor(index.bits.plan)
    this.#backs = blockListFor(index.bits.plan)
    const allowed = allowedWords(index.bits, among.categories, among.kinds)
    const halves = [count >>> 1, count - (count >>> 1)]
    this.#scans = new Map(
      halves.map(half => [
        half,
        new BlockScan(index.bits, { count: half, allowed, needsAccessible: false, orphans: false }),
      ]),
    )
  }

  get best(): SeatIndex[] | undefined {
    for (const row of this.#changed) this.#keys.set(row, this.#look(row))
    this.#changed.clear()
    if (this.#keys.best === NO_KEY) return undefined
    const key = this.#look(this.#keys.bestLeaf)
    assert(key === this.#keys.best, 'X1: the index is right')
    const { front, inFront, back, behind } = this.#found
    return blockOf(front, inFront).concat(blockOf(back, behind)) // back rows come later
  }

  refreshAll(): void {
    this.#changed.clear()
    this.#keys.fill(row => this.#look(row), this.#index.bits.plan.rowCount)
  }

  /** A row takes part in two pairs: as the front one and as the back one. */
  refreshSegment(segment: number): void {
    const { plan } = this.#index.bits
    const row = plan.rowOf[plan.segmentStart[segment] as number] as number
    this.#changed.add(row)
    const front = this.#frontOf[row] as number
    if (front >= 0) this.#changed.add(front)
  }

  /** The key of the best pair with this front row; its Seats are then in #found. */
  #look(front: number): number {
    const back = this.#index.bits.plan.rowBehind[front] as number
    if (back < 0) return NO_KEY
    const small = this.#count >>> 1
    const large = this.#count - small
    const best = this.#match(front, back, { inFront: large, behind: small }, NO_KEY)
    if (small === large) return best
    return this.#match(front, back, { inFront: small, behind: large }, best)
  }

  #match(frontRow: number, backRow: number, halves: Halves, bestSoFar: number): number {
    const fronts = this.#fronts
    const backs = this.#backs
    this.#readBlocks(frontRow, halves.inFront, fronts)
    if (fronts.count === 0) return bestSoFar
    this.#readBlocks(backRow, halves.behind, backs)
    let best = bestSoFar
    for (let at = 0; at < fronts.count; at += 1) {
      for (let behind = 0; behind < backs.count; behind += 1) {
        const key = (fronts.keys[at] as number) + (backs.keys[behind] as number)
        const front = fronts.starts[at] as number
        const back = backs.starts[behind] as number
        if (key >= best || !this.#isPair(front, back, halves)) continue
        best = key
        this.#found = { ...halves, front, back }
      }
    }
    return best
  }

  #isPair(front: number, back: number, halves: Halves): boolean {
    const { plan, accessibleSum } = this.#index.bits
    if (this.#needsAccessible) {
      const isInFront = accessibleSum[front + halves.inFront] !== accessibleSum[front]
      if (!isInFront && accessibleSum[back + halves.behind] === accessibleSum[back]) return false
    }
    for (let seat = front; seat < front + halves.inFront; seat += 1) {
      const behind = plan.seatBehind[seat] as number
      if (behind >= back && behind < back + halves.behind) return true
    }
    return false
  }

  /** Every block of that size in a row. */
  #readBlocks(row: number, size: number, blocks: BlockList): void {
    const { bits, free } = this.#index
    const { plan } = bits
    const scan = this.#scans.get(size) as BlockScan
    const last = plan.segmentOf[(plan.rowStart[row + 1] as number) - 1] as number
    blocks.count = 0
    for (let at = plan.segmentOf[plan.rowStart[row] as number] as number; at <= last; at += 1) {
      scan.list(at, free, blocks)
    }
  }
}

/** Long enough for the blocks of any row. */
function blockListFor(plan: SeatingPlan): BlockList {
  let longest = 0
  for (let row = 0; row < plan.rowCount; row += 1) {
    const length = (plan.rowStart[row + 1] as number) - (plan.rowStart[row] as number)
    longest = Math.max(longest, length)
  }
  return { count: 0, starts: new Int32Array(longest), keys: new Float64Array(longest) }
}

interface Halves {
  readonly inFront: number
  readonly behind: number
}

interface Pair extends Halves {
  readonly front: number
  readonly back: number
}

/** The row in front of each row, or -1. */
function frontsOf(rowBehind: Int32Array): Int32Array {
  const fronts = new Int32Array(rowBehind.length).fill(-1)
  rowBehind.forEach((back, front) => {
    if (back >= 0) fronts[back] = front
  })
  return fronts
}
