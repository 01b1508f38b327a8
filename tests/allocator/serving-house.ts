// A small house for stories about the line: one Show, people with names, every command a frame of its own.
//
// Owns: playing commands and applying what serving answers, with a plain array of who has each Seat.
// Leaves to others: the judgement (serving-twin.ts).

import assert from 'node:assert/strict'
import { dueBarrierLift } from '../../allocator/core/barrier.ts'
import { BLOCKED, FREE, HELD, SOLD } from '../../allocator/core/seat-map.ts'
import { endServing, nextServing, offerOf } from '../../allocator/core/serving.ts'
import { Show } from '../../allocator/core/show.ts'
import { Waitlist } from '../../allocator/core/waitlist.ts'
import type { WaitRequest } from '../../allocator/core/waitlist-buckets.ts'
import { fitAtJoin } from '../../allocator/core/waitlist-join.ts'
import {
  asInstant,
  asLayoutNumber,
  asSeatIndex,
  asSequence,
  asShowNumber,
  type CustomerId,
  type EntryId,
  idFromText,
  idTextOf,
  type SeatIndex,
} from '../../shared/ids.ts'
import type { Layout } from '../../shared/layout.ts'
import { DEFAULT_POLICY, type Policy } from '../../shared/policy.ts'
import { compilePlan } from '../../shared/seating-plan.ts'
import type { SeatsReserved, WaiterOffered } from '../../shared/transitions.ts'

export const FOREVER = 10 ** 12

export interface Told {
  readonly what: 'offered' | 'reserved' | 'lifted'
  readonly who: string
  readonly seats: readonly number[]
}

export interface Judge {
  /** asked before each answer of serving is applied, and once more when there is none */
  judge(house: House, told: Told | undefined): void
  beginServing(house: House): void
  /** asked before a newcomer joins; the Seats it is offered at once */
  judgeJoin(house: House, request: WaitRequest, seats: readonly number[] | undefined): void
}

export class House {
  readonly show: Show
  readonly told: Told[] = []
  /** 'free', 'public', 'sold', 'blocked', 'offer NAME' or 'reserved NAME' */
  readonly owners: string[]
  readonly names = new Map<string, string>()
  frameCount = 1
  /** several commands are decided together: they share frame and time */
  isFrameOpen = false
  now = asInstant(1_000)
  #sequence = 0
  readonly #judge: Judge | undefined

  constructor(layout: Layout, policy: Partial<Policy> = {}, judge?: Judge) {
    const plan = compilePlan(layout)
    this.#judge = judge
    this.owners = Array.from({ length: plan.seatCount }, () => 'free')
    this.show = new Show({
      number: asShowNumber(1),
      index: 0,
      plan,
      terms: {
        layout: asLayoutNumber(1),
        layoutDigest: plan.digest,
        policy: { ...DEFAULT_POLICY, ...policy },
        prices: layout.categories.map((_, index) => 100 + index),
        currency: 'EUR',
        startsAt: asInstant(FOREVER),
        salesOpenAt: asInstant(0),
        salesCloseAt: asInstant(FOREVER),
      },
    })
  }

  get line(): Waitlist {
    this.show.waitlist ??= new Waitlist()
    return this.show.waitlist
  }

  /** Direct holds of the public; taken from whoever has them free. */
  hold(...seats: number[]): this {
    for (const seat of seats) this.#take(seat, 'public', HELD)
    return this.#frame()
  }

  holdAll(): this {
    return this.hold(...this.owners.keys())
  }

  sell(...seats: number[]): this {
    for (const seat of seats) this.#take(seat, 'sold', SOLD)
    return this.#frame()
  }

  block(...seats: number[]): this {
    for (const seat of seats) {
      if (this.show.seats.isReserved(asSeatIndex(seat))) this.line.dropReserved(asSeatIndex(seat))
      this.#take(seat, 'blocked', BLOCKED)
    }
    return this.#frame()
  }

  /** Held, sold or blocked Seats become free in one command. */
  free(...seats: number[]): this {
    for (const seat of seats) this.#free(seat)
    return this.#frame()
  }

