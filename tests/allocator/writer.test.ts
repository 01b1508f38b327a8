import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DECIDE_WITHIN_MS } from '../../allocator/inbox.ts'
import type { BookHold } from '../../shared/commands.ts'
import { transitionsOf } from '../../shared/frame.ts'
import {
  asShowNumber,
  type BookingId,
  type CustomerId,
  idFromText,
  idOf,
  type ShowNumber,
} from '../../shared/ids.ts'
import { LIMITS } from '../../shared/limits.ts'
import { shardOf } from '../../shared/placement.ts'
import { sampleFrame } from '../support/sample-frames.ts'
import { holdIdOf, holdSeats, LabDisk, SHARD, SHOW, WriterLab } from '../support/writer-lab.ts'

const bookHold = (name: string): BookHold => {
  const { b, c, d } = idFromText<BookingId>(`booking ${name}`)
  return {
    kind: 'book-hold',
    show: SHOW,
    customer: idFromText<CustomerId>(`customer ${name}`),
    isBoxOffice: true,
    hold: holdIdOf(name),
    booking: idOf<BookingId>(SHOW, b, c, d),
  }
}

test('W2 E4 nothing leaves before its frame is durable', async () => {
  const lab = await WriterLab.on(new LabDisk())
  lab.hold('ada', [1, 2])
  lab.turn()
  assert.deepEqual(lab.left, [])
  await lab.step() // stored, not acknowledged
  lab.turn()
  assert.equal(lab.disk.log.length, 3)
  assert.deepEqual(lab.left, [])
  await lab.step()
  lab.turn()
  assert.deepEqual(lab.left, ['seats', 'reply ada hold', 'personal', 'turn-ended'])
})

test('W2 refusals leave with the frame of the facts they rest on', async () => {
  const lab = await WriterLab.on(new LabDisk())
  lab.hold('ada', [1, 2])
  lab.hold('bob', [2, 3])
  lab.turn()
  await lab.step()
  assert.equal(lab.codeOf('bob'), undefined)
  await lab.step()
  assert.equal(lab.codeOf('ada'), 'hold')
  assert.equal(lab.codeOf('bob'), 'seat-taken')
  assert.deepEqual(lab.disk.kinds.at(-1), ['seats-held'])
})

test('E5 a batch of refusals alone leaves at once while the last append is young', async () => {
  const lab = await WriterLab.on(new LabDisk())
  lab.submit('nobody', { ...holdSeats('nobody', [1]), seats: [] })
  lab.submit('bob', { kind: 'release-hold', ...askedBy('bob'), hold: holdIdOf('none') })
  lab.turn()
  assert.equal(lab.codeOf('bob'), 'not-found')
  assert.equal(lab.stepCount, 0)
})

test('E5 after two quiet seconds a no waits for an empty frame', async () => {
  const lab = await WriterLab.on(new LabDisk())
  lab.disk.clock.advance(900)
  lab.tick()
  lab.disk.clock.advance(900)
  lab.tick()
  lab.disk.clock.advance(900)
  lab.tick()
  lab.submit('bob', { kind: 'release-hold', ...askedBy('bob'), hold: holdIdOf('none') })
  lab.turn()
  assert.equal(lab.codeOf('bob'), undefined)
  await lab.settle()
  assert.equal(lab.codeOf('bob'), 'not-found')
  assert.deepEqual(lab.disk.kinds.at(-1), [])
})

test('E5 E2 a replaced owner finds out before it says no', async () => {
  const lab = await WriterLab.on(new LabDisk())
  const head = lab.disk.log.at(-1)
  assert.ok(head)
  lab.disk.frames.store(sampleFrame({ shard: SHARD, after: head, epoch: 2 }))
  for (let count = 0; count < 3; count += 1) {
    lab.disk.clock.advance(900)
    lab.tick()
  }
  lab.submit('bob', { kind: 'release-hold', ...askedBy('bob'), hold: holdIdOf('none') })
  await lab.settle()
  assert.equal(lab.codeOf('bob'), 'outcome-unknown')
  assert.equal(lab.faults[0]?.kind, 'ownership-lost')
})

test('W1 commands wait undecided while a frame is in flight, then share one frame', async () => {
  const lab = await WriterLab.on(new LabDisk())
  lab.hold('ada', [1])
  lab.turn()
  for (let count = 0; count < 5; count += 1) lab.hold(`late ${count}`, [10 + count])
  lab.turn()
  assert.equal(lab.allocator.health()[0]?.waiting, 5)
  await lab.settle()
  assert.deepEqual(lab.disk.kinds.slice(2), [['seats-held'], new Array(5).fill('seats-held')])
})

test('W7 requests of one turn share a frame, and none is decided before the turn ends', async () => {
  const lab = await WriterLab.on(new LabDisk())
  lab.hold('ada', [1])
  lab.hold('bob', [2])
  assert.equal(lab.stepCount, 0)
  lab.turn()
  assert.equal(lab.stepCount, 1)
  await lab.settle()
  assert.deepEqual(lab.disk.kinds.slice(2), [['seats-held', 'seats-held']])
})

