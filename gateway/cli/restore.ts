// `usher restore`: a lost or damaged broker gets journals that go on from the archive in Postgres.
//
// Owns: printing what would be done, asking for --apply. Leaves to others: judging and doing
// (persistence/restore.ts; the reasons stand in persistence/README.md).

import pg from 'pg'
import { type Database, openDatabase } from '../../persistence/database.ts'
import { Ledger } from '../../persistence/ledger.ts'
import { pgTypes } from '../../persistence/pg-types.ts'
import {
  firstFrameOf,
  planRestore,
  type RestoreOptions,
  restoreShard,
  type ShardPlan,
  toRestore,
} from '../../persistence/restore.ts'
import { Fault } from '../../shared/faults.ts'
import { readClusterConfig, withJournals } from './journals.ts'
import { printRows } from './rows.ts'

export interface RestoreFlags {
  readonly shard?: readonly number[]
  readonly lose?: number
  readonly apply?: boolean
  readonly output: string
}

const ROWS_PER_STATEMENT_MAX = 256

/** Exit 4 when frames would be lost that nobody agreed to lose. */
export async function restore(flags: RestoreFlags): Promise<void> {
  const config = readClusterConfig()
  const { cluster } = config
  if (cluster === undefined) {
    throw new Fault(
      'configuration',
      'There is no broker to restore: set NATS_URL, or start usher cluster on this data folder. ' +
        'An embedded Usher keeps its journal in Postgres.',
    )
  }
  const database = await openDatabase(config)
  try {
    await withJournals({ cluster, database }, flags.shard, journals =>
      run(flags, { database, journals }),
    )
  } finally {
    await database.stop()
  }
}

interface Parts {
  readonly database: Database
  readonly journals: RestoreOptions
}

async function run(flags: RestoreFlags, { database, journals }: Parts): Promise<void> {
  const plans = await planRestore(journals)
  printRows(plans.map(rowOf), flags.output)
  const needed = toRestore(plans, flags.lose)
  if (needed.length === 0) return say('Nothing needs to be restored.')
  const names = needed.map(plan => plan.shard).join(', ')
  if (flags.apply !== true) return say(`Dry run: --apply would restore shards ${names}.`)
  await apply(needed, { database, journals })
  say(`Restored shards ${names}. Start the allocators: they replay the archive and serve again.`)
}

async function apply(needed: readonly ShardPlan[], { database, journals }: Parts): Promise<void> {
  const client = new pg.Client({ connectionString: database.url, types: pgTypes })
  await client.connect()
  try {
    const rowsPerStatementMax = ROWS_PER_STATEMENT_MAX
    const ledger = new Ledger({ client, rowsPerStatementMax, archives: true, isDurable: true })
    await ledger.load()
    for (const plan of needed) await restoreShard(plan, { ledger, keeper: journals.keeper })
  } finally {
    await client.end()
  }
}

function rowOf(plan: ShardPlan): Record<string, string | number> {
  const { shard, verdict, archived, head, lost } = plan
  const isNeeded = ['missing', 'behind', 'foreign'].includes(verdict)
  return {
    shard,
    verdict,
    archive: archived?.number ?? 0,
    broker: head?.number ?? 0,
    'not archived': lost,
    'begins at': isNeeded ? firstFrameOf(plan).number : '',
  }
}

function say(sentence: string): void {
  process.stderr.write(`${sentence}\n`)
}
