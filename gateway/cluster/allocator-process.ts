// The process `usher allocator`: from a broker that can be trusted to shards that are served.
//
//   1. broker and streams   2. journal, ledger's progress, clock   3. shards   4. link and feed   5. ops

import { ClusterAllocator } from '../../allocator/cluster-allocator.ts'
import { FeedPublisher } from '../../allocator/feed-publisher.ts'
import { prepareBroker } from '../../allocator/journal/broker-checks.ts'
import { JetStreamJournal } from '../../allocator/journal/jetstream.ts'
import { LinkServer } from '../../allocator/link-server.ts'
import { PlacementWatch } from '../../allocator/placement-watch.ts'
import { clusterIdentity } from '../../persistence/cluster-identity.ts'
import { PostgresPlanSource } from '../../persistence/layout-store.ts'
import { RemoteProgress } from '../../persistence/remote-progress.ts'
import { PostgresSnapshots } from '../../persistence/snapshots.ts'
import { systemClock } from '../../shared/clock.ts'
import { LIMITS } from '../../shared/limits.ts'
import { NatsTransport } from '../../shared/nats-transport.ts'
import { ClockSkew, databaseTeller } from '../clock-skew.ts'
import { createMetrics } from '../metrics.ts'
import { type ClusterNode, runNode } from './node.ts'
import { openOps } from './node-ops.ts'

export interface AllocatorFlags {
  readonly allowDegraded: boolean
}

const REPLICAS_OF_CLUSTER = 3

export function main(flags: AllocatorFlags): Promise<void> {
  return runNode('allocator', node => start(node, flags))
}

async function start(node: ClusterNode, { allowDegraded }: AllocatorFlags): Promise<void> {
  const { cluster, database, nats, log, service, membership } = node
  // 1.
  const warnings = await prepareBroker({
    nats,
    cluster: cluster.name,
    monitorUrls: cluster.monitorUrls,
    allowDegraded,
    identity: await clusterIdentity(database.sql),
    shardCount: LIMITS.shardCount,
    replicas: cluster.natsUrls.length >= REPLICAS_OF_CLUSTER ? REPLICAS_OF_CLUSTER : 1,
  })
  for (const sentence of warnings) log.warn(sentence)
  // 2.
  const onTrouble = (sentence: string, cause?: unknown): void => log.warn({ err: cause }, sentence)
  const journal = await JetStreamJournal.open({ nats, cluster: cluster.name })
  const ledger = await RemoteProgress.open({ nats, cluster: cluster.name, pool: database.pool })
  service.onStop("ledger's progress", () => ledger.close())
  const skew = await ClockSkew.watch(databaseTeller(database.pool))
  service.onStop('clock watch', () => skew.stop())
  const placement = await PlacementWatch.open(nats, cluster.name)
  service.onStop('placement', () => placement.stop())
  // 3.
  const transport = new NatsTransport(nats)
  const publisher = new FeedPublisher({ transport, cluster: cluster.name })
  service.onStop('feed', () => publisher.stop())
  let opsPort = 0
  const allocator = new ClusterAllocator({
    journal,
    snapshots: new PostgresSnapshots(database.sql, {
      onDamaged: (shard, show) => log.error({ shard, show }, 'a snapshot page is damaged, ignored'),
    }),
    plans: new PostgresPlanSource(database.sql),
    ledger,
    refreshLedger: () => ledger.refresh(),
    feed: publisher,
    onBegin: claim => publisher.begin({ ...claim, frame: claim.number }),
    onEnd: shard => publisher.end(shard),
    clock: systemClock,
    owner: node.id,
    membership,
    placement,
    mayClaim: () => skew.isFit,
    opsPort: () => opsPort,
    onTrouble,
  })
  // 4.
  const { host } = allocator
  const link = new LinkServer({
    transport,
    cluster: cluster.name,
    node: node.id,
    clock: systemClock,
    publisher,
    reignOf: shard => (host.serves(shard) ? host.writerOf(shard)?.durable : undefined),
    submit: (request, origin, onReply) => host.link.submit(request, origin, onReply),
  })
  service.onStop('link', () => link.stop())
  service.onStop('allocator', () => allocator.stop())
  // 5.
  const metrics = createMetrics({ shards: () => allocator.health() })
  opsPort = await openOps(node, {
    metrics,
    checks: () => [skew.check, ...warnings.map(degraded)],
  })
}

/** Said in every health answer, but no reason to be taken out of service: the operator allowed it. */
function degraded(sentence: string): { name: string; isOk: boolean; detail: string } {
  return { name: 'degraded', isOk: true, detail: sentence }
}
