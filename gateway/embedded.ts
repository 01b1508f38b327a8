// Everything below the gateway in one process: database, ledger, journal, allocator (design.md §8, embedded).
//
// Owns: the order in which they start and stop.
// Leaves to others: the gateway on top (main.ts), what each part does.
//
//   M1. The database is held alone before anything is claimed.
//   M2. The ledger hears of a frame as soon as it is durable.
//   M3. A database whose journal is in a broker is refused: frames would be written in two places.

import { hostname } from 'node:os'
import { PostgresJournal } from '../allocator/journal/postgres.ts'
import { type Allocator, startAllocator } from '../allocator/main.ts'
import { refuseClusters } from '../persistence/cluster-identity.ts'
import { type Database, openDatabase } from '../persistence/database.ts'
import { fillDemo } from '../persistence/demo.ts'
import { PostgresPlanSource } from '../persistence/layout-store.ts'
import { type LedgerHandle, startLedger } from '../persistence/ledger-handle.ts'
import { migrateUp } from '../persistence/migrate.ts'
import { showsOnSale } from '../persistence/shows-on-sale.ts'
import { PostgresSnapshots } from '../persistence/snapshots.ts'
import { systemClock } from '../shared/clock.ts'
import type { Config } from '../shared/config.ts'
import type { Log } from '../shared/log.ts'
import type { FeedSink, Journal } from '../shared/ports.ts'
import type { Service } from '../shared/service.ts'
import { ClockSkew } from './clock-skew.ts'
import { openShows } from './open-shows.ts'

export interface Embedded {
  readonly database: Database
  readonly plans: PostgresPlanSource
  readonly ledger: LedgerHandle
  readonly allocator: Allocator
  readonly skew: ClockSkew
  readonly showCount: number
}

export interface EmbeddedOptions {
  readonly config: Config
  readonly service: Service
  readonly log: Log
  readonly feed: FeedSink
}

export async function startEmbedded({
  config,
  service,
  log,
  feed,
}: EmbeddedOptions): Promise<Embedded> {
  const fail = (error: unknown): void => service.fail(error)
  // 1. the database, alone
  const database = await openDatabase({ ...config, log })
  service.onStop('database', () => database.stop())
  await database.holdAlone(fail) // M1
  await migrateUp(database.sql)
  await refuseClusters(database.sql) // M3
  if (config.hasDemo) await fillDemo(database.sql, Date.now())
  // 2. the ledger on its thread
  const ledger = await startLedger({ url: database.url, onHalted: fail })
  service.onStop('ledger', () => ledger.stop())
  // 3. the journal, and the shards recovered from it
  const journal = await PostgresJournal.open({
    connectionString: database.url,
    onTrouble: cause => log.warn({ err: cause }, 'the journal connection was lost, trying again'),
  })
  service.onStop('journal', () => journal.close())
  const skew = await ClockSkew.watch(journal)
  service.onStop('clock watch', () => skew.stop())
  const plans = new PostgresPlanSource(database.sql)
  const allocator = await startAllocator({
    journal: wakingJournal(journal, ledger),
    snapshots: new PostgresSnapshots(database.sql, {
      onDamaged: (shard, show) => log.error({ shard, show }, 'a snapshot page is damaged, ignored'),
    }),
    plans,
    ledger,
    feed,
    clock: systemClock,
    owner: `${hostname()} ${process.pid}`,
    onFault: fail,
    onTrouble: (sentence, cause) => log.warn({ err: cause }, sentence),
  })
  service.onStop('allocator', () => allocator.stop())
  // 4. shows of the catalogue that the shards do not know yet
  const pages = showsOnSale(database.sql)
  const showCount = await openShows({ pages, plans, log, ask: request => allocator.ask(request) })
  return { database, plans, ledger, allocator, skew, showCount }
}

/** M2 */
function wakingJournal(journal: Journal, ledger: LedgerHandle): Journal {
  return {
    append: async frame => {
      const outcome = await journal.append(frame)
      if (outcome === 'appended') ledger.wake(frame.shard, frame.number)
      return outcome
    },
    read: (shard, from) => journal.read(shard, from),
    head: shard => journal.head(shard),
    close: () => journal.close(),
  }
}
