// The waitlist's order, places and lookups, checked against a plain array after every step.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Waitlist } from '../../allocator/core/waitlist.ts'
import type { WaitRequest } from '../../allocator/core/waitlist-buckets.ts'
import { asInstant, asSeatIndexes, asSequence } from '../../shared/ids.ts'
import { LIMITS } from '../../shared/limits.ts'
import { customerOf, entryOf, Pair, requestOf, step } from './waitlist-pair.ts'

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
