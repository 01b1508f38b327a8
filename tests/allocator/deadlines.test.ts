// The timing wheel against a plain Map, and its cost when nothing is due.

import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { Deadlines } from '../../allocator/core/deadlines.ts'
import { asInstant, type Instant } from '../../shared/ids.ts'

const START = 1_800_000_000_000

/** Everything due now, cancelled as it is found. */
function drain(wheel: Deadlines, now: Instant): number[] {
  const found: number[] = []
  while (wheel.hasDue(now)) {
    const due: number[] = []
    wheel.collectDue(now, 7, due)
    for (const item of due) wheel.cancel(item)
    found.push(...due)
  }
  return found.sort((left, right) => left - right)
}

const step = fc.oneof(
  fc.record({
    item: fc.nat(40),
    inMs: fc.oneof(fc.nat(50), fc.nat(10_000), fc.nat(5_000_000), fc.nat(400_000_000)),
  }),
  fc.record({ cancel: fc.nat(40) }),
  fc.record({
    passMs: fc.oneof(fc.nat(20), fc.nat(5_000), fc.nat(1_200_000), fc.nat(300_000_000)),
  }),
)

test('H3 exactly the items whose deadline has come are due, whenever they are asked for', () => {
  const isRight = fc.property(fc.array(step, { maxLength: 120, size: 'max' }), steps => {
    const wheel = new Deadlines()
    const plain = new Map<number, number>()
    let now = START
    for (const one of steps) {
      if ('item' in one) {
        plain.set(one.item, now + one.inMs)
        wheel.arm(one.item, asInstant(now + one.inMs), asInstant(now))
      } else if ('cancel' in one) {
        plain.delete(one.cancel)
        wheel.cancel(one.cancel)
      } else {
        now += one.passMs
        const due = [...plain].filter(([, at]) => at <= now).map(([item]) => item)
        for (const item of due) plain.delete(item)
        assert.deepEqual(
          drain(wheel, asInstant(now)),
          due.sort((left, right) => left - right),
        )
      }
      assert.equal(wheel.armedCount, plain.size)
    }
  })
  fc.assert(isRight, { numRuns: 400 })
})

test('H3 a deadline is not met one millisecond early, also years ahead', () => {
  for (const ms of [1, 15, 16, 17, 4_095, 4_096, 300_000, 1_048_576, 3 * 365 * 86_400_000]) {
    const wheel = new Deadlines()
    wheel.arm(3, asInstant(START + ms), asInstant(START))
    assert.deepEqual(drain(wheel, asInstant(START + ms - 1)), [])
    assert.deepEqual(drain(wheel, asInstant(START + ms)), [3])
  }
})

test('W1 a collection is bounded and goes on where it stopped', () => {
  const wheel = new Deadlines()
  for (let item = 0; item < 1_000; item += 1) {
    wheel.arm(item, asInstant(START + 100), asInstant(START))
  }
  const due: number[] = []
  wheel.collectDue(asInstant(START + 100), 256, due)
  assert.equal(due.length, 256)
  for (const item of due) wheel.cancel(item)
  assert.equal(drain(wheel, asInstant(START + 10_000)).length, 744)
})

test('W1 re-arming moves a deadline both ways', () => {
  const wheel = new Deadlines()
  wheel.arm(1, asInstant(START + 1_000), asInstant(START))
  wheel.arm(1, asInstant(START + 9_000), asInstant(START))
  assert.deepEqual(drain(wheel, asInstant(START + 5_000)), [])
  wheel.arm(1, asInstant(START + 6_000), asInstant(START + 5_000))
  assert.equal(wheel.deadlineOf(1), START + 6_000)
  assert.deepEqual(drain(wheel, asInstant(START + 6_000)), [1])
})
