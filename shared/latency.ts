// How long something took, counted: cheap enough for the hot path, read when somebody scrapes.
//
//   LA1. Bounds double from a quarter of a millisecond to 8 s; one more bucket takes what is longer.

const FIRST_BOUND_MS = 0.25
const BOUND_COUNT = 16

/** Upper bounds in milliseconds, inclusive. LA1 */
export const LATENCY_BOUNDS_MS: readonly number[] = Object.freeze(
  Array.from({ length: BOUND_COUNT }, (_, at) => FIRST_BOUND_MS * 2 ** at),
)

export class LatencyTally {
  /** by bucket, not cumulative */
  readonly counts = new Float64Array(BOUND_COUNT + 1)
  sumMs = 0

  add(ms: number): void {
    const units = Math.max(1, Math.ceil(ms / FIRST_BOUND_MS))
    const at = Math.min(BOUND_COUNT, 32 - Math.clz32(Math.min(units, 0x7fff_ffff) - 1))
    this.counts[at] = (this.counts[at] as number) + 1
    this.sumMs += ms
  }

  get count(): number {
    return this.counts.reduce((sum, count) => sum + count, 0)
  }
}
