// What clients do to a live connection, by mistake or on purpose, and the exact answer to each.

import assert from 'node:assert/strict'
import { connect } from 'node:net'
import test from 'node:test'
import WebSocket from 'ws'
import { ADMISSION_DEFAULTS } from '../../gateway/admission.ts'
import { Hold } from '../../gateway/schemas/holds.ts'
import { LiveErr } from '../../gateway/schemas/live-messages.ts'
import type { LiveClient } from '../gateway/live-client.ts'
import { type HouseOptions, LiveHouseOnPort } from '../gateway/live-house.ts'
import { SHOW_ID } from '../gateway/live-stage.ts'

type Ending = { after(run: () => void): void }

async function opened(t: Ending, options: HouseOptions = {}): Promise<LiveHouseOnPort> {
  const house = await LiveHouseOnPort.open(options)
  t.after(() => house.stop())
  return house
}

async function guest(house: LiveHouseOnPort): Promise<LiveClient> {
  return house.client({ token: await house.token() })
}

/** The status with which an upgrade is refused, and the code of its problem. */
function refusal(
  port: number,
  options: { readonly protocols?: string[]; readonly origin?: string } = {},
): Promise<readonly [number, string]> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(
      `ws://127.0.0.1:${port}/v1/live`,
      options.protocols ?? ['usher.v1.json'],
      options.origin === undefined ? {} : { origin: options.origin },
    )
    socket.on('open', () => reject(new Error('the upgrade was accepted')))
    socket.on('error', () => undefined)
    socket.on('unexpected-response', (_, response) => {
      let body = ''
      response.on('data', (data: Buffer) => {
        body += data.toString()
      })
      response.on('end', () => {
        resolve([response.statusCode ?? 0, (JSON.parse(body) as { code: string }).code])
      })
    })
  })
}

async function codes(client: LiveClient, count: number): Promise<string[]> {
  await client.find(() => client.texts.filter(({ err }) => err !== undefined).length >= count)
  return client.texts
    .filter(({ err }) => err !== undefined)
    .map(text => LiveErr.parse(text).err.code)
}

test('G3 a subprotocol that is not ours is refused with 400', async t => {
  const house = await opened(t)
  assert.equal((await refusal(house.port, { protocols: [] }))[0], 400)
  assert.equal((await refusal(house.port, { protocols: ['usher.v2.json', 'mqtt'] }))[0], 400)
  const client = await house.client({ token: null, protocol: 'usher.v1.bin' })
  assert.equal(client.socket.protocol, 'usher.v1.bin')
  client.end()
})

test('G3 a foreign origin is refused with 403, the own and a named one are not', async t => {
  const house = await opened(t, { origins: ['https://tickets.example'] })
  const refused = await refusal(house.port, { origin: 'https://evil.example' })
  assert.deepEqual(refused, [403, 'origin-refused'])
  for (const origin of ['https://tickets.example', `http://127.0.0.1:${house.port}`]) {
    const socket = new WebSocket(`ws://127.0.0.1:${house.port}/v1/live`, ['usher.v1.json'], {
      origin,
    })
    await new Promise((resolve, reject) => {
      socket.once('open', resolve)
      socket.once('error', reject)
    })
    socket.terminate()
  }
})

test('G3 more sockets than an address may have are refused with 429', async t => {
  const limits = { ...ADMISSION_DEFAULTS, socketsPerAddress: 3 }
  const house = await opened(t, { rateLimits: 'on', limits })
  const clients = await Promise.all([house.client(), house.client(), house.client()])
  assert.deepEqual(await refusal(house.port), [429, 'rate-limited'])
  clients[0]?.end()
  await new Promise(resolve => setTimeout(resolve, 50))
  await house.client()
})

test('W1 a command before hello, a second hello, a write without a token', async t => {
  const house = await opened(t)
  const client = await house.client()
  const early = await client.ask({ op: 'watch', showId: SHOW_ID })
  assert.equal(LiveErr.parse(early).err.code, 'token-invalid')
  await client.ask({ op: 'hello' })
  assert.equal(LiveErr.parse(await client.ask({ op: 'hello' })).err.code, 'validation')
  const write = await client.ask({ op: 'hold', showId: SHOW_ID, key: 'k', seats: [1] })
  assert.equal(LiveErr.parse(write).err.code, 'token-invalid')
  client.end()
})

