import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryJournal } from '../../allocator/journal/memory.ts'
import { MemorySnapshots } from '../../allocator/memory-snapshots.ts'
import { claimShard } from '../../allocator/ownership.ts'
import { recoverShard } from '../../allocator/recovery.ts'
import type { Replayed } from '../../allocator/replay.ts'
import { Fault } from '../../shared/faults.ts'
import { transitionsOf } from '../../shared/frame.ts'
import { asFrameNumber } from '../../shared/ids.ts'
import { LabDisk, SHARD, WriterLab } from '../support/writer-lab.ts'

async function replayed(disk: LabDisk): Promise<Replayed> {
  return recoverShard({
    shard: SHARD,
    journal: new MemoryJournal(disk.frames),
    snapshots: new MemorySnapshots(),
    plans: disk.plans,
    ledgerFrame: asFrameNumber(0),
  })
}

const claimant = (disk: LabDisk, owner: string, journal = new MemoryJournal(disk.frames)) => ({
  journal,
  clock: disk.clock,
  owner,
})

test('E1 each claim is the next epoch at the next frame, and says whose it is', async () => {
  const disk = new LabDisk()
  const first = await claimShard(await replayed(disk), claimant(disk, 'left'))
  assert.deepEqual([first.claim.epoch, first.claim.number], [1, 1])
  const second = await claimShard(await replayed(disk), claimant(disk, 'right'))
  assert.deepEqual([second.claim.epoch, second.claim.number], [2, 2])
  assert.deepEqual(transitionsOf(second.claim), [
    { kind: 'shard-claimed', epoch: 2, owner: 'right', creditMs: 0 },
  ])
})

test('E1 of two claimants with the same knowledge the slower one replays and claims after', async () => {
  const disk = new LabDisk()
  const [left, right] = [await replayed(disk), await replayed(disk)]
  const reigns = await Promise.all([
    claimShard(left, claimant(disk, 'left')),
    claimShard(right, claimant(disk, 'right')),
  ])
  assert.deepEqual(reigns.map(reign => reign.claim.epoch).sort(), [1, 2])
  assert.deepEqual(
    disk.log.map(frame => frame.epoch),
    [1, 2],
  )
})

test('E1 who is never fast enough gives up with ownership-lost', async () => {
  const disk = new LabDisk()
  const journal = new MemoryJournal(disk.frames)
  journal.append = async () => 'fenced'
  await assert.rejects(
    claimShard(await replayed(disk), claimant(disk, 'slow', journal)),
    error => error instanceof Fault && error.kind === 'ownership-lost',
  )
  assert.equal(disk.log.length, 0)
})

test('E2 E6 the old owner is fenced by the claim of the new one, epochs tell them apart', async () => {
  const disk = new LabDisk()
  const old = await WriterLab.on(disk)
  const successor = await WriterLab.on(disk)
  old.hold('ada', [1])
  await old.settle()
  assert.equal(old.faults[0]?.kind, 'ownership-lost')
  assert.notEqual(old.codeOf('ada'), 'hold')
  successor.hold('bob', [1])
  await successor.settle()
  assert.equal(successor.codeOf('bob'), 'hold')
  assert.equal(successor.news.at(-1)?.epoch, 2)
})

test('E5 a claim whose answer came late proves no more than the moment it was sent', async () => {
  const disk = new LabDisk()
  const honest = new MemoryJournal(disk.frames)
  const journal = new MemoryJournal(disk.frames)
  journal.append = async frame => {
    const outcome = await honest.append(frame)
    disk.clock.advance(5_000)
    return outcome
  }
  const sentAtMs = disk.clock.monotonicMs()
  const reign = await claimShard(await replayed(disk), claimant(disk, 'late', journal))
  assert.equal(reign.claimedAtMs, sentAtMs)
})
