// What operators ask of a cluster in memory, and every no with its sentence.

import assert from 'node:assert/strict'
import test from 'node:test'
import type { ClusterOperations } from '../../shared/cluster-operations.ts'
import type { Outcome } from '../../shared/operations.ts'
import { MemoryCluster, resultOf } from '../support/memory-cluster.ts'

interface House {
  readonly cluster: MemoryCluster
  readonly ops: ClusterOperations
}

async function house(...allocators: readonly string[]): Promise<House> {
  const cluster = await MemoryCluster.of(...allocators)
  return { cluster, ops: cluster.operationsOf('gate-1') }
}

async function refuses(
  outcome: Promise<Outcome<unknown>>,
  kind: string,
  sentence: RegExp,
): Promise<void> {
  const answer = await outcome
  assert.equal(answer.kind, kind)
  assert.match('sentence' in answer ? answer.sentence : '', sentence)
}

const move = (shard: number, to: string, isPinned = false) => ({ shard, to, isPinned })

test('a shard moves when it is told to, and is served when the answer comes', async () => {
  const { cluster, ops } = await house('a', 'b')
  const shard = cluster.shardOf('a')
  const moved = resultOf(await ops.move(move(shard, 'b')))
  assert.deepEqual([moved.shard, moved.from, moved.to], [shard, 'a', 'b'])
  assert.ok(moved.pauseMs >= 40)
  assert.equal(cluster.owners[shard], 'b')
  assert.equal(resultOf(await ops.move(move(shard, 'b'))).pauseMs, 0)
  assert.equal(cluster.tables.value?.pins.size, 0)
})

test('a pinned shard stays through a rebalance, and a later move takes the pin away', async () => {
  const { cluster, ops } = await house('a', 'b')
  const shard = cluster.shardOf('a')
  resultOf(await ops.move(move(shard, 'b', true)))
  const detail = resultOf(await ops.shard(shard))
  assert.deepEqual([detail.owner, detail.assigned, detail.pin], ['b', 'b', 'b'])
  const plan = resultOf(await ops.planRebalance())
  assert.equal(plan.moves.length, 1)
  assert.ok(plan.moves[0]?.shard !== shard)
  resultOf(await ops.move(move(shard, 'a')))
  assert.equal(resultOf(await ops.shard(shard)).pin, undefined)
})

test('N1 a move that cannot be is refused with its reason, and the table stays', async () => {
  const { cluster, ops } = await house('a', 'b', 'c', 'd')
  cluster.join('books', 'ledger')
  cluster.kill('c')
  cluster.forget('d')
  resultOf(await ops.cordon('b'))
  const before = cluster.tables.value
  const shard = cluster.shardOf('a')
  await refuses(ops.move(move(16, 'a')), 'not-found', /no shard 16: they are numbered from 0 to 15/)
  await refuses(ops.move(move(-1, 'a')), 'not-found', /no shard -1/)
  await refuses(ops.move(move(shard, 'nobody')), 'not-found', /There is no node nobody/)
  await refuses(ops.move(move(shard, 'c')), 'conflict', /c is not alive/)
  await refuses(ops.move(move(shard, 'd')), 'conflict', /d is not alive/)
  await refuses(ops.move(move(shard, 'b')), 'conflict', /b is cordoned: uncordon it first/)
  await refuses(ops.move(move(shard, 'gate-1')), 'conflict', /gate-1 is a gateway: only allocators/)
  await refuses(ops.move(move(shard, 'books')), 'conflict', /books is a ledger/)
  assert.deepEqual(cluster.tables.value, before)
})

test('N2 a shard that is on its way is not moved again', async () => {
  const { cluster, ops } = await house('a', 'b', 'c')
  const shard = cluster.shardOf('a')
  const first = ops.move(move(shard, 'b'))
  await cluster.time.sleep(10)
  await refuses(ops.move(move(shard, 'c')), 'conflict', /on its way already/)
  resultOf(await first)
})

test('a target that does not take over loses the shard again, and the pin with it', async () => {
  const { cluster, ops } = await house('a', 'b')
  cluster.deaf.add('b')
  const shard = cluster.shardOf('a')
  await refuses(
    ops.move(move(shard, 'b', true)),
    'conflict',
    /did not serve it within 5 s. a keeps it/,
  )
  assert.equal(cluster.tables.value?.assignments[shard], 'a')
  assert.equal(cluster.tables.value?.pins.size, 0)
})

