// Snapshot pages in memory: what the simulation and the tests restart from.
//
// Owns: the newest page of each Show, by shard. Leaves to others: what stands in it (snapshot.ts).

import type { ShardNumber } from '../shared/ids.ts'
import type { SnapshotPage, SnapshotStore } from '../shared/ports.ts'

export class MemorySnapshots implements SnapshotStore {
  readonly #pages = new Map<string, SnapshotPage>()

  async write(pages: readonly SnapshotPage[]): Promise<void> {
    for (const page of pages) {
      this.#pages.set(`${page.shard}/${page.show}`, { ...page, bytes: page.bytes.slice() })
    }
  }

  async *read(shard: ShardNumber): AsyncIterable<SnapshotPage> {
    for (const page of [...this.#pages.values()]) if (page.shard === shard) yield page
  }

  /** A page that is damaged is left out, as every store does. */
  lose(shard: ShardNumber, show: number): void {
    this.#pages.delete(`${shard}/${show}`)
  }
}
