// `usher cluster` as people run it: real processes that are killed, stopped, moved about and ended.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import test, { after, before } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ClusterHouse, HouseBuyers, isAlive, type Told } from '../support/cluster-house.ts'
import { needsNats } from '../support/nats.ts'

const VISIBLE_MS_MAX = 150
const TAKEOVER_MS_MAX = 3_000
const PAUSE_MS_MAX = 250
const STOP_MS_MAX = 8_000
const ORPHANS_MS_MAX = 10_000

let house: ClusterHouse
let token = ''
let nextSeat = 0

before(async () => {
  if (needsNats.skip !== false) return
  house = await ClusterHouse.start(['cluster', '--gateways', '2', '--allocators', '2'])
  token = await house.guest()
})

after(() => house?.usher.kill())

async function until(condition: () => Promise<boolean> | boolean, withinMs: number, what: string) {
  const end = performance.now() + withinMs
  while (!(await condition())) {
    assert.ok(performance.now() < end, `not in time: ${what}`)
    await sleep(20)
  }
}

/** Everything that was acknowledged is still there, hold by hold. */
async function assertKept(told: readonly Told[]): Promise<void> {
  for (const { id, seat, token: own } of told) {
    const found = await house.ask({ method: 'GET', path: `/v1/holds/${id}`, token: own })
    assert.equal(found.status, 200, JSON.stringify(found.body))
    assert.equal(found.body.seats[0].index, seat)
    assert.equal(found.body.phase, 'selecting')
  }
}

/** Buyers before, during and after what happens to the owner; how long nobody was served. */
async function throughTrouble(trouble: (pid: number) => Promise<void> | void) {
  const owner = await house.owner()
  const buyers = new HouseBuyers(house, token, { from: nextSeat, count: 4 })
  await sleep(500)
  const atMs = performance.now()
  await trouble(owner.pid)
  const isServed = () => buyers.toldAtMs.some(toldAt => toldAt > atMs + 300)
  await until(isServed, 15_000, 'somebody is served again')
  const firstMs = buyers.toldAtMs.find(toldAt => toldAt > atMs + 300) ?? 0
  await sleep(300)
  await buyers.stop()
  nextSeat += 1_000
  return { owner, buyers, outageMs: firstMs - atMs }
}

test('F1 a hold made on one gateway is seen on all within 150 ms', needsNats, async () => {
  const seat = nextSeat++
  const held = await house.holdSeat(seat, token)
  assert.equal(held.status, 201, JSON.stringify(held.body))
  await sleep(VISIBLE_MS_MAX)
  const seen = await Promise.all(Array.from({ length: 16 }, () => house.stateOf(seat)))
  assert.deepEqual(new Set(seen), new Set([1]))
})

test('a hold is booked, and the booking is in the ledger', needsNats, async () => {
  const held = await house.holdSeat(nextSeat++, token)
  const path = `/v1/holds/${held.body.id}/book`
  const booked = await house.ask({ method: 'POST', path, body: { email: 'a@b.example' }, token })
  assert.equal(booked.status, 201, JSON.stringify(booked.body))
  const read = await house.ask({ method: 'GET', path: `/v1/bookings/${booked.body.id}`, token })
  assert.equal(read.body.status, 'confirmed')
})

test(
  'promise 2: kill -9 of an allocator under load loses nothing, and it serves again',
  needsNats,
  async () => {
    nextSeat = 100
    const { owner, buyers, outageMs } = await throughTrouble(pid => {
      process.kill(pid, 'SIGKILL')
    })
    assert.ok(outageMs <= TAKEOVER_MS_MAX, `served again after ${Math.round(outageMs)} ms`)
    assert.ok(buyers.told.length > 10)
    await assertKept(buyers.told)
    const isBack = async () =>
      (await house.nodes()).some(node => node.id === owner.id && node.pid !== owner.pid)
    await until(isBack, 30_000, 'the allocator is started again')
  },
)

