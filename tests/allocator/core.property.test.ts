// Whatever is asked in whatever order, the rules of Seats hold and a replay is the same Shard.

import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { digestOf } from '../../allocator/core/digest.ts'
import { arbitrarySteps } from '../support/arbitrary-commands.ts'
import { hallOf } from '../support/halls.ts'
import { House } from '../support/house.ts'
import type { Step } from '../support/story.ts'

const hall = hallOf({
  rows: 3,
  seatsPerRow: 8,
  aisleEvery: 4,
  categories: 2,
  accessiblePerSection: 1,
})

function newHouse(commandKeysMax?: number): House {
  const policy = { orphans: 'on' as const, holdsMax: 2, barrierMaxMs: 120_000 }
  return new House(hall, commandKeysMax === undefined ? { policy } : { policy, commandKeysMax })
}

function take(house: House, step: Step): void {
  if (typeof step === 'function') step(house)
  else house.run(step)
}

test('S1 S2 S3 every seat has one state and one owner after any commands', () => {
  const holds = fc.property(arbitrarySteps, steps => {
    const house = newHouse()
    for (const step of steps) {
      take(house, step)
      house.checkSeats()
    }
  })
  fc.assert(holds, { numRuns: 60 })
})

test('D1 D2 a replay of the journal has the digest of the live shard', () => {
  const holds = fc.property(arbitrarySteps, steps => {
    const house = newHouse()
    for (const step of steps) take(house, step)
    house.checkReplay()
  })
  fc.assert(holds, { numRuns: 60 })
})

test('D5 a small key table forgets the same keys live and in replay', () => {
  const holds = fc.property(arbitrarySteps, steps => {
    const house = newHouse(4)
    for (const step of steps) take(house, step)
    assert.ok(house.state.keys.size <= 4)
    house.checkReplay()
  })
  fc.assert(holds, { numRuns: 60 })
})

test('H10 pages and the later transitions make the state of a full replay', () => {
  const holds = fc.property(arbitrarySteps, fc.nat(100), (steps, cut) => {
    const house = newHouse()
    const before = Math.min(cut, steps.length)
    for (const step of steps.slice(0, before)) take(house, step)
    const from = house.journal.length
    const older = Math.floor(from / 2)
    const pages = house.pages()
    for (const step of steps.slice(before)) take(house, step)
    const live = digestOf(house.state)
    assert.equal(digestOf(house.restored(pages, from)), live, 'a page of the cut')
    assert.equal(digestOf(house.restored(pages, older)), live, 'replay that begins before the page')
  })
  fc.assert(holds, { numRuns: 60 })
})
