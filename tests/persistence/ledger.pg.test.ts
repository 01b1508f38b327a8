// The ledger on a real Postgres: exactly once, in order, and stopped by the last wall.

import assert from 'node:assert/strict'
import test from 'node:test'
import pg from 'pg'
import type { Database } from '../../persistence/database.ts'
import { CursorMoved, Ledger, type LedgerClient } from '../../persistence/ledger.ts'
import { pgTypes } from '../../persistence/pg-types.ts'
import { Fault } from '../../shared/faults.ts'
import { offerHoldIdOf } from '../../shared/ids.ts'
import type { EncodedFrame } from '../../shared/ports.ts'
import type { Transition } from '../../shared/transitions.ts'
import { freshDatabase } from '../support/postgres.ts'
import { JournalScript } from './journal-script.ts'
import {
  booked,
  entryId,
  held,
  joined,
  offered,
  opened,
  SHARD,
  settled,
  storyFrames,
} from './ledger-story.ts'
import { everything } from './ledger-tables.ts'

async function clientOf(database: Database): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: database.url, types: pgTypes })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

async function ledgerOf(client: LedgerClient): Promise<Ledger> {
  const ledger = new Ledger({ client, rowsPerStatementMax: 256 })
  await ledger.load()
  return ledger
}

/** The story's tables when nothing goes wrong, a frame at a time. */
async function expectedTables(): Promise<Record<string, unknown>> {
  const database = await freshDatabase()
  const client = await clientOf(database)
  const ledger = await ledgerOf(client)
  for (const frame of storyFrames()) await ledger.project([frame])
  const rows = await everything(database)
  await client.end()
  await database.stop()
  return rows
}

test('PJ1 frames one by one and all at once make the same tables', async () => {
  const expected = await expectedTables()
  const database = await freshDatabase()
  const client = await clientOf(database)
  await (await ledgerOf(client)).project(storyFrames())
  assert.deepEqual(await everything(database), expected)
  await client.end()
  await database.stop()
})

test('the story ends with the phases, states and tickets that it tells', async () => {
  const database = await freshDatabase()
  const client = await clientOf(database)
  await (await ledgerOf(client)).project(storyFrames())
  const all = (query: string) => database.pool.query(query).then(result => result.rows)
  assert.deepEqual(
    await all(`select phase, count(*)::int as count from hold group by 1 order by 1`),
    [
      { phase: 'booked', count: 2 },
      { phase: 'expired', count: 1 },
      { phase: 'released', count: 4 },
    ],
  )
  assert.deepEqual(
    await all('select state, decline_count from waitlist_entry order by joined_at, state, 2'),
    [
      { state: 'left', decline_count: 2 },
      { state: 'left', decline_count: 0 },
      { state: 'left', decline_count: 0 },
    ],
  )
  assert.deepEqual(await all('select number, status from booking order by number'), [
    { number: 1, status: 'partly-cancelled' },
    { number: 2, status: 'confirmed' },
  ])
  assert.deepEqual(
    await all(`select seat_index, is_live from ticket order by seat_index, is_live`),
    [
      { seat_index: 1, is_live: false },
      { seat_index: 1, is_live: true },
      { seat_index: 2, is_live: true },
    ],
  )
  assert.deepEqual(await all('select status from show_journaled'), [{ status: 'cancelled' }])
  const offer = offerHoldIdOf(entryId('cora'), 1)
  const hex = [offer.a, offer.b, offer.c, offer.d].map(lane =>
    (lane >>> 0).toString(16).padStart(8, '0'),
  )
  const [row] = await all(`select customer = (select customer from waitlist_entry
    where id = hold.entry) as ok from hold where replace(id::text, '-', '') = '${hex.join('')}'`)
  assert.deepEqual(row, { ok: true }, 'an offer belongs to the customer of its entry')
  await client.end()
  await database.stop()
})

class Crash extends Error {}

/** Dies before the nth statement; the session is cut as a killed process would cut it. */
function crashingAt(client: pg.Client, at: number): LedgerClient {
  let count = 0
  const query = async (...given: unknown[]) => {
    if (count === at) {
      client.end().catch(() => undefined)
      count += 1
      throw new Crash('killed')
    }
    count += 1
    return Reflect.apply(client.query, client, given)
  }
  return { query } as unknown as LedgerClient
}

