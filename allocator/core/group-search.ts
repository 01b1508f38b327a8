// A party in groups within one section, kept per section (B4).
//
// Owns: how a party is cut into groups and which section it sits in.
// Leaves to others: closer ways to sit (block-search.ts, pair-search.ts).
//
//   Q1. Groups have at least 2 Seats and are as large as possible: the first is the largest that
//       leaves a rest which can still be seated, placed in the order of blocks (B6); then the same
//       for the rest.
//   Q2. An accessible request's first group contains an accessible Seat.
//   Q3. The section whose Seats are best in sum wins, then the first one.
//
// A rest can be seated when the runs of 2 and more hold it, and, if it is odd, one of them holds 3.

import { assert } from '../../shared/assert.ts'
import type { SeatIndex } from '../../shared/ids.ts'
import type { SeatingPlan } from '../../shared/seating-plan.ts'
import { BlockScan, blockOf, NO_KEY } from './block-scan.ts'
import { allowedWords, needsAccessible } from './plan-bits.ts'
import { GROUP_MIN, measureRoom, type Room, runSearch } from './run-search.ts'
import type { Among, Search, SearchIndex } from './search-index.ts'
import { SEARCH, searchKey } from './search-key.ts'
import { Tournament } from './tournament.ts'

/** The Seats of the best groups, ascending, or undefined. */
export function bestGroups(
  index: SearchIndex,
  count: number,
  among: Among,
): SeatIndex[] | undefined {
  if (count < 2 * GROUP_MIN) return undefined // one group is a block
  const key = searchKey(index.bits.plan, { search: SEARCH.group, count, ...among })
  return index.searchOf(key, () => new GroupSearch(index, count, among)).best
}

class GroupSearch implements Search {
  readonly #index: SearchIndex
  readonly #among: Among
  readonly #count: number
  readonly #needsAccessible: boolean
  readonly #allowed: Uint32Array
  readonly #costs: Tournament
  readonly #segmentsOf: readonly (readonly number[])[]
  /** by section, while its cost is known */
  readonly #seatsOf: (SeatIndex[] | undefined)[] = []
  /** sections to look at again before the next answer */
  readonly #changed = new Set<number>()
  readonly #cuts: Map<number, BlockScan> = new Map()
  // the section being looked at, and what its segments, counted from 0, hold besides #taken
  #segments: readonly number[] = []
  readonly #seatsAt: Int32Array
  readonly #longestAt: Int32Array
  readonly #longRunsAt: Int32Array
  readonly #room: Room = { seats: 0, longest: 0, longRuns: 0 }
  /** while a section is looked at they are off in the index */
  #taken: SeatIndex[] = []

  constructor(index: SearchIndex, count: number, among: Among) {
    this.#index = index
    this.#among = among
    this.#count = count
    this.#needsAccessible = needsAccessible(among.kinds)
    this.#allowed = allowedWords(index.bits, among.categories, among.kinds)
    this.#segmentsOf = segmentsBySection(index.bits.plan)
    this.#costs = new Tournament(this.#segmentsOf.length)
    const longest = this.#segmentsOf.reduce((most, list) => Math.max(most, list.length), 0)
    this.#seatsAt = new Int32Array(longest)
    this.#longestAt = new Int32Array(longest)
    this.#longRunsAt = new Int32Array(longest)
  }

