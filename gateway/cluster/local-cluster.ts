// `usher cluster`: the topology of a cluster as processes of this machine, for development, tests and bench.
//
//   1. database, alone   2. broker and cache   3. children   4. one ops listener for all   5. ready
//
// Owns: what is started in which order and stopped in the reverse one.
// Leaves to others: children (children.ts), servers (own-servers.ts), what each process does.
//
//   LC1. Ready means: every shard has an owner, every gateway serves, a ledger is there.
//   LC2. SIGTERM ends gateways, then allocators, then the ledger, so that what was told is written.

import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Membership } from '../../allocator/membership.ts'
import { openDatabase } from '../../persistence/database.ts'
import { fillDemo } from '../../persistence/demo.ts'
import { migrateUp } from '../../persistence/migrate.ts'
import { type Config, readConfig } from '../../shared/config.ts'
import { Fault } from '../../shared/faults.ts'
import { connectNats } from '../../shared/nats.ts'
import { Auth } from '../auth.ts'
import { createMetrics } from '../metrics.ts'
import type { Check } from '../ops/listener.ts'
import { buildWeb } from '../web-build.ts'
import { Child, type ChildOptions } from './children.ts'
import { gatheredMetrics } from './gathered-metrics.ts'
import { beginLife, type ClusterNode, joinAs, nodeIdOf } from './node.ts'
import { clusterChecks, openOps } from './node-ops.ts'
import { type Servers, startServers } from './own-servers.ts'

export interface LocalClusterFlags {
  readonly gateways: number
  readonly allocators: number
  readonly allowDegraded: boolean
}

const READY_MS_MAX = 60_000
const LOOK_AGAIN_MS = 50
const GATEWAYS_STOP_MS = 2_500
const ALLOCATORS_STOP_MS = 2_500
const LEDGER_STOP_MS = 1_000

export async function main(flags: LocalClusterFlags): Promise<void> {
  const startedAt = performance.now()
  const life = beginLife('usher cluster')
  const { service } = life
  try {
    const node = await bringUp(life, flags)
    const missing = await whenReady(node.membership, flags)
    announce(node.config, flags, { ms: performance.now() - startedAt, missing })
  } catch (error) {
    service.fail(error)
  }
}

type Life = ReturnType<typeof beginLife>

async function bringUp(life: Life, flags: LocalClusterFlags): Promise<ClusterNode> {
  const { config: asked, log, service } = life
  const config = { ...asked, port: await settledPort(asked) }
  // 1.
  const database = await openDatabase({ ...config, log })
  service.onStop('database', () => database.stop())
  await database.holdAlone(error => service.fail(error))
  await migrateUp(database.sql)
  if (config.hasDemo) await fillDemo(database.sql, Date.now())
  await Promise.all([buildWeb(log), Auth.open(config)]) // once, not by every gateway
  // 2.
  const servers = await startServers(config, service)
  const cluster = readConfig({ ...process.env, ...servers.env }).cluster
  if (cluster === undefined) throw new Fault('configuration', 'There is no broker.')
  const role = 'cluster'
  const id = nodeIdOf(role)
  const nats = await connectNats({ urls: cluster.natsUrls, name: id })
  service.onStop('NATS', () => nats.close())
  // 3.
  const membership = joinAs({ id, role, cluster, nats })
  service.onStop('membership', () => membership.stop())
  const node: ClusterNode = { ...life, config, cluster, id, role, database, nats, membership }
  startChildren(node, flags, servers)
  // 4.
  await openOps(node, {
    metrics: gatheredMetrics(membership, createMetrics({}).registry, config.opsHost),
    checks: () => processChecks(membership, flags),
  })
  return node
}

