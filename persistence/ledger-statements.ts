// The statements of the ledger: one prepared `unnest` for each kind of row of a step.
//
// Owns: SQL and the order of columns. Leaves to others: which rows (projection.ts), transactions
// (ledger.ts).
//
//   LS1. Bookings and tickets are made from the hold's row, so they cannot disagree with it.
//   LS2. A change that finds no row is a violation: the journal and the tables do not belong together.

import type {
  BookedBooking,
  CancelledBooking,
  EntryChange,
  FailedSettlement,
  HoldChange,
  NewBooking,
  NewEntry,
  NewHold,
} from './ledger-rows.ts'
import { Column, OID } from './pg-columns.ts'

/** One value into one column. */
export type Put<Row> = (column: Column, row: Row) => void

export interface Statement<Row> {
  readonly name: string
  readonly text: string
  readonly columns: readonly (readonly [oid: number, put: Put<Row>])[]
  /** LS2 */
  readonly changesEveryRow: boolean
}

/** Columns that are filled again and again. */
export class Batch<Row> {
  readonly statement: Statement<Row>
  readonly #columns: readonly Column[]

  constructor(statement: Statement<Row>) {
    this.statement = statement
    this.#columns = statement.columns.map(([oid]) => new Column(oid))
  }

  /** The values of the statement for these rows, valid until the next call. */
  valuesOf(rows: readonly Row[]): Buffer[] {
    return this.#columns.map((column, index) => {
      const put = this.statement.columns[index]?.[1]
      column.clear()
      for (const row of rows) put?.(column, row)
      return column.take()
    })
  }
}

export const NEW_ENTRIES: Statement<NewEntry> = {
  name: 'ledger-new-entries',
  text: `insert into waitlist_entry (id, show, customer, state, party, min_party, categories,
      together, accessible, decline_count, hold, joined_at, ended_at, sequence)
    select * from unnest($1::uuid[], $2::int8[], $3::uuid[], $4::text[], $5::int4[], $6::int4[],
      $7::int4[], $8::bool[], $9::bool[], $10::int2[], $11::uuid[], $12::timestamptz[],
      $13::timestamptz[], $14::int8[])`,
  columns: [
    [OID.uuid, (column, row) => column.id(row.id)],
    [OID.int8, (column, row) => column.int8(row.show)],
    [OID.uuid, (column, row) => column.id(row.customer)],
    [OID.text, (column, row) => column.text(row.state)],
    [OID.int4, (column, row) => column.int4(row.party)],
    [OID.int4, (column, row) => column.int4(row.minParty)],
    [OID.int4, (column, row) => column.int4(row.categories)],
    [OID.bool, (column, row) => column.bool(row.together)],
    [OID.bool, (column, row) => column.bool(row.accessible)],
    [OID.int2, (column, row) => column.int2(row.declineCount)],
    [OID.uuid, (column, row) => column.id(row.hold)],
    [OID.timestamptz, (column, row) => column.instant(row.joinedAt)],
    [OID.timestamptz, (column, row) => column.instant(row.endedAt)],
    [OID.int8, (column, row) => column.int8(row.sequence)],
  ],
  changesEveryRow: true,
}

/** Offers: their customer stands in their entry's row. Others are copied (ledger-copies.ts). */
export const NEW_HOLDS: Statement<NewHold> = {
  name: 'ledger-new-holds',
  text: `insert into hold (id, show, customer, phase, seats, prices, origin, entry, booking,
      extension_count, created_at, expires_at, ended_at, shard, incarnation, deadline_sequence,
      sequence)
    select a, b, coalesce(c, (select customer from waitlist_entry where id = g)), d, e::int4[],
      f::int8[], case when g is null then 'direct' else 'offer' end, g, h, i, j, k, l, m, n, o, p
    from unnest($1::uuid[], $2::int8[], $3::uuid[], $4::text[], $5::text[], $6::text[],
      $7::uuid[], $8::uuid[], $9::int2[], $10::timestamptz[], $11::timestamptz[],
      $12::timestamptz[], $13::int2[], $14::int4[], $15::int8[], $16::int8[])
      as u (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p)`,
  columns: [
    [OID.uuid, (column, row) => column.id(row.id)],
    [OID.int8, (column, row) => column.int8(row.show)],
    [OID.uuid, (column, row) => column.id(row.customer)],
    [OID.text, (column, row) => column.text(row.phase)],
    [OID.text, (column, row) => column.list(row.seats)],
    [OID.text, (column, row) => column.list(row.prices)],
    [OID.uuid, (column, row) => column.id(row.entry)],
    [OID.uuid, (column, row) => column.id(row.booking)],
    [OID.int2, (column, row) => column.int2(row.extensionCount)],
    [OID.timestamptz, (column, row) => column.instant(row.createdAt)],
    [OID.timestamptz, (column, row) => column.instant(row.expiresAt)],
    [OID.timestamptz, (column, row) => column.instant(row.endedAt)],
    [OID.int2, (column, row) => column.int2(row.shard)],
    [OID.int4, (column, row) => column.int4(row.incarnation)],
    [OID.int8, (column, row) => column.int8(row.deadlineSequence)],
    [OID.int8, (column, row) => column.int8(row.sequence)],
  ],
  changesEveryRow: true,
}

