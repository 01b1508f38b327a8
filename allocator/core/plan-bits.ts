// The seats of a plan as bits, each segment beginning a word of its own; shared by all Shows of it.
//
// Owns: the bit layout, prefix sums over Seats, masks of allowed Seats, and word arithmetic on
//       runs.
// Leaves to others: which bits are set (search-index.ts), what a run is worth (block-scan.ts).
//
//   A1. Adjacency is physical: neighbours are bits of one segment, never of two (S4).
//   A3. A general request is given no accessible Seat, an accessible one at least one.
//
//   segment s has the words wordStart[s] .. wordStart[s + 1] - 1;
//   its seat j is bit j mod 32 of word j div 32

import { assert } from '../../shared/assert.ts'
import type { CategorySet } from '../../shared/commands.ts'
import { SEAT_KIND, type SeatingPlan } from '../../shared/seating-plan.ts'

export interface PlanBits {
  readonly plan: SeatingPlan
  readonly wordCount: number
  /** length segmentCount + 1 */
  readonly wordStart: Uint32Array
  /** bit number of a Seat, counted from the first word */
  readonly bitOf: Uint32Array
  /** sum of qualityCost before each Seat, modulo 2^32: differences over a block are exact */
  readonly costSum: Uint32Array
  /** accessible Seats before each Seat */
  readonly accessibleSum: Uint32Array
  readonly allowed: Map<number, Uint32Array>
}

/** Which kinds of Seat a search may take: bit k for kind k of the plan. */
export type KindSet = number
const STANDARD = 1 << SEAT_KIND.standard
const ACCESSIBLE = 1 << SEAT_KIND.accessible
const COMPANION = 1 << SEAT_KIND.companion
/** A3: what a general request may be given */
export const GENERAL_KINDS: KindSet = STANDARD | COMPANION
export const ACCESSIBLE_ONLY: KindSet = ACCESSIBLE
/** A3: what an accessible request is given first, and what when that does not suffice */
export const ACCESSIBLE_KINDS: KindSet = ACCESSIBLE | COMPANION
export const ALL_KINDS: KindSet = STANDARD | ACCESSIBLE | COMPANION
const KINDS_OF_GENERAL: readonly KindSet[] = [GENERAL_KINDS]
const KINDS_OF_ACCESSIBLE: readonly KindSet[] = [ACCESSIBLE_KINDS, ALL_KINDS]

/** The kinds to try, in order. A3 */
export function kindsFor(accessible: boolean): readonly KindSet[] {
  return accessible ? KINDS_OF_ACCESSIBLE : KINDS_OF_GENERAL
}

/** A3: a block for these kinds contains an accessible Seat. */
export function needsAccessible(kinds: KindSet): boolean {
  return (kinds & ACCESSIBLE) !== 0
}

const bitsOfPlan = new WeakMap<SeatingPlan, PlanBits>()

export function planBitsOf(plan: SeatingPlan): PlanBits {
  const known = bitsOfPlan.get(plan)
  if (known !== undefined) return known
  const bits = computeBits(plan)
  bitsOfPlan.set(plan, bits)
  return bits
}

function computeBits(plan: SeatingPlan): PlanBits {
  const wordStart = new Uint32Array(plan.segmentCount + 1)
  const bitOf = new Uint32Array(plan.seatCount)
  for (let segment = 0; segment < plan.segmentCount; segment += 1) {
    const start = plan.segmentStart[segment] as number
    const end = plan.segmentStart[segment + 1] as number
    const word = wordStart[segment] as number
    wordStart[segment + 1] = word + ((end - start + 31) >>> 5)
    for (let seat = start; seat < end; seat += 1) bitOf[seat] = word * 32 + seat - start
  }
  const costSum = new Uint32Array(plan.seatCount + 1)
  const accessibleSum = new Uint32Array(plan.seatCount + 1)
  for (let seat = 0; seat < plan.seatCount; seat += 1) {
    const isAccessible = plan.kindOf[seat] === SEAT_KIND.accessible
    costSum[seat + 1] = (costSum[seat] as number) + (plan.qualityCost[seat] as number)
    accessibleSum[seat + 1] = (accessibleSum[seat] as number) + (isAccessible ? 1 : 0)
  }
  const wordCount = wordStart[plan.segmentCount] as number
  return { plan, wordCount, wordStart, bitOf, costSum, accessibleSum, allowed: new Map() }
}

