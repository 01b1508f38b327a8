// Layout import as the gateway asks for it: parsed, checked and packed in a thread, then stored.
//
// Owns: the threads. Leaves to others: the document (layout-import.ts), numbers and versions (layout-store.ts).
//
//   LI1. The event loop never sees the document's objects: bytes go in, packed bytes come back.

import type { Kysely } from 'kysely'
import { Piscina } from 'piscina'
import type { ImportOutcome, LayoutImporter } from '../shared/stores.ts'
import type { DocumentOutcome } from './layout-import.ts'
import { addLayout } from './layout-store.ts'
import { asFault } from './pg-errors.ts'
import type { Tables } from './tables.ts'

export class ThreadedImporter implements LayoutImporter {
  readonly #sql: Kysely<Tables>
  #pool: Piscina | undefined

  constructor(database: Kysely<Tables>) {
    this.#sql = database
  }

  async importLayout(auditorium: number, bytes: Uint8Array): Promise<ImportOutcome> {
    const outcome: DocumentOutcome = await this.#threads().run(bytes)
    if (outcome.kind !== 'layout') return outcome
    try {
      const added = await addLayout(this.#sql, auditorium, outcome.packed)
      if (added === undefined) return { kind: 'absent' }
      return { kind: 'done', row: { ...added, warnings: outcome.warnings } }
    } catch (error) {
      throw asFault(error)
    }
  }

  /** Made by the first import; an idle thread ends after a while. */
  #threads(): Piscina {
    this.#pool ??= new Piscina({
      filename: new URL('./layout-import-worker.mjs', import.meta.url).href,
      minThreads: 0,
      maxThreads: 1,
      maxQueue: 16,
      idleTimeout: 10_000,
      execArgv: [],
    })
    return this.#pool
  }

  async stop(): Promise<void> {
    await this.#pool?.destroy()
  }
}
