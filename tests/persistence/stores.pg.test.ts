// What gateways and shards read back: bookings, ended holds, reports, repeats, snapshot pages.

import assert from 'node:assert/strict'
import test from 'node:test'
import pg from 'pg'
import { createBookings } from '../../persistence/bookings.ts'
import { createCatalogue } from '../../persistence/catalog.ts'
import type { Database } from '../../persistence/database.ts'
import { historyOf } from '../../persistence/history.ts'
import { createEnded } from '../../persistence/holds.ts'
import { importDocument } from '../../persistence/layout-import.ts'
import { addLayout, PostgresPlanSource } from '../../persistence/layout-store.ts'
import { Ledger } from '../../persistence/ledger.ts'
import { pgTypes } from '../../persistence/pg-types.ts'
import { createRepeats } from '../../persistence/repeats.ts'
import { createReports } from '../../persistence/reports.ts'
import { PostgresSnapshots } from '../../persistence/snapshots.ts'
import {
  asEpoch,
  asFrameNumber,
  asIncarnation,
  asSeatIndex,
  asSequence,
  asShardNumber,
  idOf,
  newCustomerId,
  offerHoldIdOf,
} from '../../shared/ids.ts'
import { DEFAULT_POLICY } from '../../shared/policy.ts'
import type { SnapshotPage } from '../../shared/ports.ts'
import type { Transition } from '../../shared/transitions.ts'
import { freshDatabase } from '../support/postgres.ts'
import { JournalScript } from './journal-script.ts'
import {
  booked,
  bookingId,
  cancelled,
  customerId,
  declined,
  entryId,
  held,
  holdId,
  joined,
  offered,
  opened,
  SHARD,
  SHOW,
  STORY,
  settled,
  TERMS,
} from './ledger-story.ts'

/** The frames' clock is now, so that what ended did so within the last 24 h. */
async function project(
  database: Database,
  frames: readonly (readonly Transition[])[],
): Promise<void> {
  const client = new pg.Client({ connectionString: database.url, types: pgTypes })
  await client.connect()
  const ledger = new Ledger({ client, rowsPerStatementMax: 256 })
  await ledger.load()
  const script = new JournalScript(SHARD)
  script.timeMs = Date.now() - 60_000
  await ledger.project(frames.map(transitions => script.frame(transitions)))
  await client.end()
}

test('BO1 BO2 my bookings, newest first, without pending ones', async () => {
  const database = await freshDatabase()
  const mine = (name: string, seat: number) => {
    return { ...held(name, [seat]), customer: customerId('anna') }
  }
  await project(database, [
    [opened],
    [mine('a', 1), settled('a', 500), booked('a', 1)],
    [mine('b', 2), settled('b', 500), booked('b', 2)],
    [mine('c', 3), settled('c', 500), booked('c', 3), cancelled('c', 3, [3])],
    [mine('d', 4), settled('d', 500)],
    [held('ben', [5]), settled('ben', 500), booked('ben', 4)],
  ])
  const bookings = createBookings(database.sql)
  const anna = customerId('anna')
  const first = await bookings.ofCustomer(anna, { before: undefined, limit: 2 })
  assert.deepEqual(
    first.map(({ id, status, number }) => [id, status, number]),
    [
      [bookingId('c'), 'cancelled', 3],
      [bookingId('b'), 'confirmed', 2],
    ],
  )
  const rest = await bookings.ofCustomer(anna, { before: first[1]?.id, limit: 2 })
  assert.deepEqual(
    rest.map(({ id }) => id),
    [bookingId('a')],
  )
  const [seat] = rest[0]?.seats ?? []
  assert.match(seat?.ticketId ?? '', /^[a-z2-7]{26}$/)
  assert.equal((await bookings.booking(bookingId('d')))?.status, 'pending')
  assert.equal(await bookings.booking(bookingId('nobody')), undefined)
  await database.stop()
})

test('a settlement that failed leaves no booking, and its seats may be sold again', async () => {
  const database = await freshDatabase()
  await project(database, [
    [opened, held('a', [1]), settled('a', 500)],
    [{ kind: 'settlement-failed', show: SHOW, hold: holdId('a') }],
    [held('b', [1]), settled('b', 500), booked('b', 1)],
  ])
  const bookings = createBookings(database.sql)
  assert.equal(await bookings.booking(bookingId('a')), undefined)
  assert.equal((await bookings.booking(bookingId('b')))?.status, 'confirmed')
  assert.equal((await createEnded(database.sql).hold(holdId('a')))?.phase, 'released')
  await database.stop()
})

