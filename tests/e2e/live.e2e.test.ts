// The live connection of a real process: holds, pushes, resumes, the waitlist and the end.

import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import type { z } from 'zod'
import { LIVE_OKS, LIVE_PUSHES, LiveErr } from '../../gateway/schemas/live-messages.ts'
import { decodeBinary } from '../../gateway/web/live/binary.ts'
import { type Json, LiveClient } from '../gateway/live-client.ts'
import { hallOf } from '../support/halls.ts'
import { UsherProcess } from '../support/usher-process.ts'

let usher: UsherProcess

before(async () => {
  usher = await UsherProcess.start({ env: { USHER_RATE_LIMITS: 'off', USHER_DEMO: 'off' } })
})

after(async () => {
  await usher.stop()
})

interface Call {
  readonly token?: string
  readonly key?: string
  readonly body?: unknown
}

async function call(method: string, path: string, what: Call = {}): Promise<Response> {
  return fetch(new URL(path, usher.url), {
    method,
    headers: {
      ...(what.body === undefined ? {} : { 'content-type': 'application/json' }),
      'idempotency-key': what.key ?? crypto.randomUUID(),
      authorization: `Bearer ${what.token ?? usher.adminToken}`,
    },
    ...(what.body === undefined ? {} : { body: JSON.stringify(what.body) }),
  })
}

async function made(path: string, body: unknown): Promise<string> {
  const answer = await call('POST', `/v1/admin/${path}`, { body })
  const text = await answer.text()
  assert.ok(answer.ok, `${path}: ${answer.status} ${text}`)
  return (JSON.parse(text) as { id: string }).id
}

/** A show of one row of that many seats. */
async function openShow(seatsPerRow: number, policy: Json = {}): Promise<string> {
  const layout = hallOf({ rows: 1, seatsPerRow })
  const cityId = await made('cities', {
    name: `City ${crypto.randomUUID()}`,
    country: 'IN',
    timeZone: 'Asia/Kolkata',
    currency: 'INR',
  })
  const cinemaId = await made('cinemas', { cityId, name: 'Live' })
  const auditoriumId = await made('auditoriums', { cinemaId, name: 'One' })
  await made(`auditoriums/${auditoriumId}/layouts`, layout)
  return made('shows', {
    movieId: await made('movies', { title: 'Live and let live' }),
    auditoriumId,
    startsAt: new Date(Date.now() + 86_400_000).toISOString(),
    prices: Object.fromEntries(layout.categories.map(category => [category.id, 900])),
    policy: { orphans: 'off', ...policy },
  })
}

async function guest(): Promise<string> {
  const answer = await call('POST', '/v1/sessions')
  return ((await answer.json()) as { token: string }).token
}

async function greeted(token?: string, protocol = 'usher.v1.json'): Promise<LiveClient> {
  const client = new LiveClient(Number(usher.url.port), protocol)
  await client.opened
  const hello = await client.ask({ op: 'hello', ...(token === undefined ? {} : { token }) })
  LIVE_OKS.hello.parse(hello.ok)
  return client
}

async function seatsOverHttp(showId: string): Promise<{ version: number; states: string }> {
  const answer = await call('GET', `/v1/shows/${showId}/seats`)
  return (await answer.json()) as { version: number; states: string }
}

type Ops = typeof LIVE_OKS

/** The ok of a command, checked by its schema. */
async function ok<Op extends keyof Ops>(
  client: LiveClient,
  op: Op,
  fields: Json,
): Promise<z.output<Ops[Op]>> {
  const answer = await client.ask({ op, ...fields })
  assert.ok(answer.ok !== undefined, JSON.stringify(answer))
  return LIVE_OKS[op].parse(answer.ok) as z.output<Ops[Op]>
}

async function refusal(client: LiveClient, op: string, fields: Json): Promise<string> {
  return LiveErr.parse(await client.ask({ op, ...fields })).err.code
}

const newKey = (): string => crypto.randomUUID()

