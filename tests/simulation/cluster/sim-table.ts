// The placement table of a simulated cluster: one value at the broker, changed by revision, watched.
//
// Owns: the value, its watchers, answers that take their time or never come.
// Leaves to others: what it says (the placer, operators).

import type { TableStore } from '../../../allocator/placement-watch.ts'
import type { Stored } from '../../../shared/cas-store.ts'
import { Fault } from '../../../shared/faults.ts'
import { decodeTable, encodeTable } from '../../../shared/placement-codec.ts'
import type { PlacementTable } from '../../../shared/placement-table.ts'
import type { Random } from '../random.ts'
import type { Agenda } from './agenda.ts'
import type { SimNetwork } from './sim-network.ts'
import type { SimNode } from './sim-node.ts'

const SILENCE_MS = 1_000

interface Watcher {
  readonly node: SimNode
  readonly onTable: (stored: Stored<PlacementTable>) => void
}

export class SimTable {
  readonly #agenda: Agenda
  readonly #random: Random
  readonly #network: SimNetwork
  #text: string | undefined
  #revision = 0
  #watchers: Watcher[] = []

  constructor(parts: {
    readonly agenda: Agenda
    readonly random: Random
    readonly network: SimNetwork
  }) {
    this.#agenda = parts.agenda
    this.#random = parts.random
    this.#network = parts.network
  }

  get stored(): Stored<PlacementTable> {
    const value = this.#text === undefined ? undefined : decodeTable(this.#text)
    return { value, revision: this.#revision }
  }

  /** An operator's change, made at once. */
  change(step: (table: PlacementTable) => PlacementTable): void {
    const { value } = this.stored
    if (value !== undefined) this.#write(step(value), this.#revision)
  }

  storeFor(node: SimNode): TableStore {
    return {
      read: () => this.#ask(node, () => this.stored),
      write: (table, revision) => this.#ask(node, () => this.#write(table, revision)),
      watch: async onTable => {
        const watcher = { node, onTable }
        this.#watchers.push(watcher)
        return () => {
          this.#watchers = this.#watchers.filter(one => one !== watcher)
        }
      },
    }
  }

  #write(table: PlacementTable, revision: number): boolean {
    if (revision !== this.#revision) return false
    this.#text = encodeTable(table)
    this.#revision += 1
    const { stored } = this
    for (const { node, onTable } of this.#watchers) {
      if (!this.#network.isConnected(node)) continue
      this.#agenda.after(this.#random.below(5), () => node.run(() => onTable(stored)))
    }
    return true
  }

  #ask<Answer>(node: SimNode, work: () => Answer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const silence = node.after(SILENCE_MS, () =>
        reject(new Fault('broker-unreachable', 'The table did not answer.')),
      )
      if (!this.#network.isConnected(node)) return
      this.#agenda.after(this.#random.below(3), () => {
        const answer = work()
        if (!this.#network.isConnected(node)) return
        this.#agenda.after(this.#random.below(3), () =>
          node.run(() => {
            silence()
            resolve(answer)
          }),
        )
      })
    })
  }
}
