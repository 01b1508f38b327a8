// Metrics, and what is built on them: dashboards, alerts and the page of alarms name only what exists.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { createMetrics, type MetricSources } from '../../gateway/metrics.ts'
import { RequestTally } from '../../gateway/request-tally.ts'
import { LATENCY_BOUNDS_MS, LatencyTally } from '../../shared/latency.ts'
import { LIMITS } from '../../shared/limits.ts'
import { readYaml, root } from '../support/compose.ts'

const COMPOSE = 'gateway/cluster/compose'
const tally = new LatencyTally()

/** Every figure that any process has. */
function everything(): MetricSources {
  const requests = new RequestTally()
  requests.note('hold-seats', { kind: 'done', isReplay: false } as never, 3)
  return {
    requests,
    sockets: () => 2,
    feed: () => ({ shows: 3, asking: 1, asks: 9 }),
    link: () => ({ unanswered: 1, rounds: 2, fenced: 3, late: 4 }),
    redis: () => ({ isUp: true, downCount: 1, hitCount: 5, missCount: 6 }),
    shards: () => [shardOf(0), shardOf(7)],
    moves: () => ({ acquired: 4, ceded: 2, lost: 1, pauses: tally, tableVersion: 12 }),
    ledgerLagFrames: () => 8,
    ledgerLagMs: () => 1_500,
    broker: () => ({ isUp: false, downCount: 2 }),
  }
}

function shardOf(shard: number) {
  const numbers = { epoch: 3, frame: 40, sequence: 90, shows: 2, waiting: 1 }
  return { shard, isServing: true, appends: tally, ...numbers }
}

