// Everybody who waits for Seats of one Show, in the order in which they joined.
//
// Owns: the live entries (waiting or offered), their order, barriers and who sits out a frame.
// Leaves to others: what fits and who is served (serving.ts), the Seats themselves (seat-map.ts),
// ended entries (the Shard keeps them until the Ledger has them, H10).
//
//   L1. Order is the order of the join Transition; a declined entry waits again at its old place.
//   L3. A barrier runs from an entry's first reserved Seat until it is offered, leaves or is lifted.
//   L5. One live entry per customer.
//   L6. Positions are computed on demand: join, leave, next and rank cost O(log W), W up to a million.

import { assert } from '../../shared/assert.ts'
import {
  type CustomerId,
  type EntryId,
  type HoldId,
  type Instant,
  offerHoldIdOf,
  type SeatIndex,
  type Sequence,
} from '../../shared/ids.ts'
import { LIMITS } from '../../shared/limits.ts'
import { Rank } from './rank.ts'
import { type Bucket, WaitlistBuckets, type WaitRequest } from './waitlist-buckets.ts'
import {
  CUSTOMER_LANE,
  DECLINED,
  ENTRY_LANE,
  LANES,
  LIFTED,
  OFFERED,
  WAITING,
  WaitlistColumns,
  type WaitlistRow,
} from './waitlist-columns.ts'
import { WaitlistIndex } from './waitlist-index.ts'
import type { WaitlistRound } from './waitlist-round.ts'

/** The first waiter of its kind that could not be served, and what is kept for it (L3). */
export interface Barrier {
  readonly seats: readonly SeatIndex[]
  /** when its first Seat was reserved */
  readonly since: Instant
}

/** A frame as far as sitting out is concerned: commands of one frame share both (T2, L7). */
export interface FrameMark {
  readonly time: Instant
  readonly frame: number
}

export interface Joining {
  readonly entry: EntryId
  readonly customer: CustomerId
  readonly request: WaitRequest
  readonly sequence: Sequence
}

/** As it stood in a page. */
export interface Restoring extends Joining {
  readonly marks: number
  readonly barrier: Barrier | undefined
}

const NOTHING: readonly SeatIndex[] = Object.freeze([])

/** A place is valid until the next mutation; outside this file entries are named by EntryId. */
export class Waitlist {
  /** what the serving under way has found out; not state (serving.ts) */
  round: WaitlistRound | undefined
  readonly #rows = new WaitlistColumns()
  readonly #byEntry = new WaitlistIndex(this.#rows.lanes, LANES, ENTRY_LANE)
  readonly #byCustomer = new WaitlistIndex(this.#rows.lanes, LANES, CUSTOMER_LANE)
  readonly #rank = new Rank(this.#rows.capacity)
  readonly #buckets = new WaitlistBuckets((place, isLifted) => this.#isQueued(place, isLifted))
  #barriers = new Map<number, Barrier>()
  /** places that declined in the frame of #sittingOutFrame; not state: a replay serves nobody */
  #sittingOut = new Set<number>()
  #sittingOutFrame: FrameMark = { time: 0 as Instant, frame: 0 }

  get liveCount(): number {
    return this.#rows.liveCount
  }

  get waitingCount(): number {
    return this.#rank.count
  }

  /** L6: fewer than a million entries, and a bucket for the request. */
  hasRoomFor(request: WaitRequest): boolean {
    return this.#rows.liveCount < LIMITS.waitersPerShowMax && this.#buckets.hasRoomFor(request)
  }

  /** The place of a live entry, or -1. */
  find(entry: EntryId): number {
    return this.#byEntry.find(entry)
  }

  /** The place of a customer's live entry, or -1. L5 */
  findCustomer(customer: CustomerId): number {
    return this.#byCustomer.find(customer)
  }

