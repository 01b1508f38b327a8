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
  readonly #damaged = new Set<string>()

  async write(pages: readonly SnapshotPage[]): Promise<void> {
    for (const page of pages) {
      const name = `${page.shard}/${page.show}`
      if (isOlder(page, this.#pages.get(name))) continue // SS3
      this.#pages.set(name, { ...page, bytes: page.bytes.slice() })
      this.#damaged.delete(name)
    }
  }

  async *read(shard: ShardNumber): AsyncIterable<SnapshotPage> {
    for (const [name, page] of [...this.#pages]) {
      if (page.shard === shard && !this.#damaged.has(name)) yield page
    }
  }

  /** A page that is damaged is left out, and still stands in the way of older ones: as in Postgres. */
  lose(shard: ShardNumber, show: number): void {
    this.#damaged.add(`${shard}/${show}`)
  }
}

function isOlder(page: SnapshotPage, known: SnapshotPage | undefined): boolean {
  if (known === undefined) return false
  if (page.incarnation !== known.incarnation) return page.incarnation < known.incarnation
  return page.frame < known.frame
}
