// BC1-BC4, JS2, JS3: a broker that could lose a sale, or that belongs to somebody else, is refused in words.

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, test } from 'node:test'
import { DiscardPolicy, jetstreamManager, StorageType } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/nats-core'
import {
  type BrokerOptions,
  checkTail,
  prepareBroker,
} from '../../allocator/journal/broker-checks.ts'
import { settingsOf } from '../../allocator/journal/jetstream-streams.ts'
import { MemoryFrames, MemoryJournal } from '../../allocator/journal/memory.ts'
import type { NatsServer } from '../../gateway/cluster/nats-server.ts'
import { Fault } from '../../shared/faults.ts'
import { asFrameNumber, asShardNumber } from '../../shared/ids.ts'
import { connectNats } from '../../shared/nats.ts'
import { exitCodeOf } from '../../shared/service.ts'
import { freshNats, needsNats } from '../support/nats.ts'
import { sampleChain } from '../support/sample-frames.ts'

const closing: (() => Promise<unknown> | unknown)[] = []
after(async () => {
  for (const close of closing) await close()
})

async function connected(server: NatsServer): Promise<NatsConnection> {
  const nats = await connectNats({ urls: [server.url], name: 'checks' })
  closing.push(() => nats.close())
  return nats
}

const safe = needsNats.skip === false ? await freshNats() : undefined
const nats = safe === undefined ? undefined : await connected(safe)
let prefixes = 0

interface Asked {
  readonly options: BrokerOptions
  readonly manager: Awaited<ReturnType<typeof jetstreamManager>>
}

/** A prefix that nobody used yet on the safe server. */
async function fresh(changes: Partial<BrokerOptions> = {}): Promise<Asked> {
  assert.ok(safe !== undefined && nats !== undefined)
  prefixes += 1
  const options = {
    nats,
    monitorUrls: [safe.monitorUrl],
    cluster: `house-${prefixes}`,
    identity: `house ${prefixes}`,
    shardCount: 2,
    replicas: 1,
    allowDegraded: false,
    ...changes,
  }
  return { options, manager: await jetstreamManager(options.nats, { checkAPI: false }) }
}

async function refused(options: BrokerOptions, sentence: RegExp): Promise<void> {
  await assert.rejects(prepareBroker(options), (error: unknown) => {
    assert.ok(error instanceof Fault, String(error))
    assert.match(error.message, sentence)
    assert.equal(exitCodeOf(error), 78)
    return true
  })
}

/** A durability problem: refused, and a warning when told so. BC4 */
async function degrades(options: BrokerOptions, sentence: RegExp): Promise<void> {
  await refused(options, sentence)
  await refused(options, /--allow-degraded/)
  const warnings = await prepareBroker({ ...options, allowDegraded: true })
  assert.match(warnings.join(' '), sentence)
}

test('JS2 a safe broker gives no warning; its streams are made once', needsNats, async () => {
  const { options, manager } = await fresh()
  const together = await Promise.all([prepareBroker(options), prepareBroker(options)])
  assert.deepEqual(together, [[], []])
  const { config, created } = await manager.streams.info(`HOUSE_${prefixes}_J_1`)
  assert.equal(config.deny_delete, true)
  assert.deepEqual(await prepareBroker(options), [])
  assert.equal((await manager.streams.info(config.name)).created, created)
})

test('BC2 a server that acknowledges before it syncs is refused', needsNats, async () => {
  const loose = await freshNats({ syncAlways: false })
  const { options } = await fresh({ nats: await connected(loose), monitorUrls: [loose.monitorUrl] })
  await degrades(options, /acknowledges before it syncs/)
})

test('BC2 what cannot be read counts as not synced', needsNats, async () => {
  await degrades((await fresh({ monitorUrls: ['http://127.0.0.1:9'] })).options, /cannot be read/)
  await degrades((await fresh({ monitorUrls: [] })).options, /set NATS_MONITOR_URL/)
})

test('BC2 the monitoring address of another broker is refused', needsNats, async () => {
  const other = await freshNats()
  const { options } = await fresh({ monitorUrls: [other.monitorUrl] })
  await refused({ ...options, allowDegraded: true }, /belongs to another broker/)
})

