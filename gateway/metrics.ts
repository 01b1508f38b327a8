// What the house can be watched by: Prometheus metrics, prefix usher_, base units, no user or seat in a label.
//
// Owns: names, help texts, which figures a process has. Leaves to others: the figures, which are read
// when somebody scrapes; only HTTP answers are counted as they happen.
//
//   ME1. A process hands in what it has and shows nothing else: an absent metric is no figure of 0.
//   ME2. Labels are closed lists (route, status, command, outcome, shard, ...), never ids.

import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client'
import type { LatencyTally } from '../shared/latency.ts'
import { addCounter, addGauge, addHistogram, type Figure } from './metric-kinds.ts'
import type { RequestTally } from './request-tally.ts'

/** Read at every scrape; cheap. ME1 */
export interface MetricSources {
  // a gateway
  readonly sockets?: () => number
  readonly requests?: RequestTally
  readonly feed?: () => FeedFigures
  readonly link?: () => LinkFigures
  readonly redis?: () => RedisFigures
  // an allocator
  readonly shards?: () => readonly ShardFigures[]
  readonly moves?: () => MoveFigures
  // a ledger
  readonly ledgerLagFrames?: () => number
  readonly ledgerLagMs?: () => number
  // everybody in a cluster
  readonly broker?: () => BrokerFigures
}

export interface FeedFigures {
  readonly shows: number
  /** shows that are not live now: their owner was asked and has not answered */
  readonly asking: number
  /** how often owners were asked for a show */
  readonly asks: number
}

export interface LinkFigures {
  /** sent and not answered */
  readonly unanswered: number
  /** how often what a shard had not answered was sent again: new owner, silence, broken connection */
  readonly rounds: number
  /** replies of former reigns, and of requests that nobody waits for */
  readonly fenced: number
  readonly late: number
}

export interface RedisFigures {
  readonly isUp: boolean
  readonly downCount: number
  readonly hitCount: number
  readonly missCount: number
}

export interface ShardFigures {
  readonly shard: number
  readonly isServing: boolean
  readonly epoch: number
  readonly frame: number
  readonly sequence: number
  readonly shows: number
  readonly waiting: number
  readonly appends?: LatencyTally
}

export interface MoveFigures {
  readonly acquired: number
  readonly ceded: number
  /** taken over by another owner without being ceded */
  readonly lost: number
  /** of shards that were ceded: from the last request taken to the new owner's first word */
  readonly pauses: LatencyTally
  readonly tableVersion: number
}

export interface BrokerFigures {
  readonly isUp: boolean
  readonly downCount: number
}

export interface Metrics {
  readonly registry: Registry
  /** `route` is the pattern, never the path */
  observe(route: string, status: number, durationMs: number): void
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export function createMetrics(sources: MetricSources): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'usher_' })
  const { sockets, requests, feed, link, redis, shards, moves, broker } = sources
  if (sockets !== undefined) gauge(registry, 'usher_sockets', 'open WebSockets', sockets)
  if (requests !== undefined) addRequests(registry, requests)
  if (feed !== undefined) addFeed(registry, feed)
  if (link !== undefined) addLink(registry, link)
  if (redis !== undefined) addRedis(registry, redis)
  if (shards !== undefined) addShards(registry, shards)
  if (moves !== undefined) addMoves(registry, moves)
  if (broker !== undefined) addBroker(registry, broker)
  addLedger(registry, sources)
  return { registry, observe: httpObserver(registry) }
}

function gauge(registry: Registry, name: string, help: string, read: () => number): void {
  addGauge(registry, { name, help }, read)
}

function counter(registry: Registry, name: string, help: string, read: () => number): void {
  addCounter(registry, { name, help }, read)
}

function httpObserver(registry: Registry): Metrics['observe'] {
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
  return (route, status, durationMs) => {
    requests.inc({ route, status })
    seconds.observe({ route }, durationMs / 1000)
  }
}

function addRequests(registry: Registry, { kinds }: RequestTally): void {
  const total = {
    name: 'usher_requests_total',
    help: 'requests that shards decided or answered, by what they became',
    labels: ['command', 'outcome'],
  }
  addCounter(registry, total, function* (): Generator<Figure> {
    for (const [command, { outcomes }] of kinds) {
      for (const [outcome, value] of outcomes) yield { labels: { command, outcome }, value }
    }
  })
  const seconds = {
    name: 'usher_request_seconds',
    help: 'time from asking a shard to its durable answer',
  }
  addHistogram(registry, seconds, () =>
    [...kinds].map(([command, { latency }]) => ({ labels: { command }, tally: latency })),
  )
}

