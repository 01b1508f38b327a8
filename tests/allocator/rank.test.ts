// Counting places in front, against counting by hand.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Rank } from '../../allocator/core/rank.ts'

const PLACES = 70

test('L6 the rank of a place is the number of marked places in front of it', () => {
  const toggles = fc.array(fc.nat(PLACES - 1), { maxLength: 120 })
  fc.assert(
    fc.property(toggles, fc.nat(120), (places, rebuildAt) => {
      const rank = new Rank(PLACES)
      const marked = new Set<number>()
      for (const [index, place] of places.entries()) {
        if (index === rebuildAt) rank.rebuild(PLACES, one => marked.has(one))
        if (marked.delete(place)) rank.clear(place)
        else {
          marked.add(place)
          rank.mark(place)
        }
        assert.equal(rank.count, marked.size)
        for (let one = 0; one < PLACES; one += 1) {
          assert.equal(rank.before(one), [...marked].filter(other => other < one).length)
        }
      }
    }),
    { numRuns: 50 },
  )
})

test('L6 a place outside is a bug, not a silent zero', () => {
  const rank = new Rank(4)
  assert.throws(() => rank.mark(4), /K1/)
  assert.throws(() => rank.before(9), /K1/)
})