test('EN1 ended holds and entries are told with their last phase, living ones are not', async () => {
  const database = await freshDatabase()
  await project(database, STORY.slice(0, -1))
  const ended = createEnded(database.sql)
  const anna = await ended.hold(holdId('anna'))
  assert.equal(anna?.phase, 'booked')
  assert.deepEqual(anna?.booking, bookingId('anna'))
  assert.equal(anna?.extensionsLeft, DEFAULT_POLICY.extensionsMax - 1)
  assert.equal(anna?.expiresAt, TERMS.startsAt)
  assert.equal(await ended.hold(holdId('finn')), undefined)
  const cora = await ended.entry(entryId('cora'))
  assert.equal(cora?.state, 'left')
  assert.deepEqual(cora?.hold?.id, offerHoldIdOf(entryId('cora'), 1))
  assert.equal(cora?.hold?.origin, 'offer')
  assert.equal(await ended.entry(entryId('gina')), undefined)
  await database.pool.query(`update hold set ended_at = now() - interval '25 hours'`)
  assert.equal(await ended.hold(holdId('anna')), undefined)
  await database.stop()
})

test('EN2 an outage credit moves the deadline of the holds that lived through it', async () => {
  const database = await freshDatabase()
  const claim = { kind: 'shard-claimed', epoch: asEpoch(2), owner: 'x', creditMs: 7_000 } as const
  await project(database, [
    [opened, held('a', [1])],
    [claim],
    [held('b', [2])],
    [
      { kind: 'hold-expired', show: SHOW, hold: holdId('a') },
      { kind: 'hold-expired', show: SHOW, hold: holdId('b') },
    ],
  ])
  const ended = createEnded(database.sql)
  assert.equal((await ended.hold(holdId('a')))?.expiresAt, held('a', [1]).expiresAt + 7_000)
  assert.equal((await ended.hold(holdId('b')))?.expiresAt, held('b', [2]).expiresAt)
  await database.stop()
})

test('a declined offer waits again, the second time it has left', async () => {
  const database = await freshDatabase()
  await project(database, [[opened, joined('c')], [offered('c', 0, [1])], [declined('c', 0)]])
  const state = async () => {
    const { rows } = await database.pool.query('select state, ended_at from waitlist_entry')
    return rows
  }
  assert.deepEqual(await state(), [{ state: 'waiting', ended_at: null }])
  await database.stop()
})

test('a report counts what is sold by category', async () => {
  const database = await freshDatabase()
  const { writes } = createCatalogue(database.sql)
  await writes.city.create({ name: 'B', country: 'DE', timeZone: 'Europe/Berlin', currency: 'EUR' })
  await writes.cinema.create({ city: 1, name: 'C' })
  await writes.auditorium.create({ cinema: 1, name: 'A' })
  await writes.movie.create({ title: 'M' })
  const seats = [0, 1, 2, 3].map(at => {
    return { number: at + 1, x: at * 20, y: 0, category: at < 2 ? 'a' : 'b' }
  })
  const document = {
    categories: [{ id: 'a' }, { id: 'b' }],
    sections: [{ name: 'S', rows: [{ name: 'A', seats }] }],
  }
  const outcome = importDocument(new TextEncoder().encode(JSON.stringify(document)))
  if (outcome.kind !== 'layout') assert.fail(JSON.stringify(outcome))
  await addLayout(database.sql, 1, outcome.packed)
  const times = { startsAtMs: Date.now() + 9e6, salesOpenAtMs: 0, salesCloseAtMs: Date.now() + 9e6 }
  const what = { movie: 1, auditorium: 1, layout: 1, policy: DEFAULT_POLICY, prices: [5, 5] }
  await writes.show.create({ ...what, ...times })
  await project(database, [
    [opened, held('a', [0, 2]), settled('a', 1000), booked('a', 1), cancelled('a', 1, [0])],
    [held('b', [3]), settled('b', 500), booked('b', 2), cancelled('b', 2, [3])],
    [held('c', [1]), settled('c', 500)],
  ])
  const reports = createReports(database.sql, new PostgresPlanSource(database.sql))
  assert.deepEqual(await reports.report(SHOW), {
    bookingCount: 2,
    cancelledCount: 1,
    categories: [
      { category: 0, soldCount: 0, amount: 0 },
      { category: 1, soldCount: 1, amount: 500 },
    ],
  })
  assert.equal((await writes.show.remove(SHOW)).kind, 'conflict', 'CW3')
  await database.stop()
})

