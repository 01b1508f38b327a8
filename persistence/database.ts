// The Postgres behind everything: embedded under the data folder, or one that the operator names.
//
// Owns: opening, the pool, the one-Usher-per-database lock, stopping.
// Leaves to others: tables (migrate.ts), who runs the embedded server and how (embedded/).
//
//   DB1. A broken idle connection is logged and replaced; it never ends the process.
//   DB2. Stopping ends the embedded server unless another Usher of the same folder works with it.

import { CamelCasePlugin, Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { Fault } from '../shared/faults.ts'
import type { Log } from '../shared/log.ts'
import { prepareDataDir } from './data-dir.ts'
import { type DatabaseLock, isLockHeld, takeLock } from './database-lock.ts'
import { type EmbeddedServer, startEmbedded } from './embedded/server.ts'
import { pgTypes } from './pg-types.ts'
import type { Tables } from './tables.ts'

export interface DatabaseOptions {
  readonly dataDir: string
  /** undefined: the embedded server */
  readonly databaseUrl?: string | undefined
  readonly log?: Log | undefined
}

export interface Database {
  /** with password: never log it */
  readonly url: string
  readonly pool: pg.Pool
  readonly sql: Kysely<Tables>
  readonly isEmbedded: boolean
  /** Throws Fault('database-held'); `onLost` hears it when another Usher gets in later. */
  holdAlone(onLost: (fault: Fault) => void): Promise<void>
  stop(): Promise<void>
}

const POOL_MAX = 12
const CONNECT_MS_MAX = 10_000

/** Throws Fault('database-unavailable'). */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  await prepareDataDir(options.dataDir)
  if (options.databaseUrl !== undefined) return connect(options.databaseUrl, undefined, options.log)
  const server = await startEmbedded(options.dataDir)
  return connect(server.url, server, options.log)
}

/** For processes that only use a database that somebody else keeps open. */
export async function connect(
  url: string,
  server: EmbeddedServer | undefined,
  log: Log | undefined,
): Promise<Database> {
  const pool = new pg.Pool({
    connectionString: url,
    max: POOL_MAX,
    connectionTimeoutMillis: CONNECT_MS_MAX,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    application_name: 'usher pool',
    types: pgTypes,
  })
  // DB1; the error carries the whole client, of which only the reason is worth a line
  pool.on('error', ({ message }) => {
    if (!pool.ending) log?.warn({ reason: message }, 'a database connection was lost')
  })
  await greet(pool)
  const dialect = new PostgresDialect({ pool })
  const plugins = [new CamelCasePlugin({ maintainNestedObjectKeys: true })]
  return new OpenDatabase(url, pool, new Kysely<Tables>({ dialect, plugins }), server)
}

async function greet(pool: pg.Pool): Promise<void> {
  try {
    await pool.query('select 1')
  } catch (error) {
    await pool.end()
    const reason = error instanceof Error ? error.message : String(error)
    throw new Fault(
      'database-unavailable',
      `The database does not answer (${reason}): check DATABASE_URL and that Postgres is running.`,
      { cause: error },
    )
  }
}

class OpenDatabase implements Database {
  readonly url: string
  readonly pool: pg.Pool
  readonly sql: Kysely<Tables>
  readonly #server: EmbeddedServer | undefined
  #lock: DatabaseLock | undefined

  constructor(url: string, pool: pg.Pool, sql: Kysely<Tables>, server: EmbeddedServer | undefined) {
    this.url = url
    this.pool = pool
    this.sql = sql
    this.#server = server
  }

  get isEmbedded(): boolean {
    return this.#server !== undefined
  }

  async holdAlone(onLost: (fault: Fault) => void): Promise<void> {
    this.#lock = await takeLock({ url: this.url, onLost })
  }

  async stop(): Promise<void> {
    const endsServer = await this.#mayEndServer()
    await this.#lock?.release()
    await this.pool.end()
    if (endsServer) await this.#server?.stop()
  }

  /** DB2 */
  async #mayEndServer(): Promise<boolean> {
    if (this.#server === undefined) return false
    if (this.#lock !== undefined) return true
    return this.#server.isOwn && !(await isLockHeld(this.pool).catch(() => false))
  }
}
