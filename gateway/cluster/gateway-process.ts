// The process `usher gateway`: the same listener as in one process, its shards behind NATS.
//
//   1. link and feed over NATS   2. shows of the catalogue opened   3. HTTP, WebSocket, page   4. ops
//
//   GP1. It says that it serves only when it does: readiness of the cluster waits for it.

import { setTimeout as sleep } from 'node:timers/promises'
import { MembershipOwners } from '../../allocator/owners.ts'
import { fillDemo } from '../../persistence/demo.ts'
import { PostgresPlanSource } from '../../persistence/layout-store.ts'
import { showsOnSale } from '../../persistence/shows-on-sale.ts'
import { LIMITS } from '../../shared/limits.ts'
import type { Link } from '../../shared/ports.ts'
import type { Reply } from '../../shared/views.ts'
import { openShows } from '../open-shows.ts'
import { startGateway } from '../start-gateway.ts'
import { buildWeb } from '../web-build.ts'
import { type ClusterNode, runNode } from './node.ts'
import { openOps } from './node-ops.ts'
import { hearPlainly, PlainLink } from './plain-link.ts'

const LOOK_AGAIN_MS = 50
const RETRY_MS = 200

export function main(): Promise<void> {
  return runNode('gateway', start)
}

async function start(node: ClusterNode): Promise<void> {
  const { config, cluster, database, nats, log, service, version, membership } = node
  // 1.
  const owners = new MembershipOwners(membership)
  const link = new PlainLink({ nats, cluster: cluster.name, owners })
  const plans = new PostgresPlanSource(database.sql)
  const dist = await buildWeb(log)
  // 2.
  if (config.hasDemo) await fillDemo(database.sql, Date.now())
  await whenOwned(owners)
  const pages = showsOnSale(database.sql)
  await openShows({ pages, plans, log, ask: request => askUntilTold(link, request) })
  // 3.
  const gateway = await startGateway(
    { config, service, log, link, database, plans, dist, version, figures: {} },
    live => hearPlainly({ nats, cluster: cluster.name }, live),
  )
  // 4.
  const opsPort = await openOps(node, { metrics: gateway.metrics, checks: () => [] })
  membership.speak(() => ({ state: 'serving', serves: [], ready: [], opsPort })) // GP1
}

/** Shows are opened once somebody can open them. */
async function whenOwned(owners: MembershipOwners): Promise<void> {
  while (owners.ownedCount < LIMITS.shardCount) await sleep(LOOK_AGAIN_MS)
}

/** A shard on its way is asked again: opening a show twice is opening it once. */
async function askUntilTold(link: Link, request: Parameters<Link['submit']>[0]): Promise<Reply> {
  for (;;) {
    const reply = await new Promise<Reply>(resolve => link.submit(request, 0, resolve))
    if (reply.kind !== 'fault') return reply
    await sleep(RETRY_MS)
  }
}
