// The Journal in JetStream keeps the contract of every adapter, on one server and on three.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Fault } from '../../shared/faults.ts'
import { asFrameNumber, asShardNumber } from '../../shared/ids.ts'
import type { EncodedFrame } from '../../shared/ports.ts'
import { JetStreamLab } from '../support/jetstream-lab.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { freshNats, freshNatsCluster, needsNats } from '../support/nats.ts'
import { readAll, sampleChain, sampleFrame } from '../support/sample-frames.ts'
import { journalSuite } from './journal-suite.ts'

const labs: JetStreamLab[] = []
after(() => Promise.all(labs.map(lab => lab.close())))

const SHARDS_OF_SUITE = 18
const OWN = 2 * SHARDS_OF_SUITE

async function setUp(): Promise<JetStreamLab> {
  const { urls } = await freshNatsCluster()
  const three = await JetStreamLab.of(urls, { shardCount: SHARDS_OF_SUITE, replicas: 3 })
  const server = await freshNats()
  const one = await JetStreamLab.of([server.url], { shardCount: OWN + 8 })
  labs.push(three, one)
  journalSuite('jetstream R3', { open: () => three.open() })
  journalSuite('jetstream R1', { open: () => one.open() })
  return one
}

if (needsNats.skip === false) ownSuite(await setUp())
else test('jetstream: the contract of a journal', needsNats, () => undefined)

function ownSuite(lab: JetStreamLab): void {
  test('jetstream: JC1 compaction keeps the head and says what is gone', async () => {
    const journal = await lab.open()
    const shard = asShardNumber(OWN)
    const frames = sampleChain(OWN, 40)
    for (const frame of frames) assert.equal(await journal.append(frame), 'appended')
    await journal.compact(shard, asFrameNumber(11))
    assert.equal(await journal.firstFrame(shard), 11)
    assert.equal((await readAll(journal.read(shard, asFrameNumber(11)))).length, 30)
    await assert.rejects(readAll(journal.read(shard, asFrameNumber(10))), (error: unknown) => {
      assert.ok(error instanceof Fault)
      assert.match(error.message, /begins at frame 11, frame 10 was compacted away/)
      return true
    })
    await journal.compact(shard, asFrameNumber(1_000))
    assert.equal((await journal.head(shard))?.number, 40)
    assert.equal(await journal.firstFrame(shard), 40)
    const other = await lab.open()
    const next = sampleFrame({ shard: OWN, after: frames[39] as EncodedFrame })
    assert.equal(await other.append(next), 'appended')
    await Promise.all([journal.close(), other.close()])
  })

  test('jetstream: E1 a stream that is not there is named', async () => {
    const journal = await lab.open()
    await assert.rejects(journal.head(asShardNumber(200)), /no stream LAB_J_200/)
    await journal.close()
  })

  test('jetstream: W4 the skew of the wall clocks is told', async () => {
    const journal = await lab.open()
    const clock = new ManualClock(Date.now() - 60_000)
    assert.ok(Math.abs((await journal.wallSkewMs(clock)) - 60_000) < 2_000)
    await journal.close()
  })

  test('jetstream: FR1 a message that is no frame of this place is damage, not a head', async () => {
    const journal = await lab.open()
    const foreign = sampleFrame({ shard: OWN + 2 })
    await lab.nats.request(`lab.j.${OWN + 1}`, foreign.bytes)
    await assert.rejects(journal.head(asShardNumber(OWN + 1)), /not this cluster's journal/)
    await journal.close()
  })
}
