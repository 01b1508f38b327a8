// What one serving of a Waitlist has found out so far: Seats only get fewer while it serves.
//
// Owns: the set of Seats that became free, and the verdicts that stay true until more become free.
// Leaves to others: the verdicts themselves (serving.ts). Never state: dropped when serving ends.
//
//   R1. A bucket whose head did not fit fits nobody of it, as long as no further Seat becomes free.
//   R2. Where a barrier had no reason to move, or its first waiter has aimed, it stays so likewise.

import type { SeatIndex } from '../../shared/ids.ts'
import { SeatSet } from './adjacency.ts'
import type { Show } from './show.ts'
import type { Barrier } from './waitlist.ts'

export class WaitlistRound {
  readonly fresh: SeatSet
  readonly #isUnfit = new Set<number>()
  readonly #isSettled = new Set<number>()
  /** competition -> the smallest number of Seats side by side that no target has room for */
  readonly #tooLong = new Map<number, number>()
  #freedRead = 0

  constructor(show: Show) {
    this.fresh = new SeatSet(show.plan)
  }

  /** Takes in what became free since the last look, and what is reserved. */
  follow(freed: readonly number[], barriers: Iterable<Barrier>): void {
    if (freed.length === this.#freedRead) return
    for (let at = this.#freedRead; at < freed.length; at += 1) {
      this.fresh.add(freed[at] as SeatIndex)
    }
    this.#freedRead = freed.length
    for (const { seats } of barriers) for (const seat of seats) this.fresh.add(seat)
    this.#isUnfit.clear()
    this.#isSettled.clear()
    this.#tooLong.clear()
  }

  isUnfit(bucket: number): boolean {
    return this.#isUnfit.has(bucket)
  }

  /** R1 */
  markUnfit(bucket: number): void {
    this.#isUnfit.add(bucket)
  }

  isSettled(competition: number): boolean {
    return this.#isSettled.has(competition)
  }

  /** R2 */
  markSettled(competition: number): void {
    this.#isSettled.add(competition)
  }

  /** Where no target has room for n side by side, none has room for more. */
  isTooLong(competition: number, length: number): boolean {
    return length >= (this.#tooLong.get(competition) ?? Number.POSITIVE_INFINITY)
  }

  markTooLong(competition: number, length: number): void {
    if (!this.isTooLong(competition, length)) this.#tooLong.set(competition, length)
  }
}
