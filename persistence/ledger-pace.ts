// How much of a shared machine the ledger may take while people are being served.
//
// Owns: the rests between batches. Leaves to others: the batches (ledger-loop.ts), who waits (the handle).
//
//   LP1. While frames keep coming and nobody waits for a booking, the ledger works a tenth of the time.
//   LP2. Whoever waits for a confirmation ends the rest at once, and there is none until it is given.
//   LP3. What is over lagMsMax old is projected without rest.
//   LP4. When no frame came during a batch the burst is over: no rest, so that it drains quickly.

import type { FrameNumber } from '../shared/ids.ts'

const REST_PER_WORK = 9
const REST_MS_MAX = 900
const LAG_MS_MAX = 15_000

export interface PaceOptions {
  /** how many callers wait for the ledger */
  readonly awaitedCount: () => number
  /** sum of all heads: grows with every durable frame */
  readonly headSum: () => FrameNumber | number
  readonly nowMs: () => number
  /** the longest rest, and the lag above which there is none: short for a ledger with its own cores */
  readonly restMsMax?: number
  readonly lagMsMax?: number
}

export class LedgerPace {
  readonly #options: PaceOptions
  #headSum = 0
  #end: () => void = () => undefined

  constructor(options: PaceOptions) {
    this.#options = options
  }

  /** How long to rest after a batch; 0 for not at all. LP1 - LP4 */
  restMsAfter(workedMs: number, oldestMs: number): number {
    const { awaitedCount, headSum, nowMs } = this.#options
    const { restMsMax = REST_MS_MAX, lagMsMax = LAG_MS_MAX } = this.#options
    const sum = headSum()
    const isComing = sum > this.#headSum
    this.#headSum = sum
    if (!isComing || awaitedCount() > 0 || nowMs() - oldestMs > lagMsMax) return 0
    return Math.min(restMsMax, REST_PER_WORK * workedMs)
  }

  readonly rest = (workedMs: number, oldestMs: number): Promise<void> => {
    const ms = this.restMsAfter(workedMs, oldestMs)
    if (ms < 1) return Promise.resolve()
    return new Promise(resolve => {
      const timer = setTimeout(() => this.#end(), ms)
      this.#end = () => {
        clearTimeout(timer)
        this.#end = () => undefined
        resolve()
      }
    })
  }

  /** LP2 */
  hurry(): void {
    this.#end()
  }
}
