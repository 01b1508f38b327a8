import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AppendFate, MemoryFrames, MemoryJournal } from '../../allocator/journal/memory.ts'
import { asFrameNumber, asShardNumber } from '../../shared/ids.ts'
import { sampleChain, sampleFrame } from '../support/sample-frames.ts'
import { journalSuite } from './journal-suite.ts'

const disk = new MemoryFrames()
journalSuite('memory', { open: async () => new MemoryJournal(disk) })

const fates = (...given: AppendFate[]) => {
  return (_frame: unknown, attempt: number): AppendFate => given[attempt] ?? 'acked'
}

for (const fate of ['ack-lost', 'send-lost', 'send-late'] as const) {
  test(`memory: E3 ${fate} is settled as appended, once`, async () => {
    const frames = new MemoryFrames()
    const journal = new MemoryJournal(frames, { fateOf: fates(fate, fate) })
    const frame = sampleFrame({ shard: 1 })
    assert.equal(await journal.append(frame), 'appended')
    assert.equal(frames.framesOf(asShardNumber(1)).length, 1)
  })
}

test('memory: E3 a frame whose ack was lost is fenced when a successor stands there', async () => {
  const frames = new MemoryFrames()
  const journal = new MemoryJournal(frames, { fateOf: fates('send-lost') })
  const appending = journal.append(sampleFrame({ shard: 1, mark: 1 }))
  frames.store(sampleFrame({ shard: 1, mark: 2, epoch: 2 }))
  assert.equal(await appending, 'fenced')
})

test('M3 a crash between send, store and ack leaves the store as it was at that step', async () => {
  for (const stepCount of [0, 1, 2]) {
    const steps: (() => void)[] = []
    const frames = new MemoryFrames()
    const journal = new MemoryJournal(frames, { schedule: step => steps.push(step) })
    let outcome: string | undefined
    void journal.append(sampleFrame({ shard: 1 })).then(settled => {
      outcome = settled
    })
    for (let done = 0; done < stepCount; done += 1) steps.shift()?.()
    journal.cut()
    while (steps.length > 0) steps.shift()?.()
    await new Promise(setImmediate)
    assert.equal(frames.framesOf(asShardNumber(1)).length, stepCount === 0 ? 0 : 1)
    assert.equal(outcome, stepCount === 2 ? 'appended' : undefined)
  }
})

test('M1 a disk can lose its tail', async () => {
  const frames = new MemoryFrames()
  for (const frame of sampleChain(1, 3)) frames.store(frame)
  frames.loseTail(asShardNumber(1), asFrameNumber(2))
  assert.equal((await new MemoryJournal(frames).head(asShardNumber(1)))?.number, 2)
})