test('F1 what is held is pushed to every watcher and is what HTTP answers', async () => {
  const showId = await openShow(20)
  const [buyer, watcher, binary] = await Promise.all([
    greeted(await guest()),
    greeted(),
    greeted(undefined, 'usher.v1.bin'),
  ])
  const map = await ok(watcher, 'watch', { showId })
  const ref = await ok(binary, 'watch', { showId })
  assert.ok('states' in map && 'showRef' in ref)
  const snapshot = decodeBinary(copyOf(binary.bytes[0]))
  assert.ok(snapshot?.kind === 'snapshot' && snapshot.showRef === ref.showRef)
  const hold = await ok(buyer, 'hold', { showId, key: newKey(), seats: [3, 4] })
  assert.equal(hold.phase, 'selecting')
  const seats = LIVE_PUSHES.seats.parse(await watcher.find(({ ev }) => ev === 'seats'))
  assert.equal(seats.from, map.version)
  assert.equal(seats.to, map.version + 2)
  assert.deepEqual(seats.changes, [
    [3, 1],
    [4, 1],
  ])
  await binary.findBytes(1)
  const delta = decodeBinary(copyOf(binary.bytes[1]))
  assert.ok(delta?.kind === 'delta')
  assert.deepEqual([...delta.changes], [(3 << 2) | 1, (4 << 2) | 1])
  assert.equal((await seatsOverHttp(showId)).version, seats.to, 'its own writes are read at once')
  const again = await ok(watcher, 'watch', {
    showId,
    since: { epoch: map.epoch, version: map.version },
  })
  assert.ok('recovered' in again)
  assert.deepEqual(again.changes, seats.changes)
  const taken = LiveErr.parse(await buyer.ask({ op: 'hold', showId, key: newKey(), seats: [4, 5] }))
  assert.equal(taken.err.code, 'seat-taken')
  assert.deepEqual(taken.err.conflicts, [{ seat: 4, state: 'held' }])
  for (const client of [buyer, watcher, binary]) client.end()
})

test('D5 a key has one effect, whether it comes over HTTP or WebSocket', async () => {
  const showId = await openShow(20)
  const token = await guest()
  const client = await greeted(token)
  const key = newKey()
  const first = await ok(client, 'hold', { showId, key, seats: [7, 8] })
  assert.equal((await ok(client, 'hold', { seats: [7, 8], key, showId })).id, first.id)
  const repeated = await call('POST', `/v1/shows/${showId}/holds`, {
    token,
    key,
    body: { seats: [7, 8] },
  })
  assert.equal(repeated.status, 201)
  assert.equal(repeated.headers.get('idempotency-replayed'), 'true')
  assert.equal(((await repeated.json()) as { id: string }).id, first.id)
  const other = { showId, key, seats: [9] }
  assert.equal(await refusal(client, 'hold', other), 'idempotency-mismatch')
  const best = { best: { together: true, count: 2 } }
  const bestKey = newKey()
  const over = await call('POST', `/v1/shows/${showId}/holds`, { token, key: bestKey, body: best })
  const bestHold = (await over.json()) as { id: string }
  const same = { showId, key: bestKey, best: { count: 2, together: true } }
  assert.equal((await ok(client, 'hold', same)).id, bestHold.id)
  client.end()
})

test('H2 change, extend and release over WebSocket; the other tab hears each', async () => {
  const showId = await openShow(20)
  const token = await guest()
  const [one, two, stranger] = await Promise.all([
    greeted(token),
    greeted(token),
    greeted(await guest()),
  ])
  const hold = await ok(one, 'hold', { showId, key: newKey(), seats: [0, 1] })
  const changed = await ok(one, 'change', { holdId: hold.id, seats: [1, 2] })
  assert.deepEqual(
    changed.seats.map(({ index }) => index),
    [1, 2],
  )
  assert.equal(changed.expiresAt, hold.expiresAt, 'changing seats moves no deadline')
  const extended = await ok(one, 'extend', { holdId: hold.id, key: newKey() })
  assert.ok(extended.expiresAt > hold.expiresAt)
  assert.equal(
    await refusal(one, 'extend', { holdId: hold.id, key: newKey() }),
    'no-extension-left',
  )
  assert.equal(await refusal(stranger, 'release', { holdId: hold.id }), 'not-found')
  assert.equal((await ok(one, 'release', { holdId: hold.id })).phase, 'released')
  assert.equal((await ok(one, 'release', { holdId: hold.id })).phase, 'released')
  assert.equal(await refusal(one, 'change', { holdId: hold.id, seats: [5] }), 'hold-expired')
  await two.find(text => text.ev === 'hold' && (text.hold as Json).phase === 'released')
  const heard = two.texts
    .filter(({ ev }) => ev === 'hold')
    .map(text => LIVE_PUSHES.hold.parse(text).hold)
  assert.deepEqual(
    heard.map(({ sequence }) => sequence),
    [hold, changed, extended].map(({ sequence }) => sequence).concat(heard.at(-1)?.sequence ?? 0),
  )
  assert.ok(stranger.texts.every(({ ev }) => ev === undefined))
  for (const client of [one, two, stranger]) client.end()
})

