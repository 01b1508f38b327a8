// A visitor's doings at one show, against a small house over real HTTP and a real WebSocket.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { WebSocket, WebSocketServer } from 'ws'
import { ApiClient } from '../../gateway/web/api/client.ts'
import type { Entry, Hold, Layout, Show } from '../../gateway/web/api/types.ts'
import { LiveConnection } from '../../gateway/web/live/connection.ts'
import { Commands } from '../../gateway/web/stores/commands.ts'
import type { DeskState } from '../../gateway/web/stores/desk-state.ts'
import { ShowDesk } from '../../gateway/web/stores/show-desk.ts'

Object.assign(globalThis, { WebSocket })

const free = { amount: 0, currency: 'EUR' }
const names = { movie: { id: 'movie_1', title: 'Ferry' }, cinema: { id: 'cinema_1', name: 'Roxy' } }

const SHOW: Show = {
  id: 'show_1',
  ...names,
  auditorium: { id: 'auditorium_1', name: 'One' },
  layoutId: 'layout_1',
  startsAt: '2030-01-01T19:00:00.000Z',
  timeZone: 'Europe/London',
  salesOpenAt: '2026-01-01T00:00:00.000Z',
  salesCloseAt: '2030-01-01T19:00:00.000Z',
  status: 'on-sale',
  policy: { seatsMax: 4 },
  categories: [{ id: 'c', name: 'Stalls', price: free }],
  counts: { free: 8, reserved: 0, held: 0, sold: 0, blocked: 0 },
}

const LAYOUT: Layout = {
  id: 'layout_1',
  sections: ['Stalls'],
  width: 9,
  height: 2,
  focus: { x: 4, y: 0 },
  seats: Array.from({ length: 8 }, (_, index) => ({
    index,
    label: `A${index + 1}`,
    section: 'Stalls',
    row: 'A',
    number: String(index + 1),
    category: 'c',
    segment: 0,
    x: index,
    y: 1,
    kind: 'standard' as const,
  })),
}

type Json = Record<string, unknown>

/** What the house answers to commands, and what it has on its books. */
class House {
  holds: Hold[] = []
  entries: Entry[] = []
  readonly keys: string[] = []
  /** answers of the next commands, in order; a function is called with the command */
  readonly script: ((command: Json) => Json)[] = []
  readonly sockets = new Set<WebSocket>()

  http(request: IncomingMessage, response: ServerResponse): void {
    const { pathname } = new URL(request.url ?? '/', 'http://house')
    const body = this.#read(pathname)
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body ?? { code: 'not-found', detail: 'not here' }))
  }

  socket(socket: WebSocket): void {
    this.sockets.add(socket)
    socket.on('close', () => this.sockets.delete(socket))
    socket.on('message', data => {
      const { id, ...command } = JSON.parse(String(data)) as Json
      socket.send(JSON.stringify({ id, ...this.#answer(command, socket) }))
    })
  }

  push(message: Json): void {
    for (const socket of this.sockets) socket.send(JSON.stringify(message))
  }

  /** One seat changes for everybody. */
  change(from: number, index: number, state: number): void {
    const bytes = new DataView(new ArrayBuffer(24))
    bytes.setUint8(0, 2)
    bytes.setUint16(2, 1, true)
    const words = [5, 1, from, from + 1, (index << 2) | state]
    for (const [i, word] of words.entries()) bytes.setUint32(4 + i * 4, word, true)
    for (const socket of this.sockets) socket.send(bytes.buffer)
  }

  #answer(command: Json, socket: WebSocket): Json {
    if (command.op === 'hello') return { ok: { customerId: 'me' } }
    if (command.op === 'unwatch') return { ok: {} }
    if (command.op !== 'watch') {
      this.keys.push(String(command.key))
      return this.script.shift()?.(command) ?? { err: { code: 'internal', message: 'no script' } }
    }
    const map = Buffer.alloc(22)
    map[0] = 1
    for (const [i, word] of [5, 1, 10, 8].entries()) map.writeUInt32LE(word, 4 + i * 4)
    setImmediate(() => socket.send(map))
    return { ok: { showId: 'show_1', showRef: 5, epoch: 1, version: 10 } }
  }

  #read(path: string): unknown {
    const expiresAt = '2035-01-01T00:00:00.000Z'
    const list = (items: readonly unknown[]) => ({ items, next: null })
    if (path === '/v1/sessions') return { token: 't', customerId: 'me', expiresAt }
    if (path === '/v1/shows/show_1') return SHOW
    if (path === '/v1/layouts/layout_1') return LAYOUT
    if (path === '/v1/bookings') return list([])
    if (path === '/v1/holds') return list(this.holds.filter(({ phase }) => phase === 'selecting'))
    if (path === '/v1/waitlist') return list(this.entries)
    return [...this.holds, ...this.entries].find(({ id }) => path.endsWith(`/${id}`))
  }
}

