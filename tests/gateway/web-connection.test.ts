// The browser's live connection against a real WebSocket server.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { WebSocket, WebSocketServer } from 'ws'
import { Refused } from '../../gateway/web/api/refusal.ts'
import { LiveConnection } from '../../gateway/web/live/connection.ts'
import type { Watch } from '../../gateway/web/live/watch-machine.ts'

Object.assign(globalThis, { WebSocket })

type Message = { id: number; op: string } & Record<string, unknown>

const MAP = Uint8Array.of(1, 0, 0, 0, 5, 0, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0, 2, 0, 0, 0, 0b0100)

async function open(t: { after: (stop: () => void) => void }, onMessage: OnMessage) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  const heard: Message[] = []
  const urls: (string | undefined)[] = []
  server.on('connection', (socket, request) => {
    urls.push(request.url)
    socket.on('message', data => {
      const message = JSON.parse(String(data)) as Message
      heard.push(message)
      onMessage(message, socket, heard)
    })
  })
  const forgotten: string[] = []
  const live = new LiveConnection({
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/v1/live`,
    token: () => Promise.resolve('secret-token'),
    forgetToken: token => forgotten.push(token),
    onHold: () => {},
    onEntry: () => {},
  })
  t.after(() => {
    live.unwatch('show_1')
    server.close()
    for (const socket of server.clients) socket.terminate()
  })
  return { live, heard, urls, forgotten, server }
}

type OnMessage = (message: Message, socket: WebSocket, heard: readonly Message[]) => void

/** Answers hello and watch; the map overtakes the answer that tells whose it is. */
const answer: OnMessage = ({ id, op, since }, socket) => {
  if (op === 'hello') socket.send(JSON.stringify({ id, ok: { customerId: 'c' } }))
  if (op !== 'watch') return
  const at = { showId: 'show_1', showRef: 5, epoch: 1 }
  if (since !== undefined) {
    socket.send(
      JSON.stringify({ id, ok: { ...at, version: 11, recovered: true, changes: [[0, 2]] } }),
    )
    return
  }
  socket.send(MAP)
  socket.send(JSON.stringify({ id, ok: { ...at, version: 9 } }))
}

function watching(live: LiveConnection) {
  const statuses: string[] = []
  let settle: () => void = () => {}
  const watch = live.watch('show_1', {
    seatsChanged: () => {},
    statusChanged: (now: Watch) => {
      statuses.push(now.status)
      settle()
    },
  })
  const until = async (status: string): Promise<void> => {
    while (watch.current.status !== status) {
      await new Promise<void>(resolve => {
        settle = resolve
      })
    }
  }
  return { watch, statuses, until }
}

test('U1 the token travels in hello and never in the address', async t => {
  const { live, heard, urls } = await open(t, answer)
  const { until } = watching(live)
  await until('live')
  assert.deepEqual(urls, ['/v1/live'])
  assert.deepEqual([heard[0]?.op, heard[0]?.token], ['hello', 'secret-token'])
})

test('U4 a snapshot that overtakes the answer of its watch is not lost', async t => {
  const { live } = await open(t, answer)
  const { watch, until } = watching(live)
  await until('live')
  assert.deepEqual([watch.seats.stateOf(0), watch.seats.stateOf(1)], [0, 1])
  assert.deepEqual(watch.position, { epoch: 1, version: 9 })
})

test('U9 after a break the show is resumed from its epoch and version', async t => {
  const { live, heard, server } = await open(t, answer)
  const { watch, statuses, until } = watching(live)
  await until('live')
  for (const socket of server.clients) socket.close(1001)
  await until('stale')
  await until('live')
  const asked = heard.filter(({ op }) => op === 'watch')
  assert.deepEqual(asked[1]?.since, { epoch: 1, version: 9 })
  assert.equal(watch.seats.stateOf(0), 2)
  assert.equal(watch.position?.version, 11)
  assert.deepEqual(statuses, ['catching-up', 'live', 'stale', 'catching-up', 'live'])
})

test('U8 a refused token is forgotten before the next attempt', async t => {
  const { live, forgotten, heard } = await open(t, (message, socket, all) => {
    if (all.length > 1) return answer(message, socket, all)
    const err = { code: 'token-invalid', message: 'no', retryable: false }
    socket.send(JSON.stringify({ id: message.id, err }))
    socket.close(4401)
  })
  const { until } = watching(live)
  await until('live')
  assert.ok(forgotten.includes('secret-token'))
  assert.ok(heard.filter(({ op }) => op === 'hello').length > 1)
})

test('U13 a command whose socket dies ends as unknown, not as a silent wait', async t => {
  const { live } = await open(t, (message, socket, all) => {
    if (message.op === 'hold') socket.terminate()
    else answer(message, socket, all)
  })
  const { until } = watching(live)
  await until('live')
  const asked = live.command('hold', { showId: 'show_1', seats: [1], key: 'k' })
  await assert.rejects(asked, (failure: unknown) => {
    return failure instanceof Refused && failure.refusal.code === 'outcome-unknown'
  })
})