/** a waitlist compares up to 256 shapes of request, each perhaps with categories of its own (L6) */
const MASKS_KEPT_MAX = 300

/** 0 means every category; the answer names the categories of this plan only. */
export function categoriesIn(plan: SeatingPlan, categories: CategorySet): CategorySet {
  const every = (1 << plan.categoryCount) - 1 // exact: at most 30 categories
  return categories === 0 ? every : categories & every
}

/** The Seats of these categories and kinds, as bits; kept for the next search. */
export function allowedWords(bits: PlanBits, categories: CategorySet, kinds: KindSet): Uint32Array {
  const wanted = categoriesIn(bits.plan, categories)
  const key = wanted * 8 + kinds
  const known = bits.allowed.get(key)
  if (known !== undefined) return known
  const words = new Uint32Array(bits.wordCount)
  const { categoryOf, kindOf, seatCount } = bits.plan
  for (let seat = 0; seat < seatCount; seat += 1) {
    const isWanted = ((wanted >>> (categoryOf[seat] as number)) & 1) === 1
    if (!isWanted || ((kinds >>> (kindOf[seat] as number)) & 1) === 0) continue
    const bit = bits.bitOf[seat] as number
    words[bit >>> 5] = (words[bit >>> 5] as number) | (1 << (bit & 31))
  }
  if (bits.allowed.size === MASKS_KEPT_MAX) {
    bits.allowed.delete(bits.allowed.keys().next().value as number)
  }
  bits.allowed.set(key, words)
  return words
}

/**
 * Leaves the bits where a run of at least `count` ones begins: each doubling step ands a run with
 * its own shift. `words[wordCount]` must be 0: a run ends with its segment. A1
 */
export function shrinkToStarts(words: Uint32Array, wordCount: number, count: number): void {
  assert(words[wordCount] === 0, 'S4: a run ends with its segment')
  for (let have = 1; have < count; ) {
    const step = Math.min(have, count - have)
    for (let at = 0; at < wordCount; at += 1) {
      const here = words[at] as number
      const next = words[at + 1] as number
      words[at] = here & (step === 32 ? next : (here >>> step) | (next << (32 - step)))
    }
    have += step
  }
}

/** The same for a segment of one word. */
export function startsInWord(word: number, count: number): number {
  let starts = word
  for (let have = 1; have < count; ) {
    const step = Math.min(have, count - have)
    if (step === 32) return 0
    starts &= starts >>> step
    have += step
  }
  return starts
}

/** How many ones stand directly below a bit, within the words from `base`. */
export function onesBelow(words: Uint32Array, base: number, bit: number): number {
  const offset = bit & 31
  let at = base + (bit >>> 5)
  let run = 0
  if (offset > 0) {
    run = Math.clz32(~((words[at] as number) << (32 - offset)))
    if (run < offset) return run
  }
  for (at -= 1; at >= base; at -= 1) {
    const ones = Math.clz32(~(words[at] as number))
    run += ones
    if (ones < 32) break
  }
  return run
}

/** How many ones stand from a bit upwards, within `wordCount` words from `base`. */
export function onesFrom(words: Uint32Array, base: number, bit: number, wordCount: number): number {
  const offset = bit & 31
  let at = bit >>> 5
  if (at >= wordCount) return 0
  let run = trailingZeros(~((words[base + at] as number) >>> offset))
  if (run + offset < 32) return run
  for (at += 1; at < wordCount; at += 1) {
    const ones = trailingZeros(~(words[base + at] as number))
    run += ones
    if (ones < 32) break
  }
  return run
}

/** 32 for 0. */
export function trailingZeros(word: number): number {
  return word === 0 ? 32 : 31 - Math.clz32(word & -word)
}
