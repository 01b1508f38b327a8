// One Usher per database: an advisory lock held by a session of its own for the life of the process.
//
// Owns: taking the lock, naming who has it, taking it again after the database was away.
// Leaves to others: safety of the journal, which rests on its own fencing and not on this lock.
//
//   DL1. The lock is taken before anything is claimed; held by another: Fault('database-held').
//   DL2. A session whose process died lets go within seconds; that long is waited.

import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { Fault } from '../shared/faults.ts'
import { pgTypes } from './pg-types.ts'

/** 'ushr' and 1: the space and the key of the lock */
const SPACE = 0x75736872
const KEY = 1
const WAIT_MS_MAX = 3_000
const POLL_MS = 100

export interface DatabaseLock {
  release(): Promise<void>
}

export interface LockOptions {
  readonly url: string
  /** told once when the session was lost and somebody else has the lock now */
  readonly onLost: (fault: Fault) => void
}

/** Throws Fault('database-held'). DL1, DL2 */
export async function takeLock(options: LockOptions): Promise<DatabaseLock> {
  const lock = new Lock(options)
  await lock.take()
  return lock
}

class Lock implements DatabaseLock {
  readonly #options: LockOptions
  #client: pg.Client | undefined
  #isReleased = false

  constructor(options: LockOptions) {
    this.#options = options
  }

  async take(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.#options.url,
      application_name: `usher ${process.pid}`,
      keepAlive: true,
      types: pgTypes,
    })
    client.on('error', () => void this.#takeAgain(client))
    await client.connect()
    const until = performance.now() + WAIT_MS_MAX
    while (!(await tryLock(client))) {
      if (performance.now() >= until) {
        const fault = await heldFault(client)
        await client.end()
        throw fault
      }
      await sleep(POLL_MS)
    }
    this.#client = client
  }

  /** The database restarted or cut the session: the journal still fences, so calmly try again. */
  async #takeAgain(lost: pg.Client): Promise<void> {
    if (this.#client !== lost) return
    this.#client = undefined
    while (!this.#isReleased) {
      await sleep(500)
      try {
        return await this.take()
      } catch (error) {
        if (error instanceof Fault && !this.#isReleased) return this.#options.onLost(error)
      }
    }
  }

  async release(): Promise<void> {
    this.#isReleased = true
    const client = this.#client
    this.#client = undefined
    await client?.end()
  }
}

async function tryLock(client: pg.Client): Promise<boolean> {
  const result = await client.query('select pg_try_advisory_lock($1, $2) as ok', [SPACE, KEY])
  return result.rows[0].ok === true
}

const HOLDER = `
  select a.pid, a.application_name as name, coalesce(host(a.client_addr), 'this machine') as address
  from pg_locks l join pg_stat_activity a on a.pid = l.pid
  where l.locktype = 'advisory' and l.granted and l.classid = $1 and l.objid = $2
    and l.database = (select oid from pg_database where datname = current_database())`

async function heldFault(client: pg.Client): Promise<Fault> {
  const { rows } = await client.query(HOLDER, [SPACE, KEY])
  const holder = rows[0]
  const who =
    holder === undefined
      ? 'another Usher'
      : `"${holder.name}" from ${holder.address} (database session ${holder.pid})`
  return new Fault(
    'database-held',
    `The database is already used by ${who}: stop that one first, or give this one a database ` +
      'of its own by USHER_DATA_DIR or DATABASE_URL.',
  )
}

/** Whether some session holds the lock. */
export async function isLockHeld(pool: pg.Pool): Promise<boolean> {
  const { rowCount } = await pool.query(HOLDER, [SPACE, KEY])
  return (rowCount ?? 0) > 0
}
