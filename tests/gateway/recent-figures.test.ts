// The figures by which a rebalance pauses: of the last seconds, the slowest gateway counts.

import assert from 'node:assert/strict'
import test from 'node:test'
import { FIGURE_NAMES, RecentFigures, worstOf } from '../../gateway/recent-figures.ts'
import { RequestTally } from '../../gateway/request-tally.ts'
import type { Request } from '../../shared/commands.ts'
import type { Reply } from '../../shared/views.ts'
import { ManualClock } from '../support/manual-clock.ts'

const fault: Reply = { kind: 'fault', code: 'overloaded', detail: 'busy', retryAfterMs: 1 }

function scene() {
  const clock = new ManualClock()
  const tally = new RequestTally()
  const figures = new RecentFigures(tally, clock)
  const note = (kind: Request['kind'], ms: number, count = 1): void => {
    for (let at = 0; at < count; at += 1) tally.note(kind, fault, ms)
  }
  return { clock, figures, note }
}

test('RF3 quantiles lie in the bucket of the time that was measured, both ways to hold together', () => {
  const { figures, note } = scene()
  note('hold-seats', 1.5, 500)
  note('hold-best', 1.5, 485)
  note('hold-seats', 100, 15)
  note('join-waitlist', 20_000)
  const read = figures.read()
  const isWithin = (name: string, low: number, high: number): void =>
    assert.ok((read[name] ?? -1) > low && (read[name] ?? -1) <= high, `${name} ${read[name]}`)
  isWithin('hold.p50', 1, 2)
  isWithin('hold.p99', 64, 128)
  isWithin('join.p50', 8_000, 32_000)
  assert.deepEqual(Object.keys(read).sort(), [...FIGURE_NAMES].sort())
})

test('RF1 what is older than the window counts no more, and silence is no figure', () => {
  const { clock, figures, note } = scene()
  assert.deepEqual(figures.read(), {})
  note('hold-seats', 100, 50)
  for (let second = 0; second < 4; second += 1) {
    clock.advance(1_000)
    assert.ok((figures.read()['hold.p99'] ?? 0) > 64)
  }
  for (let second = 0; second < 4; second += 1) {
    clock.advance(1_000)
    note('hold-seats', 0.1, 50)
    figures.read()
  }
  assert.ok((figures.read()['hold.p99'] ?? 9) <= 0.25)
  for (let second = 0; second < 8; second += 1) {
    clock.advance(1_000)
    figures.read()
  }
  assert.deepEqual(figures.read(), {})
})

test('RF2 the slowest gateway counts, and one that measured nothing says nothing', () => {
  assert.equal(worstOf([{ 'hold.p99': 3 }, {}, { 'hold.p99': 70 }], 'hold.p99'), 70)
  assert.equal(worstOf([{}, {}], 'hold.p99'), undefined)
})
