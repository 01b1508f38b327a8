// The life of a seat, a hold or a customer in one Show, from the row log (`usher explain`, ops).
//
// Owns: its SQL. Leaves to others: who may ask (gateway/ops).

import { type Kysely, sql } from 'kysely'
import {
  type BookingId,
  type CustomerId,
  type EntryId,
  type HoldId,
  idTextOf,
  type SeatIndex,
  type ShowNumber,
} from '../shared/ids.ts'
import { idOfUuid, uuidOf } from './pg-columns.ts'
import { asFault } from './pg-errors.ts'
import type { Tables } from './tables.ts'

export interface HistoryAsk {
  readonly show: ShowNumber
  readonly seat?: SeatIndex
  readonly hold?: HoldId
  readonly customer?: CustomerId
  /** rows after this sequence, at most `limit` */
  readonly after: number
  readonly limit: number
}

/** One Transition; ids are their public text. */
export interface HistoryRow {
  readonly sequence: number
  readonly frame: number
  readonly atMs: number
  readonly kind: string
  readonly hold?: string
  readonly entry?: string
  readonly booking?: string
  readonly customer?: string
  readonly seats?: readonly number[]
  readonly expiresAtMs?: number
  readonly detail?: Readonly<Record<string, unknown>>
}

/**
 * In journal order. A seat's life holds every fact about a hold or booking that ever had the seat, and
 * every range that was blocked over it; a customer's every fact about their holds and entries.
 */
export async function historyOf(
  database: Kysely<Tables>,
  ask: HistoryAsk,
): Promise<readonly HistoryRow[]> {
  let query = database
    .selectFrom('transition')
    .selectAll()
    .where('show', '=', ask.show)
    .where('sequence', '>', ask.after)
  if (ask.hold !== undefined) query = query.where(ofHold(ask.show, uuidOf(ask.hold)))
  if (ask.seat !== undefined) query = query.where(ofSeat(ask.show, ask.seat))
  if (ask.customer !== undefined) query = query.where(ofCustomer(ask.show, uuidOf(ask.customer)))
  const ordered = query.orderBy('sequence').limit(ask.limit)
  const rows = await ordered.execute().catch(error => {
    throw asFault(error)
  })
  return rows.map(row => ({
    sequence: row.sequence,
    frame: row.frame,
    atMs: row.at,
    kind: row.kind,
    ...(row.hold !== null && { hold: textOf<HoldId>(row.hold) }),
    ...(row.entry !== null && { entry: textOf<EntryId>(row.entry) }),
    ...(row.booking !== null && { booking: textOf<BookingId>(row.booking) }),
    ...(row.customer !== null && { customer: textOf<CustomerId>(row.customer) }),
    ...(row.seats !== null && { seats: row.seats }),
    ...(row.expiresAt !== null && { expiresAtMs: row.expiresAt }),
    ...(row.detail !== null && { detail: row.detail }),
  }))
}

function textOf<Kind extends HoldId | EntryId | BookingId | CustomerId>(uuid: string): string {
  return idTextOf(idOfUuid<Kind>(uuid))
}

/** Its booking's later facts name the booking only. */
function ofHold(show: number, hold: string) {
  return sql<boolean>`(hold = ${hold} or booking in (
    select booking from transition as own
    where own.show = ${show} and own.hold = ${hold} and own.booking is not null))`
}

function ofSeat(show: number, seat: number) {
  return sql<boolean>`(${seat} = any (seats)
    or hold in (select hold from transition as own
      where own.show = ${show} and own.hold is not null and ${seat} = any (own.seats))
    or exists (select from jsonb_to_recordset(detail -> 'ranges') as r (start int, count int)
      where ${seat} >= r.start and ${seat} < r.start + r.count))`
}

function ofCustomer(show: number, customer: string) {
  return sql<boolean>`(customer = ${customer}
    or hold in (select id from hold as own where own.show = ${show} and own.customer = ${customer}
      and own.id in (select hold from transition as t where t.show = ${show}))
    or entry in (select entry from transition as own
      where own.show = ${show} and own.customer = ${customer} and own.entry is not null))`
}
