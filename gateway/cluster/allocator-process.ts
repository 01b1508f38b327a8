// The process `usher allocator`: from a broker that can be trusted to shards that are served.
//
//   1. broker and streams   2. journal, ledger's progress, clock   3. shards   4. link and feed   5. ops

import { ClusterAllocator } from '../../allocator/cluster-allocator.ts'
import { startCompaction } from '../../allocator/compaction.ts'
import { FeedPublisher } from '../../allocator/feed-publisher.ts'
import type { Host } from '../../allocator/host.ts'
import { prepareBroker } from '../../allocator/journal/broker-checks.ts'
import { JetStreamJournal } from '../../allocator/journal/jetstream.ts'
import { LinkServer } from '../../allocator/link-server.ts'
import { PlacementWatch } from '../../allocator/placement-watch.ts'
import { Archive } from '../../persistence/archive.ts'
import { ArchivedJournal } from '../../persistence/archived-journal.ts'
import { clusterIdentity } from '../../persistence/cluster-identity.ts'
import { readCompactionState } from '../../persistence/compaction-state.ts'
import { PostgresPlanSource } from '../../persistence/layout-store.ts'
import { RemoteProgress } from '../../persistence/remote-progress.ts'
import { PostgresSnapshots } from '../../persistence/snapshots.ts'
import { BrokerWatch } from '../../shared/broker-watch.ts'
import { systemClock } from '../../shared/clock.ts'
import { Fault } from '../../shared/faults.ts'
import { LIMITS } from '../../shared/limits.ts'
import { NatsTransport } from '../../shared/nats-transport.ts'
import { ClockSkew, databaseTeller } from '../clock-skew.ts'
import { createMetrics, type Metrics } from '../metrics.ts'
import { type ClusterNode, runNode } from './node.ts'
import { openOps } from './node-ops.ts'

export interface AllocatorFlags {
  readonly allowDegraded: boolean
}

const REPLICAS_OF_CLUSTER = 3

export function main(flags: AllocatorFlags): Promise<void> {
  return runNode('allocator', node => start(node, flags))
}

type Trouble = (sentence: string, cause?: unknown) => void

async function start(node: ClusterNode, flags: AllocatorFlags): Promise<void> {
  const { log } = node
  const onTrouble: Trouble = (sentence, cause) =>
    log.warn(cause instanceof Fault ? { reason: cause.message } : { err: cause }, sentence)
  const warnings = await trustBroker(node, flags)
  const stores = await openStores(node)
  let opsPort = 0
  const allocator = startShards(node, stores, { onTrouble, opsPort: () => opsPort })
  opsPort = await openOps(node, {
    metrics: metricsOf(node, allocator).registry,
    checks: () => [stores.skew.check, ...warnings.map(degraded)],
  })
}

/** 1. */
async function trustBroker(
  { cluster, database, nats, log }: ClusterNode,
  { allowDegraded }: AllocatorFlags,
): Promise<readonly string[]> {
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
  return warnings
}

/** 2. */
async function openStores({ cluster, database, nats, service, log }: ClusterNode) {
  const { name } = cluster
  const streams = await JetStreamJournal.open({ nats, cluster: name })
  const journal = new ArchivedJournal(streams, new Archive(database.pool))
  const ledger = await RemoteProgress.open({ nats, cluster: name, pool: database.pool })
  service.onStop("ledger's progress", () => ledger.close())
  const skew = await ClockSkew.watch(databaseTeller(database.pool))
  service.onStop('clock watch', () => skew.stop())
  const placement = await PlacementWatch.open(nats, name)
  service.onStop('placement', () => placement.stop())
  const snapshots = new PostgresSnapshots(database.sql, {
    onDamaged: (shard, show) => log.error({ shard, show }, 'a snapshot page is damaged, ignored'),
  })
  return { journal, ledger, skew, placement, snapshots }
}

type Stores = Awaited<ReturnType<typeof openStores>>

/** 3. and 4.: the link is there before the first shard is served. */
function startShards(
  node: ClusterNode,
  { journal, ledger, skew, placement, snapshots }: Stores,
  { onTrouble, opsPort }: { readonly onTrouble: Trouble; readonly opsPort: () => number },
): ClusterAllocator {
  const { cluster, database, nats, service, membership } = node
  const transport = new NatsTransport(nats)
  const publisher = new FeedPublisher({ transport, cluster: cluster.name })
  service.onStop('feed', () => publisher.stop())
  const allocator = new ClusterAllocator({
    journal,
    snapshots,
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
    opsPort,
    onTrouble,
  })
  const link = serveLink(node, { transport, publisher, host: allocator.host })
  service.onStop('link', () => link.stop())
  service.onStop('allocator', () => allocator.stop())
  const endCompaction = startCompaction({
    journal,
    readState: shard => readCompactionState(database.pool, shard),
    ownedShards: () => allocator.health().flatMap(row => (row.isServing ? [row.shard] : [])),
    onTrouble,
  })
  service.onStop('compaction', endCompaction)
  return allocator
}

function serveLink(
  { cluster, id }: ClusterNode,
  parts: {
    readonly transport: NatsTransport
    readonly publisher: FeedPublisher
    readonly host: Host
  },
): LinkServer {
  const { transport, publisher, host } = parts
  return new LinkServer({
    transport,
    cluster: cluster.name,
    node: id,
    clock: systemClock,
    publisher,
    reignOf: shard => (host.serves(shard) ? host.writerOf(shard)?.durable : undefined),
    submit: (request, origin, onReply) => host.link.submit(request, origin, onReply),
  })
}

/** Said in every health answer, but no reason to be taken out of service: the operator allowed it. */
function degraded(sentence: string): { name: string; isOk: boolean; detail: string } {
  return { name: 'degraded', isOk: true, detail: sentence }
}

function metricsOf({ nats }: ClusterNode, allocator: ClusterAllocator): Metrics {
  const broker = new BrokerWatch(nats)
  return createMetrics({
    shards: () => allocator.health(),
    moves: () => allocator.moves(),
    broker: () => broker.figures(),
  })
}
