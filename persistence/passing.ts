// How far the ledger has come, and who waits for it to come further.
//
// Owns: cursors that only grow, callbacks in the order of their frames.
// Leaves to others: where cursors are heard from (ledger-handle.ts, remote-progress.ts).
//
//   PG1. Callbacks run in order of their frames, as soon as the cursor is known.

import { asFrameNumber, type FrameNumber, type ShardNumber } from '../shared/ids.ts'
import { LIMITS } from '../shared/limits.ts'

interface Waiting {
  readonly frame: FrameNumber
  readonly callback: () => void
}

export class Passing {
  readonly #cursors = new Float64Array(LIMITS.shardCount)
  readonly #waiting: Waiting[][] = Array.from({ length: LIMITS.shardCount }, () => [])
  #waitingCount = 0

  get waitingCount(): number {
    return this.#waitingCount
  }

  cursorOf(shard: ShardNumber): FrameNumber {
    return asFrameNumber(this.#cursors[shard] ?? 0)
  }

  /** Whether it has to wait; otherwise the callback has run. */
  whenPassed(shard: ShardNumber, frame: FrameNumber, callback: () => void): boolean {
    if (this.cursorOf(shard) >= frame) {
      callback()
      return false
    }
    const queue = this.#waiting[shard] ?? []
    let at = queue.length
    while (at > 0 && (queue[at - 1]?.frame ?? 0) > frame) at -= 1
    queue.splice(at, 0, { frame, callback })
    this.#waitingCount += 1
    return true
  }

  /** How many callbacks ran; a cursor behind the known one changes nothing. PG1 */
  pass(shard: ShardNumber, frame: FrameNumber): number {
    if (frame <= (this.#cursors[shard] ?? 0)) return 0
    this.#cursors[shard] = frame
    const queue = this.#waiting[shard] ?? []
    let count = 0
    while (count < queue.length && (queue[count]?.frame ?? 0) <= frame) count += 1
    this.#waitingCount -= count
    for (const { callback } of queue.splice(0, count)) callback()
    return count
  }
}
