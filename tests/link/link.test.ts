// The link between gateways and allocators: one answer each, in order, whatever happens on the way.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteReader } from '../../shared/binary.ts'
import { asShowNumber, type HoldId, sameId } from '../../shared/ids.ts'
import { readAsks } from '../../shared/link-batches.ts'
import type { Passage } from '../../shared/memory-transport.ts'
import { shardOf } from '../../shared/placement.ts'
import type { Reply } from '../../shared/views.ts'
import { type DurableShard, holdOf, type TestAllocator } from './link-allocator.ts'
import { LinkWorld, type TestGateway } from './link-world.ts'

const SHOW = asShowNumber(1)
const SHARD = shardOf(SHOW)

interface Stage {
  readonly world: LinkWorld
  readonly gateway: TestGateway
  readonly a: TestAllocator
  readonly b: TestAllocator
  readonly shard: DurableShard
}

/** One gateway and two allocators, of which the first owns the shard. */
function staged(seed = 1): Stage {
  const world = new LinkWorld(seed)
  const gateway = world.gateway('gateway-1')
  const [a, b] = [world.allocator('allocator-a'), world.allocator('allocator-b')]
  a.claim(SHARD)
  world.assign(SHARD, a.node)
  world.run(10)
  return { world, gateway, a, b, shard: world.shards[SHARD] as DurableShard }
}

function codeOf(reply: Reply | undefined): string {
  if (reply === undefined) return 'nothing'
  return reply.kind === 'fault' || reply.kind === 'refused' ? reply.code : reply.kind
}

/** The reign in which a hold was answered. */
function epochOf(reply: Reply | undefined): number {
  return reply?.kind === 'hold' ? reply.hold.incarnation : 0
}

const isAsk = ({ subject }: Passage) => subject.includes('.ask.')
const isReply = ({ subject }: Passage) => subject.includes('.reply.')

test('LK6 asks of a turn leave in one message, replies of a turn come in one', () => {
  const { world, gateway } = staged()
  const messages: string[] = []
  world.admit = ({ subject }) => messages.push(subject) > 0
  for (let at = 0; at < 50; at += 1) gateway.ask(`hold ${at}`, holdOf(`${at}`, SHOW))
  world.run(20)
  assert.equal(gateway.told.length, 50)
  assert.equal(messages.filter(subject => subject.includes('.ask.')).length, 1)
  assert.equal(messages.filter(subject => subject.includes('.reply.')).length, 2)
  assert.deepEqual(
    gateway.told.map(({ name }) => name),
    Array.from({ length: 50 }, (_, at) => `hold ${at}`),
  )
})

test('LK7 an owner with too many unanswered asks gets no more', () => {
  const { world, gateway, shard } = staged()
  world.admit = passage => !isReply(passage)
  for (let at = 0; at < 2_001; at += 1) gateway.ask(`${at}`, holdOf(`${at}`, SHOW))
  assert.deepEqual(
    gateway.told.map(({ reply }) => codeOf(reply)),
    ['overloaded'],
  )
  world.run(100)
  assert.equal(shard.executed.length, 2_000)
  world.admit = () => true
  world.run(10_000)
  assert.equal(gateway.told.length, 2_001, 'the others are answered once the way is free')
})

test('LK8 asks wait for an owner and nobody hears of it', () => {
  const { world, gateway, a, b } = staged()
  a.cede(SHARD)
  world.assign(SHARD, undefined)
  world.run(10)
  gateway.ask('first', holdOf('first', SHOW))
  world.run(200)
  assert.equal(gateway.told.length, 0)
  b.claim(SHARD)
  world.assign(SHARD, b.node)
  world.run(20)
  assert.deepEqual(
    gateway.told.map(({ reply }) => codeOf(reply)),
    ['hold'],
  )
})