  /** Live places in join order. L1 */
  *places(): IterableIterator<number> {
    for (let place = 0; place < this.#rows.end; place += 1) {
      if (this.#rows.marksAt(place) !== 0) yield place
    }
  }

  rowAt(place: number): WaitlistRow {
    return {
      entry: this.#rows.entryAt(place),
      customer: this.#rows.customerAt(place),
      bucket: this.#rows.bucketAt(place),
      marks: this.#rows.marksAt(place),
      sequence: this.#rows.sequenceAt(place),
    }
  }

  entryAt(place: number): EntryId {
    return this.#rows.entryAt(place)
  }

  customerAt(place: number): CustomerId {
    return this.#rows.customerAt(place)
  }

  sequenceAt(place: number): Sequence {
    return this.#rows.sequenceAt(place)
  }

  bucketAt(place: number): Bucket {
    return this.#buckets.of(this.#rows.bucketAt(place))
  }

  requestAt(place: number): WaitRequest {
    return this.bucketAt(place).request
  }

  isWaiting(place: number): boolean {
    return (this.#rows.marksAt(place) & WAITING) !== 0
  }

  isLifted(place: number): boolean {
    return (this.#rows.marksAt(place) & LIFTED) !== 0
  }

  hasDeclined(place: number): boolean {
    return (this.#rows.marksAt(place) & DECLINED) !== 0
  }

  /** The hold of the current or next offer of this entry. */
  offerHoldAt(place: number): HoldId {
    const declineCount = (this.#rows.marksAt(place) & DECLINED) !== 0 ? 1 : 0
    return offerHoldIdOf(this.#rows.entryAt(place), declineCount)
  }

  /** Waiting entries in front of a waiting one. L6 */
  aheadOf(place: number): number {
    return this.isWaiting(place) ? this.#rank.before(place) : 0
  }

  /** Shapes of request with live entries, at most 256. */
  buckets(): IterableIterator<Bucket> {
    return this.#buckets.live()
  }

  /** The first waiter of the bucket that does not sit out, or -1. */
  headOf(bucket: Bucket): number {
    return this.#buckets.headOf(bucket)
  }

  /** The next waiter behind with the same request that does not sit out, or -1. O(gap). */
  nextAlike(place: number): number {
    const bucket = this.#rows.bucketAt(place)
    for (let next = place + 1; next < this.#rows.end; next += 1) {
      const isAlike = this.#rows.bucketAt(next) === bucket && this.isWaiting(next)
      if (isAlike && !this.#sittingOut.has(next)) return next
    }
    return -1
  }

  /** The first waiter of the bucket that may still reserve and does not sit out, or -1. */
  eagerHeadOf(bucket: Bucket): number {
    return this.#buckets.eagerHeadOf(bucket)
  }

  barriers(): ReadonlyMap<number, Barrier> {
    return this.#barriers
  }

  reservedAt(place: number): readonly SeatIndex[] {
    return this.#barriers.get(place)?.seats ?? NOTHING
  }

  /** A new frame wakes who sat out the last one (L7). */
  enterFrame(mark: FrameMark): void {
    const { time, frame } = this.#sittingOutFrame
    if (this.#sittingOut.size === 0 || (time === mark.time && frame === mark.frame)) return
    const woken = this.#sittingOut
    this.#sittingOut = new Set()
    for (const place of woken) if (this.isWaiting(place)) this.#queue(place)
  }

  join({ entry, customer, request, sequence }: Joining): void {
    this.restore({ entry, customer, request, sequence, marks: WAITING, barrier: undefined })
  }

  /** Adds an entry at the tail with the marks it had: joining, and reading a page. */
  restore({ entry, customer, request, sequence, marks, barrier }: Restoring): void {
    assert(this.findCustomer(customer) < 0, 'L5: one live entry per customer')
    assert(this.find(entry) < 0, 'D6: an entry id is new')
    assert(this.#rows.liveCount < LIMITS.waitersPerShowMax, 'L6: a million entries a Show')
    if (this.#rows.isFull) this.#closeUp()
    const bucket = this.#buckets.enter(request).number
    const place = this.#rows.add({ entry, customer, bucket, marks, sequence })
    this.#byEntry.add(place)
    this.#byCustomer.add(place)
    if (barrier !== undefined) this.#barriers.set(place, barrier)
    if (!this.isWaiting(place)) return
    this.#rank.mark(place)
    this.#queue(place)
  }

  /** Its turn has come; returns the Seats that were reserved for it, now nobody's. */
  offer(entry: EntryId, sequence: Sequence): readonly SeatIndex[] {
    const place = this.#waitingPlaceOf(entry)
    this.#rows.mark(place, (this.#rows.marksAt(place) & ~WAITING) | OFFERED, sequence)
    this.#rank.clear(place)
    return this.#endBarrier(place)
  }

  /** L7: the first time it waits again at its place, sitting out this frame; then it has left. */
  decline(entry: EntryId, mark: FrameMark, sequence: Sequence): 'waiting' | 'left' {
    const place = this.#livePlaceOf(entry)
    const marks = this.#rows.marksAt(place)
    assert((marks & OFFERED) !== 0, 'L7: only an offer is declined')
    if ((marks & DECLINED) !== 0) {
      this.end(entry)
      return 'left'
    }
    this.enterFrame(mark)
    this.#sittingOutFrame = mark
    this.#sittingOut.add(place)
    this.#rows.mark(place, (marks & ~OFFERED) | WAITING | DECLINED, sequence)
    this.#rank.mark(place)
    return 'waiting'
  }

  /** Served, lapsed or left; returns the Seats that were reserved for it, now nobody's. */
  end(entry: EntryId): readonly SeatIndex[] {
    const place = this.#livePlaceOf(entry)
    const reserved = this.#endBarrier(place)
    if (this.isWaiting(place)) this.#rank.clear(place)
    this.#sittingOut.delete(place)
    this.#byEntry.remove(place)
    this.#byCustomer.remove(place)
    this.#buckets.exit(this.#rows.bucketAt(place))
    this.#rows.remove(place)
    if (this.#rows.isSparse) this.#closeUp()
    return reserved
  }

  /** Replaces the reserved set; returns the previous one. L3 */
  reserve(entry: EntryId, seats: readonly SeatIndex[], at: FactStamp): readonly SeatIndex[] {
    const place = this.#waitingPlaceOf(entry)
    assert(!this.isLifted(place), 'L3: a lifted entry reserves no more')
    assert(seats.length <= this.requestAt(place).minParty, 'L3: never more than minParty')
    const previous = this.#barriers.get(place)
    this.#barriers.set(place, { seats: [...seats], since: previous?.since ?? at.time })
    this.#rows.mark(place, this.#rows.marksAt(place), at.sequence)
    return previous?.seats ?? NOTHING
  }

  /** A reserved Seat was blocked: it is the barrier's no more. S6 */
  dropReserved(seat: SeatIndex): void {
    for (const [place, barrier] of this.#barriers) {
      if (!barrier.seats.includes(seat)) continue
      this.#barriers.set(place, { ...barrier, seats: barrier.seats.filter(one => one !== seat) })
    }
  }

  /** It keeps its place but reserves no more; returns the Seats that were reserved for it. L3 */
  lift(entry: EntryId, sequence: Sequence): readonly SeatIndex[] {
    const place = this.#waitingPlaceOf(entry)
    this.#rows.mark(place, this.#rows.marksAt(place) | LIFTED, sequence)
    if (!this.#sittingOut.has(place)) this.#queue(place)
    return this.#endBarrier(place)
  }

  #isQueued(place: number, isLifted: boolean): boolean {
    return (
      this.isWaiting(place) && this.isLifted(place) === isLifted && !this.#sittingOut.has(place)
    )
  }

  #queue(place: number): void {
    const bucket = this.bucketAt(place)
    const queue = this.isLifted(place) ? bucket.lifted : bucket.eager
    queue.push(place)
  }

  #endBarrier(place: number): readonly SeatIndex[] {
    const barrier = this.#barriers.get(place)
    if (barrier === undefined) return NOTHING
    this.#barriers.delete(place)
    return barrier.seats
  }

  #livePlaceOf(entry: EntryId): number {
    const place = this.find(entry)
    assert(place >= 0, 'D2: a transition names a live entry')
    return place
  }

  #waitingPlaceOf(entry: EntryId): number {
    const place = this.#livePlaceOf(entry)
    assert(this.isWaiting(place), 'D2: a transition names a waiting entry')
    return place
  }

  /** Everything that names places follows them to their new numbers. */
  #closeUp(): void {
    const rows = this.#rows
    const moved = rows.closeUp()
    const isLive = (place: number): boolean => rows.marksAt(place) !== 0
    this.#byEntry.rebuild(rows.lanes, rows.end, isLive)
    this.#byCustomer.rebuild(rows.lanes, rows.end, isLive)
    this.#rank.rebuild(rows.capacity, place => this.isWaiting(place))
    this.#barriers = new Map([...this.#barriers].map(([place, one]) => [moved[place] ?? -1, one]))
    this.#sittingOut = new Set([...this.#sittingOut].map(place => moved[place] ?? -1))
    this.#buckets.forgetQueues()
    for (let place = 0; place < rows.end; place += 1) {
      if (this.isWaiting(place) && !this.#sittingOut.has(place)) this.#queue(place)
    }
  }
}

/** When and as which Transition something happened. */
export interface FactStamp {
  readonly time: Instant
  readonly sequence: Sequence
}
