// A Journal that was compacted or restored, read whole: old frames from the archive, the others from
// the broker.
//
// Owns: where reading changes over. Leaves to others: everything else, which goes to the Journal.
//
//   AJ1. The archive is asked only for what the Journal does not have any more: the Journal decides.
//   AJ2. A frame that is in neither is missing, and replay says so (E8).

import { asFrameNumber, type FrameNumber, type ShardNumber } from '../shared/ids.ts'
import type {
  AppendOutcome,
  CompactableJournal,
  EncodedFrame,
  JournalHead,
} from '../shared/ports.ts'
import type { Archive } from './archive.ts'

export class ArchivedJournal implements CompactableJournal {
  readonly #journal: CompactableJournal
  readonly #archive: Pick<Archive, 'read'>

  constructor(journal: CompactableJournal, archive: Pick<Archive, 'read'>) {
    this.#journal = journal
    this.#archive = archive
  }

  append(frame: EncodedFrame): Promise<AppendOutcome> {
    return this.#journal.append(frame)
  }

  /** AJ1; when an owner compacts meanwhile the archive has what was given up. */
  async *read(shard: ShardNumber, from: FrameNumber): AsyncIterable<EncodedFrame> {
    let next = Math.max(from, 1)
    for (;;) {
      const first = await this.#journal.firstFrame(shard)
      if (next < first) {
        const last = asFrameNumber(first - 1)
        yield* this.#archive.read(shard, asFrameNumber(next), last)
        next = first
      }
      try {
        for await (const frame of this.#journal.read(shard, asFrameNumber(next))) {
          next = frame.number + 1
          yield frame
        }
        return
      } catch (error) {
        if ((await this.#journal.firstFrame(shard)) <= next) throw error
      }
    }
  }

  head(shard: ShardNumber): Promise<JournalHead | undefined> {
    return this.#journal.head(shard)
  }

  /** Of the Journal itself: what compaction has left. */
  firstFrame(shard: ShardNumber): Promise<FrameNumber> {
    return this.#journal.firstFrame(shard)
  }

  compact(shard: ShardNumber, below: FrameNumber): Promise<void> {
    return this.#journal.compact(shard, below)
  }

  close(): Promise<void> {
    return this.#journal.close()
  }
}
