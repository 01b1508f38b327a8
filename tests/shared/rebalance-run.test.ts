// Carrying plans out in a cluster in memory: bounded, paused by SLO, taken over, called off, taken back.

import assert from 'node:assert/strict'
import test from 'node:test'
import type { ClusterOperations } from '../../shared/cluster-operations.ts'
import type { Outcome } from '../../shared/operations.ts'
import { isActive, type RebalancePlan, type RebalanceRun } from '../../shared/rebalance-plan.ts'
import { MemoryCluster, resultOf } from '../support/memory-cluster.ts'

interface Scene {
  readonly cluster: MemoryCluster
  readonly ops: ClusterOperations
  readonly plan: RebalancePlan
}

/** a has everything, b has just joined: eight moves are planned. */
async function scene(): Promise<Scene> {
  const cluster = await MemoryCluster.of('a')
  cluster.join('b')
  const ops = cluster.operationsOf('gate-1')
  return { cluster, ops, plan: resultOf(await ops.planRebalance()) }
}

function kindOf(outcome: Outcome<unknown>): string {
  return outcome.kind
}

const ask = (plan: RebalancePlan, more: { parallel?: number; pauseIf?: string[] } = {}) => ({
  version: plan.version,
  parallel: 1,
  pauseIf: [],
  ...more,
})

function runOf({ cluster }: Scene): RebalanceRun {
  const run = cluster.rebalances.value?.run
  assert.ok(run !== undefined)
  return run
}

async function ended(at: Scene): Promise<RebalanceRun> {
  await at.cluster.time.until(() => !isActive(runOf(at)))
  return runOf(at)
}

const movedCount = (run: RebalanceRun): number =>
  run.moves.filter(move => move.state === 'moved').length

test('R2 a plan is carried out with as many moves at a time as allowed, and measured', async () => {
  for (const parallel of [1, 3]) {
    const at = await scene()
    assert.equal(at.plan.moves.length, 8)
    assert.equal(at.cluster.countOf('b'), 0)
    resultOf(await at.ops.applyRebalance(ask(at.plan, { parallel })))
    const run = await ended(at)
    assert.equal(run.state, 'done')
    assert.equal(at.cluster.countOf('b'), 8)
    assert.equal(at.cluster.movingCountMax, parallel)
    assert.ok(run.moves.every(move => (move.pauseMs ?? 0) >= 40))
    const next = resultOf(await at.ops.planRebalance())
    assert.deepEqual([next.version, next.moves.length], [at.plan.version + 1, 0])
  }
})

test('R1 a plan is stale when the table moved on, when it is not the newest, and when none was made', async () => {
  const at = await scene()
  assert.equal(kindOf(await at.ops.applyRebalance({ ...ask(at.plan), version: 9 })), 'stale-plan')
  resultOf(await at.ops.cordon('b'))
  const stale = await at.ops.applyRebalance(ask(at.plan))
  assert.equal(stale.kind, 'stale-plan')
  assert.match('sentence' in stale ? stale.sentence : '', /was made from table 1, but table 2/)
  assert.equal(at.cluster.countOf('b'), 0)
  const bare = await MemoryCluster.of('a')
  const none = { version: undefined, parallel: 1, pauseIf: [] }
  assert.equal(kindOf(await bare.operationsOf('gate-1').applyRebalance(none)), 'stale-plan')
})

test('a plan for a node that has died meanwhile is stale', async () => {
  const at = await scene()
  at.cluster.kill('b')
  assert.equal(kindOf(await at.ops.applyRebalance(ask(at.plan))), 'stale-plan')
})

test('D4 an SLO that is missed pauses before the next move, and calm goes on', async () => {
  const at = await scene()
  resultOf(await at.ops.applyRebalance(ask(at.plan, { pauseIf: ['hold.p99>50ms'] })))
  await at.cluster.time.until(() => movedCount(runOf(at)) >= 2)
  at.cluster.figures.set('hold.p99', 51.25)
  await at.cluster.time.until(() => runOf(at).state === 'paused')
  assert.match(runOf(at).detail ?? '', /^hold\.p99>50ms: hold\.p99 is 51\.3\.$/)
  await at.cluster.time.until(() => at.cluster.movingCount === 0)
  const arrived = at.cluster.countOf('b')
  await at.cluster.time.sleep(20_000)
  assert.equal(at.cluster.countOf('b'), arrived)
  assert.ok(arrived < 8)
  at.cluster.figures.set('hold.p99', 12)
  const calmMs = at.cluster.time.monotonicMs()
  await at.cluster.time.until(() => runOf(at).state !== 'paused')
  assert.ok(at.cluster.time.monotonicMs() - calmMs >= 1_500, 'it waits for calm')
  assert.equal((await ended(at)).state, 'done')
  assert.equal(runOf(at).detail, undefined)
})

test('N1 conditions that cannot be read or measured are refused before anything starts', async () => {
  const at = await scene()
  for (const pauseIf of [
    ['hold.p99 over 50'],
    ['coffee.p99>1ms'],
    new Array(9).fill('hold.p99>1ms'),
  ]) {
    assert.equal(kindOf(await at.ops.applyRebalance(ask(at.plan, { pauseIf }))), 'validation')
  }
  for (const parallel of [0, 17, 1.5]) {
    assert.equal(kindOf(await at.ops.applyRebalance(ask(at.plan, { parallel }))), 'validation')
  }
  assert.equal((await at.ops.rebalanceStatus()).run, undefined)
})

