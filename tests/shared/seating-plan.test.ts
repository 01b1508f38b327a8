// The compiled plan: rows, segments, neighbours, quality and the digest (G, Q, S4, S6, S7).

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Layout, LayoutSeat } from '../../shared/layout.ts'
import { compilePlan } from '../../shared/seating-plan.ts'
import { hallOf, hallOfSize, rowOf } from '../support/halls.ts'

/** The layout with its seats changed one by one. */
function mapped(layout: Layout, change: (seat: LayoutSeat) => Partial<LayoutSeat>): Layout {
  return { ...layout, seats: layout.seats.map(seat => ({ ...seat, ...change(seat) })) }
}

test('G1 segments and rows are ranges of indexes, an aisle ends a segment', () => {
  const plan = compilePlan(hallOf({ rows: 2, seatsPerRow: 5, aisleEvery: 3 }))
  assert.deepEqual([...plan.segmentStart], [0, 3, 5, 8, 10])
  assert.deepEqual([...plan.rowStart], [0, 5, 10])
  assert.deepEqual([...plan.segmentOf], [0, 0, 0, 1, 1, 2, 2, 2, 3, 3])
  assert.deepEqual([...plan.rowOf], [0, 0, 0, 0, 0, 1, 1, 1, 1, 1])
})

test('G1 a layout whose segments or rows are torn apart is a bug of the import', () => {
  const row = rowOf(4)
  assert.throws(() => compilePlan(mapped(row, seat => ({ segment: seat.index % 2 }))), /G1/)
  assert.throws(() => compilePlan(mapped(row, seat => ({ row: `${seat.index % 2}` }))), /G1/)
  const crossing = mapped(hallOf({ rows: 2, seatsPerRow: 2 }), () => ({ segment: 0 }))
  assert.throws(() => compilePlan(crossing), /G1/)
})

test('S6 what the import guarantees is asserted', () => {
  const row = rowOf(3)
  assert.throws(() => compilePlan({ ...row, seats: [] }), /S6/)
  assert.throws(() => compilePlan(mapped(row, () => ({ category: 'none' }))), /S6/)
  assert.throws(() => compilePlan(mapped(row, () => ({ section: 'none' }))), /S6/)
  assert.throws(() => compilePlan(mapped(row, () => ({ x: Number.NaN }))), /S6/)
  assert.throws(() => compilePlan(mapped(row, seat => ({ index: 2 - seat.index }))), /S6/)
  assert.throws(() => compilePlan({ ...row, quality: [1, 2] }), /B/)
})

test('S4 printed numbers decide nothing: odd numbers are neighbours all the same', () => {
  const odd = mapped(rowOf(6), seat => ({ number: String(seat.index * 2 + 1) }))
  assert.deepEqual([...compilePlan(odd).segmentStart], [0, 6])
  assert.equal(compilePlan(odd).digest, compilePlan(rowOf(6)).digest)
})

test('B3 the row behind is the next one of the same section', () => {
  const plan = compilePlan(hallOf({ rows: 2, seatsPerRow: 2, sections: 2 }))
  assert.deepEqual([...plan.rowBehind], [1, -1, 3, -1])
  assert.deepEqual([...plan.sectionOfRow], [0, 0, 1, 1])
  assert.deepEqual([...plan.seatBehind], [2, 3, -1, -1, 6, 7, -1, -1])
})

test('B3 the seat behind is at most half a seat off, as in staggered rows', () => {
  const grid = hallOf({ rows: 2, seatsPerRow: 4 })
  const staggered = mapped(grid, seat => (seat.row === '2' ? { x: seat.x + 0.3 } : {}))
  assert.deepEqual([...compilePlan(staggered).seatBehind].slice(0, 4), [4, 4, 5, 6])
  const shifted = mapped(grid, seat => (seat.row === '2' ? { x: seat.x + 1.2 } : {}))
  assert.deepEqual([...compilePlan(shifted).seatBehind].slice(0, 4), [-1, -1, 4, 5])
})

test('B3 a hall turned by a quarter has the same seats behind', () => {
  const hall = hallOf({ rows: 3, seatsPerRow: 5, aisleEvery: 2 })
  const turned = mapped(hall, seat => ({ x: -seat.y, y: seat.x }))
  assert.deepEqual(compilePlan(turned).seatBehind, compilePlan(hall).seatBehind)
})

test('Q1 quality is the distance to the focus; mirrored seats tie, ranks do not', () => {
  const plan = compilePlan(rowOf(5))
  const costs = [...plan.qualityCost]
  assert.equal(costs[0], costs[4])
  assert.equal(costs[1], costs[3])
  assert.ok((costs[2] as number) < (costs[1] as number))
  assert.equal(Math.max(...costs), 65_535)
  assert.deepEqual([...plan.qualityRank], [3, 1, 0, 2, 4])
})

test("Q1 the organiser's own quality replaces distance; only its order counts", () => {
  const plan = compilePlan({ ...rowOf(5), quality: [1e9, -3, 7.5, -3, 7.5] })
  assert.deepEqual([...plan.qualityCost], [2, 0, 1, 0, 1])
  assert.deepEqual([...plan.qualityRank], [4, 0, 2, 1, 3])
})

test('G2 equal layouts have equal digests, and what the core decides by changes them', () => {
  const layout = hallOf({ rows: 3, seatsPerRow: 6, categories: 2, accessiblePerSection: 1 })
  const digest = compilePlan(layout).digest
  assert.match(digest, /^[0-9a-f]{64}$/)
  assert.equal(compilePlan(JSON.parse(JSON.stringify(layout))).digest, digest)
  const last = layout.seats.length - 1
  const changes: Partial<LayoutSeat>[] = [
    { category: 'category-0' },
    { kind: 'companion' },
    { x: 100 },
    { segment: 99 },
  ]
  for (const change of changes) {
    const other = mapped(layout, seat => (seat.index === last ? change : {}))
    assert.notEqual(compilePlan(other).digest, digest, JSON.stringify(change))
  }
  const quality = layout.seats.map(seat => seat.index)
  assert.notEqual(compilePlan({ ...layout, quality }).digest, digest)
})

test('G2 the digest of a known hall never changes: journals name it', () => {
  const plan = compilePlan(hallOfSize(60))
  assert.equal(plan.digest, 'd706a73850ea777eaa39fbbe9575def6021d9410ebeaf577c9e8ad82bb58b70d')
})
