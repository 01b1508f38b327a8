// The Link inside one process: a function call into the Shard's inbox.
//
// Owns: show -> shard -> writer, having the layout of a show at hand before it is asked about.
// Leaves to others: everything else (writer.ts).
//
//   S7. A show is opened or changed only once the compiled plan of its layout is loaded: the core is
//       synchronous and cannot wait for it.

import type { Request } from '../shared/commands.ts'
import { shardOf } from '../shared/placement.ts'
import type { Link, PlanSource } from '../shared/ports.ts'
import type { Reply } from '../shared/views.ts'
import type { Writer } from './writer.ts'

const NO_LAYOUT: Reply = Object.freeze({
  kind: 'fault',
  code: 'ledger-unavailable',
  detail: 'The layout of the show cannot be read at the moment; try again.',
  retryAfterMs: 1_000,
})

const NOT_HERE: Reply = Object.freeze({
  kind: 'fault',
  code: 'shard-unavailable',
  detail: 'This show is not served here at the moment; try again.',
  retryAfterMs: 500,
})

export class EmbeddedLink implements Link {
  readonly #writers: readonly (Writer | undefined)[]
  readonly #plans: PlanSource

  /** By shard number; a missing one answers shard-unavailable. */
  constructor(writers: readonly (Writer | undefined)[], plans: PlanSource) {
    this.#writers = writers
    this.#plans = plans
  }

  submit(request: Request, origin: number, onReply: (reply: Reply) => void): void {
    const names = request.kind === 'open-show' || request.kind === 'change-show'
    if (names && this.#plans.planOf(request.terms.layout) === undefined) {
      this.#plans.load(request.terms.layout).then(
        () => this.#pass(request, origin, onReply),
        () => onReply(NO_LAYOUT),
      )
    } else this.#pass(request, origin, onReply)
  }

  #pass(request: Request, origin: number, onReply: (reply: Reply) => void): void {
    const writer = this.#writers[shardOf(request.show)]
    if (writer === undefined) onReply(NOT_HERE)
    else writer.submit(request, origin, onReply)
  }
}