test('W1 no hello closes with 4408, a bad token with 4401', async t => {
  const house = await opened(t, { helloWithinMs: 60 })
  const silent = await house.client()
  const liar = await house.client()
  liar.send({ id: 1, op: 'hello', token: 'a.b.c' })
  assert.equal(await liar.closed, 4401)
  assert.deepEqual(await codes(liar, 1), ['token-invalid'])
  assert.equal(await silent.closed, 4408)
})

test('W2 not JSON, no op and binary frames are strikes; the third closes with 1008', async t => {
  const house = await opened(t)
  for (const bad of ['{', '[]', '"x"', '7', 'null', '[1,2]', '{"id":1}', '{"id":1,"op":5}', '']) {
    const client = await house.client({ token: null })
    for (let strike = 0; strike < 3; strike += 1) client.send(bad)
    assert.equal(await client.closed, 1008, bad)
    const answers = client.texts.filter(({ err }) => err !== undefined)
    assert.equal(answers.length, 3, bad)
    assert.ok(answers.every(({ id }) => id === null))
  }
  const client = await house.client({ token: null })
  for (let strike = 0; strike < 3; strike += 1) client.socket.send(Buffer.from('{"id":1,"op":"x"}'))
  assert.equal(await client.closed, 1008)
})

test('G2 wrong types, unknown fields and unknown ops are validation, and no strike', async t => {
  const house = await opened(t)
  const client = await guest(house)
  const hold = { op: 'hold', showId: SHOW_ID, key: 'k' }
  const bad: Record<string, unknown>[] = [
    { op: 'dance' },
    { op: 'constructor' },
    { op: '__proto__' },
    { ...hold, seats: 'all' },
    { ...hold, seats: [] },
    { ...hold, seats: [-1] },
    { ...hold, seats: [1.5] },
    { ...hold, seats: [2 ** 53] },
    { ...hold, seats: [null] },
    { ...hold, seats: Array.from({ length: 65 }, (_, seat) => seat) },
    { ...hold, seats: [1], color: 'red' },
    { ...hold, seats: [1], best: { count: 1 } },
    { ...hold },
    { ...hold, best: { count: 0 } },
    { ...hold, best: { count: 2, near: 'aisle' } },
    { ...hold, key: 'has space', seats: [1] },
    { ...hold, key: 'k'.repeat(256), seats: [1] },
    { ...hold, key: 7, seats: [1] },
    { ...hold, showId: 7, seats: [1] },
    { op: 'watch', showId: SHOW_ID, since: { epoch: -1, version: 0 } },
    { op: 'watch', showId: SHOW_ID, since: 5 },
    { op: 'join', showId: SHOW_ID, key: 'k', party: 0 },
    { op: 'join', showId: SHOW_ID, key: 'k', party: 2, minParty: 3 },
    { op: 'extend', holdId: {}, key: 'k' },
  ]
  for (const command of bad) {
    const answer = LiveErr.parse(await client.ask(command))
    assert.equal(answer.err.code, 'validation', JSON.stringify(command))
    assert.ok(answer.err.message.endsWith('.'), answer.err.message)
  }
  client.send('{"id":900,"op":"hold","showId":"show_7","key":"k","seats":[1],"__proto__":{"x":1}}')
  const proto = await client.find(({ id }) => id === 900)
  assert.equal(LiveErr.parse(proto).err.code, 'validation')
  client.send({ id: { deep: 1 }, op: 'unwatch', showId: SHOW_ID })
  const noId = await client.find(({ id }) => id === null)
  assert.equal(LiveErr.parse(noId).err.code, 'validation')
  const fine = await client.ask({ ...hold, seats: [1] })
  assert.ok(fine.ok !== undefined, 'nothing of this has hurt the connection')
  client.end()
})

test('W3 a frame over 4 KiB is refused, one over 16 KiB closes with 1009', async t => {
  const house = await opened(t)
  for (const size of [17_000, 200_000]) {
    const client = await guest(house)
    const long = await client.ask({ op: 'watch', showId: 'x'.repeat(6_000) })
    assert.equal(LiveErr.parse(long).err.code, 'body-too-large')
    client.send('x'.repeat(size))
    assert.equal(await client.closed, 1009)
  }
})

test('W3 too fast is refused with a wait; who does not stop is closed with 4429', async t => {
  const house = await opened(t, { rateLimits: 'sockets-only' })
  const client = await house.client({ token: null })
  for (let index = 0; index < 400; index += 1)
    client.send({ id: 0, op: 'unwatch', showId: SHOW_ID })
  assert.equal(await client.closed, 4429)
  const refused = client.texts
    .filter(({ err }) => err !== undefined)
    .map(text => LiveErr.parse(text))
  assert.ok(refused.length >= 100)
  assert.ok(refused.every(({ err }) => err.code === 'rate-limited' && (err.retryAfterMs ?? 0) > 0))
})

