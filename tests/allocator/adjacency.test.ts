// Fits for waiters (L2), against the naive twin.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type FitWish, findFit, SeatSet } from '../../allocator/core/adjacency.ts'
import { SeatMap, SOLD } from '../../allocator/core/seat-map.ts'
import { asSeatIndex, asSeatIndexes } from '../../shared/ids.ts'
import type { Layout } from '../../shared/layout.ts'
import { compilePlan } from '../../shared/seating-plan.ts'
import { hallOf, rowOf } from '../support/halls.ts'
import { categoryIdsOf, mixedHalls } from '../support/random-hall.ts'
import { twinApart, twinFit } from '../support/seat-twin.ts'

/** `.` free, `x` sold, `f` free and fresh, `r` reserved for the waiter. */
function given(layout: Layout, picture: string) {
  const marks = picture.replace(/[^.xfr]/g, '')
  assert.equal(marks.length, layout.seats.length, 'the picture shows every seat')
  const seats = new SeatMap(compilePlan(layout))
  const of = (letters: string) =>
    asSeatIndexes(
      layout.seats.map(seat => seat.index).filter(at => letters.includes(`${marks[at]}`)),
    )
  for (const seat of of('x')) seats.setState(seat, SOLD)
  for (const seat of of('r')) seats.reserve(seat)
  return { seats, own: of('r'), fresh: new SeatSet(seats.plan, of('fr')) }
}

function fit(layout: Layout, picture: string, party: number, more: Partial<FitWish> = {}) {
  const { seats, ...from } = given(layout, picture)
  const base = { party, minParty: party, categories: 0, together: true, accessible: false }
  return findFit(seats, { ...base, ...more }, from)
}

test('L2 a fit contains a fresh seat', () => {
  assert.deepEqual(fit(rowOf(10), 'x..xx.fxxx', 2), [5, 6])
  assert.equal(fit(rowOf(10), '....xfx...', 2), undefined)
  assert.equal(fit(rowOf(10), '..........', 2), undefined)
  const aisle = hallOf({ rows: 1, seatsPerRow: 6, aisleEvery: 3 })
  assert.equal(fit(aisle, 'x.f.xx', 3), undefined, 'A1: an aisle ends a block')
})

test('L2 the largest party that fits now, down to the smallest accepted', () => {
  assert.deepEqual(fit(rowOf(8), 'x.f.xxxx', 5, { minParty: 2 }), [1, 2, 3])
  assert.equal(fit(rowOf(8), 'x.f.xxxx', 5, { minParty: 4 }), undefined)
})

test('L2 seats reserved for the waiter count as free and as fresh', () => {
  assert.deepEqual(fit(rowOf(8), 'xrr.xxxx', 3), [1, 2, 3])
  assert.deepEqual(fit(rowOf(8), 'xr.rx...', 3, { together: false }), [2, 3, 5])
})

test('A6 an offer may leave an orphan but prefers none', () => {
  assert.deepEqual(fit(rowOf(8), 'x.f...xx', 2), [1, 2])
  assert.deepEqual(fit(rowOf(8), 'x.fxxxxx', 1), [2])
  assert.deepEqual(fit(rowOf(8), 'xx..f.xx', 1), [4], 'the seat that was waited for')
})

test('L2 apart: the best seats, one of them fresh even when it is the worst', () => {
  assert.deepEqual(fit(rowOf(9), 'f.......x', 2, { together: false }), [0, 4])
  assert.deepEqual(fit(rowOf(9), 'fxxxxxxxx', 2, { together: false, minParty: 1 }), [0])
  assert.equal(fit(rowOf(9), 'fxxxxxxxx', 2, { together: false }), undefined)
})

const roleArbitrary = fc.infiniteStream(
  fc.constantFrom('free', 'free', 'taken', 'taken', 'fresh', 'own', 'gone'),
)
const fitArbitrary = fc.record({
  party: fc.integer({ min: 1, max: 6 }),
  shrink: fc.integer({ min: 0, max: 5 }),
  categories: fc.integer({ min: 0, max: 7 }),
  accessible: fc.boolean(),
})

