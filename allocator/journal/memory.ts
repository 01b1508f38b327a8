// The Journal in memory: the simulation's disk, and the fastest way to test what stands above it.
//
// Owns: frames that outlive the allocator that wrote them, and the faults a store can show.
// Leaves to others: when a step happens (`schedule` is injected), which fault comes (`fateOf`).
//
//   M1. Same contract as every adapter (ports.ts, tests/contract): expected head, hashes, fencing.
//   M2. No timer and no randomness of its own: the same calls and fates give the same history.
//   M3. After cut() nothing of this adapter happens any more, as if its process had died.

import { assert } from '../../shared/assert.ts'
import { Fault } from '../../shared/faults.ts'
import { decodeFrame, NO_HASH, prevHashOf, sameBytes } from '../../shared/frame.ts'
import { asFrameNumber, type FrameNumber, type ShardNumber } from '../../shared/ids.ts'
import type {
  AppendOutcome,
  CompactableJournal,
  EncodedFrame,
  JournalHead,
} from '../../shared/ports.ts'

/** The disk: shared by all adapters of one simulated cluster. */
export class MemoryFrames {
  readonly #shards = new Map<ShardNumber, EncodedFrame[]>()

  framesOf(shard: ShardNumber): readonly EncodedFrame[] {
    return this.#shards.get(shard) ?? []
  }

  /** 'conflict' when another frame stands there, or when it would leave a gap or break the chain. */
  store(frame: EncodedFrame): 'stored' | 'duplicate' | 'conflict' {
    const frames = this.#shards.get(frame.shard) ?? []
    const standing = frames[frame.number - firstOf(frames)]
    if (standing !== undefined)
      return sameBytes(standing.hash, frame.hash) ? 'duplicate' : 'conflict'
    const head = frames[frames.length - 1]
    if (frame.number !== (head?.number ?? 0) + 1) return 'conflict'
    if (!sameBytes(prevHashOf(frame), head?.hash ?? NO_HASH)) return 'conflict'
    frames.push(decodeFrame(frame.bytes.slice()))
    this.#shards.set(frame.shard, frames)
    return 'stored'
  }

  /** Gives up what is below the frame, never the head. */
  compact(shard: ShardNumber, below: FrameNumber): void {
    const frames = this.framesOf(shard)
    const count = Math.min(below - firstOf(frames), frames.length - 1)
    if (count > 0) this.#shards.set(shard, frames.slice(count))
  }

  /** Everything is given up and begins anew with this frame, whatever its number: a restore. */
  begin(frame: EncodedFrame): void {
    this.#shards.set(frame.shard, [decodeFrame(frame.bytes.slice())])
  }

  /** A disk that lost its tail, as a broken store may (E8). */
  loseTail(shard: ShardNumber, lastKept: FrameNumber): void {
    const frames = this.framesOf(shard)
    this.#shards.set(shard, frames.slice(0, lastKept + 1 - firstOf(frames)))
  }
}

function firstOf(frames: readonly EncodedFrame[]): number {
  return frames[0]?.number ?? 1
}

/**
 * What becomes of one send. `ack-lost`: stored, but nothing was heard. `send-lost`: never arrived.
 * `send-late`: arrives only after the resend. Each but `acked` is resent and settled by hash (E3).
 */
export type AppendFate = 'acked' | 'ack-lost' | 'send-lost' | 'send-late'

export interface MemoryJournalOptions {
  /** runs a step later, in the order given; microtasks unless the simulation takes over */
  readonly schedule?: (step: () => void) => void
  /** `attempt` counts from 0; a fate of a resend applies again */
  readonly fateOf?: (frame: EncodedFrame, attempt: number) => AppendFate
}

export class MemoryJournal implements CompactableJournal {
  readonly #frames: MemoryFrames
  readonly #schedule: (step: () => void) => void
  readonly #fateOf: (frame: EncodedFrame, attempt: number) => AppendFate
  #isCut = false

  constructor(frames: MemoryFrames, options: MemoryJournalOptions = {}) {
    this.#frames = frames
    this.#schedule = options.schedule ?? queueMicrotask
    this.#fateOf = options.fateOf ?? (() => 'acked')
  }

  append(frame: EncodedFrame): Promise<AppendOutcome> {
    assert(!this.#isCut, 'M3: a dead process appends nothing')
    return new Promise(resolve => this.#send(frame, 0, resolve))
  }

  async *read(shard: ShardNumber, from: FrameNumber): AsyncIterable<EncodedFrame> {
    const frames = this.#frames.framesOf(shard)
    const first = firstOf(frames)
    if (first > 1 && from < first) throw compacted(shard, from, first)
    const end = frames.length
    for (let at = Math.max(from, 1) - first; at < end; at += 1) {
      const frame = frames[at]
      if (frame !== undefined) yield decodeFrame(frame.bytes)
    }
  }

  async head(shard: ShardNumber): Promise<JournalHead | undefined> {
    const frames = this.#frames.framesOf(shard)
    return frames[frames.length - 1]
  }

  async firstFrame(shard: ShardNumber): Promise<FrameNumber> {
    return asFrameNumber(firstOf(this.#frames.framesOf(shard)))
  }

  async compact(shard: ShardNumber, below: FrameNumber): Promise<void> {
    this.#frames.compact(shard, below)
  }

  async close(): Promise<void> {
    this.#isCut = true
  }

  /** The process dies: steps that were on their way to the store or back never happen. M3 */
  cut(): void {
    this.#isCut = true
  }

  #send(frame: EncodedFrame, attempt: number, resolve: (outcome: AppendOutcome) => void): void {
    const fate = this.#fateOf(frame, attempt)
    this.#later(() => {
      if (fate === 'send-lost') return this.#send(frame, attempt + 1, resolve)
      if (fate === 'send-late') {
        this.#send(frame, attempt + 1, resolve)
        return this.#later(() => this.#frames.store(frame))
      }
      const verdict = this.#frames.store(frame)
      if (fate === 'ack-lost') return this.#send(frame, attempt + 1, resolve)
      // E2: a first send that meets another frame is fenced; E3: a resend is settled by its hash
      this.#later(() => resolve(verdict === 'conflict' ? 'fenced' : 'appended'))
    })
  }

  #later(step: () => void): void {
    this.#schedule(() => {
      if (!this.#isCut) step()
    })
  }
}

function compacted(shard: ShardNumber, from: number, first: number): Fault {
  return new Fault(
    'journal-damaged',
    `The journal of shard ${shard} begins at frame ${first}, frame ${from} was compacted away.`,
  )
}
