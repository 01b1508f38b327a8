// The Ledger of a simulated world: reads frames by its cursor, writes rows and cursor in one commit.
//
//   idle --read--> frame in hand --project--> steps in hand --commit--> rows and cursor --tell--> idle
//
// Owns: these steps and being interrupted between any two. Leaves to others: what rows frames make
// (persistence/projection.ts), what the rows are (ledger-tables.ts).

import type { MemoryFrames } from '../../allocator/journal/memory.ts'
import type { Step } from '../../persistence/ledger-rows.ts'
import { Projection } from '../../persistence/projection.ts'
import { transitionsOf } from '../../shared/frame.ts'
import { asFrameNumber, asSequence, type FrameNumber, type ShardNumber } from '../../shared/ids.ts'
import type { EncodedFrame, LedgerProgress } from '../../shared/ports.ts'
import { LedgerTables } from './ledger-tables.ts'

type Work =
  | { readonly kind: 'idle' }
  | { readonly kind: 'read'; readonly frames: readonly EncodedFrame[] }
  | { readonly kind: 'projected'; readonly steps: readonly Step[]; readonly cursor: FrameNumber }
  | { readonly kind: 'committed' }

interface Waiting {
  readonly reader: string
  readonly shard: ShardNumber
  readonly frame: FrameNumber
  readonly callback: () => void
}

export class SimLedger {
  readonly tables = new LedgerTables()
  readonly #frames: MemoryFrames
  readonly #shards: readonly ShardNumber[]
  /** as committed with the rows */
  readonly #cursors = new Map<ShardNumber, FrameNumber>()
  /** as processes have heard */
  readonly #told = new Map<ShardNumber, FrameNumber>()
  readonly #work = new Map<ShardNumber, Work>()
  #waiting: Waiting[] = []

  constructor(frames: MemoryFrames, shards: readonly ShardNumber[]) {
    this.#frames = frames
    this.#shards = shards
  }

  cursorOf(shard: ShardNumber): FrameNumber {
    return this.#told.get(shard) ?? asFrameNumber(0)
  }

  /** What one process is told; forget() ends it. */
  progressFor(reader: string): LedgerProgress {
    return {
      cursorOf: shard => this.cursorOf(shard),
      whenPassed: (shard, frame, callback) => {
        if (frame <= this.cursorOf(shard)) callback()
        else this.#waiting.push({ reader, shard, frame, callback })
      },
    }
  }

  forget(reader: string): void {
    this.#waiting = this.#waiting.filter(waiting => waiting.reader !== reader)
  }

  get hasWork(): boolean {
    return this.#shards.some(
      shard => this.cursorOf(shard) < this.#frames.framesOf(shard).length || this.#isBusy(shard),
    )
  }

  /** The next step for one shard. `framesMax` are read together. */
  step(shard: ShardNumber, framesMax: number): void {
    const work = this.#work.get(shard) ?? { kind: 'idle' }
    this.#work.set(shard, this.#after(work, shard, framesMax))
  }

  /** Dies and comes back: what was not committed is read again. */
  crash(): void {
    this.#work.clear()
    for (const [shard, cursor] of this.#cursors) this.#tell(shard, cursor)
  }

  #isBusy(shard: ShardNumber): boolean {
    return (this.#work.get(shard)?.kind ?? 'idle') !== 'idle'
  }

  #after(work: Work, shard: ShardNumber, framesMax: number): Work {
    const cursor = this.#cursors.get(shard) ?? asFrameNumber(0)
    switch (work.kind) {
      case 'idle': {
        const frames = this.#frames.framesOf(shard).slice(cursor, cursor + framesMax)
        return frames.length === 0 ? work : { kind: 'read', frames }
      }
      case 'read': {
        const steps = stepsOf(work.frames)
        return { kind: 'projected', steps, cursor: asFrameNumber(cursor + work.frames.length) }
      }
      case 'projected':
        for (const step of work.steps) this.tables.write(step)
        this.#cursors.set(shard, work.cursor)
        return { kind: 'committed' }
      case 'committed':
        this.#tell(shard, cursor)
        return { kind: 'idle' }
    }
  }

  #tell(shard: ShardNumber, cursor: FrameNumber): void {
    this.#told.set(shard, cursor)
    const isDue = (one: Waiting): boolean => one.shard === shard && one.frame <= cursor
    const due = this.#waiting.filter(isDue)
    this.#waiting = this.#waiting.filter(one => !isDue(one))
    for (const { callback } of due) callback()
  }
}

function stepsOf(frames: readonly EncodedFrame[]): readonly Step[] {
  const projection = new Projection()
  for (const frame of frames) {
    const { shard, incarnation, time: at } = frame
    for (const [index, transition] of transitionsOf(frame).entries()) {
      const sequence = asSequence(frame.firstSequence + index)
      projection.add(transition, { shard, incarnation, frame: frame.number, sequence, at })
    }
  }
  return projection.take()
}
