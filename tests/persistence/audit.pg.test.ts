// `usher audit` finds each kind of damage by name, and nothing where there is none.

import assert from 'node:assert/strict'
import test from 'node:test'
import { audit, type Finding } from '../../persistence/audit.ts'
import type { Database } from '../../persistence/database.ts'
import { Ledger } from '../../persistence/ledger.ts'
import { offerHoldIdOf } from '../../shared/ids.ts'
import type { EncodedFrame } from '../../shared/ports.ts'
import type { Transition } from '../../shared/transitions.ts'
import { freshDatabase } from '../support/postgres.ts'
import { JournalScript } from './journal-script.ts'
import {
  booked,
  entryId,
  held,
  holdId,
  joined,
  offered,
  opened,
  SHARD,
  settled,
  storyFrames,
} from './ledger-story.ts'

/** Ends with something of every state alive: a live hold, a pending and a confirmed booking, a waiter. */
function livelyFrames(): readonly EncodedFrame[] {
  const script = new JournalScript(SHARD)
  const hold = offerHoldIdOf(entryId('emil'), 0)
  return [
    script.frame([
      opened,
      held('anna', [1, 2]),
      held('ben', [3]),
      held('cora', [4]),
      joined('dora'),
    ]),
    script.frame([settled('anna', 1000), settled('ben', 500), booked('anna', 1)]),
    script.frame([
      joined('emil'),
      offered('emil', 0, [7]),
      joined('finn'),
      offered('finn', 0, [8]),
    ]),
    script.frame([{ ...settled('emil', 500), hold } as Transition]),
    script.frame([
      { kind: 'payment-started', show: 1, hold: holdId('cora'), expiresAt: 1e12 } as never,
    ]),
    script.frame([{ kind: 'settlement-failed', show: 1, hold } as never]),
  ]
}

async function ledgerOf(frames: readonly EncodedFrame[]): Promise<Database> {
  const database = await freshDatabase()
  const client = await database.pool.connect()
  const ledger = new Ledger({ client, rowsPerStatementMax: 256, archives: true })
  await ledger.load()
  for (const frame of frames) await ledger.project([frame])
  client.release()
  return database
}

const broken = (findings: readonly Finding[]) =>
  findings.filter(finding => finding.violations > 0).map(finding => finding.name)

for (const [name, frames] of Object.entries({ story: storyFrames, lively: livelyFrames })) {
  test(`AI1 the ${name} journal leaves nothing to complain about`, async () => {
    const database = await ledgerOf(frames())
    const findings = await audit(database.sql, { isArchive: true })
    assert.deepEqual(
      findings.filter(finding => finding.violations > 0),
      [],
    )
    assert.ok(findings.length >= 17)
    await database.stop()
  })
}

const NO_WALL = 'drop index ticket_live_seat'

/** What is planted, and which check must name it (others may, too). */
const PLANTED: readonly (readonly [damage: string, name: string])[] = [
  [
    `${NO_WALL}; insert into ticket select id, show, 1, 500, true from booking where status = 'pending'`,
    'a seat has one live ticket',
  ],
  [`update hold set seats = '{4}' where seats = '{8}'`, 'a seat is in one live hold'],
  [`update hold set seats = '{1}' where seats = '{4}'`, 'a held seat is not sold to somebody else'],
  [`update ticket set show = 9 where seat_index = 3`, 'a ticket has its booking'],
  [
    `update ticket set is_live = false where seat_index = 3`,
    'a booking has live tickets exactly while it stands',
  ],
  [`delete from ticket where seat_index = 2`, 'a booking has the tickets of its hold'],
  [
    `update ticket set price = 1 where seat_index = 2`,
    'a confirmed booking costs what its tickets cost',
  ],
  [
    `insert into layout (version, digest, seat_count, categories, body) values (1, '', 5, '[]', '')`,
    'a show sells and holds no more seats than its layout has',
  ],
  [
    `update hold set phase = 'expired' where phase = 'paying'`,
    'a hold is as its transitions left it',
  ],
  [`delete from hold where seats = '{4}'`, 'a hold is as its transitions left it'],
  [
    `update waitlist_entry set state = 'left' where state = 'waiting'`,
    'a waitlist entry is as its transitions left it',
  ],
  [
    `update waitlist_entry set state = 'served' where state = 'offered'`,
    'a waitlist entry is as its transitions left it',
  ],
  [
    `update booking set status = 'confirmed' where status = 'pending'`,
    'a booking is as its transitions left it',
  ],
  [
    `update ledger_cursor set frame = frame + 1 where frame > 0`,
    'the ledger is not ahead of the journal',
  ],
  [
    `update ledger_cursor set frame = frame - 1 where frame > 0`,
    'the archive ends where the ledger stands',
  ],
  [
    `delete from transition where kind = 'payment-started'`,
    'the ledger has every transition up to its cursor',
  ],
  [
    `update transition set sequence = 99 where sequence = 3`,
    'the sequences of a shard have no hole',
  ],
  [
    `update transition set frame = 2 where sequence = 3`,
    'a transition stands in the frame that recorded it',
  ],
  [`delete from journal_frame where frame = 3`, 'the journal is one unbroken chain'],
  [`delete from journal_frame where frame = 1`, 'the journal is one unbroken chain'],
  [
    `update journal_frame set bytes = set_byte(bytes, 90, 255 - get_byte(bytes, 90)) where frame = 2`,
    'the journal is one unbroken chain',
  ],
  [`update journal_frame set epoch = 7 where frame = 2`, 'the journal is one unbroken chain'],
  [
    `update journal_frame f set bytes = g.bytes, hash = g.hash from journal_frame g
     where f.frame = 4 and g.frame = 5`,
    'the journal is one unbroken chain',
  ],
]

test('AU2 every kind of damage is named by its check', async () => {
  const database = await ledgerOf(livelyFrames())
  const client = await database.pool.connect()
  for (const [damage, name] of PLANTED) {
    // the audit opens its own snapshot, so the damage is committed and undone from a copy
    await client.query('begin')
    await client.query(damage)
    await client.query('commit')
    const names = broken(await audit(database.sql, { isArchive: true }))
    assert.ok(names.includes(name), `${damage}: ${names.join(', ') || 'nothing found'}`)
    await refill(database)
  }
  client.release()
  await database.stop()
})

/** The lively tables again, whatever was done to them. */
async function refill(database: Database): Promise<void> {
  await database.pool.query(`truncate ticket, booking, hold, waitlist_entry, transition, journal_frame,
    show_journaled, layout cascade;
    update ledger_cursor set frame = 0, sequence = 0;
    drop index if exists ticket_live_seat;
    create unique index ticket_live_seat on ticket (show, seat_index) where is_live`)
  const client = await database.pool.connect()
  const ledger = new Ledger({ client, rowsPerStatementMax: 256, archives: true })
  await ledger.load()
  await ledger.project(livelyFrames())
  client.release()
}
