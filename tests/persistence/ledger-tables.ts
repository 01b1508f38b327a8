// Everything that a ledger wrote, to be compared whole.

import type { Database } from '../../persistence/database.ts'

const TABLES: Readonly<Record<string, string>> = {
  transition: 'select * from transition order by show, sequence, shard',
  hold: 'select * from hold order by id',
  entry: 'select * from waitlist_entry order by id',
  booking: 'select * from booking order by id',
  ticket: 'select * from ticket order by booking, seat_index',
  journaled: 'select * from show_journaled order by show',
  cursor: 'select shard, frame, sequence from ledger_cursor order by shard',
}

export async function everything(database: Database): Promise<Record<string, unknown>> {
  const rows: Record<string, unknown> = {}
  for (const [name, query] of Object.entries(TABLES)) {
    rows[name] = (await database.pool.query(query)).rows
  }
  return rows
}
