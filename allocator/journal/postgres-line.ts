// One connection to Postgres that heals: the journal's own, so that nothing else delays an append.
//
// Owns: connecting, noticing that a connection died, trying again with growing pauses.
// Leaves to others: what a broken statement may have done (postgres.ts settles that).
//
//   E3. Silence and errors say nothing about what was stored: the caller is told how often it tried.

import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { Fault } from '../../shared/faults.ts'

export interface LineOptions {
  readonly connectionString: string
  /** a statement that takes longer counts as silence */
  readonly silenceMs?: number
  /** how long to go on trying before Fault('journal-unavailable') */
  readonly giveUpMs?: number
  /** told once per broken attempt, for the log */
  readonly onTrouble?: (cause: unknown, attempt: number) => void
}

type Use<Result> = (client: pg.Client, attempt: number) => Promise<Result>

const PAUSE_FIRST_MS = 20
const PAUSE_MAX_MS = 1_000

/**
 * Every statement of the journal is a look-up by primary key. A plan made while the table was empty
 * must not scan it later, and planning again for every append would double its cost.
 */
const SETTINGS = `
set plan_cache_mode = force_generic_plan;
set enable_seqscan = off; set enable_bitmapscan = off;
set enable_hashjoin = off; set enable_mergejoin = off; set jit = off`

export class PostgresLine {
  readonly #options: Required<LineOptions>
  #client: pg.Client | undefined
  #isClosed = false
  /** settles when the statement before is done: a connection takes one at a time */
  #last: Promise<void> = Promise.resolve()

  constructor(options: LineOptions) {
    this.#options = { silenceMs: 5_000, giveUpMs: 30_000, onTrouble: () => {}, ...options }
  }

  /** Runs `use` until it succeeds, one after another; `attempt` counts from 0. Faults pass through. */
  attempt<Result>(use: Use<Result>): Promise<Result> {
    const mine = this.#last.then(() => this.#try(use))
    this.#last = mine.then(noResult, noResult)
    return mine
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const client = this.#client
    this.#client = undefined
    await client?.end().catch(() => {})
  }

  async #try<Result>(use: Use<Result>): Promise<Result> {
    const startedAt = performance.now()
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await use(await this.#connected(), attempt)
      } catch (cause) {
        if (cause instanceof Fault) throw cause
        this.#drop()
        this.#options.onTrouble(cause, attempt)
        if (this.#isClosed || performance.now() - startedAt > this.#options.giveUpMs) {
          throw unavailable(cause)
        }
        await pause(Math.min(PAUSE_FIRST_MS * 2 ** attempt, PAUSE_MAX_MS))
      }
    }
  }

  async #connected(): Promise<pg.Client> {
    if (this.#client !== undefined) return this.#client
    if (this.#isClosed) throw unavailable(new Error('the journal is closed'))
    const client = new pg.Client({
      connectionString: this.#options.connectionString,
      application_name: 'usher journal',
      keepAlive: true,
      connectionTimeoutMillis: this.#options.silenceMs,
      query_timeout: this.#options.silenceMs,
    })
    client.on('error', () => this.#forget(client))
    client.on('end', () => this.#forget(client))
    await client.connect()
    await client.query(SETTINGS)
    this.#client = client
    return client
  }

  #forget(client: pg.Client): void {
    if (this.#client === client) this.#client = undefined
  }

  /** A statement may still hang in it: never wait for such a connection to end. */
  #drop(): void {
    const client = this.#client
    this.#client = undefined
    client?.connection.stream.destroy()
  }
}

const noResult = (): void => {}

function unavailable(cause: unknown): Fault {
  return new Fault(
    'journal-unavailable',
    'The journal in Postgres did not answer. Check that the database runs and has disk space.',
    { cause },
  )
}
