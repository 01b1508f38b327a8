// What one serving of a Waitlist has found out so far: Seats only get fewer while it serves.
//
// Owns: the set of Seats that became free, and the verdicts that stay true until more become free.
// Leaves to others: the verdicts themselves (serving.ts). Never state: dropped when serving ends.
//
//   R1. A bucket whose head did not fit fits nobody of it, as long as no further Seat becomes free.
//   R2. Where a barrier had no reason to move, or its first waiter has aimed, it stays so likewise.
//   R3. Who competes for Seats of which none became free is not looked at.

import type { SeatIndex } from '../../shared/ids.ts'
import { LIMITS } from '../../shared/limits.ts'
import { SeatSet } from './adjacency.ts'
import { segmentsWithFree } from './barrier.ts'
import type { Show } from './show.ts'
import type { Barrier } from './waitlist.ts'
import { type Bucket, isWanted, type WaitRequest } from './waitlist-buckets.ts'

/** Everybody who may be given the same Seats, in this serving. */
export interface Competition {
  /** a Seat of use to them became free R3 */
  readonly isOfUse: boolean
  /** nothing is to be reserved for them any more R2 */
  isSettled: boolean
  /** the smallest number of Seats side by side that no target has room for: nor for more */
  tooLong: number
}

export class WaitlistRound {
  readonly fresh: SeatSet
  readonly #show: Show
  /** by number of bucket; 1 is unfit */
  readonly #unfit = new Uint8Array(LIMITS.waitBucketsPerShowMax)
  readonly #competitions = new Map<number, Competition>()
  #segments: readonly number[] | undefined
  #freedRead = 0

  constructor(show: Show) {
    this.#show = show
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
    this.#unfit.fill(0)
    this.#competitions.clear()
    this.#segments = undefined
  }

  /** Segments that had a free Seat when one last became free, ascending. */
  get segments(): readonly number[] {
    this.#segments ??= segmentsWithFree(this.#show.seats)
    return this.#segments
  }

  competitionOf(bucket: Bucket): Competition {
    const known = this.#competitions.get(bucket.competition)
    if (known !== undefined) return known
    const isOfUse = this.usable(bucket.request).length > 0
    const made = { isOfUse, isSettled: false, tooLong: Number.POSITIVE_INFINITY }
    this.#competitions.set(bucket.competition, made)
    return made
  }

  /** Seats that became free, still are, and may be given to the request. */
  usable(request: WaitRequest): readonly SeatIndex[] {
    const { seats, freed } = this.#show
    if (freed.length === 0) return []
    return (freed as SeatIndex[]).filter(
      seat => isWanted(seats.plan, request, seat) && seats.isFree(seat),
    )
  }

  isUnfit(bucket: number): boolean {
    return this.#unfit[bucket] === 1
  }

  /** R1 */
  markUnfit(bucket: number): void {
    this.#unfit[bucket] = 1
  }
}
