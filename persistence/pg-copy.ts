// COPY ... FROM STDIN over a connection of pg, which has no such query of its own.
//
// Owns: the exchange of messages. Leaves to others: the bytes of rows (pg-columns.ts).
//
//   CO1. Rows are sent when the server asks for them; a refused copy leaves the connection usable.

import type pg from 'pg'
import { CopyRows } from './pg-columns.ts'

export interface CopyTarget<Row> {
  readonly text: string
  /** one row: `fields.row(count)`, then so many values */
  readonly put: (fields: CopyRows, row: Row) => void
}

/** What the copy needs of pg's connection. */
interface CopyConnection {
  query(text: string): void
  sendCopyFromChunk(chunk: Buffer): void
  endCopyFrom(): void
}

/** A query for client.query(); `done` settles when the server is ready again. */
export class CopyIn implements pg.Submittable {
  readonly done: Promise<void>
  readonly #text: string
  readonly #rows: Buffer
  #settle: () => void = () => undefined
  #refuse: (error: unknown) => void = () => undefined
  #failure: unknown

  constructor(text: string, rows: Buffer) {
    this.#text = text
    this.#rows = rows
    this.done = new Promise((resolve, reject) => {
      this.#settle = resolve
      this.#refuse = reject
    })
    this.done.catch(() => undefined) // whoever waits hears it; a lost connection may be told twice
  }

  submit(connection: unknown): void {
    ;(connection as CopyConnection).query(this.#text)
  }

  /** CO1 */
  handleCopyInResponse(connection: CopyConnection): void {
    connection.sendCopyFromChunk(this.#rows)
    connection.endCopyFrom()
  }

  handleError(error: unknown): void {
    this.#failure ??= error
    this.#refuse(error)
  }

  handleReadyForQuery(): void {
    if (this.#failure === undefined) this.#settle()
  }

  handleCommandComplete(): void {}
}

/** Rows for one table, copied again and again through the same buffer. */
export class RowCopy<Row> {
  readonly #target: CopyTarget<Row>
  readonly #fields = new CopyRows()

  constructor(target: CopyTarget<Row>) {
    this.#target = target
  }

  /** Valid until the next call. */
  of(rows: readonly Row[]): CopyIn {
    this.#fields.clear()
    for (const row of rows) this.#target.put(this.#fields, row)
    return new CopyIn(this.#target.text, this.#fields.take())
  }
}
