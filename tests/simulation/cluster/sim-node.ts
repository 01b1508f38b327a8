// One process of a simulated cluster: its event loop, its timers, and how it is stopped or killed.
//
// Owns: running, sleeping (SIGSTOP) and dead; what waits meanwhile.
// Leaves to others: what it does (sim-allocator.ts, sim-gateway.ts), when (cluster-acts.ts).
//
//   ND1. A dead process does nothing any more, also not what it had begun.
//   ND2. What reaches a sleeping process waits in order; each of its timers fires once when it wakes.

import type { Clock } from '../../../shared/ports.ts'
import type { Timers } from '../../../shared/timers.ts'
import type { Random } from '../random.ts'
import type { Agenda } from './agenda.ts'

export interface NodeParts {
  readonly name: string
  readonly agenda: Agenda
  readonly random: Random
  /** the wall clock is so far ahead of the true time */
  readonly offMs: number
  /** a step threw */
  readonly onBroken: (cause: unknown) => void
}

export class SimNode implements Timers {
  readonly name: string
  readonly clock: Clock
  readonly #parts: NodeParts
  #phase: 'running' | 'asleep' | 'dead' = 'running'
  /** true time */
  wokeAtMs: number
  #waiting: (() => void)[] = []
  #stepsLeft = Number.POSITIVE_INFINITY
  #onStepsOver: () => void = () => undefined
  onDeath: () => void = () => undefined

  constructor(parts: NodeParts) {
    const { name, agenda, offMs } = parts
    this.name = name
    this.#parts = parts
    this.wokeAtMs = agenda.nowMs
    this.clock = {
      wallMs: () => agenda.clock.wallMs() + offMs,
      monotonicMs: () => agenda.nowMs,
    }
  }

  get isAlive(): boolean {
    return this.#phase !== 'dead'
  }

  get isRunning(): boolean {
    return this.#phase === 'running'
  }

  /** One step of the loop: now, or when the process wakes. ND1, ND2 */
  readonly run = (step: () => void): void => {
    if (this.#phase === 'asleep') this.#waiting.push(step)
    if (this.#phase !== 'running') return
    this.#stepsLeft -= 1
    if (this.#stepsLeft < 0) {
      this.#stepsLeft = Number.POSITIVE_INFINITY
      this.#onStepsOver()
      return this.run(step)
    }
    try {
      step()
    } catch (cause) {
      this.#parts.onBroken(cause)
    }
  }

  /** Something happens to the process before its step after so many. */
  atStep(count: number, run: () => void): void {
    this.#stepsLeft = count
    this.#onStepsOver = run
  }

  /** Nothing happens to it any more. */
  spare(): void {
    this.#stepsLeft = Number.POSITIVE_INFINITY
  }

  /** At the end of this turn, mostly at once. */
  readonly schedule = (step: () => void): void => {
    const { agenda, random } = this.#parts
    agenda.after(random.chance(0.9) ? 0 : random.between(1, 3), () => this.run(step))
  }

  readonly every = (ms: number, run: () => void): (() => void) => {
    const { agenda, random } = this.#parts
    let isOff = false
    let isWaiting = false
    const fire = (): void => {
      if (isOff || !this.isAlive) return
      arm(ms)
      if (isWaiting) return
      isWaiting = true
      this.run(() => {
        isWaiting = false
        if (!isOff) run()
      })
    }
    const arm = (inMs: number): void => {
      agenda.after(inMs, fire)
    }
    arm(random.between(1, ms))
    return () => {
      isOff = true
    }
  }

  readonly after = (ms: number, run: () => void): (() => void) => {
    let isOff = false
    const end = this.#parts.agenda.after(ms, () => {
      this.run(() => {
        if (!isOff) run()
      })
    })
    return () => {
      isOff = true
      end()
    }
  }

  /** SIGSTOP */
  sleep(): void {
    if (this.#phase === 'running') this.#phase = 'asleep'
  }

  /** SIGCONT: what waited happens in its order, step by step. */
  wake(): void {
    if (this.#phase !== 'asleep') return
    this.#phase = 'running'
    this.wokeAtMs = this.#parts.agenda.nowMs
    const waiting = this.#waiting
    this.#waiting = []
    for (const step of waiting) this.#parts.agenda.after(0, () => this.run(step))
  }

  /** kill -9 */
  kill(): void {
    if (!this.isAlive) return
    this.#phase = 'dead'
    this.#waiting = []
    this.onDeath()
  }
}
