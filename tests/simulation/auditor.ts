// The independent judge of the simulation: plain Maps and arrays, told every durable Transition in order.
//
// Owns: its own idea of rules S, H, L and D5 for one Shard, written without the core's code.
// Leaves to others: making things happen (world.ts), the clients' answers (witness.ts).
//
//   A1. It shares no algorithm with the core: everything is looked up and counted the slow way.
//   A2. A broken rule throws AuditError, which names the rule, the frame and the transition.

import type { Request } from '../../shared/commands.ts'
import { type Id, idTextOf } from '../../shared/ids.ts'
import type { Layout } from '../../shared/layout.ts'
import type { ShowTransition, Transition } from '../../shared/transitions.ts'
import { AuditError, check } from './audit-error.ts'
import type { Moment } from './audited-hold.ts'
import { AuditedShow } from './audited-show.ts'

export interface AuditedFrame {
  readonly number: number
  readonly time: number
  readonly transitions: readonly Transition[]
  /** checked where it is given */
  readonly epoch?: number
  readonly firstSequence?: number
  /** when it reached the store, in true milliseconds */
  readonly storedAtMs?: number
}

/** The one effect of a command. */
export interface Effect {
  readonly kind: Transition['kind']
  readonly show: number
  readonly hold: string | undefined
  readonly entry: string | undefined
  readonly body: string
  readonly frame: number
}

/**
 * Keys live 2 minutes after the end by the clock of the reign that forgets; clocks of two reigns
 * may differ by a second to either side.
 */
export const REMEMBERED_MS = 118_000

export class Auditor {
  readonly shows = new Map<number, AuditedShow>()
  /** D5: command id -> what it made last */
  readonly effects = new Map<string, Effect>()
  /** by frame number - 1: when it reached the store, and whose it was */
  readonly stored: {
    readonly atMs: number | undefined
    readonly epoch: number
    readonly lastSequence: number
  }[] = []
  readonly #layoutOf: (layout: number) => Layout
  /** shard time since the frame before this one */
  #sinceMs = 0
  readonly #askOf: (hold: string) => Request | undefined
  /** told of each Transition that passed */
  onPassed: (transition: Transition) => void = () => undefined
  frame = 0
  time = 0
  epoch = 0
  sequence = 0
  /** the sequence before this frame */
  sequenceBefore = 0

  constructor(
    layoutOf: (layout: number) => Layout,
    askOf: (hold: string) => Request | undefined = () => undefined,
  ) {
    this.#layoutOf = layoutOf
    this.#askOf = askOf
  }

  /** Frames come in journal order, each once. */
  observe(frame: AuditedFrame): void {
    check(frame.number === this.frame + 1, 'E1', `frame ${frame.number} after ${this.frame}`)
    check(frame.time >= this.time, 'W4', 'shard time went backwards')
    const isInOrder = (frame.firstSequence ?? this.sequence + 1) === this.sequence + 1
    check(isInOrder, 'E8', `sequence ${frame.firstSequence} after ${this.sequence}`)
    this.#checkEpoch(frame)
    this.#sinceMs = this.frame === 0 ? 0 : frame.time - this.time
    this.frame = frame.number
    this.time = frame.time
    const decidedAfterMs = this.stored.at(-1)?.atMs
    const lastSequence = this.sequence + frame.transitions.length
    this.stored.push({ atMs: frame.storedAtMs, epoch: this.epoch, lastSequence })
    if (frame.transitions.length > 0) this.#beginInstants()
    for (const transition of frame.transitions) {
      this.sequence += 1
      const { sequence } = this
      const { time, storedAtMs } = frame
      this.#observeOne(transition, { sequence, time, storedAtMs, decidedAfterMs })
    }
    for (const show of this.shows.values()) show.frameEnds(this.frame)
  }

