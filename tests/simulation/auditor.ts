// The independent judge of the simulation: plain Maps and arrays, told every durable Transition in order.
//
// Owns: its own idea of rules S, H, L and D5, written without the core's code.
// Leaves to others: making things happen (world.ts), the clients' answers (witness.ts).
//
//   A1. It shares no algorithm with the core: everything is looked up and counted the slow way.
//   A2. A broken rule throws AuditError, which names the rule, the frame and the transition.

import { idTextOf } from '../../shared/ids.ts'
import type { Layout } from '../../shared/layout.ts'
import type { ShowTransition, Transition } from '../../shared/transitions.ts'
import { AuditError, check } from './audit-error.ts'
import { AuditedShow } from './audited-show.ts'

export interface AuditedFrame {
  readonly number: number
  readonly time: number
  readonly transitions: readonly Transition[]
}

export class Auditor {
  readonly shows = new Map<number, AuditedShow>()
  readonly #layoutOf: (layout: number) => Layout
  /** D5: command id -> what it made */
  readonly #commands = new Map<string, { readonly what: string; readonly at: number }>()
  #frame = 0
  #time = 0

  constructor(layoutOf: (layout: number) => Layout) {
    this.#layoutOf = layoutOf
  }

  /** Frames come in journal order, each once. */
  observe(frame: AuditedFrame): void {
    check(frame.number === this.#frame + 1, 'E1', `frame ${frame.number} after ${this.#frame}`)
    check(frame.time >= this.#time, 'E1', 'shard time went backwards')
    this.#frame = frame.number
    this.#time = frame.time
    for (const show of this.shows.values()) show.frameBegins()
    for (const transition of frame.transitions) this.#observeOne(transition)
    for (const show of this.shows.values()) show.frameEnds()
  }

  #observeOne(transition: Transition): void {
    try {
      if (transition.kind === 'shard-claimed') {
        check(transition.creditMs >= 0 && transition.creditMs <= 60_000, 'H7', 'credit')
        for (const show of this.shows.values()) show.credit(transition.creditMs)
        return
      }
      if (transition.kind === 'shard-released') return
      this.#noteCommand(transition)
      this.#showOf(transition).observe(transition, this.#time)
    } catch (error) {
      if (!(error instanceof AuditError)) throw error
      throw new AuditError(`${error.message}\n  frame ${this.#frame}: ${textOf(transition)}`)
    }
  }

  #showOf(transition: ShowTransition): AuditedShow {
    if (transition.kind === 'show-opened') {
      check(!this.shows.has(transition.show), 'S7', 'a show is opened once')
      const opened = new AuditedShow(transition.terms, this.#layoutOf(transition.terms.layout))
      this.shows.set(transition.show, opened)
    }
    const show = this.shows.get(transition.show)
    if (show === undefined) throw new AuditError('S7: a transition of a show that was never opened')
    return show
  }

  /** D5: one effect per CommandId while it is remembered. */
  #noteCommand(transition: ShowTransition): void {
    if (!('key' in transition) || transition.key === undefined) return
    const id = idTextOf(transition.key.id)
    const before = this.#commands.get(id)
    const isRemembered = before !== undefined && this.#time - before.at < 120_000
    check(!isRemembered, 'D5', `command ${id} already made ${before?.what ?? ''}`)
    this.#commands.set(id, { what: transition.kind, at: this.#time })
  }
}

export function textOf(transition: Transition): string {
  return JSON.stringify(transition, (name, value: unknown) => {
    if (name === 'terms') return '...'
    const isId = typeof value === 'object' && value !== null && 'a' in value && 'd' in value
    return isId ? idTextOf(value as never).slice(0, 12) : value
  })
}
