// The operator's commands against a real Usher: get, explain, audit, import, and the history they read.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { type Database, openDatabase } from '../../persistence/database.ts'
import { UsherProcess } from '../support/usher-process.ts'

const root = join(import.meta.dirname, '../..')
let usher: UsherProcess
let database: Database
let hold: { readonly id: string; readonly showId: string; readonly customerId: string }

before(async () => {
  usher = await UsherProcess.start()
  database = await openDatabase({ dataDir: usher.dataDir })
  hold = await bookSomething()
})
after(async () => {
  await database.stop()
  await usher.stop()
})

test('GET /ops/v1/shows/{id}/history tells the life of a hold, for the role ops only', async () => {
  const path = `/ops/v1/shows/${hold.showId}/history?hold=${hold.id}`
  assert.equal((await fetch(new URL(path, usher.opsUrl))).status, 401)
  const guest = await fetch(new URL('/v1/sessions', usher.url), { method: 'POST' })
  const { token } = (await guest.json()) as { token: string }
  for (const [bearer, status] of [
    ['nonsense', 401],
    [token, 403],
  ] as const) {
    const headers = { authorization: `Bearer ${bearer}` }
    assert.equal((await fetch(new URL(path, usher.opsUrl), { headers })).status, status)
  }
  const first = await history(`${path}&limit=1`)
  assert.equal(first.status, 200)
  assert.deepEqual(
    first.body.items.map(item => item.kind),
    ['seats-held'],
  )
  assert.equal(first.body.items[0]?.customer, hold.customerId)
  assert.match(first.body.items[0]?.at ?? '', /^[0-9-]{10}T.*Z$/)
  const rest = await history(`${path}&cursor=${first.body.next}`)
  const kinds = rest.body.items.map(item => item.kind)
  assert.equal(kinds[kinds.length - 1], 'hold-booked')
  assert.equal(rest.body.next, null)
})

test('a history that cannot be asked for is refused with the field', async () => {
  const path = `/ops/v1/shows/${hold.showId}/history`
  for (const [query, field] of [
    ['seat=x', 'seat'],
    ['hold=1', 'hold'],
    ['limit=0', 'limit'],
    ['row=1', 'row'],
  ]) {
    const { status, body } = await history(`${path}?${query}`)
    assert.equal(status, 422)
    assert.match(body.detail ?? '', new RegExp(`^/query/${field}: `))
  }
  assert.equal((await history('/ops/v1/shows/hall_1/history')).status, 404)
})

test('usher get and explain print rows on stdout', async () => {
  const shards = await run('get', 'shards', '-o', 'json')
  assert.equal(shards.code, 0)
  assert.equal(JSON.parse(shards.stdout).items.length, 16)
  const nodes = await run('get', 'nodes')
  assert.match(nodes.stdout, /^id +role +pid/)
  const shows = await run('get', 'shows', '--limit', '3', '-o', 'json')
  const { items } = JSON.parse(shows.stdout) as { items: { id: string; startsAt: string }[] }
  assert.equal(items.length, 3)
  assert.match(items[0]?.id ?? '', /^show_[0-9]+$/)
  assert.ok(Date.parse(items[0]?.startsAt ?? '') <= Date.parse(items[2]?.startsAt ?? ''))
  assert.equal((await run('get', 'shows', '--limit', 'many')).code, 2)
  const life = await run('explain', 'hold', hold.id, '-o', 'json')
  const kinds = JSON.parse(life.stdout).items.map((item: { kind: string }) => item.kind)
  assert.equal(kinds[0], 'seats-held')
  const seat = await run('explain', 'seat', '--show', hold.showId, '--seat', '0')
  assert.match(seat.stdout, /seats-held/)
  assert.equal((await run('explain', 'hold', 'nonsense')).code, 2)
  assert.equal((await run('explain', 'seat', '--show', 'hall_1', '--seat', '0')).code, 3)
  assert.equal((await run('get', 'shards', '--loud')).code, 2)
})

test('usher import layout makes a new version, and tells what is wrong with a plan', async () => {
  const file = join(usher.dataDir, 'hall.json')
  const seat = (number: string, x: number) => ({ number, x, y: 20, category: 'all' })
  const rows = [{ name: 'A', seats: [seat('1', 0), seat('2', 20)] }]
  const plan = {
    name: 'Small',
    focus: { x: 10, y: 0 },
    categories: [{ id: 'all', name: 'All' }],
    sections: [{ name: 'Stalls', rows }],
  }
  writeFileSync(file, JSON.stringify(plan))
  const made = await run('import', 'layout', file, '--auditorium', 'auditorium_1', '-o', 'json')
  assert.equal(made.code, 0, made.stderr)
  assert.equal(JSON.parse(made.stdout).items[0].version, 2)
  writeFileSync(file, JSON.stringify({ ...plan, categories: [] }))
  const refused = await run('import', 'layout', file, '--auditorium', 'auditorium_1')
  assert.equal(refused.code, 2)
  assert.match(refused.stderr, /categor/)
  assert.equal((await run('import', 'layout', file, '--auditorium', 'auditorium_999')).code, 3)
  rmSync(file)
  assert.equal((await run('import', 'layout', file, '--auditorium', 'auditorium_1')).code, 3)
})

