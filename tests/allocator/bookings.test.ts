// From hold to booking and back, told as stories (SPEC.md, H9 and booking; shows and L8).

import test from 'node:test'
import { rowOf } from '../support/halls.ts'
import { START } from '../support/house.ts'
import {
  block,
  book,
  boxOffice,
  cancel,
  cancelShow,
  changeShow,
  fail,
  given,
  hold,
  join,
  pay,
  settle,
  tick,
  unblock,
  wait,
} from '../support/story.ts'

const DAY = 86_400_000
const paid = [hold('ann', 0, 1), pay('ann'), settle('ann', 2_000)]

test('H9 settling needs the amount and currency of the hold', () => {
  given(4, hold('ann', 0, 1), pay('ann'))
    .when(settle('ann', 1_999))
    .refuses('payment-mismatch')
    .when(settle('ann', 2_000, 'EUR'))
    .refuses('payment-mismatch')
    .when(settle('ann', 2_000))
    .records('hold-settling')
    .answers({ phase: 'settling' })
})

test('H9 settling again under the same booking changes nothing', () => {
  given(4, ...paid)
    .when(settle('ann', 2_000))
    .records()
    .answers({ phase: 'settling' })
})

test('P2 only the booking that settled a hold books it', () => {
  given(4, ...paid)
    .when(book('ann', 'another booking'))
    .refuses('hold-settling')
    .when(boxOffice(book('ann', 'another booking')))
    .refuses('hold-settling')
    .when(book('ann'))
    .records('hold-booked')
    .answers({ phase: 'booked' })
})

test('P2 a free hold is settled and booked at once', () => {
  const free = { layout: rowOf(4), terms: { prices: [0] } }
  given(free, hold('ann', 0))
    .when(book('ann'))
    .records('hold-settling', 'hold-booked')
    .shows('s...')
  given(4, hold('ann', 0)).when(book('ann')).refuses('payment-required')
  given(4, hold('ann', 0))
    .when(boxOffice(book('ann')))
    .records('hold-settling', 'hold-booked')
})

test('D5 booking a booked hold answers it as it is', () => {
  given(4, hold('ann', 0), boxOffice(book('ann')))
    .when(boxOffice(book('ann', 'again')))
    .records()
    .answers({ phase: 'booked' }, true)
})

test('H4 a failed settlement gives the seats on', () => {
  given(2, ...paid, join('bob', 2))
    .when(fail('ann'))
    .records('settlement-failed', 'waiter-offered')
    .shows('hh')
})

test('S1 cancelling frees exactly the seats still sold under that booking', () => {
  given(6, hold('ann', 0, 1), boxOffice(book('ann')), hold('bob', 2), boxOffice(book('bob')))
    .when(cancel('ann', 1, 0, 2))
    .records('booking-cancelled')
    .shows('.ss...')
    .when(cancel('ann', 1, 0))
    .records()
    .when(cancel('ann', 3, 0))
    .refuses('not-found')
    .when(cancel('ann', 1, 99))
    .refuses('seat-unknown')
    .and(hold('cat', 0), boxOffice(book('cat')))
    .when(cancel('ann', 1, 0, 1))
    .records('booking-cancelled')
    .shows('s.s...')
})

test('L2 refunded and unblocked seats are served in the same command', () => {
  given(2, hold('ann', 0, 1), boxOffice(book('ann')), join('bob', 2))
    .when(cancel('ann', 1, 0, 1))
    .records('booking-cancelled', 'waiter-offered')
  given(2, hold('ann', 0), block(1), join('bob', 1))
    .when(unblock(1))
    .records('seats-unblocked', 'waiter-offered')
})

test('L2 expiry serves the waitlist in the same command', () => {
  given(2, hold('ann', 0, 1), join('bob', 2))
    .when(wait(300_000))
    .records('hold-expired', 'waiter-offered')
    .shows('hh')
})

test('L4 no direct hold takes a reserved seat', () => {
  given(2, hold('ann', 0), hold('cat', 1), join('bob', 2), tick(1))
    .when(wait(299_999))
    .records('hold-expired', 'hold-expired', 'waiter-offered')
  given(2, hold('ann', 0), tick(60_000), hold('cat', 1), join('bob', 2), wait(240_000))
    .shows('hh')
    .when(hold('dan', 0))
    .refuses('seat-taken', { conflicts: [{ seat: 0, state: 'held' }] })
})

test('L7 an offer ends its entry: lapsed, left or served', () => {
  const offered = () => given(2, hold('ann', 0, 1), join('bob', 2), wait(300_000))
  offered()
    .when(wait(300_000))
    .records('hold-expired')
    .told((_, { state, journal }) => {
      const offer = journal.find(({ transition }) => transition.kind === 'waiter-offered')
      const entry = offer?.transition.kind === 'waiter-offered' ? offer.transition.entry : undefined
      const ended = entry === undefined ? undefined : state.endedEntry(entry)
      if (ended?.state !== 'lapsed') throw new Error(`the entry is ${ended?.state}`)
    })
})

test('L8 when sales close waiting entries end, holds live on', () => {
  const scene = { layout: rowOf(2), terms: { salesCloseAt: (START + 60_000) as never } }
  given(scene, hold('ann', 0, 1), join('bob', 2))
    .when(wait(60_000))
    .records('sales-closed')
    .shows('hh')
    .when(wait(240_000))
    .records('hold-expired')
    .shows('..')
    .when(hold('cat', 0))
    .refuses('show-not-on-sale')
})

test('L8 sales follow the clock even while pass-time is late', () => {
  const terms = { salesOpenAt: (START + 10) as never, salesCloseAt: (START + 20) as never }
  const scene = { layout: rowOf(2), terms }
  given(scene).when(hold('ann', 0)).refuses('show-not-on-sale')
  given(scene, tick(10)).when(hold('ann', 0)).records('seats-held')
  given(scene, tick(20)).when(join('ann', 1)).refuses('show-not-on-sale')
  given(scene, wait(20), changeShow({}, { salesCloseAt: (START + DAY) as never }))
    .when(hold('ann', 0))
    .records('seats-held')
})

test('L8 a cancelled show ends selecting and paying holds, settling ones finish', () => {
  given(
    8,
    ...paid,
    hold('bob', 2),
    hold('cat', 3),
    pay('cat'),
    hold('dan', 4),
    boxOffice(book('dan')),
  )
    .and(join('eve', 4))
    .when(cancelShow)
    .records('show-cancelled')
    .when(book('ann'))
    .records('hold-booked')
    .when(cancel('ann', 2, 0, 1))
    .records('booking-cancelled')
    .when(cancelShow)
    .records()
})
