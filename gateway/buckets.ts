// Token buckets by name: so many at once, then so many a second.
//
// Owns: one instant per name (the generic cell rate algorithm, ITU-T I.371) and forgetting full buckets.
// Leaves to others: what a name is and what is refused (admission.ts).

/** 0: taken; otherwise the milliseconds until one more can be taken. */
export type WaitMs = number

const SWEEP_ABOVE = 10_000

export class TokenBuckets<Name> {
  /** the instant at which the bucket of that name is full again */
  readonly #fullAt = new Map<Name, number>()
  readonly #perTokenMs: number
  readonly #burst: number
  #sweepAbove = SWEEP_ABOVE

  constructor(options: { readonly burst: number; readonly perSecond: number }) {
    this.#perTokenMs = 1000 / options.perSecond
    this.#burst = options.burst
  }

  take(name: Name, nowMs: number): WaitMs {
    const fullAt = Math.max(this.#fullAt.get(name) ?? 0, nowMs) + this.#perTokenMs
    const waitMs = fullAt - nowMs - this.#burst * this.#perTokenMs
    if (waitMs > 1e-6) return waitMs
    this.#fullAt.set(name, fullAt)
    if (this.#fullAt.size > this.#sweepAbove) this.#sweep(nowMs)
    return 0
  }

  /** Tokens left now. */
  left(name: Name, nowMs: number): number {
    const missingMs = Math.max(0, (this.#fullAt.get(name) ?? 0) - nowMs)
    return Math.max(0, Math.floor(this.#burst - missingMs / this.#perTokenMs + 1e-6))
  }

  forget(name: Name): void {
    this.#fullAt.delete(name)
  }

  /** A full bucket is the same as none; the next sweep comes when the map has doubled. */
  #sweep(nowMs: number): void {
    for (const [name, fullAt] of this.#fullAt) {
      if (fullAt <= nowMs) this.#fullAt.delete(name)
    }
    this.#sweepAbove = Math.max(SWEEP_ABOVE, this.#fullAt.size * 2)
  }
}
