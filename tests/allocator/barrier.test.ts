// Targets: which Seats a waiter that cannot be served aims at.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aimOf, barrierDueAt, dueBarrierLift, isAimIntact } from '../../allocator/core/barrier.ts'
import { HELD, SeatMap, SOLD } from '../../allocator/core/seat-map.ts'
import type { WaitRequest } from '../../allocator/core/waitlist-buckets.ts'
import { asSeatIndex, asSeatIndexes } from '../../shared/ids.ts'
import type { Layout } from '../../shared/layout.ts'
import { compilePlan } from '../../shared/seating-plan.ts'
import { hallOf, rowOf } from '../support/halls.ts'
import { House } from './serving-house.ts'

/** `.` free, `h` held, `s` sold, by SeatIndex; blanks are for the eye. */
function mapOf(layout: Layout, picture: string): SeatMap {
  const seats = new SeatMap(compilePlan(layout))
  for (const [index, sign] of [...picture.replaceAll(' ', '')].entries()) {
    if (sign === 'h') seats.setState(asSeatIndex(index), HELD)
    if (sign === 's') seats.setState(asSeatIndex(index), SOLD)
  }
  return seats
}

const wish = (minParty: number, more: Partial<WaitRequest> = {}): WaitRequest => ({
  party: minParty,
  minParty,
  categories: 0,
  together: true,
  accessible: false,
  ...more,
})

test('L3 a target has the most free seats, then the lowest index', () => {
  const seats = mapOf(rowOf(9), 'h.hh..h.h')
  assert.deepEqual(aimOf(seats, { request: wish(3), own: [] }), [4, 5])
  assert.deepEqual(aimOf(seats, { request: wish(4), own: [] }), [4, 5, 7])
  assert.deepEqual(aimOf(mapOf(rowOf(6), '.hh.hh'), { request: wish(2), own: [] }), [0])
})

test('L3 nothing sold or blocked is in a target, and rows do not run across an aisle', () => {
  const aisle = hallOf({ rows: 1, seatsPerRow: 8, aisleEvery: 4 })
  assert.deepEqual(aimOf(mapOf(aisle, '.s.h hh.h'), { request: wish(3), own: [] }), [6])
  assert.deepEqual(aimOf(mapOf(aisle, 'hh.. ..hh'), { request: wish(4), own: [] }), [2, 3])
  assert.equal(aimOf(mapOf(aisle, 'hshs hshs'), { request: wish(2), own: [] }), undefined)
  assert.deepEqual(
    aimOf(mapOf(aisle, '.sss hhhh'), { request: wish(2), own: [] }),
    [],
    'a target without a free seat',
  )
})

test('L3 what is reserved for the waiter counts as free for it, and for nobody else', () => {
  const seats = mapOf(rowOf(6), '.hh.hh')
  seats.reserve(asSeatIndex(3))
  assert.deepEqual(aimOf(seats, { request: wish(2), own: asSeatIndexes([3]) }), [0])
  seats.setState(asSeatIndex(0), HELD)
  assert.deepEqual(aimOf(seats, { request: wish(2), own: asSeatIndexes([3]) }), [3])
  assert.deepEqual(aimOf(seats, { request: wish(2), own: [] }), [])
})

test('L3 a request that need not sit together aims at the first free seats anywhere', () => {
  const aisle = hallOf({ rows: 2, seatsPerRow: 40, aisleEvery: 4 })
  const seats = mapOf(aisle, 'h'.repeat(80))
  for (const seat of [3, 41, 70]) seats.setState(asSeatIndex(seat), 0)
  assert.deepEqual(aimOf(seats, { request: wish(4, { together: false }), own: [] }), [3, 41, 70])
  assert.deepEqual(aimOf(seats, { request: wish(2, { together: false }), own: [] }), [3, 41])
  seats.reserve(asSeatIndex(41))
  const own = asSeatIndexes([41])
  assert.deepEqual(aimOf(seats, { request: wish(4, { together: false }), own: own }), [3, 41, 70])
})

test('A3 a target of an accessible request has an accessible seat, a general one has none', () => {
  const layout = hallOf({ rows: 1, seatsPerRow: 6, accessiblePerSection: 1 })
  const seats = mapOf(layout, '.hh...')
  assert.deepEqual(aimOf(seats, { request: wish(2), own: [] }), [3, 4])
  assert.deepEqual(aimOf(seats, { request: wish(2, { accessible: true }), own: [] }), [0])
  assert.deepEqual(
    aimOf(seats, { request: wish(2, { accessible: true, together: false }), own: [] }),
    [0, 3],
  )
  const taken = mapOf(layout, 'hhh...')
  const apart = wish(2, { accessible: true, together: false })
  assert.deepEqual(
    aimOf(taken, { request: apart, own: [] }),
    [3],
    'one place is kept for the accessible seat',
  )
})

test('L3 reserved seats stand while some target holds all of them', () => {
  const seats = mapOf(rowOf(7), 'hhhhhhh')
  const own = asSeatIndexes([2, 4])
  assert.ok(isAimIntact(seats, wish(3), own))
  seats.setState(asSeatIndex(3), SOLD)
  assert.ok(!isAimIntact(seats, wish(3), own))
  const one = asSeatIndexes([4])
  assert.ok(isAimIntact(seats, wish(3), one))
  seats.setState(asSeatIndex(5), SOLD)
  assert.ok(!isAimIntact(seats, wish(2), one))
  assert.ok(isAimIntact(seats, wish(5, { together: false }), one))
  assert.ok(!isAimIntact(seats, wish(6, { together: false }), one))
})

test('L3 a barrier is due barrierMaxMs after its first reserved seat, the oldest first', () => {
  const layout = hallOf({ rows: 2, seatsPerRow: 4, categories: 2 })
  const house = new House(layout, { barrierMaxMs: 60_000 }).holdAll()
  house.join('ann', { party: 2, categories: 1 }).join('bob', { party: 2, categories: 2 })
  assert.equal(barrierDueAt(house.show), undefined)
  const first = house.now
  house.free(6).free(1)
  assert.deepEqual(house.news(), ['bob reserved 6', 'ann reserved 1'])
  assert.equal(barrierDueAt(house.show), first + 60_000)
  assert.equal(dueBarrierLift(house.show, (first + 59_999) as never), undefined)
  const due = dueBarrierLift(house.show, (first + 60_001) as never)
  assert.equal(due === undefined ? '' : house.nameOf(due.entry), 'bob')
  assert.deepEqual(house.wait(60_001).news(), ['bob lifted 6', 'ann lifted 1'])
})
