// Layout documents, good and bad, without a database.

import assert from 'node:assert/strict'
import test from 'node:test'
import { readLayout } from '../../persistence/layout-import.ts'
import type { Layout } from '../../shared/layout.ts'
import { compilePlan } from '../../shared/seating-plan.ts'

function read(document: unknown) {
  const text = typeof document === 'string' ? document : JSON.stringify(document)
  return readLayout(new TextEncoder().encode(text))
}

function layoutOf(document: unknown): Layout {
  const outcome = read(document)
  if (outcome.kind !== 'layout') assert.fail(JSON.stringify(outcome))
  return outcome.layout
}

function problemsOf(document: unknown): readonly string[] {
  const outcome = read(document)
  if (outcome.kind !== 'invalid') assert.fail(`accepted, or ${outcome.kind}`)
  return outcome.problems.map(problem => problem.pointer)
}

const seat = (number: number, x: number, more: object = {}) => {
  return { number, x, y: 0, category: 'a', ...more }
}

function own(seats: readonly object[], more: object = {}) {
  const sections = [{ name: 'Stalls', rows: [{ name: 'A', seats }] }]
  return { name: 'Hall', categories: [{ id: 'a', name: 'All' }], sections, ...more }
}

function pretix(rows: readonly object[], more: object = {}) {
  return {
    name: 'Plan',
    size: { width: 500, height: 300 },
    categories: [{ name: 'Parkett', color: '#fff' }],
    zones: [{ name: 'Saal', position: { x: 100, y: 50 }, rows, areas: [] }],
    ...more,
  }
}

let guid = 0
function pretixSeat(number: string, x: number, more: object = {}) {
  guid += 1
  const position = { x, y: 0 }
  return { seat_guid: `g${guid}`, seat_number: number, position, category: 'Parkett', ...more }
}

test('S4 a gap of more than 1.5 pitches ends a segment, printed numbers do not', () => {
  const layout = layoutOf(own([seat(7, 0), seat(3, 20), seat(9, 60), seat(1, 80)]))
  assert.deepEqual(
    layout.seats.map(({ number, segment }) => [number, segment]),
    [
      ['7', 0],
      ['3', 0],
      ['9', 1],
      ['1', 1],
    ],
  )
})

test('S4 a named aisle ends a segment without a gap', () => {
  const layout = layoutOf(own([seat(1, 0), seat(2, 20, { aisleBefore: true }), seat(3, 40)]))
  assert.deepEqual(
    layout.seats.map(({ segment }) => segment),
    [0, 1, 1],
  )
})

test('LB2 seats written from right to left are ordered from left to right', () => {
  const layout = layoutOf(own([seat(3, 40), seat(2, 20), seat(1, 0)]))
  assert.deepEqual(
    layout.seats.map(({ label, index }) => [label, index]),
    [
      ['A1', 0],
      ['A2', 1],
      ['A3', 2],
    ],
  )
})

test('LB4 rows follow each other from the focus to the back', () => {
  const rows = ['B', 'A'].map((name, index) => {
    return { name, seats: [{ ...seat(1, 0), y: index === 0 ? 90 : 30 }] }
  })
  const layout = layoutOf({ ...own([]), sections: [{ name: 'S', rows }] })
  assert.deepEqual(
    layout.seats.map(({ row }) => row),
    ['A', 'B'],
  )
})

test('LB1 equal documents give equal digests, and a layout survives its own export', () => {
  const document = own([seat(1, 0), seat(2, 20), seat(3, 60, { kind: 'accessible' })])
  const layout = layoutOf(document)
  const again = layoutOf({ id: 'layout_7', version: 1, ...layout })
  assert.equal(compilePlan(layout).digest, compilePlan(layoutOf(document)).digest)
  assert.equal(compilePlan(again).digest, compilePlan(layout).digest)
  assert.deepEqual(again.seats, layout.seats)
})

test('PX1 positions of zone, row and seat add up, and a stage becomes the focus', () => {
  const areas = [{ shape: 'text', position: { x: 10, y: 5 }, text: { text: 'Bühne' } }]
  const rows = [{ row_number: 'A', position: { x: 5, y: 7 }, seats: [pretixSeat('1', 3)] }]
  const zone = { name: 'Saal', position: { x: 100, y: 50 }, rows, areas }
  const layout = layoutOf(pretix([], { zones: [zone] }))
  assert.deepEqual([layout.seats[0]?.x, layout.seats[0]?.y], [108, 57])
  assert.deepEqual(layout.focus, { x: 110, y: 55 })
  assert.deepEqual(layout.categories, [{ id: 'parkett', name: 'Parkett' }])
})

