// The best block of one size, kept per segment (B1, B2).
//
// Owns: what the search tree of blocks keeps.
// Leaves to others: the order of blocks (block-scan.ts), when it looks at a segment
//       (search-index.ts).

import { BlockScan, NO_KEY } from './block-scan.ts'
import { allowedWords, needsAccessible } from './plan-bits.ts'
import type { Among, Search, SearchIndex } from './search-index.ts'
import { SEARCH, searchKey } from './search-key.ts'
import { Tournament } from './tournament.ts'

/** The best block of `count` Seats in the hall: step 1 or 2, which its key tells. */
export function blockSearch(
  index: SearchIndex,
  count: number,
  among: Among,
  orphans: boolean,
): BlockSearch {
  const search = orphans ? SEARCH.block : SEARCH.blockWithOrphans
  const key = searchKey(index.bits.plan, { search, count, ...among })
  return index.searchOf(key, () => new BlockSearch(index, count, among, orphans))
}

class BlockSearch implements Search {
  readonly #index: SearchIndex
  readonly #scan: BlockScan
  readonly #keys: Tournament
  readonly #starts: Int32Array

  constructor(index: SearchIndex, count: number, among: Among, orphans: boolean) {
    const { bits } = index
    this.#index = index
    this.#scan = new BlockScan(bits, {
      count,
      allowed: allowedWords(bits, among.categories, among.kinds),
      needsAccessible: needsAccessible(among.kinds),
      orphans,
    })
    this.#keys = new Tournament(bits.plan.segmentCount)
    this.#starts = new Int32Array(bits.plan.segmentCount)
  }

  /** NO_KEY when no block fits. */
  get bestKey(): number {
    return this.#keys.best
  }

  /** The first Seat of the best block, or -1. */
  get bestStart(): number {
    return this.#keys.best === NO_KEY ? -1 : (this.#starts[this.#keys.bestLeaf] as number)
  }

  refreshAll(): void {
    this.#keys.fill(segment => this.#look(segment), this.#index.bits.plan.segmentCount)
  }

  refreshSegment(segment: number): void {
    this.#keys.set(segment, this.#look(segment))
  }

  #look(segment: number): number {
    const { free, bits } = this.#index
    this.#scan.reset()
    this.#scan.scan(segment, free, bits.wordStart[segment] as number)
    this.#starts[segment] = this.#scan.start
    return this.#scan.key
  }
}
