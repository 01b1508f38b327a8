// The broker's users against a real nats-server: each role can do what its process does, and no more.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { promisify } from 'node:util'
import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/nats-core'
import { placementBucketOf } from '../allocator/placement-watch.ts'
import { findNatsServer, type NatsServer } from '../gateway/cluster/nats-server.ts'
import { streamOf, subjectOf } from '../shared/journal-streams.ts'
import { openBucket } from '../shared/kv-store.ts'
import { LIMITS } from '../shared/limits.ts'
import { connectNats } from '../shared/nats.ts'
import { readCompose, root } from './support/compose.ts'
import { freshNats, needsNats } from './support/nats.ts'

const FOLDER = join(root, 'gateway/cluster/compose')
const { services } = readCompose()
const environment = services.nats?.environment ?? {}
const STREAM = streamOf('usher', 3)
const SUBJECT = subjectOf('usher', 3)
const BUCKET = placementBucketOf('usher')

let server: NatsServer

/** Published without an answer: the broker tells a violation, or it went through. */
async function maySay(nats: NatsConnection, subject: string): Promise<boolean> {
  let isRefused = false
  const listening = (async () => {
    for await (const status of nats.status()) {
      if (status.type === 'error' && /permissions violation/i.test(status.error.message)) {
        isRefused = true
        return
      }
    }
  })()
  nats.publish(subject)
  await nats.flush()
  await new Promise(resolve => setTimeout(resolve, 20))
  void listening
  return !isRefused
}

async function mayHear(nats: NatsConnection, subject: string): Promise<boolean> {
  return new Promise(resolve => {
    const subscription = nats.subscribe(subject, {
      callback: error => {
        if (error !== null) resolve(false)
      },
    })
    nats.flush().then(
      () => {
        setTimeout(() => {
          subscription.unsubscribe()
          resolve(true)
        }, 20)
      },
      () => resolve(false),
    )
  })
}

async function as(role: string): Promise<NatsConnection> {
  const url = new URL(server.url)
  url.username = role
  url.password = environment[`NATS_${role.toUpperCase()}_PASSWORD`] ?? ''
  return connectNats({ urls: [url.toString()], name: `${role}-test` })
}

before(async () => {
  if (needsNats.skip !== false) return
  // the server's own test configuration, with the users of the compose file
  const users = readFileSync(join(FOLDER, 'nats-users.conf'), 'utf8')
  const settings = users.replace(/\$(NATS_\w+)/g, (_, name: string) =>
    JSON.stringify(environment[name]),
  )
  server = await freshNats({ settings })
})

test('both configurations are valid for the real server', needsNats, async () => {
  const binary = await findNatsServer()
  for (const name of ['nats.conf', 'nats-ha.conf']) {
    const config = join(FOLDER, name)
    const env = { ...process.env, ...environment }
    await promisify(execFile)(binary, ['-t', '-c', config], { env })
    const text = readFileSync(config, 'utf8')
    assert.match(text, /sync_interval: always/, name)
    assert.match(text, /^port: 4222$/m)
    assert.match(text, /^http: "0\.0\.0\.0:8222"$/m)
  }
})

test('health is asked where the broker answers it', needsNats, async () => {
  const asked = /http:\S+/.exec((services.nats?.healthcheck?.test ?? []).join(' '))?.[0] ?? ''
  const { pathname } = new URL(asked)
  assert.equal((await fetch(server.monitorUrl + pathname)).status, 200)
})

test('NP1 an allocator makes, writes, reads and purges streams', needsNats, async t => {
  const nats = await as('allocator')
  t.after(() => nats.close())
  const manager = await jetstreamManager(nats)
  const made = { name: STREAM, subjects: [SUBJECT], deny_delete: true }
  await manager.streams.add(made)
  await manager.streams.update(STREAM, made)
  const expect = { lastSequence: 0, streamName: STREAM }
  const ack = await jetstream(nats).publish(SUBJECT, 'frame', { msgID: 'a', expect })
  assert.equal(ack.seq, 1)
  await manager.streams.getMessage(STREAM, { seq: 1 })
  assert.equal(await readFirst(nats), 'frame')
  await manager.streams.purge(STREAM, { seq: 1 })
  await assert.rejects(manager.streams.delete(STREAM), 'NP2')
  const table = await openBucket(nats, BUCKET)
  await table.create('table', 'first')
  for (const subject of ['usher.reply.gateway-1', 'usher.feed.3', 'usher.alive', 'usher.hurry']) {
    assert.ok(await maySay(nats, subject), subject)
  }
  for (const subject of ['usher.ask.allocator-1', 'usher.alive', 'usher.ops.x', 'usher.passed']) {
    assert.ok(await mayHear(nats, subject), subject)
  }
  assert.equal(await maySay(nats, 'usher.passed'), false, 'only the ledger tells its cursor')
  assert.equal(await maySay(nats, 'usher.ask.allocator-2'), false, 'only gateways ask')
})

