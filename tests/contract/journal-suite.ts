// What every Journal adapter promises (ports.ts): one suite, run on each of them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asFrameNumber, asShardNumber } from '../../shared/ids.ts'
import type { EncodedFrame, Journal } from '../../shared/ports.ts'
import { readAll, sampleChain, sampleFrame } from '../support/sample-frames.ts'

export interface JournalLab {
  /** another adapter on the same store, as another process would open it */
  open(): Promise<Journal>
}

let shardNext = 0
const freshShard = (): number => shardNext++

function hashesOf(frames: readonly EncodedFrame[]): string[] {
  return frames.map(frame => Buffer.from(frame.hash).toString('hex'))
}

async function contents(journal: Journal, shard: number, from = 1): Promise<EncodedFrame[]> {
  return readAll(journal.read(asShardNumber(shard), asFrameNumber(from)))
}

async function appendAll(journal: Journal, frames: readonly EncodedFrame[]): Promise<void> {
  for (const frame of frames) assert.equal(await journal.append(frame), 'appended')
}

export function journalSuite(name: string, lab: JournalLab): void {
  readingSuite(name, lab)
  fencingSuite(name, lab)
  sharingSuite(name, lab)
}

function readingSuite(name: string, lab: JournalLab): void {
  test(`${name}: E1 an empty shard has no head and no frames`, async () => {
    const journal = await lab.open()
    const shard = freshShard()
    assert.equal(await journal.head(asShardNumber(shard)), undefined)
    assert.deepEqual(await contents(journal, shard), [])
    await journal.close()
  })

  test(`${name}: E4 what was appended is read back whole, in order, by everybody`, async () => {
    const [writer, reader] = [await lab.open(), await lab.open()]
    const shard = freshShard()
    const frames = sampleChain(shard, 5)
    await appendAll(writer, frames)
    const read = await contents(reader, shard)
    assert.deepEqual(hashesOf(read), hashesOf(frames))
    assert.deepEqual(
      read.map(frame => Buffer.from(frame.bytes)),
      frames.map(frame => Buffer.from(frame.bytes)),
    )
    assert.deepEqual(hashesOf(await contents(reader, shard, 4)), hashesOf(frames.slice(3)))
    assert.deepEqual(await contents(reader, shard, 6), [])
    await Promise.all([writer.close(), reader.close()])
  })

  test(`${name}: E1 the head names number, epoch, incarnation and hash of the last frame`, async () => {
    const journal = await lab.open()
    const shard = freshShard()
    const [first] = sampleChain(shard, 1) as [EncodedFrame]
    const second = sampleFrame({ shard, after: first, epoch: 9 })
    await appendAll(journal, [first, second])
    const head = await journal.head(asShardNumber(shard))
    assert.equal(head?.number, 2)
    assert.equal(head?.epoch, 9)
    assert.equal(head?.incarnation, 1)
    assert.deepEqual(Buffer.from(head?.hash ?? []), Buffer.from(second.hash))
    await journal.close()
  })
}

function fencingSuite(name: string, lab: JournalLab): void {
  test(`${name}: E2 a frame where another one stands is fenced and changes nothing`, async () => {
    const [old, successor] = [await lab.open(), await lab.open()]
    const shard = freshShard()
    const [first] = sampleChain(shard, 1) as [EncodedFrame]
    await appendAll(old, [first])
    const claim = sampleFrame({ shard, after: first, epoch: 2 })
    await appendAll(successor, [claim])
    assert.equal(await old.append(sampleFrame({ shard, after: first, mark: 7 })), 'fenced')
    assert.deepEqual(hashesOf(await contents(old, shard)), hashesOf([first, claim]))
    await Promise.all([old.close(), successor.close()])
  })

  test(`${name}: E2 of two owners that append at once exactly one succeeds`, async () => {
    const [left, right] = [await lab.open(), await lab.open()]
    const shard = freshShard()
    let last: EncodedFrame | undefined
    for (let round = 0; round < 10; round += 1) {
      const after = last === undefined ? {} : { after: last }
      const frames = [1, 2].map(mark => sampleFrame({ shard, ...after, mark })) as [
        EncodedFrame,
        EncodedFrame,
      ]
      const outcomes = await Promise.all([left.append(frames[0]), right.append(frames[1])])
      assert.deepEqual([...outcomes].sort(), ['appended', 'fenced'])
      last = frames[outcomes.indexOf('appended')] as EncodedFrame
    }
    assert.equal((await contents(left, shard)).length, 10)
    await Promise.all([left.close(), right.close()])
  })

  test(`${name}: E1 a frame that would leave a gap or follow another hash is refused`, async () => {
    const journal = await lab.open()
    const shard = freshShard()
    const [first, second, third] = sampleChain(shard, 3) as [
      EncodedFrame,
      EncodedFrame,
      EncodedFrame,
    ]
    assert.equal(await journal.append(second), 'fenced')
    await appendAll(journal, [first])
    assert.equal(await journal.append(third), 'fenced')
    const foreign = sampleFrame({ shard, mark: 99 })
    assert.equal(await journal.append(sampleFrame({ shard, after: foreign })), 'fenced')
    assert.deepEqual(hashesOf(await contents(journal, shard)), hashesOf([first]))
    await journal.close()
  })
}

function sharingSuite(name: string, lab: JournalLab): void {
  test(`${name}: E9 shards appended in one turn are durable together and apart`, async () => {
    const journal = await lab.open()
    const shards = Array.from({ length: 8 }, freshShard)
    const chains = shards.map(shard => sampleChain(shard, 20))
    for (let number = 0; number < 20; number += 1) {
      const turn = chains.map(chain => journal.append(chain[number] as EncodedFrame))
      assert.deepEqual(new Set(await Promise.all(turn)), new Set(['appended']))
    }
    for (const [at, shard] of shards.entries()) {
      const chain = chains[at] as EncodedFrame[]
      assert.deepEqual(hashesOf(await contents(journal, shard)), hashesOf(chain))
    }
    await journal.close()
  })

  test(`${name}: E2 one fenced shard leaves the others of its turn alone`, async () => {
    const journal = await lab.open()
    const [good, bad] = [freshShard(), freshShard()]
    await appendAll(journal, [sampleFrame({ shard: bad, mark: 1 })])
    const outcomes = await Promise.all([
      journal.append(sampleFrame({ shard: bad, mark: 2 })),
      journal.append(sampleFrame({ shard: good })),
    ])
    assert.deepEqual(outcomes, ['fenced', 'appended'])
    await journal.close()
  })

  test(`${name}: E4 many and large frames come back page by page`, async () => {
    const journal = await lab.open()
    const shard = freshShard()
    const small = sampleChain(shard, 300)
    await appendAll(journal, small)
    const large = sampleFrame({
      shard,
      after: small[299] as EncodedFrame,
      transitionCount: 120_000,
    })
    await appendAll(journal, [large])
    const read = await contents(journal, shard)
    assert.deepEqual(hashesOf(read), hashesOf([...small, large]))
    await journal.close()
  })

  test(`${name}: E5 an empty frame is a frame`, async () => {
    const journal = await lab.open()
    const shard = freshShard()
    const empty = sampleFrame({ shard, transitionCount: 0 })
    await appendAll(journal, [empty, sampleFrame({ shard, after: empty })])
    assert.equal((await contents(journal, shard)).length, 2)
    await journal.close()
  })
}
