// The composition root of the embedded mode: from configuration to serving, stage by stage.
//
//   1. configuration, log    2. database, ledger, journal, allocator (embedded.ts)
//   3. gateway: HTTP, WebSocket, page    4. ops listener    5. say where everything is

import { relative } from 'node:path'
import { historyOf } from '../persistence/history.ts'
import { type Config, readConfig } from '../shared/config.ts'
import { reportError } from '../shared/error-report.ts'
import { createLog } from '../shared/log.ts'
import { Service } from '../shared/service.ts'
import { hasRole } from './auth.ts'
import { type Embedded, startEmbedded } from './embedded.ts'
import { FeedRelay } from './live-server.ts'
import { checksOf, operationsOf } from './ops/checks.ts'
import { OpsListener } from './ops/listener.ts'
import { type Gateway, startGateway } from './start-gateway.ts'
import { readVersion } from './version.ts'
import { buildWeb } from './web-build.ts'

const SMALLEST_CLUSTER = { gateways: 1, allocators: 1, allowDegraded: false }

/** Runs until a signal or a failure ends the process. Faults of starting are thrown. */
export async function main(): Promise<void> {
  const startedAt = performance.now()
  // 1.
  const config = readConfig()
  if (config.cluster !== undefined) {
    return (await import('./cluster/local-cluster.ts')).main(SMALLEST_CLUSTER) // NATS_URL chooses
  }
  const version = readVersion()
  const log = createLog('usher', config.logLevel)
  const service = new Service(log)
  const { sentryDsn } = config
  if (sentryDsn !== undefined) service.reportTo(error => reportError(sentryDsn, version, error))
  try {
    // 2.
    const relay = new FeedRelay()
    const [dist, embedded] = await Promise.all([
      buildWeb(log),
      startEmbedded({ config, service, log, feed: relay }),
    ])
    // 3.
    const { allocator, database, plans, ledger } = embedded
    const { link } = allocator
    const figures = {
      ledgerLagFrames: () => ledger.lagFrames(),
      ledgerLagMs: () => ledger.lagMs(Date.now()),
      shards: () => allocator.health(),
    }
    const gateway = await startGateway(
      { config, service, log, link, database, plans, dist, version, figures },
      live => relay.connect(live),
    )
    // 4.
    await startOps({ config, service, embedded, gateway, version })
    // 5.
    announce(config, embedded, performance.now() - startedAt)
  } catch (error) {
    service.fail(error)
  }
}

async function startOps(parts: {
  readonly config: Config
  readonly service: Service
  readonly embedded: Embedded
  readonly gateway: Gateway
  readonly version: string
}): Promise<void> {
  const { config, service, embedded, gateway, version } = parts
  const ops = new OpsListener({
    checks: () => checksOf(embedded),
    metrics: gateway.metrics.registry,
    version: { version, node: process.version, mode: 'embedded' },
    operations: operationsOf(embedded),
    history: ask => historyOf(embedded.database.sql, ask),
    mayOperate: async token => {
      const caller = await gateway.auth.verify(token)
      return caller === undefined ? undefined : hasRole(caller, 'ops')
    },
  })
  await ops.listen(config.opsHost, config.opsPort)
  service.onStop('ops listener', () => ops.stop())
}

function announce(config: Config, embedded: Embedded, ms: number): void {
  const url = `http://${config.host === '127.0.0.1' ? 'localhost' : config.host}:${config.port}`
  const folder = relative(process.cwd(), config.dataDir) || '.'
  const token = config.adminToken === undefined ? `${folder}/admin-token` : 'USHER_ADMIN_TOKEN'
  const lines = [
    `Usher sells seats of ${embedded.showCount} shows (ready in ${(ms / 1000).toFixed(1)} s)`,
    `  page         ${url}`,
    `  docs         ${url}/docs`,
    `  ops          http://${config.opsHost}:${config.opsPort}/readyz`,
    `  admin token  ${token}`,
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}
