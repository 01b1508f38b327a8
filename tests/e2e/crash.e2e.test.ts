// Kills the real process at random moments of a load run and starts it again, twenty times over one data
// folder: nothing that a client was told "yes" about may be gone.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { LiveSocket } from '../../bench/live-socket.ts'
import { hallOf } from '../support/halls.ts'
import { UsherProcess } from '../support/usher-process.ts'

const KILLS = 20
const SOCKETS = 16
const SEATS_PER_ROW = 250
const ROWS = 160
const ENV = { USHER_RATE_LIMITS: 'off', USHER_DEMO: 'off' }

interface Acknowledged {
  readonly id: string
  readonly seat: number
  readonly token: string
  readonly kind: 'hold' | 'booking' | 'entry'
}

async function call<Body>(
  usher: UsherProcess,
  ask: { method: string; path: string; body?: unknown; token?: string },
): Promise<Body> {
  const answer = await fetch(new URL(ask.path, usher.url), {
    method: ask.method,
    headers: {
      'content-type': 'application/json',
      'idempotency-key': crypto.randomUUID(),
      authorization: `Bearer ${ask.token ?? usher.adminToken}`,
    },
    ...(ask.body === undefined ? {} : { body: JSON.stringify(ask.body) }),
  })
  const text = await answer.text()
  assert.ok(answer.ok, `${ask.method} ${ask.path}: ${answer.status} ${text}`)
  return JSON.parse(text) as Body
}

async function openShow(usher: UsherProcess): Promise<string> {
  const layout = hallOf({ rows: ROWS, seatsPerRow: SEATS_PER_ROW, aisleEvery: 50 })
  const create = async (path: string, body: unknown): Promise<string> =>
    (await call<{ id: string }>(usher, { method: 'POST', path: `/v1/admin/${path}`, body })).id
  const cityId = await create('cities', {
    name: 'Pune',
    country: 'IN',
    timeZone: 'Asia/Kolkata',
    currency: 'INR',
  })
  const cinemaId = await create('cinemas', { cityId, name: 'Crash' })
  const auditoriumId = await create('auditoriums', { cinemaId, name: 'One' })
  await create(`auditoriums/${auditoriumId}/layouts`, layout)
  const movieId = await create('movies', { title: 'The Fall' })
  return create('shows', {
    movieId,
    auditoriumId,
    startsAt: new Date(Date.now() + 86_400_000).toISOString(),
    prices: Object.fromEntries(layout.categories.map(category => [category.id, 0])),
    policy: { holdsMax: 100_000, orphans: 'off', holdTtlMs: 3_600_000, holdLifeMaxMs: 3_600_000 },
  })
}

/** Holds seats over WebSocket, one in flight a socket, until the process is killed. */
class Buyers {
  readonly acknowledged: Acknowledged[] = []
  readonly #usher: UsherProcess
  readonly #showId: string
  readonly #tokens: readonly string[]
  readonly #seats: () => number
  #isOver = false

  constructor(usher: UsherProcess, showId: string, tokens: readonly string[], seats: () => number) {
    this.#usher = usher
    this.#showId = showId
    this.#tokens = tokens
    this.#seats = seats
  }

  async start(): Promise<void> {
    for (const token of this.#tokens) await this.#open(token)
  }

  over(): void {
    this.#isOver = true
  }

  async #open(token: string): Promise<void> {
    const target = { host: this.#usher.url.hostname, port: Number(this.#usher.url.port) }
    let seat = -1
    const socket: LiveSocket = await LiveSocket.open(target, {
      onClose: () => undefined,
      onText: text => {
        if (!text.startsWith('{"id":')) return
        const answer = JSON.parse(text) as { ok?: { id?: string; seats?: unknown } }
        if (answer.ok?.id !== undefined && answer.ok.seats !== undefined) {
          this.acknowledged.push({ kind: 'hold', id: answer.ok.id, seat, token })
        }
        seat = this.#ask(socket)
      },
    })
    socket.queue(`{"id":"hello","op":"hello","token":"${token}"}`)
    socket.flush()
  }

  #ask(socket: LiveSocket): number {
    if (this.#isOver) return -1
    const seat = this.#seats()
    const key = crypto.randomUUID()
    socket.queue(
      `{"id":${seat},"op":"hold","showId":"${this.#showId}","key":"${key}","seats":[${seat}]}`,
    )
    socket.flush()
    return seat
  }
}

/** The seats route is the quick look at all, a few resources are read one by one. */
async function checkNothingLost(
  usher: UsherProcess,
  showId: string,
  acknowledged: readonly Acknowledged[],
): Promise<void> {
  const view = await call<{ states: string }>(usher, {
    method: 'GET',
    path: `/v1/shows/${showId}/seats`,
  })
  const states = Buffer.from(view.states, 'base64')
  const lost = acknowledged.filter(item => {
    const state = ((states[item.seat >>> 2] ?? 0) >>> (2 * (item.seat & 3))) & 3
    return item.kind === 'booking' ? state !== 2 : state !== 1
  })
  assert.deepEqual(lost.slice(0, 5), [], `${lost.length} of ${acknowledged.length} are gone`)
  const step = Math.max(1, Math.floor(acknowledged.length / 20))
  for (let at = 0; at < acknowledged.length; at += step) {
    const { id, seat, token, kind } = acknowledged[at] as Acknowledged
    const path = kind === 'hold' ? `/v1/holds/${id}` : `/v1/bookings/${id}`
    const found = await call<{ seats: { index: number }[] }>(usher, { method: 'GET', path, token })
    assert.deepEqual(
      found.seats.map(item => item.index),
      [seat],
    )
  }
}

async function bookOne(usher: UsherProcess, showId: string, ask: { seat: number; token: string }) {
  const { seat, token } = ask
  const hold = await call<{ id: string }>(usher, {
    method: 'POST',
    path: `/v1/shows/${showId}/holds`,
    body: { seats: [seat] },
    token,
  })
  const booking = await call<{ id: string }>(usher, {
    method: 'POST',
    path: `/v1/holds/${hold.id}/book`,
    body: { email: 'ada@example.org' },
    token,
  })
  return { kind: 'booking', id: booking.id, seat, token } as const
}

test('promise 2: kill -9 at any moment of a load run loses no acknowledged hold or booking', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'usher-crash-'))
  const acknowledged: Acknowledged[] = []
  let nextSeat = 0
  let usher = await UsherProcess.start({ dataDir, env: ENV })
  try {
    const showId = await openShow(usher)
    const tokens: string[] = []
    for (let each = 0; each < SOCKETS; each += 1) {
      const { token } = await call<{ token: string }>(usher, {
        method: 'POST',
        path: '/v1/sessions',
      })
      tokens.push(token)
    }
    for (let kill = 0; kill < KILLS; kill += 1) {
      const seatOf = (): number => nextSeat++ % (ROWS * SEATS_PER_ROW)
      acknowledged.push(
        await bookOne(usher, showId, { seat: seatOf(), token: tokens[0] as string }),
      )
      const buyers = new Buyers(usher, showId, tokens, seatOf)
      await buyers.start()
      await sleep(100 + Math.random() * 200)
      await usher.crash()
      buyers.over()
      assert.ok(buyers.acknowledged.length > 0, `round ${kill} held nothing before the crash`)
      acknowledged.push(...buyers.acknowledged)
      usher = await UsherProcess.start({ dataDir, env: ENV })
      await checkNothingLost(usher, showId, acknowledged)
    }
    assert.equal(await usher.stop(), 0)
  } finally {
    await usher.kill()
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 10 })
  }
})