test('PX2 parts of one row are joined, repeated numbers make another row', () => {
  const parts = [
    { row_number: 'A', seats: [pretixSeat('1', 0), pretixSeat('2', 20)] },
    { row_number: 'A', seats: [pretixSeat('3', 80), pretixSeat('4', 100)] },
  ]
  const joined = layoutOf(pretix(parts))
  assert.deepEqual(
    joined.seats.map(({ row, segment }) => `${row}${segment}`),
    ['A0', 'A0', 'A1', 'A1'],
  )
  const twice = [0, 50].map(y => {
    return { row_number: 'A', position: { x: 0, y }, seats: [pretixSeat('1', 0)] }
  })
  const apart = layoutOf(pretix(twice))
  assert.deepEqual(
    apart.seats.map(({ row }) => row),
    ['A', 'A (2)'],
  )
})

test('LR2 unknown fields are tolerated with one warning each', () => {
  const row = { row_number: 'A', seats: [pretixSeat('1', 0, { glow: 1 })] }
  const outcome = read(pretix([row, { ...row, row_number: 'B', seats: [pretixSeat('1', 0)] }]))
  assert.equal(outcome.kind, 'layout')
  if (outcome.kind !== 'layout') return
  assert.deepEqual(
    outcome.warnings.filter(warning => warning.includes('glow')),
    ['The field "glow" of a seat is not used.'],
  )
})

test('LR1 every mistake is told by its JSON pointer', () => {
  const cases: readonly (readonly [unknown, string])[] = [
    [own([seat(1, 0, { category: 'b' })]), '/sections/0/rows/0/seats/0/category'],
    [own([seat(1, 0, { x: '0' })]), '/sections/0/rows/0/seats/0/x'],
    [own([seat(1, 0, { y: 1e300 })]), '/sections/0/rows/0/seats/0/y'],
    [own([seat(1, 0), seat(1, 20)]), '/sections/0/rows/0/seats/1/number'],
    [own([seat(1, 0, { kind: 'sofa' })]), '/sections/0/rows/0/seats/0/kind'],
    [own([seat(1, 0)], { categories: [{ id: '__proto__' }] }), '/categories/0/id'],
    [own([seat(1, 0)], { categories: [{ id: 'a\u0000' }] }), '/categories/0/id'],
    [own([seat(1, 0)], { sections: 'all' }), '/sections'],
    [own([]), '/sections'],
    [{ seats: [] }, '/seats'],
    [{ seats: 5 }, '/seats'],
    [{ name: 'nothing' }, ''],
    [[1, 2], ''],
    [
      pretix([{ row_number: 'A', seats: [{ seat_guid: 'x' }] }]),
      '/zones/0/rows/0/seats/0/position',
    ],
    [
      pretix([{ row_number: 'A', seats: [pretixSeat('1', 0, { category: 'Loge' })] }]),
      '/zones/0/rows/0/seats/0/category',
    ],
    [
      pretix([
        { row_number: 'A', seats: [{ ...pretixSeat('1', 0), seat_guid: 'same' }] },
        { row_number: 'B', seats: [{ ...pretixSeat('1', 0), seat_guid: 'same' }] },
      ]),
      '/zones/0/rows/1/seats/0/seat_guid',
    ],
  ]
  for (const [document, pointer] of cases) {
    const problems = problemsOf(document)
    assert.ok(problems.includes(pointer), `${pointer} is not among ${JSON.stringify(problems)}`)
  }
})

test('a flat layout whose rows or segments come back is refused', () => {
  const flat = (rows: string, segments: readonly number[]) => ({
    seats: [...rows].map((row, index) => {
      const segment = segments[index]
      return { section: 'S', row, number: `${index}`, category: 'a', segment, x: index, y: 0 }
    }),
  })
  assert.equal(read(flat('AABB', [0, 0, 1, 1])).kind, 'layout')
  assert.deepEqual(problemsOf(flat('ABA', [0, 1, 2])), ['/seats/2/row'])
  assert.deepEqual(problemsOf(flat('AAA', [0, 1, 0])), ['/seats/2/segment'])
  assert.deepEqual(problemsOf(flat('AB', [0, 0])), ['/seats/1/segment'])
})

test('bytes that are no JSON, or no UTF-8, are bad JSON', () => {
  assert.equal(read('{"seats": [').kind, 'bad-json')
  assert.equal(readLayout(Uint8Array.from([0xff, 0xfe])).kind, 'bad-json')
})

test('limits: 200 001 seats are refused, 200 000 compile', () => {
  const rowOf = (row: number) => {
    const seats = Array.from({ length: 1_000 }, (_, at) => seat(at + 1, at * 20, { y: row * 30 }))
    return { name: `R${row}`, seats }
  }
  const rows = Array.from({ length: 200 }, (_, row) => rowOf(row))
  const document = { ...own([]), sections: [{ name: 'S', rows }] }
  assert.equal(compilePlan(layoutOf(document)).seatCount, 200_000)
  rows.push({ name: 'last', seats: [seat(1, 0, { y: 9_000 })] })
  assert.deepEqual(problemsOf(document), ['/sections'])
})
