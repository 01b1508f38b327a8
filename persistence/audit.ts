// Every invariant that the tables can show, judged on one snapshot of the database (`usher audit`).
//
// Owns: the invariants in SQL, the walk over the journal. Leaves to others: printing and the exit code.
//
//   AU1. Read only, one repeatable-read snapshot: a serving Usher may go on meanwhile.
//   AU2. A check names the first few places that break it.

import { type Kysely, sql, type Transaction } from 'kysely'
import { decodeFrame, NO_HASH, prevHashOf, sameBytes } from '../shared/frame.ts'
import type { EncodedFrame } from '../shared/ports.ts'
import type { Tables } from './tables.ts'

export interface Finding {
  readonly name: string
  readonly violations: number
  /** the first places */
  readonly places: readonly string[]
}

const PLACES_MAX = 5
const FRAMES_PER_READ = 256

/** Each query answers one text per violation. */
const INVARIANTS: Readonly<Record<string, string>> = {
  'a seat has one live ticket': `
    select 'show ' || show || ' seat ' || seat_index from ticket
    where is_live group by show, seat_index having count(*) > 1`,
  'a seat is in one live hold': `
    select 'show ' || show || ' seat ' || seat from hold, unnest(seats) as seat
    where phase in ('selecting', 'paying', 'settling')
    group by show, seat having count(*) > 1`,
  'a held seat is not sold to somebody else': `
    select 'show ' || h.show || ' seat ' || t.seat_index from hold h
    join ticket t on t.show = h.show and t.is_live and t.seat_index = any (h.seats)
    join booking b on b.id = t.booking
    where h.phase in ('selecting', 'paying', 'settling') and b.hold <> h.id`,
  'a ticket has its booking': `
    select 'show ' || t.show || ' seat ' || t.seat_index from ticket t
    left join booking b on b.id = t.booking
    where b.id is null or b.show <> t.show`,
  'a booking has live tickets exactly while it stands': `
    select 'booking ' || id_text(b.id) from booking b
    where (b.status in ('pending', 'confirmed', 'partly-cancelled'))
      <> exists (select from ticket t where t.booking = b.id and t.is_live)`,
  'a confirmed booking costs what its tickets cost': `
    select 'booking ' || id_text(b.id) from booking b join ticket t on t.booking = b.id and t.is_live
    where b.status = 'confirmed' group by b.id having sum(t.price) <> min(b.amount)`,
  'the ledger is not ahead of the journal': `
    select 'shard ' || c.shard from ledger_cursor c
    where c.frame > (select coalesce(max(f.frame), 0) from journal_frame f where f.shard = c.shard)`,
  'the ledger has every transition up to its cursor': `
    select 'shard ' || c.shard from ledger_cursor c
    where (select coalesce(sum(f.transition_count), 0) from journal_frame f
        where f.shard = c.shard and f.frame <= c.frame)
      <> (select count(*) from transition t where t.shard = c.shard)`,
}

/** AU1 */
export function audit(database: Kysely<Tables>): Promise<readonly Finding[]> {
  const snapshot = database.transaction().setIsolationLevel('repeatable read')
  return snapshot.setAccessMode('read only').execute(async open => {
    const findings: Finding[] = []
    for (const [name, query] of Object.entries(INVARIANTS)) {
      const { rows } = await sql<Record<string, string>>`${sql.raw(query)}`.execute(open)
      findings.push(
        findingOf(
          name,
          rows.map(row => Object.values(row)[0] ?? ''),
        ),
      )
    }
    return [...findings, await auditJournal(open)]
  })
}

function findingOf(name: string, places: readonly string[]): Finding {
  return { name, violations: places.length, places: places.slice(0, PLACES_MAX) } // AU2
}

/** The hash chain, and that numbers, sequences and reigns follow each other. */
async function auditJournal(open: Transaction<Tables>): Promise<Finding> {
  const places: string[] = []
  const { rows } = await sql<{ shard: number }>`
    select distinct shard from journal_frame order by shard`.execute(open)
  for (const { shard } of rows) places.push(...(await auditShard(open, shard)))
  return findingOf('the journal is one unbroken chain', places)
}

async function auditShard(open: Transaction<Tables>, shard: number): Promise<readonly string[]> {
  let previous: EncodedFrame | undefined
  for (let after = 0; ; after = previous?.number ?? after) {
    const { rows } = await sql<{ frame: number; hash: Buffer; bytes: Buffer }>`
      select frame, hash, bytes from journal_frame where shard = ${shard} and frame > ${after}
      order by frame limit ${FRAMES_PER_READ}`.execute(open)
    for (const row of rows) {
      const trouble = troubleOf(row, shard, previous)
      // what follows a broken link cannot be judged by it
      if (typeof trouble === 'string') return [`shard ${shard} frame ${row.frame}: ${trouble}`]
      previous = trouble
    }
    if (rows.length < FRAMES_PER_READ) return []
  }
}

/** The decoded frame when it follows the one before, else what is wrong. */
function troubleOf(
  row: { readonly frame: number; readonly hash: Buffer; readonly bytes: Buffer },
  shard: number,
  previous: EncodedFrame | undefined,
): EncodedFrame | string {
  let frame: EncodedFrame
  try {
    frame = decodeFrame(row.bytes)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  if (frame.shard !== shard || frame.number !== row.frame) return 'it stands in a foreign place'
  if (!sameBytes(frame.hash, row.hash)) return 'its row names another hash'
  if (previous === undefined) {
    const isBegin = frame.number !== 1 || sameBytes(prevHashOf(frame), NO_HASH)
    return isBegin ? frame : 'the first frame names one before it'
  }
  if (frame.number !== previous.number + 1) return `it follows frame ${previous.number}`
  if (!sameBytes(prevHashOf(frame), previous.hash)) return 'it names another frame before it'
  const sequence = previous.firstSequence + previous.transitionCount
  if (frame.firstSequence !== sequence) return `its sequence is not ${sequence}`
  const isSameLife = frame.incarnation === previous.incarnation
  if (isSameLife && frame.epoch < previous.epoch) return 'an earlier reign wrote it'
  return frame
}
