// Restore and compaction on the journal in memory, with real tables.

import { MemoryFrames, MemoryJournal } from '../../allocator/journal/memory.ts'
import { asFrameNumber } from '../../shared/ids.ts'
import { SHARD } from '../support/writer-lab.ts'
import { restoreSuite } from './restore-suite.ts'
import type { LosableJournal } from './restore-town.ts'

async function memoryStore(): Promise<LosableJournal> {
  const frames = new MemoryFrames()
  const reader = new MemoryJournal(frames)
  return {
    open: async () => new MemoryJournal(frames),
    lose: async () => frames.loseTail(SHARD, asFrameNumber(0)),
    close: () => reader.close(),
    keeper: {
      look: async shard => {
        const first = await reader.firstFrame(shard)
        return { first, head: await reader.head(shard) }
      },
      read: (shard, from) => reader.read(shard, from),
      begin: async frame => frames.begin(frame),
    },
  }
}

restoreSuite('memory', {}, memoryStore)
