// Commands ask (imperative), Queries look; both wait their turn in a Shard's inbox.

import type {
  BookingId,
  BookingNumber,
  CommandId,
  CustomerId,
  EntryId,
  HoldId,
  SeatIndex,
  ShowNumber,
} from './ids.ts'
import type { ShowTerms } from './policy.ts'

/** Recognises a repeat (D5). The body hash is 64 bits as two signed 32-bit lanes. */
export interface CommandKey {
  readonly id: CommandId
  readonly bodyHigh: number
  readonly bodyLow: number
}

/** What every command of a customer carries. */
interface Asked {
  readonly show: ShowNumber
  readonly customer: CustomerId
  /** exempt from seatsMax, holdsMax and orphans (H6); may read and book any hold by id */
  readonly isBoxOffice: boolean
  readonly key?: CommandKey
}

/** A set of category indexes, bit i = category i; 0 means every category. */
export type CategorySet = number

/** A contiguous run of Seats. */
export interface SeatRange {
  readonly start: SeatIndex
  readonly count: number
}

export interface HoldSeats extends Asked {
  readonly kind: 'hold-seats'
  /** the new hold's id, made by the gateway */
  readonly hold: HoldId
  readonly seats: readonly SeatIndex[]
}

export interface HoldBest extends Asked {
  readonly kind: 'hold-best'
  readonly hold: HoldId
  readonly count: number
  readonly categories: CategorySet
  /** undefined: the whole ladder B; true: steps 1 and 2; false: any seats */
  readonly together?: boolean
  readonly accessible: boolean
}

export interface ChangeHold extends Asked {
  readonly kind: 'change-hold'
  readonly hold: HoldId
  readonly seats: readonly SeatIndex[]
}

export interface ReleaseHold extends Asked {
  readonly kind: 'release-hold'
  readonly hold: HoldId
}

export interface ExtendHold extends Asked {
  readonly kind: 'extend-hold'
  readonly hold: HoldId
}

/** selecting -> paying */
export interface StartPayment extends Asked {
  readonly kind: 'start-payment'
  readonly hold: HoldId
}

/** The Cashier: the money is authorised (H4, H9). */
export interface SettleHold extends Asked {
  readonly kind: 'settle-hold'
  readonly hold: HoldId
  readonly booking: BookingId
  readonly intent: string
  readonly amount: number
  readonly currency: string
}

/** The Cashier: capture was refused for good. */
export interface FailSettlement extends Asked {
  readonly kind: 'fail-settlement'
  readonly hold: HoldId
}

/**
 * Makes a hold permanent. From selecting or paying it is allowed when the amount is 0 or for the
 * box office, and records hold-settling and hold-booked; from settling (the Cashier) hold-booked
 * alone.
 */
export interface BookHold extends Asked {
  readonly kind: 'book-hold'
  readonly hold: HoldId
  readonly booking: BookingId
}

/** Frees sold Seats of one booking. The gateway reads number and seats from the ledger. */
export interface CancelBooking extends Asked {
  readonly kind: 'cancel-booking'
  readonly booking: BookingId
  readonly bookingNumber: BookingNumber
  readonly seats: readonly SeatIndex[]
  readonly cause: string
}

export interface JoinWaitlist extends Asked {
  readonly kind: 'join-waitlist'
  readonly entry: EntryId
  readonly party: number
  readonly minParty: number
  readonly categories: CategorySet
  readonly together: boolean
  readonly accessible: boolean
}

export interface LeaveWaitlist extends Asked {
  readonly kind: 'leave-waitlist'
  readonly entry: EntryId
}

export interface DeclineOffer extends Asked {
  readonly kind: 'decline-offer'
  readonly entry: EntryId
}

export interface OpenShow {
  readonly kind: 'open-show'
  readonly show: ShowNumber
  readonly terms: ShowTerms
}

export interface ChangeShow {
  readonly kind: 'change-show'
  readonly show: ShowNumber
  readonly terms: ShowTerms
}

export interface CancelShow {
  readonly kind: 'cancel-show'
  readonly show: ShowNumber
}

export interface BlockSeats {
  readonly kind: 'block-seats'
  readonly show: ShowNumber
  readonly seats: readonly SeatIndex[]
  readonly reason: string
}

export interface UnblockSeats {
  readonly kind: 'unblock-seats'
  readonly show: ShowNumber
  readonly seats: readonly SeatIndex[]
  readonly reason: string
}

/** Ends at most LIMITS.holdsEndedPerPassTimeMax holds, lifts barriers, closes sales that are due. */
export interface PassTime {
  readonly kind: 'pass-time'
}

export type CustomerCommand =
  | HoldSeats
  | HoldBest
  | ChangeHold
  | ReleaseHold
  | ExtendHold
  | StartPayment
  | SettleHold
  | FailSettlement
  | BookHold
  | CancelBooking
  | JoinWaitlist
  | LeaveWaitlist
  | DeclineOffer

export type HouseCommand = OpenShow | ChangeShow | CancelShow | BlockSeats | UnblockSeats

export type Command = CustomerCommand | HouseCommand | PassTime
export type CommandKind = Command['kind']

export interface ReadHold {
  readonly kind: 'read-hold'
  readonly show: ShowNumber
  readonly customer: CustomerId
  readonly isBoxOffice: boolean
  readonly hold: HoldId
}

export interface ReadEntry {
  readonly kind: 'read-entry'
  readonly show: ShowNumber
  readonly customer: CustomerId
  readonly isBoxOffice: boolean
  readonly entry: EntryId
}

/** The customer's live holds and live entry of one Show. */
export interface ReadCustomer {
  readonly kind: 'read-customer'
  readonly show: ShowNumber
  readonly customer: CustomerId
}

/** The seat map, its version and counts; the copy leaves with the frame that makes it durable. */
export interface ReadShow {
  readonly kind: 'read-show'
  readonly show: ShowNumber
}

export type Query = ReadHold | ReadEntry | ReadCustomer | ReadShow
/** Everything a gateway sends to a shard. */
export type Request = CustomerCommand | HouseCommand | Query
