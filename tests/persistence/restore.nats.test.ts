// Restore and compaction on streams of a real nats-server, with real tables.

import { JetStreamJournal } from '../../allocator/journal/jetstream.ts'
import { JetStreamKeeper } from '../../allocator/journal/jetstream-keeper.ts'
import { ensureStreams } from '../../allocator/journal/jetstream-streams.ts'
import { LIMITS } from '../../shared/limits.ts'
import { JournalStreams } from '../support/journal-streams.ts'
import { needsNats } from '../support/nats.ts'
import { restoreSuite } from './restore-suite.ts'
import type { LosableJournal } from './restore-town.ts'

let count = 0

async function streamStore(): Promise<LosableJournal> {
  count += 1
  const streams = await JournalStreams.open(`restore-${count}`)
  const { nats, cluster, manager } = streams
  const own = { cluster, identity: 'test', shardCount: LIMITS.shardCount, replicas: 1 }
  await ensureStreams(manager, own)
  const keeper = await JetStreamKeeper.open({ ...own, nats })
  return {
    open: () => JetStreamJournal.open({ nats, cluster, silenceMs: 400, giveUpMs: 3_000 }),
    lose: async () => {
      for await (const { config } of manager.streams.list()) {
        await manager.streams.delete(config.name)
      }
      await ensureStreams(manager, own)
    },
    close: () => streams.close(),
    keeper: {
      look: shard => keeper.look(shard),
      read: (shard, from) => keeper.read(shard, from),
      begin: frame => keeper.begin(frame),
    },
  }
}

restoreSuite('JetStream', needsNats, streamStore)