test('H3 an expiry is pushed to its customer, not early, and frees the seats', async () => {
  const showId = await openShow(6, { holdTtlMs: 1_000, holdLifeMaxMs: 1_000 })
  const client = await greeted(await guest())
  await ok(client, 'watch', { showId })
  const hold = await ok(client, 'hold', { showId, key: newKey(), seats: [2] })
  const isExpiry = (text: Json) => text.ev === 'hold' && (text.hold as Json).phase === 'expired'
  const push = LIVE_PUSHES.hold.parse(await client.find(isExpiry))
  const lateMs = Date.now() - Date.parse(hold.expiresAt)
  assert.ok(lateMs >= 0, `never early: ${lateMs} ms`)
  assert.equal(push.hold.id, hold.id)
  assert.equal(push.hold.ttlMs, 0)
  await client.find(
    text => text.ev === 'seats' && JSON.stringify(text.changes) === JSON.stringify([[2, 0]]),
  )
  client.end()
})

test('L7 a freed seat is offered, declined once, offered again and left', async () => {
  const showId = await openShow(4)
  const [holder, waiter] = await Promise.all([greeted(await guest()), greeted(await guest())])
  const all = await ok(holder, 'hold', { showId, key: newKey(), seats: [0, 1, 2, 3] })
  assert.equal(
    await refusal(waiter, 'hold', { showId, key: newKey(), best: { count: 1 } }),
    'sold-out',
  )
  const entry = await ok(waiter, 'join', { showId, key: newKey(), party: 2 })
  assert.equal(entry.state, 'waiting')
  assert.equal((await ok(waiter, 'rank', { entryId: entry.id })).ahead, 0)
  assert.equal(
    await refusal(waiter, 'join', { showId, key: newKey(), party: 1 }),
    'already-waiting',
  )
  await ok(holder, 'change', { holdId: all.id, seats: [0, 1] })
  const offer = LIVE_PUSHES.offer.parse(await waiter.find(({ ev }) => ev === 'offer'))
  assert.equal(offer.entry.state, 'offered')
  assert.equal(offer.entry.hold?.seats.length, 2)
  assert.equal(offer.entry.hold?.origin, 'offer')
  const declined = await ok(waiter, 'decline', { entryId: entry.id, key: newKey() })
  assert.equal(declined.state, 'waiting')
  await ok(holder, 'release', { holdId: all.id })
  await waiter.find(text => text.ev === 'offer' && isSecondOffer(text, offer.entry.hold?.id))
  const left = await ok(waiter, 'leave', { entryId: entry.id })
  assert.equal(left.state, 'left')
  for (const client of [holder, waiter]) client.end()
})

function isSecondOffer(text: Json, firstHold: string | undefined): boolean {
  const { entry } = LIVE_PUSHES.offer.parse(text)
  return entry.state === 'offered' && entry.hold?.id !== firstHold
}

test('F7 watch with a token tells what one holds and waits for, then the map', async () => {
  const showId = await openShow(4)
  const token = await guest()
  const first = await greeted(token)
  const hold = await ok(first, 'hold', { showId, key: newKey(), seats: [0, 1, 2, 3] })
  const entry = await ok(first, 'join', { showId, key: newKey(), party: 1 })
  first.end()
  const back = await greeted(token)
  await ok(back, 'watch', { showId })
  const [, held, waiting, watched] = back.texts
  assert.equal(LIVE_PUSHES.hold.parse(held).hold.id, hold.id)
  assert.equal(LIVE_PUSHES.offer.parse(waiting).entry.id, entry.id)
  LIVE_OKS.watch.parse(watched?.ok)
  assert.equal(await refusal(back, 'watch', { showId: 'show_999999' }), 'not-found')
  back.end()
})

test('F6 SIGTERM says goaway, closes with 1001 and exits with 0 within 8 s', async () => {
  const own = await UsherProcess.start({ env: { USHER_RATE_LIMITS: 'off', USHER_DEMO: 'off' } })
  const client = new LiveClient(Number(own.url.port), 'usher.v1.json')
  await client.opened
  await client.ask({ op: 'hello' })
  const startedAt = performance.now()
  const stopping = own.stop()
  LIVE_PUSHES.goaway.parse(await client.find(({ ev }) => ev === 'goaway'))
  assert.equal(await client.closed, 1001)
  assert.equal(await stopping, 0)
  assert.ok(performance.now() - startedAt < 8_000)
})

function copyOf(bytes: Buffer | undefined): ArrayBuffer {
  assert.ok(bytes !== undefined, 'bytes have come')
  return Uint8Array.from(bytes).buffer
}
