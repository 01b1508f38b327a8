// The ledger of a cluster on a real broker and a real Postgres: archive, shares, takeover, progress.

import assert from 'node:assert/strict'
import test from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Archive } from '../../persistence/archive.ts'
import type { Database } from '../../persistence/database.ts'
import { LedgerProcess } from '../../persistence/ledger-process.ts'
import { encodePassed, passedSubjectOf } from '../../persistence/passed-messages.ts'
import { RemoteProgress } from '../../persistence/remote-progress.ts'
import type { Fault } from '../../shared/faults.ts'
import {
  asFrameNumber,
  asShardNumber,
  asShowNumber,
  newCustomerId,
  newShowScopedId,
  type ShardNumber,
} from '../../shared/ids.ts'
import { LIMITS } from '../../shared/limits.ts'
import type { EncodedFrame } from '../../shared/ports.ts'
import { JournalStreams } from '../support/journal-streams.ts'
import { needsNats } from '../support/nats.ts'
import { freshDatabase } from '../support/postgres.ts'
import { readAll } from '../support/sample-frames.ts'
import { JournalScript } from './journal-script.ts'
import { held, SHARD, storyFrames } from './ledger-story.ts'

interface Town {
  readonly database: Database
  readonly streams: JournalStreams
  start(onHalted?: (fault: Fault, shard: ShardNumber | undefined) => void): LedgerProcess
  stop(): Promise<void>
}

async function town(): Promise<Town> {
  const database = await freshDatabase()
  const streams = await JournalStreams.open()
  const running: LedgerProcess[] = []
  return {
    database,
    streams,
    start: (onHalted = fault => assert.fail(fault.message)) => {
      const ledger = new LedgerProcess({
        databaseUrl: database.url,
        nats: streams.nats,
        cluster: streams.cluster,
        onHalted,
        onFailed: error => assert.fail(error as Error),
      })
      running.push(ledger)
      return ledger
    },
    stop: async () => {
      await Promise.all(running.map(ledger => ledger.stop()))
      await streams.close()
      await database.stop()
    },
  }
}

async function until(isTrue: () => Promise<boolean> | boolean, what: string): Promise<void> {
  const end = performance.now() + 20_000
  while (!(await isTrue())) {
    assert.ok(performance.now() < end, `in vain: ${what}`)
    await sleep(20)
  }
}

async function cursorOf({ database }: Town, shard: number): Promise<number> {
  const query = 'select frame from ledger_cursor where shard = $1'
  return (await database.pool.query(query, [shard])).rows[0].frame
}

const archived = (database: Database, shard: ShardNumber): Promise<EncodedFrame[]> =>
  readAll(new Archive(database.pool).read(shard, asFrameNumber(1), asFrameNumber(1e9)))

/** A hold a frame. */
function holds(script: JournalScript, count: number): EncodedFrame[] {
  const show = asShowNumber(1)
  return Array.from({ length: count }, (_, at) =>
    script.frame([
      { ...held('x', [at]), hold: newShowScopedId(show), customer: newCustomerId() } as ReturnType<
        typeof held
      >,
    ]),
  )
}

test('LE5 frames of a stream become rows and, byte for byte, the archive', needsNats, async () => {
  const place = await town()
  const frames = storyFrames()
  await place.streams.create(SHARD)
  await place.streams.append(frames.slice(0, 5))
  const ledger = place.start()
  await until(async () => (await cursorOf(place, SHARD)) === 5, 'what stood there')
  await place.streams.append(frames.slice(5))
  await until(async () => (await cursorOf(place, SHARD)) === frames.length, 'what came later')
  const stored = await archived(place.database, SHARD)
  assert.deepEqual(
    stored.map(frame => Buffer.from(frame.bytes)),
    frames.map(frame => Buffer.from(frame.bytes)),
  )
  assert.deepEqual(
    ledger.progress().find(row => row.shard === SHARD),
    { shard: SHARD, frame: frames.length, lagFrames: 0, lagMs: 0 },
  )
  await place.stop()
})

