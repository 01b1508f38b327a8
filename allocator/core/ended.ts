// What has ended and is still answered: in order of ending, until it may be forgotten.
//
// Owns: the queue of ended holds and entries, and what is left of an ended entry.
// Leaves to others: ended holds themselves (holds.ts), when forgetting is allowed (state.ts).
//
//   H10. What has ended stays until the Ledger's cursor has passed it, and its keys for 2 minutes.
//   Q1. The queue is in order of Sequence; pages that were read out of order are sorted in when asked.

import { assert } from '../../shared/assert.ts'
import type {
  CustomerId,
  EntryId,
  HoldId,
  Instant,
  Sequence,
  ShowNumber,
} from '../../shared/ids.ts'
import type { EntryState } from '../../shared/views.ts'

/** An entry that is served, lapsed or left: the Waitlist knows it no more. */
export interface EndedEntry {
  readonly id: EntryId
  readonly show: ShowNumber
  readonly customer: CustomerId
  readonly state: EntryState
  readonly party: number
  /** of its last offer, if there was one */
  readonly hold: HoldId | undefined
  readonly sequence: Sequence
  readonly endedAt: Instant
}

/** A hold is named by its slot. */
export type EndedItem = number | EndedEntry

export class EndedQueue {
  readonly #sequenceOf: (item: EndedItem) => Sequence
  #items: (EndedItem | undefined)[] = []
  #first = 0
  /** so many from the first on have given up their keys */
  #keylessCount = 0
  #isSorted = true
  /** the highest one that was pushed */
  #lastSequence = 0

  constructor(sequenceOf: (item: EndedItem) => Sequence) {
    this.#sequenceOf = sequenceOf
  }

  get size(): number {
    return this.#items.length - this.#first
  }

  push(item: EndedItem): void {
    const sequence = this.#sequenceOf(item)
    if (sequence < this.#lastSequence) this.#isSorted = false
    else this.#lastSequence = sequence
    this.#items.push(item)
  }

  /** The item that ended first, after `offset` others. */
  at(offset: number): EndedItem | undefined {
    if (!this.#isSorted) this.#sort()
    return this.#items[this.#first + offset]
  }

  /** The item that ended first among those not yet taken here: who gives up its keys next (D5). */
  takeOldestKeeper(): EndedItem | undefined {
    const item = this.at(this.#keylessCount)
    if (item !== undefined) this.#keylessCount += 1
    return item
  }

  /** The first item has given up its keys: a full table lets it go early. D5 */
  get isFirstKeyless(): boolean {
    return this.#keylessCount > 0
  }

  shift(): void {
    assert(this.size > 0, 'H10: only what has ended is forgotten')
    if (this.#keylessCount > 0) this.#keylessCount -= 1
    this.#items[this.#first] = undefined
    this.#first += 1
    if (this.#first < 1024 || this.#first * 2 < this.#items.length) return
    this.#items = this.#items.slice(this.#first)
    this.#first = 0
  }

  /** Q1 */
  #sort(): void {
    const items = this.#items.slice(this.#first) as EndedItem[]
    items.sort((left, right) => this.#sequenceOf(left) - this.#sequenceOf(right))
    this.#items = items
    this.#first = 0
    this.#keylessCount = 0
    this.#isSorted = true
  }
}
