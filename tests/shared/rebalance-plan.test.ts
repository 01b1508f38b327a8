// Plans and runs as plain data: bounds, ends, staleness, rollback, JSON.

import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { asShardNumber, type NodeId } from '../../shared/ids.ts'
import { emptyTable, nextTable, withCordon } from '../../shared/placement-table.ts'
import { decodeRebalance, encodeRebalance } from '../../shared/rebalance-codec.ts'
import {
  countOf,
  isActive,
  isStale,
  type MoveEnd,
  planOf,
  type RebalancePlan,
  type RebalanceRun,
  rollbackOf,
  startable,
  startRun,
  withApplier,
  withCancel,
  withEnded,
  withPause,
  withStarted,
} from '../../shared/rebalance-plan.ts'

const a = 'a' as NodeId
const b = 'b' as NodeId
const c = 'c' as NodeId
const one = nextTable(emptyTable(), [{ node: a, weight: 1 }])
const two = nextTable(
  one,
  [a, b].map(node => ({ node, weight: 1 })),
)

function plan(): RebalancePlan {
  return planOf({ version: 7, cause: 'balance', from: one, to: two, expectedPauseMs: 90 })
}

type Event =
  | { readonly kind: 'start' }
  | { readonly kind: 'end'; readonly pick: number; readonly end: MoveEnd }
  | { readonly kind: 'pause'; readonly detail: string | undefined }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'take-over' }

const ends = fc.oneof(
  { weight: 8, arbitrary: fc.constant<MoveEnd>({ kind: 'moved', pauseMs: 40 }) },
  { weight: 2, arbitrary: fc.constant<MoveEnd>({ kind: 'left-alone', detail: 'elsewhere' }) },
  { weight: 1, arbitrary: fc.constant<MoveEnd>({ kind: 'failed', detail: 'deaf' }) },
)

const events: fc.Arbitrary<Event> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Event>({ kind: 'start' }) },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('end' as const), pick: fc.nat(), end: ends }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('pause' as const),
      detail: fc.constantFrom('slow', undefined),
    }),
  },
  { weight: 1, arbitrary: fc.constant<Event>({ kind: 'cancel' }) },
  { weight: 1, arbitrary: fc.constant<Event>({ kind: 'take-over' }) },
)

function after(run: RebalanceRun, event: Event): RebalanceRun {
  switch (event.kind) {
    case 'start': {
      const [next] = startable(run)
      return next === undefined ? run : withStarted(run, next.shard)
    }
    case 'end': {
      const moving = run.moves.filter(move => move.state === 'moving')
      const move = moving[event.pick % Math.max(1, moving.length)]
      return move === undefined ? run : withEnded(run, move.shard, event.end)
    }
    case 'pause':
      return withPause(run, event.detail)
    case 'cancel':
      return withCancel(run)
    case 'take-over':
      return withApplier(run, c)
  }
}

test('R2 R4 whatever happens, moves are bounded, nothing starts while paused, and ends are final', () => {
  const stories = fc.record({
    parallel: fc.integer({ min: 1, max: 4 }),
    list: fc.array(events, { maxLength: 80 }),
  })
  fc.assert(
    fc.property(stories, ({ parallel, list }) => {
      let run = startRun(plan(), { applier: a, parallel, pauseIf: [] })
      for (const event of list) {
        const next = after(run, event)
        assert.ok(countOf(next, 'moving') <= parallel)
        if (run.state !== 'running') assert.ok(countOf(next, 'moving') <= countOf(run, 'moving'))
        if (!isActive(run)) assert.deepEqual(next.moves, run.moves)
        if (!isActive(next)) assert.equal(countOf(next, 'moving'), 0)
        if (next.state === 'done') assert.equal(countOf(next, 'waiting'), 0)
        if (countOf(next, 'failed') > 0)
          assert.ok(next.state === 'ending' || next.state === 'failed')
        const record = { planCount: 7, plan: plan(), run: next }
        assert.deepEqual(decodeRebalance(encodeRebalance(record)), record)
        run = next
      }
    }),
    { numRuns: 2_000 },
  )
})

test('R1 a plan names its moves and pauses, and is stale as soon as the table moved on', () => {
  const made = plan()
  assert.equal(made.moves.length, 8)
  assert.ok(made.moves.every(move => move.from === a && move.to === b))
  assert.equal(made.expectedPauseMs, 720)
  assert.equal(isStale(made, one), false)
  assert.equal(isStale(made, two), true)
  assert.equal(isStale(made, withCordon(one, b, true)), true)
})

test('a shard without an owner is no planned move, and a plan without moves is done at once', () => {
  const first = planOf({
    version: 1,
    cause: 'balance',
    from: emptyTable(),
    to: one,
    expectedPauseMs: 9,
  })
  assert.deepEqual(first.moves, [])
  assert.equal(startRun(first, { applier: a, parallel: 1, pauseIf: [] }).state, 'done')
})

test('R5 a rollback takes back what was moved, the last first, and nothing else', () => {
  let run = startRun(plan(), { applier: a, parallel: 2, pauseIf: [] })
  const shards = run.moves.map(move => move.shard)
  for (const shard of shards.slice(0, 3)) run = withStartedAndMoved(run, shard)
  run = withCancel(run)
  assert.equal(run.state, 'cancelled')
  const back = rollbackOf(run, { version: 8, tableVersion: 12, expectedPauseMs: 40 })
  assert.deepEqual(
    back?.moves.map(move => [move.shard, move.from, move.to]),
    [
      [shards[2], b, a],
      [shards[1], b, a],
      [shards[0], b, a],
    ],
  )
  assert.equal(back?.cause, 'rollback')
  const nothing = startRun(plan(), { applier: a, parallel: 2, pauseIf: [] })
  assert.equal(
    rollbackOf(nothing, { version: 8, tableVersion: 12, expectedPauseMs: 40 }),
    undefined,
  )
})

test('what is no record is refused', () => {
  const text = encodeRebalance({ planCount: 7, plan: plan(), run: undefined })
  const json = JSON.parse(text) as Record<string, unknown>
  assert.equal(decodeRebalance('{'), undefined)
  assert.equal(decodeRebalance(JSON.stringify({ ...json, planCount: -1 })), undefined)
  assert.equal(decodeRebalance(JSON.stringify({ ...json, run: {} })), undefined)
  assert.equal(decodeRebalance(JSON.stringify({ ...json, more: 1 })), undefined)
})

function withStartedAndMoved(run: RebalanceRun, shard: number): RebalanceRun {
  const at = asShardNumber(shard)
  return withEnded(withStarted(run, at), at, { kind: 'moved', pauseMs: 30 })
}
