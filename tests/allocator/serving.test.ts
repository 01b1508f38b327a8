// Stories about the line, and the line against its slow twin.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hallOf, rowOf } from '../support/halls.ts'
import { entryOf, House } from './serving-house.ts'
import { ServingTwin } from './serving-twin.ts'

/** A row of which every Seat is held by the public. */
const fullRow = (seatCount: number): House => new House(rowOf(seatCount)).holdAll()

test('L2 freed seats are offered in join order to the first whose request fits', () => {
  const house = fullRow(6).join('ann', { party: 2 }).join('bob', { party: 2 })
  assert.deepEqual(house.free(2, 3).news(), ['ann offered 2 3'])
  assert.deepEqual(house.free(4, 5).news(), ['bob offered 4 5'])
})

test('L2 one frame that frees much serves many, each with a hold of its own', () => {
  const house = fullRow(6)
  for (const name of ['ann', 'bob', 'cid', 'dan']) house.join(name, { party: 2 })
  house.free(0, 1, 2, 3, 4, 5)
  const served = house.news()
  assert.deepEqual(
    served.map(one => one.split(' ')[0]),
    ['ann', 'bob', 'cid'],
  )
  assert.ok(house.isWaiting('dan'))
})

test('L2 the largest part of the party that fits is offered', () => {
  const house = fullRow(6).join('ann', { party: 4, minParty: 2 })
  assert.deepEqual(house.free(1, 2, 3).news(), ['ann offered 1 2 3'])
})

test('L2 a fit contains a freed seat: older free seats alone are nobody’s turn', () => {
  const house = fullRow(6).free(0, 1).join('ann', { party: 3 })
  assert.deepEqual(house.free(5).news(), [], 'seat 5 is not in the target')
  assert.deepEqual(house.free(2).news(), ['ann offered 0 1 2'])
})

test('L3 the first that cannot be served reserves freed seats of one target, the rest goes on', () => {
  const house = fullRow(8).join('ann', { party: 3 }).join('bob', { party: 1 })
  assert.deepEqual(house.free(1).news(), ['ann reserved 1'])
  assert.deepEqual(house.free(7).news(), ['bob offered 7'])
  assert.deepEqual(house.free(2).news(), ['ann reserved 1 2'])
  assert.deepEqual(house.free(0).news(), ['ann offered 0 1 2'])
  assert.equal(house.show.seats.counts.reserved, 0)
})

test('L3 no more than minParty seats are reserved, and only one barrier runs per category set', () => {
  const house = fullRow(9).join('ann', { party: 4, minParty: 3 }).join('bob', { party: 3 })
  house.free(1).free(3)
  assert.deepEqual(house.news(), ['ann reserved 1', 'ann reserved 1 3'])
  house.free(7)
  assert.deepEqual(house.news(), [], 'bob is second: nothing is kept for him')
  assert.deepEqual(house.seatsOf('free'), [7])
})

test('L3 the target is looked for again when a seat in it is sold, and what falls out goes on', () => {
  const house = fullRow(6).join('ann', { party: 3 }).join('bob', { party: 1 })
  assert.deepEqual(house.free(1).news(), ['ann reserved 1'])
  assert.deepEqual(house.sell(2).news(), ['ann reserved', 'bob offered 1'])
})

test('L3 a barrier is lifted in time: its place stays, its seats go on', () => {
  const house = new House(rowOf(5), { barrierMaxMs: 60_000 })
  house.holdAll().join('ann', { party: 3 }).join('bob', { party: 1 }).join('cid', { party: 1 })
  assert.deepEqual(house.free(1).news(), ['ann reserved 1'])
  assert.deepEqual(house.wait(50_000).news(), [])
  assert.deepEqual(house.wait(10_000).news(), ['ann lifted 1', 'bob offered 1'])
  assert.equal(house.ahead('ann'), 0)
  assert.equal(house.ahead('cid'), 1)
  assert.deepEqual(house.free(2).news(), ['cid offered 2'], 'ann reserves no more')
  assert.deepEqual(house.free(3, 4).news(), [])
  assert.deepEqual(house.leave('cid').news(), ['ann offered 2 3 4'], 'ann still has first refusal')
})

test('L3 accessible and general requests do not stand in each other’s way', () => {
  const layout = hallOf({ rows: 1, seatsPerRow: 6, accessiblePerSection: 1 })
  const house = new House(layout).holdAll()
  house.join('ann', { party: 2 }).join('bob', { party: 2, accessible: true })
  house.free(0).free(3)
  assert.deepEqual(house.news(), ['bob reserved 0', 'ann reserved 3'])
})

test('L7 who declines keeps the place once and sits out the frame', () => {
  const house = fullRow(4).join('ann', { party: 2 }).join('bob', { party: 2 })
  assert.deepEqual(house.free(0, 1).news(), ['ann offered 0 1'])
  assert.deepEqual(house.decline('ann').news(), ['bob offered 0 1'])
  assert.equal(house.ahead('ann'), 0)
  assert.deepEqual(house.leave('bob').news(), ['ann offered 0 1'])
  assert.deepEqual(house.decline('ann').news(), [])
  assert.equal(house.line.find(entryOf('ann')), -1, 'the second time it has left')
})