  /** Answers may wait for an empty frame behind the one they were decided with (W8). */
  #beginInstants(): void {
    this.sequenceBefore = this.sequence
    for (const show of this.shows.values()) show.frameBegins()
  }

  /** E1: a reign begins with its CLAIM and writes all frames up to the next one. */
  #checkEpoch({ epoch, transitions, number }: AuditedFrame): void {
    if (epoch === undefined) return
    const [first] = transitions
    const claimed = first?.kind === 'shard-claimed' ? first.epoch : undefined
    check(claimed === undefined || claimed === this.epoch + 1, 'E1', `epoch ${claimed} claimed`)
    this.epoch = claimed ?? this.epoch
    check(epoch === this.epoch, 'E1', `frame ${number} of epoch ${epoch} in ${this.epoch}`)
  }

  #observeOne(transition: Transition, moment: Moment): void {
    try {
      if (transition.kind === 'shard-claimed') this.#claimed(transition.creditMs, moment)
      else if (transition.kind !== 'shard-released') {
        const show = this.#showOf(transition)
        this.#noteCommand(transition, moment)
        show.observe(transition, moment)
      }
    } catch (error) {
      if (!(error instanceof AuditError)) throw error
      throw new AuditError(`${error.message}\n  frame ${this.frame}: ${textOf(transition)}`)
    }
    this.onPassed(transition)
  }

  #claimed(creditMs: number, moment: Moment): void {
    const outageMs = Math.min(this.#sinceMs, 60_000)
    check(creditMs === outageMs, 'H7', `a credit of ${creditMs} ms for ${outageMs} ms of outage`)
    for (const show of this.shows.values()) show.credit(creditMs, moment)
  }

  #showOf(transition: ShowTransition): AuditedShow {
    if (transition.kind === 'show-opened') {
      check(!this.shows.has(transition.show), 'S7', 'a show is opened once')
      const around = { layoutOf: this.#layoutOf, askOf: this.#askOf }
      this.shows.set(transition.show, new AuditedShow(transition.terms, around))
    }
    const show = this.shows.get(transition.show)
    if (show === undefined) throw new AuditError('S7: a transition of a show that was never opened')
    return show
  }

  /** D5: one effect per CommandId while it is remembered. */
  #noteCommand(transition: ShowTransition, moment: Moment): void {
    if (!('key' in transition) || transition.key === undefined) return
    const { id, bodyHigh, bodyLow } = transition.key
    const name = idTextOf(id)
    const before = this.effectOf(name, moment.time)
    check(before === undefined, 'D5', `command ${name} already made ${before?.kind}`)
    this.effects.set(name, {
      kind: transition.kind,
      show: transition.show,
      hold: 'hold' in transition ? idTextOf(transition.hold as Id) : undefined,
      entry: 'entry' in transition ? idTextOf(transition.entry as Id) : undefined,
      body: `${bodyHigh}/${bodyLow}`,
      frame: this.frame,
    })
  }

  frameOf(sequence: number): number {
    return this.stored.findIndex(frame => frame.lastSequence >= sequence) + 1
  }

  /** What the command made, while it must be remembered at that shard time. D5 */
  effectOf(command: string, time: number): Effect | undefined {
    const effect = this.effects.get(command)
    if (effect === undefined) return undefined
    const show = this.shows.get(effect.show)
    // a decline is remembered with its entry, everything else that names a hold with the hold
    const owner =
      effect.hold === undefined || effect.kind === 'offer-declined'
        ? show?.line.known(effect.entry ?? '')
        : show?.holds.get(effect.hold)
    const endedAt = owner?.endedAt
    return endedAt === undefined || time - endedAt < REMEMBERED_MS ? effect : undefined
  }
}

export function textOf(transition: Transition): string {
  return JSON.stringify(transition, (name, value: unknown) => {
    if (name === 'terms') return '...'
    const isId = typeof value === 'object' && value !== null && 'a' in value && 'd' in value
    return isId ? idTextOf(value as never).slice(0, 12) : value
  })
}
