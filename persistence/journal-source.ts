// Frames for the ledger from any Journal: read to its head, again and again.
//
// Owns: nothing but the asking. Leaves to others: being told of news (whoever drives the loop).
//
//   FT2. A journal that begins later is read from its beginning: after a restore that is what goes on
//        (FO2), and the ledger judges whether it is.

import { asFrameNumber } from '../shared/ids.ts'
import type { CompactableJournal, EncodedFrame } from '../shared/ports.ts'
import type { FrameAsk, FrameSource } from './ledger-loop.ts'

export class JournalSource implements FrameSource {
  readonly #journal: Pick<CompactableJournal, 'read' | 'firstFrame'>

  constructor(journal: Pick<CompactableJournal, 'read' | 'firstFrame'>) {
    this.#journal = journal
  }

  async framesAfter(asks: readonly FrameAsk[], countMax: number): Promise<readonly EncodedFrame[]> {
    const pages = await Promise.all(asks.map(ask => this.#page(ask, countMax)))
    return pages.flat()
  }

  async #page({ shard, after }: FrameAsk, countMax: number): Promise<readonly EncodedFrame[]> {
    const frames: EncodedFrame[] = []
    const from = Math.max(after + 1, await this.#journal.firstFrame(shard))
    for await (const frame of this.#journal.read(shard, asFrameNumber(from))) {
      frames.push(frame)
      if (frames.length === countMax) break
    }
    return frames
  }
}
