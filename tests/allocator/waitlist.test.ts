// The waitlist's order, places and lookups, checked against a plain array after every step.

import assert from 'node:assert/strict'
import { test } from 'node:test'
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
import { LIMITS } from '../../shared/limits.ts'
import { type TwinEntry, WaitlistTwin } from './waitlist-twin.ts'

const entryOf = (number: number): EntryId => idOf(7, 0, number >>> 8, number)
const customerOf = (number: number): CustomerId => idOf(number, 1, 2, 3)
const requestOf = (party: number, minParty = party): WaitRequest => ({
  party,
  minParty,
  categories: 0,
  together: true,
  accessible: false,
})

type Step = { readonly kind: string; readonly at: number }

const step = fc.record({
  kind: fc.constantFrom(
    ...['join', 'join', 'join', 'offer', 'offer', 'decline', 'end', 'reserve', 'lift', 'frame'],
  ),
  at: fc.nat(1_000_000),
})

/** Does the same to the waitlist and to its twin. */
class Pair {
  readonly list = new Waitlist()
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

test('L1 L5 L6 order, rank, heads and lookups equal those of a plain array', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 160, size: 'max' }), steps => {
      const pair = new Pair()
      for (const one of steps) {
        pair.do(one)
        pair.check()
      }
    }),
    { numRuns: 60 },
  )
})

test('L6 places survive growing to thousands and closing up again', () => {
  const pair = new Pair()
  for (let number = 0; number < 1_200; number += 1) pair.do({ kind: 'join', at: number })
  for (let number = 0; number < 1_170; number += 1) pair.do({ kind: 'end', at: number * 7_919 })
  pair.check()
  for (let number = 0; number < 300; number += 1) pair.do({ kind: 'join', at: number })
  pair.check()
})

test('L6 a 257th shape of request finds no bucket until another is empty', () => {
  const list = new Waitlist()
  const shapes: WaitRequest[] = []
  for (let party = 1; shapes.length <= LIMITS.waitBucketsPerShowMax; party += 1) {
    for (let least = 1; least <= party; least += 1) shapes.push(requestOf(party, least))
  }
  for (const [number, request] of shapes.slice(0, LIMITS.waitBucketsPerShowMax).entries()) {
    assert.ok(list.hasRoomFor(request))
    list.join({
      entry: entryOf(number),
      customer: customerOf(number),
      request,
      sequence: asSequence(number + 1),
    })
  }
  assert.ok(!list.hasRoomFor({ ...requestOf(1), accessible: true }))
  assert.ok(list.hasRoomFor(requestOf(1)), 'a known shape still has room')
  list.end(entryOf(100))
  assert.ok(list.hasRoomFor({ ...requestOf(1), accessible: true }))
})

test('L5 a second live entry of one customer is a bug, not a second place', () => {
  const list = new Waitlist()
  const joining = { customer: customerOf(1), request: requestOf(2), sequence: asSequence(1) }
  list.join({ ...joining, entry: entryOf(1) })
  assert.throws(() => list.join({ ...joining, entry: entryOf(2) }), /L5/)
})

test('L3 a reserved set is never larger than minParty', () => {
  const list = new Waitlist()
  const request = requestOf(4, 2)
  list.join({ entry: entryOf(1), customer: customerOf(1), request, sequence: asSequence(1) })
  const stamp = { time: asInstant(1), sequence: asSequence(2) }
  assert.throws(() => list.reserve(entryOf(1), asSeatIndexes([1, 2, 3]), stamp), /L3/)
  list.reserve(entryOf(1), asSeatIndexes([1, 2]), stamp)
  const place = list.find(entryOf(1))
  assert.deepEqual(list.reservedAt(place), [1, 2])
  const later = { time: asInstant(9), sequence: asSequence(3) }
  assert.deepEqual(list.reserve(entryOf(1), asSeatIndexes([5]), later), [1, 2])
  assert.equal(list.barriers().get(place)?.since, 1, 'the deadline counts from the first seat')
})
