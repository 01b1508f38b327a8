// Catalogue answers that two gateways share: coherent with Redis, without it, and when it forgets.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { pino } from 'pino'
import { SharedRedis } from '../../gateway/redis.ts'
import { SharedAnswers } from '../../gateway/shared-answers.ts'
import { TtlCache } from '../../gateway/ttl-cache.ts'
import { HttpClient, outcomeOf } from '../support/http-client.ts'
import { HttpHouse } from '../support/http-house.ts'
import { redisFor } from '../support/redis.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'

const log = pino({ level: 'silent' })
const TTL_MS = 1_000
const ZONE = { country: 'FR', timeZone: 'Europe/Paris', currency: 'EUR' }

async function connected(t: TestContext, url: string): Promise<SharedRedis> {
  const redis = new SharedRedis({ url, prefix: 'test', log })
  t.after(() => redis.stop())
  await new Promise(resolve => redis.client.once('ready', resolve))
  return redis
}

async function cacheOn(t: TestContext, url: string) {
  const redis = await connected(t, url)
  return { redis, cache: new TtlCache(TTL_MS, new SharedAnswers(redis, '1')) }
}

const sleep = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

test('G5 what one gateway made the other one takes from Redis, no longer than its life', async t => {
  const server = await redisFor(t)
  if (server === undefined) return
  const [one, other] = [await cacheOn(t, server.url), await cacheOn(t, server.url)]
  let madeCount = 0
  const make = async () => {
    madeCount += 1
    return { made: madeCount }
  }
  assert.deepEqual(await one.cache.get('a', make), { made: 1 })
  await sleep(500)
  assert.deepEqual(await other.cache.get('a', make), { made: 1 })
  assert.equal(other.redis.answers.hitCount, 1)
  await sleep(550)
  assert.deepEqual(await other.cache.get('a', make), { made: 2 }, 'T2 it did not live twice')
})

test('SA1 a maker that began before a clear brings nothing back', async t => {
  const server = await redisFor(t)
  if (server === undefined) return
  const [one, other] = [await cacheOn(t, server.url), await cacheOn(t, server.url)]
  let finish = (_: string): void => undefined
  const slow = new Promise<string>(resolve => {
    finish = resolve
  })
  const old = one.cache.get('b', () => slow)
  await sleep(30) // it has asked Redis and makes now
  other.cache.clear()
  finish('old')
  assert.equal(await old, 'old')
  await sleep(30)
  assert.equal(await other.cache.get('b', async () => 'new'), 'new')
  const third = await cacheOn(t, server.url)
  assert.equal(await third.cache.get('b', async () => 'made'), 'made', 'Redis has nothing of it')
})

test('T1 a clear that Redis never hears of is kept all the same', async t => {
  const server = await redisFor(t)
  if (server === undefined) return
  const proxy = await TcpProxy.to({ host: '127.0.0.1', port: server.port })
  t.after(() => proxy.close())
  const cut = await cacheOn(t, `redis://127.0.0.1:${proxy.port}`)
  assert.equal(await cut.cache.get('c', async () => 'old'), 'old')
  proxy.isMute = true
  proxy.cut()
  await sleep(20)
  cut.cache.clear()
  proxy.isMute = false
  await new Promise(resolve => cut.redis.client.once('ready', resolve))
  assert.equal(await cut.cache.get('c', async () => 'new'), 'new', 'Redis still says old')
})

test('T3 a silent Redis, or one that holds nonsense, delays little and changes nothing', async t => {
  const server = await redisFor(t)
  if (server === undefined) return
  const proxy = await TcpProxy.to({ host: '127.0.0.1', port: server.port })
  t.after(() => proxy.close())
  const { cache, redis } = await cacheOn(t, `redis://127.0.0.1:${proxy.port}`)
  await redis.client.set('answers:1:d', '\n{"broken', 'PX', 900)
  assert.equal(await cache.get('d', async () => 'made'), 'made')
  proxy.isMute = true
  const beganAt = performance.now()
  assert.equal(await cache.get('e', async () => 'made'), 'made')
  assert.ok(performance.now() - beganAt < 800)
})

