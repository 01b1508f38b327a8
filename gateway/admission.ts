// Who may come in, and how often: limits that protect the house, refused early and cheaply (G3, G4).
//
// Owns: the rates and caps of addresses, customers and sockets, and what they announce.
// Leaves to others: what keeps the data right (core, limits.ts), how a refusal is written.
//
//   M1. USHER_RATE_LIMITS `on`: all; `sockets-only`: the rate of each socket; `off`: none.
//   M2. A refused request was not done and cost no more than looking at its head.
//   M3. Work that waits is bounded: over the bound the answer is `overloaded` at once.

import type { RateLimits } from '../shared/config.ts'
import type { ShowNumber } from '../shared/ids.ts'
import { LIMITS } from '../shared/limits.ts'
import type { HoldView } from '../shared/views.ts'
import { TokenBuckets } from './buckets.ts'
import { type Problem, problemOf } from './problems.ts'
import { memoryRates, type RateNumbers, type Rates } from './rates.ts'
import { SeatBudget, type SeatClaim } from './seat-budget.ts'

export interface AdmissionLimits {
  readonly guestsBurst: number
  readonly guestsPerSecond: number
  readonly socketsPerAddress: number
  readonly requestsPerCustomerPerSecond: number
  readonly unbookedSeatsPerAddressAndShow: number
  readonly requestsInFlightMax: number
}

export const ADMISSION_DEFAULTS: AdmissionLimits = Object.freeze({
  guestsBurst: 20,
  guestsPerSecond: 1,
  socketsPerAddress: 200,
  requestsPerCustomerPerSecond: 50,
  unbookedSeatsPerAddressAndShow: 200,
  requestsInFlightMax: 4_096,
})

/** Those that gateways may share (shared-rates.ts). */
export function rateNumbersOf(limits: AdmissionLimits): RateNumbers {
  return {
    guests: { burst: limits.guestsBurst, perSecond: limits.guestsPerSecond },
    customersPerSecond: limits.requestsPerCustomerPerSecond,
  }
}

/** What a limit said, for the RateLimit headers; `problem` when it said no. */
export interface Verdict {
  readonly policy: string
  readonly state: string
  readonly problem?: Problem
}

const SWEEP_EVERY_MS = 10_000
const OVERLOADED_RETRY_MS = 500

export class Admission {
  readonly #mode: RateLimits
  readonly #limits: AdmissionLimits
  readonly #rates: Rates
  readonly #messages: TokenBuckets<number>
  readonly #sockets = new Map<string, number>()
  readonly #budget: SeatBudget
  readonly #sweeper: NodeJS.Timeout
  #inFlight = 0

  /** `rates`: those of the cluster, or of this process alone. */
  constructor(
    mode: RateLimits,
    limits: AdmissionLimits = ADMISSION_DEFAULTS,
    rates: Rates = memoryRates(rateNumbersOf(limits)),
  ) {
    this.#mode = mode
    this.#limits = limits
    this.#rates = rates
    this.#messages = new TokenBuckets({
      burst: LIMITS.messagesPerSocketBurst,
      perSecond: LIMITS.messagesPerSocketPerSecond,
    })
    this.#budget = new SeatBudget(limits.unbookedSeatsPerAddressAndShow)
    this.#sweeper = setInterval(() => this.#budget.sweep(Date.now()), SWEEP_EVERY_MS).unref()
  }

  /** One guest session for that address; undefined when limits are off. */
  async guest(address: string): Promise<Verdict | undefined> {
    if (this.#mode !== 'on') return undefined
    const { waitMs, left } = await this.#rates.guests.take(address)
    const { guestsBurst, guestsPerSecond } = this.#limits
    const refillS = Math.ceil(guestsBurst / guestsPerSecond)
    const verdict = {
      policy: `"guests";q=${guestsBurst};w=${refillS}`,
      state: `"guests";r=${left};t=${Math.ceil(waitMs / 1000)}`,
    }
    if (waitMs === 0) return verdict
    const detail = 'Too many new guest sessions from this address: use one that you have.'
    return { ...verdict, problem: limited(detail, waitMs) }
  }

  /** One request of that customer; undefined when limits are off. */
  async request(customer: string): Promise<Verdict | undefined> {
    if (this.#mode !== 'on') return undefined
    const quota = this.#limits.requestsPerCustomerPerSecond
    const policy = `"customer";q=${quota};w=1`
    const { waitMs, left } = await this.#rates.customers.take(customer)
    const verdict = { policy, state: `"customer";r=${left};t=1` }
    if (waitMs === 0) return verdict
    const detail = `At most ${quota} requests a second are allowed to one customer.`
    return { ...verdict, problem: limited(detail, waitMs) }
  }

  /** false: `request` refuses nobody, so that nobody needs to wait for its answer. M1 */
  get limitsCustomers(): boolean {
    return this.#mode === 'on'
  }

  /** undefined: admitted, and `leave` must follow. M3 */
  enter(): Problem | undefined {
    if (this.#inFlight >= this.#limits.requestsInFlightMax) {
      const detail = 'The server has more work than it can do in time. Nothing was done.'
      return problemOf('overloaded', detail, { retryAfterMs: OVERLOADED_RETRY_MS })
    }
    this.#inFlight += 1
    return undefined
  }

  leave(): void {
    this.#inFlight -= 1
  }

  get inFlight(): number {
    return this.#inFlight
  }

  /** false: the address has its sockets; true: `socketClosed` must follow. */
  socketOpened(address: string): boolean {
    const count = this.#sockets.get(address) ?? 0
    if (this.#mode === 'on' && count >= this.#limits.socketsPerAddress) return false
    this.#sockets.set(address, count + 1)
    return true
  }

  socketClosed(address: string, socket: number): void {
    const count = (this.#sockets.get(address) ?? 1) - 1
    if (count === 0) this.#sockets.delete(address)
    else this.#sockets.set(address, count)
    this.#messages.forget(socket)
  }

  /** One message of that socket: 0 when admitted, else the milliseconds to wait. */
  message(socket: number): number {
    if (this.#mode === 'off') return 0
    return this.#messages.take(socket, performance.now())
  }

  /** Seats that a request would keep; undefined: over the share of its address. U1 */
  claimSeats(address: string, show: ShowNumber, seatCount: number): SeatClaim | undefined {
    if (this.#mode !== 'on') return SeatBudget.unlimited
    return this.#budget.claim({ address, show, seatCount }, Date.now())
  }

  /** What claimSeats refuses with. */
  seatsProblem(): Problem {
    const count = this.#limits.unbookedSeatsPerAddressAndShow
    const detail = `At most ${count} unbooked seats of a show are kept for one address.`
    return limited(detail, 5_000)
  }

  /** News of a hold that a claim may have become. */
  holdChanged(hold: HoldView): void {
    this.#budget.told(hold)
  }

  stop(): void {
    clearInterval(this.#sweeper)
  }
}

function limited(detail: string, waitMs: number): Problem {
  const retryAfterMs = Math.max(1, Math.ceil(waitMs))
  return problemOf('rate-limited', detail, { retryAfterMs })
}
