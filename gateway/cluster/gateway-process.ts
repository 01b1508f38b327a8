// The process `usher gateway`: the same listener as in one process, its shards behind NATS.
//
//   1. link and feed over NATS   2. shows of the catalogue opened   3. HTTP, WebSocket, page   4. ops
//
//   GP1. It says that it serves only when it does: readiness of the cluster waits for it.
//   GP2. Drained, it is there and healthy without a client, until somebody ends it.

import { setTimeout as sleep } from 'node:timers/promises'
import { MembershipOwners } from '../../allocator/owners.ts'
import { fillDemo } from '../../persistence/demo.ts'
import { PostgresPlanSource } from '../../persistence/layout-store.ts'
import { showsOnSale } from '../../persistence/shows-on-sale.ts'
import { BrokerWatch } from '../../shared/broker-watch.ts'
import { systemClock } from '../../shared/clock.ts'
import { newSession } from '../../shared/ids.ts'
import { LIMITS } from '../../shared/limits.ts'
import { NatsTransport } from '../../shared/nats-transport.ts'
import type { Link } from '../../shared/ports.ts'
import { nodeSubjectOf } from '../../shared/presence.ts'
import type { Reply } from '../../shared/views.ts'
import { FeedSubscriber } from '../feed-subscriber.ts'
import { NatsLink } from '../nats-link.ts'
import { openShows } from '../open-shows.ts'
import { RecentFigures } from '../recent-figures.ts'
import { startGateway } from '../start-gateway.ts'
import { buildWeb } from '../web-build.ts'
import { type ClusterNode, runNode } from './node.ts'
import { openOps } from './node-ops.ts'

const LOOK_AGAIN_MS = 50
const RETRY_MS = 200

export function main(): Promise<void> {
  return runNode('gateway', start)
}

async function start(node: ClusterNode): Promise<void> {
  const { config, cluster, database, nats, log, service, version, membership } = node
  // 1.
  const owners = new MembershipOwners(membership)
  const transport = new NatsTransport(nats)
  const session = newSession()
  const common = { transport, cluster: cluster.name, session, clock: systemClock }
  let subscriber: FeedSubscriber | undefined
  const onReplies = (): void => subscriber?.noteOutput()
  const link = new NatsLink({ ...common, gateway: node.id, owners, onReplies })
  service.onStop('link', () => link.stop())
  const plans = new PostgresPlanSource(database.sql)
  const dist = await buildWeb(log)
  // 2.
  if (config.hasDemo) await fillDemo(database.sql, Date.now())
  await whenOwned(owners)
  const pages = showsOnSale(database.sql)
  await openShows({ pages, plans, log, ask: request => askUntilTold(link, request) })
  // 3.
  const broker = new BrokerWatch(nats)
  const figures = {
    link: () => ({ unanswered: link.unansweredCount, ...link.counts() }),
    broker: () => broker.figures(),
  }
  const gateway = await startGateway(
    { config, service, log, link, database, plans, dist, version, figures },
    live => {
      subscriber = new FeedSubscriber({ ...common, sink: live })
      service.onStop('feed', () => subscriber?.stop())
    },
  )
  // 4.
  const opsPort = await openOps(node, { metrics: gateway.metrics.registry, checks: () => [] })
  const recent = new RecentFigures(gateway.requests, systemClock)
  let state: 'serving' | 'leaving' = 'serving'
  membership.speak(() => ({ state, serves: [], ready: [], opsPort, figures: recent.read() })) // GP1
  onDrain(node, async () => {
    state = 'leaving'
    membership.beat()
    await gateway.drain()
  })
}

/** GP2: answered when it is done. */
function onDrain({ nats, cluster, id }: ClusterNode, drain: () => Promise<void>): void {
  nats.subscribe(nodeSubjectOf(cluster.name, id), {
    callback: (error, message) => {
      if (error === null && message.string() === 'drain') void drain().then(() => message.respond())
    },
  })
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