async function twoGateways(t: TestContext, url: string) {
  const first = await HttpHouse.open({ redis: await connected(t, url) })
  t.after(() => first.close())
  const second = await HttpHouse.open({ redis: await connected(t, url), beside: first })
  t.after(() => second.close())
  const admin = await first.role('admin')
  const [one, other] = [await HttpClient.of(first.url), await HttpClient.of(second.url)]
  return { first, admin, one, other }
}

test('G5 a write is seen at once where it was made and within a second elsewhere', async t => {
  const server = await redisFor(t)
  if (server === undefined) return
  const { first, admin, one, other } = await twoGateways(t, server.url)
  const show = await first.show()
  const path = `/v1/shows/${show}`
  const before = await other.get(path)
  assert.equal(before.text, (await one.get(path)).text)
  const { movieId, auditoriumId } = idsIn(before.json)
  const startsAt = new Date(Date.now() + 90 * 3_600_000).toISOString()
  const body = { movieId, auditoriumId, startsAt, prices: pricesOf(before.json, 990) }
  const sent = { token: admin, body }
  const answer = await one.ask('PUT', `/v1/admin/shows/${show}`, sent)
  assert.equal(outcomeOf(answer), '200', answer.text)
  const writtenAt = performance.now()
  assert.equal(startsIn((await one.get(path)).json), startsAt, 'at once')
  while (startsIn((await other.get(path)).json) !== startsAt) {
    assert.ok(performance.now() - writtenAt < TTL_MS + 100, 'within a second')
    await sleep(20)
  }
  const token = await first.guest()
  await sleep(Math.max(0, writtenAt + TTL_MS + 20 - performance.now()))
  const held = await other.post(`${path}/holds`, { token, body: { seats: [0, 1] } })
  assert.match(held.text, /"amount":990/, 'also where prices are told from cards')
})

test('FLUSHALL and a dead Redis change no answer', async t => {
  const server = await redisFor(t)
  if (server === undefined) return
  const { first, admin, one, other } = await twoGateways(t, server.url)
  const show = await first.show()
  const paths = ['/v1/cities', `/v1/shows/${show}`, '/v1/search?q=long', `/v1/shows/${show}/seats`]
  const read = async () => {
    const texts: string[] = []
    for (const path of paths) {
      for (const http of [one, other]) texts.push((await http.get(path)).text)
    }
    return texts
  }
  const told = await read()
  const redis = await connected(t, server.url)
  await redis.client.flushall()
  assert.deepEqual(await read(), told)
  await sleep(TTL_MS)
  assert.deepEqual(await read(), told)
  await server.kill()
  assert.deepEqual(await read(), told)
  await sleep(TTL_MS)
  assert.deepEqual(await read(), told)
  const city = { token: admin, body: { ...ZONE, name: 'Arles' } }
  assert.equal(outcomeOf(await one.post('/v1/admin/cities', city)), '201')
  assert.match((await one.get('/v1/cities')).text, /Arles/, 'at once, without Redis')
  await sleep(TTL_MS)
  assert.match((await other.get('/v1/cities')).text, /Arles/, 'within a second, without Redis')
})

interface ShowJson {
  readonly startsAt: string
  readonly movie: { readonly id: string }
  readonly auditorium: { readonly id: string }
  readonly categories: readonly { readonly id: string }[]
}

const startsIn = (json: unknown): string => (json as ShowJson).startsAt

function idsIn(json: unknown) {
  const { movie, auditorium } = json as ShowJson
  return { movieId: movie.id, auditoriumId: auditorium.id }
}

function pricesOf(json: unknown, amount: number): Record<string, number> {
  return Object.fromEntries((json as ShowJson).categories.map(({ id }) => [id, amount]))
}
