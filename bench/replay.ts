// `replay`: how fast does a journal become a shard that serves?
//
// Owns: an own broker and Postgres, a journal of holds and releases on one large show.
// Leaves to others: what is in the frames (replay-frames.ts).
//
//   RB1. Everything of a start counts: the head, reading the frames from the broker, their hashes, the
//        table of keys, and the claim of the new reign.
//   RB2. `snapshot`: pages were written half a minute of the load before the end.

import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/nats-core'
import { JetStreamJournal } from '../allocator/journal/jetstream.ts'
import { ensureStreams } from '../allocator/journal/jetstream-streams.ts'
import { MemorySnapshots } from '../allocator/memory-snapshots.ts'
import { claimShard } from '../allocator/ownership.ts'
import { recoverShard } from '../allocator/recovery.ts'
import { Shard } from '../allocator/shard.ts'
import { Snapshotter } from '../allocator/snapshot.ts'
import { startNatsServer } from '../gateway/cluster/nats-server.ts'
import { connect, type Database } from '../persistence/database.ts'
import { startEmbedded } from '../persistence/embedded/server.ts'
import { migrateUp } from '../persistence/migrate.ts'
import { PostgresSnapshots } from '../persistence/snapshots.ts'
import { systemClock } from '../shared/clock.ts'
import { connectNats } from '../shared/nats.ts'
import type { EncodedFrame, SnapshotStore } from '../shared/ports.ts'
import type { Outcome } from './hold.ts'
import { ReplayFrames } from './replay-frames.ts'
import { CLEAN } from './report.ts'

const TRANSITIONS = 1_000_000
/** pages are written every minute: half a minute of the load on average */
const TAIL_AFTER_SNAPSHOT = 60_000
const CLUSTER = 'bench'
const PER_FRAME = [100, 1_000]

interface Lab {
  readonly nats: NatsConnection
  readonly database: Database
}

export async function measureReplay(): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = []
  await inLab(async lab => {
    for (const [shard, perFrame] of PER_FRAME.entries()) {
      outcomes.push(...(await measure(lab, new ReplayFrames({ shard, perFrame }))))
    }
  })
  return outcomes
}

async function inLab(use: (lab: Lab) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'usher-replay-'))
  await chmod(folder, 0o711)
  const postgres = await startEmbedded(folder)
  const broker = await startNatsServer({ dataDir: join(folder, 'nats'), syncAlways: false })
  const nats = await connectNats({ urls: [broker.url], name: 'bench' })
  const database = await connect(postgres.url, undefined, undefined)
  try {
    await migrateUp(database.sql)
    const manager = await jetstreamManager(nats)
    const shardCount = PER_FRAME.length
    await ensureStreams(manager, { cluster: CLUSTER, identity: CLUSTER, shardCount, replicas: 1 })
    await use({ nats, database })
  } finally {
    await database.stop()
    await nats.close()
    await broker.stop()
    await postgres.stop()
    await rm(folder, { recursive: true, force: true, maxRetries: 10 })
  }
}

async function measure(lab: Lab, frames: ReplayFrames): Promise<readonly Outcome[]> {
  const journal = await JetStreamJournal.open({ nats: lab.nats, cluster: CLUSTER })
  const snapshots = new PostgresSnapshots(lab.database.sql, { onDamaged: () => undefined })
  while (frames.count < TRANSITIONS - TAIL_AFTER_SNAPSHOT) await append(journal, frames.next())
  await writePages(frames, snapshots)
  while (frames.count < TRANSITIONS) await append(journal, frames.next())
  await journal.close()
  const none = new MemorySnapshots()
  return [
    await start(lab, frames, { name: 'whole journal', snapshots: none }),
    await start(lab, frames, { name: 'with a snapshot', snapshots }),
  ]
}

async function append(journal: JetStreamJournal, frame: EncodedFrame): Promise<void> {
  if ((await journal.append(frame)) !== 'appended') throw new Error('a frame was fenced')
}

/** As the owner writes them, of the state up to the last frame. */
async function writePages(frames: ReplayFrames, store: SnapshotStore): Promise<void> {
  const { state, last } = frames
  const source = {
    shard: new Shard(state, new Set(state.shows.keys())),
    durable: last,
    decidedFrame: last.number,
  }
  const snapshotter = new Snapshotter({ source, store, clock: systemClock, everyMs: 0 })
  await snapshotter.writeAll(Number.POSITIVE_INFINITY)
}

/** RB1 */
async function start(
  { nats }: Lab,
  frames: ReplayFrames,
  { name, snapshots }: { readonly name: string; readonly snapshots: SnapshotStore },
): Promise<Outcome> {
  const cpu = process.cpuUsage()
  const from = performance.now()
  const journal = await JetStreamJournal.open({ nats, cluster: CLUSTER })
  const { shard } = frames.last
  const replayed = await recoverShard({
    shard,
    journal,
    snapshots,
    plans: frames.plans,
    ledgerFrame: frames.last.number,
  })
  const recoveredMs = performance.now() - from
  await claimShard(replayed, { journal, clock: systemClock, owner: 'bench' })
  const serves = performance.now() - from
  const used = process.cpuUsage(cpu)
  await journal.close()
  const cpuSec = (used.user + used.system) / 1e6
  const isSame = replayed.state.sequence >= frames.state.sequence
  return {
    verdict: { ...CLEAN, lostAcks: isSame ? 0 : 1 },
    row: {
      name: `${name}, ${frames.perFrame} a frame`,
      durability: 'D2',
      opsPerSec: (replayed.transitionCount / recoveredMs) * 1_000,
      opsPerCpuSec: replayed.transitionCount / cpuSec,
      cpuSec,
      p50Ms: serves,
      p99Ms: serves,
      p999Ms: serves,
      errors: 0,
      extra: {
        'serves after ms': serves,
        'transitions replayed': replayed.transitionCount,
        'live holds': frames.liveCount,
      },
    },
  }
}
