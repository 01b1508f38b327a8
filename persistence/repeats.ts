// Repeats of writes that belong to no show: (customer, route, key) and its answer, kept for 24 h.
//
// Owns: the row of a key, who may do the work, forgetting.
// Leaves to others: keys of shows, which live in their shard (D5).
//
//   RE1. Of two equal requests at the same time one does the work, the other is told `undecided`.
//   RE2. Work that a killed process left undecided may be done again after 30 s.

import { type Kysely, sql } from 'kysely'
import type { RepeatStore } from '../shared/stores.ts'
import { uuidOf } from './pg-columns.ts'
import { guarded } from './pg-errors.ts'
import type { Tables } from './tables.ts'

type Ask = Parameters<RepeatStore['begin']>[0]
type Answer = Awaited<ReturnType<RepeatStore['begin']>>

const UNDECIDED_SECONDS_MAX = 30
const FORGET_EVERY = 256

export function createRepeats(database: Kysely<Tables>): RepeatStore {
  return guarded(new PostgresRepeats(database))
}

class PostgresRepeats implements RepeatStore {
  readonly #sql: Kysely<Tables>
  #count = 0

  constructor(database: Kysely<Tables>) {
    this.#sql = database
  }

  async begin(ask: Ask): Promise<Answer> {
    this.#count += 1
    if (this.#count % FORGET_EVERY === 0) await this.#forget()
    return (await this.#claim(ask)) ? this.#mine(ask) : this.#known(ask)
  }

  /** RE1: the row is new, out of date, or left behind (RE2). */
  async #claim({ customer, route, key, bodyHash }: Ask): Promise<boolean> {
    const result = await sql`
      insert into idempotency (customer, route, key, body_hash)
      values (${uuidOf(customer)}, ${route}, ${key}, ${bodyHash})
      on conflict (customer, route, key) do update
        set body_hash = excluded.body_hash, status = null, answer = null, created_at = now()
        where idempotency.created_at < now() - interval '24 hours'
          or (idempotency.status is null and idempotency.body_hash = excluded.body_hash
            and idempotency.created_at < now() - interval '1 second' * ${UNDECIDED_SECONDS_MAX})
      `.execute(this.#sql)
    return result.numAffectedRows === 1n
  }

  #mine(ask: Ask): Answer {
    return {
      kind: 'mine',
      keep: async (status, answer) => {
        await this.#rowOf(ask, { status, answer })
      },
      drop: async () => {
        await this.#sql
          .deleteFrom('idempotency')
          .where('customer', '=', uuidOf(ask.customer))
          .where('route', '=', ask.route)
          .where('key', '=', ask.key)
          .execute()
      },
    }
  }

  #rowOf(ask: Ask, values: { readonly status: number; readonly answer: string }) {
    return this.#sql
      .updateTable('idempotency')
      .set(values)
      .where('customer', '=', uuidOf(ask.customer))
      .where('route', '=', ask.route)
      .where('key', '=', ask.key)
      .execute()
  }

  async #known(ask: Ask): Promise<Answer> {
    const row = await this.#sql
      .selectFrom('idempotency')
      .select(['bodyHash', 'status', 'answer'])
      .where('customer', '=', uuidOf(ask.customer))
      .where('route', '=', ask.route)
      .where('key', '=', ask.key)
      .executeTakeFirst()
    if (row === undefined) return { kind: 'undecided' } // dropped in between: ask again
    if (row.bodyHash !== ask.bodyHash) return { kind: 'other-body' }
    if (row.status === null || row.answer === null) return { kind: 'undecided' }
    return { kind: 'kept', status: row.status, body: row.answer }
  }

  async #forget(): Promise<void> {
    await sql`delete from idempotency where created_at < now() - interval '24 hours'`.execute(
      this.#sql,
    )
  }
}
