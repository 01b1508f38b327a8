// The seat map (S) against plain arrays, and what it costs at rest.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { BLOCKED, FREE, HELD, type SeatCode, SeatMap, SOLD } from '../../allocator/core/seat-map.ts'
import { asSeatIndex } from '../../shared/ids.ts'
import { compilePlan } from '../../shared/seating-plan.ts'
import { hallOf, hallOfSize, rowOf } from '../support/halls.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

type Owner = 'free' | 'reserved' | 'held' | 'sold' | 'blocked'
const CODE: Record<Owner, SeatCode> = { free: 0, reserved: 1, held: 1, sold: 2, blocked: 3 }

const turnsArbitrary = fc.array(
  fc.record({
    seat: fc.nat({ max: 36 }),
    to: fc.constantFrom<Owner>('free', 'reserved', 'held', 'sold', 'blocked'),
    look: fc.boolean(),
  }),
  { maxLength: 60 },
)

/** Moves map and twin alike; the answer tells whether a watcher must hear of it. */
function move(seats: SeatMap, twin: Owner[], index: number, to: Owner): boolean {
  const seat = asSeatIndex(index)
  const from = twin[index] as Owner
  if (to === 'reserved') {
    if (from !== 'free') return false
    seats.reserve(seat)
  } else if (from === 'reserved' && to === 'free') seats.unreserve(seat)
  else assert.equal(seats.setState(seat, CODE[to]), CODE[from] !== CODE[to])
  twin[index] = to
  return CODE[from] !== CODE[to]
}

function assertSame(seats: SeatMap, twin: readonly Owner[]): void {
  const counts = { free: 0, reserved: 0, held: 0, sold: 0, blocked: 0 }
  twin.forEach((owner, index) => {
    const seat = asSeatIndex(index)
    counts[owner] += 1
    assert.equal(seats.stateOf(seat), CODE[owner])
    assert.equal(seats.isReserved(seat), owner === 'reserved')
    assert.equal(seats.isFree(seat), owner === 'free')
  })
  assert.deepEqual(seats.counts, counts)
  assert.deepEqual(
    seats.reservedSeats(),
    twin.flatMap((owner, seat) => (owner === 'reserved' ? [seat] : [])),
  )
}

test('S1 a seat is exactly one of free, reserved, held, sold, blocked after any changes', () => {
  const plan = compilePlan(hallOf({ rows: 1, seatsPerRow: 37, aisleEvery: 9 }))
  const property = fc.property(turnsArbitrary, turns => {
    const seats = new SeatMap(plan)
    const twin: Owner[] = Array.from({ length: 37 }, () => 'free')
    for (const { seat, to, look } of turns) {
      move(seats, twin, seat, to)
      if (look) assert.ok(seats.index.free.length > 0)
    }
    assertSame(seats, twin)
  })
  fc.assert(property, { numRuns: 300 })
})

test('S3 the five counts add up to capacity, accessible seats counted apart', () => {
  const plan = compilePlan(hallOf({ rows: 2, seatsPerRow: 10, accessiblePerSection: 2 }))
  const seats = new SeatMap(plan)
  assert.deepEqual(seats.counts, { free: 20, reserved: 0, held: 0, sold: 0, blocked: 0 })
  assert.equal(seats.freeAccessibleCount, 2)
  assert.equal(seats.freeGeneralCount, 18)
  seats.setState(asSeatIndex(10), SOLD)
  seats.reserve(asSeatIndex(12))
  seats.setState(asSeatIndex(0), BLOCKED)
  seats.setState(asSeatIndex(1), HELD)
  assert.deepEqual(seats.counts, { free: 16, reserved: 1, held: 1, sold: 1, blocked: 1 })
  assert.equal(seats.freeAccessibleCount, 0)
  assert.equal(seats.freeGeneralCount, 16)
})