test('usher audit ends with 0 on a sound house and with 11 on each planted violation', async () => {
  const sound = await run('audit')
  assert.equal(sound.code, 0, sound.stdout)
  const plants: readonly (readonly [string, string, RegExp])[] = [
    [SELL_TWICE, UNSELL, /a seat has one live ticket/],
    [
      'update ticket set is_live = false',
      'update ticket set is_live = true',
      /live tickets exactly while it stands/,
    ],
    [
      'update booking set amount = amount + 1',
      'update booking set amount = amount - 1',
      /costs what its tickets cost/,
    ],
    [
      'update journal_frame set bytes = set_byte(bytes, 40, get_byte(bytes, 40) # 1) where frame = 1',
      'update journal_frame set bytes = set_byte(bytes, 40, get_byte(bytes, 40) # 1) where frame = 1',
      /the journal is one unbroken chain/,
    ],
  ]
  for (const [plant, mend, name] of plants) {
    await sql.raw(plant).execute(database.sql)
    const { code, stdout } = await run('audit', '-o', 'json')
    await sql.raw(mend).execute(database.sql)
    assert.equal(code, 11, plant)
    const broken = JSON.parse(stdout).items.filter(
      (item: { violations: number }) => item.violations > 0,
    )
    // one lie may break what several invariants say; its own must be among them
    const named = broken.find((item: { invariant: string }) => name.test(item.invariant))
    assert.ok(named !== undefined && named.places.length > 0, stdout)
  }
})

/** The same seats once more, under a booking of somebody else. */
const SELL_TWICE = `
  drop index ticket_live_seat;
  insert into booking
    select gen_random_uuid(), show, customer, gen_random_uuid(), null, status, amount, currency,
      intent, created_at, confirmed_at, sequence from booking;
  insert into ticket
    select b.id, t.show, t.seat_index, t.price, true, null, null, null
    from ticket t, booking b where b.number is null`
const UNSELL = `
  delete from ticket where booking in (select id from booking where number is null);
  delete from booking where number is null;
  create unique index ticket_live_seat on ticket (show, seat_index) where is_live`

interface History {
  readonly items: readonly { kind: string; at: string; customer?: string }[]
  readonly next: string | null
  readonly detail?: string
}

async function history(path: string): Promise<{ status: number; body: History }> {
  const answer = await fetch(new URL(path, usher.opsUrl), {
    headers: { authorization: `Bearer ${usher.adminToken}` },
  })
  return { status: answer.status, body: (await answer.json()) as History }
}

/** Seats 0 and 1 of a show, held and booked by the admin. */
async function bookSomething(): Promise<typeof hold> {
  const path = '/v1/auditoriums/auditorium_5/shows?limit=1'
  const shows = (await (await fetch(new URL(path, usher.url))).json()) as {
    items: { id: string }[]
  }
  const held = await post(`/v1/shows/${shows.items[0]?.id}/holds`, { seats: [0, 1] })
  await post(`/v1/holds/${held.id}/book`, { email: 'ada@example.org' })
  return held
}

async function post(path: string, body: unknown): Promise<typeof hold> {
  const answer = await fetch(new URL(path, usher.url), {
    method: 'POST',
    body: JSON.stringify(body),
    headers: {
      authorization: `Bearer ${usher.adminToken}`,
      'content-type': 'application/json',
      'idempotency-key': randomUUID(),
    },
  })
  assert.equal(answer.status, 201)
  return (await answer.json()) as typeof hold
}

interface Run {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function run(...args: readonly string[]): Promise<Run> {
  const env = {
    ...process.env,
    NODE_OPTIONS: '',
    USHER_DATA_DIR: usher.dataDir,
    USHER_PORT: usher.url.port,
    USHER_OPS_PORT: usher.opsUrl.port,
  }
  const words = ['--import', 'tsx', 'gateway/cli/usher.ts', ...args]
  return new Promise(resolve => {
    const child = execFile(process.execPath, words, { cwd: root, env }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    )
  })
}
