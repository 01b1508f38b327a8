// The operator's routes on a real listener: who may, what is wrong, what is done.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { rowsOnly } from '../../gateway/ops/rows-only.ts'
import { MemoryCluster } from '../support/memory-cluster.ts'
import { type OpsAnswer, OpsHouse } from '../support/ops-house.ts'

let cluster: MemoryCluster
let house: OpsHouse

before(async () => {
  cluster = await MemoryCluster.of('a', 'b')
  house = await OpsHouse.open(cluster.operationsOf('gate-1'))
})
after(() => house.close())

function isProblem(answer: OpsAnswer, status: number, code: string, detail = /./): void {
  assert.equal(answer.status, status, JSON.stringify(answer.body))
  assert.equal(answer.body.code, code)
  assert.match(String(answer.body.detail), detail)
  assert.equal(answer.headers.get('content-type'), 'application/problem+json')
  assert.equal(answer.body.requestId, answer.headers.get('x-request-id'))
  assert.equal(answer.body.type, `/docs/problems#${code}`)
}

test('O1 every wish needs the role ops', async () => {
  const paths = ['/ops/v1/nodes/a/cordon', '/ops/v1/shards/0/move', '/ops/v1/rebalance/plan']
  const before = cluster.tables.value
  for (const path of paths) {
    isProblem(await house.ask('POST', path, '{}', { authorization: '' }), 401, 'token-invalid')
    const wrong = { authorization: `Bearer ${await house.tokenOf('staff')}` }
    isProblem(await house.ask('POST', path, '{}', wrong), 403, 'forbidden', /role ops/)
  }
  assert.deepEqual(cluster.tables.value, before)
  const admin = { authorization: `Bearer ${await house.tokenOf('admin')}` }
  assert.equal((await house.ask('GET', '/ops/v1/nodes', undefined, admin)).status, 200)
})

test('O2 an unready house says so with its checks', async () => {
  const answer = await house.get('/readyz')
  assert.equal(answer.status, 503)
  assert.equal(answer.body.status, 'not-ready')
  assert.equal((await house.get('/healthz')).status, 200)
})

test('addresses and methods that are not there are told apart', async () => {
  isProblem(await house.post('/ops/v1/nodes/a/explode'), 404, 'route-not-found')
  isProblem(await house.get('/ops/v1/nodes/a'), 404, 'route-not-found')
  isProblem(await house.get('//'), 404, 'route-not-found')
  const wrong = await house.get('/ops/v1/rebalance/plan')
  isProblem(wrong, 405, 'method-not-allowed')
  assert.equal(wrong.headers.get('allow'), 'POST')
  const written = await house.post('/ops/v1/shards')
  isProblem(written, 405, 'method-not-allowed')
  assert.equal(written.headers.get('allow'), 'GET, HEAD')
})

test('a body that cannot be used is refused with its reason', async () => {
  const path = '/ops/v1/shards/0/move'
  isProblem(await house.ask('POST', path, '{'), 400, 'bad-json')
  isProblem(await house.ask('POST', path, `"${'x'.repeat(20_000)}"`), 413, 'body-too-large')
  const text = { 'content-type': 'text/plain' }
  isProblem(await house.ask('POST', path, '{}', text), 415, 'unsupported-media-type')
  isProblem(await house.post(path), 422, 'validation', /^\/to/)
  isProblem(await house.post(path, { to: 'b', now: true }), 422, 'validation', /^\/now/)
  isProblem(await house.post('/ops/v1/nodes/a/cordon', { hard: 1 }), 422, 'validation', /^\/hard/)
  for (const body of [{ parallel: 0 }, { parallel: 17 }, { version: 'new' }, { pauseIf: 5 }]) {
    isProblem(await house.post('/ops/v1/rebalance/apply', body), 422, 'validation')
  }
})