test('LS3 an owner that is not one refuses the round, which goes to the next one in order', () => {
  const { world, gateway, a, b, shard } = staged()
  a.cede(SHARD)
  for (let at = 0; at < 40; at += 1) gateway.ask(`${at}`, holdOf(`${at}`, SHOW))
  world.run(100)
  assert.equal(gateway.told.length, 0, 'the gateway still believes in the old owner')
  world.assign(SHARD, b.node)
  world.run(60)
  assert.equal(gateway.told.length, 0, 'the new owner has not claimed yet')
  b.claim(SHARD)
  world.run(60)
  assert.deepEqual(
    gateway.told.map(({ name, reply }) => `${name} ${codeOf(reply)}`),
    Array.from({ length: 40 }, (_, at) => `${at} hold`),
  )
  assert.equal(shard.executed.length, 40)
})

test('LK2 an owner that refuses is tried with a few asks, however many wait', () => {
  const { world, gateway, a, b } = staged()
  a.cede(SHARD)
  for (let at = 0; at < 1_000; at += 1) gateway.ask(`${at}`, holdOf(`${at}`, SHOW))
  let askCount = 0
  world.admit = passage => {
    if (!isAsk(passage)) return true
    for (const { asks } of readAsks(new ByteReader(passage.bytes)).groups) askCount += asks.length
    return true
  }
  world.run(250)
  assert.ok(askCount <= 1_000 + 11 * 16, `${askCount} asks were sent`)
  b.claim(SHARD)
  world.assign(SHARD, b.node)
  world.run(40)
  assert.equal(gateway.told.length, 1_000)
})

test('LK1 a crash: what the old owner decided and did not tell is told by the new one, once', () => {
  const { world, gateway, b, shard } = staged()
  world.admit = passage => !isReply(passage)
  for (let at = 0; at < 20; at += 1) gateway.ask(`${at}`, holdOf(`${at}`, SHOW))
  world.run(50)
  assert.equal(shard.executed.length, 20)
  world.admit = passage => passage.from !== 'allocator-a' && passage.to !== 'allocator-a'
  b.claim(SHARD)
  world.assign(SHARD, b.node)
  world.run(50)
  assert.equal(gateway.told.length, 20)
  assert.ok(gateway.told.every(({ reply }) => epochOf(reply) === 2))
  assert.equal(shard.executed.length, 20, 'D5: each was done once')
})

test('E6 late replies of an earlier reign are dropped, their asks answered by the later one', () => {
  const { world, gateway, b } = staged()
  const late: Passage[] = []
  world.admit = passage => {
    if (isReply(passage) && passage.from === 'allocator-a') late.push(passage)
    return !late.includes(passage)
  }
  gateway.ask('first', holdOf('first', SHOW))
  gateway.ask('second', holdOf('second', SHOW))
  world.run(50)
  assert.equal(late.length, 2, 'round accepted, then the replies')
  b.claim(SHARD)
  world.assign(SHARD, b.node)
  world.run(1)
  gateway.ask('third', holdOf('third', SHOW))
  world.run(50)
  assert.deepEqual(
    gateway.told.map(({ reply }) => epochOf(reply)),
    [2, 2, 2],
  )
  for (const passage of late) passage.arrive()
  assert.equal(gateway.told.length, 3)
  assert.equal(gateway.link.counts().fenced, 2)
})

test('E6 a zombie that is believed in is fenced by its journal, and its asks go on', () => {
  const { world, gateway, b, shard } = staged()
  b.claim(SHARD) // the gateway has not heard of it
  for (let at = 0; at < 5; at += 1) gateway.ask(`${at}`, holdOf(`${at}`, SHOW))
  world.run(30)
  assert.equal(gateway.told.length, 0)
  assert.equal(shard.executed.length, 0)
  world.assign(SHARD, b.node)
  world.run(30)
  assert.deepEqual(
    gateway.told.map(({ reply }) => epochOf(reply)),
    [2, 2, 2, 2, 2],
  )
})

