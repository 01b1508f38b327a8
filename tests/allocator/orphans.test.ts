// Rule O against a naive twin: every block, what is left of it, runs of one.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { newOrphans } from '../../allocator/core/orphans.ts'
import { SeatMap, SOLD } from '../../allocator/core/seat-map.ts'
import { asSeatIndex, asSeatIndexes } from '../../shared/ids.ts'
import { compilePlan } from '../../shared/seating-plan.ts'
import { hallOf, rowOf } from '../support/halls.ts'
import { twinOrphans } from '../support/seat-twin.ts'

/** `.` free, `x` sold, `o` own: the Seats of the hold that is being changed. */
function orphansIn(picture: string, asked: readonly number[]): number[] {
  const seats = new SeatMap(compilePlan(rowOf(picture.length)))
  const own: number[] = []
  for (let seat = 0; seat < picture.length; seat += 1) {
    if (picture[seat] !== '.') seats.setState(asSeatIndex(seat), SOLD)
    if (picture[seat] === 'o') own.push(seat)
  }
  return newOrphans(seats, asSeatIndexes(asked), asSeatIndexes(own)).sort((a, b) => a - b)
}

test('O1 a hold that leaves one seat beside others is refused with that seat', () => {
  assert.deepEqual(orphansIn('xx.....x', [3, 4]), [2])
  assert.deepEqual(orphansIn('xx....xx', [3, 4]), [2, 5])
  assert.deepEqual(orphansIn('........', [0, 2]), [1])
})

test('O1 a single seat may be bought, and a block but for one seat too', () => {
  assert.deepEqual(orphansIn('x.x', [1]), [])
  assert.deepEqual(orphansIn('x...x', [1, 2]), [])
  assert.deepEqual(orphansIn('x...x', [1, 3]), [])
  assert.deepEqual(orphansIn('x...x', [2]), [1, 3])
})

test('O1 an aisle ends a block', () => {
  const seats = new SeatMap(compilePlan(hallOf({ rows: 1, seatsPerRow: 6, aisleEvery: 3 })))
  assert.deepEqual(newOrphans(seats, asSeatIndexes([1, 2]), []), [])
  assert.deepEqual(newOrphans(seats, asSeatIndexes([4]), []), [3, 5])
})

test('O3 on a change the own seats count as free', () => {
  assert.deepEqual(orphansIn('x.oo..x', [2, 3]), [1])
  assert.deepEqual(orphansIn('x.oo..x', [1, 2]), [])
  assert.deepEqual(orphansIn('xxooxx', [2]), [])
  assert.deepEqual(orphansIn('xxoooxx', [3]), [2, 4])
})

test('O2 in a block of L taking k contiguous: (l = 1 or r = 1) and L - k <> 1', () => {
  for (let length = 1; length <= 9; length += 1) {
    for (let taken = 1; taken <= length; taken += 1) {
      for (let left = 0; left + taken <= length; left += 1) {
        const right = length - taken - left
        const asked = Array.from({ length: taken }, (_, at) => 1 + left + at)
        const isRefused = (left === 1 || right === 1) && length - taken !== 1
        const orphans = orphansIn(`x${'.'.repeat(length)}x`, asked)
        assert.equal(orphans.length > 0, isRefused, `L=${length} k=${taken} l=${left}`)
      }
    }
  }
})

test('O1 any set of seats, of one hold or changed from another, is judged like the twin', () => {
  const property = fc.property(
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 1, max: 14 }),
    fc.integer({ min: 0, max: 5 }),
    fc.infiniteStream(fc.constantFrom('free', 'taken', 'asked', 'own', 'kept')),
    (rows, seatsPerRow, aisleEvery, roles) => {
      const layout = hallOf({ rows, seatsPerRow, aisleEvery })
      const seats = new SeatMap(compilePlan(layout))
      const roleOf = layout.seats.map(() => roles.next().value)
      const pick = (...wanted: string[]) =>
        layout.seats.map(seat => seat.index).filter(seat => wanted.includes(roleOf[seat] as string))
      for (const seat of pick('taken', 'own', 'kept')) seats.setState(asSeatIndex(seat), SOLD)
      const asked = pick('asked', 'kept')
      const own = pick('own', 'kept')
      const free = roleOf.map(role => role !== 'taken')
      const found = newOrphans(seats, asSeatIndexes(asked.reverse()), asSeatIndexes(own))
      assert.deepEqual(
        found.sort((a, b) => a - b),
        twinOrphans(layout, free, asked),
      )
    },
  )
  fc.assert(property, { numRuns: 1_000 })
})

test('O4 a contiguous hold of a fresh block is judged like the same seats in another order', () => {
  const property = fc.property(
    fc.array(fc.boolean(), { minLength: 3, maxLength: 16 }),
    fc.nat(),
    fc.integer({ min: 1, max: 4 }),
    (taken, at, count) => {
      const picture = taken.map(isTaken => (isTaken ? 'x' : '.')).join('')
      const start = at % taken.length
      const asked = Array.from({ length: count }, (_, offset) => start + offset)
      fc.pre(asked.every(seat => picture[seat] === '.'))
      assert.deepEqual(orphansIn(picture, asked), orphansIn(picture, [...asked].reverse()))
      const free = taken.map(isTaken => !isTaken)
      assert.deepEqual(orphansIn(picture, asked), twinOrphans(rowOf(taken.length), free, asked))
    },
  )
  fc.assert(property, { numRuns: 300 })
})
