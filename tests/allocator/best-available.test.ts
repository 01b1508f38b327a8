// Best available (B), against a naive twin and by hand-told examples.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type BestWish, bestAvailable } from '../../allocator/core/best-available.ts'
import { BLOCKED, FREE, HELD, SeatMap, SOLD } from '../../allocator/core/seat-map.ts'
import { asSeatIndex } from '../../shared/ids.ts'
import type { Layout } from '../../shared/layout.ts'
import { compilePlan } from '../../shared/seating-plan.ts'
import { hallOf, rowOf } from '../support/halls.ts'
import { categoryIdsOf, mixedHalls, randomFrom } from '../support/random-hall.ts'
import {
  type TwinHall,
  type TwinWish,
  twinApart,
  twinBlock,
  twinGroups,
  twinLargest,
  twinPair,
} from '../support/seat-twin.ts'

/** Rows front to back: `.` free, `x` sold; spaces are for the eye. */
function mapOf(layout: Layout, picture: string): SeatMap {
  const seats = new SeatMap(compilePlan(layout))
  const marks = picture.replace(/[^.x]/g, '')
  assert.equal(marks.length, layout.seats.length, 'the picture shows every seat')
  for (let seat = 0; seat < marks.length; seat += 1) {
    if (marks[seat] === 'x') seats.setState(asSeatIndex(seat), SOLD)
  }
  return seats
}

/** The Seats, or how it was refused. */
function best(seats: SeatMap, count: number, more: Partial<BestWish & { orphans: boolean }> = {}) {
  const { orphans = true, ...wish } = { count, categories: 0, accessible: false, ...more }
  const answer = bestAvailable(seats, wish, { orphans })
  return answer.kind === 'found' ? answer.seats : answer
}

function none(largest: number, isSoldOut = false) {
  return { kind: 'none', largest, isSoldOut }
}

/** Kinds by letter: a accessible, c companion, s standard. */
function withKinds(layout: Layout, letters: string): Layout {
  const kinds = { a: 'accessible', c: 'companion', s: 'standard' } as const
  const kindAt = (index: number) => kinds[letters[index] as keyof typeof kinds]
  return { ...layout, seats: layout.seats.map(seat => ({ ...seat, kind: kindAt(seat.index) })) }
}

test('B1 a block without an orphan comes before a better one with an orphan', () => {
  const quality = [5, 0, 0, 5, 5, 5]
  const seats = mapOf(hallOf({ rows: 1, seatsPerRow: 6, quality }), '......')
  assert.deepEqual(best(seats, 2), [2, 3])
})

test('B2 an orphan is allowed when nothing else fits, and freely while the rule is off', () => {
  const between = mapOf(withKinds(rowOf(4), 'assa'), '....')
  assert.deepEqual(best(between, 2), [1, 2])
  const quality = [5, 0, 0, 5, 5, 5]
  const seats = mapOf(hallOf({ rows: 1, seatsPerRow: 6, quality }), '......')
  assert.deepEqual(best(seats, 2, { orphans: false }), [1, 2])
})

test('B2 together: true ends the ladder after blocks of one segment', () => {
  const seats = mapOf(hallOf({ rows: 2, seatsPerRow: 4 }), 'x..x x..x')
  assert.deepEqual(best(seats, 4), [1, 2, 5, 6])
  assert.deepEqual(best(seats, 4, { together: true }), none(2))
})

test('B3 a party is split evenly over two adjacent rows with overlapping columns', () => {
  const hall = hallOf({ rows: 3, seatsPerRow: 6 })
  assert.deepEqual(best(mapOf(hall, 'xx..xx x..xxx xxxxxx'), 4), [2, 3, 7, 8])
  assert.deepEqual(best(mapOf(hall, 'x...xx x..xxx xxxxxx'), 5), [1, 2, 3, 7, 8])
  assert.deepEqual(best(mapOf(hall, 'x..xxx x...xx xxxxxx'), 5), [1, 2, 7, 8, 9])
})

test('B3 columns that do not overlap and rows that are not adjacent make groups at best', () => {
  const hall = hallOf({ rows: 3, seatsPerRow: 6 })
  assert.deepEqual(best(mapOf(hall, 'xxxx.. ..xxxx xxxxxx'), 4), [4, 5, 6, 7])
  const twoSections = hallOf({ rows: 1, seatsPerRow: 4, sections: 2 })
  assert.deepEqual(best(mapOf(twoSections, 'x..x x..x'), 4), none(2))
})

