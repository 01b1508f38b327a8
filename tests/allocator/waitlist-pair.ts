// The same done to a Waitlist and to its slow twin, compared after every step.

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Waitlist } from '../../allocator/core/waitlist.ts'
import type { WaitRequest } from '../../allocator/core/waitlist-buckets.ts'
import {
  asInstant,
  asSeatIndexes,
  asSequence,
  type CustomerId,
  type EntryId,
  idOf,
  idTextOf,
  offerHoldIdOf,
} from '../../shared/ids.ts'
import { type TwinEntry, WaitlistTwin } from './waitlist-twin.ts'

export const entryOf = (number: number): EntryId => idOf(7, 0, number >>> 8, number)
export const customerOf = (number: number): CustomerId => idOf(number, 1, 2, 3)
export const requestOf = (party: number, minParty = party): WaitRequest => ({
  party,
  minParty,
  categories: 0,
  together: true,
  accessible: false,
})

export type Step = { readonly kind: string; readonly at: number }

export const step = fc.record({
  kind: fc.constantFrom(
    ...['join', 'join', 'join', 'offer', 'offer', 'decline', 'end', 'reserve', 'lift', 'frame'],
  ),
  at: fc.nat(1_000_000),
})

/** Does the same to the waitlist and to its twin. */
export class Pair {
  list = new Waitlist()
  readonly twin = new WaitlistTwin()
  frame = 1
  sequence = 0

  do({ kind, at }: Step): void {
    this.sequence += 1
    const sequence = asSequence(this.sequence)
    const time = asInstant(this.sequence)
    if (kind === 'join') return this.join(at)
    if (kind === 'frame') {
      this.frame += 1
      this.twin.frameBegins()
      return this.list.enterFrame({ time, frame: this.frame })
    }
    const wanted = kind === 'decline' ? 'offered' : 'waiting'
    const pool =
      kind === 'end' ? this.twin.live() : this.twin.live().filter(one => one.state === wanted)
    const chosen = pool[at % Math.max(pool.length, 1)]
    if (chosen === undefined) return
    if (kind === 'offer') {
      const reserved = this.list.offer(chosen.entry, sequence)
      assert.deepEqual(reserved, chosen.barrier?.seats ?? [])
      this.twin.offer(chosen)
    }
    if (kind === 'decline') {
      const mark = { time: asInstant(0), frame: this.frame }
      const after = this.list.decline(chosen.entry, mark, sequence)
      assert.equal(after, chosen.hasDeclined ? 'left' : 'waiting')
      this.twin.decline(chosen)
    }
    if (kind === 'end') {
      const reserved = this.list.end(chosen.entry)
      assert.deepEqual(reserved, chosen.barrier?.seats ?? [])
      this.twin.end(chosen)
    }
    if (kind === 'reserve' && !chosen.isLifted) {
      const seats = asSeatIndexes([at, at + 1].slice(0, chosen.request.minParty))
      this.list.reserve(chosen.entry, seats, { time, sequence })
      chosen.barrier = { seats, since: chosen.barrier?.since ?? time }
    }
    if (kind === 'lift' && !chosen.isLifted) {
      this.list.lift(chosen.entry, sequence)
      this.twin.lift(chosen)
    }
  }

  join(at: number): void {
    const number = this.twin.everybody.length
    const party = 1 + (at % 4)
    const joining = {
      entry: entryOf(number),
      customer: customerOf(number),
      request: requestOf(party, 1 + (at % party)),
    }
    this.list.join({ ...joining, sequence: asSequence(this.sequence) })
    this.twin.join(joining)
  }

  check(): void {
    const { list, twin } = this
    assert.equal(list.waitingCount, twin.waiting().length)
    assert.deepEqual(
      [...list.places()].map(place => idTextOf(list.entryAt(place))),
      twin.live().map(one => idTextOf(one.entry)),
    )
    for (const one of twin.everybody) this.checkOne(one)
    assert.deepEqual(this.heads(false), twin.heads(false).map(idTextOf).sort())
    assert.deepEqual(this.heads(true), twin.heads(true).map(idTextOf).sort())
  }

  checkOne(one: TwinEntry): void {
    const { list, twin } = this
    const place = list.find(one.entry)
    assert.equal(list.findCustomer(one.customer), place)
    assert.equal(place >= 0, one.state !== 'ended')
    if (place < 0) return
    assert.equal(list.isWaiting(place), one.state === 'waiting')
    assert.equal(list.aheadOf(place), twin.aheadOf(one))
    assert.deepEqual(list.requestAt(place), one.request)
    assert.deepEqual(list.barriers().get(place), one.barrier)
    assert.deepEqual(list.offerHoldAt(place), offerHoldIdOf(one.entry, one.hasDeclined ? 1 : 0))
  }

  heads(isEager: boolean): string[] {
    const { list } = this
    return [...list.buckets()]
      .map(bucket => (isEager ? list.eagerHeadOf(bucket) : list.headOf(bucket)))
      .filter(place => place >= 0)
      .map(place => idTextOf(list.entryAt(place)))
      .sort()
  }
}
