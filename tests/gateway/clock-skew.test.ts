import assert from 'node:assert/strict'
import test from 'node:test'
import { ClockSkew } from '../../gateway/clock-skew.ts'
import { Fault } from '../../shared/faults.ts'

test('K1 a clock over a second away from the database claims nothing', async () => {
  for (const ms of [1_001, -1_001, 86_400_000]) {
    await assert.rejects(
      () => ClockSkew.watch({ wallSkewMs: async () => ms }),
      (error: unknown) => error instanceof Fault && error.message.includes(String(Math.abs(ms))),
    )
  }
})

test('K1 a clock within a second is watched on', async () => {
  const skew = await ClockSkew.watch({ wallSkewMs: async () => -900 })
  assert.equal(skew.ms, -900)
  skew.stop()
})
