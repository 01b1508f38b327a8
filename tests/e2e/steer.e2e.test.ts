// The commands that steer a cluster, as real processes against a real listener over a cluster in memory.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { MemoryCluster } from '../support/memory-cluster.ts'
import { OpsHouse } from '../support/ops-house.ts'
import { realTime } from '../support/virtual-time.ts'

const root = join(import.meta.dirname, '../..')
let cluster: MemoryCluster
let house: OpsHouse

before(async () => {
  cluster = new MemoryCluster(realTime)
  cluster.join('a')
  await cluster.balance()
  cluster.join('b')
  house = await OpsHouse.open(cluster.operationsOf('gate-1'))
})
after(() => house.close())

test('usher describe, move, cordon, uncordon and drain print a row and end with 0', async () => {
  const [described, moved] = [
    await run('describe', 'shard', '3'),
    await run('move', '3', '--to', 'b'),
  ]
  assert.match(described.stdout, /^owner +a$/m)
  assert.equal(moved.code, 0, moved.stderr)
  assert.match(moved.stdout, /^shard +from +to +pauseMs\n3 +a +b +\d/)
  assert.match(moved.stderr, /Shard 3 is served by b\./)
  const cordoned = await run('cordon', 'b', '-o', 'json')
  assert.equal(JSON.parse(cordoned.stdout).items[0].state, 'cordoned')
  assert.equal((await run('uncordon', 'b')).code, 0)
  const drained = await run('drain', 'b')
  assert.equal(drained.code, 0, drained.stderr)
  assert.match(drained.stdout, /cordoned +0/)
  assert.equal((await run('uncordon', 'b')).code, 0)
  assert.equal(cluster.countOf('a'), 16)
})

test('what cannot be ends with the code of its kind, and a sentence on stderr', async () => {
  for (const [words, code, sentence] of [
    [['move', '99', '--to', 'b'], 3, /no shard 99/],
    [['move', '1', '--to', 'nobody'], 3, /no node nobody/],
    [['move', '1', '--to', 'gate-1'], 4, /only allocators/],
    [['move', 'one', '--to', 'b'], 2, /number of a shard/],
    [['move', '1'], 2, /--to/],
    [['drain', 'gate-1'], 4, /last gateway/],
    [['cordon', 'nobody'], 3, /no node/],
    [['describe', 'shard', '16'], 3, /0 to 15/],
    [['rebalance', 'apply', '--pause-if', 'soon'], 2, /hold\.p99>50ms/],
    [['rebalance', 'apply', '--pause-if', 'tea.p99>1ms'], 2, /known figures/],
    [['rebalance', 'apply', '--loud'], 2, /unknown option/],
    [['rebalance', 'explode'], 2, /./],
    [['rebalance', 'cancel'], 4, /No rebalance/],
  ] as const) {
    const { code: ended, stdout, stderr } = await run(...words)
    assert.equal(ended, code, `${words.join(' ')}: ${stderr}`)
    assert.match(stderr, sentence)
    assert.equal(stdout, '')
  }
})

test('usher rebalance shows a plan, applies it, follows it, and takes it back', async () => {
  const shown = await run('rebalance')
  assert.match(shown.stdout, /^shard +from +to +expectedPauseMs$/m)
  assert.match(shown.stderr, /8 moves/)
  assert.equal(cluster.countOf('b'), 0)
  const plan = JSON.parse((await run('rebalance', 'plan', '-o', 'json')).stdout) as {
    version: number
    moves: unknown[]
  }
  assert.equal(plan.moves.length, 8)
  assert.equal((await run('rebalance', 'apply', '--plan', String(plan.version - 1))).code, 4)
  const applied = await run('rebalance', 'apply', '--plan', String(plan.version), '--parallel', '4')
  assert.equal(applied.code, 0, applied.stderr)
  assert.match(applied.stderr, /is done, 8 of 8 shards moved/)
  assert.equal(applied.stdout.trim().split('\n').length, 9)
  assert.equal(cluster.countOf('b'), 8)
  assert.equal((await run('rebalance', 'apply')).code, 4)
  const status = await run('rebalance', 'status', '-o', 'json')
  assert.equal(JSON.parse(status.stdout).state, 'done')
  assert.equal((await run('rebalance', 'rollback')).code, 0)
  assert.equal(cluster.countOf('b'), 0)
})

test('X1 a rebalance that an SLO keeps paused ends with 10, and can be cancelled', async () => {
  cluster.figures.set('hold.p99', 80)
  assert.equal((await run('rebalance', 'plan')).code, 0)
  const paused = await run('rebalance', 'apply', '--pause-if', 'hold.p99>50ms', '--wait', '1s')
  assert.equal(paused.code, 10, paused.stderr)
  assert.match(paused.stderr, /is paused, 0 of 8 shards moved: hold\.p99>50ms: hold\.p99 is 80/)
  const cancelled = await run('rebalance', 'cancel')
  assert.equal(cancelled.code, 0, cancelled.stderr)
  assert.match(cancelled.stderr, /is cancelled/)
  assert.equal(cluster.countOf('b'), 0)
})

interface Run {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function run(...args: readonly string[]): Promise<Run> {
  const env = {
    ...process.env,
    NODE_OPTIONS: '',
    USHER_DATA_DIR: house.dataDir,
    USHER_OPS_PORT: String(house.port),
  }
  const words = ['--import', 'tsx', 'gateway/cli/usher.ts', ...args]
  return new Promise(resolve => {
    const child = execFile(process.execPath, words, { cwd: root, env }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    )
  })
}
