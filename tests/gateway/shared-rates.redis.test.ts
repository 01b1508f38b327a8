// Limits that two gateways count together in Redis, and what becomes of them without it.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { pino } from 'pino'
import type { RateNumbers } from '../../gateway/rates.ts'
import { SharedRedis } from '../../gateway/redis.ts'
import { sharedRates } from '../../gateway/shared-rates.ts'
import { HttpClient, outcomeOf } from '../support/http-client.ts'
import { HttpHouse, type HttpHouseOptions } from '../support/http-house.ts'
import { redisFor } from '../support/redis.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'

const SOON_MS = 3_000
const TRIES_MAX = 6
const log = pino({ level: 'silent' })

function connected(t: TestContext, url: string): SharedRedis {
  const redis = new SharedRedis({ url, prefix: 'test', log })
  t.after(() => redis.stop())
  return redis
}

async function until(isTrue: () => boolean): Promise<void> {
  const end = performance.now() + SOON_MS
  while (!isTrue()) {
    assert.ok(performance.now() < end, 'it takes too long')
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}

async function gateways(t: TestContext, url: string, options: HttpHouseOptions) {
  const made: HttpClient[] = []
  const links: SharedRedis[] = []
  let first: HttpHouse | undefined
  for (let count = 0; count < 2; count += 1) {
    const redis = connected(t, url)
    await until(() => redis.isUp)
    const beside: HttpHouseOptions = first === undefined ? {} : { beside: first }
    const house = await HttpHouse.open({ rateLimits: 'on', redis, ...beside, ...options })
    t.after(() => house.close())
    first ??= house
    links.push(redis)
    made.push(await HttpClient.of(house.url))
  }
  const [one, other] = made
  assert.ok(first !== undefined && one !== undefined && other !== undefined)
  return { house: first, one, other, links }
}

/** A busy machine stretches a burst over more than its second: then it is asked again. */
async function eventually(attempt: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt()
    } catch (error) {
      if (tries === TRIES_MAX) throw error
      await new Promise(resolve => setTimeout(resolve, 2_000))
    }
  }
}

async function outcomes(asks: readonly Promise<{ readonly status: number }>[]) {
  const statuses = (await Promise.all(asks)).map(({ status }) => status)
  return { yes: statuses.filter(status => status < 300).length, all: statuses.length }
}

test('G3 one customer has one quota, whichever gateways it asks', async t => {
  const server = await redisFor(t)
  if (server === undefined) return
  const limits = { requestsPerCustomerPerSecond: 6 }
  const { house, one, other } = await gateways(t, server.url, { limits })
  const show = await house.show()
  await eventually(async () => {
    const token = await house.guest()
    const ask = (http: HttpClient) => http.get(`/v1/holds?show=${show}`, { token })
    const asked = await outcomes(Array.from({ length: 12 }, (_, n) => ask(n % 2 ? one : other)))
    assert.deepEqual(asked, { yes: 6, all: 12 })
  })
})

test('H6 guest sessions of an address: one burst for all gateways, then so many a second', async t => {
  const server = await redisFor(t)
  if (server === undefined) return
  const limits = { guestsBurst: 8, guestsPerSecond: 5 }
  const { one, other } = await gateways(t, server.url, { limits })
  const asks = (count: number) =>
    outcomes(Array.from({ length: count }, (_, n) => (n % 2 ? one : other).post('/v1/sessions')))
  await eventually(async () => {
    const first = await asks(20)
    assert.ok(first.yes >= 8 && first.yes <= 9, `${first.yes} of ${first.all}`)
    await new Promise(resolve => setTimeout(resolve, 420))
    const second = await asks(10)
    assert.ok(second.yes >= 2 && second.yes <= 3, `${second.yes} more after 0.42 s`)
  })
  const refused = await one.post('/v1/sessions')
  assert.match(refused.headers.get('ratelimit') ?? '', /^"guests";r=0;t=1$/)
  assert.equal(refused.headers.get('retry-after'), '1')
})

test('RA2 Redis dies: each gateway goes on with its own count; it is back: shared again', async t => {
  const server = await redisFor(t)
  if (server === undefined) return
  const limits = { requestsPerCustomerPerSecond: 4 }
  const { house, one, other, links } = await gateways(t, server.url, { limits })
  const [show, token] = [await house.show(), await house.guest()]
  const burst = () => {
    const asks = Array.from({ length: 12 }, (_, n) =>
      (n % 2 ? one : other).get(`/v1/holds?show=${show}`, { token }),
    )
    return outcomes(asks)
  }
  const shared = async () => assert.deepEqual(await burst(), { yes: 4, all: 12 })
  await eventually(shared)
  await server.kill()
  await until(() => links.every(link => !link.isUp))
  await eventually(async () => assert.equal((await burst()).yes, 8, 'a share per gateway'))
  const again = await redisFor(t, { port: server.port })
  assert.ok(again !== undefined)
  await until(() => links.every(link => link.isUp))
  await eventually(shared)
})

