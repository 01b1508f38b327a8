// Pages of shards' state in Postgres, each with a fingerprint of its content.
//
// Owns: writing pages over older ones, reading them back checked.
// Leaves to others: what a page says and when it is written (allocator/snapshot.ts).
//
//   SS1. A page that does not match its fingerprint is left out and reported: replay is longer, not wrong.
//   SS2. The pages of one call become visible together.
//   SS3. A page never takes the place of a later one: what a replaced owner had on its way may arrive
//        after its successor's, whose shard page counts on its own.

import { createHash } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import {
  asFrameNumber,
  asIncarnation,
  asSequence,
  asShardNumber,
  type ShardNumber,
} from '../shared/ids.ts'
import type { SnapshotPage, SnapshotStore } from '../shared/ports.ts'
import { asFault } from './pg-errors.ts'
import type { Tables } from './tables.ts'

export interface SnapshotOptions {
  /** hears of a page whose content is not what was written */
  readonly onDamaged: (shard: ShardNumber, show: number) => void
}

const PAGES_PER_READ = 256
const PAGES_PER_STATEMENT = 500

export class PostgresSnapshots implements SnapshotStore {
  readonly #sql: Kysely<Tables>
  readonly #onDamaged: SnapshotOptions['onDamaged']

  constructor(database: Kysely<Tables>, options: SnapshotOptions) {
    this.#sql = database
    this.#onDamaged = options.onDamaged
  }

  async write(pages: readonly SnapshotPage[]): Promise<void> {
    if (pages.length === 0) return
    try {
      await this.#sql.transaction().execute(async transaction => {
        for (let from = 0; from < pages.length; from += PAGES_PER_STATEMENT) {
          await upsert(transaction, pages.slice(from, from + PAGES_PER_STATEMENT)) // SS2
        }
      })
    } catch (error) {
      throw asFault(error)
    }
  }

  async *read(shard: ShardNumber): AsyncIterable<SnapshotPage> {
    let after = -1
    for (;;) {
      const rows = await this.#readAfter(shard, after)
      for (const row of rows) {
        const { show, bytes } = row
        const page: SnapshotPage = {
          shard: asShardNumber(row.shard),
          show,
          incarnation: asIncarnation(row.incarnation),
          frame: asFrameNumber(row.frame),
          sequence: asSequence(row.sequence),
          bytes,
        }
        if (fingerprintOf(page).equals(row.sha)) yield page
        else this.#onDamaged(shard, show) // SS1
        after = show
      }
      if (rows.length < PAGES_PER_READ) return
    }
  }

  async #readAfter(shard: ShardNumber, after: number) {
    const query = this.#sql.selectFrom('snapshotPage').selectAll().where('shard', '=', shard)
    return query
      .where('show', '>', after)
      .orderBy('show')
      .limit(PAGES_PER_READ)
      .execute()
      .catch(error => {
        throw asFault(error)
      })
  }
}

/** SS3 */
const IS_NOT_OLDER = sql<boolean>`(excluded.incarnation, excluded.frame)
  >= (snapshot_page.incarnation, snapshot_page.frame)`

async function upsert(database: Kysely<Tables>, pages: readonly SnapshotPage[]): Promise<void> {
  await database
    .insertInto('snapshotPage')
    .values(
      pages.map(page => ({
        ...page,
        sha: fingerprintOf(page),
        bytes: Buffer.from(page.bytes.buffer, page.bytes.byteOffset, page.bytes.byteLength),
      })),
    )
    .onConflict(conflict =>
      conflict
        .columns(['shard', 'show'])
        .doUpdateSet(builder => ({
          incarnation: builder.ref('excluded.incarnation'),
          frame: builder.ref('excluded.frame'),
          sequence: builder.ref('excluded.sequence'),
          sha: builder.ref('excluded.sha'),
          bytes: builder.ref('excluded.bytes'),
        }))
        .where(IS_NOT_OLDER),
    )
    .execute()
}

/** Over the place as well: a page in the wrong row is damaged too. */
function fingerprintOf(page: SnapshotPage): Buffer {
  const { shard, show, incarnation, frame, sequence, bytes } = page
  const place = `${shard}/${show}/${incarnation}/${frame}/${sequence}/`
  return createHash('sha256').update(place).update(bytes).digest()
}
