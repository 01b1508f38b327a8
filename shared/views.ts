// What leaves a Shard: resources as they are, replies, and the news of a durable frame. Plain data, so
// that a link may carry it in a call or in bytes.

import type {
  BookingId,
  CustomerId,
  EntryId,
  Epoch,
  FrameNumber,
  HoldId,
  Incarnation,
  Instant,
  SeatIndex,
  Sequence,
  ShardNumber,
  ShowNumber,
} from './ids.ts'
import type { ShowTerms } from './policy.ts'
import type { Refusal } from './refusals.ts'

export type HoldPhase = 'selecting' | 'paying' | 'settling' | 'booked' | 'released' | 'expired'
export type EntryState = 'waiting' | 'offered' | 'served' | 'lapsed' | 'left'

export interface HoldView {
  readonly id: HoldId
  readonly show: ShowNumber
  readonly customer: CustomerId
  readonly phase: HoldPhase
  readonly seats: readonly SeatIndex[]
  readonly prices: readonly number[]
  readonly createdAt: Instant
  readonly expiresAt: Instant
  readonly extensionsLeft: number
  readonly origin: 'direct' | 'offer'
  /** once settling or booked */
  readonly booking?: BookingId
  readonly incarnation: Incarnation
  /** of the Transition that last changed it */
  readonly sequence: Sequence
}

export interface EntryView {
  readonly id: EntryId
  readonly show: ShowNumber
  readonly customer: CustomerId
  readonly state: EntryState
  readonly party: number
  /** waiting entries in front; 0 unless waiting */
  readonly ahead: number
  /** the offer's hold, once offered */
  readonly hold?: HoldView
  readonly sequence: Sequence
}

export type ShowStatus = 'scheduled' | 'on-sale' | 'closed' | 'cancelled'

export interface SeatCounts {
  readonly free: number
  readonly reserved: number
  readonly held: number
  readonly sold: number
  readonly blocked: number
}

export interface ShowView {
  readonly show: ShowNumber
  readonly terms: ShowTerms
  /** undefined status rules by time between scheduled and on-sale */
  readonly status: ShowStatus
  readonly incarnation: Incarnation
  readonly version: number
  readonly counts: SeatCounts
  /** 2 bits a seat, seat i in bits 2(i mod 4) of byte i div 4; a private copy */
  readonly states: Uint8Array
}

/** What the surroundings made of a request; the codes are those of api.md. */
export type LinkFault =
  | 'shard-unavailable'
  | 'overloaded'
  | 'outcome-unknown'
  | 'ledger-unavailable'

export type Reply =
  | {
      readonly kind: 'hold'
      readonly hold: HoldView
      readonly isReplay: boolean
      readonly now: Instant
    }
  | {
      readonly kind: 'entry'
      readonly entry: EntryView
      readonly isReplay: boolean
      readonly now: Instant
    }
  | {
      readonly kind: 'customer'
      readonly holds: readonly HoldView[]
      readonly entry?: EntryView
      readonly now: Instant
    }
  | { readonly kind: 'show'; readonly view: ShowView; readonly now: Instant }
  | { readonly kind: 'done'; readonly now: Instant }
  | Refusal
  | {
      readonly kind: 'fault'
      readonly code: LinkFault
      readonly detail: string
      readonly retryAfterMs: number
    }

/** Published changes of one Show in one frame. */
export interface ShowNews {
  readonly show: ShowNumber
  /** the version before and after */
  readonly from: number
  readonly to: number
  /** to - from changes in order, each seat << 2 | state */
  readonly changes: Int32Array
  readonly counts: SeatCounts
  readonly status: ShowStatus
}

/** A customer's own hold or entry changed. */
export interface PersonalNews {
  readonly customer: CustomerId
  /** the requester whose reply already tells it (see Link); 0 when nobody asked */
  readonly origin: number
  readonly hold?: HoldView
  readonly entry?: EntryView
}

/** What a durable frame means to watchers; `previousFrame` shows a hole. */
export interface FrameNews {
  readonly shard: ShardNumber
  readonly incarnation: Incarnation
  readonly epoch: Epoch
  readonly frame: FrameNumber
  readonly previousFrame: FrameNumber
  readonly now: Instant
  readonly shows: readonly ShowNews[]
}
