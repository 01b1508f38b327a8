// Which Sequence the Ledger has passed: its cursor counts frames, the core forgets by Sequence (H10).
//
// Owns: the last Sequence of each frame that the Ledger has not passed yet.
// Leaves to others: where the cursor is (LedgerProgress), what is forgotten (core/state.ts).

import { asSequence, type FrameNumber, type Sequence } from '../shared/ids.ts'

const COMPACT_ABOVE = 1_024

export class PassedSequence {
  #frames: number[] = []
  #sequences: number[] = []
  #next = 0
  #passed: number

  /** What replay found is passed as far as the cursor: `frame` and `sequence` are the journal's head. */
  constructor(frame: FrameNumber, sequence: Sequence) {
    this.#passed = 0
    this.note(frame, sequence)
  }

  note(frame: FrameNumber, lastSequence: Sequence): void {
    this.#frames.push(frame)
    this.#sequences.push(lastSequence)
  }

  passedBy(cursor: FrameNumber): Sequence {
    while (this.#next < this.#frames.length && (this.#frames[this.#next] as number) <= cursor) {
      this.#passed = this.#sequences[this.#next] as number
      this.#next += 1
    }
    if (this.#next > COMPACT_ABOVE) {
      this.#frames = this.#frames.slice(this.#next)
      this.#sequences = this.#sequences.slice(this.#next)
      this.#next = 0
    }
    return asSequence(this.#passed)
  }
}
