// Joining, leaving and declining, through the whole core.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asSeatIndexes } from '../../shared/ids.ts'
import { hallOf, rowOf } from '../support/halls.ts'
import { CLOSES_AT, Desk, SHOW } from './waitlist-desk.ts'

/** Seats 0..n-1 are held one by one by h0, h1, ... */
function fullDesk(seatCount: number, policy = {}): Desk {
  const desk = new Desk(rowOf(seatCount), policy)
  for (let seat = 0; seat < seatCount; seat += 1) desk.hold(`h${seat}`, seat)
  return desk
}

test('L2 releasing a hold offers its seats in the same frame, with a fresh deadline', () => {
  const desk = fullDesk(4)
  assert.equal(desk.join('ann', { party: 1 }), 'waiting 0')
  desk.now += 5_000
  desk.release('h2')
  assert.deepEqual(desk.records(), ['hold-released', 'waiter-offered'])
  const offered = desk.frames.at(-1)?.transitions[1]
  assert.ok(offered?.kind === 'waiter-offered')
  assert.equal(offered.expiresAt, desk.now + desk.terms.policy.holdTtlMs)
  assert.deepEqual(offered.prices, [100])
})

test('L2 holds that expire together serve several waiters in one frame', () => {
  const desk = fullDesk(4)
  desk.join('ann', { party: 2 })
  desk.join('bob', { party: 2 })
  desk.passTime(desk.terms.policy.holdTtlMs)
  const kinds = desk.records().filter(kind => kind === 'waiter-offered')
  assert.equal(kinds.length, 2)
})

test('L3 a party that no sellable seats could ever take is told at once how many would fit', () => {
  const desk = fullDesk(4)
  const outcome = desk.send({
    kind: 'join-waitlist',
    show: SHOW,
    customer: desk.customerOf('ann'),
    isBoxOffice: false,
    entry: desk.entryOf('ann'),
    party: 5,
    minParty: 5,
    categories: 0,
    together: true,
    accessible: false,
  })
  assert.ok(outcome.kind === 'refused')
  assert.equal(outcome.code, 'no-block')
  assert.equal(outcome.largest, 4)
  assert.equal(desk.join('bob', { party: 5, minParty: 4 }), 'waiting 0')
  assert.equal(desk.join('cid', { party: 2, accessible: true }), 'no-block')
  assert.equal(desk.join('dan', { party: 1, categories: 1 << 5 }), 'no-block')
})

test('L3 blocked seats are not sellable, sold ones may come back', () => {
  const desk = new Desk(rowOf(4))
  desk.send({ kind: 'block-seats', show: SHOW, seats: [1 as never], reason: 'broken' })
  desk.hold('h0', 0)
  desk.hold('h2', 2)
  desk.hold('h3', 3)
  assert.equal(desk.join('ann', { party: 3 }), 'no-block')
  assert.equal(desk.join('bob', { party: 2 }), 'waiting 0')
  assert.equal(desk.join('cid', { party: 3, together: false }), 'waiting 1')
})

test('L4 no direct hold takes a reserved seat', () => {
  const desk = fullDesk(3)
  desk.join('ann', { party: 2 })
  desk.release('h1')
  assert.deepEqual(desk.records(), ['hold-released', 'seats-reserved'])
  assert.equal(desk.hold('bob', 1), 'seat-taken')
  desk.release('h0')
  assert.deepEqual(desk.records(), ['hold-released', 'waiter-offered'])
})

test('L5 one live entry per customer; rejoining goes to the tail', () => {
  const desk = fullDesk(3)
  desk.join('ann', { party: 2 })
  desk.join('bob', { party: 2 })
  assert.equal(desk.join('ann', { party: 1 }), 'already-waiting')
  assert.equal(desk.leave('ann'), 'left')
  assert.equal(desk.leave('ann'), 'left', 'leaving twice is leaving once')
  assert.equal(desk.join('ann', { party: 2, entry: desk.entryOf('ann again') }), 'waiting 1')
})

test('L5 other people’s entries are not found', () => {
  const desk = fullDesk(3)
  desk.join('ann', { party: 2 })
  assert.equal(desk.leave('ann', 'bob'), 'not-found')
  assert.equal(desk.decline('ann', 'bob'), 'not-found')
  desk.leave('ann')
  assert.equal(desk.leave('ann', 'bob'), 'not-found')
})

test('L6 party over seatsMax is too many seats, a senseless smallest party likewise', () => {
  const desk = fullDesk(6, { seatsMax: 3 })
  assert.equal(desk.join('ann', { party: 4 }), 'too-many-seats')
  assert.equal(desk.join('ann', { party: 2, minParty: 3 }), 'too-many-seats')
  assert.equal(desk.join('ann', { party: 4, isBoxOffice: true }), 'waiting 0')
})

