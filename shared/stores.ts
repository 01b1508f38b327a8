// What a gateway reads from the Ledger's side of Postgres, and the answers it keeps there for repeats.
//
// Owns: the vocabulary. Leaves to others: SQL (persistence/bookings.ts, holds.ts, repeats.ts).

import type { WriteOutcome } from './catalogue.ts'
import type {
  BookingId,
  BookingNumber,
  CustomerId,
  EntryId,
  HoldId,
  SeatIndex,
  ShowNumber,
} from './ids.ts'
import type { EntryView, HoldView } from './views.ts'

export type BookingStatus = 'pending' | 'confirmed' | 'partly-cancelled' | 'cancelled'

export interface BookedSeat {
  readonly seat: SeatIndex
  /** the public text of the Ticket's id */
  readonly ticketId: string
  /** minor units */
  readonly price: number
  /** false once its ticket was cancelled */
  readonly isLive: boolean
}

export interface BookingRecord {
  readonly id: BookingId
  readonly show: ShowNumber
  readonly customer: CustomerId
  /** what a sold Seat remembers; a cancellation names it to the shard */
  readonly number: BookingNumber
  readonly status: BookingStatus
  readonly seats: readonly BookedSeat[]
  readonly paymentId?: string
  readonly createdAtMs: number
}

export interface BookingStore {
  booking(id: BookingId): Promise<BookingRecord | undefined>
  /** newest first, pending ones left out; `before` is the last of the page before */
  ofCustomer(
    customer: CustomerId,
    page: { readonly before: BookingId | undefined; readonly limit: number },
  ): Promise<readonly BookingRecord[]>
}

/** Holds and entries that have left their shard; answered for 24 h after their end. */
export interface EndedStore {
  hold(id: HoldId): Promise<HoldView | undefined>
  entry(id: EntryId): Promise<EntryView | undefined>
}

export interface CategoryReport {
  readonly category: number
  readonly soldCount: number
  /** minor units */
  readonly amount: number
}

export interface ShowReport {
  readonly bookingCount: number
  readonly cancelledCount: number
  readonly categories: readonly CategoryReport[]
}

export interface ReportStore {
  report(show: ShowNumber): Promise<ShowReport>
}

export interface LayoutProblem {
  /** JSON pointer into the document */
  readonly pointer: string
  readonly detail: string
}

export interface ImportedLayout {
  readonly number: number
  readonly version: number
  readonly warnings: readonly string[]
}

export type ImportOutcome =
  | WriteOutcome<ImportedLayout>
  | { readonly kind: 'bad-json'; readonly detail: string }
  | { readonly kind: 'invalid'; readonly problems: readonly LayoutProblem[] }

export interface LayoutImporter {
  /** `bytes`: JSON in either format; parsed and checked off the event loop */
  importLayout(auditorium: number, bytes: Uint8Array): Promise<ImportOutcome>
}

/** Repeats of writes that belong to no show, kept for 24 h (D5). */
export interface RepeatStore {
  /** `mine`: do it, then keep or drop; `kept`: it was done; `other-body`; `undecided`: somebody does it */
  begin(ask: {
    readonly customer: CustomerId
    readonly route: string
    readonly key: string
    readonly bodyHash: string
  }): Promise<
    | {
        readonly kind: 'mine'
        keep(status: number, body: string): Promise<void>
        drop(): Promise<void>
      }
    | { readonly kind: 'kept'; readonly status: number; readonly body: string }
    | { readonly kind: 'other-body' }
    | { readonly kind: 'undecided' }
  >
}
