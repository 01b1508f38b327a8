import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import {
  asShowNumber,
  type HoldId,
  type Id,
  idOf,
  idTextOf,
  newShowScopedId,
  parseId,
  parsePublicId,
  publicIdOf,
  sameId,
  showNumberOf,
} from '../../shared/ids.ts'
import { LIMITS } from '../../shared/limits.ts'
import { shardOf } from '../../shared/placement.ts'

const lane = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })

test('I1 every Id has one text and comes back from it', () => {
  fc.assert(
    fc.property(lane, lane, lane, lane, (a, b, c, d) => {
      const id = idOf(a, b, c, d)
      const text = idTextOf(id)
      assert.match(text, /^[a-z2-7]{26}$/)
      const back = parseId(text)
      assert.ok(back !== undefined && sameId(back, id))
    }),
  )
})

test('I1 a text that is not the one spelling of an Id is refused', () => {
  const text = idTextOf(idOf(1, 2, 3, 4))
  for (const wrong of [
    '',
    text.slice(1),
    `${text}a`,
    text.toUpperCase(),
    `${text.slice(0, 25)}b`,
    'é'.repeat(26),
  ]) {
    assert.equal(parseId(wrong), undefined, wrong)
  }
  fc.assert(
    fc.property(fc.string({ minLength: 26, maxLength: 26 }), candidate => {
      const id: Id | undefined = parseId(candidate)
      assert.ok(id === undefined || idTextOf(id) === candidate)
    }),
  )
})

test('I2 the show number travels in the id, also above 2^31 (D6)', () => {
  for (const number of [1, 77, 2 ** 31, 2 ** 32 - 1]) {
    const id = newShowScopedId<HoldId>(asShowNumber(number))
    assert.equal(showNumberOf(id), number)
    const back = parseId<HoldId>(idTextOf(id))
    assert.ok(back !== undefined)
    assert.equal(showNumberOf(back), number)
  }
})

test('public ids name their kind and refuse others', () => {
  assert.equal(publicIdOf('show', 12), 'show_12')
  assert.equal(parsePublicId('show', 'show_12'), 12)
  for (const wrong of [
    'city_12',
    'show_0',
    'show_012',
    'show_',
    'show_99999999999',
    'show_-1',
    'SHOW_1',
  ]) {
    assert.equal(parsePublicId('show', wrong), undefined, wrong)
  }
})

test('placement spreads consecutive shows over all shards', () => {
  const counts = new Array<number>(LIMITS.shardCount).fill(0)
  for (let show = 1; show <= 16_000; show += 1) {
    const shard = shardOf(asShowNumber(show))
    counts[shard] = (counts[shard] ?? 0) + 1
  }
  for (const count of counts) assert.ok(count > 800 && count < 1200, `uneven: ${counts.join(' ')}`)
})
