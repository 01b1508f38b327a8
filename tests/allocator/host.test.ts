import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Host } from '../../allocator/host.ts'
import { MemoryJournal } from '../../allocator/journal/memory.ts'
import type { Fault } from '../../shared/faults.ts'
import { transitionsOf } from '../../shared/frame.ts'
import { asShardNumber, type ShardNumber } from '../../shared/ids.ts'
import type { FeedSink } from '../../shared/ports.ts'
import type { Reply } from '../../shared/views.ts'
import { sampleFrame } from '../support/sample-frames.ts'
import { holdSeats, LabDisk, LabLedger, SHARD, SHOW } from '../support/writer-lab.ts'

const SILENT_FEED: FeedSink = {
  seats: () => undefined,
  personal: () => undefined,
  turnEnded: () => undefined,
}
const OTHER = asShardNumber((SHARD + 1) % 16)

/** One process's host on the common disk; time passes only when the test says so. */
class HostLab {
  readonly host: Host
  readonly lost: [ShardNumber, Fault][] = []
  readonly began: ShardNumber[] = []
  readonly ended: ShardNumber[] = []
  readonly disk: LabDisk
  tick: () => void = () => {}

  constructor(disk: LabDisk, owner: string) {
    this.disk = disk
    this.host = new Host({
      journal: new MemoryJournal(disk.frames),
      snapshots: disk.snapshots,
      plans: disk.plans,
      ledger: new LabLedger(),
      feed: SILENT_FEED,
      clock: disk.clock,
      owner,
      onLost: (shard, fault) => this.lost.push([shard, fault]),
      onBegin: claim => this.began.push(claim.shard),
      onEnd: shard => this.ended.push(shard),
      every: (_ms, run) => {
        this.tick = run
        return () => {}
      },
    })
  }

  ask(request: Parameters<Host['link']['submit']>[0]): Promise<Reply> {
    return new Promise(resolve => this.host.link.submit(request, 0, resolve))
  }

  async hold(name: string, seats: readonly number[]): Promise<string> {
    const reply = await this.ask(holdSeats(name, seats))
    if (reply.kind === 'fault' || reply.kind === 'refused') return reply.code
    return reply.kind
  }
}

async function openedOn(disk: LabDisk, owner: string): Promise<HostLab> {
  const lab = new HostLab(disk, owner)
  await lab.host.acquire(SHARD)
  const opened = await lab.ask({ kind: 'open-show', show: SHOW, terms: disk.terms })
  assert.equal(opened.kind, 'done')
  return lab
}

test('HO1 a shard that is lost is dropped alone, the others serve on', async () => {
  const disk = new LabDisk()
  const lab = await openedOn(disk, 'a')
  await lab.host.acquire(OTHER)
  const head = disk.log.at(-1)
  assert.ok(head)
  disk.frames.store(sampleFrame({ shard: SHARD, after: head, epoch: 2 }))
  assert.equal(await lab.hold('ada', [1]), 'outcome-unknown')
  assert.deepEqual(
    lab.lost.map(([shard, fault]) => [shard, fault.kind]),
    [[SHARD, 'ownership-lost']],
  )
  assert.equal(lab.host.serves(SHARD), false)
  assert.equal(lab.host.writerOf(SHARD), undefined, 'its memory is dropped')
  assert.equal(lab.host.serves(OTHER), true)
  assert.equal(await lab.hold('bob', [2]), 'shard-unavailable')
  assert.deepEqual(lab.ended, [SHARD])
})

test('HO1 a shard that was lost can be served again, by a later reign', async () => {
  const disk = new LabDisk()
  const first = await openedOn(disk, 'a')
  assert.equal(await first.hold('ada', [1]), 'hold')
  const second = new HostLab(disk, 'b')
  await second.host.acquire(SHARD)
  assert.equal(await first.hold('bob', [2]), 'outcome-unknown', 'E2 the former owner is fenced')
  assert.equal(await second.hold('cleo', [1]), 'seat-taken', 'what was told is still there')
  const again = await first.host.acquire(SHARD)
  assert.equal(again.durable.epoch, 3)
  assert.equal(await first.hold('bob', [2]), 'hold')
})

test('HO2 a prepared shard only reads what was written since', async () => {
  const disk = new LabDisk()
  const first = await openedOn(disk, 'a')
  const second = new HostLab(disk, 'b')
  await second.host.prepare(SHARD)
  assert.equal(await first.hold('ada', [1]), 'hold')
  assert.equal(await first.host.cede(SHARD, 'b'), true)
  assert.equal(first.host.serves(SHARD), false)
  assert.deepEqual(disk.kinds.at(-1), ['shard-released'])
  await second.host.acquire(SHARD)
  assert.deepEqual(disk.kinds.at(-1), ['shard-claimed'])
  assert.equal(await second.hold('bob', [1]), 'seat-taken')
  assert.deepEqual(first.lost, [], 'ceding is no loss')
})

test('H7 a planned move credits only its pause, a takeover the outage', async () => {
  const disk = new LabDisk()
  const first = await openedOn(disk, 'a')
  assert.equal(await first.hold('ada', [1]), 'hold')
  await first.host.cede(SHARD, 'b')
  disk.clock.advance(40)
  await new HostLab(disk, 'b').host.acquire(SHARD)
  assert.equal(lastCreditOf(disk), 40)
  disk.clock.advance(5_000)
  await new HostLab(disk, 'c').host.acquire(SHARD)
  assert.equal(lastCreditOf(disk), 5_000)
})

function lastCreditOf(disk: LabDisk): number | undefined {
  const claims = disk.log.flatMap(frame => transitionsOf(frame))
  const last = claims.filter(transition => transition.kind === 'shard-claimed').at(-1)
  return last?.creditMs
}

test('A1 a host that stops releases everything it serves', async () => {
  const disk = new LabDisk()
  const lab = await openedOn(disk, 'a')
  await lab.host.acquire(OTHER)
  await lab.host.stop()
  assert.deepEqual(lab.host.health(), [])
  assert.deepEqual(disk.kinds.at(-1), ['shard-released'])
  assert.equal(await lab.hold('ada', [1]), 'shard-unavailable')
})
