// Which shards this ledger process projects, among several that run.
//
// Owns: one Postgres session lock for each shard, an equal share for every process, taking over.
// Leaves to others: safety. Two ledgers on one shard cannot harm (LE1 of ledger.ts); leases only keep
// them from working in vain.
//
//   LS3. The locks belong to the session that writes: who cannot write holds no shard.
//   LS4. A process takes free shards up to its share, ceil(shards / processes), and gives back what is
//        over it when another one comes.
//   LS5. A session that holds shards and says nothing for SILENT_MS is ended by whoever waits: a
//        stopped process must not stop the ledger.

import { asShardNumber, type ShardNumber } from '../shared/ids.ts'
import { LIMITS } from '../shared/limits.ts'
import type { LedgerClient } from './ledger.ts'

/** 'ushl': the space of these locks; a shard's key is its number */
const SPACE = 0x7573686c
/** held shared by every ledger process: how many there are */
const PRESENCE = 1_000_000
const SILENT_MS = 5_000

const LOCKS = `select l.objid::int as key, l.pid, l.pid = pg_backend_pid() as own,
    coalesce(a.state <> 'active' and a.state_change < clock_timestamp() - interval '${SILENT_MS} ms',
      false) as silent
  from pg_locks l left join pg_stat_activity a on a.pid = l.pid
  where l.locktype = 'advisory' and l.granted and l.classid = ${SPACE}
    and l.database = (select oid from pg_database where datname = current_database())`

interface LockRow {
  readonly key: number
  readonly pid: number
  readonly own: boolean
  readonly silent: boolean
}

export class LedgerLeases {
  readonly #client: LedgerClient
  readonly #held = new Set<ShardNumber>()
  #isPresent = false

  constructor(client: LedgerClient) {
    this.#client = client
  }

  isHeld(shard: ShardNumber): boolean {
    return this.#held.has(shard)
  }

  get heldShards(): readonly ShardNumber[] {
    return [...this.#held].sort((left, right) => left - right)
  }

  /** Call every second or so; whether a shard came in, whose cursor must be read then. LS4 */
  async renew(): Promise<boolean> {
    if (!this.#isPresent) {
      await this.#client.query('select pg_advisory_lock_shared($1, $2)', [SPACE, PRESENCE])
      this.#isPresent = true
    }
    const { rows } = await this.#client.query<LockRow>(LOCKS)
    await this.#endSilent(rows)
    const share = Math.ceil(LIMITS.shardCount / processCountOf(rows))
    await this.#giveBack(share)
    return this.#take(share, new Set(rows.map(row => row.key)))
  }

  /** LS5 */
  async #endSilent(rows: readonly LockRow[]): Promise<void> {
    const pids = new Set(rows.filter(row => row.silent && !row.own).map(row => row.pid))
    for (const pid of pids) await this.#client.query('select pg_terminate_backend($1)', [pid])
  }

  async #giveBack(share: number): Promise<void> {
    for (const shard of this.heldShards.slice(share)) {
      this.#held.delete(shard)
      await this.#client.query('select pg_advisory_unlock($1, $2)', [SPACE, shard])
    }
  }

  async #take(share: number, taken: ReadonlySet<number>): Promise<boolean> {
    let hasMore = false
    for (let at = 0; at < LIMITS.shardCount && this.#held.size < share; at += 1) {
      const shard = asShardNumber(at)
      if (taken.has(at) || this.#held.has(shard)) continue
      const lock = 'select pg_try_advisory_lock($1, $2) as ok'
      const { rows } = await this.#client.query<{ ok: boolean }>(lock, [SPACE, shard])
      if (rows[0]?.ok !== true) continue
      this.#held.add(shard)
      hasMore = true
    }
    return hasMore
  }
}

/** Silent ones do not count: their shards are free in a moment. */
function processCountOf(rows: readonly LockRow[]): number {
  const present = rows.filter(row => row.key === PRESENCE && (row.own || !row.silent))
  return Math.max(1, new Set(present.map(row => row.pid)).size)
}