  get best(): SeatIndex[] | undefined {
    for (const section of this.#changed) this.#costs.set(section, this.#look(section))
    this.#changed.clear()
    if (this.#costs.best === NO_KEY) return undefined
    const seats = this.#seatsOf[this.#costs.bestLeaf]
    assert(seats !== undefined, 'X1: the index is right')
    return seats.slice().sort((left, right) => left - right)
  }

  refreshAll(): void {
    this.#changed.clear()
    this.#costs.fill(section => this.#look(section), this.#segmentsOf.length)
  }

  refreshSegment(segment: number): void {
    const { plan } = this.#index.bits
    const row = plan.rowOf[plan.segmentStart[segment] as number] as number
    this.#changed.add(plan.sectionOfRow[row] as number)
  }

  /** The cost of the section's groups, whose Seats it keeps; the index is as it was. */
  #look(section: number): number {
    this.#segments = this.#segmentsOf[section] as readonly number[]
    this.#taken = []
    const isSeated = this.#needsAccessible ? this.#seatAccessible() : this.#seatGeneral()
    for (const seat of this.#taken) this.#index.flip(seat)
    this.#seatsOf[section] = isSeated ? this.#taken : undefined
    if (!isSeated) return NO_KEY
    assert(this.#taken.length === this.#count, 'B4: groups seat the whole party')
    const { qualityCost } = this.#index.bits.plan
    let cost = 0
    for (const seat of this.#taken) cost += qualityCost[seat] as number
    return cost
  }

  #seatGeneral(): boolean {
    this.#restart()
    return this.#seatRest(this.#count)
  }

  /** Q2 */
  #seatAccessible(): boolean {
    for (let size = this.#count; size >= GROUP_MIN; size -= 1) {
      this.#restart()
      if (this.#take(size, true) && this.#seatRest(this.#count - size)) return true
    }
    return false
  }

  #restart(): void {
    for (const seat of this.#taken) this.#index.flip(seat)
    this.#taken = []
    const runs = runSearch(this.#index, this.#among)
    for (let at = 0; at < this.#segments.length; at += 1) {
      const segment = this.#segments[at] as number
      this.#seatsAt[at] = runs.seatsIn(segment)
      this.#longestAt[at] = runs.longestIn(segment)
      this.#longRunsAt[at] = runs.longRunsIn(segment)
    }
  }

  /** Q1 */
  #seatRest(count: number): boolean {
    let rest = count
    while (rest > 0) {
      const size = nextGroup(rest, this.#wholeRoom())
      if (size === 0) return false
      const isTaken = this.#take(size, false)
      assert(isTaken, 'B4: a run as long as the longest is there')
      rest -= size
    }
    return true
  }

  #wholeRoom(): Room {
    const whole = this.#room
    whole.seats = 0
    whole.longest = 0
    whole.longRuns = 0
    for (let at = 0; at < this.#segments.length; at += 1) {
      whole.seats += this.#seatsAt[at] as number
      whole.longest = Math.max(whole.longest, this.#longestAt[at] as number)
      whole.longRuns += this.#longRunsAt[at] as number
    }
    return whole
  }

  /** Cuts the best block of that size out of the section. */
  #take(size: number, isAccessible: boolean): boolean {
    const { bits, free } = this.#index
    const scan = this.#cutOf(size, isAccessible)
    scan.reset()
    let takenAt = -1
    for (let at = 0; at < this.#segments.length; at += 1) {
      if ((this.#longestAt[at] as number) < size) continue
      const segment = this.#segments[at] as number
      const before = scan.start
      scan.scan(segment, free, bits.wordStart[segment] as number)
      if (scan.start !== before) takenAt = at
    }
    if (takenAt < 0) return false
    for (const seat of blockOf(scan.start, size)) {
      this.#index.flip(seat)
      this.#taken.push(seat)
    }
    this.#measureAgain(takenAt)
    return true
  }

  #measureAgain(at: number): void {
    const { bits, free } = this.#index
    const words = { free, allowed: this.#allowed, needsAccessible: false }
    measureRoom(bits, this.#segments[at] as number, words, this.#room)
    this.#seatsAt[at] = this.#room.seats
    this.#longestAt[at] = this.#room.longest
    this.#longRunsAt[at] = this.#room.longRuns
  }

  #cutOf(size: number, isAccessible: boolean): BlockScan {
    const key = isAccessible ? -size : size
    let scan = this.#cuts.get(key)
    if (scan === undefined) {
      const wish = { count: size, allowed: this.#allowed, orphans: false }
      scan = new BlockScan(this.#index.bits, { ...wish, needsAccessible: isAccessible })
      this.#cuts.set(key, scan)
    }
    return scan
  }
}

/** The largest group after which the rest can be seated, or 0. Q1 */
function nextGroup(rest: number, room: Room): number {
  const isOddWithoutRoom = rest % 2 === 1 && room.longest <= GROUP_MIN
  if (rest < GROUP_MIN || room.seats < rest || isOddWithoutRoom) return 0
  const size = Math.min(rest, room.longest)
  const after = rest - size
  const longRunsAfter = room.longRuns - (size > GROUP_MIN ? 1 : 0)
  // an odd rest needs a run of 3; without one this group gives up a Seat and leaves an even rest
  const isStuck = after === 1 || (after % 2 === 1 && longRunsAfter === 0)
  return isStuck ? size - 1 : size
}

const sectionsOfPlan = new WeakMap<SeatingPlan, readonly (readonly number[])[]>()

/** The segments of each section, in order; shared by all searches of a plan. */
function segmentsBySection(plan: SeatingPlan): readonly (readonly number[])[] {
  const known = sectionsOfPlan.get(plan)
  if (known !== undefined) return known
  const sections: number[][] = Array.from({ length: plan.sectionCount }, () => [])
  for (let segment = 0; segment < plan.segmentCount; segment += 1) {
    const row = plan.rowOf[plan.segmentStart[segment] as number] as number
    sections[plan.sectionOfRow[row] as number]?.push(segment)
  }
  sectionsOfPlan.set(plan, sections)
  return sections
}