const NUMBERS: RateNumbers = { guests: { burst: 5, perSecond: 1 }, customersPerSecond: 5 }

test('K1 a Redis that falls silent holds nobody up for longer than a moment, and only once', async t => {
  const server = await redisFor(t)
  if (server === undefined) return
  const proxy = await TcpProxy.to({ host: '127.0.0.1', port: server.port })
  t.after(() => proxy.close())
  const redis = connected(t, `redis://127.0.0.1:${proxy.port}`)
  await until(() => redis.isUp)
  const { customers } = sharedRates(redis, NUMBERS)
  await customers.take('warm')
  proxy.isMute = true
  const waits: number[] = []
  for (let asked = 0; asked < 5; asked += 1) {
    const beganAt = performance.now()
    assert.equal((await customers.take('slow')).waitMs, 0, 'the insurance answers')
    waits.push(performance.now() - beganAt)
  }
  assert.ok((waits[0] ?? 0) < 800, `the first waits ${waits[0]} ms`)
  assert.ok(Math.max(...waits.slice(1)) < 200, `the others wait ${waits.slice(1)} ms`)
  assert.ok((await customers.take('slow')).waitMs > 0, 'the insurance has its limit')
  assert.equal(redis.downCount, 1)
  proxy.isMute = false
  await until(() => redis.isUp)
  assert.equal((await customers.take('warm')).left, 3, 'Redis remembers what it counted before')
})

test('K1 an answer that is late but in time is waited for', async t => {
  const server = await redisFor(t)
  if (server === undefined) return
  const proxy = await TcpProxy.to({ host: '127.0.0.1', port: server.port })
  t.after(() => proxy.close())
  const redis = connected(t, `redis://127.0.0.1:${proxy.port}`)
  await until(() => redis.isUp)
  const { customers } = sharedRates(redis, NUMBERS)
  proxy.delayMs = 20
  const beganAt = performance.now()
  assert.equal((await customers.take('late')).left, 4)
  assert.ok(performance.now() - beganAt < 250)
  assert.equal(redis.downCount, 0)
})

test('K1 a Redis that is too slow for use is never waited for', async t => {
  const server = await redisFor(t)
  if (server === undefined) return
  const proxy = await TcpProxy.to({ host: '127.0.0.1', port: server.port })
  t.after(() => proxy.close())
  proxy.delayMs = 600
  const redis = connected(t, `redis://127.0.0.1:${proxy.port}`)
  const { customers } = sharedRates(redis, NUMBERS)
  for (let asked = 0; asked < 5; asked += 1) {
    const beganAt = performance.now()
    assert.equal((await customers.take(`late ${asked}`)).waitMs, 0)
    assert.ok(performance.now() - beganAt < 200)
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  assert.equal(redis.isUp, false)
})

test('RA3 who is over the limit is refused from memory until a place is free', async t => {
  const server = await redisFor(t)
  if (server === undefined) return
  const redis = connected(t, server.url)
  await until(() => redis.isUp)
  const { guests } = sharedRates(redis, NUMBERS)
  for (let taken = 0; taken < 5; taken += 1) assert.equal((await guests.take('x')).waitMs, 0)
  assert.ok((await guests.take('x')).waitMs > 0)
  const before = await commandCount(redis)
  for (let asked = 0; asked < 50; asked += 1) assert.ok((await guests.take('x')).waitMs > 0)
  assert.ok((await commandCount(redis)) - before <= 2, 'Redis hears nothing of a flood')
})

async function commandCount({ client }: SharedRedis): Promise<number> {
  const info = await client.info('stats')
  return Number(/total_commands_processed:(\d+)/.exec(info)?.[1])
}

test('FLUSHALL forgets the counts and nothing else', async t => {
  const server = await redisFor(t)
  if (server === undefined) return
  const limits = { requestsPerCustomerPerSecond: 3 }
  const { house, one, links } = await gateways(t, server.url, { limits })
  const [show, token] = [await house.show(), await house.guest()]
  const ask = () => one.get(`/v1/holds?show=${show}`, { token })
  const answers = [await ask(), await ask(), await ask()]
  await links[0]?.client.flushall()
  const after = await ask()
  assert.deepEqual([...answers, after].map(outcomeOf), ['200', '200', '200', '200'])
  assert.equal(after.text, answers[0]?.text)
})
