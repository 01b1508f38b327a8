// The connection to Redis: what gateways share about answers and limits, and may lose at any moment.
//
// Owns: connecting, giving up on a command early, connecting again, saying so once.
// Leaves to others: what is kept there (shared-answers.ts, shared-rates.ts).
//
//   K1. Nothing waits for Redis: a command is sent only on a ready connection, never queued, and a
//       connection that is silent for ANSWER_MS_MAX while a command waits is dropped with all of them.
//   K2. Losing it is a warning, not a flood of them; nobody but the users of a command hears an error.

import { Redis } from 'ioredis'
import type { Log } from '../shared/log.ts'
import type { RedisFigures } from './metrics.ts'

/** Longer than any answer of a healthy Redis nearby, and still little for somebody who waits. */
const ANSWER_MS_MAX = 250
const CONNECT_MS_MAX = 1_000
const AGAIN_MS_MAX = 500
/** A Redis at the edge of its time comes and goes twice a second: that is said now and then. */
const SAID_EVERY_MS = 10_000

export interface SharedRedisOptions {
  readonly url: string
  /** of every key: two clusters may use one Redis */
  readonly prefix: string
  readonly log: Log
}

export class SharedRedis {
  readonly client: Redis
  /** what shared-answers.ts found and did not find */
  readonly answers = { hitCount: 0, missCount: 0 }
  readonly #log: Log
  /** undefined: not known yet */
  #wasUp: boolean | undefined
  #downCount = 0
  #saidAtMs = Number.NEGATIVE_INFINITY
  #isSaid = true

  /** Connects in the background: a house opens without Redis too. */
  constructor({ url, prefix, log }: SharedRedisOptions) {
    this.#log = log
    this.client = new Redis(url, {
      keyPrefix: `${prefix}:`,
      connectTimeout: CONNECT_MS_MAX,
      socketTimeout: ANSWER_MS_MAX,
      enableOfflineQueue: false,
      enableAutoPipelining: true,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      retryStrategy: attempt => Math.min(50 * 2 ** Math.min(attempt, 8), AGAIN_MS_MAX),
    })
    this.client.on('ready', () => this.#noteUp())
    this.client.on('close', () => this.#noteDown())
    this.client.on('error', () => undefined) // K2: every loss is noted by `close`
  }

  /** Whether a command sent now has a chance. */
  get isUp(): boolean {
    return this.client.status === 'ready'
  }

  /** How often the connection was lost since the start. */
  get downCount(): number {
    return this.#downCount
  }

  figures(): RedisFigures {
    const { hitCount, missCount } = this.answers
    return { isUp: this.isUp, downCount: this.#downCount, hitCount, missCount }
  }

  stop(): void {
    this.#wasUp = false // this loss is no news
    this.client.disconnect()
  }

  #noteUp(): void {
    this.#wasUp = true
    if (!this.#isSaid) return
    this.#log.info('Redis is there: answers and limits are shared with the other gateways')
  }

  #noteDown(): void {
    if (this.#wasUp === false) return
    if (this.#wasUp) this.#downCount += 1
    this.#wasUp = false
    this.#isSaid = performance.now() - this.#saidAtMs > SAID_EVERY_MS
    if (!this.#isSaid) return
    this.#saidAtMs = performance.now()
    this.#log.warn('Redis is away: this gateway counts and remembers for itself until it is back')
  }
}