function startChildren(node: ClusterNode, flags: LocalClusterFlags, servers: Servers): void {
  const { config, log, service, database } = node
  const env = {
    ...servers.env,
    DATABASE_URL: database.url,
    USHER_DATA_DIR: config.dataDir,
    USHER_PORT: String(config.port),
    USHER_OPS_PORT: '0',
    USHER_DEMO: 'off',
  }
  const databasePid = database.isEmbedded ? postmasterPid(config) : []
  const leash = { serverPids: [...servers.pids, ...databasePid] }
  const onHopeless = (): void => {
    service.fail(new Fault('configuration', 'A process of the cluster cannot start; see above.'))
  }
  const start = (role: ChildOptions['role'], name: string, childFlags: readonly string[]): Child =>
    new Child({ role, node: name, flags: childFlags, env, leash, log, onHopeless })
  const degraded = flags.allowDegraded ? ['--allow-degraded'] : []
  const ledger = [start('ledger', 'ledger-1', [])]
  const allocators = numbered('allocator', flags.allocators).map(name =>
    start('allocator', name, degraded),
  )
  const gateways = numbered('gateway', flags.gateways).map(name => start('gateway', name, []))
  // LC2
  service.onStop('ledger', () => stopAll(ledger, LEDGER_STOP_MS))
  service.onStop('allocators', () => stopAll(allocators, ALLOCATORS_STOP_MS))
  service.onStop('gateways', () => stopAll(gateways, GATEWAYS_STOP_MS))
}

const numbered = (role: string, count: number): string[] =>
  Array.from({ length: count }, (_, at) => `${role}-${at + 1}`)

async function stopAll(children: readonly Child[], withinMs: number): Promise<void> {
  await Promise.all(children.map(child => child.stop(withinMs)))
}

/** The first line of its file; children end it when this process cannot. */
function postmasterPid({ dataDir }: Config): readonly number[] {
  const file = readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')
  return [Number(file.split('\n', 1)[0])]
}

/** All gateways share one port, so nobody else may: it must be free before the first one listens. */
function settledPort({ host, port }: Config): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', cause => {
      const detail = `The address ${host}:${port} cannot be bound: something else listens there. Set USHER_PORT.`
      reject(new Fault('port-in-use', detail, { cause }))
    })
    server.listen(port, host, () => {
      const address = server.address()
      const found = typeof address === 'object' && address !== null ? address.port : port
      server.close(() => resolve(found))
    })
  })
}

/** LC1, besides the shards */
function processChecks(membership: Membership, { gateways }: LocalClusterFlags): readonly Check[] {
  const countOf = (role: string, state: string): number =>
    membership.beats.filter(beat => beat.role === role && beat.state === state).length
  const [there, ledgers] = [countOf('gateway', 'serving'), countOf('ledger', 'serving')]
  const isFull = there + countOf('gateway', 'leaving') >= gateways // a drained one was wished away
  return [
    {
      name: 'gateways',
      isOk: there > 0 && isFull,
      detail: `${there} of ${gateways} serve`,
    },
    { name: 'ledger', isOk: ledgers > 0, detail: ledgers > 0 ? 'is there' : 'is not there yet' },
  ]
}

/** What was still missing when nobody wants to wait longer. LC1 */
async function whenReady(
  membership: Membership,
  flags: LocalClusterFlags,
): Promise<readonly Check[]> {
  const until = performance.now() + READY_MS_MAX
  const missing = (): readonly Check[] =>
    [...clusterChecks(membership), ...processChecks(membership, flags)].filter(({ isOk }) => !isOk)
  while (missing().length > 0 && performance.now() < until) await sleep(LOOK_AGAIN_MS)
  return missing()
}

interface Readiness {
  readonly ms: number
  readonly missing: readonly Check[]
}

function announce(config: Config, flags: LocalClusterFlags, { ms, missing }: Readiness): void {
  const seconds = `${(ms / 1000).toFixed(1)} s`
  const what = `with ${flags.gateways} gateways and ${flags.allocators} allocators`
  const told = missing.map(({ name, detail }) => `${name}: ${detail}`).join(', ')
  const url = `http://${config.host === '127.0.0.1' ? 'localhost' : config.host}:${config.port}`
  const lines = [
    missing.length === 0
      ? `Usher sells seats ${what} (ready in ${seconds})`
      : `Usher runs ${what}, but is not ready after ${seconds}: ${told}; see the log`,
    `  page         ${url}`,
    `  docs         ${url}/docs`,
    `  ops          http://${config.opsHost}:${config.opsPort}/readyz`,
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}
