// Snapshot pages in memory: what the simulation and the tests restart from.
//
// Owns: the newest page of each Show, by shard. Leaves to others: what stands in it (snapshot.ts).
//
//   SS3. A page never takes the place of a later one: what a replaced owner had on its way may arrive
//        after its successor's, whose shard page counts on its own.

import type { ShardNumber } from '../shared/ids.ts'
import type { SnapshotPage, SnapshotStore } from '../shared/ports.ts'

export class MemorySnapshots implements SnapshotStore {
  readonly #pages = new Map<string, SnapshotPage>()

  async write(pages: readonly SnapshotPage[]): Promise<void> {
    for (const page of pages) {
      const name = `${page.shard}/${page.show}`
      if (isOlder(page, this.#pages.get(name))) continue // SS3
      this.#pages.set(name, { ...page, bytes: page.bytes.slice() })
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

function isOlder(page: SnapshotPage, known: SnapshotPage | undefined): boolean {
  if (known === undefined) return false
  if (page.incarnation !== known.incarnation) return page.incarnation < known.incarnation
  return page.frame < known.frame
}
