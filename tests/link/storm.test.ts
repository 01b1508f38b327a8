// Storms: messages lost, doubled and overtaken, owners changing, zombies, cut connections; one seed each.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { asShowNumber, idTextOf, type ShardNumber, type ShowNumber } from '../../shared/ids.ts'
import { shardOf } from '../../shared/placement.ts'
import { type DurableShard, holdOf, type TestAllocator } from './link-allocator.ts'
import { GOOD_DAY, LinkWorld } from './link-world.ts'

const STORM_MS = 4_000
const CALM_MS = 30_000

/** Shows of two shards. */
const SHOWS: readonly ShowNumber[] = Array.from({ length: 6 }, (_, at) =>
  asShowNumber(at + 1),
).filter((show, at, shows) => shows.findIndex(other => shardOf(other) === shardOf(show)) === at)

interface Storm {
  readonly world: LinkWorld
  /** names in the order in which they were asked, by gateway and shard */
  readonly asked: Map<string, string[]>
  readonly reignsHeard: Map<string, number[]>
}

function begin(seed: number): Storm {
  const world = new LinkWorld(seed)
  for (const name of ['gateway-1', 'gateway-2']) world.gateway(name)
  for (const name of ['allocator-a', 'allocator-b', 'allocator-c']) world.allocator(name)
  world.mischief = {
    loss: world.random.pick([0, 0.02, 0.2]) ?? 0,
    duplicates: world.random.pick([0, 0.1, 0.5]) ?? 0,
    delayMsMax: world.random.pick([0, 3, 60, 200]) ?? 0,
  }
  for (const show of SHOWS) reign(world, shardOf(show))
  return { world, asked: new Map(), reignsHeard: new Map() }
}

/** Another owner, by plan or by force; every gateway hears of it in its own time. */
function reign(world: LinkWorld, shard: ShardNumber): void {
  const next = world.random.pick(world.allocators) as TestAllocator
  if (world.random.chance(0.5)) for (const one of world.allocators) one.cede(shard)
  if (world.random.chance(0.3)) world.assign(shard, undefined, 20)
  world.after(world.random.below(120), () => {
    next.claim(shard)
    if (world.random.chance(0.9)) world.assign(shard, next.node, 60)
  })
}

function ask({ world, asked, reignsHeard }: Storm, number: number): void {
  const gateway = world.random.pick(world.gateways)
  const show = world.random.pick(SHOWS)
  if (gateway === undefined || show === undefined) return
  const name = `${number}`
  const line = `${gateway.session} ${shardOf(show)}`
  asked.set(line, [...(asked.get(line) ?? []), name])
  gateway.link.submit(holdOf(name, show), 0, reply => {
    gateway.told.push({ name, reply })
    if (reply.kind !== 'hold') return
    reignsHeard.set(line, [...(reignsHeard.get(line) ?? []), reply.hold.incarnation])
  })
}

function cutSomebody(world: LinkWorld): void {
  const place = world.network.at(
    world.random.pick(['gateway-1', 'allocator-a', 'allocator-b', 'allocator-c']) as string,
  )
  place.cut()
  world.after(world.random.below(300), () => place.heal())
}

function rage(storm: Storm): void {
  const { world } = storm
  let number = 0
  for (let ms = 0; ms < STORM_MS; ms += 20) {
    for (let count = world.random.below(4); count > 0; count -= 1) {
      number += 1
      ask(storm, number)
    }
    if (world.random.chance(0.04)) reign(world, shardOf(world.random.pick(SHOWS) as ShowNumber))
    if (world.random.chance(0.02)) cutSomebody(world)
    world.run(20)
  }
}

/** The network is well again, and everybody knows the owners. */
function calmDown({ world }: Storm): void {
  world.mischief = GOOD_DAY
  world.run(1_000)
  for (const show of SHOWS) {
    const last = world.allocators[0] as TestAllocator
    for (const one of world.allocators) if (one !== last) one.cede(shardOf(show))
    last.claim(shardOf(show))
    world.assign(shardOf(show), last.node)
  }
  world.run(CALM_MS)
}

function judge({ world, asked, reignsHeard }: Storm): void {
  for (const gateway of world.gateways) {
    const names = gateway.told.map(({ name }) => name)
    assert.equal(new Set(names).size, names.length, 'LK5: nobody is answered twice')
    assert.equal(gateway.link.unansweredCount, 0, 'LK5: everybody is answered')
    const faults = gateway.told.filter(({ reply }) => reply.kind !== 'hold')
    assert.deepEqual(faults, [], 'LK8: nobody hears of a move')
  }
  for (const [line, names] of asked) {
    const shard = world.shards[Number(line.split(' ')[1])] as DurableShard
    const holds = new Map(shard.executed.map(({ hold }, at) => [idTextOf(hold), at]))
    assert.equal(holds.size, shard.executed.length, 'LK4: nothing is done twice')
    const done = names.map(name => placeOf(holds, name))
    assert.ok(
      done.every((place, at) => at === 0 || place > (done[at - 1] as number)),
      `LK1: asks of a line are done in their order: ${done.join(' ')}`,
    )
  }
  for (const heard of reignsHeard.values()) {
    assert.deepEqual(
      heard,
      [...heard].sort((one, other) => one - other),
      'E6: no earlier reign',
    )
  }
}

function placeOf(holds: ReadonlyMap<string, number>, name: string): number {
  for (const show of SHOWS) {
    const place = holds.get(idTextOf(holdOf(name, show).hold))
    if (place !== undefined) return place
  }
  throw new Error(`hold ${name} was answered and never done`)
}

function weather(seed: number): Storm {
  const storm = begin(seed)
  rage(storm)
  calmDown(storm)
  judge(storm)
  return storm
}

test('LK1 LK4 LK5 E6 after any storm each ask was done once, in order, and answered once', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), seed => {
      weather(seed)
    }),
    { numRuns: 50 },
  )
})

test('the storms do what they are for: replies are fenced, come late, rounds begin anew', () => {
  const sums = { fenced: 0, late: 0, rounds: 0, told: 0, replays: 0 }
  for (let seed = 1; seed <= 20; seed += 1) {
    for (const gateway of weather(seed).world.gateways) {
      const { fenced, late, rounds } = gateway.link.counts()
      sums.fenced += fenced
      sums.late += late
      sums.rounds += rounds
      sums.told += gateway.told.length
      sums.replays += gateway.told.filter(
        ({ reply }) => 'isReplay' in reply && reply.isReplay,
      ).length
    }
  }
  for (const [what, count] of Object.entries(sums)) assert.ok(count > 0, what)
})
