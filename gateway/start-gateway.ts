// A gateway from its parts: HTTP, WebSocket and page on one listener, whatever its shards and caches are.
//
// Owns: the order in which it comes up, and how it drains.
// Leaves to others: where shards are (link), which process it is (main.ts, cluster/gateway-process.ts).
//
//   GW1. A gateway that is not alone shares its port with others of the cluster (SO_REUSEPORT), its
//        cards are read again every second, and Redis, when there is one, keeps what all may know.
//   GW2. A drain first stops listening where others share the port: whoever is sent away comes to them.

import { createBookings } from '../persistence/bookings.ts'
import { createCatalogue } from '../persistence/catalog.ts'
import type { Database } from '../persistence/database.ts'
import { createEnded } from '../persistence/holds.ts'
import { ThreadedImporter } from '../persistence/layout-importer.ts'
import type { PostgresPlanSource } from '../persistence/layout-store.ts'
import { createRepeats } from '../persistence/repeats.ts'
import { createReports } from '../persistence/reports.ts'
import { systemClock } from '../shared/clock.ts'
import type { Config } from '../shared/config.ts'
import { Fault } from '../shared/faults.ts'
import type { Log } from '../shared/log.ts'
import type { Link } from '../shared/ports.ts'
import type { Service } from '../shared/service.ts'
import { ADMISSION_DEFAULTS, Admission, rateNumbersOf } from './admission.ts'
import { Auth } from './auth.ts'
import { Directory } from './directory.ts'
import { directorySourceOf } from './directory-source.ts'
import { docsOf } from './docs.ts'
import type { House } from './house.ts'
import { apiRoutes } from './http/routes.ts'
import { LayoutFiles } from './layout-files.ts'
import { LiveServer } from './live-server.ts'
import { createMetrics, type MetricSources, type Metrics } from './metrics.ts'
import { SharedRedis } from './redis.ts'
import type { RequestTally } from './request-tally.ts'
import { Router } from './router.ts'
import { HttpServer } from './server.ts'
import { SharedAnswers } from './shared-answers.ts'
import { sharedRates } from './shared-rates.ts'
import { filesOf, StaticPages } from './static.ts'
import { TtlCache } from './ttl-cache.ts'
import {
  listenAlone,
  listenShared,
  loadUws,
  type TemplatedApp,
  type us_listen_socket,
} from './uws.ts'

const CATALOGUE_TTL_MS = 1_000
const CARD_TTL_MS = 1_000
const DRAIN_SOCKETS_MS = 1_500
const DRAIN_REQUESTS_MS = 2_000

export interface GatewayParts {
  readonly config: Config
  readonly service: Service
  readonly log: Log
  readonly link: Link
  readonly database: Pick<Database, 'sql'>
  readonly plans: PostgresPlanSource
  /** the page's files */
  readonly dist: string
  readonly version: string
  readonly figures: Omit<MetricSources, 'sockets' | 'requests' | 'feed' | 'redis'>
}

export interface Gateway {
  readonly auth: Auth
  readonly live: LiveServer
  readonly metrics: Metrics
  readonly requests: RequestTally
  /** resolves when all sockets are gone; called again it is the same drain. GW2 */
  drain(): Promise<void>
}

/** Serving when it resolves; `connect` gets the one who hears news, before the first client. */
export async function startGateway(
  parts: GatewayParts,
  connect: (live: LiveServer) => void,
): Promise<Gateway> {
  const { config, service, link, database, dist, version } = parts
  const app = loadUws().App()
  const auth = await Auth.open(config)
  const redis = openRedis(parts)
  const router = new Router({ link, clock: systemClock })
  const catalogue = createCatalogue(database.sql)
  const base = {
    auth,
    router,
    catalogue,
    admission: admissionOf(config, redis),
    directory: new Directory(directorySourceOf(catalogue), isAlone(config) ? {} : SHARED_CARDS),
    ended: createEnded(database.sql),
    origins: config.origins,
  }
  const live = new LiveServer({ app, clock: systemClock, version, ...base })
  connect(live)
  const metrics = createMetrics({
    ...parts.figures,
    sockets: () => live.socketCount,
    requests: router.tally,
    feed: () => live.feed.figures(),
    ...(redis === undefined ? {} : { redis: () => redis.figures() }),
  })
  const server = new HttpServer({
    house: houseOf(parts, { ...base, reads: readsOf(version, redis), seatsOf: live.feed }),
    routes: apiRoutes,
    pages: new StaticPages(filesOf(dist), docsOf(apiRoutes, version)),
    observe: (route, status, ms) => metrics.observe(route, status, ms),
  })
  server.attach(app)
  const socket = await listen(app, config)
  let draining: Promise<unknown> | undefined
  const drain = async (): Promise<void> => {
    if (draining === undefined && !isAlone(config)) loadUws().us_listen_socket_close(socket) // GW2
    draining ??= Promise.all([live.drain(DRAIN_SOCKETS_MS), server.drain(DRAIN_REQUESTS_MS)])
    await draining
  }
  service.onStop('gateway', async () => {
    await drain()
    live.stop()
    router.stop()
    base.admission.stop()
    app.close()
  })
  return { auth, live, metrics, requests: router.tally, drain }
}

const SHARED_CARDS = Object.freeze({ freshMs: CARD_TTL_MS })

const isAlone = (config: Config): boolean => config.cluster === undefined

function openRedis({ config, service, log }: GatewayParts): SharedRedis | undefined {
  const { redisUrl: url, cluster } = config
  if (url === undefined) return undefined
  const redis = new SharedRedis({ url, prefix: cluster?.name ?? 'usher', log })
  service.onStop('Redis', () => redis.stop())
  return redis
}

function admissionOf({ rateLimits }: Config, redis: SharedRedis | undefined): Admission {
  if (redis === undefined) return new Admission(rateLimits)
  const rates = sharedRates(redis, rateNumbersOf(ADMISSION_DEFAULTS))
  return new Admission(rateLimits, ADMISSION_DEFAULTS, rates)
}

function readsOf(version: string, redis: SharedRedis | undefined): TtlCache {
  const store = redis === undefined ? undefined : new SharedAnswers(redis, version)
  return new TtlCache(CATALOGUE_TTL_MS, store)
}

type HouseParts = Pick<
  House,
  'auth' | 'router' | 'admission' | 'directory' | 'catalogue' | 'ended' | 'origins' | 'reads'
> & { readonly seatsOf: LiveServer['feed'] }

function houseOf({ database, plans, service, log }: GatewayParts, parts: HouseParts): House {
  const { sql } = database
  const importer = new ThreadedImporter(sql)
  service.onStop('layout importer', () => importer.stop())
  const { seatsOf, ...rest } = parts
  return {
    ...rest,
    log,
    seats: { useAsync: show => seatsOf.read(show) },
    layoutFiles: new LayoutFiles(number => parts.catalogue.layout(number)),
    bookings: createBookings(sql),
    layouts: importer,
    repeats: createRepeats(sql),
    reports: createReports(sql, plans),
    fail: error => service.fail(error),
  }
}

function listen(app: TemplatedApp, config: Config): Promise<us_listen_socket> {
  const { host, port } = config
  const listenThere = isAlone(config) ? listenAlone : listenShared // GW1
  return new Promise((resolve, reject) => {
    listenThere(app, { host, port }, socket => {
      if (socket !== false) return resolve(socket)
      const detail = `The address ${host}:${port} cannot be bound: something else listens there. Set USHER_PORT.`
      reject(new Fault('port-in-use', detail))
    })
  })
}
