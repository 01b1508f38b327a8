// What the projection makes of frames: rows to insert and changes to make, in steps whose inner
// order does not matter and whose outer order does.

import type {
  BookingId,
  CustomerId,
  EntryId,
  FrameNumber,
  HoldId,
  Id,
  Instant,
  Sequence,
  ShardNumber,
  ShowNumber,
} from '../shared/ids.ts'
import type { ShowTerms } from '../shared/policy.ts'
import type { TransitionKind } from '../shared/transitions.ts'
import type { EntryState, HoldPhase } from '../shared/views.ts'

/** Where a Transition stands. */
export interface Place {
  readonly shard: ShardNumber
  readonly incarnation: number
  readonly frame: FrameNumber
  readonly sequence: Sequence
  readonly at: Instant
}

export interface TransitionRow {
  readonly place: Place
  readonly kind: TransitionKind
  readonly show: ShowNumber | undefined
  readonly hold: HoldId | undefined
  readonly entry: EntryId | undefined
  readonly booking: BookingId | undefined
  readonly customer: CustomerId | undefined
  readonly seats: readonly number[] | undefined
  readonly expiresAt: number | undefined
  /** JSON of what has no column */
  readonly detail: string | undefined
}

/** A hold that began in this step, as it is at the step's end. */
export interface NewHold {
  readonly id: HoldId
  readonly show: ShowNumber
  /** undefined: an offer, whose customer stands in its entry's row */
  readonly customer: CustomerId | undefined
  readonly entry: EntryId | undefined
  readonly shard: ShardNumber
  readonly incarnation: number
  readonly createdAt: Instant
  phase: HoldPhase
  seats: readonly number[]
  prices: readonly number[]
  booking: BookingId | undefined
  extensionCount: number
  expiresAt: number
  endedAt: Instant | undefined
  deadlineSequence: Sequence
  sequence: Sequence
}

/** An older hold: undefined leaves a column as it is. */
export interface HoldChange {
  readonly id: HoldId
  phase: HoldPhase | undefined
  seats: readonly number[] | undefined
  prices: readonly number[] | undefined
  booking: BookingId | undefined
  /** to be added */
  extensionCount: number
  expiresAt: number | undefined
  deadlineSequence: Sequence | undefined
  endedAt: Instant | undefined
  sequence: Sequence
  /** what becomes of the entry whose offer it is */
  entryState: EntryState | undefined
}

export interface NewEntry {
  readonly id: EntryId
  readonly show: ShowNumber
  readonly customer: CustomerId
  readonly party: number
  readonly minParty: number
  readonly categories: number
  readonly together: boolean
  readonly accessible: boolean
  readonly joinedAt: Instant
  state: EntryState
  declineCount: number
  hold: HoldId | undefined
  endedAt: Instant | undefined
  sequence: Sequence
}

export interface EntryChange {
  readonly id: EntryId
  /** 'declined': waiting again, or `left` from the second time on */
  state: EntryState | 'declined'
  /** to be added */
  declineCount: number
  hold: HoldId | undefined
  endedAt: Instant | undefined
  sequence: Sequence
}

export interface NewBooking {
  readonly id: BookingId
  readonly show: ShowNumber
  readonly hold: HoldId
  readonly amount: number
  readonly currency: string
  readonly intent: string | undefined
  readonly place: Place
}

export interface BookedBooking {
  readonly id: BookingId
  readonly number: number
  readonly place: Place
}

export interface CancelledBooking {
  readonly id: BookingId
  readonly seats: readonly number[]
  readonly cause: string
  readonly place: Place
}

export interface FailedSettlement {
  readonly hold: HoldId
  readonly place: Place
}

/** A fact about a whole Show, carried out over the rows of that Show after everything before it. */
export type ShowFact =
  | {
      readonly kind: 'opened' | 'changed'
      readonly show: ShowNumber
      readonly terms: ShowTerms
      readonly place: Place
    }
  | { readonly kind: 'closed' | 'cancelled'; readonly show: ShowNumber; readonly place: Place }

/** Written in the order of its fields, one statement (or a few) each. */
export interface Step {
  readonly transitions: TransitionRow[]
  readonly newEntries: Map<string, NewEntry>
  readonly newHolds: Map<string, NewHold>
  readonly holdChanges: Map<string, HoldChange>
  readonly entryChanges: Map<string, EntryChange>
  readonly newBookings: NewBooking[]
  readonly booked: BookedBooking[]
  readonly cancelled: CancelledBooking[]
  readonly failed: FailedSettlement[]
  readonly facts: ShowFact[]
}

export function emptyStep(): Step {
  return {
    transitions: [],
    newEntries: new Map(),
    newHolds: new Map(),
    holdChanges: new Map(),
    entryChanges: new Map(),
    newBookings: [],
    booked: [],
    cancelled: [],
    failed: [],
    facts: [],
  }
}

/** Eight UTF-16 units: the cheapest string that two equal ids share. */
export function keyOf(id: Id): string {
  return String.fromCharCode(
    id.a >>> 16,
    id.a & 0xffff,
    id.b >>> 16,
    id.b & 0xffff,
    id.c >>> 16,
    id.c & 0xffff,
    id.d >>> 16,
    id.d & 0xffff,
  )
}
