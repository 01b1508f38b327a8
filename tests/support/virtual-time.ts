// Time that passes only while everybody sleeps: minutes of waiting in milliseconds, in one order.
// And the time of the wall, with the same face.

import { setTimeout as sleepReally } from 'node:timers/promises'
import type { Clock } from '../../shared/ports.ts'

export interface TestTime extends Clock {
  readonly sleep: (ms: number) => Promise<void>
  /** Looks again and again until it is true; rejects after a minute. */
  until(isTrue: () => boolean | Promise<boolean>): Promise<void>
}

async function until(time: TestTime, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = time.monotonicMs() + 60_000
  while (!(await isTrue())) {
    if (time.monotonicMs() > endMs) throw new Error('it did not come true within a minute')
    await time.sleep(10)
  }
}

export const realTime: TestTime = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: ms => sleepReally(ms),
  until: isTrue => until(realTime, isTrue),
}

interface Sleeper {
  readonly atMs: number
  readonly wake: () => void
}

export class VirtualTime implements TestTime {
  readonly #sleepers: Sleeper[] = []
  #nowMs = 1_000
  #isPumping = false

  wallMs(): number {
    return 1_700_000_000_000 + this.#nowMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  readonly sleep = (ms: number): Promise<void> =>
    new Promise(resolve => {
      this.#sleepers.push({ atMs: this.#nowMs + ms, wake: resolve })
      this.#pump()
    })

  until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
    return until(this, isTrue)
  }

  /** One sleeper a turn, so that whoever was woken settles before time goes on. */
  #pump(): void {
    if (this.#isPumping || this.#sleepers.length === 0) return
    this.#isPumping = true
    setImmediate(() => {
      this.#isPumping = false
      this.#sleepers.sort((left, right) => left.atMs - right.atMs)
      const next = this.#sleepers.shift()
      if (next === undefined) return
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      next.wake()
      this.#pump()
    })
  }
}
