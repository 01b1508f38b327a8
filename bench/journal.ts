// `journal`: how long until a frame is durable, by its size, in JetStream and in Postgres?
//
// Owns: own servers that sync every write, one frame in flight per shard, reading all of it back.
// Leaves to others: what is in a frame (journal-frames.ts).
//
//   JB1. Both journals run on the same disk, one after the other, each with the frames of all rows.
//   JB2. Every acknowledged frame is read back by another adapter; a missing one is a lost ack.

import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jetstreamManager } from '@nats-io/jetstream'
import { build } from 'hdr-histogram-js'
import { JetStreamJournal } from '../allocator/journal/jetstream.ts'
import { ensureStreams } from '../allocator/journal/jetstream-streams.ts'
import { PostgresJournal } from '../allocator/journal/postgres.ts'
import { startNatsServer } from '../gateway/cluster/nats-server.ts'
import { connect } from '../persistence/database.ts'
import { startEmbedded } from '../persistence/embedded/server.ts'
import { migrateUp } from '../persistence/migrate.ts'
import { asFrameNumber, asShardNumber } from '../shared/ids.ts'
import { LIMITS } from '../shared/limits.ts'
import { connectNats } from '../shared/nats.ts'
import type { Journal } from '../shared/ports.ts'
import type { Outcome } from './hold.ts'
import { FrameChain } from './journal-frames.ts'
import { cpuSecondsOf } from './machine.ts'
import { type Options, UsageError } from './options.ts'
import { CLEAN, percentilesOf } from './report.ts'

const FRAME_BYTES = [1, 4, 16, 64, 256].map(kibibytes => kibibytes * 1024)

interface Contestant {
  readonly name: string
  /** its servers; the adapter's own CPU is counted too */
  readonly pid: number
  open(): Promise<Journal>
  stop(): Promise<void>
}

export async function measureJournal(options: Options): Promise<readonly Outcome[]> {
  if (options.shows > LIMITS.shardCount) {
    throw new UsageError(`--shows ${options.shows}: the journal has ${LIMITS.shardCount} shards.`)
  }
  const outcomes: Outcome[] = []
  for (const start of [startJetStream, startPostgres]) {
    const folder = await mkdtemp(join(tmpdir(), 'usher-journal-'))
    await chmod(folder, 0o711)
    const contestant = await start(folder)
    try {
      for (const [place, bytes] of FRAME_BYTES.entries()) {
        outcomes.push(await measure(contestant, options, { place, bytes }))
      }
    } finally {
      await contestant.stop()
      await rm(folder, { recursive: true, force: true })
    }
  }
  return outcomes
}

async function startJetStream(dataDir: string): Promise<Contestant> {
  const server = await startNatsServer({ dataDir })
  const nats = await connectNats({ urls: [server.url], name: 'bench' })
  const manager = await jetstreamManager(nats)
  const shardCount = LIMITS.shardCount * FRAME_BYTES.length
  const streams = { cluster: 'bench', identity: 'bench', shardCount, replicas: 1 }
  await ensureStreams(manager, streams)
  return {
    name: 'jetstream',
    pid: server.pid,
    open: () => JetStreamJournal.open({ nats, cluster: 'bench' }),
    stop: async () => {
      await nats.close()
      await server.stop()
    },
  }
}

async function startPostgres(dataDir: string): Promise<Contestant> {
  const server = await startEmbedded(dataDir)
  const database = await connect(server.url, undefined, undefined)
  await migrateUp(database.sql)
  await database.stop()
  return {
    name: 'postgres',
    pid: server.pid,
    open: () => PostgresJournal.open({ connectionString: server.url }),
    stop: () => server.stop(),
  }
}

interface RowOf {
  /** of the size in the table: each row has shards of its own */
  readonly place: number
  readonly bytes: number
}

async function measure(
  contestant: Contestant,
  options: Options,
  { place, bytes }: RowOf,
): Promise<Outcome> {
  const chains = Array.from(
    { length: options.shows },
    (_, at) => new FrameChain(place * LIMITS.shardCount + at, bytes),
  )
  const journal = await contestant.open()
  const share = 2 * FRAME_BYTES.length
  await appendFor(options.warmupMs / share, journal, chains)
  const cpuBefore = cpuOf(contestant)
  const run = await appendFor(options.durationMs / share, journal, chains)
  const cpuSec = cpuOf(contestant) - cpuBefore
  await journal.close()
  const opsPerSec = run.histogram.totalCount / run.seconds
  return {
    row: {
      name: `${contestant.name} ${bytes / 1024} KiB`,
      durability: 'D2',
      opsPerSec,
      opsPerCpuSec: run.histogram.totalCount / Math.max(0.01, cpuSec),
      cpuSec,
      ...percentilesOf(run.histogram),
      errors: run.fenced,
      extra: { 'MB/s': (opsPerSec * bytes) / 1e6 },
    },
    verdict: { ...CLEAN, lostAcks: await missingOf(contestant, chains) },
  }
}

/** Seconds so far of the servers and of this process, which runs the adapter. */
function cpuOf({ pid }: Contestant): number {
  const own = process.cpuUsage()
  const servers = [...cpuSecondsOf(pid).values()].reduce((sum, seconds) => sum + seconds, 0)
  return servers + (own.user + own.system) / 1e6
}

async function appendFor(ms: number, journal: Journal, chains: readonly FrameChain[]) {
  const histogram = build({ numberOfSignificantValueDigits: 3 })
  const start = performance.now()
  let fenced = 0
  const append = async (chain: FrameChain): Promise<void> => {
    while (performance.now() - start < ms) {
      const frame = chain.next()
      const sentAt = performance.now()
      if ((await journal.append(frame)) === 'fenced') fenced += 1
      histogram.recordValue(Math.max(1, Math.round((performance.now() - sentAt) * 1000)))
    }
  }
  await Promise.all(chains.map(append))
  return { histogram, fenced, seconds: (performance.now() - start) / 1000 }
}

/** JB2 */
async function missingOf(contestant: Contestant, chains: readonly FrameChain[]): Promise<number> {
  const journal = await contestant.open()
  let missing = 0
  for (const chain of chains) {
    let found = 0
    const shard = asShardNumber(chain.shard)
    for await (const frame of journal.read(shard, asFrameNumber(1))) {
      if (frame.number === found + 1) found += 1
    }
    missing += chain.count - found
  }
  await journal.close()
  return missing
}