test('B3 a party of three is never split, a couple may sit one behind the other', () => {
  const hall = hallOf({ rows: 2, seatsPerRow: 4 })
  assert.deepEqual(best(mapOf(hall, 'x..x x..x'), 3), none(2))
  assert.deepEqual(best(mapOf(hall, 'x.xx x.xx'), 2), [1, 5])
  assert.deepEqual(best(mapOf(hall, 'x.xx xx.x'), 2), none(1))
})

test('B4 groups of at least two in one section, each as large as the rest allows', () => {
  const hall = rowOf(12)
  assert.deepEqual(best(mapOf(hall, '...x..x....x'), 7), [0, 1, 2, 7, 8, 9, 10])
  assert.deepEqual(best(mapOf(hall, '...x..x....x'), 9), [0, 1, 2, 4, 5, 7, 8, 9, 10])
  assert.deepEqual(best(mapOf(hall, '...x..x....x'), 5), [4, 5, 7, 8, 9], 'never four and one')
  assert.deepEqual(best(mapOf(hall, '..x..x..x..x'), 6), [3, 4, 6, 7, 9, 10])
})

test('B4 pairs alone hold no odd party', () => {
  assert.deepEqual(best(mapOf(rowOf(12), '..x..x..x..x'), 5), none(2))
})

test('B5 nothing fits: the largest block is named, and no seat at all means sold out', () => {
  assert.deepEqual(best(mapOf(rowOf(8), '...x.x.x'), 4), none(3))
  assert.deepEqual(best(mapOf(rowOf(3), 'xxx'), 1), none(0, true))
  assert.deepEqual(best(mapOf(rowOf(4), '.x.x'), 3, { together: false }), none(2))
  const held = mapOf(rowOf(2), '..')
  held.setState(asSeatIndex(0), HELD)
  held.reserve(asSeatIndex(1))
  assert.deepEqual(best(held, 1), none(0, true), 'held and reserved count as gone')
})

test('B5 a category without a free seat is no block, not sold out', () => {
  const seats = mapOf(hallOf({ rows: 2, seatsPerRow: 3, categories: 2 }), 'xxx ...')
  assert.deepEqual(best(seats, 2, { categories: 0b01 }), none(0))
  assert.deepEqual(best(seats, 2, { categories: 0b10 }), [3, 4])
})

test('B6 quality decides first, then the middle of the row, then the least leftover', () => {
  const flat = Array.from({ length: 14 }, () => 0)
  const row = hallOf({ rows: 1, seatsPerRow: 14, quality: flat })
  assert.deepEqual(best(mapOf(row, '..............'), 2), [6, 7])
  assert.deepEqual(best(mapOf(row, '....x....x....'), 4), [5, 6, 7, 8])
  assert.deepEqual(best(mapOf(row, '....xxxxxx..xx'), 2), [10, 11])
  assert.deepEqual(best(mapOf(row, 'x....xxxx..x.x'), 2, { orphans: false }), [9, 10])
  const rows = hallOf({ rows: 3, seatsPerRow: 5 })
  assert.deepEqual(
    best(mapOf(rows, 'xxxxx ..... .....'), 3),
    [5, 6, 7],
    'the middle three leave orphans',
  )
})

test('A3 accessible seats never go to a general request', () => {
  const layout = withKinds(rowOf(6), 'acssac')
  assert.deepEqual(best(mapOf(layout, '......'), 4), none(3))
  assert.deepEqual(best(mapOf(layout, '.xxx.x'), 1), none(0, true))
  assert.deepEqual(best(mapOf(layout, '......'), 4, { together: false }), [1, 2, 3, 5])
})

test('A3 an accessible request gets an accessible seat, companions, standard seats last', () => {
  const layout = withKinds(rowOf(8), 'sacsssas')
  assert.deepEqual(best(mapOf(layout, '........'), 2, { accessible: true }), [1, 2])
  assert.deepEqual(best(mapOf(layout, '........'), 1, { accessible: true }), [1])
  assert.deepEqual(best(mapOf(layout, '.x......'), 2, { accessible: true }), [6, 7])
  assert.deepEqual(
    best(mapOf(layout, '........'), 3, { accessible: true, together: false }),
    [1, 2, 6],
  )
  assert.deepEqual(best(mapOf(layout, '.x....x.'), 1, { accessible: true }), none(0, true))
})

const wishArbitrary = fc.record({
  count: fc.integer({ min: 1, max: 9 }),
  categories: fc.integer({ min: 0, max: 7 }),
  together: fc.constantFrom(undefined, true, false),
  accessible: fc.boolean(),
  orphans: fc.boolean(),
})
type AnyWish = typeof wishArbitrary extends fc.Arbitrary<infer Wish> ? Wish : never

