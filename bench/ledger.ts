// `ledger`: how fast does the journal become rows, what does a row cost, and how late is it under load?
//
// Owns: an own Postgres, frames of holds on every shard, both forms of the ledger (with the archive, as in
// a cluster; without, as embedded).
// Leaves to others: what is in a frame (ledger-frames.ts).
//
//   LB1. Catching up: every frame is durable at the start; a row is one of `transition` or `hold`.
//   LB2. Keeping up: holds come at --rate (default 20 000/s), each frame's lag runs from its shard time to
//        the commit that the ledger tells.
//   LB3. Afterwards the tables are counted: a missing row is a lost ack.

import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { build } from 'hdr-histogram-js'
import pg from 'pg'
import { connect } from '../persistence/database.ts'
import { type EmbeddedServer, startEmbedded } from '../persistence/embedded/server.ts'
import { Ledger } from '../persistence/ledger.ts'
import { LedgerLoop, type Passed } from '../persistence/ledger-loop.ts'
import { LedgerPace } from '../persistence/ledger-pace.ts'
import { CLUSTER_PACE, ROWS_PER_STATEMENT_MAX } from '../persistence/ledger-process.ts'
import { migrateUp } from '../persistence/migrate.ts'
import { pgTypes } from '../persistence/pg-types.ts'
import { asShardNumber } from '../shared/ids.ts'
import { LIMITS } from '../shared/limits.ts'
import type { Outcome } from './hold.ts'
import { FrameQueue, HoldFrames } from './ledger-frames.ts'
import { cpuSecondsOf } from './machine.ts'
import type { Options } from './options.ts'
import { CLEAN, percentilesOf } from './report.ts'

const HOLDS_PER_FRAME = 50
const CATCH_UP_HOLDS = 200_000
const RATE = 20_000
const TICK_MS = 10

export async function measureLedger(options: Options): Promise<readonly Outcome[]> {
  return [
    await onOwnPostgres(lab => catchUp(lab, 'catch-up, archiving', true)),
    await onOwnPostgres(lab => catchUp(lab, 'catch-up, embedded', false)),
    await onOwnPostgres(lab => keepUp(lab, options)),
  ]
}

interface Lab {
  readonly server: EmbeddedServer
  readonly client: pg.Client
}