/** The entry of an offer ends with its hold, unless a fact about the whole Show was quicker. */
export const HOLD_CHANGES: Statement<HoldChange> = {
  name: 'ledger-hold-changes',
  text: `with changed as (
      update hold set phase = coalesce(b, phase), seats = coalesce(c::int4[], seats),
        prices = coalesce(d::int8[], prices), booking = coalesce(e, hold.booking),
        extension_count = extension_count + f, expires_at = coalesce(g, expires_at),
        deadline_sequence = coalesce(h, deadline_sequence), ended_at = coalesce(i, ended_at),
        sequence = j
      from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::int2[],
        $7::timestamptz[], $8::int8[], $9::timestamptz[], $10::int8[], $11::text[])
        as u (a, b, c, d, e, f, g, h, i, j, k)
      where hold.id = a returning hold.entry, i, j, k
    ), ended as (
      update waitlist_entry set state = k, ended_at = i, sequence = j from changed
      where id = changed.entry and k is not null and waitlist_entry.ended_at is null
    )
    select from changed`,
  columns: [
    [OID.uuid, (column, row) => column.id(row.id)],
    [OID.text, (column, row) => column.text(row.phase)],
    [OID.text, (column, row) => column.list(row.seats)],
    [OID.text, (column, row) => column.list(row.prices)],
    [OID.uuid, (column, row) => column.id(row.booking)],
    [OID.int2, (column, row) => column.int2(row.extensionCount)],
    [OID.timestamptz, (column, row) => column.instant(row.expiresAt)],
    [
      OID.int8,
      (column, row) =>
        row.deadlineSequence === undefined ? column.null() : column.int8(row.deadlineSequence),
    ],
    [OID.timestamptz, (column, row) => column.instant(row.endedAt)],
    [OID.int8, (column, row) => column.int8(row.sequence)],
    [OID.text, (column, row) => column.text(row.entryState)],
  ],
  changesEveryRow: true,
}

export const ENTRY_CHANGES: Statement<EntryChange> = {
  name: 'ledger-entry-changes',
  text: `update waitlist_entry set
      state = case when b <> 'declined' then b when decline_count + c >= 2 then 'left'
        else 'waiting' end,
      decline_count = decline_count + c, hold = coalesce(d, hold),
      ended_at = case when b = 'declined' and decline_count + c < 2 then null else e end,
      sequence = f
    from unnest($1::uuid[], $2::text[], $3::int2[], $4::uuid[], $5::timestamptz[], $6::int8[])
      as u (a, b, c, d, e, f)
    where id = a`,
  columns: [
    [OID.uuid, (column, row) => column.id(row.id)],
    [OID.text, (column, row) => column.text(row.state)],
    [OID.int2, (column, row) => column.int2(row.declineCount)],
    [OID.uuid, (column, row) => column.id(row.hold)],
    [OID.timestamptz, (column, row) => column.instant(row.endedAt)],
    [OID.int8, (column, row) => column.int8(row.sequence)],
  ],
  changesEveryRow: true,
}