async function enter(t: TestContext) {
  const house = new House()
  const server = createServer((request, response) => house.http(request, response))
  new WebSocketServer({ server }).on('connection', socket => house.socket(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const base = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const memory = new Map<string, string>()
  const api = new ApiClient(`http://${base}`, {
    getItem: name => memory.get(name) ?? null,
    setItem: (name, value) => void memory.set(name, value),
    removeItem: name => void memory.delete(name),
  })
  const live = new LiveConnection({
    url: `ws://${base}/v1/live`,
    token: () => api.session.token(),
    forgetToken: token => api.session.forget(token),
    onHold: hold => desk.takeHold(hold),
    onEntry: entry => desk.takeEntry(entry),
  })
  const desk = new ShowDesk('show_1', { api, live, commands: new Commands(api, live) })
  desk.start()
  t.after(() => {
    desk.stop()
    server.close()
    server.closeAllConnections()
    for (const socket of house.sockets) socket.terminate()
  })
  await until(desk, ({ watch, layout }) => watch.status === 'live' && layout !== undefined)
  return { house, desk }
}

function until(desk: ShowDesk, isDone: (state: DeskState) => boolean): Promise<void> {
  return new Promise(resolve => {
    const look = (): void => {
      if (!isDone(desk.state.get())) return
      stop()
      resolve()
    }
    const stop = desk.state.subscribe(look)
    look()
  })
}

const holdOf = (seats: readonly number[], part: Partial<Hold> = {}): Hold => ({
  id: 'h1',
  showId: 'show_1',
  phase: 'selecting',
  seats: seats.map(index => ({ index, label: `A${index + 1}`, category: 'c', price: free })),
  amount: free,
  expiresAt: '2030-01-01T00:00:00.000Z',
  ttlMs: 300_000,
  extensionsLeft: 1,
  origin: 'direct',
  epoch: 1,
  sequence: 1,
  ...part,
})

test('U18 a refusal is a sentence, marks its seats and keeps the rest of the selection', async t => {
  const { house, desk } = await enter(t)
  for (const index of [1, 2, 3]) desk.press(index)
  house.script.push(() => ({
    err: { code: 'seat-taken', message: 'x', conflicts: [{ seat: 2, state: 'held' }] },
  }))
  await desk.holdDraft()
  const { draft, conflicts, notice, isBusy } = desk.state.get()
  assert.deepEqual([...draft], [1, 3])
  assert.deepEqual([...conflicts], [2])
  assert.match(notice?.text ?? '', /Somebody was faster/)
  assert.equal(isBusy, false)
})

test('U13 an unknown outcome is asked again with the same key', async t => {
  const { house, desk } = await enter(t)
  desk.press(1)
  house.script.push(() => ({ err: { code: 'outcome-unknown', message: '', retryable: true } }))
  house.script.push(command => ({ ok: { ...holdOf(command.seats as number[]) } }))
  await desk.holdDraft()
  assert.equal(house.keys.length, 2)
  assert.equal(house.keys[0], house.keys[1])
  assert.deepEqual([...desk.state.get().holdings.keys()], ['h1'])
})

test('U14 a picked seat that turns is lost aloud, one that is being held is not', async t => {
  const { house, desk } = await enter(t)
  desk.press(1)
  desk.press(2)
  house.change(10, 2, 1)
  await until(desk, ({ draft }) => draft.size === 1)
  assert.match(desk.state.get().notice?.text ?? '', /took A3/)
  house.script.push(command => {
    house.change(11, 1, 1) // the watcher hears of the hold before its owner does
    return { ok: { ...holdOf(command.seats as number[]) } }
  })
  await desk.holdDraft()
  assert.deepEqual([...desk.state.get().draft], [1])
  assert.equal(desk.state.get().notice, undefined)
})

test('U17 after a break the holds and the place in line are asked for again', async t => {
  const { house, desk } = await enter(t)
  desk.takeHold(holdOf([4]))
  house.holds = [holdOf([4], { phase: 'expired', sequence: 2 })]
  house.entries = [{ id: 'e1', showId: 'show_1', state: 'waiting', party: 2, ahead: 7 }]
  for (const socket of house.sockets) socket.close(1001)
  await until(desk, ({ entry }) => entry?.ahead === 7)
  assert.equal(desk.state.get().holdings.get('h1')?.hold.phase, 'expired')
  assert.deepEqual([...desk.state.get().draft], [])
})

test('U17 an offer arrives with its seats, and its end is told', async t => {
  const { house, desk } = await enter(t)
  const waiting: Entry = { id: 'e1', showId: 'show_1', state: 'waiting', party: 2, ahead: 0 }
  house.script.push(() => ({ ok: { ...waiting } }))
  await desk.join({ party: 2 })
  const hold = holdOf([5, 6], { id: 'h9', origin: 'offer' })
  house.push({ ev: 'offer', entry: { ...waiting, state: 'offered', hold } })
  await until(desk, ({ entry }) => entry?.state === 'offered')
  assert.deepEqual([...desk.state.get().draft], [5, 6])
  assert.match(desk.state.get().notice?.text ?? '', /offer/)
  desk.press(0)
  assert.deepEqual([...desk.state.get().draft], [5, 6])
  house.push({ ev: 'hold', hold: { ...hold, phase: 'expired', sequence: 2 } })
  house.push({ ev: 'offer', entry: { ...waiting, state: 'lapsed' } })
  await until(desk, ({ entry }) => entry?.state === 'lapsed')
  assert.deepEqual([...desk.state.get().draft], [])
  assert.match(desk.state.get().notice?.text ?? '', /run out/)
})

test('U18 a party that does not fit is told the largest that does', async t => {
  const { house, desk } = await enter(t)
  house.script.push(() => ({ err: { code: 'no-block', message: '', largest: 3 } }))
  await desk.holdBest({ count: 4 })
  assert.equal(desk.state.get().largest, 3)
})