/** `gone` seats were freed in this frame and given away again: fresh, but no longer free. */
function situationOf(layout: Layout, roles: fc.Stream<string>) {
  const seats = new SeatMap(compilePlan(layout))
  const roleAt = layout.seats.map(() => roles.next().value as string)
  const pick = (...wanted: string[]) =>
    layout.seats.map(seat => seat.index).filter(seat => wanted.includes(roleAt[seat] as string))
  for (const seat of pick('taken', 'gone')) seats.setState(asSeatIndex(seat), SOLD)
  for (const seat of pick('own')) seats.reserve(asSeatIndex(seat))
  const fresh = pick('fresh', 'own', 'gone')
  const usable = roleAt.map(role => role !== 'taken' && role !== 'gone')
  const hall = { layout, costs: [...seats.plan.qualityCost], free: usable }
  const from = {
    own: asSeatIndexes(pick('own')),
    fresh: new SeatSet(seats.plan, asSeatIndexes(fresh.reverse())),
  }
  return { seats, hall, from, fresh }
}

test('L2 together: the naive twin finds the same fit', () => {
  const property = fc.property(mixedHalls, roleArbitrary, fitArbitrary, (layout, roles, asked) => {
    const { seats, hall, from, fresh } = situationOf(layout, roles)
    const minParty = Math.max(1, asked.party - asked.shrink)
    const wish = { ...asked, minParty, together: true }
    const categories = categoryIdsOf(asked.categories)
    const expected = twinFit(hall, { ...wish, categories, orphans: true }, fresh)
    assert.deepEqual(findFit(seats, wish, from), expected)
  })
  fc.assert(property, { numRuns: 600 })
})

test('L2 apart: as many as there are, all but one of the best, one of them fresh', () => {
  const property = fc.property(mixedHalls, roleArbitrary, fitArbitrary, (layout, roles, asked) => {
    const { seats, hall, from, fresh } = situationOf(layout, roles)
    const minParty = Math.max(1, asked.party - asked.shrink)
    const before = seats.index.free.slice()
    const found = findFit(seats, { ...asked, minParty, together: false }, from)
    assert.deepEqual(seats.index.free, before, 'X1: looking changes nothing')
    const categories = categoryIdsOf(asked.categories)
    const wish = { ...asked, categories, together: false, orphans: true, count: asked.party }
    const best = twinApart(hall, wish)
    const isFresh = (seat: number) => fresh.includes(seat)
    if (found === undefined) {
      assert.ok(best.length < minParty || !isAnyFreshUsable(layout, hall.free, asked, fresh))
      return
    }
    assert.equal(found.length, best.length)
    assert.ok(found.some(isFresh))
    assert.ok(found.filter(seat => !best.includes(seat)).length <= (best.some(isFresh) ? 0 : 1))
    assert.ok(found.every(seat => hall.free[seat]))
    const kinds = found.map(seat => layout.seats[seat]?.kind)
    assert.equal(kinds.includes('accessible'), asked.accessible)
  })
  fc.assert(property, { numRuns: 600 })
})

function isAnyFreshUsable(
  layout: Layout,
  free: readonly boolean[],
  asked: { readonly party: number; readonly categories: number; readonly accessible: boolean },
  fresh: readonly number[],
): boolean {
  const categories = categoryIdsOf(asked.categories)
  return fresh.some(index => {
    const seat = layout.seats[index]
    if (seat === undefined || free[index] !== true) return false
    if (categories !== undefined && !categories.has(seat.category)) return false
    if (!asked.accessible) return seat.kind !== 'accessible'
    return asked.party > 1 || seat.kind === 'accessible'
  })
}

test('A5 a set of seats knows its members and the segments it touched', () => {
  const plan = compilePlan(hallOf({ rows: 2, seatsPerRow: 40, aisleEvery: 20 }))
  const set = new SeatSet(plan, asSeatIndexes([45, 3, 45]))
  assert.equal(set.size, 2)
  set.delete(asSeatIndex(3))
  set.delete(asSeatIndex(3))
  assert.equal(set.size, 1)
  assert.equal(set.has(asSeatIndex(3)), false)
  assert.equal(set.has(asSeatIndex(45)), true)
  assert.deepEqual([...set.segments], [2, 0])
})
