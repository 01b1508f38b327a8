// The live entries of one Waitlist as columns: a place is a row, and the row number is the join order.
//
// Owns: the memory of entries (about 60 bytes each, indexes included) and how it grows and closes up.
// Leaves to others: what the marks mean for serving (waitlist.ts), finding rows (waitlist-index.ts).
//
//   C1. Places only count up; an ended entry leaves a hole until the rows close up (L1).
//   C2. Closing up keeps the order and happens when the rows are full or mostly holes: O(1) amortised.
//
//   marks of a place:  bit 0 waiting | bit 1 offered | bit 2 declined once | bit 3 barrier lifted
//   0 means a hole.

import { assert } from '../../shared/assert.ts'
import { type CustomerId, type EntryId, type Id, idOf, type Sequence } from '../../shared/ids.ts'

export const WAITING = 1
export const OFFERED = 2
export const DECLINED = 4
export const LIFTED = 8

/** lanes of a place: entry a, b, c, d, customer a, b, c, d */
export const LANES = 8
export const ENTRY_LANE = 0
export const CUSTOMER_LANE = 4
const CAPACITY_MIN = 16

export interface WaitlistRow {
  readonly entry: EntryId
  readonly customer: CustomerId
  readonly bucket: number
  readonly marks: number
  readonly sequence: Sequence
}

export class WaitlistColumns {
  lanes = new Int32Array(CAPACITY_MIN * LANES)
  /** one past the last place in use */
  end = 0
  liveCount = 0
  #marks = new Uint8Array(CAPACITY_MIN)
  #buckets = new Uint8Array(CAPACITY_MIN)
  #sequences = new Float64Array(CAPACITY_MIN)

  get capacity(): number {
    return this.#marks.length
  }

  /** The rows must close up or grow before the next entry is added. C2 */
  get isFull(): boolean {
    return this.end === this.capacity
  }

  /** Mostly holes: memory goes back. C2 */
  get isSparse(): boolean {
    return this.capacity > CAPACITY_MIN && this.liveCount * 8 < this.capacity
  }

  marksAt(place: number): number {
    return this.#marks[place] ?? 0
  }

  bucketAt(place: number): number {
    return this.#buckets[place] ?? 0
  }

  sequenceAt(place: number): Sequence {
    return (this.#sequences[place] ?? 0) as Sequence
  }

  entryAt(place: number): EntryId {
    return this.#idAt<EntryId>(place * LANES + ENTRY_LANE)
  }

  customerAt(place: number): CustomerId {
    return this.#idAt<CustomerId>(place * LANES + CUSTOMER_LANE)
  }

  mark(place: number, marks: number, sequence: Sequence): void {
    assert(marks !== 0 && this.marksAt(place) !== 0, 'C1: only a live entry changes')
    this.#marks[place] = marks
    this.#sequences[place] = sequence
  }

  /** Returns the new entry's place. C1 */
  add(row: WaitlistRow): number {
    assert(!this.isFull, 'C2: the rows grow before they overflow')
    const place = this.end
    this.#writeId(place * LANES + ENTRY_LANE, row.entry)
    this.#writeId(place * LANES + CUSTOMER_LANE, row.customer)
    this.#buckets[place] = row.bucket
    this.#marks[place] = row.marks
    this.#sequences[place] = row.sequence
    this.end += 1
    this.liveCount += 1
    return place
  }

  /** Leaves a hole; the lanes stand until the rows close up. C1 */
  remove(place: number): void {
    assert(this.marksAt(place) !== 0, 'C1: an entry ends once')
    this.#marks[place] = 0
    this.liveCount -= 1
  }

  /** Fresh columns with room for twice the live entries; returns old place -> new place. C2 */
  closeUp(): Int32Array {
    const moved = new Int32Array(this.end).fill(-1)
    const capacity = capacityFor(this.liveCount)
    const lanes = new Int32Array(capacity * LANES)
    const marks = new Uint8Array(capacity)
    const buckets = new Uint8Array(capacity)
    const sequences = new Float64Array(capacity)
    let to = 0
    for (let from = 0; from < this.end; from += 1) {
      if (this.#marks[from] === 0) continue
      for (let lane = 0; lane < LANES; lane += 1) {
        lanes[to * LANES + lane] = this.lanes[from * LANES + lane] as number
      }
      marks[to] = this.marksAt(from)
      buckets[to] = this.bucketAt(from)
      sequences[to] = this.sequenceAt(from)
      moved[from] = to
      to += 1
    }
    this.lanes = lanes
    this.#marks = marks
    this.#buckets = buckets
    this.#sequences = sequences
    this.end = to
    return moved
  }

  #idAt<Kind extends Id>(at: number): Kind {
    const lanes = this.lanes
    return idOf<Kind>(
      lanes[at] as number,
      lanes[at + 1] as number,
      lanes[at + 2] as number,
      lanes[at + 3] as number,
    )
  }

  #writeId(at: number, id: Id): void {
    this.lanes[at] = id.a
    this.lanes[at + 1] = id.b
    this.lanes[at + 2] = id.c
    this.lanes[at + 3] = id.d
  }
}

/** A power of two with at least as many spare rows as live ones. */
function capacityFor(liveCount: number): number {
  let capacity = CAPACITY_MIN
  while (capacity < liveCount * 2) capacity *= 2
  return capacity
}
