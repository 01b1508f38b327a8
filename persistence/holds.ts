// Holds and waitlist entries that have ended: answered for 24 h after the shard has forgotten them.
//
// Owns: their SQL. Leaves to others: living ones, which only their shard knows.
//
//   EN1. Nothing that still lives is told from here: the ledger may lag behind its shard.
//   EN2. Outage credits are facts of the shard, not of each hold: they are added when a hold is read.

import { type Kysely, sql } from 'kysely'
import {
  asIncarnation,
  asInstant,
  asSeatIndexes,
  asSequence,
  asShowNumber,
  type BookingId,
  type CustomerId,
  type EntryId,
  type HoldId,
} from '../shared/ids.ts'
import { LIMITS } from '../shared/limits.ts'
import type { EndedStore } from '../shared/stores.ts'
import type { EntryView, HoldView } from '../shared/views.ts'
import { idOfUuid, uuidOf } from './pg-columns.ts'
import { guarded } from './pg-errors.ts'
import type { Tables } from './tables.ts'

export function createEnded(database: Kysely<Tables>): EndedStore {
  return guarded(new PostgresEnded(database))
}

/** EN2: between the fact that set the deadline and the one that ended the hold. */
const CREDIT = sql<number>`coalesce((
  select sum((claim.detail ->> 'creditMs')::int8) from transition as claim
  where claim.show = 0 and claim.shard = hold.shard and claim.kind = 'shard-claimed'
    and claim.sequence > hold.deadline_sequence and claim.sequence < hold.sequence), 0)`

const EXTENSIONS_MAX = sql<number>`coalesce((
  select (terms -> 'policy' ->> 'extensionsMax')::int from show_journaled
  where show_journaled.show = hold.show), 0)`

class PostgresEnded implements EndedStore {
  readonly #sql: Kysely<Tables>

  constructor(database: Kysely<Tables>) {
    this.#sql = database
  }

  async hold(id: HoldId): Promise<HoldView | undefined> {
    return this.#hold(uuidOf(id), new Date(Date.now() - LIMITS.endedAnsweredMs))
  }

  async #hold(id: string, endedAfter: Date): Promise<HoldView | undefined> {
    const row = await this.#sql
      .selectFrom('hold')
      .selectAll('hold')
      .select([CREDIT.as('creditMs'), EXTENSIONS_MAX.as('extensionsMax')])
      .where('hold.id', '=', id)
      .where(sql<boolean>`hold.ended_at > ${endedAfter}`) // EN1
      .executeTakeFirst()
    if (row === undefined) return undefined
    return {
      id: idOfUuid<HoldId>(row.id),
      show: asShowNumber(row.show),
      customer: idOfUuid<CustomerId>(row.customer),
      phase: row.phase,
      seats: asSeatIndexes(row.seats),
      prices: row.prices,
      createdAt: asInstant(row.createdAt),
      expiresAt: asInstant(row.expiresAt + row.creditMs),
      extensionsLeft: Math.max(0, row.extensionsMax - row.extensionCount),
      origin: row.origin,
      ...(row.booking !== null && { booking: idOfUuid<BookingId>(row.booking) }),
      incarnation: asIncarnation(row.incarnation),
      sequence: asSequence(row.sequence),
    }
  }

  async entry(id: EntryId): Promise<EntryView | undefined> {
    const endedAfter = new Date(Date.now() - LIMITS.endedAnsweredMs)
    const row = await this.#sql
      .selectFrom('waitlistEntry')
      .selectAll()
      .where('id', '=', uuidOf(id))
      .where(sql<boolean>`ended_at > ${endedAfter}`) // EN1
      .executeTakeFirst()
    if (row === undefined) return undefined
    const hold = row.hold === null ? undefined : await this.#hold(row.hold, new Date(0))
    return {
      id,
      show: asShowNumber(row.show),
      customer: idOfUuid<CustomerId>(row.customer),
      state: row.state,
      party: row.party,
      ahead: 0,
      ...(hold !== undefined && { hold }),
      sequence: asSequence(row.sequence),
    }
  }
}