test(
  'LE5 a stream that goes on from another frame halts its shard and writes nothing',
  needsNats,
  async () => {
    const place = await town()
    const script = new JournalScript(SHARD)
    const [first] = holds(script, 1) as [EncodedFrame]
    const other = new JournalScript(SHARD)
    holds(other, 1)
    await place.streams.create(SHARD)
    await place.streams.append([first, ...holds(other, 1)])
    const halts: Fault[] = []
    place.start(fault => halts.push(fault))
    await until(() => halts.length > 0, 'the halt')
    assert.equal(halts[0]?.kind, 'journal-damaged')
    assert.ok((await archived(place.database, SHARD)).length <= 1)
    await place.stop()
  },
)

test(
  'LS4 two ledgers share the shards, and one takes over what the other leaves',
  needsNats,
  async () => {
    const place = await town()
    const scripts = Array.from(
      { length: LIMITS.shardCount },
      (_, at) => new JournalScript(asShardNumber(at)),
    )
    for (let at = 0; at < LIMITS.shardCount; at += 1) await place.streams.create(asShardNumber(at))
    const [left, right] = [place.start(), place.start()]
    const shares = () => [left.progress().length, right.progress().length]
    await until(() => shares().every(count => count === LIMITS.shardCount / 2), 'equal shares')
    const feed = async () => {
      for (const script of scripts) await place.streams.append(holds(script, 3))
    }
    await feed()
    const areAll = async (frame: number): Promise<boolean> => {
      const query = 'select min(frame) as least from ledger_cursor'
      return (await place.database.pool.query(query)).rows[0].least === frame
    }
    await until(() => areAll(3), 'every shard')
    await left.stop()
    await feed()
    await until(() => areAll(6), 'the shards of the one that left')
    assert.equal(right.progress().length, LIMITS.shardCount)
    const { rows } = await place.database.pool.query('select count(*)::int as count from hold')
    assert.deepEqual(rows, [{ count: 6 * LIMITS.shardCount }])
    await place.stop()
  },
)

test(
  'LR1 a ledger whose sessions are cut goes on and projects nothing twice',
  needsNats,
  async () => {
    const place = await town()
    const script = new JournalScript(SHARD)
    await place.streams.create(SHARD)
    place.start()
    place.start()
    for (let round = 0; round < 4; round += 1) {
      await place.streams.append(holds(script, 10))
      await place.database.pool.query(`select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'usher ledger' and datname = current_database()`)
    }
    await until(async () => (await cursorOf(place, SHARD)) === 40, 'all of it')
    const { rows } = await place.database.pool.query('select count(*)::int as count from hold')
    assert.deepEqual(rows, [{ count: 40 }])
    await place.stop()
  },
)

test('RP1 an allocator hears what was passed, from where Postgres stood', needsNats, async () => {
  const place = await town()
  const script = new JournalScript(SHARD)
  await place.streams.create(SHARD)
  await place.streams.append(holds(script, 4))
  place.start()
  await until(async () => (await cursorOf(place, SHARD)) === 4, 'the start')
  const { nats, cluster } = place.streams
  const progress = await RemoteProgress.open({ nats, cluster, pool: place.database.pool })
  assert.equal(progress.cursorOf(SHARD), 4)
  const calls: number[] = []
  const heard = [7, 5, 4].map(
    frame =>
      new Promise<void>(resolve => {
        progress.whenPassed(SHARD, asFrameNumber(frame), () => {
          calls.push(frame)
          resolve()
        })
      }),
  )
  await place.streams.append(holds(script, 3))
  await Promise.all(heard)
  assert.deepEqual(calls, [4, 5, 7])
  progress.close()
  await place.stop()
})

test(
  'RP2 a lost message is made good from Postgres; a late one changes nothing',
  needsNats,
  async () => {
    const place = await town()
    const { nats, cluster } = place.streams
    const progress = await RemoteProgress.open({ nats, cluster, pool: place.database.pool })
    const passed = new Promise<void>(resolve =>
      progress.whenPassed(SHARD, asFrameNumber(9), resolve),
    )
    await place.database.pool.query('update ledger_cursor set frame = 9 where shard = $1', [SHARD])
    await passed
    const late = { shard: SHARD, frame: asFrameNumber(3), timeMs: 0 }
    nats.publish(passedSubjectOf(cluster), encodePassed([late]))
    nats.publish(passedSubjectOf(cluster), new Uint8Array([1, 2]))
    await nats.flush()
    assert.equal(progress.cursorOf(SHARD), 9)
    progress.close()
    await place.stop()
  },
)