test(
  'E2 a zombie says nothing more, and drops its shards when it wakes up',
  needsNats,
  async () => {
    nextSeat = 1_200
    const { owner, buyers, outageMs } = await throughTrouble(pid => {
      process.kill(pid, 'SIGSTOP')
    })
    assert.ok(outageMs <= TAKEOVER_MS_MAX, `served again after ${Math.round(outageMs)} ms`)
    const heir = await house.owner()
    assert.notEqual(heir.id, owner.id)
    process.kill(owner.pid, 'SIGCONT')
    await sleep(1_000)
    await assertKept(buyers.told)
    const isBack = async () => (await house.nodes()).some(node => node.pid === owner.pid)
    await until(isBack, 5_000, 'the zombie is a node among others again')
  },
)

const MOVED = 'a shard is moved by the ops listener while people buy, and nobody hears an error'

test(MOVED, needsNats, async () => {
  nextSeat = 2_400
  const owner = await house.owner()
  const heir = (await house.nodes()).find(node => node.role === 'allocator' && node.id !== owner.id)
  const buyers = new HouseBuyers(house, token, { from: nextSeat, count: 4 })
  await sleep(200)
  const path = `/ops/v1/shards/${house.shard}/move`
  const moved = await house.operate('POST', path, { to: heir?.id })
  assert.equal(moved.status, 200, JSON.stringify(moved.body))
  assert.ok(moved.body.pauseMs <= PAUSE_MS_MAX, `the pause was ${moved.body.pauseMs} ms`)
  assert.equal((await house.owner()).id, heir?.id)
  await sleep(200)
  await buyers.stop()
  assert.deepEqual(buyers.errors, [])
  await assertKept(buyers.told)
})

/** A command of the house's data folder. */
function command(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const all = ['--import', 'tsx', 'gateway/cli/usher.ts', ...args]
  const options = { env: { PATH: process.env.PATH, USHER_DATA_DIR: house.usher.dataDir, ...env } }
  return new Promise<{ code: unknown; stdout: string; stderr: string }>(resolve => {
    execFile(process.execPath, all, options, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    )
  })
}

test('OS2 audit and restore find the broker of their data folder', needsNats, async () => {
  const audited = await command(['audit'])
  assert.equal(audited.code, 0, audited.stdout + audited.stderr)
  assert.match(audited.stdout, /the broker holds what is archived +0/)
  const restored = await command(['restore'])
  assert.equal(restored.code, 0, restored.stderr)
  assert.match(restored.stderr, /Nothing needs to be restored/)
})

test('a broker that is away is no broken invariant: audit ends with 1', needsNats, async () => {
  const { code, stdout, stderr } = await command(['audit'], { NATS_URL: 'nats://127.0.0.1:1' })
  assert.equal(code, 1, stderr)
  assert.match(stderr, /The broker was not compared/)
  assert.match(stdout, /the journal is one unbroken chain +0/)
})

test('the first process shows the figures of all, each with its node', needsNats, async () => {
  const text = await (await fetch(new URL('/metrics', house.usher.opsUrl))).text()
  for (const node of ['gateway-1', 'gateway-2', 'allocator-1', 'allocator-2', 'ledger-1']) {
    assert.ok(text.includes(`usher_broker_connected{node="${node}"} 1`), `${node} is missing`)
  }
  assert.equal(text.split('# TYPE usher_broker_connected gauge').length, 2)
})

test(
  'SIGTERM ends everything within 8 s with exit 0 and leaves no process behind',
  needsNats,
  async () => {
    const pids = await house.pids()
    assert.ok(pids.length >= 7 && pids.every(isAlive), `the processes are ${pids}`)
    const startedAt = performance.now()
    assert.equal(await house.usher.stop(), 0, house.usher.output)
    const tookMs = performance.now() - startedAt
    assert.ok(tookMs <= STOP_MS_MAX, `it took ${Math.round(tookMs)} ms`)
    assert.deepEqual(pids.filter(isAlive), [])
  },
)

test('ND2 when the first process is killed none of the others survives', needsNats, async () => {
  const other = await ClusterHouse.start(['cluster', '--gateways', '1', '--allocators', '1'])
  try {
    const pids = await other.pids()
    await other.usher.crash()
    await until(() => !pids.some(isAlive), ORPHANS_MS_MAX, 'all of them are gone')
  } finally {
    await other.usher.kill()
  }
})
