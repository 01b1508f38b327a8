// Transitions tell what happened, past tense; they are the records of a Frame and all that replay needs.
//
// Owns: the closed union. Leaves to others: how a record is written (codec.ts), what it does (core/apply.ts).
//
//   T1. Applying the same Transitions in the same order gives the same state, digest included.
//   T2. A Transition's instant is its Frame's shard time; only deadlines stand in the record itself.

import type { CategorySet, CommandKey, SeatRange } from './commands.ts'
import type {
  BookingId,
  BookingNumber,
  CustomerId,
  EntryId,
  Epoch,
  HoldId,
  Instant,
  SeatIndex,
  ShowNumber,
} from './ids.ts'
import type { ShowTerms } from './policy.ts'

interface OfShow {
  readonly show: ShowNumber
}

export interface ShowOpened extends OfShow {
  readonly kind: 'show-opened'
  readonly terms: ShowTerms
}

export interface ShowChanged extends OfShow {
  readonly kind: 'show-changed'
  readonly terms: ShowTerms
}

/** Selecting and paying holds and all entries end; reserved Seats are freed, offered to nobody (L8). */
export interface ShowCancelled extends OfShow {
  readonly kind: 'show-cancelled'
}

/** Waiting entries end (`left`), reserved Seats are freed; holds and offers live on (L8). */
export interface SalesClosed extends OfShow {
  readonly kind: 'sales-closed'
}

export interface SeatsBlocked extends OfShow {
  readonly kind: 'seats-blocked'
  readonly ranges: readonly SeatRange[]
  readonly reason: string
}

export interface SeatsUnblocked extends OfShow {
  readonly kind: 'seats-unblocked'
  readonly ranges: readonly SeatRange[]
  readonly reason: string
}

export interface SeatsHeld extends OfShow {
  readonly kind: 'seats-held'
  readonly hold: HoldId
  readonly customer: CustomerId
  readonly key?: CommandKey
  readonly seats: readonly SeatIndex[]
  /** minor units, by position in `seats`, taken at hold time (S7) */
  readonly prices: readonly number[]
  readonly expiresAt: Instant
}

/** Same deadline, other Seats. */
export interface HoldChanged extends OfShow {
  readonly kind: 'hold-changed'
  readonly hold: HoldId
  readonly key?: CommandKey
  readonly seats: readonly SeatIndex[]
  readonly prices: readonly number[]
}

export interface HoldExtended extends OfShow {
  readonly kind: 'hold-extended'
  readonly hold: HoldId
  readonly key?: CommandKey
  readonly expiresAt: Instant
}

/** selecting -> paying */
export interface PaymentStarted extends OfShow {
  readonly kind: 'payment-started'
  readonly hold: HoldId
  readonly key?: CommandKey
  readonly expiresAt: Instant
}

/** An offer's entry ends with it: `left`. */
export interface HoldReleased extends OfShow {
  readonly kind: 'hold-released'
  readonly hold: HoldId
  readonly key?: CommandKey
}

/** An offer's entry ends with it: `lapsed`. */
export interface HoldExpired extends OfShow {
  readonly kind: 'hold-expired'
  readonly hold: HoldId
}

/** Cannot expire any more (H4); the ledger writes a pending booking. */
export interface HoldSettling extends OfShow {
  readonly kind: 'hold-settling'
  readonly hold: HoldId
  readonly booking: BookingId
  /** the payment intent; empty for free and box-office bookings */
  readonly intent: string
  readonly amount: number
  readonly currency: string
}

/** Capture was refused for good: the hold ends as released, its Seats go on. */
export interface SettlementFailed extends OfShow {
  readonly kind: 'settlement-failed'
  readonly hold: HoldId
}

/** An offer's entry ends with it: `served`. */
export interface HoldBooked extends OfShow {
  readonly kind: 'hold-booked'
  readonly hold: HoldId
  readonly booking: BookingId
  readonly bookingNumber: BookingNumber
  readonly key?: CommandKey
}

export interface BookingCancelled extends OfShow {
  readonly kind: 'booking-cancelled'
  readonly booking: BookingId
  readonly bookingNumber: BookingNumber
  readonly seats: readonly SeatIndex[]
  readonly cause: string
}

export interface WaiterJoined extends OfShow {
  readonly kind: 'waiter-joined'
  readonly entry: EntryId
  readonly customer: CustomerId
  readonly key?: CommandKey
  readonly party: number
  readonly minParty: number
  readonly categories: CategorySet
  readonly together: boolean
  readonly accessible: boolean
}

export interface WaiterOffered extends OfShow {
  readonly kind: 'waiter-offered'
  readonly entry: EntryId
  readonly hold: HoldId
  readonly seats: readonly SeatIndex[]
  readonly prices: readonly number[]
  readonly expiresAt: Instant
}

/** A waiting entry ends because its customer left. An offered one ends by hold-released. */
export interface WaiterLeft extends OfShow {
  readonly kind: 'waiter-left'
  readonly entry: EntryId
  readonly key?: CommandKey
}

/** The offer's hold ends; the first time the entry waits again at its place, then it is `left` (L7). */
export interface OfferDeclined extends OfShow {
  readonly kind: 'offer-declined'
  readonly entry: EntryId
  readonly hold: HoldId
  readonly key?: CommandKey
}

/** The set of Seats reserved for a waiting entry is now exactly this one (L3); others become free. */
export interface SeatsReserved extends OfShow {
  readonly kind: 'seats-reserved'
  readonly entry: EntryId
  readonly seats: readonly SeatIndex[]
}

/** The entry keeps its place but reserves no more; its reserved Seats are freed (L3). */
export interface BarrierLifted extends OfShow {
  readonly kind: 'barrier-lifted'
  readonly entry: EntryId
}

/** First record of a reign: `creditMs` is added to the deadline of every live hold (H7). */
export interface ShardClaimed {
  readonly kind: 'shard-claimed'
  readonly epoch: Epoch
  readonly owner: string
  readonly creditMs: number
}

/** Last record of a reign that ends by plan. */
export interface ShardReleased {
  readonly kind: 'shard-released'
  readonly to: string
}

export type ShowTransition =
  | ShowOpened
  | ShowChanged
  | ShowCancelled
  | SalesClosed
  | SeatsBlocked
  | SeatsUnblocked
  | SeatsHeld
  | HoldChanged
  | HoldExtended
  | PaymentStarted
  | HoldReleased
  | HoldExpired
  | HoldSettling
  | SettlementFailed
  | HoldBooked
  | BookingCancelled
  | WaiterJoined
  | WaiterOffered
  | WaiterLeft
  | OfferDeclined
  | SeatsReserved
  | BarrierLifted

export type Transition = ShowTransition | ShardClaimed | ShardReleased
export type TransitionKind = Transition['kind']