test('L7 sitting out lasts for the whole frame, not only for the command that declined', () => {
  const house = fullRow(4).join('ann', { party: 1 })
  house.free(0).news()
  house.isFrameOpen = true
  assert.deepEqual(house.decline('ann').free(3).news(), [])
  house.isFrameOpen = false
  house.hold(3)
  assert.deepEqual(house.free(3).news(), ['ann offered 3'])
})

test('L7 an offer that ran out goes on to the next in the same frame', () => {
  const house = fullRow(4).join('ann', { party: 2 }).join('bob', { party: 2 })
  house.free(0, 1).news()
  assert.deepEqual(house.leave('ann').news(), ['bob offered 0 1'])
})

test('L8 nobody is offered anything once sales are closed', () => {
  const house = fullRow(4).join('ann', { party: 1 })
  house.show.status = 'closed'
  assert.deepEqual(house.free(0, 1).news(), [])
})

test('L9 a newcomer whose request fits is offered seats at once', () => {
  const house = fullRow(5).free(3, 4).join('ann', { party: 2 })
  assert.deepEqual(house.news(), ['ann offered 3 4'])
})

test('L9 a newcomer gets nothing that an earlier waiter could be served with', () => {
  const house = fullRow(5).join('ann', { party: 2 })
  house.free(0, 1).decline('ann').news()
  assert.deepEqual(house.join('bob', { party: 2 }).news(), [], 'seats 0 and 1 would fit ann')
  assert.deepEqual(house.free(4).join('cid', { party: 1 }).news(), ['cid offered 4'])
})

test('L9 a newcomer gets nothing that is reserved', () => {
  const house = fullRow(5).join('ann', { party: 2 })
  assert.deepEqual(house.free(2).news(), ['ann reserved 2'])
  assert.deepEqual(house.join('bob', { party: 1 }).news(), [])
})

const halls = [
  rowOf(7),
  hallOf({ rows: 2, seatsPerRow: 6, aisleEvery: 3 }),
  hallOf({ rows: 3, seatsPerRow: 5, categories: 2, accessiblePerSection: 2 }),
  hallOf({ rows: 2, seatsPerRow: 6, categories: 2, accessiblePerSection: 1 }),
]

const wish = fc.record({
  party: fc.integer({ min: 1, max: 4 }),
  slack: fc.nat(2),
  categories: fc.constantFrom(0, 0, 1, 2),
  together: fc.constantFrom(true, true, false),
  accessible: fc.constantFrom(false, false, false, true),
})

const moves = fc.array(
  fc.record({
    kind: fc.constantFrom(
      ...['free', 'free', 'free', 'join', 'join', 'decline', 'leave', 'book', 'hold', 'sell'],
      ...['block', 'wait'],
    ),
    at: fc.nat(1_000_000),
    count: fc.integer({ min: 1, max: 4 }),
    wish,
  }),
  { maxLength: 60, size: 'max' },
)

type Move = typeof moves extends fc.Arbitrary<(infer One)[]> ? One : never

/** Plays a move on people and Seats that are there for it. */
function play(house: House, twin: ServingTwin, move: Move): void {
  const { kind, at, count } = move
  const offered = [...house.names.values()].filter(
    name => house.seatsOf(`offer ${name}`).length > 0,
  )
  const some = (seats: readonly number[]): number[] =>
    seats.length === 0
      ? []
      : [...new Set([at, at + 1, at + 2, at + 3].slice(0, count))]
          .flatMap(one => seats[one % seats.length] ?? [])
          .filter((seat, index, all) => all.indexOf(seat) === index)
  const name = offered[at % Math.max(1, offered.length)]
  twin.sittingOut = new Set()
  if (kind === 'free') {
    const taken = ['public', 'sold', 'blocked'].flatMap(owner => house.seatsOf(owner))
    house.free(...some(taken.sort((left, right) => left - right)))
  }
  if (kind === 'hold') house.hold(...some(house.seatsOf('free')))
  if (kind === 'sell') house.sell(...some(house.seatsOf('public')))
  if (kind === 'block') {
    const open = house.owners.flatMap((owner, seat) =>
      owner === 'free' || owner.startsWith('reserved') ? [seat] : [],
    )
    house.block(...some(open).slice(0, 1))
  }
  if (kind === 'wait') house.wait(40_000)
  if (kind === 'join') {
    const { party, slack, ...rest } = move.wish
    house.join(`n${house.names.size}`, { party, minParty: Math.max(1, party - slack), ...rest })
  }
  if (kind === 'leave') {
    const live = [...house.names.values()].filter(one => house.line.find(entryOf(one)) >= 0)
    const leaver = live[at % Math.max(1, live.length)]
    if (leaver !== undefined) house.leave(leaver)
  }
  if (name === undefined) return
  if (kind === 'book') house.book(name)
  if (kind === 'decline') {
    twin.sittingOut.add(name)
    house.decline(name)
  }
}

test('L1 L2 L3 L4 L7 L9 serving equals a twin that looks at everybody and every seat', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: halls.length - 1 }), moves, (hall, list) => {
      const twin = new ServingTwin()
      const house = new House(halls[hall] ?? rowOf(7), { barrierMaxMs: 90_000 }, twin)
      house.holdAll()
      for (const move of list) play(house, twin, move)
      for (const [seat, owner] of house.owners.entries()) {
        assert.equal(house.show.seats.isReserved(seat as never), owner.startsWith('reserved'))
      }
    }),
    { numRuns: 400 },
  )
})
