// The end of a simulated cluster's day: peace, and everything that was ever told must agree.
//
//   all faults end -> every shard is served, every ask answered -> settling holds are resolved -> time
//   passes until nothing is live -> the Ledger has it all -> every gateway shows it
//
// Owns: what must be true then. Leaves to others: rules on the way (judge.ts, client-judge.ts).

import type { ShardNumber } from '../../../shared/ids.ts'
import { withCordon } from '../../../shared/placement-table.ts'
import { check } from '../audit-error.ts'
import { replayedDigest } from '../digests.ts'
import { checkRows, hasLiveHold, settleAll } from '../end-of-day.ts'
import type { ClusterWorld } from './cluster-world.ts'
import type { SimReign } from './sim-allocator.ts'

const ROUNDS_MAX = 60
const CALM_MS_MAX = 60_000
const LOOK_MS = 250
/** H3: so late may an expiry be */
const LATE_MS_MAX = 250
const HOURS_MS = 2 * 60 * 60 * 1000

export async function checkClusterEnd(world: ClusterWorld): Promise<void> {
  world.note('the end of the day')
  Object.assign(world.weather, { lost: 0, twice: 0, late: 0, sendFaults: 0, staleReads: 0 })
  world.broker.calm()
  Object.assign(world.town.temper, { sendFaults: 0, pageFaults: 0 })
  world.network.healAll()
  for (const { node } of [...world.crew.allocators, ...world.crew.gateways]) {
    node.spare()
    node.wake()
  }
  while (world.crew.liveAllocators.filter(one => !one.isLeaving).length < 2)
    world.crew.startAllocator()
  while (world.crew.liveGateways.length < 2) world.crew.startGateway()
  world.table.change(table =>
    [...table.cordoned].reduce((now, node) => withCordon(now, node, false), table),
  )
  await comeToRest(world)
  for (let round = 0; round < ROUNDS_MAX && hasLiveHold(world); round += 1) {
    settleAll(world)
    await comeToRest(world)
    world.crew.sleepAll(HOURS_MS)
    await comeToRest(world)
  }
  world.judge.guard(() => {
    for (const auditor of world.judge.auditors.values()) {
      for (const [number, show] of auditor.shows) checkRows(world, number, show)
    }
    for (const gateway of world.crew.liveGateways) world.clients.checkConverged(gateway)
  })
}

/** Nothing is under way any more. */
async function comeToRest(world: ClusterWorld): Promise<void> {
  const endMs = world.agenda.nowMs + CALM_MS_MAX
  await world.pass(2_000)
  while (world.judge.failure === undefined && !isAtRest(world)) {
    const [open] = world.unanswered
    check(world.agenda.nowMs < endMs, 'W5', `no rest: ${whyNot(world)}, ${open?.kind}`)
    for (const shard of world.town.shards) world.ledgerStep(shard, 16)
    await world.pass(LOOK_MS)
  }
  if (world.judge.failure !== undefined) return
  world.judge.checkQuiet(shard => reignOf(world, shard), LATE_MS_MAX)
  world.judge.guard(() => {
    for (const shard of world.town.shards) {
      const reign = reignOf(world, shard)
      const replayed = replayedDigest(world.disk, shard, reign.durableFrame())
      check(reign.digest() === replayed, 'T1', `shard ${shard}: memory differs from its replay`)
    }
  })
}

function isAtRest(world: ClusterWorld): boolean {
  return whyNot(world) === undefined
}

function whyNot(world: ClusterWorld): string | undefined {
  if (world.unanswered.length > 0) return `${world.unanswered.length} asks wait`
  if (world.ledger.hasWork) return 'the ledger is behind'
  for (const shard of world.town.shards) {
    const reign = world.crew.reigns.get(shard)
    const owner = world.crew.liveAllocators.find(({ node }) => node === reign?.node)
    if (owner?.reigns.get(shard) !== reign) return `nobody serves shard ${shard}`
    if (reign?.isIdle !== true) return `shard ${shard} is busy`
  }
  return undefined
}

function reignOf(world: ClusterWorld, shard: ShardNumber): SimReign {
  const reign = world.crew.reigns.get(shard)
  check(reign !== undefined, 'E1', `nobody ever served shard ${shard}`)
  return reign
}
