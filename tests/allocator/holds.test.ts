// The life of a hold, told as stories (SPEC.md, H).

import assert from 'node:assert/strict'
import test from 'node:test'
import { rowOf } from '../support/halls.ts'
import { START } from '../support/house.ts'
import {
  as,
  best,
  block,
  book,
  boxOffice,
  change,
  changeShow,
  extend,
  given,
  hold,
  join,
  outage,
  pay,
  release,
  settle,
  tick,
  unblock,
  wait,
} from '../support/story.ts'

const MINUTE = 60_000
const at = (ms: number) => (START + ms) as never

test('S2 a multi-seat hold is all or nothing', () => {
  given(10, hold('first', 3, 4))
    .when(hold('second', 4, 5))
    .refuses('seat-taken', { conflicts: [{ seat: 4, state: 'held' }] })
    .shows('...hh.....')
  given(10, hold('first', 3, 4), release('first'))
    .when(hold('second', 4, 5))
    .records('seats-held')
})

test('S5 seats that are none meet a refusal', () => {
  given(10).when(hold('ann', 10)).refuses('seat-unknown')
  given(10).when(hold('ann', -1)).refuses('seat-unknown')
  given(10).when(hold('ann', 1.5)).refuses('seat-unknown')
  given(10).when(hold('ann', Number.NaN)).refuses('seat-unknown')
  given(10).when(hold('ann')).refuses('seat-unknown')
  given(10).when(best('ann', 0)).refuses('seat-unknown')
  given(10)
    .when(hold('ann', 2, 1, 2))
    .refuses('seat-repeated')
})

test('S6 blocking touches neither held nor sold seats, and nothing at all then', () => {
  given(6, hold('ann', 0), hold('bob', 2), boxOffice(book('bob')))
    .when(block(0, 1, 2))
    .refuses('seat-taken', {
      conflicts: [
        { seat: 0, state: 'held' },
        { seat: 2, state: 'sold' },
      ],
    })
    .shows('h.s...')
    .when(block(1, 3, 4))
    .records('seats-blocked')
    .shows('hbsbb.')
    .when(block(3))
    .records()
    .when(hold('cat', 4))
    .refuses('seat-taken', { conflicts: [{ seat: 4, state: 'blocked' }] })
    .when(unblock(0, 3, 5))
    .records('seats-unblocked')
    .shows('hbs.b.')
})

test('S7 a kept seat keeps its price, an added one costs what it costs today', () => {
  given(6, hold('ann', 0, 1), changeShow({}, { prices: [1_500] }))
    .when(change('ann', 1, 2))
    .answers({ prices: [1_000, 1_500] })
})

test('S7 after the first hold layout and currency are fixed, also when it has ended', () => {
  const story = given(6, hold('ann', 0), release('ann'))
  const { terms } = story.house.show
  story
    .when({ kind: 'change-show', show: 7 as never, terms: { ...terms, currency: 'EUR' } })
    .refuses('conflict')
  given(6, changeShow({}, { currency: 'EUR' }))
    .when(hold('ann', 0))
    .records('seats-held')
})

test('H1 a hold names seats or asks for the best available', () => {
  given(9)
    .when(hold('ann', 4, 2))
    .answers({ seats: [2, 4] as never, phase: 'selecting' })
  given(9)
    .when(best('ann', 3))
    .answers({ seats: [3, 4, 5] as never, origin: 'direct' })
  given(3, hold('bob', 1)).when(best('ann', 2)).refuses('no-block', { largest: 1 })
  given(2, hold('bob', 0, 1))
    .when(best('ann', 2))
    .refuses('sold-out')
})

test('H2 changing seats never moves the deadline', () => {
  given(10, hold('ann', 3, 4), tick(MINUTE))
    .when(change('ann', 4, 5, 6))
    .answers({ seats: [4, 5, 6] as never, expiresAt: at(5 * MINUTE), createdAt: at(0) })
    .shows('....hhh...')
})

test('H2 paying grants payTtlMs once', () => {
  given(10, hold('ann', 3), tick(2 * MINUTE))
    .when(pay('ann'))
    .answers({ phase: 'paying', expiresAt: at(7 * MINUTE) })
    .and(tick(MINUTE))
    .when(pay('ann'))
    .records()
    .answers({ expiresAt: at(7 * MINUTE) })
  const short = { layout: rowOf(2), policy: { payTtlMs: MINUTE } }
  given(short, hold('ann', 0))
    .when(pay('ann'))
    .answers({ expiresAt: at(5 * MINUTE) })
})

