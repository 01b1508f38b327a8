// What outlives every process of a simulated world: frames, snapshot pages, plans, clocks.
//
// Owns: the stores and their faults. Leaves to others: when a step happens (world.ts).

import { MemoryFrames } from '../../allocator/journal/memory.ts'
import { MemorySnapshots } from '../../allocator/memory-snapshots.ts'
import { Fault } from '../../shared/faults.ts'
import type { ShardNumber } from '../../shared/ids.ts'
import type { SnapshotPage, SnapshotStore } from '../../shared/ports.ts'
import { Plans } from '../support/core-link.ts'
import { ManualClock } from '../support/manual-clock.ts'

export class SimDisk {
  readonly clock = new ManualClock()
  readonly frames = new MemoryFrames()
  readonly pages = new MemorySnapshots()
  readonly plans = new Plans()
}

/** How one process reaches the pages: each write is a step on its way, and may fail (SN4). */
export class SimSnapshots implements SnapshotStore {
  readonly #pages: MemorySnapshots
  readonly #schedule: (step: () => void) => void
  readonly #isRefused: () => boolean

  constructor(options: {
    readonly pages: MemorySnapshots
    readonly schedule: (step: () => void) => void
    readonly isRefused: () => boolean
  }) {
    this.#pages = options.pages
    this.#schedule = options.schedule
    this.#isRefused = options.isRefused
  }

  write(pages: readonly SnapshotPage[]): Promise<void> {
    const isRefused = this.#isRefused()
    return new Promise((resolve, reject) => {
      this.#schedule(() => {
        if (isRefused) reject(new Fault('database-unavailable', 'The store is away for a moment.'))
        else this.#pages.write(pages).then(resolve, reject)
      })
    })
  }

  read(shard: ShardNumber): AsyncIterable<SnapshotPage> {
    return this.#pages.read(shard)
  }
}
