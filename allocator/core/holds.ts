// Every hold of a Shard, live or ended and not yet forgotten.
//
// Owns: finding holds by id, the chains per Show and per customer and Show, using slots again.
// Leaves to others: the facts of a hold (hold-columns.ts), when it changes (apply-holds.ts), its
// deadline (deadlines.ts), its keys (command-table.ts).
//
//   H6. The live holds of a customer and Show are chained: counting them costs O(holds of both).
//   H10. An ended hold keeps its slot until it is forgotten; only then may the slot be used again.

import { assert } from '../../shared/assert.ts'
import type { CustomerId, HoldId } from '../../shared/ids.ts'
import { HoldColumns } from './hold-columns.ts'
import {
  type Ending,
  NEXT_OF_CUSTOMER,
  NEXT_OF_SHOW,
  type NewHold,
  NONE,
  PREVIOUS_OF_CUSTOMER,
  PREVIOUS_OF_SHOW,
} from './hold-words.ts'
import type { Show } from './show.ts'
import { TagTable, tagOf } from './tag-table.ts'

export class Holds extends HoldColumns {
  readonly #byId = new TagTable()
  /** head of the live holds of a customer and Show */
  readonly #byCustomer = new TagTable()
  /** the first free slot; free ones are chained through NEXT_OF_SHOW */
  #free = NONE
  #lastId: HoldId | undefined
  #lastSlot = NONE
  #lastTag = 0
  #lastCustomer: CustomerId | undefined
  #lastShow: Show | undefined
  #lastFirst = NONE
  #lastCustomerTag = 0

  /** Live and ended ones. */
  get count(): number {
    return this.#byId.size
  }

  /** The slot of a hold, or -1. One command asks for the same id object several times in a row. */
  find(id: HoldId): number {
    if (id === this.#lastId) return this.#lastSlot
    const tag = tagOf(id.a, id.b, id.c, id.d)
    let slot = NONE
    for (let at = this.#byId.first(tag); at >= 0; at = this.#byId.next(at, tag)) {
      slot = this.#byId.valueAt(at)
      if (this.hasId(slot, id)) break
      slot = NONE
    }
    this.#lastId = id
    this.#lastSlot = slot
    this.#lastTag = tag
    return slot
  }

  /** Brings the table row of a hold's id into the cache; the answer means nothing. */
  look(slot: number): number {
    return this.#byId.look(this.idTag(slot))
  }

  /** As look(), for an id that is asked for soon. */
  lookFor(id: HoldId): number {
    return this.#byId.look(tagOf(id.a, id.b, id.c, id.d))
  }

  add(show: Show, hold: NewHold): number {
    const slot = this.#takeSlot()
    const { id } = hold
    const before = this.find(id)
    assert(before === NONE || !this.isLive(before), 'D6: a hold id is new, or long over')
    this.write(slot, show.index, hold)
    if (before === NONE) this.#byId.add(this.#lastTag, slot)
    else this.#byId.replace(this.#lastTag, before, slot)
    this.#lastSlot = slot
    this.#linkToShow(show, slot)
    this.#linkToCustomer(show, slot, hold.customer)
    return slot
  }

  /** Ends a live hold: it leaves the customer's chain and keeps its Seats for its view. */
  end(show: Show, slot: number, ending: Ending): void {
    assert(this.isLive(slot), 'H8: a hold ends once')
    this.writeEnd(slot, ending)
    this.#unlinkFromCustomer(show, slot)
  }

  /** Forgets an ended hold; its slot may be used again. H10 */
  remove(show: Show, slot: number): void {
    assert(this.isUsed(slot) && !this.isLive(slot), 'H10: only an ended hold is forgotten')
    this.#lastId = undefined
    this.#byId.delete(this.idTag(slot), slot) // not there when a later hold has taken over its id
    this.#unlinkFromShow(show, slot)
    this.clear(slot)
    this.setLink(slot, NEXT_OF_SHOW, this.#free)
    this.#free = slot
  }

  /** The next hold of the same Show, live or ended, or -1; Show.firstHold is the first. */
  nextOfShow(slot: number): number {
    return this.link(slot, NEXT_OF_SHOW)
  }

  /** The customer's first live hold of the Show, or -1. Asked twice by a command that holds. H6 */
  firstOf(show: Show, customer: CustomerId): number {
    if (customer === this.#lastCustomer && show === this.#lastShow) return this.#lastFirst
    const tag = tagOf(show.number, customer.b, customer.c ^ customer.a, customer.d)
    let first = NONE
    for (let at = this.#byCustomer.first(tag); at >= 0; at = this.#byCustomer.next(at, tag)) {
      first = this.#byCustomer.valueAt(at)
      if (this.showIndexOf(first) === show.index && this.isOf(first, customer)) break
      first = NONE
    }
    this.#lastCustomer = customer
    this.#lastShow = show
    this.#lastFirst = first
    this.#lastCustomerTag = tag
    return first
  }

  /** The next live hold of the same customer and Show, or -1. */
  nextOf(slot: number): number {
    return this.link(slot, NEXT_OF_CUSTOMER)
  }

  #linkToShow(show: Show, slot: number): void {
    const head = show.firstHold
    this.setLink(slot, NEXT_OF_SHOW, head)
    this.setLink(slot, PREVIOUS_OF_SHOW, NONE)
    if (head !== NONE) this.setLink(head, PREVIOUS_OF_SHOW, slot)
    show.firstHold = slot
  }

  #unlinkFromShow(show: Show, slot: number): void {
    const next = this.link(slot, NEXT_OF_SHOW)
    const previous = this.link(slot, PREVIOUS_OF_SHOW)
    if (next !== NONE) this.setLink(next, PREVIOUS_OF_SHOW, previous)
    if (previous !== NONE) this.setLink(previous, NEXT_OF_SHOW, next)
    else show.firstHold = next
  }

  #linkToCustomer(show: Show, slot: number, customer: CustomerId): void {
    const head = this.firstOf(show, customer)
    const tag = this.#lastCustomerTag
    this.#lastFirst = slot
    if (head === NONE) this.#byCustomer.add(tag, slot)
    else {
      this.#byCustomer.replace(tag, head, slot)
      this.setLink(head, PREVIOUS_OF_CUSTOMER, slot)
    }
    this.setLink(slot, NEXT_OF_CUSTOMER, head)
    this.setLink(slot, PREVIOUS_OF_CUSTOMER, NONE)
  }

  #unlinkFromCustomer(show: Show, slot: number): void {
    this.#lastCustomer = undefined
    const next = this.link(slot, NEXT_OF_CUSTOMER)
    const previous = this.link(slot, PREVIOUS_OF_CUSTOMER)
    if (next !== NONE) this.setLink(next, PREVIOUS_OF_CUSTOMER, previous)
    if (previous !== NONE) {
      this.setLink(previous, NEXT_OF_CUSTOMER, next)
      return
    }
    const tag = this.customerTag(slot, show.number)
    if (next === NONE) this.#byCustomer.delete(tag, slot)
    else this.#byCustomer.replace(tag, slot, next)
  }

  #takeSlot(): number {
    if (this.#free === NONE) return this.newSlot()
    const slot = this.#free
    this.#free = this.link(slot, NEXT_OF_SHOW)
    return slot
  }
}
