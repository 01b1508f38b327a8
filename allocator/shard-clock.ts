// The time of one reign: what `now` means to the core.
//
// Owns: the step from wall and monotonic clocks to Instants of a Shard.
// Leaves to others: the clocks (ports.ts), whether a wall clock can be trusted (readiness).
//
//   W4. Shard time is max(wall clock, last journaled) at the claim plus monotonic time since: it
//       never goes back, whatever happens to the wall clock (§5 Time).

import { asInstant, type Instant } from '../shared/ids.ts'
import type { Clock } from '../shared/ports.ts'

export class ShardClock {
  readonly #clock: Clock
  readonly #start: number
  readonly #monotonicAtStart: number

  constructor(clock: Clock, lastJournaled: Instant) {
    this.#clock = clock
    this.#start = Math.max(Math.floor(clock.wallMs()), lastJournaled)
    this.#monotonicAtStart = clock.monotonicMs()
  }

  now(): Instant {
    return asInstant(this.#start + Math.floor(this.#clock.monotonicMs() - this.#monotonicAtStart))
  }
}
