// How many unbooked seats one address keeps of one show (H6: 200).
//
// Owns: the live holds by address and show, seats of requests that are still on their way.
// Leaves to others: the limit's refusal (admission.ts), who is exempt (http/, session.ts).
//
//   U1. A request counts from its claim on, so that many at once cannot pass together.
//   U2. A hold counts until it is booked, released or past the deadline that was last told.

import { idTextOf, type ShowNumber } from '../shared/ids.ts'
import type { HoldView } from '../shared/views.ts'

interface Kept {
  readonly seatCount: number
  readonly expiresAt: number
}

/** What one address keeps of one show. */
interface Account {
  readonly name: string
  readonly holds: Map<string, Kept>
  claimed: number
}

/** Seats of a request on its way; `settle` must be called once with what became of it. */
export interface SeatClaim {
  settle(hold: HoldView | undefined): void
}

const NO_CLAIM: SeatClaim = { settle: () => undefined }

export class SeatBudget {
  readonly #accounts = new Map<string, Account>()
  readonly #accountOf = new Map<string, Account>()
  readonly #seatsMax: number

  constructor(seatsMax: number) {
    this.#seatsMax = seatsMax
  }

  /** undefined: the address has its share of that show; `seatCount` more do not fit. U1 */
  claim(
    asked: { readonly address: string; readonly show: ShowNumber; readonly seatCount: number },
    nowMs: number,
  ): SeatClaim | undefined {
    const name = `${asked.show} ${asked.address}`
    const account = this.#accounts.get(name) ?? { name, holds: new Map(), claimed: 0 }
    this.#prune(account, nowMs)
    if (account.claimed + keptBy(account) + asked.seatCount > this.#seatsMax) return undefined
    account.claimed += asked.seatCount
    this.#accounts.set(name, account)
    let isSettled = false
    return {
      settle: hold => {
        if (isSettled) return
        isSettled = true
        account.claimed -= asked.seatCount
        if (hold !== undefined) this.#keep(account, hold)
        this.#dropWhenEmpty(account)
      },
    }
  }

  /** Nothing is counted: limits are off, or the caller is exempt. */
  static get unlimited(): SeatClaim {
    return NO_CLAIM
  }

  /** News of a hold: changed, extended, ended. U2 */
  told(hold: HoldView): void {
    const account = this.#accountOf.get(idTextOf(hold.id))
    if (account === undefined) return
    this.#keep(account, hold)
    this.#dropWhenEmpty(account)
  }

  /** Forgets what has ended by its deadline; called now and then. */
  sweep(nowMs: number): void {
    for (const account of this.#accounts.values()) {
      this.#prune(account, nowMs)
      this.#dropWhenEmpty(account)
    }
  }

  #keep(account: Account, hold: HoldView): void {
    const id = idTextOf(hold.id)
    if (!isUnbooked(hold)) {
      this.#end(account, id)
      return
    }
    account.holds.set(id, { seatCount: hold.seats.length, expiresAt: hold.expiresAt })
    this.#accountOf.set(id, account)
    this.#accounts.set(account.name, account)
  }

  #end(account: Account, id: string): void {
    account.holds.delete(id)
    this.#accountOf.delete(id)
  }

  #prune(account: Account, nowMs: number): void {
    for (const [id, kept] of account.holds) if (kept.expiresAt <= nowMs) this.#end(account, id)
  }

  #dropWhenEmpty(account: Account): void {
    if (account.holds.size === 0 && account.claimed === 0) this.#accounts.delete(account.name)
  }
}

/** A hold whose seats may still come back. */
function isUnbooked({ phase }: HoldView): boolean {
  return phase === 'selecting' || phase === 'paying'
}

function keptBy(account: Account): number {
  let count = 0
  for (const kept of account.holds.values()) count += kept.seatCount
  return count
}
