// A clock that moves only when told; wall and monotonic time can be moved apart.

import type { Clock } from '../../shared/ports.ts'

export class ManualClock implements Clock {
  #wallMs: number
  #monotonicMs: number

  constructor(wallMs = 1_700_000_000_000, monotonicMs = 1_000) {
    this.#wallMs = wallMs
    this.#monotonicMs = monotonicMs
  }

  wallMs(): number {
    return this.#wallMs
  }

  monotonicMs(): number {
    return this.#monotonicMs
  }

  /** Time passes as it does. */
  advance(ms: number): void {
    this.#wallMs += ms
    this.#monotonicMs += ms
  }

  /** Somebody sets the wall clock, forwards or back. */
  jumpWall(ms: number): void {
    this.#wallMs += ms
  }
}