/** LS1 */
export const NEW_BOOKINGS: Statement<NewBooking> = {
  name: 'ledger-new-bookings',
  text: `insert into booking (id, show, customer, hold, status, amount, currency, intent, created_at,
      sequence)
    select a, b, hold.customer, c, 'pending', d, e, f, g, h
    from unnest($1::uuid[], $2::int8[], $3::uuid[], $4::int8[], $5::text[], $6::text[],
      $7::timestamptz[], $8::int8[]) as u (a, b, c, d, e, f, g, h)
    join hold on hold.id = c`,
  columns: [
    [OID.uuid, (column, row) => column.id(row.id)],
    [OID.int8, (column, row) => column.int8(row.show)],
    [OID.uuid, (column, row) => column.id(row.hold)],
    [OID.int8, (column, row) => column.int8(row.amount)],
    [OID.text, (column, row) => column.text(row.currency)],
    [OID.text, (column, row) => column.text(row.intent)],
    [OID.timestamptz, (column, row) => column.instant(row.place.at)],
    [OID.int8, (column, row) => column.int8(row.place.sequence)],
  ],
  changesEveryRow: true,
}

/** LS1: the unique index over live seats is met here. */
export const NEW_TICKETS: Statement<NewBooking> = {
  name: 'ledger-new-tickets',
  text: `insert into ticket (booking, show, seat_index, price, is_live)
    select a, hold.show, seat, price, true
    from unnest($1::uuid[], $2::uuid[]) as u (a, b)
    join hold on hold.id = b cross join unnest(hold.seats, hold.prices) as s (seat, price)`,
  columns: [
    [OID.uuid, (column, row) => column.id(row.id)],
    [OID.uuid, (column, row) => column.id(row.hold)],
  ],
  changesEveryRow: false,
}

export const BOOKED: Statement<BookedBooking> = {
  name: 'ledger-booked',
  text: `update booking set status = 'confirmed', number = b, confirmed_at = c, sequence = d
    from unnest($1::uuid[], $2::int4[], $3::timestamptz[], $4::int8[]) as u (a, b, c, d)
    where id = a`,
  columns: [
    [OID.uuid, (column, row) => column.id(row.id)],
    [OID.int4, (column, row) => column.int4(row.number)],
    [OID.timestamptz, (column, row) => column.instant(row.place.at)],
    [OID.int8, (column, row) => column.int8(row.place.sequence)],
  ],
  changesEveryRow: true,
}

export const CANCELLED_TICKETS: Statement<CancelledBooking> = {
  name: 'ledger-cancelled-tickets',
  text: `update ticket set is_live = false, died_at = c, cause = d
    from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[]) as u (a, b, c, d)
    where booking = a and seat_index = any (b::int4[]) and is_live`,
  columns: [
    [OID.uuid, (column, row) => column.id(row.id)],
    [OID.text, (column, row) => column.list(row.seats)],
    [OID.timestamptz, (column, row) => column.instant(row.place.at)],
    [OID.text, (column, row) => column.text(row.cause)],
  ],
  changesEveryRow: false,
}

/** A booking may be cancelled ticket by ticket within one step, so its last word is what remains. */
export const CANCELLED_BOOKINGS: Statement<CancelledBooking> = {
  name: 'ledger-cancelled-bookings',
  text: `update booking set sequence = b, status = case
      when exists (select from ticket where ticket.booking = booking.id and is_live)
      then 'partly-cancelled' else 'cancelled' end
    from (select a, max(b) as b from unnest($1::uuid[], $2::int8[]) as t (a, b) group by a) as u
    where id = a`,
  columns: [
    [OID.uuid, (column, row) => column.id(row.id)],
    [OID.int8, (column, row) => column.int8(row.place.sequence)],
  ],
  changesEveryRow: false,
}

export const FAILED_BOOKINGS: Statement<FailedSettlement> = {
  name: 'ledger-failed-bookings',
  text: `with failed as (
      update booking set status = 'failed', sequence = c
      from unnest($1::uuid[], $2::timestamptz[], $3::int8[]) as u (a, b, c)
      join hold on hold.id = a
      where booking.id = hold.booking returning booking.id, b
    ), died as (
      update ticket set is_live = false, died_at = b, cause = 'settlement-failed' from failed
      where booking = failed.id and is_live
    )
    select from failed`,
  columns: [
    [OID.uuid, (column, row) => column.id(row.hold)],
    [OID.timestamptz, (column, row) => column.instant(row.place.at)],
    [OID.int8, (column, row) => column.int8(row.place.sequence)],
  ],
  changesEveryRow: true,
}
