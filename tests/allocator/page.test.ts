// Pages and digests (SPEC.md, D1; design T1, F1).

import assert from 'node:assert/strict'
import test from 'node:test'
import { digestOf } from '../../allocator/core/digest.ts'
import { decodePage, encodePage, layoutOfPage } from '../../allocator/core/page.ts'
import { ShardState } from '../../allocator/core/state.ts'
import { answer } from '../../allocator/core/views.ts'
import { MalformedBytes } from '../../shared/binary.ts'
import type { EntryId, HoldId } from '../../shared/ids.ts'
import { SHOW } from '../support/house.ts'
import {
  block,
  book,
  boxOffice,
  cancel,
  customerNamed,
  extend,
  given,
  hold,
  idNamed,
  join,
  keyed,
  leave,
  pay,
  release,
  type Story,
  settle,
  wait,
} from '../support/story.ts'

/** Something of everything. */
function fullHouse(): Story {
  return given(
    12,
    keyed('a', hold('ann', 0, 1)),
    keyed('x', extend('ann')),
    hold('bob', 2, 3),
    boxOffice(book('bob')),
    cancel('bob', 1, 3),
    hold('cat', 4),
    pay('cat'),
    settle('cat', 1_000),
    block(5, 6),
    hold('dan', 3, 7, 8, 9, 10, 11),
    keyed('j', join('eve', 2)),
    keyed('m', join('fay', 1)),
    keyed('l', leave('fay')),
    release('dan'),
    hold('gus', 3),
    wait(1_000),
  )
}

test('N1 N2 a page read back is the same show, what has ended and its keys included', () => {
  const { house } = fullHouse()
  const page = encodePage(house.state, house.show)
  assert.equal(layoutOfPage(page), house.terms.layout)
  const restored = house.restored([page], house.journal.length)
  const show = restored.shows.get(SHOW)
  assert.ok(show !== undefined)
  assert.deepEqual(encodePage(restored, show), page)
  assert.equal(digestOf(restored), digestOf(house.state))
  const ask = { show: SHOW, isBoxOffice: false }
  const questions = [
    { kind: 'read-hold', ...ask, customer: customerNamed('dan'), hold: idNamed<HoldId>('dan') },
    { kind: 'read-hold', ...ask, customer: customerNamed('cat'), hold: idNamed<HoldId>('cat') },
    {
      kind: 'read-entry',
      ...ask,
      customer: customerNamed('fay'),
      entry: idNamed<EntryId>('entry of fay'),
    },
    { kind: 'read-customer', show: SHOW, customer: customerNamed('eve') },
    { kind: 'read-show', show: SHOW },
  ] as const
  for (const question of questions) {
    const reply = answer(house.state, question, house.now)
    assert.notEqual(reply.kind, 'refused')
    assert.deepEqual(answer(restored, question, house.now), reply)
  }
  assert.equal(restored.keys.size, house.state.keys.size)
})

test('N2 a damaged page is malformed, never half a show without a word', () => {
  const { house } = fullHouse()
  const page = encodePage(house.state, house.show)
  const facts = { shard: house.state.shard, plans: house.plans }
  assert.throws(() => decodePage(new ShardState(facts), page.subarray(0, 40)), MalformedBytes)
  const longer = new Uint8Array([...page, 0])
  assert.throws(() => decodePage(new ShardState(facts), longer), MalformedBytes)
  const newer = page.slice()
  newer[0] = 99
  assert.throws(() => layoutOfPage(newer), MalformedBytes)
})

test('T1 the digest tells states apart that differ in one fact', () => {
  const digests = new Set(
    [
      given(4, hold('ann', 0)),
      given(4, hold('ann', 1)),
      given(4, hold('bob', 0)),
      given(4, keyed('k', hold('ann', 0))),
      given(4, hold('ann', 0), pay('ann')),
      given(4, hold('ann', 0), join('bob', 4)),
      given(4, hold('ann', 0), block(3)),
    ].map(story => digestOf(story.house.state)),
  )
  assert.equal(digests.size, 7)
})

test('H10 forgetting changes no digest', () => {
  const { house } = fullHouse()
  house.pass(120_000)
  const before = digestOf(house.state)
  const count = house.state.holds.count
  house.state.forgetEnded(house.state.sequence, house.now)
  assert.ok(house.state.holds.count < count)
  assert.equal(digestOf(house.state), before)
})

test('M1 a show without live holds and waiters rests, and wakes when asked', () => {
  const story = given(10, hold('ann', 0), join('bob', 10), leave('bob'), release('ann'), wait(1))
  assert.equal(story.house.show.waitlist, undefined)
  story.when(hold('ann-2', 0)).records('seats-held')
})
