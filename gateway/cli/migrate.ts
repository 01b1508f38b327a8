// `usher migrate status|up`: the schema of the database that the configuration names.

import { openDatabase } from '../../persistence/database.ts'
import { migrateUp, migrationsOf } from '../../persistence/migrate.ts'
import { readConfig } from '../../shared/config.ts'

export async function migrate(action: 'status' | 'up'): Promise<void> {
  const database = await openDatabase(readConfig())
  try {
    if (action === 'up') {
      const names = await migrateUp(database.sql)
      process.stdout.write(names.length === 0 ? 'nothing to do\n' : `${names.join('\n')}\n`)
      return
    }
    for (const { name, executedAt } of await migrationsOf(database.sql)) {
      process.stdout.write(`${name.padEnd(24)} ${executedAt?.toISOString() ?? 'not yet'}\n`)
    }
  } finally {
    await database.stop()
  }
}
