// One hold as the auditor sees it: its facts, every version of them, and the rules of its deadline.
//
// Owns: rules H2, H3, H4, H7 and H9. Leaves to others: its Seats on the map (audited-show.ts).

import type { Policy } from '../../shared/policy.ts'
import type { HoldExtended, HoldSettling, PaymentStarted } from '../../shared/transitions.ts'
import type { HoldPhase } from '../../shared/views.ts'
import { check } from './audit-error.ts'

/** When and as which Transition something happened. */
export interface Moment {
  readonly sequence: number
  /** shard time */
  readonly time: number
  /** when its frame reached the store, in true milliseconds; undefined where nobody measured */
  readonly storedAtMs: number | undefined
  /** the same of the frame before: nothing of this frame was decided earlier (W1) */
  readonly decidedAfterMs: number | undefined
}

/** What a view of the hold showed from this Transition on. */
export interface HoldVersion {
  readonly sequence: number
  readonly phase: HoldPhase
  readonly seats: readonly number[]
  readonly prices: readonly number[]
  readonly expiresAt: number
  readonly extensions: number
  readonly booking: string | undefined
}

const PAYMENT_LIFE_LEFT_MS = 60_000

export class AuditedHold {
  readonly id: string
  readonly customer: string
  readonly entry: string | undefined
  readonly createdAt: number
  readonly versions: HoldVersion[] = []
  readonly #decidedAfterMs: number | undefined
  seats: readonly number[]
  prices: readonly number[]
  phase: HoldPhase = 'selecting'
  expiresAt: number
  extensions = 0
  creditMs = 0
  booking: string | undefined
  endedAt: number | undefined

  constructor(
    facts: Pick<AuditedHold, 'id' | 'customer' | 'entry' | 'seats' | 'prices' | 'expiresAt'>,
    moment: Moment,
  ) {
    this.id = facts.id
    this.customer = facts.customer
    this.entry = facts.entry
    this.seats = facts.seats
    this.prices = facts.prices
    this.expiresAt = facts.expiresAt
    this.createdAt = moment.time
    this.#decidedAfterMs = moment.decidedAfterMs
    this.note(moment)
  }

  get isLive(): boolean {
    return this.phase === 'selecting' || this.phase === 'paying' || this.phase === 'settling'
  }

  get canExpire(): boolean {
    return this.phase === 'selecting' || this.phase === 'paying'
  }

  get amount(): number {
    return this.prices.reduce((sum, price) => sum + price, 0)
  }

  note({ sequence }: Moment): void {
    const { phase, seats, prices, expiresAt, extensions, booking } = this
    this.versions.push({ sequence, phase, seats, prices, expiresAt, extensions, booking })
  }

  /** H7: a credit is given even past the end of the life. */
  credit(creditMs: number, moment: Moment): void {
    if (!this.canExpire || creditMs === 0) return
    this.expiresAt += creditMs
    this.creditMs += creditMs
    this.note(moment)
  }

  extend(extended: HoldExtended, policy: Policy, { time }: Moment): void {
    check(this.canExpire, 'H4', `extended while ${this.phase}`)
    check(time < this.expiresAt, 'H3', 'extended after its deadline')
    this.extensions += 1
    check(this.extensions <= policy.extensionsMax, 'H2', 'too many extensions')
    check(extended.expiresAt > this.expiresAt, 'H2', 'an extension gained nothing')
    const lifeEnd = this.createdAt + policy.holdLifeMaxMs
    const expected = Math.min(this.expiresAt + policy.holdTtlMs, lifeEnd)
    check(
      extended.expiresAt === expected,
      'H2',
      `extended to ${extended.expiresAt}, not ${expected}`,
    )
    this.expiresAt = extended.expiresAt
  }

  pay(started: PaymentStarted, policy: Policy, { time }: Moment): void {
    check(this.phase === 'selecting', 'H2', `payment started while ${this.phase}`)
    check(time < this.expiresAt, 'H3', 'payment started after the deadline')
    const lifeEnd = this.createdAt + policy.holdLifeMaxMs
    const left = Math.max(lifeEnd, this.expiresAt) - time
    check(left >= PAYMENT_LIFE_LEFT_MS, 'H2', `payment started with ${left} ms of life left`)
    const expected = Math.max(this.expiresAt, Math.min(time + policy.payTtlMs, lifeEnd))
    check(
      started.expiresAt === expected,
      'H2',
      `paying until ${started.expiresAt}, not ${expected}`,
    )
    this.expiresAt = started.expiresAt
    this.phase = 'paying'
  }

  settle(settling: HoldSettling, currency: string, { time }: Moment): void {
    check(this.canExpire, 'H4', `settling while ${this.phase}`)
    check(time < this.expiresAt, 'H3', 'settled after its deadline')
    check(settling.amount === this.amount, 'H9', `${settling.amount}, the hold's is ${this.amount}`)
    check(settling.currency === currency, 'H9', 'another currency')
    check(settling.intent === '' || this.phase === 'paying', 'P2', 'captured without a payment')
    this.phase = 'settling'
  }

  /** H3: by the clock of the shard, and by the true time that nobody can set. */
  expire({ time, storedAtMs }: Moment): void {
    check(this.phase !== 'settling', 'H4', 'a settling hold expired')
    check(time >= this.expiresAt, 'H3', `expired ${this.expiresAt - time} ms early`)
    if (storedAtMs === undefined || this.#decidedAfterMs === undefined) return
    const promised = this.expiresAt - this.creditMs - this.createdAt
    const lived = storedAtMs - this.#decidedAfterMs
    check(lived >= promised, 'H3', `lived ${lived} ms of the ${promised} ms that were promised`)
  }
}