function twinAnswer(hall: TwinHall, wish: AnyWish) {
  const twin: TwinWish = { ...wish, categories: categoryIdsOf(wish.categories) }
  const isForCaller = (index: number) =>
    hall.free[index] === true &&
    (hall.layout.seats[index]?.kind === 'accessible') === wish.accessible
  const isSoldOut = !hall.free.some((_, index) => isForCaller(index))
  if (isSoldOut) return none(0, true)
  if (wish.together === false) {
    const picked = twinApart(hall, twin)
    return picked.length === wish.count ? picked : none(picked.length)
  }
  const block = twinBlock(hall, twin)
  if (block !== undefined || wish.together) return block ?? none(twinLargest(hall, twin))
  return twinPair(hall, twin) ?? twinGroups(hall, twin) ?? none(twinLargest(hall, twin))
}

const stepArbitrary = fc.record({
  turns: fc.array(fc.tuple(fc.nat(), fc.constantFrom(FREE, HELD, SOLD, BLOCKED, -1)), {
    maxLength: 12,
  }),
  wish: wishArbitrary,
})

function turn(seats: SeatMap, index: number, state: number): void {
  const seat = asSeatIndex(index % seats.seatCount)
  if (state >= 0) seats.setState(seat, state as 0 | 1 | 2 | 3)
  else if (seats.isFree(seat)) seats.reserve(seat)
}

test('B7 the ladder answers what the naive twin answers, whatever changed before', () => {
  const fullness = fc.constantFrom(0, 0.3, 0.6, 0.8)
  const property = fc.property(
    mixedHalls,
    fullness,
    fc.integer(),
    fc.array(stepArbitrary, { minLength: 1, maxLength: 6 }),
    (layout, full, seed, steps) => {
      const plan = compilePlan(layout)
      const seats = new SeatMap(plan)
      const next = randomFrom(seed)
      for (let seat = 0; seat < plan.seatCount; seat += 1) {
        if (next() < full) seats.setState(asSeatIndex(seat), SOLD)
      }
      for (const { turns, wish } of steps) {
        for (const [index, state] of turns) turn(seats, index, state)
        const free = layout.seats.map(seat => seats.isFree(asSeatIndex(seat.index)))
        const hall = { layout, costs: [...plan.qualityCost], free }
        const { orphans, ...more } = wish
        assert.deepEqual(best(seats, wish.count, { ...more, orphans }), twinAnswer(hall, wish))
      }
    },
  )
  fc.assert(property, { numRuns: 600 })
})

test('B7 a long row of several words answers like the twin', () => {
  const layout = rowOf(150)
  const plan = compilePlan(layout)
  const property = fc.property(
    fc.integer(),
    fc.constantFrom(0.02, 0.1, 0.4),
    fc.integer({ min: 1, max: 64 }),
    (seed, full, count) => {
      const next = randomFrom(seed)
      const seats = mapOf(layout, layout.seats.map(() => (next() < full ? 'x' : '.')).join(''))
      const free = layout.seats.map(seat => seats.isFree(asSeatIndex(seat.index)))
      const hall = { layout, costs: [...plan.qualityCost], free }
      const twin = {
        count,
        categories: undefined,
        together: true,
        accessible: false,
        orphans: true,
      }
      assert.deepEqual(
        best(seats, count, { together: true }),
        twinBlock(hall, twin) ?? none(twinLargest(hall, twin)),
      )
    },
  )
  fc.assert(property, { numRuns: 60 })
})

test('X1 dropping and building the index again changes no answer', () => {
  const seats = mapOf(hallOf({ rows: 3, seatsPerRow: 9, aisleEvery: 4 }), 'x..x.....'.repeat(3))
  const before = [2, 3, 4, 6, 7].map(count => best(seats, count))
  seats.rest()
  assert.deepEqual(
    [2, 3, 4, 6, 7].map(count => best(seats, count)),
    before,
  )
})

test('X3 more questions than searches are kept are all answered', () => {
  const seats = mapOf(hallOf({ rows: 2, seatsPerRow: 40 }), '.'.repeat(80))
  for (let round = 0; round < 3; round += 1) {
    for (let count = 1; count <= 40; count += 1) {
      for (const orphans of [true, false]) {
        const answer = best(seats, count, { orphans })
        assert.equal(Array.isArray(answer) ? answer.length : answer, count)
      }
    }
    seats.setState(asSeatIndex(round), HELD)
    seats.setState(asSeatIndex(round), FREE)
  }
})
