// Steering a cluster of real processes: moves, drains and a rebalance while somebody buys all the time.

import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { needsNats } from '../support/nats.ts'
import { freePort } from '../support/usher-process.ts'

const READY_MS_MAX = 120_000
const root = join(import.meta.dirname, '../..')
const dataDir = mkdtempSync(join(tmpdir(), 'usher-steer-'))
let env: NodeJS.ProcessEnv
let output = ''
let end: () => Promise<void> = async () => undefined
let buyer: { readonly stop: () => Promise<{ readonly holds: number; readonly noes: string[] }> }

before(async () => {
  if (needsNats.skip !== false) return
  env = {
    ...process.env,
    NODE_OPTIONS: '',
    USHER_DATA_DIR: dataDir,
    USHER_PORT: String(await freePort()),
    USHER_OPS_PORT: String(await freePort()),
    USHER_RATE_LIMITS: 'off',
    USHER_LOG_LEVEL: 'warn',
  }
  const words = ['cluster', '--gateways', '2', '--allocators', '2']
  const child = spawn(process.execPath, [...USHER, ...words], { cwd: root, env })
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data: Buffer) => {
      output += data.toString()
    })
  }
  end = async () => {
    const ended = new Promise(resolve => child.once('exit', resolve))
    if (child.kill('SIGTERM')) await ended
  }
  await untilReady()
  buyer = buyAllTheTime()
})
after(async () => {
  await end()
  rmSync(dataDir, { recursive: true, force: true, maxRetries: 10 })
})

test('a shard moves there and back while people buy', needsNats, async () => {
  const owner = String((await ask(['describe', 'shard', '3'])).owner)
  const other = owner === 'allocator-1' ? 'allocator-2' : 'allocator-1'
  for (const to of [other, owner]) {
    const { items } = await ask(['move', '3', '--to', to])
    assert.equal((items as { to: string }[])[0]?.to, to)
    assert.equal((await ask(['describe', 'shard', '3'])).owner, to)
  }
})

test(
  'an allocator is drained, comes back, and a rebalance gives it its share',
  needsNats,
  async () => {
    await ask(['drain', 'allocator-2'])
    assert.deepEqual(await shardCounts(), { 'allocator-1': 16 })
    assert.equal((await run('drain', 'allocator-1')).code, 4)
    assert.equal((await run('move', '1', '--to', 'allocator-2')).code, 4)
    await ask(['uncordon', 'allocator-2'])
    const plan = await ask(['rebalance', 'plan'])
    assert.equal((plan.moves as unknown[]).length, 8)
    const flags = ['--plan', String(plan.version), '--pause-if', 'hold.p99>30s']
    const applied = await ask(['rebalance', 'apply', ...flags])
    assert.equal(applied.state, 'done')
    assert.deepEqual(await shardCounts(), { 'allocator-1': 8, 'allocator-2': 8 })
    assert.equal((await run('rebalance', 'apply', ...flags)).code, 4)
    assert.equal((await ask(['rebalance', 'rollback'])).state, 'done')
    assert.deepEqual(await shardCounts(), { 'allocator-1': 16 })
  },
)

test('a gateway is drained, the other one serves, and nobody heard a no', needsNats, async () => {
  await ask(['drain', 'gateway-1'])
  assert.equal((await run('drain', 'gateway-2')).code, 4)
  await sleep(500)
  const { holds, noes } = await buyer.stop()
  assert.deepEqual(noes, [])
  assert.ok(holds >= 20, `${holds} holds`)
  assert.equal((await fetch(`http://127.0.0.1:${env.USHER_OPS_PORT}/readyz`)).status, 200)
})

const USHER = ['--import', 'tsx', 'gateway/cli/usher.ts']

/** Seat by seat over all shows of the next days, so that every shard is written. */
function buyAllTheTime(): typeof buyer {
  const noes: string[] = []
  let holds = 0
  let isOpen = true
  const buying = (async () => {
    const base = `http://127.0.0.1:${env.USHER_PORT}`
    const authorization = `Bearer ${readFileSync(join(dataDir, 'admin-token'), 'utf8').trim()}`
    for (let at = 0; isOpen; at += 1) {
      const headers = {
        authorization,
        'content-type': 'application/json',
        'idempotency-key': randomUUID(),
        connection: 'close',
      }
      const path = `${base}/v1/shows/show_${1 + (at % 60)}/holds`
      const body = JSON.stringify({ best: { count: 1 } })
      const answer = await fetch(path, { method: 'POST', headers, body }).catch(String)
      if (typeof answer === 'string') noes.push(answer)
      else if (answer.status === 201) holds += 1
      else if (answer.status >= 500) noes.push(`${answer.status} ${await answer.text()}`)
      if (typeof answer !== 'string' && !answer.bodyUsed) await answer.arrayBuffer()
      await sleep(20)
    }
  })()
  const stop = async () => {
    isOpen = false
    await buying
    return { holds, noes }
  }
  return { stop }
}

async function untilReady(): Promise<void> {
  const endMs = performance.now() + READY_MS_MAX
  while (!output.includes('ready in')) {
    assert.ok(performance.now() < endMs, output)
    await sleep(100)
  }
}

async function shardCounts(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { owner } of (await ask(['get', 'shards'])).items as { owner: string }[]) {
    counts[owner] = (counts[owner] ?? 0) + 1
  }
  return counts
}

/** The JSON of a command that must succeed. */
async function ask(words: readonly string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await run(...words, '-o', 'json')
  assert.equal(code, 0, `${words.join(' ')}: ${stderr}`)
  return JSON.parse(stdout) as Record<string, unknown>
}

interface Run {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function run(...words: readonly string[]): Promise<Run> {
  return new Promise(resolve => {
    const child = execFile(
      process.execPath,
      [...USHER, ...words],
      { cwd: root, env },
      (_, stdout, stderr) => resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    )
  })
}
