// Brings a database to the tables that this Usher knows.
//
// Owns: the order of migrations, and refusing a database from the future.
// Leaves to others: what each one does (migrations/), when it is called (main, `usher migrate`).
//
//   MI1. Migrations run once, in order, under a lock; a second run changes nothing.
//   MI2. A database with migrations that this Usher does not know is refused, never touched.

import { type Kysely, type Migration, Migrator } from 'kysely'
import { Fault } from '../shared/faults.ts'
import * as catalogue from './migrations/0001-catalogue.ts'
import * as journal from './migrations/0002-journal.ts'
import * as ledger from './migrations/0003-ledger.ts'
import * as journalInline from './migrations/0004-journal-inline.ts'

const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-catalogue': catalogue,
  '0002-journal': journal,
  '0003-ledger': ledger,
  '0004-journal-inline': journalInline,
}

export interface MigrationRow {
  readonly name: string
  readonly executedAt: Date | undefined
}

function migratorOf<Schema>(database: Kysely<Schema>): Migrator {
  return new Migrator({
    db: database,
    provider: { getMigrations: async () => ({ ...MIGRATIONS }) },
  })
}

export async function migrationsOf<Schema>(
  database: Kysely<Schema>,
): Promise<readonly MigrationRow[]> {
  const rows = await migratorOf(database.withoutPlugins()).getMigrations()
  return rows.map(({ name, executedAt }) => ({ name, executedAt }))
}

/** The names of the migrations that ran; throws Fault('database-unavailable'). MI1, MI2 */
export async function migrateUp<Schema>(database: Kysely<Schema>): Promise<readonly string[]> {
  const { error, results } = await migratorOf(database.withoutPlugins()).migrateToLatest()
  if (error !== undefined) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Fault(
      'database-unavailable',
      `The database could not be brought up to date (${reason}): it may belong to a newer Usher.`,
      { cause: error },
    )
  }
  return (results ?? []).map(result => result.migrationName)
}
