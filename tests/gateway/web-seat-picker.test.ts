// The seat picker's pure parts: the plan, the viewport, the arrow keys.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Step, seatAfter } from '../../gateway/web/seat-picker/navigation.ts'
import { type PickerSeat, Plan } from '../../gateway/web/seat-picker/plan.ts'
import {
  fitted,
  isZoomed,
  panned,
  type Reach,
  revealing,
  seen,
  zoomed,
} from '../../gateway/web/seat-picker/viewport.ts'

function hall(
  sections: readonly { name: string; x: number; y: number; rows: number; columns: number }[],
) {
  const seats: PickerSeat[] = []
  for (const { name, x, y, rows, columns } of sections) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        seats.push({
          label: `${name}${row}-${column}`,
          section: name,
          row: String(row),
          number: String(column + 1),
          category: 'c',
          x: x + column * 10 + (column > 1 ? 8 : 0), // an aisle after the second seat
          y: y + row * 12,
          kind: 'standard',
        })
      }
    }
  }
  return new Plan({ seats, focus: { x: 0, y: -20 } })
}

const plan = hall([
  { name: 'A', x: 0, y: 0, rows: 3, columns: 5 },
  { name: 'B', x: 100, y: 6, rows: 2, columns: 4 },
  { name: 'C', x: 20, y: 80, rows: 2, columns: 3 },
])

const at = (label: string): number => plan.seats.findIndex(seat => seat.label === label)
const to = (label: string, step: Step): string => plan.seat(seatAfter(plan, at(label), step)).label

test('U22 arrow keys walk along the row, over the aisle, and between rows', () => {
  assert.equal(to('A0-1', 'right'), 'A0-2')
  assert.equal(to('A0-2', 'left'), 'A0-1')
  assert.equal(to('A0-1', 'down'), 'A1-1')
  assert.equal(to('A1-1', 'up'), 'A0-1')
  assert.equal(to('A1-2', 'first'), 'A1-0')
  assert.equal(to('A1-2', 'last'), 'A1-4')
})

test('U22 at the end of a section the keys go on to what lies that way, or stay', () => {
  assert.match(to('A0-4', 'right'), /^B0-0/)
  assert.match(to('A2-1', 'down'), /^C0-/)
  assert.equal(to('A0-0', 'up'), 'A0-0')
  assert.equal(to('A0-0', 'left'), 'A0-0')
  assert.equal(to('A0-0', 'section-on'), 'B0-0')
  assert.equal(to('B1-2', 'section-back'), 'A0-0')
})

test('U22 every seat can be reached with arrow keys alone', () => {
  const steps: readonly Step[] = ['left', 'right', 'up', 'down']
  const reached = new Set([0])
  for (const seat of reached) {
    for (const step of steps) reached.add(seatAfter(plan, seat, step))
  }
  assert.equal(reached.size, plan.seats.length)
})

test('U22 a step never leads away from the direction pressed', () => {
  plan.seats.forEach((seat, index) => {
    const moved = (step: Step): PickerSeat => plan.seat(seatAfter(plan, index, step))
    assert.ok(moved('left').x <= seat.x)
    assert.ok(moved('right').x >= seat.x)
    assert.ok(moved('up').y <= seat.y)
    assert.ok(moved('down').y >= seat.y)
  })
})

test('the plan knows the space between neighbours in spite of aisles, and finds seats', () => {
  assert.equal(plan.pitch, 10)
  assert.equal(plan.nearest(1, 1, { within: 5 }), at('A0-0'))
  assert.equal(plan.nearest(-40, -40, { within: 5 }), undefined)
  const found = plan.within({ minX: -1, minY: -1, maxX: 11, maxY: 1 })
  assert.deepEqual(found.sort(), [at('A0-0'), at('A0-1')])
})

test('a hall of one seat, and one of none, can be drawn', () => {
  const one = new Plan({ seats: plan.seats.slice(0, 1), focus: { x: 0, y: 0 } })
  assert.ok(one.pitch > 0)
  const none = new Plan({ seats: [], focus: { x: 0, y: 0 } })
  assert.deepEqual(none.within({ minX: 0, minY: 0, maxX: 9, maxY: 9 }), [])
})

const reach: Reach = { bounds: plan.bounds, size: { width: 400, height: 300 }, pitch: plan.pitch }

test('U20 the point under the finger stays under the finger', () => {
  const view = zoomed(fitted(reach), 1.8, { x: 200, y: 150, reach })
  const before = { x: (230 - view.offsetX) / view.scale, y: (140 - view.offsetY) / view.scale }
  const closer = zoomed(view, 1.2, { x: 230, y: 140, reach })
  assert.ok(closer.scale > view.scale)
  assert.ok(Math.abs(before.x * closer.scale + closer.offsetX - 230) < 1e-6)
  assert.ok(Math.abs(before.y * closer.scale + closer.offsetY - 140) < 1e-6)
})

test('U21 however it is moved, the plan stays in the view', () => {
  const move = fc.record({
    factor: fc.double({ min: 0.1, max: 10, noNaN: true }),
    dx: fc.integer({ min: -2_000, max: 2_000 }),
    dy: fc.integer({ min: -2_000, max: 2_000 }),
  })
  fc.assert(
    fc.property(fc.array(move, { maxLength: 20 }), moves => {
      let view = fitted(reach)
      for (const { factor, dx, dy } of moves) {
        view = panned(zoomed(view, factor, { x: 90, y: 90, reach }), dx, dy, reach)
      }
      const { minX, minY, maxX, maxY } = seen(view, reach.size)
      assert.ok(minX < reach.bounds.maxX && maxX > reach.bounds.minX)
      assert.ok(minY < reach.bounds.maxY && maxY > reach.bounds.minY)
      assert.ok(view.scale >= fitted(reach).scale * 0.999)
    }),
  )
})

test('U21 the whole plan fits, and a fitted plan is not called zoomed', () => {
  const view = fitted(reach)
  const { minX, minY, maxX, maxY } = seen(view, reach.size)
  assert.ok(minX <= reach.bounds.minX && maxX >= reach.bounds.maxX)
  assert.ok(minY <= reach.bounds.minY && maxY >= reach.bounds.maxY)
  assert.equal(isZoomed(view, reach), false)
  assert.equal(isZoomed(zoomed(view, 2, { x: 0, y: 0, reach }), reach), true)
})

test('U26 the seat of the keyboard is brought into view and a visible one does not move it', () => {
  const close = zoomed(fitted(reach), 4, { x: 0, y: 0, reach })
  const far = plan.seat(at('B1-3'))
  const view = revealing(close, far.x, far.y, reach)
  const x = far.x * view.scale + view.offsetX
  const y = far.y * view.scale + view.offsetY
  assert.ok(x > 0 && x < 400 && y > 0 && y < 300)
  assert.deepEqual(revealing(view, far.x, far.y, reach), view)
})
