// The demo's halls: what a newcomer is offered first.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bestAvailable } from '../../allocator/core/best-available.ts'
import { SeatMap } from '../../allocator/core/seat-map.ts'
import { drawHall } from '../../persistence/demo-halls.ts'
import { compilePlan } from '../../shared/seating-plan.ts'

const SHAPES = [
  { name: 'small', seatCount: 60, rowLength: 10, blockCount: 1, accessibleCount: 1 },
  { name: 'wide', seatCount: 420, rowLength: 26, blockCount: 3, accessibleCount: 4 },
  {
    name: 'balcony',
    seatCount: 900,
    rowLength: 36,
    blockCount: 3,
    balconyShare: 0.3,
    accessibleCount: 6,
  },
]

test('B the best seats of a demo hall are central, behind the middle of the stalls', () => {
  for (const shape of SHAPES) {
    const layout = drawHall(shape)
    const wish = { count: 2, categories: 0, accessible: false }
    const best = bestAvailable(new SeatMap(compilePlan(layout)), wish, { orphans: true })
    assert.equal(best.kind, 'found')
    const seats = best.kind === 'found' ? [...best.seats].map(index => layout.seats[index]) : []
    const stalls = layout.seats.filter(seat => seat.section === 'Stalls')
    const deepest = Math.max(...stalls.map(seat => seat.y))
    const nearest = Math.min(...stalls.map(seat => seat.y))
    assert.equal(seats.length, 2)
    for (const seat of seats) {
      assert.equal(seat?.section, 'Stalls', shape.name)
      const depth = ((seat?.y ?? 0) - nearest) / (deepest - nearest)
      assert.ok(depth > 0.5 && depth < 0.85, `${shape.name}: ${seat?.label} is at ${depth}`)
      const aside = Math.abs((seat?.x ?? 0) - layout.focus.x) / layout.width
      assert.ok(aside < 0.15, `${shape.name}: ${seat?.label} is ${aside} aside`)
    }
  }
})
