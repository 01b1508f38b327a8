import assert from 'node:assert/strict'
import { test } from 'node:test'
import { digestOf } from '../../allocator/core/digest.ts'
import { MemoryJournal } from '../../allocator/journal/memory.ts'
import { recoverShard } from '../../allocator/recovery.ts'
import { decodeBase } from '../../allocator/snapshot.ts'
import { Fault } from '../../shared/faults.ts'
import { asFrameNumber } from '../../shared/ids.ts'
import type { SnapshotPage } from '../../shared/ports.ts'
import { sampleFrame } from '../support/sample-frames.ts'
import { LabDisk, SHARD, SHOW, WriterLab } from '../support/writer-lab.ts'

async function pagesOf(disk: LabDisk): Promise<SnapshotPage[]> {
  const pages: SnapshotPage[] = []
  for await (const page of disk.snapshots.read(SHARD)) pages.push(page)
  return pages
}

/** Lets so much time pass in ticks too short to look like a pause, and the store finish. */
async function pass(lab: WriterLab, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 900) {
    lab.disk.clock.advance(Math.min(left, 900))
    lab.tick()
    await lab.settle()
  }
}

async function recoverWithPages(disk: LabDisk, told: string[] = []) {
  return recoverShard({
    shard: SHARD,
    journal: new MemoryJournal(disk.frames),
    snapshots: disk.snapshots,
    plans: disk.plans,
    ledgerFrame: asFrameNumber(0),
    onTrouble: sentence => told.push(sentence),
  })
}

test('SN3 N2 pages and the frames after them give the state of a full replay', async () => {
  const disk = new LabDisk()
  const lab = await WriterLab.on(disk)
  lab.hold('ada', [1, 2])
  await lab.settle()
  await pass(lab, 6_000)
  assert.deepEqual((await pagesOf(disk)).map(page => page.show).sort(), [0, SHOW])
  lab.hold('bob', [5])
  await lab.settle()
  const replayed = await recoverWithPages(disk)
  assert.equal(replayed.transitionCount, 1)
  assert.equal(digestOf(replayed.state), await disk.replayedDigest(false))
})

test('SN1 a page that contains a frame in flight waits until the frame is durable', async () => {
  const disk = new LabDisk()
  const lab = await WriterLab.on(disk)
  await pass(lab, 4_500)
  lab.hold('ada', [1, 2])
  lab.turn()
  disk.clock.advance(600)
  lab.tick()
  lab.tick()
  assert.deepEqual(await pagesOf(disk), [])
  await lab.settle()
  lab.tick()
  await lab.settle()
  const pages = await pagesOf(disk)
  assert.equal(pages.length, 2)
  for (const page of pages) assert.ok(page.frame <= disk.log.length)
  assert.equal(digestOf((await recoverWithPages(disk)).state), await disk.replayedDigest(false))
})

test('A1 a planned stop leaves pages that need no replay', async () => {
  const disk = new LabDisk()
  const lab = await WriterLab.on(disk)
  lab.hold('ada', [1])
  await lab.settle()
  await lab.stop()
  const replayed = await recoverWithPages(disk)
  assert.equal(replayed.transitionCount, 0)
  assert.equal(digestOf(replayed.state), await disk.replayedDigest(false))
})

test('H7 a claim after pages credits the holds of the pages once', async () => {
  const disk = new LabDisk()
  const lab = await WriterLab.on(disk)
  lab.hold('ada', [1])
  await lab.settle()
  await pass(lab, 6_000)
  lab.crash()
  disk.clock.advance(20_000)
  const successor = await WriterLab.on(disk)
  await pass(successor, 6_000)
  assert.equal(await disk.replayedDigest(true), await disk.replayedDigest(false))
})

test('SS3 a page that arrives after a later one does not take its place', async () => {
  const disk = new LabDisk()
  const lab = await WriterLab.on(disk)
  lab.hold('ada', [1])
  await lab.settle()
  await pass(lab, 6_000)
  const early = await pagesOf(disk)
  lab.hold('bob', [5])
  await lab.settle()
  await pass(lab, 6_000)
  await disk.snapshots.write(early)
  const replayed = await recoverWithPages(disk)
  assert.equal(digestOf(replayed.state), await disk.replayedDigest(false))
})

test('RC1 a missing page costs a full replay, nothing else', async () => {
  const disk = new LabDisk()
  const lab = await WriterLab.on(disk)
  lab.hold('ada', [1])
  await lab.settle()
  await pass(lab, 6_000)
  disk.snapshots.lose(SHARD, SHOW)
  const told: string[] = []
  const replayed = await recoverWithPages(disk, told)
  assert.equal(told.length, 1)
  assert.equal(digestOf(replayed.state), await disk.replayedDigest(false))
})

test('RC1 a damaged page costs a full replay, nothing else', async () => {
  const disk = new LabDisk()
  const lab = await WriterLab.on(disk)
  lab.hold('ada', [1])
  await lab.settle()
  await pass(lab, 6_000)
  const [page] = (await pagesOf(disk)).filter(one => one.show === SHOW)
  assert.ok(page)
  await disk.snapshots.write([{ ...page, bytes: page.bytes.subarray(0, 20) }])
  const told: string[] = []
  const replayed = await recoverWithPages(disk, told)
  assert.equal(told.length, 1)
  assert.equal(digestOf(replayed.state), await disk.replayedDigest(false))
})

test('E8 a journal that lost what a page contains is refused', async () => {
  const disk = new LabDisk()
  const lab = await WriterLab.on(disk)
  lab.hold('ada', [1])
  await lab.settle()
  await pass(lab, 6_000)
  disk.frames.loseTail(SHARD, asFrameNumber(disk.log.length - 1))
  await assert.rejects(recoverWithPages(disk), isDamaged)
})

test('E8 a journal with another frame where the page stands is refused', async () => {
  const disk = new LabDisk()
  const lab = await WriterLab.on(disk)
  lab.hold('ada', [1])
  await lab.settle()
  await pass(lab, 6_000)
  const base = (await pagesOf(disk)).find(page => page.show === 0)
  assert.ok(base)
  const { chain } = decodeBase(base.bytes)
  disk.frames.loseTail(SHARD, asFrameNumber(chain.number - 1))
  const before = disk.log.at(-1)
  assert.ok(before)
  disk.frames.store(sampleFrame({ shard: SHARD, after: before, mark: 1, transitionCount: 0 }))
  await assert.rejects(recoverWithPages(disk), isDamaged)
})

function isDamaged(error: unknown): boolean {
  return error instanceof Fault && error.kind === 'journal-damaged'
}
