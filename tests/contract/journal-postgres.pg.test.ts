import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { PostgresJournal } from '../../allocator/journal/postgres.ts'
import { Fault } from '../../shared/faults.ts'
import { asFrameNumber, asShardNumber } from '../../shared/ids.ts'
import type { EncodedFrame } from '../../shared/ports.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { freshDatabase } from '../support/postgres.ts'
import { readAll, sampleChain, sampleFrame } from '../support/sample-frames.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'
import { journalSuite } from './journal-suite.ts'

const database = await freshDatabase()
after(() => database.stop())

const open = (connectionString = database.url): Promise<PostgresJournal> =>
  PostgresJournal.open({ connectionString, silenceMs: 400, giveUpMs: 3_000 })

journalSuite('postgres', { open })

async function viaProxy(): Promise<{ readonly proxy: TcpProxy; readonly url: string }> {
  const { rows } = await database.pool.query('show port')
  const proxy = await TcpProxy.to({ host: '127.0.0.1', port: Number(rows[0].port) })
  const { username, password, pathname } = new URL(database.url)
  return { proxy, url: `postgres://${username}:${password}@127.0.0.1:${proxy.port}${pathname}` }
}

async function storedCount(shard: number): Promise<number> {
  const { rows } = await database.pool.query(
    'select count(*)::int4 as count from journal_frame where shard = $1',
    [shard],
  )
  return rows[0].count
}

test('postgres: E3 a frame whose ack was lost is settled as appended, once', async () => {
  const { proxy, url } = await viaProxy()
  const journal = await open(url)
  const [first, second] = sampleChain(200, 2) as [EncodedFrame, EncodedFrame]
  assert.equal(await journal.append(first), 'appended')
  proxy.isMute = true
  const appending = journal.append(second)
  while ((await storedCount(200)) < 2) await pause(5)
  proxy.isMute = false
  proxy.cut()
  assert.equal(await appending, 'appended')
  assert.equal(await storedCount(200), 2)
  await journal.close()
  await proxy.close()
})

test('postgres: E3 silence counts as unknown and is settled by a resend', async () => {
  const { proxy, url } = await viaProxy()
  const journal = await open(url)
  proxy.isMute = true
  const appending = journal.append(sampleFrame({ shard: 201 }))
  await pause(600)
  proxy.isMute = false
  assert.equal(await appending, 'appended')
  assert.equal(await storedCount(201), 1)
  await journal.close()
  await proxy.close()
})

test('postgres: E3 a resend that meets a successor is fenced', async () => {
  const { proxy, url } = await viaProxy()
  const journal = await open(url)
  const other = await open()
  proxy.cut()
  const appending = journal.append(sampleFrame({ shard: 202, mark: 1 }))
  assert.equal(await other.append(sampleFrame({ shard: 202, mark: 2, epoch: 2 })), 'appended')
  assert.equal(await appending, 'fenced')
  await Promise.all([journal.close(), other.close()])
  await proxy.close()
})

test('postgres: E3 a terminated backend is replaced and nothing is lost or doubled', async () => {
  const journal = await open()
  const frames = sampleChain(203, 60)
  const killer = (async () => {
    for (let round = 0; round < 5; round += 1) {
      await pause(15)
      await database.pool.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'usher journal'",
      )
    }
  })()
  for (const frame of frames) assert.equal(await journal.append(frame), 'appended')
  await killer
  const read = await readAll(journal.read(asShardNumber(203), asFrameNumber(1)))
  assert.deepEqual(
    read.map(frame => frame.number),
    frames.map(frame => frame.number),
  )
  await journal.close()
})

test('postgres: E3 a database that stays silent is journal-unavailable, with a sentence', async () => {
  const { proxy, url } = await viaProxy()
  const journal = await PostgresJournal.open({
    connectionString: url,
    silenceMs: 100,
    giveUpMs: 300,
  })
  await proxy.close()
  await assert.rejects(
    journal.append(sampleFrame({ shard: 204 })),
    error => error instanceof Fault && error.kind === 'journal-unavailable',
  )
  await journal.close()
})

test('postgres: E9 appends made while a statement is in flight share the next one', async () => {
  const journal = await open()
  const chains = Array.from({ length: 10 }, (_, at) => sampleChain(210 + at, 2))
  const first = journal.append(chains[0]?.[0] as EncodedFrame)
  await pause(0)
  const rest = chains.slice(1).map(chain => journal.append(chain[0] as EncodedFrame))
  await Promise.all([first, ...rest])
  const { rows } = await database.pool.query(
    'select count(distinct xmin::text)::int4 as commits from journal_frame where shard between 210 and 219',
  )
  assert.ok(rows[0].commits <= 2, `${rows[0].commits} commits`)
  await journal.close()
})

test('postgres: W4 the skew of the wall clocks is told', async () => {
  const journal = await open()
  const clock = new ManualClock(Date.now() - 60_000)
  assert.ok(Math.abs((await journal.wallSkewMs(clock)) - 60_000) < 2_000)
  await journal.close()
})

test('postgres: E4 a server that would lose confirmed seats is refused by name', async () => {
  const name = new URL(database.url).pathname.slice(1)
  await database.pool.query(`alter database ${name} set synchronous_commit = off`)
  await assert.rejects(open(), (error: unknown) => {
    assert.ok(error instanceof Fault)
    assert.equal(error.kind, 'configuration')
    assert.match(error.message, /synchronous_commit = off/)
    return true
  })
  await database.pool.query(`alter database ${name} reset synchronous_commit`)
})
