// The feed between processes: order within a turn, holes, silence, whose socket it was.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asEpoch, asFrameNumber, asIncarnation, asInstant, asShowNumber } from '../../shared/ids.ts'
import { shardOf } from '../../shared/placement.ts'
import type { FrameNews } from '../../shared/views.ts'
import { holdOf, type TestAllocator } from './link-allocator.ts'
import { LinkWorld, type TestGateway } from './link-world.ts'

const SHOW = asShowNumber(1)
const SHARD = shardOf(SHOW)
const QUIET = Array.from({ length: 16 }, (_, shard) => shard).filter(shard => shard !== SHARD)

interface Stage {
  readonly world: LinkWorld
  readonly one: TestGateway
  readonly two: TestGateway
  readonly a: TestAllocator
}

/** Two gateways that know all shards' heads. */
function staged(): Stage {
  const world = new LinkWorld(1)
  const [one, two] = [world.gateway('gateway-1'), world.gateway('gateway-2')]
  const a = world.allocator('allocator-a')
  for (let shard = 0; shard < 16; shard += 1) a.claim(shardOf(showOf(shard)))
  for (let shard = 0; shard < 16; shard += 1) world.assign(shardOf(showOf(shard)), a.node)
  world.run(10)
  for (const gateway of [one, two]) gateway.heard.length = 0
  return { world, one, two, a }
}

/** A show of that shard. */
function showOf(shard: number): typeof SHOW {
  for (let number = 1; ; number += 1) {
    if (shardOf(asShowNumber(number)) === shard) return asShowNumber(number)
  }
}

test('FP1 a gateway reads its own writes: seats, replies, personal news, then the turn ends', () => {
  const { world, one, two } = staged()
  one.ask('first', holdOf('first', SHOW), 7)
  one.ask('second', holdOf('second', SHOW), 8)
  world.run(10)
  const frame = one.news[0]?.frame
  assert.deepEqual(one.heard, [
    'turn ended', // the round was accepted
    `seats ${frame}`,
    'reply first',
    'reply second',
    'personal 7',
    'personal 8',
    'turn ended',
  ])
  assert.deepEqual(two.heard, [`seats ${frame}`, 'personal 0', 'personal 0', 'turn ended'])
  assert.deepEqual(one.news, two.news)
})

test('F7 equal socket numbers of two gateways are told apart', () => {
  const { world, one, two } = staged()
  one.ask('ours', holdOf('ours', SHOW), 7)
  world.run(10)
  two.ask('theirs', holdOf('theirs', SHOW), 7)
  world.run(10)
  assert.deepEqual(
    one.personalNews.map(({ origin }) => origin),
    [7, 0],
  )
  assert.deepEqual(
    two.personalNews.map(({ origin }) => origin),
    [0, 7],
  )
})

test('F1 an acknowledged change is on every gateway within 150 ms', () => {
  const { world, one, two } = staged()
  world.mischief = { loss: 0, duplicates: 0, delayMsMax: 1 }
  for (let at = 0; at < 50; at += 1) {
    one.ask(`${at}`, holdOf(`${at}`, SHOW))
    world.run(20)
    assert.equal(one.told.length, at + 1)
    world.run(2)
    assert.equal(two.news.at(-1)?.shows[0]?.to, at + 1)
  }
})

test('FS1 a frame that did not come is noticed by the next one', () => {
  const { world, one, two } = staged()
  world.admit = ({ subject, to }) => !(subject.includes('.feed.') && to === 'gateway-2')
  one.ask('lost', holdOf('lost', SHOW))
  world.run(10)
  world.admit = () => true
  one.ask('next', holdOf('next', SHOW))
  world.run(10)
  assert.equal(two.heard[0], `hole ${SHARD}`)
  assert.match(two.heard[1] as string, /^seats/)
  assert.ok(!one.heard.includes(`hole ${SHARD}`))
})

test('FS1 FP3 when nothing follows, the head tells it within 250 ms', () => {
  const { world, one, two } = staged()
  world.admit = ({ subject, to }) => !(subject.includes('.feed.') && to === 'gateway-2')
  one.ask('lost', holdOf('lost', SHOW))
  world.run(10)
  world.admit = () => true
  world.run(250)
  assert.ok(two.heard.includes(`hole ${SHARD}`))
  two.heard.length = 0
  world.run(500)
  assert.ok(!two.heard.includes(`hole ${SHARD}`), 'once')
})

test('FS1 another reign is a hole: the last frames of the one before may be missing', () => {
  const { world, one } = staged()
  const b = world.allocator('allocator-b')
  b.claim(SHARD)
  world.run(10)
  assert.deepEqual(one.heard, [`hole ${SHARD}`, 'turn ended'])
})

test('FS1 a connection that was away makes every shard doubtful', () => {
  const { world, one } = staged()
  const place = world.network.at('gateway-1')
  place.cut()
  world.run(100)
  place.heal()
  assert.deepEqual(one.heard.filter(heard => heard.startsWith('hole')).length, 16)
})

test('FS2 a shard without a word for a second is asked again every second', () => {
  const { world, one } = staged()
  world.admit = ({ subject }) => subject !== `test.feed.${SHARD}`
  world.run(900)
  assert.deepEqual(
    one.heard.filter(heard => heard.startsWith('hole')),
    [],
  )
  world.run(3_000)
  const holes = one.heard.filter(heard => heard === `hole ${SHARD}`).length
  assert.ok(holes >= 2 && holes <= 3, `${holes} times`)
  assert.ok(QUIET.every(shard => !one.heard.includes(`hole ${shard}`)))
})

function newsOf(epoch: number, frame: number, previousFrame: number): FrameNews {
  return {
    shard: SHARD,
    incarnation: asIncarnation(1),
    epoch: asEpoch(epoch),
    frame: asFrameNumber(frame),
    previousFrame: asFrameNumber(previousFrame),
    now: asInstant(1),
    shows: [],
  }
}

test('E6 news and heads of an earlier reign are dropped, and do not break the silence', () => {
  const { world, one, a } = staged()
  const b = world.allocator('allocator-b')
  b.claim(SHARD)
  world.run(10)
  one.heard.length = 0
  a.publisher.seats(newsOf(1, 90, 2))
  a.publisher.turnEnded()
  world.run(10)
  assert.deepEqual(one.news, [])
  b.publisher.end(SHARD) // from now on only the zombie tells its heads
  world.run(1_500)
  assert.ok(one.heard.includes(`hole ${SHARD}`))
})

test('FS1 frames that come again or late change nothing', () => {
  const { world, one, a } = staged()
  for (const [frame, previous] of [
    [2, 1],
    [3, 2],
    [2, 1],
    [3, 2],
  ] as const) {
    a.publisher.seats(newsOf(1, frame, previous))
    a.publisher.turnEnded()
    world.run(5)
  }
  assert.deepEqual(
    one.heard.filter(heard => heard !== 'turn ended'),
    ['seats 2', 'seats 3'],
  )
})
