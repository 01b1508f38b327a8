// SF1, SF2: frames are read in order from our own cursor, whatever becomes of the broker's.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { JetStreamJournal } from '../../allocator/journal/jetstream.ts'
import { Fault } from '../../shared/faults.ts'
import { asFrameNumber, asShardNumber } from '../../shared/ids.ts'
import type { EncodedFrame } from '../../shared/ports.ts'
import { type StreamFramesOptions, streamFrames } from '../../shared/stream-frames.ts'
import { JetStreamLab } from '../support/jetstream-lab.ts'
import { freshNats, needsNats, remember } from '../support/nats.ts'
import { readAll, sampleChain } from '../support/sample-frames.ts'

let server = needsNats.skip === false ? await freshNats() : undefined
const lab = server && (await JetStreamLab.of([server.url], { shardCount: 6 }))
after(() => lab?.close())

function frames(shard: number, changes: Partial<StreamFramesOptions> = {}) {
  assert.ok(lab !== undefined)
  const stream = `LAB_J_${shard}`
  return streamFrames({ nats: lab.nats, stream, from: 1, isFollowing: false, ...changes })
}

async function filled(shard: number, count: number, after?: EncodedFrame): Promise<Filled> {
  const journal = await (lab as JetStreamLab).open({ giveUpMs: 15_000 })
  const chain = sampleChain(shard, count, after)
  for (const frame of chain) assert.equal(await journal.append(frame), 'appended')
  return { journal, chain, last: chain[count - 1] as EncodedFrame }
}

interface Filled {
  readonly journal: JetStreamJournal
  readonly chain: readonly EncodedFrame[]
  readonly last: EncodedFrame
}

const numbersOf = (read: readonly EncodedFrame[]): number[] => read.map(frame => frame.number)
const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1)

test('SF1 a bounded read ends at the head, and begins where it is asked', needsNats, async () => {
  await filled(0, 100)
  assert.deepEqual(numbersOf(await readAll(frames(0))), upTo(100))
  assert.deepEqual(numbersOf(await readAll(frames(0, { from: 99 }))), [99, 100])
  assert.deepEqual(await readAll(frames(0, { from: 101 })), [])
})

test('SF1 a follower hears what is appended later, and ends when told', needsNats, async () => {
  const { last } = await filled(1, 5)
  const abort = new AbortController()
  const read: number[] = []
  const following = (async () => {
    for await (const frame of frames(1, { isFollowing: true, signal: abort.signal })) {
      read.push(frame.number)
      if (frame.number === 30) abort.abort()
    }
  })()
  await pause(100)
  await filled(1, 25, last)
  await following
  assert.deepEqual(read, upTo(30))
})

test('SF1 consumers that vanish while it reads leave no gap and no double', needsNats, async () => {
  const { last } = await filled(2, 20)
  const abort = new AbortController()
  const read: number[] = []
  const following = (async () => {
    for await (const frame of frames(2, { isFollowing: true, signal: abort.signal })) {
      read.push(frame.number)
      if (frame.number === 80) abort.abort()
    }
  })()
  const { manager } = lab as JetStreamLab
  const appending = filled(2, 60, last)
  let dropped = 0
  while (!abort.signal.aborted) {
    for await (const { name } of manager.consumers.list('LAB_J_2')) {
      await manager.consumers.delete('LAB_J_2', name).catch(() => undefined)
      dropped += 1
    }
    await pause(20)
  }
  await Promise.all([appending, following])
  assert.ok(dropped > 0, 'the fault had an effect')
  assert.deepEqual(read, upTo(80))
})

test('SF1 a restart of the broker leaves no gap and no double', needsNats, async () => {
  const { last } = await filled(3, 20)
  const abort = new AbortController()
  const read: number[] = []
  const following = (async () => {
    for await (const frame of frames(3, { isFollowing: true, signal: abort.signal })) {
      read.push(frame.number)
      if (frame.number === 120) abort.abort()
    }
  })()
  while (read.length < 20) await pause(5)
  await server?.kill()
  server = server && remember(await server.again())
  await filled(3, 100, last)
  await following
  assert.deepEqual(read, upTo(120))
})

test('SF1 what was compacted is said; a missing stream is named', needsNats, async () => {
  const { journal } = await filled(4, 30)
  await journal.compact(asShardNumber(4), asFrameNumber(10))
  await assert.rejects(readAll(frames(4)), /begins at frame 10, frame 1 was compacted away/)
  assert.equal((await readAll(frames(4, { from: 10 }))).length, 21)
  await assert.rejects(readAll(frames(77)), /no stream LAB_J_77/)
})

test('SF2 a reader that rests gets everything, in order', needsNats, async () => {
  await filled(5, 400)
  const read: number[] = []
  for await (const frame of frames(5)) {
    read.push(frame.number)
    if (frame.number % 100 === 0) await pause(30)
  }
  assert.deepEqual(read, upTo(400))
})

test('SF1 a broker that stays away is journal-unavailable', needsNats, async () => {
  const away = await freshNats()
  const own = await JetStreamLab.of([away.url], { shardCount: 1 })
  await away.kill()
  const options = { nats: own.nats, stream: 'LAB_J_0', from: 1, isFollowing: true, giveUpMs: 300 }
  await assert.rejects(readAll(streamFrames(options)), (error: unknown) => {
    assert.ok(error instanceof Fault)
    assert.equal(error.kind, 'journal-unavailable')
    return true
  })
  await own.close()
})
