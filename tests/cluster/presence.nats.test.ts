// Who is gone: the broker's word about a process that missed a beat, on a real nats-server.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { NatsConnection } from '@nats-io/nats-core'
import { Membership } from '../../allocator/membership.ts'
import type { NatsServer } from '../../gateway/cluster/nats-server.ts'
import { systemClock } from '../../shared/clock.ts'
import type { NodeId } from '../../shared/ids.ts'
import { connectNats } from '../../shared/nats.ts'
import { isAbsent, showPresence } from '../../shared/presence.ts'
import { freshNats, needsNats } from '../support/nats.ts'

const CLUSTER = 'presence'
const [FIRST, SECOND] = ['allocator-1' as NodeId, 'allocator-2' as NodeId]
const connections: NatsConnection[] = []
let server: NatsServer

before(async () => {
  if (needsNats.skip === false) server = await freshNats()
})

after(() => Promise.all(connections.map(nats => nats.close())))

async function connection(): Promise<NatsConnection> {
  const nats = await connectNats({ urls: [server.url], name: 'presence' })
  connections.push(nats)
  return nats
}

function member(nats: NatsConnection, node: NodeId): Membership {
  showPresence(nats, CLUSTER, node)
  const membership = new Membership({
    nats,
    cluster: CLUSTER,
    self: { node, role: 'allocator', pid: 1, weight: 1 },
    clock: systemClock,
    isGone: other => isAbsent(nats, CLUSTER, other),
  })
  membership.speak(() => ({ state: 'serving', serves: [], ready: [], opsPort: 0 }))
  return membership
}

async function msUntil(condition: () => boolean, withinMs: number): Promise<number> {
  const from = performance.now()
  while (!condition() && performance.now() - from < withinMs) await sleep(5)
  return performance.now() - from
}

test('PR1 only the broker says that nobody is there', needsNats, async () => {
  const [asking, living] = [await connection(), await connection()]
  assert.equal(await isAbsent(asking, CLUSTER, 'allocator-9' as NodeId), true)
  showPresence(living, CLUSTER, 'allocator-9' as NodeId)
  await living.flush()
  assert.equal(await isAbsent(asking, CLUSTER, 'allocator-9' as NodeId), false)
  await asking.close()
  assert.equal(await isAbsent(asking, CLUSTER, 'allocator-8' as NodeId), false)
})

test('MB4 whose connection ended is gone long before silence says so', needsNats, async () => {
  const [mine, other] = [await connection(), await connection()]
  const first = member(mine, FIRST)
  const second = member(other, SECOND)
  await msUntil(() => first.beatOf(SECOND) !== undefined, 2_000)
  assert.notEqual(first.beatOf(SECOND), undefined)
  await other.close() // as a crash does: no good-bye
  const tookMs = await msUntil(() => first.beatOf(SECOND) === undefined, 2_000)
  assert.ok(tookMs < 700, `it took ${Math.round(tookMs)} ms`)
  assert.notEqual(first.beatOf(FIRST), undefined)
  await Promise.all([first.stop(), second.stop()])
})

test('MB4 whoever is connected but silent has the time of MB1', needsNats, async () => {
  const [mine, other] = [await connection(), await connection()]
  const first = member(mine, FIRST)
  const second = member(other, SECOND)
  await msUntil(() => first.beatOf(SECOND) !== undefined, 2_000)
  second.beat = () => undefined // a stopped process: connected, and says nothing
  const tookMs = await msUntil(() => first.beatOf(SECOND) === undefined, 3_000)
  assert.ok(tookMs > 550 && tookMs < 2_000, `it took ${Math.round(tookMs)} ms`)
  await Promise.all([first.stop(), second.stop()])
})
