// Repeats of commands, told as stories (SPEC.md, D5 and H10).

import assert from 'node:assert/strict'
import test from 'node:test'
import { entryViewOf } from '../../allocator/core/views.ts'
import { asSequence, type EntryId } from '../../shared/ids.ts'
import { rowOf } from '../support/halls.ts'
import {
  change,
  decline,
  extend,
  given,
  hold,
  idNamed,
  join,
  keyed,
  leave,
  release,
  type Step,
  wait,
} from '../support/story.ts'

const forget: Step = house => house.state.forgetEnded(house.state.sequence, house.now)

test('D5 a repeat answers the hold as it is now', () => {
  given(6, keyed('k', hold('ann', 0, 1)), change('ann', 2))
    .when(keyed('k', hold('ann-2', 0, 1)))
    .records()
    .answers({ seats: [2] as never }, true)
  given(6, hold('ann', 0), keyed('k', extend('ann')))
    .when(keyed('k', extend('ann')))
    .records()
    .answers({ extensionsLeft: 0 }, true)
})

test('D5 the same key with another body is refused', () => {
  given(6, keyed('k', hold('ann', 0, 1), 'body'))
    .when(keyed('k', hold('ann-2', 2), 'other body'))
    .refuses('idempotency-mismatch')
})

test('D5 a refusal had no effect and is decided again', () => {
  given(6, hold('bob', 0))
    .when(keyed('k', hold('ann', 0)))
    .refuses('seat-taken')
    .and(release('bob'))
    .when(keyed('k', hold('ann', 0)))
    .records('seats-held')
})

test('D5 a key lives with its hold and two minutes after', () => {
  const ended = () => given(6, keyed('k', hold('ann', 0)), keyed('r', release('ann')))
  ended()
    .and(wait(119_999), forget)
    .when(keyed('k', hold('ann-2', 0)))
    .records()
    .answers({ phase: 'released' }, true)
    .when(keyed('r', release('ann')))
    .records()
    .answers({ phase: 'released' }, true)
  ended()
    .and(wait(120_000))
    .when(keyed('k', hold('ann-2', 0)))
    .records('seats-held')
  ended()
    .and(wait(120_000), forget)
    .when(keyed('k', hold('ann-2', 0)))
    .records('seats-held')
})

test('D5 keys of entries: join, leave and decline answer the entry', () => {
  given(2, hold('bob', 0, 1), keyed('j', join('ann', 2)), release('bob'))
    .when(keyed('j', join('ann', 2)))
    .records()
    .answers({ state: 'offered' }, true)
    .when(keyed('d', decline('ann')))
    .records('offer-declined')
    .answers({ state: 'waiting' })
    .when(keyed('d', decline('ann')))
    .records()
    .answers({ state: 'waiting' }, true)
    .when(keyed('l', leave('ann')))
    .records('waiter-left')
    .when(keyed('l', leave('ann')))
    .records()
    .answers({ state: 'left' }, true)
})

test('D5 leaving an offer answers the entry, the first time and again', () => {
  given(2, hold('bob', 0, 1), join('ann', 2), release('bob'))
    .when(keyed('l', leave('ann')))
    .records('hold-released')
    .answers({ state: 'left' })
    .when(keyed('l', leave('ann')))
    .records()
    .answers({ state: 'left' }, true)
})

test('D5 a full table forgets what ended first and nothing that lives', () => {
  const story = given({ layout: rowOf(6), policy: {}, commandKeysMax: 3 })
  story
    .and(keyed('1', hold('ann', 0)), keyed('2', hold('bob', 1)), keyed('3', hold('cat', 2)))
    .and(release('bob'), release('ann'), keyed('4', hold('dan', 3)))
    .when(keyed('2', hold('bob-2', 1)))
    .records('seats-held')
    .when(keyed('3', hold('cat-2', 2)))
    .records()
    .when(keyed('4', hold('dan-2', 3)))
    .records()
})

test('H10 what has ended is forgotten once the ledger has passed it and its keys are over', () => {
  const { house } = given(4, hold('ann', 0), hold('bob', 1), release('ann'), wait(120_000))
  const { state } = house
  state.forgetEnded(asSequence(state.sequence - 1), house.now)
  assert.equal(state.holds.count, 2, 'the ledger has not passed it')
  state.forgetEnded(state.sequence, house.now)
  assert.equal(state.holds.count, 1)
  assert.deepEqual(house.run(release('ann')).kind, 'refused')
})

test('H10 an ended entry is answered until it is forgotten', () => {
  const story = given(2, hold('bob', 0, 1), keyed('j', join('ann', 1)), leave('ann'))
  const { state } = story.house
  const id = idNamed<EntryId>('entry of ann')
  assert.equal(entryViewOf(state, id)?.state, 'left')
  story.and(wait(120_000), forget)
  assert.equal(entryViewOf(state, id), undefined)
  assert.equal(state.keys.size, 0)
})
