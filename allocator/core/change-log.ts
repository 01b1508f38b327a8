// What a command told the world while it was applied; taken by the writer, never state.
//
// Owns: published seat changes of the frame, and whose holds and entries changed.
// Leaves to others: turning them into news (views.ts, writer.ts), when they may leave (W2).

import type { EntryId, ShowNumber } from '../../shared/ids.ts'
import type { SeatCode } from './seat-map.ts'

const WORDS_MIN = 256

/** Pairs of words: show number, seat << 2 | state; each pair is one step of that Show's version. */
export class ChangeLog {
  #words = new Int32Array(WORDS_MIN)
  #length = 0

  /** In words, twice the number of changes. */
  get length(): number {
    return this.#length
  }

  push(show: ShowNumber, seat: number, state: SeatCode): void {
    if (this.#length + 2 > this.#words.length) {
      const larger = new Int32Array(this.#words.length * 2)
      larger.set(this.#words)
      this.#words = larger
    }
    this.#words[this.#length] = show
    this.#words[this.#length + 1] = (seat << 2) | state
    this.#length += 2
  }

  /** What was logged, valid until the next push or clear. */
  view(): Int32Array {
    return this.#words.subarray(0, this.#length)
  }

  clear(): void {
    this.#length = 0
  }
}

/** Whose owner must hear of it: slots of holds and ids of entries; repeats are possible. */
export class Touched {
  holds: number[] = []
  entries: EntryId[] = []

  get isEmpty(): boolean {
    return this.holds.length === 0 && this.entries.length === 0
  }

  clear(): void {
    if (this.holds.length > 0) this.holds = []
    if (this.entries.length > 0) this.entries = []
  }
}
