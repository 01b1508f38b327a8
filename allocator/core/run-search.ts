// The runs of usable Seats, kept per segment: the longest of each, and what groups find room in.
//
// Owns: run lengths. Leaves to others: where a block lies best (block-search.ts).

import {
  allowedWords,
  needsAccessible,
  onesFrom,
  type PlanBits,
  trailingZeros,
} from './plan-bits.ts'
import type { Among, Search, SearchIndex } from './search-index.ts'
import { SEARCH, searchKey } from './search-key.ts'
import { Tournament } from './tournament.ts'

/** A group has at least 2 Seats (B4). */
export const GROUP_MIN = 2

/** What the runs of some Seats can hold. */
export interface Room {
  /** Seats in runs of 2 and more */
  seats: number
  longest: number
  /** how many runs hold 3 and more */
  longRuns: number
}

/** Every run. */
export function runSearch(index: SearchIndex, among: Among): RunSearch {
  const key = searchKey(index.bits.plan, { search: SEARCH.run, count: 1, ...among })
  return index.searchOf(key, () => new RunSearch(index, among, false))
}

/**
 * The runs that a block of this request can lie in: with an accessible Seat if it needs one (A3).
 */
export function reachSearch(index: SearchIndex, among: Among): RunSearch {
  if (!needsAccessible(among.kinds)) return runSearch(index, among)
  const key = searchKey(index.bits.plan, { search: SEARCH.reach, count: 1, ...among })
  return index.searchOf(key, () => new RunSearch(index, among, true))
}

class RunSearch implements Search {
  readonly #index: SearchIndex
  readonly #allowed: Uint32Array
  readonly #needsAccessible: boolean
  readonly #lengths: Tournament
  readonly #seats: Uint32Array
  readonly #longRuns: Uint32Array
  readonly #room: Room = { seats: 0, longest: 0, longRuns: 0 }

  constructor(index: SearchIndex, among: Among, mustBeAccessible: boolean) {
    const { segmentCount } = index.bits.plan
    this.#index = index
    this.#allowed = allowedWords(index.bits, among.categories, among.kinds)
    this.#needsAccessible = mustBeAccessible
    this.#lengths = new Tournament(segmentCount)
    this.#seats = new Uint32Array(segmentCount)
    this.#longRuns = new Uint32Array(segmentCount)
  }

  /** Of the whole hall. */
  get longest(): number {
    return -this.#lengths.best
  }

  longestIn(segment: number): number {
    return -this.#lengths.keyOf(segment)
  }

  /** Seats of a segment in runs of 2 and more. */
  seatsIn(segment: number): number {
    return this.#seats[segment] as number
  }

  /** How many runs of a segment hold 3 and more. */
  longRunsIn(segment: number): number {
    return this.#longRuns[segment] as number
  }

  refreshAll(): void {
    this.#lengths.fill(segment => -this.#look(segment), this.#index.bits.plan.segmentCount)
  }

  refreshSegment(segment: number): void {
    this.#lengths.set(segment, -this.#look(segment))
  }

  #look(segment: number): number {
    const { bits, free } = this.#index
    const words = { free, allowed: this.#allowed, needsAccessible: this.#needsAccessible }
    measureRoom(bits, segment, words, this.#room)
    this.#seats[segment] = this.#room.seats
    this.#longRuns[segment] = this.#room.longRuns
    return this.#room.longest
  }
}

/** one segment's usable words; free for use between two calls */
let usable = new Uint32Array(64)

/** Writes what the runs of a segment can hold. */
export function measureRoom(
  bits: PlanBits,
  segment: number,
  words: {
    readonly free: Uint32Array
    readonly allowed: Uint32Array
    readonly needsAccessible: boolean
  },
  room: Room,
): void {
  const at = bits.wordStart[segment] as number
  const wordCount = (bits.wordStart[segment + 1] as number) - at
  const first = bits.plan.segmentStart[segment] as number
  if (usable.length < wordCount) usable = new Uint32Array(wordCount * 2)
  for (let word = 0; word < wordCount; word += 1) {
    usable[word] = (words.free[at + word] as number) & (words.allowed[at + word] as number)
  }
  room.seats = 0
  room.longest = 0
  room.longRuns = 0
  for (let bit = 0; bit < wordCount * 32; ) {
    const rest = (usable[bit >>> 5] as number) >>> (bit & 31)
    if (rest === 0) {
      bit = ((bit >>> 5) + 1) * 32
      continue
    }
    bit += trailingZeros(rest)
    const length = onesFrom(usable, 0, bit, wordCount)
    if (!words.needsAccessible || hasAccessible(bits, first + bit, length)) addRun(room, length)
    bit += length
  }
}

function hasAccessible(bits: PlanBits, start: number, length: number): boolean {
  return bits.accessibleSum[start + length] !== bits.accessibleSum[start]
}

function addRun(room: Room, length: number): void {
  if (length > room.longest) room.longest = length
  if (length >= GROUP_MIN) room.seats += length
  if (length > GROUP_MIN) room.longRuns += 1
}
