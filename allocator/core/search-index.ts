// What the search for Seats derives from a SeatMap, for Shows in use only.
//
// Owns: the free words of every segment, the searches in use, and which segments changed since each
//       of them last looked.
// Leaves to others: the states themselves (seat-map.ts), what a search keeps (*-search.ts).
//
//   X1. It is derived: dropping and building it again changes no answer.
//   X2. A changed Seat costs one bit and at most one log entry, however many searches exist; a
//       search pays for the changed segments when it is asked again. Nothing depends on how full
//       the hall is.
//   X3. At most SEARCHES_MAX searches live; the one unused for longest goes first.

import { assert } from '../../shared/assert.ts'
import type { CategorySet } from '../../shared/commands.ts'
import type { SeatIndex } from '../../shared/ids.ts'
import type { SeatingPlan } from '../../shared/seating-plan.ts'
import { type KindSet, type PlanBits, planBitsOf } from './plan-bits.ts'

const FREE = 0
const SEARCHES_MAX = 64
const LOG_LENGTH_MIN = 64

/** The Seats that a search may take. */
export interface Among {
  readonly categories: CategorySet
  readonly kinds: KindSet
}

/** Keeps an answer per segment, row or section up to date. */
export interface Search {
  refreshAll(): void
  refreshSegment(segment: number): void
}

interface Tracked {
  readonly search: Search
  /** how much of the log it has read */
  readUpTo: number
  lastUsed: number
}

export class SearchIndex {
  readonly bits: PlanBits
  /** 1 = free */
  readonly free: Uint32Array
  /** a ring of changed segments; entry n stands at n modulo its length */
  readonly #log: Int32Array
  #logged = 0
  /** a search has read up to here: later changes of the same segment are news again */
  #read = 0
  readonly #searches = new Map<number, Tracked>()
  #uses = 0

  constructor(plan: SeatingPlan, states: Uint8Array) {
    this.bits = planBitsOf(plan)
    this.free = new Uint32Array(this.bits.wordCount)
    for (let seat = 0; seat < plan.seatCount; seat += 1) {
      if ((((states[seat >>> 2] as number) >>> ((seat & 3) << 1)) & 3) === FREE) this.flip(seat)
    }
    let logLength = LOG_LENGTH_MIN
    while (logLength < plan.segmentCount / 2) logLength *= 2
    this.#log = new Int32Array(logLength)
  }

  /** A Seat became free or ceased to be. X2 */
  freeChanged(seat: SeatIndex): void {
    this.flip(seat)
    const log = this.#log
    const segment = this.bits.plan.segmentOf[seat] as number
    const last = (this.#logged - 1) & (log.length - 1)
    if (this.#logged > this.#read && log[last] === segment) return
    log[this.#logged & (log.length - 1)] = segment
    this.#logged += 1
  }

  /**
   * The search of that key, up to date. A key names what is searched, so that equal questions of
   * different callers share one search.
   */
  searchOf<Kind extends Search>(key: number, make: () => Kind): Kind {
    this.#uses += 1
    let tracked = this.#searches.get(key)
    if (tracked === undefined) {
      this.#makeRoom()
      tracked = { search: make(), readUpTo: this.#logged, lastUsed: this.#uses }
      tracked.search.refreshAll()
      this.#searches.set(key, tracked)
    }
    tracked.lastUsed = this.#uses
    if (tracked.readUpTo !== this.#logged) this.#catchUp(tracked)
    this.#read = this.#logged
    return tracked.search as Kind
  }

  /**
   * Turns a Seat's bit without telling searches: for one who turns it back before anybody looks.
   */
  flip(seat: number): void {
    const bit = this.bits.bitOf[seat] as number
    const word = bit >>> 5
    this.free[word] = (this.free[word] as number) ^ (1 << (bit & 31))
  }

  #catchUp(tracked: Tracked): void {
    const log = this.#log
    if (this.#logged - tracked.readUpTo > log.length) tracked.search.refreshAll()
    else {
      for (let entry = tracked.readUpTo; entry < this.#logged; entry += 1) {
        tracked.search.refreshSegment(log[entry & (log.length - 1)] as number)
      }
    }
    tracked.readUpTo = this.#logged
  }

  #makeRoom(): void {
    if (this.#searches.size < SEARCHES_MAX) return
    let oldest: number | undefined
    let oldestUse = Number.POSITIVE_INFINITY
    for (const [key, tracked] of this.#searches) {
      if (tracked.lastUsed >= oldestUse) continue
      oldestUse = tracked.lastUsed
      oldest = key
    }
    assert(oldest !== undefined, 'X3: the search unused for longest is known')
    this.#searches.delete(oldest)
  }
}
