// The ops listener of a process of the cluster: its own health and metrics, the whole cluster's rows.
//
// Owns: what readiness means for every process of a cluster, rows from beats.
// Leaves to others: the listener (ops/listener.ts), what a process checks besides.
//
//   NO1. Ready means: the broker answers and hears us, every shard has an owner, and what the process adds.

import type { Membership } from '../../allocator/membership.ts'
import { historyOf } from '../../persistence/history.ts'
import { asShardNumber } from '../../shared/ids.ts'
import { LIMITS } from '../../shared/limits.ts'
import { Auth, hasRole } from '../auth.ts'
import type { Metrics } from '../metrics.ts'
import { type Check, type NodeRow, OpsListener, type ShardRow } from '../ops/listener.ts'
import type { ClusterNode } from './node.ts'

interface OpsParts {
  readonly metrics: Metrics
  readonly checks: () => readonly Check[]
}

/** The port that was bound. */
export async function openOps(node: ClusterNode, parts: OpsParts): Promise<number> {
  const { config, service, version, database, membership, role } = node
  const auth = await Auth.open(config)
  const ops = new OpsListener({
    checks: () => [...clusterChecks(membership), ...parts.checks()],
    metrics: parts.metrics.registry,
    version: { version, node: process.version, mode: role },
    shards: () => shardRows(membership),
    nodes: () => nodeRows(membership),
    history: ask => historyOf(database.sql, ask),
    mayOperate: async token => {
      const caller = await auth.verify(token)
      return caller === undefined ? undefined : hasRole(caller, 'ops')
    },
  })
  const port = await ops.listen(config.opsHost, config.opsPort)
  service.onStop('ops listener', () => ops.stop())
  return port
}

/** NO1 */
export function clusterChecks(membership: Membership): readonly Check[] {
  const isHeard = membership.beatOf(membership.self) !== undefined
  const rows = shardRows(membership)
  const idle = rows.filter(row => row.owner === '').length
  return [
    {
      name: 'broker',
      isOk: isHeard,
      detail: isHeard ? 'we hear ourselves through NATS' : 'NATS does not carry our beats',
    },
    {
      name: 'shards',
      isOk: idle === 0,
      detail: idle === 0 ? `all ${rows.length} have an owner` : `${idle} have no owner yet`,
    },
  ]
}

export function shardRows(membership: Membership): readonly ShardRow[] {
  return Array.from({ length: LIMITS.shardCount }, (_, shard) => {
    const server = membership.serverOf(asShardNumber(shard))
    if (server === undefined) return { shard, owner: '', epoch: 0, sequence: 0, state: 'unowned' }
    const { epoch, sequence } = server.served
    return { shard, owner: server.node, epoch, sequence, state: 'serving' }
  })
}

export function nodeRows(membership: Membership): readonly NodeRow[] {
  const beats = membership.beats.filter(beat => beat.role !== 'cluster')
  const rows = beats.map(({ node: id, role, pid, state, serves }) => ({
    id,
    role,
    pid,
    state,
    shards: serves.length,
  }))
  return rows.sort((left, right) => (left.id < right.id ? -1 : 1))
}
