// What a Show sells under: its policy, its terms, and the defaults of both (H2, H6, O, L3).

import type { Instant, LayoutNumber } from './ids.ts'

export interface RefundStep {
  readonly untilMsBeforeStart: number
  readonly percent: number
}

export interface Policy {
  /** 1 s .. 60 min */
  readonly holdTtlMs: number
  readonly payTtlMs: number
  readonly extensionsMax: number
  /** >= holdTtlMs */
  readonly holdLifeMaxMs: number
  readonly seatsMax: number
  readonly holdsMax: number
  readonly orphans: 'off' | 'on'
  /** The orphan rule is waived once sold / (capacity - blocked) exceeds this, in percent. */
  readonly orphanOffAbovePercentSold: number
  readonly barrierMaxMs: number
  readonly refund: readonly RefundStep[]
}

export const DEFAULT_POLICY: Policy = Object.freeze({
  holdTtlMs: 300_000,
  payTtlMs: 300_000,
  extensionsMax: 1,
  holdLifeMaxMs: 900_000,
  seatsMax: 10,
  holdsMax: 4,
  orphans: 'on',
  orphanOffAbovePercentSold: 90,
  barrierMaxMs: 600_000,
  refund: Object.freeze([{ untilMsBeforeStart: 24 * 60 * 60 * 1000, percent: 100 }]),
})

/** All that the core knows of a Show; journaled whole, so that replay never reads today's rows (S7). */
export interface ShowTerms {
  readonly layout: LayoutNumber
  /** hex SHA-256 of the compiled plan (seating-plan.ts) */
  readonly layoutDigest: string
  readonly policy: Policy
  /** minor units by category index of the layout */
  readonly prices: readonly number[]
  /** ISO 4217 */
  readonly currency: string
  readonly startsAt: Instant
  readonly salesOpenAt: Instant
  readonly salesCloseAt: Instant
}