  join(name: string, wish: Partial<WaitRequest> & { readonly party: number }): this {
    const request = {
      minParty: wish.party,
      categories: 0,
      together: true,
      accessible: false,
      ...wish,
    }
    const seats = fitAtJoin(this, this.show, { request, now: this.now })
    this.#judge?.judgeJoin(this, request, seats)
    const entry = entryOf(name)
    this.names.set(idTextOf(entry), name)
    const customer = idFromText<CustomerId>(`customer ${name}`)
    this.line.join({ entry, customer, request, sequence: this.#next() })
    if (seats !== undefined) {
      const hold = this.line.offerHoldAt(this.line.find(entry))
      this.#offer(offerOf(this.show, { entry, hold, seats }, this.now))
    }
    return this.#frame()
  }

  /** The offer's Seats are free again; the entry waits on or has left. */
  decline(name: string): this {
    const seats = this.seatsOf(`offer ${name}`)
    assert.ok(seats.length > 0, `${name} has an offer`)
    const mark = { time: this.now, frame: this.frameCount }
    this.line.decline(entryOf(name), mark, this.#next())
    for (const seat of seats) this.#free(seat)
    return this.#frame()
  }

  /** The offer ran out, or a waiter left. */
  leave(name: string): this {
    const reserved = this.line.end(entryOf(name))
    const seats = this.seatsOf(`offer ${name}`)
    for (const seat of [...seats, ...reserved]) this.#free(seat)
    return this.#frame()
  }

  book(name: string): this {
    const seats = this.seatsOf(`offer ${name}`)
    this.line.end(entryOf(name))
    for (const seat of seats) this.#take(seat, 'sold', SOLD)
    return this.#frame()
  }

  wait(ms: number): this {
    this.now = asInstant(this.now + ms)
    for (;;) {
      const due = dueBarrierLift(this.show, this.now)
      if (due === undefined) return this.#frame()
      const reserved = this.line.lift(due.entry, this.#next())
      this.told.push({ what: 'lifted', who: this.nameOf(due.entry), seats: reserved })
      for (const seat of reserved) this.#free(seat)
    }
  }

  seatsOf(owner: string): number[] {
    return [...this.owners.keys()].filter(seat => this.owners[seat] === owner)
  }

  ahead(name: string): number {
    return this.line.aheadOf(this.line.find(entryOf(name)))
  }

  isWaiting(name: string): boolean {
    const place = this.line.find(entryOf(name))
    return place >= 0 && this.line.isWaiting(place)
  }

  nameOf(entry: EntryId): string {
    return this.names.get(idTextOf(entry)) ?? 'nobody'
  }

  /** What was told since the last time, as `NAME offered 3 4`. */
  news(): string[] {
    return this.told.splice(0).map(one => [one.who, one.what, ...one.seats].join(' '))
  }

  #frame(): this {
    this.#judge?.beginServing(this)
    for (;;) {
      const transition = nextServing(this, this.show, this.now)
      const told = transition === undefined ? undefined : this.#toldOf(transition)
      this.#judge?.judge(this, told)
      if (transition === undefined || told === undefined) break
      if (transition.kind === 'waiter-offered') this.#offer(transition)
      else this.#reserve(transition)
    }
    endServing(this.show)
    if (this.isFrameOpen) return this
    this.frameCount += 1
    this.now = asInstant(this.now + 1)
    return this
  }

  #toldOf(transition: WaiterOffered | SeatsReserved): Told {
    const what = transition.kind === 'waiter-offered' ? 'offered' : 'reserved'
    return { what, who: this.nameOf(transition.entry), seats: transition.seats }
  }

  #offer(transition: WaiterOffered): void {
    this.told.push(this.#toldOf(transition))
    const name = this.nameOf(transition.entry)
    const reserved = this.line.offer(transition.entry, this.#next())
    for (const seat of reserved) this.#free(seat)
    for (const seat of transition.seats) this.#take(seat, `offer ${name}`, HELD)
  }

  #reserve(transition: SeatsReserved): void {
    this.told.push(this.#toldOf(transition))
    const name = this.nameOf(transition.entry)
    const stamp = { time: this.now, sequence: this.#next() }
    const before = this.line.reserve(transition.entry, transition.seats, stamp)
    for (const seat of before) if (!transition.seats.includes(seat)) this.#free(seat)
    for (const seat of transition.seats) {
      if (before.includes(seat)) continue
      this.show.seats.reserve(seat)
      this.owners[seat] = `reserved ${name}`
    }
  }

  #take(seat: number, owner: string, state: 1 | 2 | 3): void {
    this.owners[seat] = owner
    this.show.seats.setState(seat as SeatIndex, state)
  }

  #free(seat: number): void {
    this.owners[seat] = 'free'
    this.show.seats.setState(seat as SeatIndex, FREE)
    this.show.freed.push(seat)
  }

  #next() {
    this.#sequence += 1
    return asSequence(this.#sequence)
  }
}

export function entryOf(name: string): EntryId {
  return idFromText<EntryId>(`entry ${name}`)
}
