// Holds as an owner would journal them, for the ledger bench: chained frames of many holds each.

import type { FrameAsk, FrameSource } from '../persistence/ledger-loop.ts'
import { FrameBuilder, NO_HASH } from '../shared/frame.ts'
import {
  asEpoch,
  asFrameNumber,
  asIncarnation,
  asInstant,
  asSeatIndexes,
  asSequence,
  asShardNumber,
  asShowNumber,
  newCustomerId,
  newShowScopedId,
  type ShardNumber,
} from '../shared/ids.ts'
import type { EncodedFrame } from '../shared/ports.ts'

const HOLD_MS = 300_000

/** One shard that sells one show, a seat a hold. */
export class HoldFrames {
  readonly shard: ShardNumber
  readonly #builder = new FrameBuilder()
  #number = 0
  #sequence = 0
  #hash: Uint8Array = NO_HASH

  constructor(shard: number) {
    this.shard = asShardNumber(shard)
  }

  next(holdCount: number, timeMs: number): EncodedFrame {
    const time = asInstant(timeMs)
    const show = asShowNumber(1 + this.shard)
    this.#builder.begin(time)
    for (let at = 0; at < holdCount; at += 1) {
      this.#builder.record({
        kind: 'seats-held',
        show,
        hold: newShowScopedId(show),
        customer: newCustomerId(),
        seats: asSeatIndexes([this.#sequence + at]),
        prices: [1_250],
        expiresAt: asInstant(timeMs + HOLD_MS),
      })
    }
    const [frame] = this.#builder.seal({
      shard: this.shard,
      incarnation: asIncarnation(1),
      epoch: asEpoch(1),
      number: asFrameNumber(this.#number + 1),
      firstSequence: asSequence(this.#sequence + 1),
      time,
      prevHash: this.#hash,
    })
    if (frame === undefined) throw new Error('a bench frame is one frame')
    this.#number += 1
    this.#sequence += holdCount
    this.#hash = frame.hash
    return frame
  }
}

/** Frames that are durable and not taken yet, by shard. */
export class FrameQueue implements FrameSource {
  readonly #frames = new Map<ShardNumber, EncodedFrame[]>()

  push(frame: EncodedFrame): void {
    const frames = this.#frames.get(frame.shard)
    if (frames === undefined) this.#frames.set(frame.shard, [frame])
    else frames.push(frame)
  }

  headOf(shard: ShardNumber): number {
    return this.#frames.get(shard)?.at(-1)?.number ?? 0
  }

  async framesAfter(asks: readonly FrameAsk[], countMax: number): Promise<readonly EncodedFrame[]> {
    return asks.flatMap(({ shard, after }) => {
      return (this.#frames.get(shard) ?? []).slice(after, after + countMax)
    })
  }
}