test('L7 an offer that expires closes the entry as lapsed and its seats go on', () => {
  const desk = fullDesk(2)
  desk.join('ann', { party: 1 })
  desk.join('bob', { party: 1 })
  desk.release('h0')
  desk.now += 1
  desk.release('h1')
  const ttl = desk.terms.policy.holdTtlMs
  desk.join('cid', { party: 1 })
  desk.passTime(ttl - 1)
  assert.deepEqual(desk.records(), ['hold-expired', 'waiter-offered'])
  assert.equal(desk.decline('ann'), 'not-offered', 'it has lapsed')
})

test('L7 declining keeps the place once; the second time the entry has left', () => {
  const desk = fullDesk(3)
  desk.join('ann', { party: 1 })
  desk.join('bob', { party: 2 })
  assert.equal(desk.decline('ann'), 'not-offered')
  desk.release('h0')
  assert.equal(desk.decline('ann'), 'waiting 0')
  assert.equal(desk.decline('ann'), 'not-offered')
  desk.release('h2')
  assert.equal(desk.decline('ann'), 'left')
})

test('L7 an offer that is being paid for is not declined, an expired one neither', () => {
  const desk = fullDesk(2)
  desk.join('ann', { party: 1 })
  desk.join('bob', { party: 1 })
  desk.release('h0')
  desk.release('h1')
  const asked = { show: SHOW, customer: desk.customerOf('ann'), isBoxOffice: false }
  desk.send({ kind: 'start-payment', ...asked, hold: desk.offerOf('ann') })
  assert.equal(desk.decline('ann'), 'hold-paying')
  assert.equal(desk.leave('ann'), 'left')
  desk.now += desk.terms.policy.holdTtlMs
  assert.equal(desk.decline('bob'), 'hold-expired')
})

test('D3 an ended offer whose own seats are asked for is refused as ended', () => {
  const desk = fullDesk(2)
  desk.join('ann', { party: 1 })
  desk.release('h0')
  const asked = { show: SHOW, customer: desk.customerOf('ann'), isBoxOffice: false }
  const change = { kind: 'change-hold', ...asked, hold: desk.offerOf('ann') } as const
  desk.now += desk.terms.policy.holdTtlMs
  desk.passTime(0)
  const outcome = desk.send({ ...change, seats: asSeatIndexes([0]) })
  assert.ok(outcome.kind === 'refused')
  assert.equal(outcome.code, 'hold-expired')
})

test('L8 when sales close waiting entries end, offers live on and nobody waits again', () => {
  const desk = new Desk(rowOf(4))
  desk.now = CLOSES_AT - 1_000
  for (let seat = 0; seat < 4; seat += 1) desk.hold(`h${seat}`, seat)
  desk.join('ann', { party: 1 })
  desk.join('bob', { party: 2 })
  desk.release('h0')
  desk.release('h2')
  assert.equal(desk.show.seats.counts.reserved, 1)
  desk.passTime(1_000)
  assert.deepEqual(desk.records(), ['sales-closed'])
  assert.equal(desk.show.seats.counts.reserved, 0)
  assert.equal(desk.leave('bob'), 'left')
  assert.equal(desk.decline('ann'), 'left')
  assert.equal(desk.join('cid', { party: 1 }), 'show-not-on-sale')
})

test('L9 a newcomer is offered the best seats that fit, and what nobody in front wants', () => {
  const desk = new Desk(hallOf({ rows: 1, seatsPerRow: 8 }))
  assert.equal(desk.join('ann', { party: 3 }), 'offered 2 3 4')
  assert.deepEqual(desk.records(), ['waiter-joined', 'waiter-offered'])
  assert.equal(desk.join('bob', { party: 9, minParty: 2 }), 'offered 5 6 7')
  assert.equal(desk.decline('ann'), 'waiting 0')
  assert.equal(desk.join('cid', { party: 3 }), 'waiting 1', 'ann in front would fit 0 to 4')
  assert.equal(desk.join('dan', { party: 2 }), 'offered 0 1')
})

test('L9 a newcomer waits behind somebody who could use the seats, whenever they became free', () => {
  const desk = new Desk(rowOf(7))
  for (const seat of [0, 3, 4, 5, 6]) desk.hold(`h${seat}`, seat)
  assert.equal(desk.join('ann', { party: 2 }), 'offered 1 2')
  assert.equal(desk.decline('ann'), 'waiting 0')
  desk.release('h6')
  desk.isFrameOpen = true
  desk.release('h4')
  assert.equal(desk.join('bob', { party: 4, together: false }), 'waiting 1')
  assert.equal(desk.join('cid', { party: 4, minParty: 1, together: false }), 'offered 4 6')
})