function addFeed(registry: Registry, read: () => FeedFigures): void {
  gauge(registry, 'usher_feed_shows', 'shows whose seats are known here', () => read().shows)
  gauge(registry, 'usher_feed_shows_catching_up', 'of these: not live now', () => read().asking)
  const help = 'how often an owner was asked for the seats of a show'
  counter(registry, 'usher_feed_asks_total', help, () => read().asks)
}

function addLink(registry: Registry, read: () => LinkFigures): void {
  const waiting = 'requests sent to allocators and not answered'
  gauge(registry, 'usher_link_unanswered', waiting, () => read().unanswered)
  const again = 'how often the unanswered requests of a shard were sent again'
  counter(registry, 'usher_link_rounds_total', again, () => read().rounds)
  const help = 'replies that were dropped: of former reigns, or too late'
  const dropped = { name: 'usher_link_dropped_replies_total', help, labels: ['reason'] }
  addCounter(registry, dropped, () => [
    { labels: { reason: 'fenced' }, value: read().fenced },
    { labels: { reason: 'late' }, value: read().late },
  ])
}

function addRedis(registry: Registry, read: () => RedisFigures): void {
  gauge(registry, 'usher_redis_connected', '1 while Redis can be asked', () => +read().isUp)
  const lost = 'connections to Redis that were lost'
  counter(registry, 'usher_redis_losses_total', lost, () => read().downCount)
  const asked = 'catalogue answers looked for in Redis'
  const named = { name: 'usher_redis_answers_total', help: asked, labels: ['result'] }
  addCounter(registry, named, () => [
    { labels: { result: 'hit' }, value: read().hitCount },
    { labels: { result: 'miss' }, value: read().missCount },
  ])
}

const SHARD_GAUGES: readonly (readonly [string, string, (row: ShardFigures) => number])[] = [
  ['usher_shard_serving', '1 while this process owns and serves the shard', row => +row.isServing],
  ['usher_shard_epoch', 'reign of the shard', row => row.epoch],
  ['usher_shard_frame', 'last durable frame of the shard', row => row.frame],
  ['usher_shard_sequence', 'last transition of the shard', row => row.sequence],
  ['usher_shard_shows', 'shows open in the shard', row => row.shows],
  ['usher_shard_inbox', 'requests that wait undecided', row => row.waiting],
]

function addShards(registry: Registry, read: () => readonly ShardFigures[]): void {
  for (const [name, help, figureOf] of SHARD_GAUGES) {
    addGauge(registry, { name, help, labels: ['shard'] }, () =>
      read().map(row => ({ labels: { shard: row.shard }, value: figureOf(row) })),
    )
  }
  const appends = { name: 'usher_append_seconds', help: 'time until a frame was durable' }
  addHistogram(registry, appends, () =>
    read().flatMap(({ shard, appends: tally }) =>
      tally === undefined ? [] : [{ labels: { shard }, tally }],
    ),
  )
}

function addMoves(registry: Registry, read: () => MoveFigures): void {
  const named = {
    name: 'usher_shard_moves_total',
    help: 'shards that came to this allocator, were ceded or were lost',
    labels: ['move'],
  }
  addCounter(registry, named, () => {
    const { acquired, ceded, lost } = read()
    return Object.entries({ acquired, ceded, lost }).map(([move, value]) => ({
      labels: { move },
      value,
    }))
  })
  const pause = { name: 'usher_move_pause_seconds', help: 'write pause of planned moves' }
  addHistogram(registry, pause, () => [{ tally: read().pauses }])
  const version = 'version of the placement table that is followed'
  gauge(registry, 'usher_placement_version', version, () => read().tableVersion)
}

function addBroker(registry: Registry, read: () => BrokerFigures): void {
  gauge(registry, 'usher_broker_connected', '1 while NATS is connected', () => +read().isUp)
  const lost = 'connections to NATS that were lost'
  counter(registry, 'usher_broker_losses_total', lost, () => read().downCount)
}

function addLedger(registry: Registry, { ledgerLagFrames, ledgerLagMs }: MetricSources): void {
  if (ledgerLagFrames !== undefined) {
    const help = 'durable frames that the ledger has not projected yet'
    gauge(registry, 'usher_ledger_lag_frames', help, ledgerLagFrames)
  }
  if (ledgerLagMs !== undefined) {
    const help = 'age of the newest projected frame of the slowest shard that lags'
    gauge(registry, 'usher_ledger_lag_seconds', help, () => ledgerLagMs() / 1000)
  }
}
