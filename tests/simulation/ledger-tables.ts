// The Ledger's tables as Maps: what the statements of persistence/ do to rows, with the same walls.
//
// Owns: rows and the unique indexes. Leaves to others: making steps (persistence/projection.ts).

import type {
  EntryChange,
  HoldChange,
  NewBooking,
  NewEntry,
  NewHold,
  ShowFact,
  Step,
} from '../../persistence/ledger-rows.ts'
import { type Id, idTextOf } from '../../shared/ids.ts'
import { check } from './audit-error.ts'

export interface HoldRow {
  readonly show: number
  readonly customer: string
  readonly entry: string | undefined
  phase: string
  seats: readonly number[]
  prices: readonly number[]
  booking: string | undefined
  extensionCount: number
  isEnded: boolean
}

export interface EntryRow {
  readonly show: number
  readonly customer: string
  state: string
  declineCount: number
  isEnded: boolean
}

export interface BookingRow {
  readonly source: NewBooking
  readonly hold: string
  readonly customer: string
  status: 'pending' | 'confirmed' | 'partly-cancelled' | 'cancelled' | 'failed'
  number: number
  readonly seats: readonly number[]
}

export class LedgerTables {
  readonly holds = new Map<string, HoldRow>()
  readonly entries = new Map<string, EntryRow>()
  readonly bookings = new Map<string, BookingRow>()
  /** `show/seat` of live tickets -> booking: the unique index */
  readonly liveTickets = new Map<string, string>()
  /** confirmed since they were last taken */
  #confirmed: BookingRow[] = []

  /** In the order of the fields of a step. */
  write(step: Step): void {
    for (const row of step.newEntries.values()) this.#newEntry(row)
    for (const row of step.newHolds.values()) this.#newHold(row)
    for (const row of step.holdChanges.values()) this.#holdChange(row)
    for (const row of step.entryChanges.values()) this.#entryChange(row)
    for (const row of step.newBookings) this.#newBooking(row)
    for (const { id, number } of step.booked) this.#booked(idTextOf(id), number)
    for (const { id, seats } of step.cancelled) this.#cancelled(idTextOf(id), seats)
    for (const { hold } of step.failed) this.#failed(idTextOf(hold))
    for (const fact of step.facts) this.#fact(fact)
  }

  takeConfirmed(): readonly BookingRow[] {
    return this.#confirmed.splice(0)
  }

  #newEntry(row: NewEntry): void {
    const id = idTextOf(row.id)
    check(!this.entries.has(id), 'LE3', 'an entry row twice')
    this.entries.set(id, {
      show: row.show,
      customer: idTextOf(row.customer),
      state: row.state,
      declineCount: row.declineCount,
      isEnded: row.endedAt !== undefined,
    })
  }

  #newHold(row: NewHold): void {
    const id = idTextOf(row.id)
    const entry = textOrNone(row.entry)
    check(!this.holds.has(id), 'LE3', 'a hold row twice')
    const customer = textOrNone(row.customer) ?? this.entries.get(entry ?? '')?.customer
    check(customer !== undefined, 'LE2', "an offer's entry is not there")
    this.holds.set(id, {
      show: row.show,
      customer,
      entry,
      phase: row.phase,
      seats: row.seats,
      prices: row.prices,
      booking: textOrNone(row.booking),
      extensionCount: row.extensionCount,
      isEnded: row.endedAt !== undefined,
    })
  }

  #holdChange(change: HoldChange): void {
    const row = this.#holdOf(idTextOf(change.id))
    row.phase = change.phase ?? row.phase
    row.seats = change.seats ?? row.seats
    row.prices = change.prices ?? row.prices
    row.booking = textOrNone(change.booking) ?? row.booking
    row.extensionCount += change.extensionCount
    row.isEnded ||= change.endedAt !== undefined
    if (change.entryState === undefined || row.entry === undefined) return
    const entry = this.entries.get(row.entry)
    if (entry === undefined || entry.isEnded) return
    entry.state = change.entryState
    entry.isEnded = true
  }

  #entryChange(change: EntryChange): void {
    const row = this.entries.get(idTextOf(change.id))
    check(row !== undefined, 'LE2', 'a change of an entry without a row')
    row.declineCount += change.declineCount
    const isBack = change.state === 'declined' && row.declineCount < 2
    if (change.state !== 'declined') row.state = change.state
    else row.state = isBack ? 'waiting' : 'left'
    row.isEnded = !isBack && change.endedAt !== undefined
  }

  #newBooking(source: NewBooking): void {
    const id = idTextOf(source.id)
    check(!this.bookings.has(id), 'LE3', 'a booking row twice')
    const hold = idTextOf(source.hold)
    const { seats, show, customer } = this.#holdOf(hold)
    this.bookings.set(id, { source, hold, customer, status: 'pending', number: 0, seats })
    for (const seat of seats) {
      const place = `${show}/${seat}`
      check(!this.liveTickets.has(place), 'LE3', `seat ${seat} of show ${show} is sold twice`)
      this.liveTickets.set(place, id)
    }
  }

  #booked(id: string, number: number): void {
    const row = this.#bookingOf(id)
    row.status = 'confirmed'
    row.number = number
    this.#confirmed.push(row)
  }

  #cancelled(id: string, seats: readonly number[]): void {
    const row = this.#bookingOf(id)
    for (const seat of seats) this.#kill(row, id, seat)
    const isAnyLeft = row.seats.some(seat => this.liveTickets.get(placeOf(row, seat)) === id)
    row.status = isAnyLeft ? 'partly-cancelled' : 'cancelled'
  }

  #failed(hold: string): void {
    const id = this.#holdOf(hold).booking ?? ''
    const row = this.#bookingOf(id)
    row.status = 'failed'
    for (const seat of row.seats) this.#kill(row, id, seat)
  }

  #kill(row: BookingRow, id: string, seat: number): void {
    if (this.liveTickets.get(placeOf(row, seat)) === id) this.liveTickets.delete(placeOf(row, seat))
  }

  #fact(fact: ShowFact): void {
    const isCancelled = fact.kind === 'cancelled'
    if (!isCancelled && fact.kind !== 'closed') return
    for (const [id, row] of this.entries) {
      const isOver = row.state === 'waiting' || (isCancelled && row.state === 'offered')
      if (row.show !== fact.show || !isOver || this.#isSettling(id)) continue
      row.state = 'left'
      row.isEnded = true
    }
    for (const row of isCancelled ? this.holds.values() : []) {
      if (row.show !== fact.show || !['selecting', 'paying'].includes(row.phase)) continue
      row.phase = 'released'
      row.isEnded = true
    }
  }

  #isSettling(entry: string): boolean {
    return [...this.holds.values()].some(row => row.entry === entry && row.phase === 'settling')
  }

  #holdOf(id: string): HoldRow {
    const row = this.holds.get(id)
    check(row !== undefined, 'LE2', `no row of hold ${id}`)
    return row
  }

  #bookingOf(id: string): BookingRow {
    const row = this.bookings.get(id)
    check(row !== undefined, 'LE2', `no row of booking ${id}`)
    return row
  }
}

function placeOf(row: BookingRow, seat: number): string {
  return `${row.source.show}/${seat}`
}

function textOrNone(id: Id | undefined): string | undefined {
  return id === undefined ? undefined : idTextOf(id)
}
