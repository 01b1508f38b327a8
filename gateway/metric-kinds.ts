// Metrics whose figures are read when somebody scrapes: gauges, counters and histograms of tallies.
//
// Owns: how a figure becomes a metric of prom-client. Leaves to others: names and meaning (metrics.ts).

import { Counter, Gauge, type Metric, type Registry } from 'prom-client'
import { LATENCY_BOUNDS_MS, type LatencyTally } from '../shared/latency.ts'

type Labels = Readonly<Record<string, string | number>>

export interface Named {
  readonly name: string
  readonly help: string
  readonly labels?: readonly string[]
}

export interface Figure {
  readonly labels?: Labels
  readonly value: number
}

type Read = () => number | Iterable<Figure>

function figuresOf(read: Read): Iterable<Figure> {
  const figures = read()
  return typeof figures === 'number' ? [{ value: figures }] : figures
}

/** What is now; a figure that is not read any more is gone. */
export function addGauge(registry: Registry, { name, help, labels = [] }: Named, read: Read): void {
  new Gauge({
    name,
    help,
    labelNames: [...labels],
    registers: [registry],
    collect() {
      this.reset()
      for (const figure of figuresOf(read)) this.set(figure.labels ?? {}, figure.value)
    },
  })
}

/** What only grows while the process lives. */
export function addCounter(registry: Registry, { name, help, labels = [] }: Named, read: Read) {
  new Counter({
    name,
    help,
    labelNames: [...labels],
    registers: [registry],
    collect() {
      this.reset()
      for (const figure of figuresOf(read)) this.inc(figure.labels ?? {}, figure.value)
    },
  })
}

export interface Timed {
  readonly labels?: Labels
  readonly tally: LatencyTally
}

/** A histogram in seconds of tallies that are kept elsewhere. */
export function addHistogram(
  registry: Registry,
  { name, help }: Named,
  read: () => Iterable<Timed>,
): void {
  const metric = {
    name,
    help,
    reset: () => undefined,
    get: async () => {
      const values = [...read()].flatMap(timed => samplesOf(name, timed))
      return { name, help, type: 'histogram', aggregator: 'sum', values }
    },
  }
  registry.registerMetric(metric as unknown as Metric)
}

function samplesOf(name: string, { labels = {}, tally }: Timed) {
  let count = 0
  const buckets = [...LATENCY_BOUNDS_MS, Infinity].map((boundMs, at) => {
    count += tally.counts[at] ?? 0
    const le = boundMs === Infinity ? '+Inf' : boundMs / 1_000
    return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count }
  })
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: tally.sumMs / 1_000 },
    { metricName: `${name}_count`, labels, value: count },
  ]
}
