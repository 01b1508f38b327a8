// CPU seconds by process between two moments.

import { cpuSecondsOf } from './machine.ts'

/** CPU seconds of all server processes (broker and database included) inside the measured window. */
export class CpuWindow {
  readonly #roots: readonly number[]
  #before = new Map<string, number>()
  #after = new Map<string, number>()

  constructor(roots: readonly number[]) {
    this.#roots = roots
  }

  mark(edge: 'begin' | 'end'): void {
    if (edge === 'begin') this.#before = cpuSecondsOf(...this.#roots)
    else this.#after = cpuSecondsOf(...this.#roots)
  }

  get used(): Map<string, number> {
    return new Map(
      [...this.#after].map(([name, seconds]) => [name, seconds - (this.#before.get(name) ?? 0)]),
    )
  }

  get total(): number {
    return [...this.used.values()].reduce((sum, seconds) => sum + seconds, 0)
  }
}
