// How far this machine's wall clock is from the database's (design.md §5 Time).
//
//   K1. Over a second apart nothing is claimed and readiness fails: deadlines would be told wrongly.

import type pg from 'pg'
import { systemClock } from '../shared/clock.ts'
import { Fault } from '../shared/faults.ts'
import type { Clock } from '../shared/ports.ts'

export const SKEW_MS_MAX = 1_000
const LOOK_EVERY_MS = 10_000

interface Teller {
  wallSkewMs(clock: Clock): Promise<number>
}

const WALL_CLOCK = 'select extract(epoch from clock_timestamp())::float8 * 1000 as ms'

/** The database's clock through a pool. */
export function databaseTeller(pool: Pick<pg.Pool, 'query'>): Teller {
  return {
    wallSkewMs: async clock => {
      const sentAt = clock.wallMs()
      const { rows } = await pool.query(WALL_CLOCK)
      return Math.round(rows[0].ms - (sentAt + clock.wallMs()) / 2)
    },
  }
}

export class ClockSkew {
  readonly #teller: Teller
  readonly #timer: NodeJS.Timeout
  #ms: number

  private constructor(teller: Teller, ms: number) {
    this.#teller = teller
    this.#ms = ms
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS).unref()
  }

  /** Throws Fault('configuration') when the clocks are too far apart to claim anything. K1 */
  static async watch(teller: Teller): Promise<ClockSkew> {
    const ms = await teller.wallSkewMs(systemClock)
    if (Math.abs(ms) <= SKEW_MS_MAX) return new ClockSkew(teller, ms)
    throw new Fault(
      'configuration',
      `The clock of this machine is ${Math.abs(ms)} ms ${ms < 0 ? 'ahead of' : 'behind'} the database's: set both by NTP.`,
    )
  }

  /** the database's clock minus ours, as last seen */
  get ms(): number {
    return this.#ms
  }

  get isFit(): boolean {
    return Math.abs(this.#ms) <= SKEW_MS_MAX
  }

  /** K1 */
  get check(): { readonly name: string; readonly isOk: boolean; readonly detail: string } {
    return { name: 'clock', isOk: this.isFit, detail: `${this.#ms} ms from the database's` }
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  async #look(): Promise<void> {
    try {
      this.#ms = await this.#teller.wallSkewMs(systemClock)
    } catch {
      // the journal itself tells when the database is away
    }
  }
}