test('the life of a seat, a hold and a customer is told in journal order', async () => {
  const database = await freshDatabase()
  const range = { start: asSeatIndex(3), count: 4 }
  const blocked = { kind: 'seats-blocked', show: SHOW, ranges: [range], reason: 'paint' } as const
  await project(database, [
    [opened, blocked, held('anna', [1, 2]), held('ben', [8])],
    [settled('anna', 1000), booked('anna', 1), cancelled('anna', 1, [1])],
  ])
  const kinds = async (more: object) => {
    const rows = await historyOf(database.sql, { show: SHOW, after: 0, limit: 50, ...more })
    return rows.map(row => row.kind)
  }
  const anna = ['seats-held', 'hold-settling', 'hold-booked', 'booking-cancelled']
  assert.deepEqual(await kinds({ hold: holdId('anna') }), anna)
  assert.deepEqual(await kinds({ seat: 1 }), anna)
  assert.deepEqual(await kinds({ seat: 2 }), anna.slice(0, 3))
  assert.deepEqual(await kinds({ seat: 5 }), ['seats-blocked'])
  assert.deepEqual(await kinds({ customer: customerId('ben') }), ['seats-held'])
  assert.equal((await kinds({ after: 3 })).length, 4)
  await database.stop()
})

test('RE1 RE2 one of two equal requests works, a repeat hears its answer', async () => {
  const database = await freshDatabase()
  const repeats = createRepeats(database.sql)
  const ask = { customer: newCustomerId(), route: 'POST /x', key: 'k', bodyHash: 'h' }
  const answers = await Promise.all([repeats.begin(ask), repeats.begin(ask)])
  assert.deepEqual(answers.map(answer => answer.kind).toSorted(), ['mine', 'undecided'])
  const mine = answers.find(answer => answer.kind === 'mine')
  if (mine?.kind === 'mine') await mine.keep(201, '{"id":1}')
  assert.deepEqual(await repeats.begin(ask), { kind: 'kept', status: 201, body: '{"id":1}' })
  assert.deepEqual(await repeats.begin({ ...ask, bodyHash: 'i' }), { kind: 'other-body' })
  assert.equal((await repeats.begin({ ...ask, customer: newCustomerId() })).kind, 'mine')
  await database.pool.query(`update idempotency set created_at = now() - interval '25 hours'`)
  const again = await repeats.begin({ ...ask, bodyHash: 'i' })
  assert.equal(again.kind, 'mine')
  if (again.kind === 'mine') await again.drop()
  const left = await repeats.begin(ask)
  assert.equal(left.kind, 'mine')
  await database.pool.query(`update idempotency set created_at = now() - interval '31 seconds'`)
  assert.equal((await repeats.begin(ask)).kind, 'mine', 'RE2')
  await database.stop()
})

test('SS1 a damaged page is left out and reported, the others are read', async () => {
  const database = await freshDatabase()
  const damaged: number[] = []
  const store = new PostgresSnapshots(database.sql, { onDamaged: (_, show) => damaged.push(show) })
  const page = (show: number, text: string): SnapshotPage => ({
    shard: asShardNumber(3),
    show,
    incarnation: asIncarnation(1),
    frame: asFrameNumber(9),
    sequence: asSequence(40),
    bytes: new TextEncoder().encode(text),
  })
  const shows = Array.from({ length: 600 }, (_, show) => page(show, `old ${show}`))
  await store.write(shows)
  await store.write([page(5, 'new'), page(0, 'shard')])
  await database.pool.query(`update snapshot_page set bytes = 'x' where show = 7`)
  await database.pool.query(`update snapshot_page set frame = 10 where show = 8`)
  const read = new Map<number, string>()
  for await (const { show, bytes } of store.read(asShardNumber(3))) {
    read.set(show, new TextDecoder().decode(bytes))
  }
  assert.deepEqual(damaged, [7, 8])
  assert.equal(read.size, 598)
  assert.deepEqual([read.get(0), read.get(5), read.get(599)], ['shard', 'new', 'old 599'])
  for await (const other of store.read(asShardNumber(4))) assert.fail(`read ${other.show}`)
  await database.stop()
})

test('SS3 a page that arrives after a later one does not take its place', async () => {
  const database = await freshDatabase()
  const store = new PostgresSnapshots(database.sql, { onDamaged: () => assert.fail('damaged') })
  const page = (frame: number, incarnation = 1): SnapshotPage => ({
    shard: asShardNumber(3),
    show: 5,
    incarnation: asIncarnation(incarnation),
    frame: asFrameNumber(frame),
    sequence: asSequence(frame * 2),
    bytes: new Uint8Array([frame]),
  })
  const standing: number[] = []
  for (const next of [page(9), page(8), page(9), page(12), page(3, 2), page(11)]) {
    await store.write([next])
    for await (const read of store.read(asShardNumber(3))) standing.push(read.frame)
  }
  assert.deepEqual(standing, [9, 9, 9, 12, 3, 3])
  await database.stop()
})

test('a store whose database is away says so as a fault', async () => {
  const database = await freshDatabase()
  const bookings = createBookings(database.sql)
  await database.stop()
  const asked = bookings.booking(idOf(1, 2, 3, 4))
  await assert.rejects(asked, { kind: 'database-unavailable' })
})
