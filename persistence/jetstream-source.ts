// The ledger's eyes on a cluster's journal: one followed stream for each shard it projects.
//
// Owns: which streams are followed and from where, waking the ledger when a frame arrives.
// Leaves to others: one stream (frame-tail.ts), what is done with frames (ledger-loop.ts).
//
//   JS1. A stream is opened when its shard is first asked for, and again when the ask does not go on
//        where the last one ended (another ledger was faster) or the broker closed it.
//   JS2. A shard that is not asked for any more is let go: release().

import type { NatsConnection } from '@nats-io/nats-core'
import { asFrameNumber, type ShardNumber } from '../shared/ids.ts'
import { streamOf } from '../shared/journal-streams.ts'
import type { EncodedFrame } from '../shared/ports.ts'
import { FrameTail } from './frame-tail.ts'
import type { FrameAsk, FrameSource } from './ledger-loop.ts'

export interface JetStreamSourceOptions {
  readonly nats: NatsConnection
  readonly cluster: string
  readonly onNews: () => void
}

export class JetStreamSource implements FrameSource {
  readonly #options: JetStreamSourceOptions
  readonly #tails = new Map<ShardNumber, FrameTail>()

  constructor(options: JetStreamSourceOptions) {
    this.#options = options
  }

  /** The newest frame of the shard that arrived here. */
  headOf(shard: ShardNumber): number {
    return this.#tails.get(shard)?.head ?? 0
  }

  /** What arrived so far; nothing at first, and onNews when there is something. */
  async framesAfter(asks: readonly FrameAsk[], countMax: number): Promise<readonly EncodedFrame[]> {
    const frames: EncodedFrame[] = []
    for (const ask of asks) frames.push(...this.#tailOf(ask).take(countMax))
    return frames
  }

  /** JS2 */
  release(shard: ShardNumber): void {
    this.#tails.get(shard)?.close()
    this.#tails.delete(shard)
  }

  close(): void {
    for (const shard of [...this.#tails.keys()]) this.release(shard)
  }

  /** JS1 */
  #tailOf({ shard, after }: FrameAsk): FrameTail {
    const known = this.#tails.get(shard)
    if (known !== undefined && known.next === after + 1 && !known.isOver) return known
    this.release(shard)
    const { nats, cluster, onNews } = this.#options
    const from = asFrameNumber(after + 1)
    const tail = new FrameTail({ nats, stream: streamOf(cluster, shard), from, onNews })
    this.#tails.set(shard, tail)
    return tail
  }
}