test('H2 paying needs a minute before the end of the life', () => {
  const scene = { layout: rowOf(2), policy: { holdLifeMaxMs: 5 * MINUTE } }
  given(scene, hold('ann', 0), tick(4 * MINUTE))
    .when(pay('ann'))
    .answers({ expiresAt: at(5 * MINUTE) })
  given(scene, hold('ann', 0), tick(4 * MINUTE + 1))
    .when(pay('ann'))
    .refuses('no-extension-left')
  const brief = { layout: rowOf(2), policy: { holdTtlMs: 2_000 } }
  given(brief, hold('ann', 0))
    .when(pay('ann'))
    .answers({ expiresAt: at(5 * MINUTE) })
})

test('H2 an extension adds holdTtlMs, at most extensionsMax times', () => {
  given(10, hold('ann', 3), tick(MINUTE))
    .when(extend('ann'))
    .answers({ expiresAt: at(10 * MINUTE), extensionsLeft: 0 })
    .when(extend('ann'))
    .refuses('no-extension-left')
})

test('H2 grants and extensions are cut at the end of the life', () => {
  const policy = { extensionsMax: 5, holdLifeMaxMs: 12 * MINUTE }
  given({ layout: rowOf(2), policy }, hold('ann', 0), extend('ann'), tick(9 * MINUTE))
    .when(extend('ann'))
    .answers({ expiresAt: at(12 * MINUTE) })
    .when(extend('ann'))
    .refuses('no-extension-left')
    .when(pay('ann'))
    .answers({ expiresAt: at(12 * MINUTE) })
})

test("H2 an offer's hold only drops seats", () => {
  const offered = given(4, hold('bob', 0, 1, 2, 3), join('ann', 2), release('bob'))
  const [entry] = [...(offered.house.show.waitlist?.places() ?? [])]
  const id = offered.house.show.waitlist?.offerHoldAt(entry ?? -1)
  assert.ok(id !== undefined)
  const ask = (...seats: number[]) => ({ ...change('ann', ...seats), hold: id }) as never
  const held = offered.house.state.holds.seatsOf(offered.house.state.holds.find(id))
  const other = [0, 1, 2, 3].find(seat => !held.includes(seat as never)) as number
  offered
    .when(ask(...held, other))
    .refuses('not-offered')
    .when(ask(held[0] as number))
    .records('hold-changed')
    .answers({ seats: [held[0]] as never, origin: 'offer' })
})

test('H3 a hold expires at its deadline, never early', () => {
  given(10, hold('ann', 3, 4))
    .when(wait(5 * MINUTE - 1))
    .records()
    .shows('...hh.....')
    .when(wait(1))
    .records('hold-expired')
    .shows('..........')
})

test('H3 an overdue hold is over for its customer and keeps its seats until it has expired', () => {
  given(10, hold('ann', 3), tick(5 * MINUTE))
    .when(hold('bob', 3))
    .refuses('seat-taken')
    .when(hold('ann-2', 3))
    .refuses('seat-taken')
    .when(extend('ann'))
    .refuses('hold-expired')
})

test('H3 one pass-time ends at most 256 holds and says that there is more', () => {
  const story = given({ layout: rowOf(300), policy: { holdsMax: 300 } })
  for (let seat = 0; seat < 300; seat += 1) story.and(hold(`ann-${seat}`, seat))
  const { house } = story.and(tick(5 * MINUTE))
  const before = house.journal.length
  assert.deepEqual(house.run({ kind: 'pass-time' }), { kind: 'done', isMore: true })
  assert.equal(house.journal.length - before, 256)
  assert.deepEqual(house.run({ kind: 'pass-time' }), { kind: 'done', isMore: false })
  assert.equal(house.journal.length - before, 300)
})

test('H4 a settling hold cannot expire', () => {
  given(4, hold('ann', 0, 1), pay('ann'), settle('ann', 2_000))
    .when(wait(60 * MINUTE))
    .records()
    .shows('hh..')
    .when(book('ann'))
    .records('hold-booked')
    .shows('ss..')
})

test('H5 asking for exactly the seats of the own live hold gives that hold', () => {
  given(6, hold('ann', 1, 2), tick(MINUTE))
    .when(hold('ann-2', 2, 1))
    .records()
    .answers({ seats: [1, 2] as never, expiresAt: at(5 * MINUTE) }, false)
    .when(hold('ann-2', 1))
    .refuses('seat-taken')
    .when(hold('bob', 1, 2))
    .refuses('seat-taken')
  given(6, hold('ann', 1), pay('ann')).when(hold('ann-2', 1)).records().answers({ phase: 'paying' })
})