test('BC1 a server that is too old is refused by its version', needsNats, async () => {
  const varz = {
    version: '2.9.10',
    server_id: nats?.info?.server_id,
    jetstream: { config: { sync_always: true } },
  }
  const old = createServer((_, response) => response.end(JSON.stringify(varz)))
  await new Promise<void>(resolve => old.listen(0, '127.0.0.1', resolve))
  closing.push(() => old.close())
  const address = old.address()
  const port = typeof address === 'object' ? address?.port : 0
  const { options } = await fresh({ monitorUrls: [`http://127.0.0.1:${port}`] })
  await degrades(options, /nats-server 2\.9\.10 is not safe/)
})

test('BC3 JetStream switched off is said', needsNats, async () => {
  const settings = 'accounts { A { users: [{ user: a, password: b }] } }\nno_auth_user: a'
  const server = await freshNats({ settings })
  const { options } = await fresh({
    nats: await connected(server),
    monitorUrls: [server.monitorUrl],
  })
  await refused(options, /without JetStream/)
})

test('JS3 two clusters with one prefix are noticed', needsNats, async () => {
  const { options } = await fresh()
  await prepareBroker(options)
  const rival = { ...options, identity: 'somebody else', allowDegraded: true }
  await refused(rival, /belongs to another Usher with the prefix "house-/)
  await refused({ ...options, shardCount: 1 }, /one of 2 shards, not of 1/)
})

test('JS3 a cluster under another prefix than its own is noticed', needsNats, async () => {
  const { options, manager } = await fresh()
  await prepareBroker(options)
  await refused({ ...options, cluster: 'hause' }, /journal is in HOUSE_\d+_J_\d/)
  await assert.rejects(manager.streams.info('HAUSE_J_0'), 'nothing was made')
})

test('BC3 a foreign stream, or one that takes our subjects, is refused', needsNats, async () => {
  const { options, manager } = await fresh()
  const name = `HOUSE_${prefixes}_J_0`
  await manager.streams.add({ name, subjects: ['somewhere.else'] })
  await refused(options, /was not made by Usher/)
  const other = await fresh()
  await manager.streams.add({ name: `GRAB_${prefixes}`, subjects: [`house-${prefixes}.j.*`] })
  await refused(other.options, /would not create the stream/)
})

test('BC3 changed settings are named, with what they should be', needsNats, async () => {
  const { options, manager } = await fresh()
  await prepareBroker(options)
  const name = `HOUSE_${prefixes}_J_1`
  await manager.streams.update(name, { discard: DiscardPolicy.Old, max_age: 60_000_000_000 })
  await refused({ ...options, allowDegraded: true }, /has discard = "old", not "new"/)
  await refused(options, /has max_age = 60000000000, not 0/)
})

test('BC4 weaker storage is a warning when it is allowed', needsNats, async () => {
  const { options, manager } = await fresh()
  const settings = { ...settingsOf(options, 0), storage: StorageType.Memory }
  await manager.streams.add(settings)
  await degrades(options, /has storage = "memory", not "file"/)
})

test('BC3 more replicas than there are servers are refused', needsNats, async () => {
  await refused((await fresh({ replicas: 3 })).options, /with 3 replica\(s\): /)
})

test('BC3 a broker that went away is told apart from a wrong one', needsNats, async () => {
  const server = await freshNats()
  const { options } = await fresh({
    nats: await connected(server),
    monitorUrls: [server.monitorUrl],
    allowDegraded: true,
  })
  await options.nats.close()
  await assert.rejects(prepareBroker(options), (error: unknown) => {
    assert.ok(error instanceof Fault)
    return true
  })
})

test('E8 a journal behind what Postgres knows, or another one, is refused', async () => {
  const frames = new MemoryFrames()
  const chain = sampleChain(1, 5)
  for (const frame of chain.slice(0, 4)) frames.store(frame)
  const journal = new MemoryJournal(frames)
  const shard = asShardNumber(1)
  const knows = (number: number, at: number) => ({
    number: asFrameNumber(number),
    hash: chain[at]?.hash as Uint8Array,
  })
  await checkTail(journal, shard, knows(3, 2))
  await assert.rejects(checkTail(journal, shard, knows(5, 4)), /ends at frame 4, Postgres has 5/)
  await assert.rejects(checkTail(journal, shard, knows(3, 3)), /frame 3 is not the one/)
})
