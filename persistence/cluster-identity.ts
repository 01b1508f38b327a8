// What only this cluster knows about itself: made once, kept in its database, written on its streams.

import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import { Fault } from '../shared/faults.ts'
import type { Tables } from './tables.ts'

const HOUSE_NAME = 'cluster'

interface Kept {
  readonly identity: string
}

/** The first who asks makes it. */
export async function clusterIdentity(database: Kysely<Tables>): Promise<string> {
  await database
    .insertInto('house')
    .values({ name: HOUSE_NAME, value: JSON.stringify({ identity: randomUUID() }) })
    .onConflict(conflict => conflict.column('name').doNothing())
    .execute()
  const row = await database
    .selectFrom('house')
    .select('value')
    .where('name', '=', HOUSE_NAME)
    .executeTakeFirstOrThrow()
  return (row.value as Kept).identity
}

/** One process alone would write frames that the cluster's broker lacks: refused, nothing changed. */
export async function refuseClusters(database: Kysely<Tables>): Promise<void> {
  const row = await database
    .selectFrom('house')
    .select('name')
    .where('name', '=', HOUSE_NAME)
    .executeTakeFirst()
  if (row === undefined) return
  throw new Fault(
    'configuration',
    'This database belongs to a cluster, whose journal is in its broker: start it with ' +
      '"usher cluster", or set NATS_URL. For one process take another USHER_DATA_DIR or DATABASE_URL.',
  )
}