test('H6 seatsMax per hold and holdsMax per customer, but not for the box office', () => {
  const scene = { layout: rowOf(80), policy: { seatsMax: 2, holdsMax: 1 } }
  given(scene)
    .when(hold('ann', 0, 1, 2))
    .refuses('too-many-seats')
  given(scene).when(best('ann', 3)).refuses('too-many-seats')
  given(scene)
    .when(boxOffice(hold('ann', 0, 1, 2)))
    .records('seats-held')
  const hall = Array.from({ length: 65 }, (_, seat) => seat)
  given(scene)
    .when(boxOffice(hold('ann', ...hall)))
    .refuses('too-many-seats')
  given(scene, hold('ann', 0)).when(hold('ann-2', 2)).refuses('too-many-holds')
  given(scene, hold('ann', 0)).when(hold('bob', 2)).records('seats-held')
  given(scene, hold('ann', 0))
    .when(boxOffice(hold('ann-2', 2)))
    .records('seats-held')
  given(scene, hold('ann', 0), release('ann')).when(hold('ann-2', 2)).records('seats-held')
})

test('H6 offers do not count to holdsMax', () => {
  const scene = { layout: rowOf(4), policy: { holdsMax: 1 } }
  given(scene, hold('bob', 0, 1, 2, 3), join('ann', 2), release('bob'))
    .when(hold('ann', 2, 3))
    .records('seats-held')
})

test('H6 the orphan rule spares the box office and, once nearly sold out, everybody', () => {
  const scene = { layout: rowOf(10), policy: { orphans: 'on' as const } }
  given(scene)
    .when(hold('ann', 1))
    .refuses('leaves-orphan', { conflicts: [{ seat: 0, state: 'free' }] })
  given(scene)
    .when(boxOffice(hold('ann', 1)))
    .records('seats-held')
  const lax = {
    layout: rowOf(10),
    policy: { orphans: 'on' as const, orphanOffAbovePercentSold: 40 },
  }
  given(lax, hold('bob', 0, 1, 2, 3), boxOffice(book('bob')))
    .when(hold('ann', 5))
    .refuses('leaves-orphan')
  given(lax, hold('bob', 0, 1, 2, 3, 4), boxOffice(book('bob')))
    .when(hold('ann', 6))
    .records('seats-held')
})

test('O3 on a change the own seats count as free', () => {
  const scene = { layout: rowOf(6), policy: { orphans: 'on' as const } }
  given(scene, hold('ann', 0, 1))
    .when(change('ann', 1, 2))
    .refuses('leaves-orphan')
  given(scene, hold('ann', 0, 1))
    .when(change('ann', 2, 3))
    .records('hold-changed')
})

test('H6 others cannot touch a hold; the box office reads and books it', () => {
  for (const command of [change('ann', 1), release('ann'), extend('ann'), pay('ann')]) {
    given(4, hold('ann', 0)).when(as('bob', command)).refuses('not-found')
    given(4, hold('ann', 0)).when(boxOffice(command, 'bob')).refuses('not-found')
  }
  given(4, hold('ann', 0))
    .when(boxOffice(book('ann'), 'bob'))
    .records('hold-settling', 'hold-booked')
})

test('H7 an outage is credited, even past the end of a life', () => {
  const policy = { holdLifeMaxMs: 5 * MINUTE }
  given({ layout: rowOf(4), policy }, hold('ann', 0), tick(4 * MINUTE), outage(30_000))
    .when(wait(MINUTE - 1))
    .records()
    .when(wait(1))
    .records('hold-expired')
})

test('H8 whoever comes first in the journal wins', () => {
  given(4, hold('ann', 0), pay('ann'), settle('ann', 1_000))
    .when(release('ann'))
    .refuses('hold-settling')
  given(4, hold('ann', 0), pay('ann'), release('ann'))
    .when(settle('ann', 1_000))
    .refuses('hold-expired')
  given(4, hold('ann', 0), pay('ann'), wait(5 * MINUTE))
    .when(settle('ann', 1_000))
    .refuses('hold-expired')
})

test('D6 a hold id in use is not free, one that ended long ago is', () => {
  given(4, hold('ann', 0)).when(hold('ann', 2)).refuses('conflict')
  given(4, hold('ann', 0), release('ann')).when(hold('ann', 2)).refuses('conflict')
  given(4, hold('ann', 0), release('ann'), wait(2 * MINUTE))
    .when(hold('ann', 2))
    .records('seats-held')
})
