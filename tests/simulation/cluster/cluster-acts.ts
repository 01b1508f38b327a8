// What may happen next in a simulated cluster, and how likely it is.
//
// Owns: the choice of people's wishes, faults and operators' acts. Leaves to others: carrying it out.

import type { ShardNumber } from '../../../shared/ids.ts'
import { check } from '../audit-error.ts'
import type { ClusterWorld } from './cluster-world.ts'

const CHOICES = {
  ask: 40,
  crowd: 6,
  again: 5,
  reask: 8,
  otherBody: 1,
  wait: 8,
  ledger: 24,
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
}

export async function act(world: ClusterWorld): Promise<void> {
  await ACTS[world.random.weighted(CHOICES)](world)
  await world.pass(world.random.below(12))
}

const UP_MS_MAX = 10_000

/** Everybody is up, every shard is served, every show is open. */
export async function openHouse(world: ClusterWorld): Promise<void> {
  world.startGateway()
  world.startGateway()
  world.startAllocator()
  world.startAllocator()
  const { shards, shows } = world.town
  for (let waitedMs = 0; !shards.every(shard => world.reigns.has(shard)); waitedMs += 100) {
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
  const gateway = world.random.pick(world.liveGateways)
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