/** Lines of one metric, as Prometheus reads them. */
async function linesOf(sources: MetricSources, name: string): Promise<string[]> {
  const text = await createMetrics(sources).registry.metrics()
  return text.split('\n').filter(line => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
}

test('LA1 a latency falls into the first bucket whose bound it does not pass', () => {
  const own = new LatencyTally()
  for (const [index, bound] of LATENCY_BOUNDS_MS.entries()) {
    own.add(bound)
    assert.equal(own.counts[index], 1, `${bound} ms`)
    own.add(bound * 1.01)
    assert.equal(own.counts[index + 1], 1, `over ${bound} ms`)
    own.counts.fill(0)
  }
  for (const ms of [0, 1e9, 1e12]) own.add(ms)
  assert.equal(own.counts[0], 1)
  assert.equal(own.counts.at(-1), 2)
  assert.equal(own.count, 3)
})

test('figures are read at the scrape, and histograms are whole', async () => {
  const requests = new RequestTally()
  const sources = { requests, shards: () => [shardOf(7)] }
  const { registry } = createMetrics(sources)
  requests.note('hold-seats', { kind: 'done', isReplay: false } as never, 0.4)
  requests.note('hold-seats', { kind: 'refused', code: 'seat-taken' } as never, 700)
  const text = await registry.metrics()
  const second = await registry.metrics()
  assert.match(text, /^# TYPE usher_request_seconds histogram$/m)
  for (const line of [
    'usher_requests_total{command="hold-seats",outcome="ok"} 1',
    'usher_requests_total{command="hold-seats",outcome="seat-taken"} 1',
    'usher_request_seconds_bucket{le="0.0005",command="hold-seats"} 1',
    'usher_request_seconds_bucket{le="0.512",command="hold-seats"} 1',
    'usher_request_seconds_bucket{le="1.024",command="hold-seats"} 2',
    'usher_request_seconds_bucket{le="+Inf",command="hold-seats"} 2',
    'usher_request_seconds_count{command="hold-seats"} 2',
    'usher_shard_frame{shard="7"} 40',
  ]) {
    assert.ok(text.includes(`${line}\n`), line)
    assert.ok(second.includes(`${line}\n`), `again: ${line}`)
  }
})

test('ME1 a process shows only what it has, and a shard that left is gone', async () => {
  assert.deepEqual(await linesOf({}, 'usher_sockets'), [])
  const rows = [shardOf(1), shardOf(2)]
  const { registry } = createMetrics({ shards: () => rows })
  assert.match(await registry.metrics(), /usher_shard_serving\{shard="2"\} 1/)
  rows.pop()
  assert.doesNotMatch(await registry.metrics(), /shard="2"/)
})

test('ME2 labels are closed lists, units are base units', async () => {
  const metrics = await createMetrics(everything()).registry.getMetricsAsJSON()
  const own = metrics.filter(({ name }) => !/^usher_(process|nodejs)_/.test(name))
  const allowed = [
    'route',
    'status',
    'command',
    'outcome',
    'shard',
    'move',
    'result',
    'reason',
    'le',
  ]
  for (const { name, values } of own as { name: string; values: { labels: object }[] }[]) {
    assert.match(name, /^usher_[a-z_]+$/)
    assert.doesNotMatch(name, /_(ms|milliseconds|minutes|kb)(_|$)/)
    for (const { labels } of values) {
      for (const label of Object.keys(labels))
        assert.ok(allowed.includes(label), `${name} ${label}`)
    }
  }
})

async function knownNames(): Promise<ReadonlySet<string>> {
  const json = await createMetrics(everything()).registry.getMetricsAsJSON()
  const names = json.flatMap(({ name, type }) => {
    const isHistogram = String(type) === 'histogram'
    return isHistogram ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name]
  })
  return new Set(names)
}

const namesIn = (expr: string): string[] => [...(expr.match(/\busher_[a-z_0-9]+/g) ?? [])]

interface Dashboard {
  readonly uid: string
  readonly panels: readonly {
    readonly title: string
    readonly description: string
    readonly datasource: { readonly uid: string }
    readonly targets: readonly { readonly expr: string }[]
  }[]
}

function dashboards(): Dashboard[] {
  const folder = join(root, COMPOSE, 'grafana/dashboards')
  return readdirSync(folder).map(
    name => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Dashboard,
  )
}

test('dashboards use only metrics that exist, and leave out none of ours', async () => {
  const known = await knownNames()
  const used = new Set<string>()
  const source = readYaml<{ datasources: { uid: string }[] }>(`${COMPOSE}/grafana/datasources.yml`)
  for (const { uid, panels } of dashboards()) {
    for (const { title, description, datasource, targets } of panels) {
      assert.equal(datasource.uid, source.datasources[0]?.uid)
      assert.ok(description.length > 3, `${uid} ${title}`)
      for (const name of targets.flatMap(({ expr }) => namesIn(expr))) {
        assert.ok(known.has(name), `${uid} "${title}" uses ${name}`)
        used.add(name.replace(/_bucket$/, ''))
      }
    }
  }
  const own = [...known].filter(name => !/^usher_(process|nodejs)_|_(sum|count)$/.test(name))
  const unused = own.map(name => name.replace(/_bucket$/, '')).filter(name => !used.has(name))
  assert.deepEqual(unused, [])
})

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly labels: { readonly severity: string }
  readonly annotations: { readonly summary: string }
}

test('alerts use only metrics that exist, and each has its paragraph in ALARMS.md', async () => {
  const known = await knownNames()
  const { groups } = readYaml<{ groups: { rules: Rule[] }[] }>(`${COMPOSE}/alerts.yml`)
  const rules = groups.flatMap(group => group.rules)
  for (const { alert, expr, annotations } of rules) {
    for (const name of namesIn(expr)) assert.ok(known.has(name), `${alert} uses ${name}`)
    assert.ok(annotations.summary.length > 10, alert)
  }
  const page = readFileSync(join(root, 'gateway/ops/ALARMS.md'), 'utf8')
  const sections = page.split(/^## /m).slice(1)
  const titles = sections.map(section => section.split('\n', 1)[0])
  assert.deepEqual(
    titles,
    rules.map(({ alert }) => alert),
  )
  for (const [index, section] of sections.entries()) {
    assert.ok(section.includes(`\n*${rules[index]?.labels.severity}.* `), titles[index])
    assert.ok(section.length > 200, titles[index])
  }
})

test('ShardUnserved counts as many shards as there are', () => {
  const { groups } = readYaml<{ groups: { rules: Rule[] }[] }>(`${COMPOSE}/alerts.yml`)
  const rule = groups.flatMap(group => group.rules).find(one => one.alert === 'ShardUnserved')
  assert.ok(rule?.expr.endsWith(`< ${LIMITS.shardCount}`))
})
