// How a hold stands in the columns: the words of a row, and the bits of its life.
//
// Owns: the layout, the codes of phases, and what a hold is written from. Leaves to others: the arrays themselves (hold-columns.ts).

import type {
  CustomerId,
  EntryId,
  HoldId,
  Id,
  Incarnation,
  Instant,
  SeatIndex,
  Sequence,
} from '../../shared/ids.ts'
import type { SeatsHeld } from '../../shared/transitions.ts'
import type { HoldPhase } from '../../shared/views.ts'
import { tagOf } from './tag-table.ts'

/** The order is the stored code. */
export const HOLD_PHASES: readonly HoldPhase[] = [
  'selecting',
  'paying',
  'settling',
  'booked',
  'released',
  'expired',
]
export const CODE_OF_PHASE: Readonly<Record<HoldPhase, number>> = Object.freeze({
  selecting: 0,
  paying: 1,
  settling: 2,
  booked: 3,
  released: 4,
  expired: 5,
})
export const SETTLING = 2

export const SLOTS_MIN = 16
export const NONE = -1

// a row of sixteen integers is one cache line
export const ID = 0
export const CUSTOMER = 4
export const SHOW = 8
export const LIST = 9
/** seat count | phase << 7 | offer << 10 | extensions << 11; 0 when the slot is free */
export const LIFE = 10
export const FIRST_KEY = 11
export const NEXT_OF_SHOW = 12
export const PREVIOUS_OF_SHOW = 13
export const NEXT_OF_CUSTOMER = 14
export const PREVIOUS_OF_CUSTOMER = 15
export type Link = 12 | 13 | 14 | 15
export const INTS = 16

export const COUNT_MASK = 127
export const PHASE_SHIFT = 7
export const PHASE_MASK = 7
export const OFFER_BIT = 1 << 10
export const EXTENSIONS_SHIFT = 11
export const EXTENSIONS_MAX = 0xffff

/** what few holds have: lane d of an offer's hold xor lane d of its entry, three lanes of a booking */
export const OFFER = 0
export const BOOKING = 1
export const RARE = 4

export const CREATED_AT = 0
export const EXPIRES_AT = 1
export const ENDED_AT = 2
export const SEQUENCE = 3
export const NUMBERS = 4

export interface NewHold {
  readonly id: HoldId
  readonly customer: CustomerId
  readonly entry: EntryId | undefined
  readonly seats: readonly SeatIndex[]
  readonly prices: readonly number[]
  readonly createdAt: Instant
  readonly expiresAt: Instant
  readonly sequence: Sequence
}

export interface Ending {
  readonly phase: HoldPhase
  readonly at: Instant
  readonly sequence: Sequence
}

export interface KnownOfHold {
  readonly id: HoldId
  readonly incarnation: Incarnation
  /** the Transition that has just made the hold */
  readonly held: SeatsHeld | undefined
}

export function writeId(ints: Int32Array, at: number, id: Id): void {
  ints[at] = id.a
  ints[at + 1] = id.b
  ints[at + 2] = id.c
  ints[at + 3] = id.d
}

export function isIdAt(ints: Int32Array, at: number, id: Id): boolean {
  return (
    ints[at + 3] === id.d && ints[at + 2] === id.c && ints[at + 1] === id.b && ints[at] === id.a
  )
}

/** The tag of the id that stands there. */
export function tagAt(ints: Int32Array, at: number): number {
  return tagOf(
    ints[at] as number,
    ints[at + 1] as number,
    ints[at + 2] as number,
    ints[at + 3] as number,
  )
}
