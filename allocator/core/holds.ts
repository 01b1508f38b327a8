// Every hold of a Shard, live or ended and not yet forgotten.
//
// Owns: finding holds by id, the chains per Show and per customer and Show, using slots again.
// Leaves to others: the facts of a hold (hold-columns.ts), when it changes (apply-holds.ts), its
// deadline (deadlines.ts), its keys (command-table.ts).
//
//   H6. The live holds of a customer and Show are chained: counting them costs O(holds of both).
//   H10. An ended hold keeps its slot until it is forgotten; only then may the slot be used again.

import { assert } from '../../shared/assert.ts'
import type { CustomerId, HoldId, Instant } from '../../shared/ids.ts'
import type { HoldPhase } from '../../shared/views.ts'
import {
  HoldColumns,
  NEXT_OF_CUSTOMER,
  NEXT_OF_SHOW,
  type NewHold,
  NONE,
  PREVIOUS_OF_CUSTOMER,
  PREVIOUS_OF_SHOW,
} from './hold-columns.ts'
import { IdTable } from './id-table.ts'
import type { Show } from './show.ts'

export class Holds extends HoldColumns {
  readonly #byId = new IdTable()
  /** head of the live holds of a customer and Show; a rare mixed chain is told apart by walking it */
  readonly #byCustomer = new IdTable()
  /** the first free slot; free ones are chained through NEXT_OF_SHOW */
  #free = NONE
  #lastId: HoldId | undefined
  #lastSlot = NONE

  /** Live and ended ones. */
  get count(): number {
    return this.#byId.size
  }

  /** The slot of a hold, or -1. One command asks for the same id object several times in a row. */
  find(id: HoldId): number {
    if (id === this.#lastId) return this.#lastSlot
    this.#lastSlot = this.#byId.get(id)
    this.#lastId = id
    return this.#lastSlot
  }

  add(show: Show, hold: NewHold): number {
    const slot = this.#takeSlot()
    this.write(slot, show.index, hold)
    const { a, b, c, d } = hold.id
    const before = this.#byId.setLanes(a, b, c, d, slot)
    assert(before === NONE || !this.isLive(before), 'D6: a hold id is new, or long over')
    this.#lastId = hold.id
    this.#lastSlot = slot
    this.#linkToShow(show, slot)
    this.#linkToCustomer(show, slot)
    return slot
  }

  /** Ends a live hold: it leaves the customer's chain and keeps its Seats for its view. */
  end(show: Show, slot: number, facts: { phase: HoldPhase; at: Instant }): void {
    assert(this.isLive(slot), 'H8: a hold ends once')
    this.setPhase(slot, facts.phase)
    this.setEndedAt(slot, facts.at)
    this.#unlinkFromCustomer(show, slot)
  }

  /** Forgets an ended hold; its slot may be used again. H10 */
  remove(show: Show, slot: number): void {
    assert(this.isUsed(slot) && !this.isLive(slot), 'H10: only an ended hold is forgotten')
    const id = this.idOf(slot)
    this.#lastId = undefined
    if (this.#byId.get(id) === slot) this.#byId.delete(id)
    this.#unlinkFromShow(show, slot)
    this.clear(slot)
    this.setLink(slot, NEXT_OF_SHOW, this.#free)
    this.#free = slot
  }

  /** The next hold of the same Show, live or ended, or -1; Show.firstHold is the first. */
  nextOfShow(slot: number): number {
    return this.link(slot, NEXT_OF_SHOW)
  }

  /** The customer's first live hold of the Show, or -1. H6 */
  firstOf(show: Show, customer: CustomerId): number {
    const lane = customer.d ^ mixed(show)
    const head = this.#byCustomer.getLanes(customer.a, customer.b, customer.c, lane)
    return this.#matching(head, show, customer)
  }

  nextOf(slot: number, show: Show, customer: CustomerId): number {
    return this.#matching(this.link(slot, NEXT_OF_CUSTOMER), show, customer)
  }

  #matching(start: number, show: Show, customer: CustomerId): number {
    let slot = start
    while (slot !== NONE && !(this.showIndexOf(slot) === show.index && this.isOf(slot, customer))) {
      slot = this.link(slot, NEXT_OF_CUSTOMER)
    }
    return slot
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

  #linkToCustomer(show: Show, slot: number): void {
    const a = this.customerLane(slot, 0)
    const b = this.customerLane(slot, 1)
    const c = this.customerLane(slot, 2)
    const d = this.customerLane(slot, 3) ^ mixed(show)
    const head = this.#byCustomer.setLanes(a, b, c, d, slot)
    this.setLink(slot, NEXT_OF_CUSTOMER, head)
    this.setLink(slot, PREVIOUS_OF_CUSTOMER, NONE)
    if (head !== NONE) this.setLink(head, PREVIOUS_OF_CUSTOMER, slot)
  }

  #unlinkFromCustomer(show: Show, slot: number): void {
    const next = this.link(slot, NEXT_OF_CUSTOMER)
    const previous = this.link(slot, PREVIOUS_OF_CUSTOMER)
    if (next !== NONE) this.setLink(next, PREVIOUS_OF_CUSTOMER, previous)
    if (previous !== NONE) {
      this.setLink(previous, NEXT_OF_CUSTOMER, next)
      return
    }
    const a = this.customerLane(slot, 0)
    const b = this.customerLane(slot, 1)
    const c = this.customerLane(slot, 2)
    const d = this.customerLane(slot, 3) ^ mixed(show)
    if (next === NONE) this.#byCustomer.deleteLanes(a, b, c, d)
    else this.#byCustomer.setLanes(a, b, c, d, next)
  }

  #takeSlot(): number {
    if (this.#free === NONE) return this.newSlot()
    const slot = this.#free
    this.#free = this.link(slot, NEXT_OF_SHOW)
    return slot
  }
}

/** Shows of one customer get chains of their own. */
function mixed(show: Show): number {
  return Math.imul(show.number, 0x9e3779b1)
}
