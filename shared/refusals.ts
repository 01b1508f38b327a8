// Refusals: the core's closed list of normal "no" answers, in order of precedence (D3).

import type { SeatIndex } from './ids.ts'

export const REFUSALS = [
  'idempotency-mismatch',
  'not-found',
  'show-not-on-sale',
  'seat-unknown',
  'seat-repeated',
  'too-many-seats',
  'too-many-holds',
  'seat-taken',
  'leaves-orphan',
  'sold-out',
  'no-block',
  'already-waiting',
  'not-offered',
  'waitlist-full',
  'hold-expired',
  'hold-paying',
  'hold-settling',
  'no-extension-left',
  'payment-required',
  'payment-mismatch',
  'not-refundable',
  'conflict',
] as const

export type RefusalCode = (typeof REFUSALS)[number]

/** What a watcher may know of a Seat; the order is the wire's 2-bit value. Reserved looks held. */
export const SEAT_STATES = ['free', 'held', 'sold', 'blocked'] as const
export type SeatState = (typeof SEAT_STATES)[number]

export interface Conflict {
  readonly seat: SeatIndex
  readonly state: SeatState
}

export interface Refusal {
  readonly kind: 'refused'
  readonly code: RefusalCode
  /** a clear sentence that says what to do */
  readonly detail: string
  readonly conflicts?: readonly Conflict[]
  /** of `no-block`: the largest block that would fit */
  readonly largest?: number
}
