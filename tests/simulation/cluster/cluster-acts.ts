// What may happen next in a simulated cluster, and how likely it is.
//
// Owns: the choice of people's wishes, faults and operators' acts. Leaves to others: carrying it out.

import type { NodeId, ShardNumber } from '../../../shared/ids.ts'
import { withCordon, withOwner, withPin } from '../../../shared/placement-table.ts'
import { check } from '../audit-error.ts'
import type { ClusterWorld } from './cluster-world.ts'
import type { SimAllocator } from './sim-allocator.ts'
import type { SimNode } from './sim-node.ts'

const CHOICES = {
  ask: 40,
  crowd: 6,
  again: 5,
  reask: 8,
  otherBody: 1,
  wait: 8,
  ledger: 24,
  pause: 0.7,
  killOwner: 0.9,
  killAny: 0.4,
  killGateway: 0.3,
  sleepOwner: 0.9,
  sleepAny: 0.6,
  cut: 0.9,
  part: 0.8,
  move: 1.6,
  cordon: 0.4,
  leave: 0.4,
  join: 0.8,
  leaderChange: 0.5,
  storeFull: 0.3,
  ledgerCrash: 0.8,
  losePage: 0.4,
} as const

type Choice = keyof typeof CHOICES

const ACTS: Readonly<Record<Choice, (world: ClusterWorld) => void | Promise<void>>> = {
  ask: world => world.ask(world.workload.next()),
  crowd,
  again,
  reask,
  otherBody,
  wait: world => world.pass(world.random.between(10, 600)),
  ledger: world => world.ledgerStep(pickShard(world), world.random.between(1, 6)),
  pause,
  killOwner: world => kill(world, pickOwner(world)?.node),
  killAny: world => kill(world, world.random.pick(world.crew.liveAllocators)?.node),
  killGateway: world => kill(world, world.random.pick(world.crew.liveGateways)?.node),
  sleepOwner: world => sleep(world, pickOwner(world)?.node),
  sleepAny: world => sleep(world, pickNode(world)),
  cut,
  part,
  move,
  cordon,
  leave,
  join,
  leaderChange: world => {
    world.fault('leader-change')
    world.broker.changeLeader(world.random.between(10, 1_500))
  },
  storeFull: world => {
    world.note('-- the store is full')
    world.broker.fill(world.random.between(10, 3_000))
  },
  ledgerCrash: world => {
    world.fault('ledger-crash')
    world.judge.guard(() => world.ledger.crash())
  },
  losePage,
}

export async function act(world: ClusterWorld): Promise<void> {
  if (world.crew.liveAllocators.length < 2 && world.random.chance(0.1)) world.crew.startAllocator()
  if (world.crew.liveGateways.length < 2 && world.random.chance(0.1)) world.crew.startGateway()
  await ACTS[world.random.weighted(CHOICES)](world)
  await world.pass(world.random.below(12))
}

const UP_MS_MAX = 10_000

/** Everybody is up, every shard is served, every show is open. */
export async function openHouse(world: ClusterWorld): Promise<void> {
  world.crew.startGateway()
  world.crew.startGateway()
  world.crew.startAllocator()
  world.crew.startAllocator()
  const { shards, shows } = world.town
  for (let waitedMs = 0; !shards.every(shard => world.crew.reigns.has(shard)); waitedMs += 100) {
    check(waitedMs < UP_MS_MAX, 'E1', 'the cluster does not come up')
    await world.pass(100)
  }
  for (const show of shows)
    world.ask({ kind: 'open-show', show, terms: world.town.firstTerms(show) })
  await world.pass(200)
}

function pickShard({ random, town }: ClusterWorld): ShardNumber {
  return random.pick(town.shards) as ShardNumber
}

function crowd(world: ClusterWorld): void {
  const count = world.random.between(3, 9)
  const gateway = world.random.pick(world.crew.liveGateways)
  for (let at = 0; at < count; at += 1) world.ask(world.workload.next(), gateway)
}

/** A client that heard nothing yet, or lost what it heard, sends the same again (D5). */
function again(world: ClusterWorld): void {
  const request = world.pickAsked()
  if (request === undefined) return
  world.fault(world.isUndecided(request) ? 'repeat-undecided' : 'repeat')
  world.ask(world.workload.again(request))
}

function reask(world: ClusterWorld): void {
  const request = world.takeLost()
  if (request !== undefined) world.ask(world.workload.again(request))
}

