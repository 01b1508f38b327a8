// What the house can be watched by: Prometheus metrics, prefix usher_, base units, no user or seat in a label.
//
// Owns: names, help texts, buckets. Leaves to others: the figures, which are read when somebody scrapes;
// only HTTP answers are counted as they happen.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** Read at every scrape; cheap. A process has the metrics whose figures it knows. */
export interface MetricSources {
  readonly sockets?: () => number
  readonly ledgerLagFrames?: () => number
  readonly ledgerLagMs?: () => number
  readonly shards?: () => readonly ShardFigures[]
}

export interface ShardFigures {
  readonly shard: number
  readonly isServing: boolean
  readonly epoch: number
  readonly frame: number
  readonly sequence: number
  readonly shows: number
  readonly waiting: number
}

export interface Metrics {
  readonly registry: Registry
  /** `route` is the pattern, never the path */
  observe(route: string, status: number, durationMs: number): void
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export function createMetrics(sources: MetricSources): Metrics {
  const registry = new Registry()
  const { ledgerLagMs } = sources
  collectDefaultMetrics({ register: registry, prefix: 'usher_' })
  gauge(registry, 'usher_sockets', 'open WebSockets', sources.sockets)
  gauge(
    registry,
    'usher_ledger_lag_frames',
    'durable frames that the ledger has not projected yet',
    sources.ledgerLagFrames,
  )
  gauge(
    registry,
    'usher_ledger_lag_seconds',
    'age of the newest projected frame of the slowest shard that lags',
    ledgerLagMs && (() => ledgerLagMs() / 1000),
  )
  if (sources.shards !== undefined) shardGauges(registry, sources.shards)
  const requests = new Counter({
    name: 'usher_http_requests_total',
    help: 'answered HTTP requests',
    labelNames: ['route', 'status'],
    registers: [registry],
  })
  const seconds = new Histogram({
    name: 'usher_http_request_seconds',
    help: 'time from the head of a request to its answer',
    labelNames: ['route'],
    buckets: SECONDS,
    registers: [registry],
  })
  return {
    registry,
    observe(route, status, durationMs) {
      requests.inc({ route, status })
      seconds.observe({ route }, durationMs / 1000)
    },
  }
}

type Read = (() => number) | undefined

function gauge(registry: Registry, name: string, help: string, read: Read): void {
  if (read === undefined) return
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read())
    },
  })
}

const SHARD_GAUGES: readonly (readonly [string, string, (row: ShardFigures) => number])[] = [
  ['usher_shard_serving', '1 while this process owns and serves the shard', row => +row.isServing],
  ['usher_shard_epoch', 'reign of the shard', row => row.epoch],
  ['usher_shard_frame', 'last durable frame of the shard', row => row.frame],
  ['usher_shard_sequence', 'last transition of the shard', row => row.sequence],
  ['usher_shard_shows', 'shows open in the shard', row => row.shows],
  ['usher_shard_inbox', 'requests that wait undecided', row => row.waiting],
]

function shardGauges(registry: Registry, read: () => readonly ShardFigures[]): void {
  for (const [name, help, figureOf] of SHARD_GAUGES) {
    new Gauge({
      name,
      help,
      labelNames: ['shard'],
      registers: [registry],
      collect() {
        for (const row of read()) this.set({ shard: row.shard }, figureOf(row))
      },
    })
  }
}
