// The placement table as this process knows it: watched, read again now and then, changed by CAS.
//
// Owns: the newest table, and telling when it changed.
// Leaves to others: what it should say (placer.ts, operators), what follows from it (keeper.ts).
//
//   PW1. A watch can fall silent: the table is read again every two seconds, and a newer one counts.

import type { NatsConnection } from '@nats-io/nats-core'
import type { CasStore, Stored } from '../shared/cas-store.ts'
import { KvStore, openBucket } from '../shared/kv-store.ts'
import { decodeTable, encodeTable } from '../shared/placement-codec.ts'
import { emptyTable, type PlacementTable } from '../shared/placement-table.ts'
import { systemTimers, type Timers } from '../shared/timers.ts'

const READ_AGAIN_MS = 2_000
const TABLE_KEY = 'table'

export const placementBucketOf = (cluster: string): string => `${cluster}-placement`

/** Where the table stands: the cluster's bucket, or a simulation's. */
export interface TableStore extends CasStore<PlacementTable> {
  watch(onTable: (stored: Stored<PlacementTable>) => void): Promise<() => void>
}

export class PlacementWatch {
  readonly tables: CasStore<PlacementTable>
  readonly #store: TableStore
  readonly #listeners = new Set<() => void>()
  readonly #endReading: () => void
  #known: Stored<PlacementTable> = { value: undefined, revision: 0 }
  #end: () => void = () => undefined

  private constructor(store: TableStore, { every }: Timers) {
    this.#store = store
    this.tables = store
    this.#endReading = every(READ_AGAIN_MS, () => void this.#readAgain())
  }

  /** With the table that stands there. */
  static async open(nats: NatsConnection, cluster: string): Promise<PlacementWatch> {
    const bucket = await openBucket(nats, placementBucketOf(cluster))
    const codec = { encode: encodeTable, decode: decodeTable }
    return PlacementWatch.of(new KvStore(bucket, TABLE_KEY, codec))
  }

  static async of(store: TableStore, timers: Timers = systemTimers): Promise<PlacementWatch> {
    const watch = new PlacementWatch(store, timers)
    watch.#note(await watch.#store.read())
    watch.#end = await watch.#store.watch(stored => watch.#note(stored))
    return watch
  }

  get table(): PlacementTable {
    return this.#known.value ?? emptyTable()
  }

  onChange(listener: () => void): void {
    this.#listeners.add(listener)
  }

  /** Writes a table made from the one that is known; false when somebody was faster. */
  async propose(table: PlacementTable): Promise<boolean> {
    const { revision } = this.#known
    const isOurs = await this.#store.write(table, revision)
    if (!isOurs) await this.#readAgain()
    return isOurs
  }

  stop(): void {
    this.#endReading()
    this.#end()
  }

  /** PW1 */
  async #readAgain(): Promise<void> {
    try {
      this.#note(await this.#store.read())
    } catch {
      // the broker is away; the watch goes on when it is back
    }
  }

  #note(stored: Stored<PlacementTable>): void {
    if (stored.revision <= this.#known.revision) return
    this.#known = stored
    for (const listener of this.#listeners) listener()
  }
}