test('W5 requests are decided in the order in which they arrived', async () => {
  const lab = await WriterLab.on(new LabDisk())
  for (let count = 0; count < 30; count += 1) lab.hold(`${count}`, [7])
  await lab.settle()
  assert.equal(lab.codeOf('0'), 'hold')
  for (let count = 1; count < 30; count += 1) assert.equal(lab.codeOf(`${count}`), 'seat-taken')
  const order = lab.left.filter(line => line.startsWith('reply')).map(line => line.split(' ')[1])
  assert.deepEqual(
    order,
    Array.from({ length: 30 }, (_, at) => `${at}`),
  )
})

test('D5 a repeat waits for the frame of its original and is answered with the same hold', async () => {
  const lab = await WriterLab.on(new LabDisk())
  const request = lab.hold('ada', [1, 2])
  lab.submit('same batch', request)
  lab.turn()
  lab.submit('in flight', { ...request, hold: holdIdOf('another') })
  await lab.step()
  assert.deepEqual([...lab.replies.keys()], ['open'])
  await lab.settle()
  assert.equal(lab.codeOf('ada'), 'hold')
  assert.equal(lab.codeOf('same batch'), 'hold again')
  assert.equal(lab.codeOf('in flight'), 'hold again')
  const reply = lab.replies.get('in flight')
  assert.deepEqual(reply?.kind === 'hold' && reply.hold.id, holdIdOf('ada'))
  assert.equal(lab.disk.log.length, 3)
})

test('E3 a lost ack holds everything back until the resend settles it', async () => {
  const lab = await WriterLab.on(new LabDisk())
  lab.fateOf = (_frame, attempt) => (attempt < 2 ? 'ack-lost' : 'acked')
  lab.hold('ada', [1])
  lab.turn()
  await lab.step(3)
  assert.equal(lab.codeOf('ada'), undefined)
  await lab.settle()
  assert.equal(lab.codeOf('ada'), 'hold')
  assert.equal(lab.disk.log.length, 3)
})

test('E2 W3 a fenced writer tells nobody yes, drops its role and serves nothing', async () => {
  const lab = await WriterLab.on(new LabDisk())
  const head = lab.disk.log.at(-1)
  assert.ok(head)
  lab.hold('ada', [1])
  lab.turn()
  lab.hold('waiting', [2])
  lab.disk.frames.store(sampleFrame({ shard: SHARD, after: head, epoch: 2 }))
  await lab.settle()
  assert.equal(lab.codeOf('ada'), 'outcome-unknown')
  assert.equal(lab.codeOf('waiting'), 'shard-unavailable')
  assert.deepEqual(lab.news, [])
  assert.equal(lab.faults.length, 1)
  assert.equal(lab.allocator.health()[0]?.isServing, false)
  lab.hold('later', [3])
  assert.equal(lab.codeOf('later'), 'shard-unavailable')
})

test('W8 after a pause an append succeeds before any expiry or output', async () => {
  const lab = await WriterLab.on(new LabDisk({ holdTtlMs: 1_000 }))
  lab.hold('ada', [1])
  await lab.settle()
  lab.disk.clock.advance(5_000)
  lab.tick()
  lab.turn()
  await lab.settle()
  assert.deepEqual(lab.disk.kinds.slice(3), [[], ['hold-expired']])
})

for (const first of ['tick', 'ack'] as const) {
  test(`W8 a frame sent before a pause does not speak for after it, the ${first} first`, async () => {
    const lab = await WriterLab.on(new LabDisk())
    lab.hold('ada', [1])
    lab.turn()
    await lab.step()
    lab.disk.clock.advance(3_000)
    if (first === 'tick') lab.tick()
    await lab.step()
    assert.equal(lab.codeOf('ada'), undefined)
    await lab.settle()
    assert.equal(lab.codeOf('ada'), 'hold')
    assert.deepEqual(lab.disk.kinds.slice(2), [['seats-held'], []])
  })
}

test('H3 expiry is decided once due and never before, and is told like any other change', async () => {
  const lab = await WriterLab.on(new LabDisk({ holdTtlMs: 10_000 }))
  lab.hold('ada', [1])
  await lab.settle()
  for (let waited = 0; waited < 9_900; waited += 900) {
    lab.disk.clock.advance(900)
    if (waited + 900 >= 10_000) break
    lab.tick()
    await lab.settle()
    assert.ok(!lab.disk.kinds.flat().includes('hold-expired'))
  }
  lab.disk.clock.advance(200)
  lab.tick()
  await lab.settle()
  assert.ok(lab.disk.kinds.flat().includes('hold-expired'))
  const last = lab.news.at(-1)?.shows[0]
  assert.deepEqual(last && [...last.changes], [1 << 2])
  assert.equal(lab.personalNews.at(-1)?.hold?.phase, 'expired')
})

