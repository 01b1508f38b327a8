// A Ticket's id, derived: the ledger makes tickets in SQL, and one seat of one booking is one ticket.

import { type BookingId, type Id, idFromText, idTextOf, type SeatIndex } from '../shared/ids.ts'

/** The public text of the id. */
export function ticketIdOf(booking: BookingId, seat: SeatIndex): string {
  return idTextOf(idFromText<Id>(`ticket:${idTextOf(booking)}:${seat}`))
}
