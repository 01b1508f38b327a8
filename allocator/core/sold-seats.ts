// Which Booking a sold Seat belongs to: pages of booking numbers, made when their first Seat is sold.
//
// Owns: 4 bytes per sold Seat. Leaves to others: everything else about a Booking (Postgres).

import type { BookingNumber, SeatIndex } from '../../shared/ids.ts'

const PAGE_BITS = 6
const PAGE = 1 << PAGE_BITS

export class SoldSeats {
  #pages: (Uint32Array | undefined)[] | undefined

  /** 0 when the Seat is not sold. */
  bookingOf(seat: SeatIndex): BookingNumber {
    return (this.#pages?.[seat >>> PAGE_BITS]?.[seat & (PAGE - 1)] ?? 0) as BookingNumber
  }

  sell(seat: SeatIndex, booking: BookingNumber): void {
    if (this.#pages === undefined) this.#pages = []
    const number = seat >>> PAGE_BITS
    let page = this.#pages[number]
    if (page === undefined) {
      page = new Uint32Array(PAGE)
      this.#pages[number] = page
    }
    page[seat & (PAGE - 1)] = booking
  }

  cancel(seat: SeatIndex): void {
    const page = this.#pages?.[seat >>> PAGE_BITS]
    if (page !== undefined) page[seat & (PAGE - 1)] = 0
  }
}