function otherBody(world: ClusterWorld): void {
  const request = world.pickAsked()
  const other = request === undefined ? undefined : world.workload.otherBody(request)
  if (other === undefined) return
  world.fault('other-body')
  world.ask(other)
}

// Faults

const STEPS_BEFORE_MAX = 40

function pickOwner(world: ClusterWorld): SimAllocator | undefined {
  return world.crew.ownerOf(world.random.pick(world.town.shows) ?? 0)
}

function pickNode({ random, crew }: ClusterWorld): SimNode | undefined {
  return random.pick([...crew.liveAllocators, ...crew.liveGateways])?.node
}

/** The machines sleep, all of them: long holds end, what was under way comes late. */
async function pause(world: ClusterWorld): Promise<void> {
  if (world.random.chance(0.7)) await world.pass(world.random.between(50, 300))
  world.fault('pause')
  world.crew.sleepAll(world.random.pick([1_200, 5_000, 61_000, 125_000, 400_000]) ?? 1_200)
}

/** Between any two of its steps. */
function kill(world: ClusterWorld, node: SimNode | undefined): void {
  if (node?.isAlive !== true) return
  node.atStep(world.random.below(STEPS_BEFORE_MAX), () => {
    world.fault(node.name.startsWith('g') ? 'gateway-killed' : 'allocator-killed')
    node.kill()
  })
}

/** SIGSTOP between any two of its steps, SIGCONT later: a zombie when it was replaced meanwhile. */
function sleep(world: ClusterWorld, node: SimNode | undefined): void {
  if (node?.isAlive !== true) return
  const { random, agenda, network } = world
  const forMs = random.pick([150, 700, 1_500, 3_000, 8_000]) ?? 700
  node.atStep(random.below(STEPS_BEFORE_MAX), () => {
    world.fault('stopped')
    node.sleep()
    // what does not read for long is disconnected by the broker
    if (forMs > 2_500 && random.chance(0.5)) network.cut(node, forMs, forMs)
    agenda.after(forMs, () => {
      world.note(`${node.name} goes on`)
      node.wake()
    })
  })
}

/** A process loses the broker, and notices at once or late. */
function cut(world: ClusterWorld): void {
  const { random, network } = world
  const node = random.chance(0.5) ? pickOwner(world)?.node : pickNode(world)
  if (node?.isAlive !== true) return
  world.fault('cut')
  const forMs = random.pick([30, 300, 1_200, 4_000]) ?? 300
  network.cut(node, random.chance(0.5) ? 0 : random.below(2_500), forMs)
}

/** One does not hear another one, while everybody hears the broker. */
function part(world: ClusterWorld): void {
  const { random, network } = world
  const [from, to] = [pickNode(world), pickNode(world)]
  if (from === undefined || to === undefined || from === to) return
  world.fault('parted')
  const forMs = random.between(20, 2_000)
  network.part(from, to, forMs)
  if (random.chance(0.5)) network.part(to, from, forMs)
}

function losePage(world: ClusterWorld): void {
  world.fault('lost-page')
  const shows = [0, ...world.town.shows]
  world.disk.pages.lose(pickShard(world), world.random.pick(shows) ?? 0)
}

// Operators

function move(world: ClusterWorld): void {
  const { random, table, crew } = world
  const to = random.pick(crew.liveAllocators)?.node.name as NodeId | undefined
  const shard = pickShard(world)
  if (to === undefined || table.stored.value?.assignments[shard] === to) return
  world.fault('move-asked')
  world.note(`shard ${shard} shall go to ${to}`)
  const isPinned = random.chance(0.3)
  table.change(now => {
    const moved = withOwner(now, shard, to)
    return isPinned ? withPin(moved, shard, to) : moved
  })
}

function cordon(world: ClusterWorld): void {
  const { random, table, crew } = world
  const node = random.pick(crew.liveAllocators)?.node.name as NodeId | undefined
  if (node === undefined) return
  world.fault('cordon')
  table.change(now => withCordon(now, node, !now.cordoned.has(node)))
}

/** SIGTERM: hands everything over, then ends. */
function leave(world: ClusterWorld): void {
  const allocator = world.random.pick(world.crew.liveAllocators)
  if (allocator === undefined || allocator.isLeaving || !allocator.node.isRunning) return
  world.fault('leave')
  world.crew.leave(allocator)
}

function join(world: ClusterWorld): void {
  if (world.crew.liveAllocators.length >= 4) return
  world.fault('join')
  world.crew.startAllocator()
}
