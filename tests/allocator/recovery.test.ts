import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { digestOf } from '../../allocator/core/digest.ts'
import { type AppendFate, MemoryJournal } from '../../allocator/journal/memory.ts'
import { MemorySnapshots } from '../../allocator/memory-snapshots.ts'
import { recoverShard } from '../../allocator/recovery.ts'
import { Fault } from '../../shared/faults.ts'
import { decodeFrame, transitionsOf } from '../../shared/frame.ts'
import { asFrameNumber, type CustomerId, type EntryId, idFromText, idOf } from '../../shared/ids.ts'
import type { EncodedFrame } from '../../shared/ports.ts'
import { sampleFrame } from '../support/sample-frames.ts'
import { holdIdOf, LabDisk, SHARD, SHOW, WriterLab } from '../support/writer-lab.ts'

async function recover(disk: LabDisk, ledgerFrame = 0) {
  return recoverShard({
    shard: SHARD,
    journal: new MemoryJournal(disk.frames),
    snapshots: new MemorySnapshots(),
    plans: disk.plans,
    ledgerFrame: asFrameNumber(ledgerFrame),
  })
}

function isDamaged(error: unknown): boolean {
  return error instanceof Fault && error.kind === 'journal-damaged' && /backup/.test(error.message)
}

function release(name: string) {
  const customer = idFromText<CustomerId>(`customer ${name}`)
  return {
    kind: 'release-hold',
    show: SHOW,
    customer,
    isBoxOffice: false,
    hold: holdIdOf(name),
  } as const
}

function join(name: string, party: number) {
  const { b, c, d } = idFromText<EntryId>(`entry ${name}`)
  return {
    kind: 'join-waitlist',
    show: SHOW,
    customer: idFromText<CustomerId>(`customer ${name}`),
    isBoxOffice: false,
    entry: idOf<EntryId>(SHOW, b, c, d),
    party,
    minParty: 1,
    categories: 0,
    together: false,
    accessible: false,
  } as const
}

test('T1 a recovered shard equals the one that wrote the journal, digest included', async () => {
  const disk = new LabDisk()
  const lab = await WriterLab.on(disk)
  for (let count = 0; count < 10; count += 1) {
    lab.hold(`${count}`, [count * 4, count * 4 + 1, count * 4 + 2, count * 4 + 3])
    if (count % 3 === 2) lab.submit('release', release(`${count - 1}`))
    await lab.settle()
  }
  lab.submit('join', join('eve', 4))
  await lab.settle()
  assert.equal(lab.allocator.digest(SHARD), await disk.replayedDigest())
  lab.crash()
  const successor = await WriterLab.on(disk)
  assert.equal(successor.allocator.digest(SHARD), await disk.replayedDigest())
  successor.submit('read', { kind: 'read-show', show: SHOW })
  await successor.settle()
  const reply = successor.replies.get('read')
  assert.ok(reply?.kind === 'show')
  assert.equal(reply.view.counts.held, 40 - 12 + 4)
})

test('E4 after a crash at any step every acknowledged hold is there, and nobody has it twice', async () => {
  const fates: AppendFate[] = ['acked', 'ack-lost', 'send-lost', 'send-late']
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(39), fc.nat(5), fc.constantFrom(...fates)), { maxLength: 12 }),
      fc.nat(30),
      async (asked, crashAfter) => {
        const disk = new LabDisk()
        const lab = await WriterLab.on(disk)
        lab.fateOf = (frame, attempt) =>
          attempt > 0 ? 'acked' : (asked[frame.number % 12]?.[2] ?? 'acked')
        let steps = 0
        for (const [at, [seat, stepCount]] of asked.entries()) {
          lab.hold(`${at}`, [seat])
          lab.turn()
          for (let step = 0; step < stepCount && steps < crashAfter; step += 1, steps += 1) {
            await lab.step()
            lab.turn()
          }
        }
        lab.crash()
        const acknowledged = asked.flatMap(([seat], at) =>
          lab.codeOf(`${at}`) === 'hold' ? [seat] : [],
        )
        assert.equal(new Set(acknowledged).size, acknowledged.length)
        const successor = await WriterLab.on(disk)
        assert.equal(successor.allocator.digest(SHARD), await disk.replayedDigest())
        for (const [at, [seat]] of asked.entries()) successor.hold(`${at}`, [seat])
        await successor.settle()
        for (const [at] of asked.entries()) {
          if (lab.codeOf(`${at}`) === 'hold') assert.equal(successor.codeOf(`${at}`), 'hold again')
        }
      },
    ),
    { numRuns: 40 },
  )
})