test('LK1 lost asks leave a hole that the owner refuses: the order survives', () => {
  const { world, gateway, shard } = staged()
  let lost = 0
  world.admit = passage => !(isAsk(passage) && lost++ === 0)
  gateway.ask('first', holdOf('first', SHOW))
  world.run(1)
  gateway.ask('second', holdOf('second', SHOW))
  world.run(60)
  assert.deepEqual(
    gateway.told.map(({ name }) => name),
    ['first', 'second'],
  )
  assert.deepEqual(
    shard.executed.map(({ hold }) => sameId(hold, holdOf('first', SHOW).hold as HoldId)),
    [true, false],
  )
})

test('LK1 silence of an owner that lives is broken by asking again', () => {
  const { world, gateway, shard } = staged()
  world.admit = passage => !isAsk(passage)
  gateway.ask('first', holdOf('first', SHOW))
  world.run(500)
  world.admit = () => true
  world.run(400)
  assert.equal(gateway.told.length, 0)
  world.run(200)
  assert.deepEqual(
    gateway.told.map(({ reply }) => codeOf(reply)),
    ['hold'],
  )
  assert.equal(shard.executed.length, 1)
})

test('LK3 an ask whose reply was lost is repeated alone once others overtook it', () => {
  const { world, gateway, shard } = staged()
  let lost = 0
  world.admit = passage => !(isReply(passage) && lost++ === 1)
  gateway.ask('first', holdOf('first', SHOW))
  world.run(20)
  let repeated = 0
  for (let second = 0; second < 20; second += 1) {
    gateway.ask(`later ${second}`, holdOf(`later ${second}`, SHOW))
    world.run(100)
    repeated = gateway.link.counts().rounds
  }
  assert.equal(codeOf(gateway.replyTo('first')), 'hold')
  assert.equal(repeated, 0, 'no round was begun anew')
  assert.equal(shard.executed.length, 21)
})

test('LK8 a broken connection holds asks back and a healed one sends them all', () => {
  const { world, gateway } = staged()
  const place = world.network.at('gateway-1')
  place.cut()
  for (let at = 0; at < 30; at += 1) gateway.ask(`${at}`, holdOf(`${at}`, SHOW))
  world.run(500)
  place.heal()
  world.run(30)
  assert.equal(gateway.told.length, 30)
})

test('LS6 an allocator whose connection broke asks everybody to begin anew', () => {
  const { world, gateway } = staged()
  const place = world.network.at('allocator-a')
  gateway.ask('first', holdOf('first', SHOW))
  world.run(20)
  place.cut()
  gateway.ask('second', holdOf('second', SHOW))
  world.run(50)
  place.heal()
  world.run(60)
  assert.deepEqual(
    gateway.told.map(({ name }) => name),
    ['first', 'second'],
  )
})

test('LS6 malformed batches are counted and change nothing', () => {
  const { world, gateway, a } = staged()
  const stranger = world.network.at('stranger')
  stranger.publish('test.ask.allocator-a', new Uint8Array([0xa1, 1, 2, 3]))
  stranger.publish('test.reply.gateway-1', new Uint8Array([7]))
  stranger.publish(`test.feed.${SHARD}`, new Uint8Array([0x11, 0xff]))
  gateway.ask('first', holdOf('first', SHOW))
  world.run(30)
  assert.equal(gateway.told.length, 1)
  assert.equal(a.server.counts().malformed, 1)
  assert.equal(gateway.link.counts().malformed, 1)
  assert.equal(gateway.subscriber.counts().malformed, 1)
})

test('LK5 giving up answers what still waits, once', () => {
  const { world, gateway } = staged()
  world.admit = passage => !isAsk(passage)
  gateway.ask('command', holdOf('command', SHOW))
  gateway.ask('query', { kind: 'read-show', show: SHOW })
  world.run(600_100)
  assert.deepEqual(
    gateway.told.map(({ name, reply }) => `${name} ${codeOf(reply)}`),
    ['command outcome-unknown', 'query shard-unavailable'],
  )
  assert.equal(gateway.link.unansweredCount, 0)
})
