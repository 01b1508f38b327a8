// The state of every seat of a watched show, one byte a seat.
//
// Owns: unpacking, applying changes, the counts, and which seats really changed.
// Leaves to others: the order of versions (watch-machine.ts), drawing (seat-picker/).
//
//   U3. After every change the four counts add up to the number of seats.

import type { SeatState } from './binary.ts'

export type StateCounts = readonly [free: number, held: number, sold: number, blocked: number]

export class SeatStates {
  #states = new Uint8Array(0)
  #counts: [number, number, number, number] = [0, 0, 0, 0]

  get seatCount(): number {
    return this.#states.length
  }

  get counts(): StateCounts {
    return [...this.#counts]
  }

  stateOf(index: number): SeatState | undefined {
    return this.#states[index] as SeatState | undefined
  }

  /** Replaces everything; the seats that differ are returned, or 'all' when the size did. */
  load(packed: Uint8Array, seatCount: number): readonly number[] | 'all' {
    const before = this.#states
    const after = new Uint8Array(seatCount)
    const counts: [number, number, number, number] = [0, 0, 0, 0]
    const changed: number[] = []
    for (let i = 0; i < seatCount; i++) {
      const state = stateAt(packed, i)
      after[i] = state
      counts[state]++
      if (before[i] !== state) changed.push(i)
    }
    this.#states = after
    this.#counts = counts
    return before.length === seatCount ? changed : 'all'
  }

  /** Applies changes in their order; a seat that this hall does not have is passed over. */
  apply(changes: Iterable<readonly [index: number, state: number]>): readonly number[] {
    const changed: number[] = []
    for (const [index, state] of changes) {
      const before = this.stateOf(index)
      if (before === undefined || before === state || !isSeatState(state)) continue
      this.#counts[before]--
      this.#counts[state]++
      this.#states[index] = state
      changed.push(index)
    }
    return changed
  }
}

const isSeatState = (value: number): value is SeatState =>
  value === 0 || value === 1 || value === 2 || value === 3

/** Seat i stands in bits 2(i mod 4) of byte i div 4. */
function stateAt(packed: Uint8Array, index: number): SeatState {
  const byte = packed[index >> 2] ?? 0
  return ((byte >> ((index & 3) * 2)) & 3) as SeatState
}

export function* pairsOf(changes: Uint32Array): Generator<readonly [number, number]> {
  for (const change of changes) yield [change >>> 2, change & 3]
}
