// Where requests of one Shard wait undecided, first come, first served.
//
// Owns: the order of arrival, and when more waiting makes no sense.
// Leaves to others: when they are decided (writer.ts), what they mean (shard.ts).
//
//   W5. Requests are taken in the order in which they arrived; none is dropped, each is answered.
//   W6. When the oldest has waited LIMITS.inboxAgeMsMax over its deadline, new ones are refused at
//       once (`overloaded`): an early no is kinder than a late one (G4).

import { assert } from '../shared/assert.ts'
import type { Request } from '../shared/commands.ts'
import { LIMITS } from '../shared/limits.ts'
import type { Reply } from '../shared/views.ts'

export type OnReply = (reply: Reply) => void

export interface Arrival {
  readonly request: Request
  /** the requester's number, 0 for none */
  readonly origin: number
  readonly onReply: OnReply
  /** monotonic */
  readonly atMs: number
}

/**
 * How long a request may wait for its decision before the Shard counts as overloaded: longer than a
 * slow commit of a busy disk, far shorter than a client's patience.
 */
export const DECIDE_WITHIN_MS = 1_000
const COMPACT_ABOVE = 1_024

export class Inbox {
  #arrivals: (Arrival | undefined)[] = []
  #next = 0

  get length(): number {
    return this.#arrivals.length - this.#next
  }

  /** Whether a request that arrives now had better be refused. W6 */
  isOverloaded(nowMs: number): boolean {
    const oldest = this.#arrivals[this.#next]
    return oldest !== undefined && nowMs - oldest.atMs > DECIDE_WITHIN_MS + LIMITS.inboxAgeMsMax
  }

  push(arrival: Arrival): void {
    this.#arrivals.push(arrival)
  }

  /** The oldest. W5 */
  take(): Arrival {
    const arrival = this.#arrivals[this.#next]
    assert(arrival !== undefined, 'W5: there is something to take')
    this.#arrivals[this.#next] = undefined
    this.#next += 1
    if (this.#next === this.#arrivals.length) this.#empty()
    else if (this.#next > COMPACT_ABOVE && this.#next * 2 > this.#arrivals.length) this.#compact()
    return arrival
  }

  #empty(): void {
    this.#arrivals.length = 0
    this.#next = 0
  }

  #compact(): void {
    this.#arrivals = this.#arrivals.slice(this.#next)
    this.#next = 0
  }
}
