// A cluster of one shard for tests of restore and compaction: real core, real tables, any journal.

import assert from 'node:assert/strict'
import pg from 'pg'
import { digestOf } from '../../allocator/core/digest.ts'
import { MemoryFrames, MemoryJournal } from '../../allocator/journal/memory.ts'
import { type Allocator, startAllocator } from '../../allocator/main.ts'
import { MemorySnapshots } from '../../allocator/memory-snapshots.ts'
import { recoverShard } from '../../allocator/recovery.ts'
import { Archive } from '../../persistence/archive.ts'
import { ArchivedJournal } from '../../persistence/archived-journal.ts'
import type { Database } from '../../persistence/database.ts'
import { JournalSource } from '../../persistence/journal-source.ts'
import { Ledger } from '../../persistence/ledger.ts'
import { pgTypes } from '../../persistence/pg-types.ts'
import {
  type JournalKeeper,
  planRestore,
  restoreShard,
  toRestore,
} from '../../persistence/restore.ts'
import { PostgresSnapshots } from '../../persistence/snapshots.ts'
import type { Fault } from '../../shared/faults.ts'
import { asFrameNumber, asIncarnation } from '../../shared/ids.ts'
import type { CompactableJournal, SnapshotStore } from '../../shared/ports.ts'
import type { Reply } from '../../shared/views.ts'
import { freshDatabase } from '../support/postgres.ts'
import { holdIdOf, holdSeats, LabDisk, LabLedger, SHARD, SHOW } from '../support/writer-lab.ts'

export interface LosableJournal {
  /** another adapter on the same store, as another process would open it */
  open(): Promise<CompactableJournal>
  readonly keeper: JournalKeeper
  /** everything of every shard */
  lose(): Promise<void>
  close(): Promise<void>
}

export interface Running {
  readonly allocator: Allocator
  readonly faults: Fault[]
}

/** A cluster of one shard: real core, real tables, the journal of the suite. */
export class Town {
  readonly lab = new LabDisk()
  readonly store: LosableJournal
  readonly database: Database
  readonly archive: Archive
  readonly snapshots: SnapshotStore
  #client: pg.Client

  private constructor(store: LosableJournal, database: Database, client: pg.Client) {
    this.store = store
    this.database = database
    this.archive = new Archive(database.pool)
    this.snapshots = new PostgresSnapshots(database.sql, { onDamaged: () => undefined })
    this.#client = client
  }

  static async on(store: LosableJournal): Promise<Town> {
    const database = await freshDatabase()
    const client = new pg.Client({ connectionString: database.url, types: pgTypes })
    await client.connect()
    return new Town(store, database, client)
  }

  async journal(): Promise<CompactableJournal> {
    return new ArchivedJournal(await this.store.open(), this.archive)
  }

  async ledger(): Promise<Ledger> {
    const client = this.#client
    const ledger = new Ledger({ client, rowsPerStatementMax: 256, archives: true, isDurable: true })
    await ledger.load()
    return ledger
  }

  /** The ledger passes all that the journal holds. */
  async pass(): Promise<number> {
    const ledger = await this.ledger()
    const source = new JournalSource(await this.store.open())
    for (;;) {
      const after = ledger.cursorOf(SHARD).frame
      const frames = await source.framesAfter([{ shard: SHARD, after }], 16)
      if (frames.length === 0) return after
      await ledger.project(frames)
    }
  }

  async start(): Promise<Running> {
    const faults: Fault[] = []
    const ledger = new LabLedger()
    const { rows } = await this.database.pool.query('select max(frame) as f from ledger_cursor')
    ledger.pass(rows[0].f)
    const allocator = await startAllocator({
      journal: await this.journal(),
      snapshots: this.snapshots,
      plans: this.lab.plans,
      ledger,
      feed: { seats: () => undefined, personal: () => undefined, turnEnded: () => undefined },
      clock: this.lab.clock,
      owner: 'town',
      shards: [SHARD],
      onFault: fault => faults.push(fault),
      every: () => () => undefined,
    })
    return { allocator, faults }
  }

  /** The digest of a replay without pages, of the journal given. */
  async digest(journal: CompactableJournal): Promise<string> {
    const { state } = await recoverShard({
      shard: SHARD,
      journal,
      snapshots: new MemorySnapshots(),
      plans: this.lab.plans,
      ledgerFrame: asFrameNumber(0),
    })
    state.incarnation = asIncarnation(1) // which a restore changes, and nothing else
    return digestOf(state)
  }

  /** What the archive alone tells. */
  async archivedDigest(): Promise<string> {
    const frames = new MemoryFrames()
    for await (const frame of this.archive.read(SHARD, asFrameNumber(1), asFrameNumber(1e12))) {
      assert.equal(frames.store(frame), 'stored')
    }
    return this.digest(new MemoryJournal(frames))
  }

  async plan() {
    const { archive, store } = this
    return planRestore({ archive, keeper: store.keeper, shards: [SHARD] })
  }

  async restore(lostAgreed?: number): Promise<void> {
    const ledger = await this.ledger()
    for (const plan of toRestore(await this.plan(), lostAgreed)) {
      await restoreShard(plan, { ledger, keeper: this.store.keeper })
    }
  }

  async count(query: string): Promise<number> {
    return (await this.database.pool.query(query)).rows[0].count
  }

  async stop(): Promise<void> {
    await this.#client.end()
    await this.store.close()
    await this.database.stop()
  }
}

export async function holdSome({ allocator }: Running, names: readonly string[], first: number) {
  for (const [at, name] of names.entries()) {
    const reply = await allocator.ask(holdSeats(name, [first + at]))
    assert.equal(reply.kind, 'hold', `${name}: ${JSON.stringify(reply)}`)
  }
}

export function readHold({ allocator }: Running, name: string): Promise<Reply> {
  const { customer } = holdSeats(name, [0])
  const hold = holdIdOf(name)
  return allocator.ask({ kind: 'read-hold', show: SHOW, customer, isBoxOffice: false, hold })
}

export async function opened(town: Town): Promise<Running> {
  const running = await town.start()
  await running.allocator.ask({ kind: 'open-show', show: SHOW, terms: town.lab.terms })
  return running
}
