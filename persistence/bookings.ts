// Bookings as their customers see them, read from what the ledger wrote.
//
// Owns: the SQL of bookings and their tickets. Leaves to others: who may see which (gateway/http).
//
//   BO1. A pending booking is not listed; one whose settlement failed never was.
//   BO2. Pages go from the newest to the oldest and hold still while new bookings arrive.

import { type Kysely, type Selectable, sql } from 'kysely'
import {
  asBookingNumber,
  asSeatIndex,
  asShowNumber,
  type BookingId,
  type CustomerId,
} from '../shared/ids.ts'
import type { BookedSeat, BookingRecord, BookingStatus, BookingStore } from '../shared/stores.ts'
import { idOfUuid, uuidOf } from './pg-columns.ts'
import { guarded } from './pg-errors.ts'
import type { BookingTable, Tables, TicketTable } from './tables.ts'
import { ticketIdOf } from './ticket-ids.ts'

export function createBookings(database: Kysely<Tables>): BookingStore {
  return guarded(new PostgresBookings(database))
}

type TicketRow = Pick<Selectable<TicketTable>, 'booking' | 'seatIndex' | 'price' | 'isLive'>
type BookingRow = Selectable<BookingTable>

class PostgresBookings implements BookingStore {
  readonly #sql: Kysely<Tables>

  constructor(database: Kysely<Tables>) {
    this.#sql = database
  }

  async booking(id: BookingId): Promise<BookingRecord | undefined> {
    const query = this.#sql.selectFrom('booking').selectAll().where('id', '=', uuidOf(id))
    const [record] = await this.#recordsOf(await query.where('status', '<>', 'failed').execute())
    return record
  }

  async ofCustomer(
    customer: CustomerId,
    page: { readonly before: BookingId | undefined; readonly limit: number },
  ): Promise<readonly BookingRecord[]> {
    let query = this.#sql
      .selectFrom('booking')
      .selectAll()
      .where('customer', '=', uuidOf(customer))
      .where('status', 'not in', ['pending', 'failed']) // BO1
    if (page.before !== undefined) {
      const before = uuidOf(page.before)
      query = query.where(
        sql<boolean>`(created_at, id) < (select created_at, id from booking where id = ${before})`,
      )
    }
    const rows = await query
      .orderBy('createdAt', 'desc')
      .orderBy('id', 'desc')
      .limit(page.limit)
      .execute()
    return this.#recordsOf(rows)
  }

  async #recordsOf(rows: readonly BookingRow[]): Promise<readonly BookingRecord[]> {
    if (rows.length === 0) return []
    const tickets = await this.#sql
      .selectFrom('ticket')
      .select(['booking', 'seatIndex', 'price', 'isLive'])
      .where(
        'booking',
        'in',
        rows.map(row => row.id),
      )
      .orderBy('seatIndex')
      .execute()
    const ticketsOf = new Map<string, TicketRow[]>(rows.map(row => [row.id, []]))
    for (const ticket of tickets) ticketsOf.get(ticket.booking)?.push(ticket)
    return rows.map(row => recordOf(row, ticketsOf.get(row.id) ?? []))
  }
}

function recordOf(row: BookingRow, tickets: readonly TicketRow[]): BookingRecord {
  const id = idOfUuid<BookingId>(row.id)
  return {
    id,
    show: asShowNumber(row.show),
    customer: idOfUuid<CustomerId>(row.customer),
    number: asBookingNumber(row.number ?? 0),
    status: row.status as BookingStatus,
    seats: tickets.map(ticket => seatOf(id, ticket)),
    ...(row.intent !== null && { paymentId: row.intent }),
    createdAtMs: row.createdAt,
  }
}

function seatOf(booking: BookingId, { seatIndex, price, isLive }: TicketRow): BookedSeat {
  const seat = asSeatIndex(seatIndex)
  return { seat, ticketId: ticketIdOf(booking, seat), price, isLive }
}
