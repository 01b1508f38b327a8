// The Link inside one process: a function call into the Shard's inbox.
//
// Owns: show -> shard -> writer. Leaves to others: everything else (writer.ts).

import type { Request } from '../shared/commands.ts'
import { shardOf } from '../shared/placement.ts'
import type { Link } from '../shared/ports.ts'
import type { Reply } from '../shared/views.ts'
import type { Writer } from './writer.ts'

const NOT_HERE: Reply = Object.freeze({
  kind: 'fault',
  code: 'shard-unavailable',
  detail: 'This show is not served here at the moment; try again.',
  retryAfterMs: 500,
})

export class EmbeddedLink implements Link {
  readonly #writers: readonly (Writer | undefined)[]

  /** By shard number; a missing one answers shard-unavailable. */
  constructor(writers: readonly (Writer | undefined)[]) {
    this.#writers = writers
  }

  submit(request: Request, origin: number, onReply: (reply: Reply) => void): void {
    const writer = this.#writers[shardOf(request.show)]
    if (writer === undefined) onReply(NOT_HERE)
    else writer.submit(request, origin, onReply)
  }
}
