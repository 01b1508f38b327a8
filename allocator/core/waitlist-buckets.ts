// Who of the same wish is first: waiters that ask for the same are bucketed, serving compares heads.
//
// Owns: the request shapes of one Show and, for each, its waiters in join order.
// Leaves to others: whether a place still waits (it asks `isWaiting`), what fits (waitlist-fit.ts).
//
//   U1. At most LIMITS.waitBucketsPerShowMax shapes live at once; an empty one gives its number back.
//   U2. The head is the first place in join order; a waiter that waits again takes its old place.
//   U3. Join, leave and head cost O(log waiters) at most: what left is dropped when it comes to the top.

import { assert } from '../../shared/assert.ts'
import type { CategorySet } from '../../shared/commands.ts'
import { LIMITS } from '../../shared/limits.ts'
import { SEAT_KIND, type SeatingPlan } from '../../shared/seating-plan.ts'

/** What a waiter asks for. */
export interface WaitRequest {
  readonly party: number
  readonly minParty: number
  /** 0: every category */
  readonly categories: CategorySet
  readonly together: boolean
  readonly accessible: boolean
}

/** Tells requests apart; 46 bits. */
export function requestKeyOf(request: WaitRequest): number {
  const flags = (request.together ? 2 : 0) | (request.accessible ? 1 : 0)
  return request.categories * 65_536 + ((request.party << 9) | (request.minParty << 2) | flags)
}

/** Requests of one key compete for the same Seats; each has at most one barrier (L3). */
export function competitionKeyOf(request: WaitRequest): number {
  return request.categories * 2 + (request.accessible ? 1 : 0)
}

/** Whether the request may be given a Seat of this category and kind; 0 is every category (A3). */
export function isWanted(plan: SeatingPlan, request: WaitRequest, seat: number): boolean {
  const { categories, accessible } = request
  const category = plan.categoryOf[seat] as number
  if (categories !== 0 && ((categories >>> category) & 1) === 0) return false
  return accessible || plan.kindOf[seat] !== SEAT_KIND.accessible
}

/** A binary heap of places, smallest first. */
class PlaceHeap {
  #places: number[] = []

  get top(): number {
    return this.#places[0] ?? -1
  }

  push(place: number): void {
    const places = this.#places
    let at = places.push(place) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = places[parent] as number
      if (above <= place) break
      places[at] = above
      at = parent
    }
    places[at] = place
  }

  pop(): void {
    const places = this.#places
    const last = places.pop()
    if (last === undefined || places.length === 0) return
    const count = places.length
    let at = 0
    for (;;) {
      let child = at * 2 + 1
      if (child >= count) break
      if (child + 1 < count && (places[child + 1] as number) < (places[child] as number)) child += 1
      if ((places[child] as number) >= last) break
      places[at] = places[child] as number
      at = child
    }
    places[at] = last
  }

  clear(): void {
    this.#places = []
  }
}

export interface Bucket {
  readonly number: number
  readonly request: WaitRequest
  readonly competition: number
  /** live entries of this shape, waiting or offered */
  liveCount: number
  /** may reserve Seats when their turn comes */
  readonly eager: PlaceHeap
  /** their barrier was lifted: they keep their place but reserve no more (L3) */
  readonly lifted: PlaceHeap
}

/** How a queued place stands: only then does it count as a head. */
export type IsQueued = (place: number, isLifted: boolean) => boolean

export class WaitlistBuckets {
  readonly #byKey = new Map<number, Bucket>()
  readonly #byNumber: (Bucket | undefined)[] = []
  readonly #isQueued: IsQueued

  constructor(isQueued: IsQueued) {
    this.#isQueued = isQueued
  }

  /** U1: whether one more waiter of this shape finds a bucket. */
  hasRoomFor(request: WaitRequest): boolean {
    return this.#byKey.size < LIMITS.waitBucketsPerShowMax || this.#byKey.has(requestKeyOf(request))
  }

  of(number: number): Bucket {
    const bucket = this.#byNumber[number]
    assert(bucket !== undefined, 'U1: a live entry has a bucket')
    return bucket
  }

  live(): IterableIterator<Bucket> {
    return this.#byKey.values()
  }

  /** Counts one more live entry of the shape; its place is queued apart. */
  enter(request: WaitRequest): Bucket {
    const key = requestKeyOf(request)
    const bucket = this.#byKey.get(key) ?? this.#open(key, request)
    bucket.liveCount += 1
    return bucket
  }

  /** The last one out gives the number back. U1 */
  exit(number: number): void {
    const bucket = this.of(number)
    bucket.liveCount -= 1
    if (bucket.liveCount > 0) return
    this.#byKey.delete(requestKeyOf(bucket.request))
    this.#byNumber[number] = undefined
  }

  /** The first waiter that may still reserve, or -1. U2, U3 */
  eagerHeadOf(bucket: Bucket): number {
    return this.#headOf(bucket.eager, false)
  }

  /** The first waiter of the bucket, or -1. U2, U3 */
  headOf(bucket: Bucket): number {
    const eager = this.#headOf(bucket.eager, false)
    const lifted = this.#headOf(bucket.lifted, true)
    if (eager < 0) return lifted
    return lifted < 0 ? eager : Math.min(eager, lifted)
  }

  /** All places change their numbers: everybody is queued again, in join order. */
  forgetQueues(): void {
    for (const bucket of this.#byKey.values()) {
      bucket.eager.clear()
      bucket.lifted.clear()
    }
  }

  #headOf(queue: PlaceHeap, isLifted: boolean): number {
    for (;;) {
      const place = queue.top
      if (place < 0 || this.#isQueued(place, isLifted)) return place
      queue.pop()
    }
  }

  #open(key: number, request: WaitRequest): Bucket {
    assert(this.#byKey.size < LIMITS.waitBucketsPerShowMax, 'U1: at most 256 shapes a Show')
    const free = this.#byNumber.indexOf(undefined)
    const number = free < 0 ? this.#byNumber.length : free
    const { party, minParty, categories, together, accessible } = request
    const bucket: Bucket = {
      number,
      request: { party, minParty, categories, together, accessible },
      competition: competitionKeyOf(request),
      liveCount: 0,
      eager: new PlaceHeap(),
      lifted: new PlaceHeap(),
    }
    this.#byKey.set(key, bucket)
    this.#byNumber[number] = bucket
    return bucket
  }
}
