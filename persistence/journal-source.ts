// Frames for the ledger from any Journal: read to its head, again and again.
//
// Owns: nothing but the asking. Leaves to others: being told of news (whoever drives the loop).

import { asFrameNumber } from '../shared/ids.ts'
import type { EncodedFrame, Journal } from '../shared/ports.ts'
import type { FrameAsk, FrameSource } from './ledger-loop.ts'

export class JournalSource implements FrameSource {
  readonly #journal: Pick<Journal, 'read'>

  constructor(journal: Pick<Journal, 'read'>) {
    this.#journal = journal
  }

  async framesAfter(asks: readonly FrameAsk[], countMax: number): Promise<readonly EncodedFrame[]> {
    const pages = await Promise.all(asks.map(ask => this.#page(ask, countMax)))
    return pages.flat()
  }

  async #page({ shard, after }: FrameAsk, countMax: number): Promise<readonly EncodedFrame[]> {
    const frames: EncodedFrame[] = []
    for await (const frame of this.#journal.read(shard, asFrameNumber(after + 1))) {
      frames.push(frame)
      if (frames.length === countMax) break
    }
    return frames
  }
}
