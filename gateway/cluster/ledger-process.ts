// The process `usher ledger`: journal streams become archive and tables.

import { LedgerProcess } from '../../persistence/ledger-process.ts'
import { Bug } from '../../shared/assert.ts'
import { BrokerWatch } from '../../shared/broker-watch.ts'
import { createMetrics } from '../metrics.ts'
import { type ClusterNode, runNode } from './node.ts'
import { openOps } from './node-ops.ts'

/** A ledger further behind than this answers bookings late. */
const LEDGER_LAG_MS_MAX = 30_000

export function main(): Promise<void> {
  return runNode('ledger', start)
}

async function start(node: ClusterNode): Promise<void> {
  const { cluster, config, nats, log, service, membership } = node
  const { databaseUrl } = config
  if (databaseUrl === undefined) throw new Bug('ND1: a ledger has a database')
  const halted = new Set<number>()
  const ledger = new LedgerProcess({
    databaseUrl,
    nats,
    cluster: cluster.name,
    onHalted: (fault, shard) => {
      log.fatal({ err: fault, shard }, 'the ledger of a shard is halted')
      if (shard !== undefined) halted.add(shard)
    },
    onFailed: error => service.fail(error),
  })
  service.onStop('ledger', () => ledger.stop())
  const lagFrames = (): number => ledger.progress().reduce((sum, row) => sum + row.lagFrames, 0)
  const lagMs = (): number => Math.max(0, ...ledger.progress().map(row => row.lagMs))
  const broker = new BrokerWatch(nats)
  const opsPort = await openOps(node, {
    metrics: createMetrics({
      ledgerLagFrames: lagFrames,
      ledgerLagMs: lagMs,
      broker: () => broker.figures(),
    }).registry,
    checks: () => [
      {
        name: 'ledger',
        isOk: lagMs() <= LEDGER_LAG_MS_MAX && halted.size === 0,
        detail:
          halted.size === 0
            ? `${lagFrames()} frames, ${Math.round(lagMs())} ms behind`
            : `halted for shards ${[...halted].join(', ')}: look at the log`,
      },
    ],
  })
  membership.speak(() => ({ state: 'serving', serves: [], ready: [], opsPort }))
}