test('a shard is described and moved', async () => {
  const shard = cluster.shardOf('a')
  const detail = await house.get(`/ops/v1/shards/${shard}`)
  assert.equal(detail.status, 200)
  assert.deepEqual([detail.body.owner, detail.body.assigned], ['a', 'a'])
  const moved = await house.post(`/ops/v1/shards/${shard}/move`, { to: 'b', pin: true })
  assert.equal(moved.status, 200)
  assert.deepEqual([moved.body.shard, moved.body.from, moved.body.to], [shard, 'a', 'b'])
  assert.equal((await house.get(`/ops/v1/shards/${shard}`)).body.pin, 'b')
  isProblem(await house.post('/ops/v1/shards/16/move', { to: 'b' }), 404, 'not-found', /0 to 15/)
  isProblem(await house.post('/ops/v1/shards/x/move', { to: 'b' }), 404, 'not-found', /shard x/)
  isProblem(await house.post('/ops/v1/shards/0/move', { to: 'z' }), 404, 'not-found', /no node z/)
  const rows = (await house.get('/ops/v1/shards')).body.items as Record<string, unknown>[]
  assert.deepEqual(Object.keys(rows[0] ?? {}), ['shard', 'owner', 'epoch', 'sequence', 'state'])
  await house.post(`/ops/v1/shards/${shard}/move`, { to: 'a' })
})

test('a node is cordoned, drained and uncordoned; the last one is not drained', async () => {
  const row = await house.post('/ops/v1/nodes/b/cordon')
  assert.deepEqual([row.status, row.body.state, row.body.shards], [200, 'cordoned', 8])
  isProblem(await house.post('/ops/v1/nodes/a/drain'), 409, 'conflict', /last allocator/)
  const drained = await house.post('/ops/v1/nodes/b/drain')
  assert.deepEqual([drained.status, drained.body.shards], [200, 0])
  isProblem(await house.post('/ops/v1/nodes/nobody/drain'), 404, 'not-found', /no node nobody/)
  assert.equal((await house.post('/ops/v1/nodes/b/uncordon')).body.state, 'serving')
  const nodes = (await house.get('/ops/v1/nodes')).body.items as { id: string }[]
  assert.deepEqual(
    nodes.map(node => node.id),
    ['a', 'b', 'gate-1'],
  )
})

test('R1 a plan is shown, refused when stale, applied, taken back', async () => {
  const plan = await house.post('/ops/v1/rebalance/plan')
  assert.equal(plan.status, 200)
  assert.equal((plan.body.moves as unknown[]).length, 8)
  const version = Number(plan.body.version)
  isProblem(
    await house.post('/ops/v1/rebalance/apply', { version: version - 1 }),
    409,
    'stale-plan',
    /is not the newest/,
  )
  const begun = await house.post('/ops/v1/rebalance/apply', { version, pauseIf: 'hold.p99>50ms' })
  assert.deepEqual([begun.status, begun.body.state], [200, 'running'])
  assert.equal(await stateAtEnd(), 'done')
  assert.equal(cluster.countOf('b'), 8)
  isProblem(await house.post('/ops/v1/rebalance/apply', { version }), 409, 'stale-plan', /table/)
  isProblem(await house.post('/ops/v1/rebalance/cancel'), 409, 'conflict', /No rebalance/)
  assert.equal((await house.post('/ops/v1/rebalance/rollback')).status, 200)
  assert.equal(await stateAtEnd(), 'done')
  assert.equal(cluster.countOf('b'), 0)
})

test('a house of one process shows its rows and says why nothing can be moved', async () => {
  const sentence = 'This Usher runs in one process: there is nowhere to move a shard.'
  const row = { shard: 0, owner: 'embedded', epoch: 1, sequence: 2, state: 'serving' }
  const alone = await OpsHouse.open(rowsOnly({ nodes: () => [], shards: () => [row], sentence }))
  try {
    assert.deepEqual((await alone.get('/ops/v1/shards/0')).body, row)
    isProblem(await alone.get('/ops/v1/shards/1'), 404, 'not-found')
    assert.deepEqual((await alone.get('/ops/v1/rebalance')).body, {
      state: 'idle',
      plan: null,
      run: null,
    })
    for (const path of [
      '/ops/v1/nodes/embedded/cordon',
      '/ops/v1/nodes/embedded/drain',
      '/ops/v1/rebalance/plan',
      '/ops/v1/rebalance/apply',
      '/ops/v1/rebalance/cancel',
      '/ops/v1/rebalance/rollback',
    ]) {
      isProblem(await alone.post(path), 409, 'conflict', /one process/)
    }
    isProblem(
      await alone.post('/ops/v1/shards/0/move', { to: 'b' }),
      409,
      'conflict',
      /one process/,
    )
  } finally {
    await alone.close()
  }
})

async function stateAtEnd(): Promise<unknown> {
  let state: unknown
  await cluster.time.until(async () => {
    state = (await house.get('/ops/v1/rebalance')).body.state
    return state !== 'running'
  })
  return state
}