async function projectFrom(client: LedgerClient, frames: readonly EncodedFrame[]): Promise<void> {
  const ledger = await ledgerOf(client)
  for (const frame of frames) {
    if (frame.number > ledger.cursorOf(SHARD).frame) await ledger.project([frame])
  }
}

test('LE1 a death before any statement leaves every frame projected exactly once', async () => {
  const expected = await expectedTables()
  const database = await freshDatabase()
  const frames = storyFrames()
  let deaths = 0
  for (let at = 1; ; at += 1) {
    const client = await clientOf(database)
    try {
      await projectFrom(crashingAt(client, at), frames)
      await client.end()
      break
    } catch (error) {
      if (!(error instanceof Crash)) throw error
      deaths += 1
    }
  }
  assert.ok(deaths >= 10, `only ${deaths} deaths`)
  assert.deepEqual(await everything(database), expected)
  await database.stop()
})

test('LE1 a ledger that stands elsewhere than the cursor writes nothing', async () => {
  const database = await freshDatabase()
  const [first, second] = storyFrames() as [EncodedFrame, EncodedFrame]
  const [one, two] = [await clientOf(database), await clientOf(database)]
  const [left, right] = [await ledgerOf(one), await ledgerOf(two)]
  await left.project([first])
  await assert.rejects(right.project([first]), CursorMoved)
  await right.load()
  await right.project([second])
  const { rows } = await database.pool.query('select count(*)::int as count from transition')
  assert.deepEqual(rows, [{ count: 4 }])
  await Promise.all([one.end(), two.end()])
  await database.stop()
})

test('LE2 a hole in the frames or in the sequences is refused', async () => {
  const database = await freshDatabase()
  const client = await clientOf(database)
  const ledger = await ledgerOf(client)
  const [first, , third] = storyFrames() as [EncodedFrame, EncodedFrame, EncodedFrame]
  await assert.rejects(ledger.project([first, third]), { kind: 'journal-damaged' })
  const { rows } = await database.pool.query('select count(*)::int as count from transition')
  assert.deepEqual(rows, [{ count: 0 }])
  await client.end()
  await database.stop()
})

test('L8 the entry of an offer that is settling outlives its cancelled show', async () => {
  const database = await freshDatabase()
  const client = await clientOf(database)
  const ledger = await ledgerOf(client)
  const script = new JournalScript(SHARD)
  const hold = offerHoldIdOf(entryId('cora'), 0)
  const show = opened.kind === 'show-opened' ? opened.show : assert.fail('the story opens a show')
  await ledger.project([
    script.frame([opened, joined('cora'), joined('dora'), offered('cora', 0, [3])]),
    script.frame([{ ...settled('cora', 500), hold } as Transition]),
    script.frame([{ kind: 'show-cancelled', show }]),
    script.frame([{ ...booked('cora', 1), hold } as Transition]),
  ])
  const { rows } = await database.pool.query('select state from waitlist_entry order by state')
  assert.deepEqual(rows, [{ state: 'left' }, { state: 'served' }])
  await client.end()
  await database.stop()
})

test('LE3 a seat sold twice meets the unique index: nothing is written', async () => {
  const database = await freshDatabase()
  const client = await clientOf(database)
  const ledger = await ledgerOf(client)
  const script = new JournalScript(SHARD)
  await ledger.project([
    script.frame([opened, held('anna', [7]), settled('anna', 500), booked('anna', 1)]),
  ])
  const twice = script.frame([held('ben', [8, 7]), settled('ben', 1000), booked('ben', 2)])
  await assert.rejects(
    ledger.project([twice]),
    (error: unknown) => error instanceof Fault && error.kind === 'ledger-violation',
  )
  const { rows } =
    await database.pool.query(`select (select count(*)::int from booking) as bookings,
    (select frame from ledger_cursor where shard = ${SHARD}) as frame`)
  assert.deepEqual(rows, [{ bookings: 1, frame: 1 }])
  await client.end()
  await database.stop()
})

test('LS2 a change of a hold that no row knows is a violation', async () => {
  const database = await freshDatabase()
  const client = await clientOf(database)
  const ledger = await ledgerOf(client)
  const frame = new JournalScript(SHARD).frame([booked('nobody', 1)])
  await assert.rejects(ledger.project([frame]), { kind: 'ledger-violation' })
  await client.end()
  await database.stop()
})
