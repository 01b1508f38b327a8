// Whether waiting is in vain, against looking at every window of every row.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BLOCKED, HELD, SeatMap, SOLD } from '../../allocator/core/seat-map.ts'
import type { WaitRequest } from '../../allocator/core/waitlist-buckets.ts'
import { largestEver } from '../../allocator/core/waitlist-join.ts'
import { asSeatIndex } from '../../shared/ids.ts'
import { compilePlan, type SeatingPlan } from '../../shared/seating-plan.ts'
import { hallOf } from '../support/halls.ts'

const plans = [
  hallOf({ rows: 1, seatsPerRow: 40 }),
  hallOf({ rows: 3, seatsPerRow: 6, aisleEvery: 4, categories: 3 }),
  hallOf({ rows: 2, seatsPerRow: 8, categories: 2, accessiblePerSection: 2 }),
].map(compilePlan)

const wish = fc.record({
  party: fc.constant(9),
  minParty: fc.integer({ min: 1, max: 9 }),
  categories: fc.constantFrom(0, 1, 2, 6),
  together: fc.boolean(),
  accessible: fc.boolean(),
})

function isSellable(
  plan: SeatingPlan,
  blocked: ReadonlySet<number>,
  seat: number,
  of: WaitRequest,
) {
  const isOfCategory = of.categories === 0 || of.categories & (1 << (plan.categoryOf[seat] ?? 0))
  return isOfCategory && !blocked.has(seat) && (of.accessible || plan.kindOf[seat] !== 1)
}

function naive(plan: SeatingPlan, blocked: ReadonlySet<number>, of: WaitRequest): number {
  const all = Array.from({ length: plan.seatCount }, (_, seat) => seat)
  const isRight = (seats: readonly number[]): boolean =>
    seats.every(seat => isSellable(plan, blocked, seat, of)) &&
    (!of.accessible || seats.some(seat => plan.kindOf[seat] === 1))
  for (let count = of.minParty; count > 0; count -= 1) {
    const windows = all
      .map(start => all.slice(start, start + count))
      .filter(
        one =>
          one.length === count && plan.segmentOf[one[0] ?? 0] === plan.segmentOf[one.at(-1) ?? 0],
      )
    const sellable = all.filter(seat => isSellable(plan, blocked, seat, of))
    if (of.together ? windows.some(isRight) : sellable.length >= count && isRight(sellable))
      return count
  }
  return 0
}

test('L3 waiting is in vain exactly when no sellable seats could ever serve it', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...plans),
      fc.array(fc.nat(60), { maxLength: 30 }),
      wish,
      (plan, spots, request) => {
        const seats = new SeatMap(plan)
        const blocked = new Set(spots.map(spot => spot % plan.seatCount))
        for (let seat = 0; seat < plan.seatCount; seat += 1) {
          const taken = seat % 2 === 0 ? SOLD : HELD
          seats.setState(asSeatIndex(seat), blocked.has(seat) ? BLOCKED : taken)
        }
        assert.equal(largestEver(seats, request), naive(plan, blocked, request))
      },
    ),
    { numRuns: 300 },
  )
})
