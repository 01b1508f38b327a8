// How fast a gateway's requests were lately: what `--pause-if 'hold.p99>50ms'` is judged by.
//
// Owns: the window, quantiles of tallies, names of figures.
// Leaves to others: counting (request-tally.ts), carrying figures to whoever judges (beats).
//
//   RF1. A figure is of the last 5 to 6 s; without a request in them there is none.
//   RF2. Of several gateways the slowest counts.
//   RF3. Tallies double their bounds; within a bucket a quantile is interpolated.

import type { Request } from '../shared/commands.ts'
import { LATENCY_BOUNDS_MS } from '../shared/latency.ts'
import type { Clock } from '../shared/ports.ts'
import type { RequestTally } from './request-tally.ts'

const WINDOW_MS = 5_000
const NOTE_EVERY_MS = 1_000

const KINDS: Readonly<Record<string, readonly Request['kind'][]>> = {
  hold: ['hold-seats', 'hold-best'],
  join: ['join-waitlist'],
}
const QUANTILES: Readonly<Record<string, number>> = { p50: 0.5, p99: 0.99, p999: 0.999 }

/** `hold.p50`, `hold.p99` ... */
export const FIGURE_NAMES: readonly string[] = Object.keys(KINDS).flatMap(name =>
  Object.keys(QUANTILES).map(quantile => `${name}.${quantile}`),
)

export type Figures = Readonly<Record<string, number>>

interface Noted {
  readonly atMs: number
  readonly counts: ReadonlyMap<string, Float64Array>
}

export class RecentFigures {
  readonly #tally: RequestTally
  readonly #clock: Clock
  readonly #noted: Noted[] = []

  constructor(tally: RequestTally, clock: Clock) {
    this.#tally = tally
    this.#clock = clock
    this.#note(clock.monotonicMs())
  }

  /** To be called at least once a second. RF1 */
  read(): Figures {
    const nowMs = this.#clock.monotonicMs()
    const latest = this.#noted[this.#noted.length - 1]
    if (latest === undefined || nowMs - latest.atMs >= NOTE_EVERY_MS) this.#note(nowMs)
    while ((this.#noted[1]?.atMs ?? nowMs) <= nowMs - WINDOW_MS) this.#noted.shift()
    const figures: Record<string, number> = {}
    for (const name of Object.keys(KINDS)) {
      const counts = difference(this.#countsOf(name), this.#noted[0]?.counts.get(name))
      for (const [quantile, share] of Object.entries(QUANTILES)) {
        const ms = quantileOf(counts, share)
        if (ms !== undefined) figures[`${name}.${quantile}`] = ms
      }
    }
    return figures
  }

  #note(atMs: number): void {
    const names = Object.keys(KINDS)
    this.#noted.push({ atMs, counts: new Map(names.map(name => [name, this.#countsOf(name)])) })
  }

  #countsOf(name: string): Float64Array {
    const sum = new Float64Array(LATENCY_BOUNDS_MS.length + 1)
    for (const kind of KINDS[name] ?? []) {
      this.#tally.kinds.get(kind)?.latency.counts.forEach((count, at) => {
        sum[at] = (sum[at] as number) + count
      })
    }
    return sum
  }
}

/** RF2: undefined when nobody has measured it. */
export function worstOf(all: readonly Figures[], name: string): number | undefined {
  const values = all.flatMap(figures => figures[name] ?? [])
  return values.length === 0 ? undefined : Math.max(...values)
}

/** Milliseconds; undefined without a count. RF3 */
export function quantileOf(counts: Float64Array, share: number): number | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (total === 0) return undefined
  let left = total * share
  for (let at = 0; at < counts.length; at += 1) {
    const count = counts[at] as number
    if (count >= left && count > 0) {
      const low = LATENCY_BOUNDS_MS[at - 1] ?? 0
      const high = LATENCY_BOUNDS_MS[at] ?? low * 2
      return low + (high - low) * (left / count)
    }
    left -= count
  }
  return LATENCY_BOUNDS_MS[LATENCY_BOUNDS_MS.length - 1]
}

function difference(now: Float64Array, before: Float64Array | undefined): Float64Array {
  return now.map((count, at) => count - (before?.[at] ?? 0))
}
