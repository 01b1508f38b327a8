// Time that passes only while everybody sleeps: minutes of waiting in milliseconds, in one order.

import type { Clock } from '../../shared/ports.ts'

interface Sleeper {
  readonly atMs: number
  readonly wake: () => void
}

export class VirtualTime implements Clock {
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

  /** Looks again and again until it is true; rejects after a virtual minute. */
  async until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
    const endMs = this.#nowMs + 60_000
    while (!(await isTrue())) {
      if (this.#nowMs > endMs) throw new Error('it did not come true within a minute')
      await this.sleep(10)
    }
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