test('F4 a client that never reads is closed; the others hear of every change', async t => {
  const house = await opened(t, { seatCount: 200_000 })
  const reader = await house.client({ token: null })
  await reader.ask({ op: 'watch', showId: SHOW_ID })
  const deaf = connect(house.port, '127.0.0.1')
  const key = Buffer.from('0123456789abcdef').toString('base64')
  deaf.write(
    `GET /v1/live HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n` +
      `Sec-WebSocket-Protocol: usher.v1.json\r\n\r\n`,
  )
  await new Promise(resolve => deaf.once('data', resolve))
  deaf.pause()
  deaf.write(maskedText('{"id":1,"op":"hello"}'))
  deaf.write(maskedText(`{"id":2,"op":"watch","showId":"${SHOW_ID}"}`))
  await new Promise(resolve => setTimeout(resolve, 100))
  assert.equal(house.live.socketCount, 2)
  const end = performance.now() + 30_000
  // More than 4 096 changes a tick go out as a map of 67 kB: the kernel's buffers are full in seconds.
  for (let round = 1; house.live.socketCount > 1 && performance.now() < end; round += 1) {
    for (let seat = 0; seat < 5_000; seat += 1) house.desk.set(seat, round % 4)
    await new Promise(resolve => setTimeout(resolve, 55))
  }
  assert.equal(house.live.socketCount, 1, 'who never reads is gone')
  await reader.find(({ ev, version }) => ev === 'resync' && version === house.desk.version)
  deaf.destroy()
  reader.end()
})

test('F7 two tabs of one customer both learn of its hold, a stranger does not', async t => {
  const house = await opened(t)
  const token = await house.token()
  const [one, two, stranger] = await Promise.all([
    house.client({ token }),
    house.client({ token }),
    guest(house),
  ])
  const held = await one.ask({ op: 'hold', showId: SHOW_ID, key: 'tab', seats: [9] })
  const push = await two.find(({ ev }) => ev === 'hold')
  const idOf = (hold: unknown) => Hold.parse(hold).id
  assert.equal(idOf(push.hold), idOf(held.ok))
  await stranger.ask({ op: 'unwatch', showId: SHOW_ID })
  assert.ok(stranger.texts.every(({ ev }) => ev === undefined))
  assert.ok(one.texts.every(({ ev }) => ev === undefined))
  for (const client of [one, two, stranger]) client.end()
})

test('F1 a storm of reconnects asks the owner once and leaves nothing behind', async t => {
  const house = await opened(t)
  let asked = 0
  const { submit } = house.desk
  house.desk.submit = (request, origin, onReply) => {
    if (request.kind === 'read-show') asked += 1
    submit.call(house.desk, request, origin, onReply)
  }
  for (let wave = 0; wave < 4; wave += 1) {
    const clients = await Promise.all(
      Array.from({ length: 60 }, () => house.client({ token: null })),
    )
    const answers = await Promise.all(
      clients.map(client => client.ask({ op: 'watch', showId: SHOW_ID })),
    )
    assert.ok(answers.every(({ ok }) => ok !== undefined))
    for (const client of clients) client.end()
  }
  await new Promise(resolve => setTimeout(resolve, 100))
  assert.equal(asked, 1)
  assert.equal(house.live.socketCount, 0)
  assert.equal(house.live.feed.pace.watcherCount, 0)
})

test('F6 a drain says goaway, refuses newcomers and closes the rest with 1001', async t => {
  const house = await opened(t)
  const client = await house.client({ token: null })
  const draining = house.live.drain(200)
  const goaway = await client.find(({ ev }) => ev === 'goaway')
  assert.ok(Number(goaway.afterMs) < 200)
  assert.deepEqual(await refusal(house.port), [503, 'draining'])
  assert.equal(await client.closed, 1001)
  await draining
  assert.equal(house.live.socketCount, 0)
})

/** One masked text frame of at most 125 bytes; the mask is zero, which is allowed. */
function maskedText(text: string): Buffer {
  const payload = Buffer.from(text)
  return Buffer.concat([Buffer.of(0x81, 0x80 | payload.length, 0, 0, 0, 0), payload])
}
