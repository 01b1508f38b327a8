// What will happen in a simulated cluster, in the order of its virtual time.
//
//   AG1. Equal moments happen in the order in which they were put down: one seed, one history.

import type { ManualClock } from '../../support/manual-clock.ts'

interface Entry {
  readonly atMs: number
  readonly order: number
  run: (() => void) | undefined
}

export class Agenda {
  readonly clock: ManualClock
  /** a binary heap */
  readonly #entries: Entry[] = []
  #order = 0

  constructor(clock: ManualClock) {
    this.clock = clock
  }

  get nowMs(): number {
    return this.clock.monotonicMs()
  }

  /** Returns how to call it off. */
  after(ms: number, run: () => void): () => void {
    return this.at(this.nowMs + ms, run)
  }

  at(atMs: number, run: () => void): () => void {
    const entry: Entry = { atMs, order: this.#order++, run }
    this.#push(entry)
    return () => {
      entry.run = undefined
    }
  }

  /** Takes the next entry that is due by then; false when there is none. */
  step(untilMs: number): boolean {
    for (let first = this.#entries[0]; first !== undefined; first = this.#entries[0]) {
      if (first.atMs > untilMs) return false
      this.#pop()
      if (first.run === undefined) continue
      if (first.atMs > this.nowMs) this.clock.advance(first.atMs - this.nowMs)
      first.run()
      return true
    }
    return false
  }

  /** The machines sleep: nothing happens, and time has passed. */
  skip(ms: number): void {
    this.clock.advance(ms)
  }

  #push(entry: Entry): void {
    const heap = this.#entries
    let at = heap.length
    heap.push(entry)
    while (at > 0) {
      const up = (at - 1) >> 1
      if (!isBefore(entry, heap[up] as Entry)) break
      heap[at] = heap[up] as Entry
      at = up
    }
    heap[at] = entry
  }

  #pop(): void {
    const heap = this.#entries
    const last = heap.pop() as Entry
    if (heap.length === 0) return
    let at = 0
    for (;;) {
      let down = 2 * at + 1
      if (down >= heap.length) break
      const right = heap[down + 1]
      if (right !== undefined && isBefore(right, heap[down] as Entry)) down += 1
      if (!isBefore(heap[down] as Entry, last)) break
      heap[at] = heap[down] as Entry
      at = down
    }
    heap[at] = last
  }
}

function isBefore(left: Entry, right: Entry): boolean {
  return left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order)
}
