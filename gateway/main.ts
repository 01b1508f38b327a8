// The composition root of the embedded mode: from configuration to serving, stage by stage.
//
//   1. configuration, log    2. database, ledger, journal, allocator (embedded.ts)
//   3. gateway: HTTP, WebSocket, page    4. ops listener    5. say where everything is

import { relative } from 'node:path'
import { createBookings } from '../persistence/bookings.ts'
import { createCatalogue } from '../persistence/catalog.ts'
import { historyOf } from '../persistence/history.ts'
import { createEnded } from '../persistence/holds.ts'
import { ThreadedImporter } from '../persistence/layout-importer.ts'
import { createRepeats } from '../persistence/repeats.ts'
import { createReports } from '../persistence/reports.ts'
import { systemClock } from '../shared/clock.ts'
import { type Config, readConfig } from '../shared/config.ts'
import { reportError } from '../shared/error-report.ts'
import { Fault } from '../shared/faults.ts'
import { createLog, type Log } from '../shared/log.ts'
import { Service } from '../shared/service.ts'
import { Admission } from './admission.ts'
import { Auth, hasRole } from './auth.ts'
import { Directory } from './directory.ts'
import { directorySourceOf } from './directory-source.ts'
import { docsOf } from './docs.ts'
import { type Embedded, startEmbedded } from './embedded.ts'
import type { House } from './house.ts'
import { apiRoutes } from './http/routes.ts'
import { LayoutFiles } from './layout-files.ts'
import { FeedRelay, LiveServer } from './live-server.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { checksOf, operationsOf } from './ops/checks.ts'
import { OpsListener } from './ops/listener.ts'
import { Router } from './router.ts'
import { HttpServer } from './server.ts'
import { filesOf, StaticPages } from './static.ts'
import { TtlCache } from './ttl-cache.ts'
import { listenAlone, loadUws, type TemplatedApp } from './uws.ts'
import { readVersion } from './version.ts'
import { buildWeb } from './web-build.ts'

const CATALOGUE_TTL_MS = 1_000
const DRAIN_SOCKETS_MS = 1_500
const DRAIN_REQUESTS_MS = 2_000

/** Runs until a signal or a failure ends the process. Faults of starting are thrown. */
export async function main(): Promise<void> {
  const startedAt = performance.now()
  // 1.
  const config = readConfig()
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
    const gateway = await startGateway({ config, service, log, embedded, relay, dist, version })
    // 4.
    await startOps({ config, service, embedded, gateway, version })
    // 5.
    announce(config, embedded, performance.now() - startedAt)
  } catch (error) {
    service.fail(error)
  }
}

interface GatewayParts {
  readonly config: Config
  readonly service: Service
  readonly log: Log
  readonly embedded: Embedded
  readonly relay: FeedRelay
  readonly dist: string
  readonly version: string
}

interface Gateway {
  readonly auth: Auth
  readonly live: LiveServer
  readonly metrics: Metrics
}

async function startGateway(parts: GatewayParts): Promise<Gateway> {
  const { config, service, log, embedded, relay, dist, version } = parts
  const app = loadUws().App()
  const auth = await Auth.open(config)
  const clock = systemClock
  const admission = new Admission(config.rateLimits)
  const router = new Router({ link: embedded.allocator.link, clock })
  const catalogue = createCatalogue(embedded.database.sql)
  const directory = new Directory(directorySourceOf(catalogue))
  const { origins } = config
  const ended = createEnded(embedded.database.sql)
  const heard = { router, directory, auth, admission, clock, ended }
  const live = new LiveServer({ app, ...heard, origins, version })
  relay.connect(live)
  const house = houseOf(parts, { auth, admission, directory, router, catalogue, live, ended, log })
  const metrics = createMetrics({
    sockets: () => live.socketCount,
    ledgerLagFrames: () => embedded.ledger.lagFrames(),
    ledgerLagMs: () => embedded.ledger.lagMs(Date.now()),
    shards: () => embedded.allocator.health(),
  })
  const server = new HttpServer({
    house,
    routes: apiRoutes,
    pages: new StaticPages(filesOf(dist), docsOf(apiRoutes, version)),
    observe: (route, status, ms) => metrics.observe(route, status, ms),
  })
  server.attach(app)
  await listen(app, config)
  service.onStop('gateway', async () => {
    await Promise.all([live.drain(DRAIN_SOCKETS_MS), server.drain(DRAIN_REQUESTS_MS)])
    live.stop()
    router.stop()
    admission.stop()
    app.close()
  })
  return { auth, live, metrics }
}

type HouseParts = Pick<
  House,
  'auth' | 'admission' | 'directory' | 'catalogue' | 'ended' | 'log'
> & {
  readonly router: Router
  readonly live: LiveServer
}

function houseOf({ embedded, service, config }: GatewayParts, parts: HouseParts): House {
  const { sql } = embedded.database
  const importer = new ThreadedImporter(sql)
  service.onStop('layout importer', () => importer.stop())
  const { live, catalogue, ...rest } = parts
  return {
    ...rest,
    catalogue,
    seats: { useAsync: show => live.feed.read(show) },
    reads: new TtlCache(CATALOGUE_TTL_MS),
    layoutFiles: new LayoutFiles(number => catalogue.layout(number)),
    bookings: createBookings(sql),
    layouts: importer,
    repeats: createRepeats(sql),
    reports: createReports(sql, embedded.plans),
    origins: config.origins,
    fail: error => service.fail(error),
  }
}

function listen(app: TemplatedApp, { host, port }: Config): Promise<void> {
  return new Promise((resolve, reject) => {
    listenAlone(app, { host, port }, socket => {
      if (socket !== false) return resolve()
      const detail = `The address ${host}:${port} cannot be bound: something else listens there. Set USHER_PORT.`
      reject(new Fault('port-in-use', detail))
    })
  })
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