test('E8 a journal behind the ledger is refused with a sentence', async () => {
  const disk = new LabDisk()
  await WriterLab.on(disk)
  await recover(disk, disk.log.length)
  await assert.rejects(recover(disk, disk.log.length + 1), isDamaged)
})

test('E8 a hole, a foreign hash and a jumping sequence are refused', async () => {
  const disk = new LabDisk()
  const lab = await WriterLab.on(disk)
  lab.hold('ada', [1])
  lab.turn()
  await lab.settle()
  const frames = [...disk.log]
  const [first, second, third] = frames as [EncodedFrame, EncodedFrame, EncodedFrame]
  const jumping = sampleFrame({ shard: SHARD, after: { ...second, transitionCount: 5 } })
  const otherSecond = sampleFrame({ shard: SHARD, after: sampleFrame({ shard: SHARD }), mark: 9 })
  for (const broken of [
    [first, third],
    [first, otherSecond],
    [first, second, jumping],
  ]) {
    const journal = new MemoryJournal(disk.frames)
    journal.read = async function* () {
      for (const frame of broken) yield decodeFrame(frame.bytes)
    }
    const recovering = recoverShard({
      shard: SHARD,
      journal,
      snapshots: new MemorySnapshots(),
      plans: disk.plans,
      ledgerFrame: asFrameNumber(0),
    })
    await assert.rejects(recovering, isDamaged)
  }
})

test('S7 layouts are loaded by the number in the journal, and a missing one stops the start', async () => {
  const disk = new LabDisk()
  await WriterLab.on(disk)
  const loaded: number[] = []
  let isLoaded = false
  const plans = {
    planOf: (layout: Parameters<typeof disk.plans.planOf>[0]) =>
      isLoaded ? disk.plans.planOf(layout) : undefined,
    load: async (layout: Parameters<typeof disk.plans.planOf>[0]) => {
      loaded.push(layout)
      isLoaded = true
      return disk.plans.load(layout)
    },
  }
  const replayed = await recoverShard({
    shard: SHARD,
    journal: new MemoryJournal(disk.frames),
    snapshots: new MemorySnapshots(),
    plans,
    ledgerFrame: asFrameNumber(0),
  })
  assert.deepEqual(loaded, [1])
  assert.equal(digestOf(replayed.state), await disk.replayedDigest())
})

test('S7 a show whose layout is not loaded yet waits for it at the door, not in the shard', async () => {
  const disk = new LabDisk()
  const lab = await WriterLab.on(disk)
  const planOf = disk.plans.planOf.bind(disk.plans)
  let isLoaded = false
  disk.plans.planOf = layout => (isLoaded ? planOf(layout) : undefined)
  const load = disk.plans.load.bind(disk.plans)
  disk.plans.load = async layout => {
    isLoaded = true
    return load(layout)
  }
  lab.submit('change', { kind: 'change-show', show: SHOW, terms: { ...disk.terms, prices: [7] } })
  await lab.settle()
  await lab.settle()
  assert.equal(lab.codeOf('change'), 'done')
})

test('W4 shard time goes on from the journal when the wall clock went back', async () => {
  const disk = new LabDisk()
  const lab = await WriterLab.on(disk)
  disk.clock.advance(500)
  lab.hold('ada', [1])
  await lab.settle()
  const before = disk.log.at(-1)?.time ?? 0
  lab.crash()
  disk.clock.jumpWall(-3_600_000)
  const successor = await WriterLab.on(disk)
  disk.clock.advance(40)
  successor.hold('bob', [2])
  await successor.settle()
  assert.equal(disk.log.at(-1)?.time, before + 40)
})

test('H7 the claim credits the outage to live holds, at most a minute', async () => {
  for (const [outage, credit] of [
    [0, 0],
    [7_000, 7_000],
    [3_600_000, 60_000],
  ] as const) {
    const disk = new LabDisk()
    const lab = await WriterLab.on(disk)
    lab.hold('ada', [1])
    await lab.settle()
    const held = lab.replies.get('ada')
    assert.ok(held?.kind === 'hold')
    lab.crash()
    disk.clock.advance(outage)
    const successor = await WriterLab.on(disk)
    const claims = disk.log.flatMap(transitionsOf).filter(one => one.kind === 'shard-claimed')
    assert.deepEqual(
      claims.map(claim => [claim.epoch, claim.creditMs]),
      [
        [1, 0],
        [2, credit],
      ],
    )
    successor.submit('read', {
      kind: 'read-hold',
      show: SHOW,
      customer: idFromText<CustomerId>('customer ada'),
      isBoxOffice: false,
      hold: holdIdOf('ada'),
    })
    successor.turn()
    const read = successor.replies.get('read')
    assert.ok(read?.kind === 'hold')
    assert.equal(read.hold.expiresAt, held.hold.expiresAt + credit)
  }
})
