import assert from 'node:assert/strict'
import test from 'node:test'
import { LedgerPace } from '../../persistence/ledger-pace.ts'

function paceOf() {
  const world = { awaited: 0, heads: 0, now: 100_000 }
  const pace = new LedgerPace({
    awaitedCount: () => world.awaited,
    headSum: () => world.heads,
    nowMs: () => world.now,
  })
  return { world, pace }
}

test('LP1 the ledger works a tenth of the time while frames keep coming', () => {
  const { world, pace } = paceOf()
  world.heads = 10
  assert.equal(pace.restMsAfter(20, world.now - 50), 180)
  world.heads = 20
  assert.equal(pace.restMsAfter(5_000, world.now - 50), 900, 'a rest is bounded')
})

test('LP2 there is no rest while somebody waits, and a rest ends when somebody comes', async () => {
  const { world, pace } = paceOf()
  world.heads = 10
  world.awaited = 1
  assert.equal(pace.restMsAfter(20, world.now), 0)
  world.awaited = 0
  world.heads = 20
  let hasEnded = false
  const resting = pace.rest(1_000, world.now).then(() => {
    hasEnded = true
  })
  await Promise.resolve()
  assert.equal(hasEnded, false)
  pace.hurry()
  await Promise.resolve()
  await Promise.resolve()
  assert.equal(hasEnded, true, 'the rest is over at once, not when its timer fires')
  await resting
})

test('LP3 old facts are projected without rest', () => {
  const { world, pace } = paceOf()
  world.heads = 10
  assert.equal(pace.restMsAfter(20, world.now - 15_001), 0)
})

test('LP4 there is no rest when the burst is over', () => {
  const { world, pace } = paceOf()
  world.heads = 10
  assert.ok(pace.restMsAfter(20, world.now) > 0)
  assert.equal(pace.restMsAfter(20, world.now), 0)
})
