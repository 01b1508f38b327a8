// Small halls with everything mixed, for properties: categories and kinds thrown seat by seat, so
// that what a request may take begins and ends inside free blocks.

import fc from 'fast-check'
import type { Layout, SeatKind } from '../../shared/layout.ts'
import { type Hall, hallOf } from './halls.ts'

/** At most 80 seats, three categories `a`, `b` and the empty `c`. */
export const mixedHalls: fc.Arbitrary<Layout> = fc
  .record({
    rows: fc.integer({ min: 1, max: 4 }),
    seatsPerRow: fc.integer({ min: 1, max: 10 }),
    sections: fc.integer({ min: 1, max: 2 }),
    aisleEvery: fc.integer({ min: 0, max: 6 }),
    qualities: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
    seed: fc.integer(),
  })
  .map(({ qualities, seed, ...hall }) => mixedHall(hall, qualities, seed))

function mixedHall(hall: Hall, qualities: number | undefined, seed: number): Layout {
  const layout = hallOf(hall)
  const next = randomFrom(seed)
  const seats = layout.seats.map(seat => ({
    ...seat,
    category: next() < 0.2 ? 'b' : 'a',
    kind: kindOf(next()),
  }))
  const categories = ['a', 'b', 'c'].map(id => ({ id, name: id }))
  if (qualities === undefined) return { ...layout, categories, seats }
  return { ...layout, categories, seats, quality: seats.map(() => Math.floor(next() * qualities)) }
}

function kindOf(throwOfDice: number): SeatKind {
  if (throwOfDice < 0.15) return 'accessible'
  return throwOfDice < 0.3 ? 'companion' : 'standard'
}

/** The ids of a category set over `a`, `b`, `c`; undefined for all. */
export function categoryIdsOf(categories: number): ReadonlySet<string> | undefined {
  if (categories === 0) return undefined
  return new Set(['a', 'b', 'c'].filter((_, index) => ((categories >> index) & 1) === 1))
}

/** Numbers in [0, 1) from a seed. */
export function randomFrom(seed: number): () => number {
  let state = seed | 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}
