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
import { IdTable } from './id-table.ts'

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

/** A hold by its slot (0 ..), an entry by its place in EndedEntries (-1, -2 ..). */
export type EndedItem = number

const ITEMS_MIN = 64

export class EndedQueue {
  readonly #sequenceOf: (item: EndedItem) => Sequence
  /** a ring; its length is a power of two */
  #items = new Int32Array(ITEMS_MIN)
  #first = 0
  #size = 0
  /** so many from the first on have given up their keys */
  #keylessCount = 0
  #isSorted = true
  /** the highest one that was pushed */
  #lastSequence = 0

  constructor(sequenceOf: (item: EndedItem) => Sequence) {
    this.#sequenceOf = sequenceOf
  }

  get size(): number {
    return this.#size
  }

  push(item: EndedItem, sequence: Sequence): void {
    if (sequence < this.#lastSequence) this.#isSorted = false
    else this.#lastSequence = sequence
    if (this.#size === this.#items.length) this.#grow()
    this.#items[(this.#first + this.#size) & (this.#items.length - 1)] = item
    this.#size += 1
  }

  /** The item that ended first, after `offset` others; there are more than `offset`. */
  at(offset: number): EndedItem {
    assert(offset < this.#size, 'Q1: an item of the queue')
    if (!this.#isSorted) this.#sort()
    return this.#items[(this.#first + offset) & (this.#items.length - 1)] as EndedItem
  }

  /** The item that ended first among those not yet taken here: who gives up its keys next (D5). */
  takeOldestKeeper(): EndedItem | undefined {
    if (this.#keylessCount === this.#size) return undefined
    const item = this.at(this.#keylessCount)
    this.#keylessCount += 1
    return item
  }

  /** The first item has given up its keys: a full table lets it go early. D5 */
  get isFirstKeyless(): boolean {
    return this.#keylessCount > 0
  }

  shift(): void {
    assert(this.#size > 0, 'H10: only what has ended is forgotten')
    if (this.#keylessCount > 0) this.#keylessCount -= 1
    this.#first = (this.#first + 1) & (this.#items.length - 1)
    this.#size -= 1
  }

  #grow(): void {
    const items = new Int32Array(this.#items.length * 2)
    for (let at = 0; at < this.#size; at += 1) {
      items[at] = this.#items[(this.#first + at) & (this.#items.length - 1)] as number
    }
    this.#items = items
    this.#first = 0
  }

  /** Q1; equal items keep their order */
  #sort(): void {
    const items = Array.from({ length: this.#size }, (_, at) => {
      return this.#items[(this.#first + at) & (this.#items.length - 1)] as EndedItem
    })
    items.sort((left, right) => this.#sequenceOf(left) - this.#sequenceOf(right))
    this.#items.set(items)
    this.#first = 0
    this.#keylessCount = 0
    this.#isSorted = true
  }
}

/** What is left of ended entries, until their items in the queue are forgotten. */
export class EndedEntries {
  readonly #placeOf = new IdTable()
  readonly #ofShow = new Map<ShowNumber, Set<EndedEntry>>()
  #entries: (EndedEntry | undefined)[] = []
  #free: number[] = []

  /** The item that stands for the entry in the queue. */
  add(entry: EndedEntry): EndedItem {
    const place = this.#free.pop() ?? this.#entries.length
    this.#entries[place] = entry
    this.#placeOf.set(entry.id, place)
    const ofShow = this.#ofShow.get(entry.show)
    if (ofShow === undefined) this.#ofShow.set(entry.show, new Set([entry]))
    else ofShow.add(entry)
    return -1 - place
  }

  find(id: EntryId): EndedEntry | undefined {
    const place = this.#placeOf.get(id)
    return place < 0 ? undefined : this.#entries[place]
  }

  at(item: EndedItem): EndedEntry {
    const entry = this.#entries[-1 - item]
    assert(entry !== undefined, 'H10: an item of the queue is remembered')
    return entry
  }

  /** In order of ending. */
  ofShow(show: ShowNumber): readonly EndedEntry[] {
    const entries = [...(this.#ofShow.get(show) ?? [])]
    return entries.sort((left, right) => left.sequence - right.sequence)
  }

  /** It is looked up no more; its item is still in the queue. */
  unlist(entry: EndedEntry): void {
    this.#placeOf.delete(entry.id)
    const ofShow = this.#ofShow.get(entry.show)
    ofShow?.delete(entry)
    if (ofShow?.size === 0) this.#ofShow.delete(entry.show)
  }

  forget(item: EndedItem): void {
    const entry = this.at(item)
    if (this.find(entry.id) === entry) this.unlist(entry)
    this.#entries[-1 - item] = undefined
    this.#free.push(-1 - item)
  }
}