test('S1 the published map is two bits a seat, reserved looks held', () => {
  const seats = new SeatMap(compilePlan(rowOf(6)))
  seats.setState(asSeatIndex(1), HELD)
  seats.setState(asSeatIndex(2), SOLD)
  seats.setState(asSeatIndex(3), BLOCKED)
  seats.reserve(asSeatIndex(5))
  assert.deepEqual([...seats.statesCopy()], [0b11_10_01_00, 0b01_00])
  seats.statesCopy().fill(0)
  assert.equal(seats.stateOf(asSeatIndex(3)), BLOCKED, 'the copy is private')
})

test('S1 a reserved seat that becomes held publishes nothing, one that is freed does', () => {
  const seats = new SeatMap(compilePlan(rowOf(4)))
  seats.reserve(asSeatIndex(0))
  assert.equal(seats.setState(asSeatIndex(0), HELD), false)
  assert.equal(seats.isReserved(asSeatIndex(0)), false)
  seats.reserve(asSeatIndex(1))
  assert.equal(seats.setState(asSeatIndex(1), FREE), true)
  assert.equal(seats.isFree(asSeatIndex(1)), true)
})

test('S1 what is not a state change of a seat is a bug', () => {
  const seats = new SeatMap(compilePlan(rowOf(4)))
  seats.setState(asSeatIndex(1), HELD)
  for (const index of [-1, 4, 1.5, Number.NaN]) {
    assert.throws(() => seats.setState(asSeatIndex(index), HELD), /S1/)
    assert.equal(seats.has(index), false)
  }
  assert.throws(() => seats.reserve(asSeatIndex(1)), /L3/)
  assert.throws(() => seats.unreserve(asSeatIndex(1)), /L3/)
})

test('S3 a snapshot loads into the same map, with or without reserved seats', () => {
  const plan = compilePlan(hallOf({ rows: 1, seatsPerRow: 37, accessiblePerSection: 3 }))
  const property = fc.property(turnsArbitrary, turns => {
    const seats = new SeatMap(plan)
    const twin: Owner[] = Array.from({ length: 37 }, () => 'free')
    for (const { seat, to } of turns) move(seats, twin, seat, to)
    const loaded = new SeatMap(plan)
    loaded.reserve(asSeatIndex(7))
    loaded.load(seats.statesCopy(), seats.reservedSeats())
    assertSame(loaded, twin)
    assert.equal(loaded.freeAccessibleCount, seats.freeAccessibleCount)
  })
  fc.assert(property, { numRuns: 200 })
})

test('S4 a free block ends at the aisle and at the row, whatever is printed on the seats', () => {
  const seats = new SeatMap(compilePlan(hallOf({ rows: 2, seatsPerRow: 7, aisleEvery: 4 })))
  assert.deepEqual(seats.freeBlockAt(asSeatIndex(2)), { first: 0, last: 3 })
  assert.deepEqual(seats.freeBlockAt(asSeatIndex(5)), { first: 4, last: 6 })
  seats.setState(asSeatIndex(5), SOLD)
  assert.equal(seats.freeRunLengthAt(asSeatIndex(4)), 1)
  assert.equal(seats.freeRunLengthAt(asSeatIndex(5)), 0)
  assert.equal(seats.freeRunLengthAt(asSeatIndex(7)), 4)
})

test('M1 a seat map at rest costs seats/4 bytes and half a kilobyte', () => {
  const plan = compilePlan(hallOfSize(2_500))
  const maps = Array.from({ length: 1_000 }, () => new SeatMap(plan))
  maps.length = 0
  const before = bytesInUse()
  for (let count = 0; count < 1_000; count += 1) maps.push(usedAndRested(new SeatMap(plan)))
  const bytes = (bytesInUse() - before) / maps.length
  assert.ok(bytes < plan.seatCount / 4 + 512, `${bytes} bytes a map`)
})

function usedAndRested(seats: SeatMap): SeatMap {
  seats.reserve(asSeatIndex(0))
  seats.unreserve(asSeatIndex(0))
  assert.ok(seats.index.free.length > 0)
  seats.rest()
  return seats
}

/** After collecting, which takes some rounds until array buffers are gone. */
function bytesInUse(): number {
  for (let round = 0; round < 5; round += 1) collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