test('N2 one rebalance at a time; cancelled, it lets arrive what is under way and stops', async () => {
  const at = await scene()
  resultOf(await at.ops.applyRebalance(ask(at.plan, { parallel: 2 })))
  await at.cluster.time.until(() => movedCount(runOf(at)) >= 2)
  const again = resultOf(await at.ops.planRebalance())
  assert.equal(kindOf(await at.ops.applyRebalance(ask(again))), 'conflict')
  assert.equal(kindOf(await at.ops.rollbackRebalance()), 'conflict')
  resultOf(await at.ops.cancelRebalance())
  const run = await ended(at)
  assert.equal(run.state, 'cancelled')
  const arrived = movedCount(run)
  assert.ok(arrived >= 2 && arrived < 8)
  assert.equal(at.cluster.countOf('b'), arrived)
  assert.equal(kindOf(await at.ops.cancelRebalance()), 'conflict')
})

test('R5 a rollback brings back what was moved, and only once', async () => {
  const at = await scene()
  const before = [...at.cluster.owners]
  resultOf(await at.ops.applyRebalance(ask(at.plan, { parallel: 2 })))
  await ended(at)
  const back = resultOf(await at.ops.rollbackRebalance())
  assert.equal(back.cause, 'rollback')
  assert.equal((await ended(at)).state, 'done')
  assert.deepEqual(at.cluster.owners, before)
})

test('R4 a target that does not take over keeps nothing: the shard stays, the run has failed', async () => {
  const at = await scene()
  at.cluster.deaf.add('b')
  resultOf(await at.ops.applyRebalance(ask(at.plan, { parallel: 2 })))
  const run = await ended(at)
  assert.equal(run.state, 'failed')
  assert.match(run.detail ?? '', /^Shard \d+: b did not serve it within 5 s\. a keeps it\.$/)
  assert.equal(at.cluster.countOf('a'), 16)
  assert.ok(at.cluster.tables.value?.assignments.every(node => node === 'a'))
  assert.equal(run.moves.filter(move => move.state === 'waiting').length, 6)
})

test('R3 a shard that was moved by somebody else meanwhile is left alone', async () => {
  const at = await scene()
  at.cluster.join('c')
  const last = at.plan.moves[7]?.shard ?? -1
  resultOf(await at.ops.applyRebalance(ask(at.plan)))
  resultOf(await at.ops.move({ shard: last, to: 'c', isPinned: false }))
  const run = await ended(at)
  assert.equal(run.state, 'done')
  assert.equal(run.moves[7]?.state, 'left-alone')
  assert.equal(at.cluster.owners[last], 'c')
})

test('D1 D3 another process goes on when the applier falls silent, and the old one keeps off', async () => {
  const at = await scene()
  const second = at.cluster.operationsOf('gate-2')
  resultOf(await at.ops.applyRebalance(ask(at.plan, { parallel: 2 })))
  await at.cluster.time.until(() => movedCount(runOf(at)) >= 2)
  at.cluster.freeze('gate-1')
  const deadMs = at.cluster.time.monotonicMs()
  await at.cluster.time.until(async () => {
    await second.check()
    return runOf(at).applier === 'gate-2'
  })
  assert.ok(at.cluster.time.monotonicMs() - deadMs >= 5_000)
  const run = await ended(at)
  assert.equal(run.state, 'done')
  assert.equal(at.cluster.countOf('b'), 8)
  const revision = (await at.cluster.rebalances.read()).revision
  at.cluster.thaw('gate-1')
  await at.cluster.time.sleep(5_000)
  assert.equal((await at.cluster.rebalances.read()).revision, revision)
})

test('D3 a process that stops leaves its run to others', async () => {
  const at = await scene()
  resultOf(await at.ops.applyRebalance(ask(at.plan)))
  await at.cluster.time.until(() => movedCount(runOf(at)) >= 1)
  await at.ops.stop()
  const second = at.cluster.operationsOf('gate-2')
  await at.cluster.time.until(async () => {
    await second.check()
    return !isActive(runOf(at))
  })
  assert.equal(runOf(at).state, 'done')
  assert.equal(at.cluster.countOf('b'), 8)
})

test('D5 while the store is away nothing new starts, and nothing is lost', async () => {
  const at = await scene()
  resultOf(await at.ops.applyRebalance(ask(at.plan)))
  await at.cluster.time.until(() => movedCount(runOf(at)) >= 1)
  at.cluster.rebalances.isAway = true
  await at.cluster.time.sleep(2_000)
  const arrived = at.cluster.countOf('b')
  await at.cluster.time.sleep(10_000)
  assert.equal(at.cluster.countOf('b'), arrived)
  assert.ok(at.cluster.troubles.length > 0)
  at.cluster.rebalances.isAway = false
  assert.equal((await ended(at)).state, 'done')
  assert.equal(at.cluster.countOf('b'), 8)
})
