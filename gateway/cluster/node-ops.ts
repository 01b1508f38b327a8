// The ops listener of a process of the cluster: its own health and metrics, the whole cluster's rows.
//
// Owns: what readiness means for every process of a cluster.
// Leaves to others: the listener (ops/listener.ts), what operators ask (operations.ts), what a process checks besides.
//
//   NO1. Ready means: the broker answers and hears us, every shard has an owner, and what the process adds.

import type { Membership } from '../../allocator/membership.ts'
import { historyOf } from '../../persistence/history.ts'
import type { Operations } from '../../shared/operations.ts'
import { Auth, hasRole } from '../auth.ts'
import { type Check, type MetricsText, OpsListener } from '../ops/listener.ts'
import { rowsOnly } from '../ops/rows-only.ts'
import type { ClusterNode } from './node.ts'
import { openOperations } from './operations.ts'
import { nodeRows, shardRows } from './rows.ts'

interface OpsParts {
  readonly metrics: MetricsText
  readonly checks: () => readonly Check[]
}

/** The port that was bound. */
export async function openOps(node: ClusterNode, parts: OpsParts): Promise<number> {
  const { config, service, version, database, membership, role } = node
  const auth = await Auth.open(config)
  const ops = new OpsListener({
    checks: () => [...clusterChecks(membership), ...parts.checks()],
    metrics: parts.metrics,
    version: { version, node: process.version, mode: role },
    operations: await operationsOf(node),
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

/** Operators ask gateways and `usher cluster`; the others only show who is there. */
async function operationsOf(node: ClusterNode): Promise<Operations> {
  if (node.role === 'gateway' || node.role === 'cluster') return openOperations(node)
  return rowsOnly({
    nodes: () => nodeRows(node.membership),
    shards: () => shardRows(node.membership),
    sentence: 'Ask the ops listener of a gateway: this process only shows who is there.',
  })
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