async function onOwnPostgres(use: (lab: Lab) => Promise<Outcome>): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), 'usher-ledger-'))
  await chmod(folder, 0o711)
  const server = await startEmbedded(folder)
  try {
    const database = await connect(server.url, undefined, undefined)
    await migrateUp(database.sql)
    await database.stop()
    const client = new pg.Client({ connectionString: server.url, types: pgTypes })
    await client.connect()
    const outcome = await use({ server, client })
    await client.end()
    return outcome
  } finally {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

interface Cpu {
  readonly node: number
  readonly postgres: number
}

function cpuOf({ server }: Lab): Cpu {
  const own = process.cpuUsage()
  const postgres = [...cpuSecondsOf(server.pid).values()].reduce((sum, one) => sum + one, 0)
  return { node: (own.user + own.system) / 1e6, postgres }
}

interface Run {
  readonly holds: number
  readonly seconds: number
  readonly before: Cpu
  readonly after: Cpu
}

function figuresOf({ holds, seconds, before, after }: Run) {
  const [node, postgres] = [after.node - before.node, after.postgres - before.postgres]
  const rows = 2 * holds
  const cpuSec = node + postgres
  return {
    durability: 'D1' as const,
    opsPerSec: rows / seconds,
    opsPerCpuSec: rows / Math.max(0.01, cpuSec),
    cpuSec,
    errors: 0,
    extra: {
      'node us a row': (node / rows) * 1e6,
      'postgres us a row': (postgres / rows) * 1e6,
    },
  }
}

/** LB1 */
async function catchUp(lab: Lab, name: string, archives: boolean): Promise<Outcome> {
  const queue = new FrameQueue()
  const shards = Array.from({ length: LIMITS.shardCount }, (_, at) => new HoldFrames(at))
  const frameCount = Math.floor(CATCH_UP_HOLDS / HOLDS_PER_FRAME / shards.length)
  for (let at = 0; at < frameCount; at += 1) {
    for (const shard of shards) queue.push(shard.next(HOLDS_PER_FRAME, Date.now()))
  }
  const holds = frameCount * shards.length * HOLDS_PER_FRAME
  const before = cpuOf(lab)
  const start = performance.now()
  const ledger = await loopOn(lab, { queue, archives, onPassed: () => undefined })
  await ledger.caughtUp()
  const seconds = (performance.now() - start) / 1000
  await ledger.stop()
  const after = cpuOf(lab)
  const missing = 2 * holds - (await rowCount(lab))
  return {
    row: { name, ...figuresOf({ holds, seconds, before, after }), p50Ms: 0, p99Ms: 0, p999Ms: 0 },
    verdict: { ...CLEAN, lostAcks: missing },
  }
}

/** LB2 */
async function keepUp(lab: Lab, options: Options): Promise<Outcome> {
  const rate = options.rate ?? RATE
  const histogram = build({ numberOfSignificantValueDigits: 3 })
  const queue = new FrameQueue()
  const shards = Array.from({ length: LIMITS.shardCount }, (_, at) => new HoldFrames(at))
  const known = new Map<number, number>()
  const times = new Map<string, number>()
  const warmUntil = performance.now() + options.warmupMs
  const onPassed = (passed: readonly Passed[]): void => {
    for (const { shard, frame } of passed) {
      for (let at = (known.get(shard) ?? 0) + 1; at <= frame; at += 1) {
        const time = times.get(`${shard}/${at}`)
        times.delete(`${shard}/${at}`)
        if (time === undefined || performance.now() < warmUntil) continue
        histogram.recordValue(Math.max(1, (Date.now() - time) * 1000))
      }
      known.set(shard, frame)
    }
  }
  const before = cpuOf(lab)
  const start = performance.now()
  const ledger = await loopOn(lab, { queue, archives: true, onPassed })
  let holds = 0
  const end = start + options.warmupMs + options.durationMs
  while (performance.now() < end) {
    while (holds < ((performance.now() - start) * rate) / 1000) {
      const shard = shards[(holds / HOLDS_PER_FRAME) % shards.length] as HoldFrames
      const frame = shard.next(HOLDS_PER_FRAME, Date.now())
      times.set(`${frame.shard}/${frame.number}`, frame.time)
      queue.push(frame)
      holds += HOLDS_PER_FRAME
    }
    ledger.wake()
    await sleep(TICK_MS)
  }
  const seconds = (performance.now() - start) / 1000
  await ledger.caughtUp()
  await ledger.stop()
  const after = cpuOf(lab)
  const figures = figuresOf({ holds, seconds, before, after })
  return {
    row: { name: `lag at ${rate} holds/s`, ...figures, ...percentilesOf(histogram) },
    verdict: { ...CLEAN, lostAcks: 2 * holds - (await rowCount(lab)) },
  }
}

interface LoopOn {
  readonly queue: FrameQueue
  readonly archives: boolean
  readonly onPassed: (passed: readonly Passed[]) => void
}

async function loopOn({ client }: Lab, { queue, archives, onPassed }: LoopOn) {
  const ledger = new Ledger({ client, rowsPerStatementMax: ROWS_PER_STATEMENT_MAX, archives })
  await ledger.load()
  let wake: () => void = () => undefined
  const pace = new LedgerPace({
    awaitedCount: () => 0,
    headSum: () => headSumOf(queue),
    nowMs: () => Date.now(),
    ...CLUSTER_PACE,
  })
  const loop = new LedgerLoop({
    ledger,
    source: queue,
    headOf: shard => queue.headOf(shard),
    waitForNews: () =>
      new Promise(resolve => {
        wake = resolve
      }),
    rest: pace.rest,
    onPassed,
    onHalted: (_shard, fault) => {
      throw fault
    },
  })
  const ended = loop.run()
  const stop = async (): Promise<void> => {
    loop.stop()
    wake()
    await ended
  }
  const caughtUp = async (): Promise<void> => {
    do await sleep(TICK_MS)
    while (headSumOf(queue) > cursorSumOf(ledger))
  }
  return { caughtUp, stop, wake: () => wake() }
}

const SHARDS = Array.from({ length: LIMITS.shardCount }, (_, at) => asShardNumber(at))

const headSumOf = (queue: FrameQueue): number =>
  SHARDS.reduce((sum, shard) => sum + queue.headOf(shard), 0)

const cursorSumOf = (ledger: Ledger): number =>
  SHARDS.reduce((sum, shard) => sum + ledger.cursorOf(shard).frame, 0)

/** LB3 */
async function rowCount({ client }: Lab): Promise<number> {
  const { rows } = await client.query(`select (select count(*) from transition)
    + (select count(*) from hold) as count`)
  return rows[0].count
}
