// Frames for tests of the ledger: real ones, sealed and chained by the codec, written to the table.

import type pg from 'pg'
import { FrameBuilder, NO_HASH } from '../../shared/frame.ts'
import {
  asEpoch,
  asFrameNumber,
  asIncarnation,
  asInstant,
  asSequence,
  type ShardNumber,
} from '../../shared/ids.ts'
import type { EncodedFrame } from '../../shared/ports.ts'
import type { Transition } from '../../shared/transitions.ts'

/** One shard's journal, frame after frame. */
export class JournalScript {
  readonly #shard: ShardNumber
  #number = 0
  #sequence = 0
  #hash: Uint8Array = NO_HASH
  timeMs = Date.UTC(2030, 0, 1)

  constructor(shard: ShardNumber) {
    this.#shard = shard
  }

  frame(transitions: readonly Transition[]): EncodedFrame {
    this.timeMs += 1
    const time = asInstant(this.timeMs)
    const builder = new FrameBuilder()
    builder.begin(time)
    for (const transition of transitions) builder.record(transition)
    const [frame, ...more] = builder.seal({
      shard: this.#shard,
      incarnation: asIncarnation(1),
      epoch: asEpoch(1),
      number: asFrameNumber(this.#number + 1),
      firstSequence: asSequence(this.#sequence + 1),
      time,
      prevHash: this.#hash,
    })
    if (frame === undefined || more.length > 0) throw new Error('a test frame is one frame')
    this.#number += 1
    this.#sequence += transitions.length
    this.#hash = frame.hash
    return frame
  }
}

const INSERT = `insert into journal_frame (shard, frame, incarnation, epoch, first_sequence,
    transition_count, time_ms, hash, bytes)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`

export async function writeFrames(pool: pg.Pool, frames: readonly EncodedFrame[]): Promise<void> {
  for (const frame of frames) {
    const { shard, number, incarnation, epoch, firstSequence, transitionCount, time } = frame
    const { hash, bytes } = frame
    const row = [shard, number, incarnation, epoch, firstSequence, transitionCount, time]
    await pool.query(INSERT, [...row, Buffer.from(hash), Buffer.from(bytes)])
  }
}