test('W6 when the oldest waits too long new requests are refused at once', async () => {
  const lab = await WriterLab.on(new LabDisk())
  lab.hold('ada', [1])
  lab.turn()
  lab.hold('waiting', [2])
  lab.disk.clock.advance(DECIDE_WITHIN_MS + LIMITS.inboxAgeMsMax - 1)
  lab.hold('still', [3])
  assert.equal(lab.codeOf('still'), undefined)
  lab.disk.clock.advance(2)
  lab.hold('refused', [4])
  assert.equal(lab.codeOf('refused'), 'overloaded')
  await lab.settle()
  assert.equal(lab.codeOf('still'), 'hold')
})

test('W2 a booking is answered once the ledger has passed its frame', async () => {
  const lab = await WriterLab.on(new LabDisk())
  lab.hold('ada', [1])
  await lab.settle()
  lab.submit('book', bookHold('ada'))
  lab.hold('bob', [2])
  await lab.settle()
  assert.equal(lab.codeOf('bob'), 'hold')
  assert.equal(lab.codeOf('book'), undefined)
  lab.ledger.pass(lab.disk.log.length - 1)
  assert.equal(lab.codeOf('book'), undefined)
  lab.ledger.pass(lab.disk.log.length)
  assert.equal(lab.codeOf('book'), 'hold')
  lab.turn()
  assert.equal(lab.left.at(-1), 'turn-ended')
})

test('W2 news of two shows in one frame are told apart, each with its own version', async () => {
  const disk = new LabDisk()
  const lab = await WriterLab.on(disk)
  const other = otherShowOfShard()
  lab.submit('open other', { kind: 'open-show', show: other, terms: disk.terms })
  await lab.settle()
  assert.deepEqual(lab.news.at(-1)?.shows[0]?.changes.length, 0)
  lab.hold('ada', [1])
  lab.submit('bob', { ...holdSeats('bob', [3, 4]), show: other, hold: holdIdOf('bob', other) })
  lab.hold('eve', [2])
  await lab.settle()
  const shows = lab.news.at(-1)?.shows ?? []
  assert.deepEqual(
    shows.map(({ show, from, to, changes }) => [
      show,
      from,
      to,
      [...changes].map(word => word >> 2),
    ]),
    [
      [SHOW, 0, 2, [1, 2]],
      [other, 0, 2, [3, 4]],
    ],
  )
})

test('F1 versions count published changes and previousFrame names the last told frame', async () => {
  const lab = await WriterLab.on(new LabDisk())
  lab.hold('ada', [1, 2])
  await lab.settle()
  lab.submit('no', { kind: 'release-hold', ...askedBy('bob'), hold: holdIdOf('none') })
  lab.hold('bob', [5])
  await lab.settle()
  const [first, second] = lab.news
  assert.deepEqual([first?.shows[0]?.from, first?.shows[0]?.to], [0, 2])
  assert.deepEqual([...(first?.shows[0]?.changes ?? [])], [(1 << 2) | 1, (2 << 2) | 1])
  assert.deepEqual([second?.shows[0]?.from, second?.shows[0]?.to], [2, 3])
  assert.equal(second?.previousFrame, first?.frame)
  assert.equal(second?.shows[0]?.counts.held, 3)
})

test('F7 the requester is named in the personal news that its reply already tells', async () => {
  const lab = await WriterLab.on(new LabDisk())
  lab.hold('ada', [1], 77)
  await lab.settle()
  const [news] = lab.personalNews
  assert.equal(news?.origin, 77)
  assert.deepEqual(news?.customer, idFromText('customer ada'))
  assert.deepEqual(news?.hold?.id, holdIdOf('ada'))
})

test('A1 stop decides and tells what waits, writes RELEASE, and takes nothing new', async () => {
  const lab = await WriterLab.on(new LabDisk())
  lab.hold('ada', [1])
  lab.turn()
  lab.hold('bob', [2])
  const stopping = lab.stop()
  lab.hold('late', [3])
  await stopping
  assert.equal(lab.codeOf('ada'), 'hold')
  assert.equal(lab.codeOf('bob'), 'hold')
  assert.equal(lab.codeOf('late'), 'shard-unavailable')
  const last = lab.disk.log.at(-1)
  assert.deepEqual(last && transitionsOf(last), [{ kind: 'shard-released', to: '' }])
  assert.deepEqual(lab.faults, [])
})

test('W9 the next batch is on its way when turn-ended follows the output of a turn', async () => {
  const lab = await WriterLab.on(new LabDisk())
  lab.hold('ada', [1])
  lab.turn()
  lab.hold('bob', [2])
  await lab.step(2)
  assert.equal(lab.left.at(-1), 'personal')
  assert.equal(lab.stepCount, 0, 'nothing is on its way')
  lab.turn()
  assert.equal(lab.left.at(-1), 'turn-ended')
  assert.equal(lab.stepCount, 1, 'the frame of bob is')
  assert.equal(lab.codeOf('bob'), undefined)
})

function otherShowOfShard(): ShowNumber {
  for (let number = 2; ; number += 1) {
    const show = asShowNumber(number)
    if (shardOf(show) === SHARD) return show
  }
}

function askedBy(name: string) {
  return { show: SHOW, customer: idFromText<CustomerId>(`customer ${name}`), isBoxOffice: false }
}