test('a cordoned node keeps what it has, takes nothing, and comes back by uncordon', async () => {
  const { cluster, ops } = await house('a', 'b')
  const row = resultOf(await ops.cordon('b'))
  assert.deepEqual([row.state, row.shards], ['cordoned', 8])
  assert.deepEqual(resultOf(await ops.planRebalance()).moves, [])
  cluster.join('c')
  const plan = resultOf(await ops.planRebalance())
  assert.ok(plan.moves.every(item => item.to === 'c' && item.from === 'a'))
  assert.equal(resultOf(await ops.uncordon('b')).state, 'serving')
  await refuses(ops.cordon('gate-1'), 'conflict', /is a gateway/)
  await refuses(ops.cordon('nobody'), 'not-found', /no node nobody/)
})

test('a drained allocator has nothing left, stays cordoned, and nobody else moved', async () => {
  const { cluster, ops } = await house('a', 'b', 'c')
  const before = [...cluster.owners]
  const row = resultOf(await ops.drain('b'))
  assert.deepEqual([row.state, row.shards], ['cordoned', 0])
  assert.ok(cluster.movingCountMax <= 2)
  cluster.owners.forEach((owner, at) => {
    if (before[at] === 'b') assert.notEqual(owner, 'b')
    else assert.equal(owner, before[at])
  })
  assert.deepEqual([cluster.countOf('a'), cluster.countOf('c')], [8, 8])
  assert.equal(resultOf(await ops.drain('b')).shards, 0)
})

test('a drain can be watched while it is under way', async () => {
  const { cluster, ops } = await house('a', 'b')
  const draining = ops.drain('b')
  await cluster.time.until(() => cluster.movingCount > 0)
  const row = (await ops.nodes()).find(node => node.id === 'b')
  assert.equal(row?.state, 'draining')
  await refuses(ops.drain('b'), 'conflict', /rebalance is under way/)
  resultOf(await draining)
})

test('N3 the last allocator and the last gateway are not drained', async () => {
  const { cluster, ops } = await house('a', 'b')
  await refuses(ops.drain('gate-1'), 'conflict', /gate-1 is the last gateway that serves/)
  resultOf(await ops.cordon('b'))
  await refuses(ops.drain('a'), 'conflict', /a is the last allocator that can own shards/)
  cluster.kill('b')
  await refuses(ops.drain('a'), 'conflict', /start another one first/)
  await refuses(ops.drain('b'), 'conflict', /b is not alive/)
  await refuses(ops.drain('nobody'), 'not-found', /no node/)
  cluster.join('books', 'ledger')
  await refuses(ops.drain('books'), 'conflict', /is a ledger: stop it/)
  cluster.operationsOf('gate-2')
  resultOf(await ops.drain('gate-1'))
  assert.deepEqual(cluster.drainedGateways, ['gate-1'])
  cluster.deaf.add('gate-2')
  await refuses(ops.drain('gate-2'), 'conflict', /gate-2 did not say in time/)
})

test('a drain whose target is deaf says what is left', async () => {
  const { cluster, ops } = await house('a', 'b')
  cluster.deaf.add('a')
  await refuses(
    ops.drain('b'),
    'conflict',
    /b is cordoned but still has 8 shards\. Shard \d+: a did not/,
  )
  assert.equal(cluster.countOf('b'), 8)
})

test('K1 nodes and shards tell who is there, and a silent owner is shown as lost', async () => {
  const { cluster, ops } = await house('a', 'b')
  cluster.forget('b')
  const rows = await ops.nodes()
  assert.deepEqual(
    rows.map(({ id, role, state, shards }) => [id, role, state, shards]),
    [
      ['a', 'allocator', 'serving', 8],
      ['b', 'allocator', 'lost', 0],
      ['gate-1', 'gateway', 'serving', 0],
    ],
  )
  assert.equal((await ops.shards()).length, 16)
  await refuses(ops.shard(99), 'not-found', /no shard 99/)
  cluster.kill('a')
  await refuses(ops.planRebalance(), 'conflict', /No allocator is alive/)
})
