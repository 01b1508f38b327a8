// The best block of one size and the longest run, kept per segment (B steps 1 and 2).
//
// Owns: what the search trees of blocks and runs keep.
// Leaves to others: the order of blocks (block-scan.ts), when a segment is looked at (search-index.ts).

import type { CategorySet } from '../../shared/commands.ts'
import { BlockScan, NO_KEY } from './block-scan.ts'
import {
  allowedWords,
  type KindSet,
  needsAccessible,
  onesFrom,
  type PlanBits,
  trailingZeros,
} from './plan-bits.ts'
import type { Search, SearchIndex } from './search-index.ts'
import { SEARCH, searchKey } from './search-key.ts'
import { Tournament } from './tournament.ts'

/** What a block may be made of. */
export interface Among {
  readonly categories: CategorySet
  readonly kinds: KindSet
}

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

export class BlockSearch implements Search {
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

/** The longest run of every segment. */
export function reachSearch(index: SearchIndex, among: Among): ReachSearch {
  const key = searchKey(index.bits.plan, { search: SEARCH.reach, count: 1, ...among })
  return index.searchOf(key, () => new ReachSearch(index, among))
}

export class ReachSearch implements Search {
  readonly #index: SearchIndex
  readonly #allowed: Uint32Array
  readonly #needsAccessible: boolean
  readonly #lengths: Tournament

  constructor(index: SearchIndex, among: Among) {
    this.#index = index
    this.#allowed = allowedWords(index.bits, among.categories, among.kinds)
    this.#needsAccessible = needsAccessible(among.kinds)
    this.#lengths = new Tournament(index.bits.plan.segmentCount)
  }

  /** Of the whole hall. */
  get longest(): number {
    return this.#lengths.best === Number.POSITIVE_INFINITY ? 0 : -this.#lengths.best
  }

  longestIn(segment: number): number {
    return -this.#lengths.keyOf(segment)
  }

  refreshAll(): void {
    this.#lengths.fill(segment => -this.#look(segment), this.#index.bits.plan.segmentCount)
  }

  refreshSegment(segment: number): void {
    this.#lengths.set(segment, -this.#look(segment))
  }

  #look(segment: number): number {
    const { bits, free } = this.#index
    let longest = 0
    eachRun(bits, segment, { free, allowed: this.#allowed }, (start, length) => {
      if (length <= longest) return
      const { accessibleSum } = bits
      const isAccessible = accessibleSum[start + length] !== accessibleSum[start]
      if (isAccessible || !this.#needsAccessible) longest = length
    })
    return longest
  }
}

/** one segment's usable words; free for use between two calls */
let usable = new Uint32Array(64)

/** Every maximal run of usable Seats of a segment, in order. */
export function eachRun(
  bits: PlanBits,
  segment: number,
  words: { readonly free: Uint32Array; readonly allowed: Uint32Array },
  visit: (start: number, length: number) => void,
): void {
  const at = bits.wordStart[segment] as number
  const wordCount = (bits.wordStart[segment + 1] as number) - at
  const first = bits.plan.segmentStart[segment] as number
  if (usable.length < wordCount) usable = new Uint32Array(wordCount * 2)
  for (let word = 0; word < wordCount; word += 1) {
    usable[word] = (words.free[at + word] as number) & (words.allowed[at + word] as number)
  }
  for (let bit = 0; bit < wordCount * 32; ) {
    const rest = (usable[bit >>> 5] as number) >>> (bit & 31)
    if (rest === 0) {
      bit = ((bit >>> 5) + 1) * 32
      continue
    }
    bit += trailingZeros(rest)
    const length = onesFrom(usable, 0, bit, wordCount)
    visit(first + bit, length)
    bit += length
  }
}
