// What clients have learned from answers; they may know old and wrong things, as clients do.

import {
  type BookingId,
  type BookingNumber,
  type CustomerId,
  type EntryId,
  type HoldId,
  type SeatIndex,
  sameId,
} from '../../shared/ids.ts'
import type { HoldPhase, HoldView } from '../../shared/views.ts'

const KNOWN_MAX = 24

export interface KnownHold {
  readonly id: HoldId
  readonly customer: CustomerId
  readonly seats: readonly SeatIndex[]
  readonly amount: number
  readonly phase: HoldPhase
  /** once it is settling */
  readonly booking: BookingId | undefined
}

export interface KnownBooking {
  readonly id: BookingId
  readonly number: BookingNumber
  readonly customer: CustomerId
  readonly seats: readonly SeatIndex[]
}

export class Knowledge {
  readonly holds: KnownHold[] = []
  readonly entries: { readonly id: EntryId; readonly customer: CustomerId }[] = []

  learnHold(hold: KnownHold): void {
    const at = this.holds.findIndex(known => sameId(known.id, hold.id))
    if (at >= 0) this.holds.splice(at, 1)
    this.holds.push(hold)
    if (this.holds.length > KNOWN_MAX) this.holds.shift()
  }

  learnEntry(entry: { readonly id: EntryId; readonly customer: CustomerId }): void {
    const at = this.entries.findIndex(known => sameId(known.id, entry.id))
    if (at >= 0) this.entries.splice(at, 1)
    this.entries.push(entry)
    if (this.entries.length > KNOWN_MAX) this.entries.shift()
  }
  readonly bookings: KnownBooking[] = []
}

export function knownOf({ id, customer, seats, prices, phase, booking }: HoldView): KnownHold {
  const amount = prices.reduce((sum, price) => sum + price, 0)
  return { id, customer, seats, amount, phase, booking }
}
