// What operators ask, over the real cluster: beats for who is there, the broker's bucket for table and plans.
//
// Owns: turning beats into members, the pause of a move as the beats tell it, asking a gateway to drain.
// Leaves to others: what may be asked (shared/cluster-operations.ts), handing over (allocator/).
//
//   OP1. A move is done when the beats name the new owner; its pause is from the moment in which the
//        old one no longer says that it serves.
//   OP2. Figures come with the gateways' beats: the slowest gateway counts.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Beat, Membership } from '../../allocator/membership.ts'
import { PlacementWatch, placementBucketOf } from '../../allocator/placement-watch.ts'
import { systemClock } from '../../shared/clock.ts'
import { ClusterOperations } from '../../shared/cluster-operations.ts'
import type { Member } from '../../shared/cluster-view.ts'
import type { NodeId, ShardNumber } from '../../shared/ids.ts'
import { KvStore, openBucket } from '../../shared/kv-store.ts'
import { nodeSubjectOf } from '../../shared/presence.ts'
import { decodeRebalance, encodeRebalance } from '../../shared/rebalance-codec.ts'
import { FIGURE_NAMES, type Figures, worstOf } from '../recent-figures.ts'
import type { ClusterNode } from './node.ts'
import { shardRows } from './rows.ts'

const REBALANCE_KEY = 'rebalance'
const CHECK_EVERY_MS = 1_000
const DRAIN_MS_MAX = 10_000

type OperatedNode = Pick<ClusterNode, 'cluster' | 'id' | 'log' | 'membership' | 'nats' | 'service'>

export async function openOperations(node: OperatedNode): Promise<ClusterOperations> {
  const { cluster, id: self, log, membership, nats, service } = node
  const placement = await PlacementWatch.open(nats, cluster.name)
  service.onStop('placement', () => placement.stop())
  const bucket = await openBucket(nats, placementBucketOf(cluster.name))
  const codec = { encode: encodeRebalance, decode: decodeRebalance }
  const arrivals = new Arrivals(membership)
  const operations = new ClusterOperations({
    self,
    tables: placement.tables,
    store: new KvStore(bucket, REBALANCE_KEY, codec),
    members: () => membership.beats.flatMap(memberOf),
    shards: () => shardRows(membership),
    whenServed: (shard, to, timeoutMs) => arrivals.whenServed(shard, to, timeoutMs),
    drainGateway: async gateway => {
      const subject = nodeSubjectOf(cluster.name, gateway)
      const answer = nats.request(subject, 'drain', { timeout: DRAIN_MS_MAX })
      return answer.then(
        () => true,
        () => false,
      )
    },
    metric: async name => worstOf(figuresOf(membership), name), // OP2
    metricNames: FIGURE_NAMES,
    clock: systemClock,
    sleep: ms => sleep(ms),
    onTrouble: (sentence, cause) => log.warn({ err: cause }, sentence),
  })
  const checking = setInterval(() => {
    operations.check().catch((cause: unknown) => {
      log.warn({ err: cause }, 'The state of the rebalance cannot be read, trying again.')
    })
  }, CHECK_EVERY_MS)
  service.onStop('operations', () => {
    clearInterval(checking)
    return operations.stop()
  })
  return operations
}

const STATES: Record<Beat['state'], Member['state']> = {
  starting: 'starting',
  serving: 'alive',
  leaving: 'draining',
  gone: 'lost',
}

/** `usher cluster` itself is nobody's node. */
function memberOf({ node: id, role, pid, weight, state }: Beat): readonly Member[] {
  return role === 'cluster' ? [] : [{ id, role, pid, weight, state: STATES[state] }]
}

function figuresOf({ beats }: Membership): readonly Figures[] {
  return beats.flatMap(({ figures }) => (figures === undefined ? [] : [figures]))
}

interface Arrival {
  readonly shard: ShardNumber
  readonly to: NodeId
  readonly resolve: (pause: { readonly pauseMs: number }) => void
  goneAtMs: number | undefined
}

/** OP1 */
class Arrivals {
  readonly #membership: Membership
  readonly #awaited = new Set<Arrival>()

  constructor(membership: Membership) {
    this.#membership = membership
    membership.onChange(() => this.#look())
  }

  whenServed(
    shard: ShardNumber,
    to: NodeId,
    timeoutMs: number,
  ): Promise<{ readonly pauseMs: number } | undefined> {
    return new Promise(resolve => {
      const arrival: Arrival = { shard, to, resolve, goneAtMs: undefined }
      this.#awaited.add(arrival)
      setTimeout(() => {
        this.#awaited.delete(arrival)
        resolve(undefined)
      }, timeoutMs).unref()
      this.#look()
    })
  }

  #look(): void {
    const nowMs = performance.now()
    for (const arrival of this.#awaited) {
      const owner = this.#membership.serverOf(arrival.shard)?.node
      if (owner === undefined) arrival.goneAtMs ??= nowMs
      if (owner !== arrival.to) continue
      this.#awaited.delete(arrival)
      arrival.resolve({ pauseMs: Math.round(nowMs - (arrival.goneAtMs ?? nowMs)) })
    }
  }
}