test('NP1 an allocator purges every shard and nothing else', needsNats, async t => {
  const nats = await as('allocator')
  t.after(() => nats.close())
  for (let shard = 0; shard < LIMITS.shardCount; shard += 1) {
    assert.ok(await maySay(nats, `$JS.API.STREAM.PURGE.USHER_J_${shard}`), String(shard))
  }
  assert.equal(await maySay(nats, `$JS.API.STREAM.PURGE.USHER_J_${LIMITS.shardCount}`), false)
  assert.equal(await maySay(nats, `$JS.API.STREAM.PURGE.KV_${BUCKET}`), false)
})

/** A consumer as stream readers make it: named, pulled, removed. */
async function readFirst(nats: NatsConnection): Promise<string | undefined> {
  const manager = await jetstreamManager(nats)
  const name = 'reader'
  await manager.consumers.add(STREAM, { name, ack_policy: AckPolicy.None, mem_storage: true })
  const consumer = await jetstream(nats).consumers.get(STREAM, name)
  const message = await consumer.next({ expires: 1_000 })
  await manager.consumers.delete(STREAM, name)
  return message?.string()
}

test('the ledger reads the journal and writes nothing', needsNats, async t => {
  const owner = await as('allocator')
  t.after(() => owner.close())
  await jetstream(owner).publish(SUBJECT, 'second')
  const nats = await as('ledger')
  t.after(() => nats.close())
  assert.equal(await readFirst(nats), 'second')
  const manager = await jetstreamManager(nats)
  assert.equal((await manager.streams.info(STREAM)).config.name, STREAM)
  assert.ok(await maySay(nats, 'usher.passed'))
  assert.ok(await mayHear(nats, 'usher.hurry'))
  for (const subject of [SUBJECT, 'usher.ask.allocator-1', 'usher.reply.gateway-1']) {
    assert.equal(await maySay(nats, subject), false, subject)
  }
  await assert.rejects(manager.streams.purge(STREAM))
  await assert.rejects(manager.streams.delete(STREAM))
  await assert.rejects(manager.streams.add({ name: 'OTHER', subjects: ['other'] }))
})

test('NP3 a gateway asks, keeps the table, and reaches no frame', needsNats, async t => {
  const nats = await as('gateway')
  t.after(() => nats.close())
  const table = await openBucket(nats, BUCKET)
  assert.equal((await table.get('table'))?.string(), 'first')
  const watch = await table.watch()
  for await (const entry of watch) {
    assert.equal(entry.string(), 'first')
    break
  }
  await table.put('table', 'asked for by an operator')
  await assert.rejects(openBucket(nats, 'another'))
  for (const subject of ['usher.ask.allocator-1', 'usher.alive', 'usher.ops.allocator-1']) {
    assert.ok(await maySay(nats, subject), subject)
  }
  for (const subject of ['usher.reply.gateway-1', 'usher.feed.*', 'usher.alive', 'usher.passed']) {
    assert.ok(await mayHear(nats, subject), subject)
  }
  const forbidden = [
    ...[SUBJECT, 'usher.feed.3', 'usher.reply.gateway-2', 'usher.passed'],
    ...[`$JS.API.STREAM.PURGE.${STREAM}`, `$JS.API.STREAM.DELETE.${STREAM}`],
    ...[`$JS.API.STREAM.MSG.GET.${STREAM}`, `$JS.API.CONSUMER.CREATE.${STREAM}.x`],
  ]
  for (const subject of forbidden) assert.equal(await maySay(nats, subject), false, subject)
  assert.equal(await mayHear(nats, SUBJECT), false, 'frames as they are appended')
  assert.equal(await mayHear(nats, 'usher.ask.allocator-1'), false, 'requests of other gateways')
})

test('NP2 ops may remove a stream; nobody comes in without a password', needsNats, async t => {
  const nats = await as('ops')
  t.after(() => nats.close())
  const manager = await jetstreamManager(nats)
  assert.equal(await manager.streams.delete(STREAM), true)
  await assert.rejects(connectNats({ urls: [server.url], name: 'nobody' }), /refused the user/)
})
