// The ledger's thread as the main thread knows it.

import assert from 'node:assert/strict'
import test from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type LedgerHandle, startLedger } from '../../persistence/ledger-handle.ts'
import {
  asFrameNumber,
  asShowNumber,
  type FrameNumber,
  newCustomerId,
  newShowScopedId,
  type ShardNumber,
} from '../../shared/ids.ts'
import { LIMITS } from '../../shared/limits.ts'
import { shardOf } from '../../shared/placement.ts'
import { freshDatabase } from '../support/postgres.ts'
import { JournalScript, writeFrames } from './journal-script.ts'
import { booked, held, opened, SHARD, settled, storyFrames } from './ledger-story.ts'

const noHalt = (error: Error) => assert.fail(error.message)

function passed(ledger: LedgerHandle, shard: ShardNumber, frame: FrameNumber): Promise<void> {
  return new Promise(resolve => ledger.whenPassed(shard, frame, resolve))
}

/** A show of another shard than the story's. */
const otherShow = [2, 3, 4, 5].map(asShowNumber).find(show => shardOf(show) !== SHARD)

test('LH1 frames are projected when they become durable, and callbacks come in order', async () => {
  const database = await freshDatabase()
  const ledger = await startLedger({ url: database.url, onHalted: noHalt })
  const frames = storyFrames()
  const calls: number[] = []
  const all = frames.map(
    frame =>
      new Promise<void>(resolve => {
        ledger.whenPassed(SHARD, frame.number, () => {
          calls.push(frame.number)
          resolve()
        })
      }),
  )
  for (const frame of frames) {
    await writeFrames(database.pool, [frame])
    ledger.wake(SHARD, frame.number)
  }
  assert.ok(ledger.lagFrames() >= 0)
  await Promise.all(all)
  assert.deepEqual(
    calls,
    frames.map(frame => frame.number),
  )
  assert.equal(ledger.cursorOf(SHARD), frames.length)
  assert.equal(ledger.lagFrames(), 0)
  await ledger.stop()
  await database.stop()
})

test('a new thread goes on where the last one stood, without being told', async () => {
  const database = await freshDatabase()
  const frames = storyFrames()
  await writeFrames(database.pool, frames.slice(0, 4))
  const first = await startLedger({ url: database.url, onHalted: noHalt })
  await passed(first, SHARD, asFrameNumber(4))
  await first.stop()
  await writeFrames(database.pool, frames.slice(4))
  const second = await startLedger({ url: database.url, onHalted: noHalt })
  await passed(second, SHARD, asFrameNumber(frames.length))
  const { rows } = await database.pool.query('select count(*)::int as count from transition')
  const count = frames.reduce((sum, frame) => sum + frame.transitionCount, 0)
  assert.deepEqual(rows, [{ count }])
  await second.stop()
  await database.stop()
})

test('LL2 a violation halts its shard and lets the others pass', async () => {
  const database = await freshDatabase()
  assert.ok(otherShow !== undefined)
  const other = shardOf(otherShow)
  const script = new JournalScript(SHARD)
  const bad = [
    script.frame([opened, held('a', [1]), settled('a', 500), booked('a', 1)]),
    script.frame([held('b', [1]), settled('b', 500), booked('b', 2)]),
  ]
  const good = new JournalScript(other).frame([
    { ...held('c', [1]), show: otherShow, hold: newShowScopedId(otherShow) },
  ])
  await writeFrames(database.pool, [...bad, good])
  const halts: { readonly error: Error; readonly shard: ShardNumber | undefined }[] = []
  const ledger = await startLedger({
    url: database.url,
    onHalted: (error, shard) => halts.push({ error, shard }),
  })
  while (halts.length === 0) await sleep(5)
  const [{ error, shard }] = halts as [(typeof halts)[0]]
  assert.equal((error as { kind?: string }).kind, 'ledger-violation')
  assert.equal(shard, SHARD)
  await passed(ledger, other, asFrameNumber(1))
  assert.ok(ledger.cursorOf(SHARD) < 2)
  await ledger.stop()
  await database.stop()
})

test('LL3 a cut connection is made anew and nothing is projected twice', async () => {
  const database = await freshDatabase()
  const ledger = await startLedger({ url: database.url, onHalted: noHalt })
  const show = asShowNumber(1)
  const script = new JournalScript(SHARD)
  for (let count = 1; count <= 30; count += 1) {
    const hold = { ...held('x', [count]), hold: newShowScopedId(show), customer: newCustomerId() }
    await writeFrames(database.pool, [script.frame([hold as ReturnType<typeof held>])])
    ledger.wake(SHARD, asFrameNumber(count))
    if (count % 10 !== 5) continue
    await database.pool.query(`select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'usher ledger' and datname = current_database()`)
  }
  await passed(ledger, SHARD, asFrameNumber(30))
  const { rows } = await database.pool.query('select count(*)::int as count from hold')
  assert.deepEqual(rows, [{ count: 30 }])
  await ledger.stop()
  await database.stop()
})

test('LE2 every shard has a cursor from the start', async () => {
  const database = await freshDatabase()
  const { rows } = await database.pool.query('select count(*)::int as count from ledger_cursor')
  assert.deepEqual(rows, [{ count: LIMITS.shardCount }])
  await database.stop()
})
