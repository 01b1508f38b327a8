// What every process of a cluster has: configuration, database, broker, a name, and its place among the others.
//
// Owns: the order in which these come up, the parent's leash.
// Leaves to others: what the process does (allocator-process.ts, gateway-process.ts, ledger-process.ts).
//
//   ND1. Without NATS_URL and DATABASE_URL there is no cluster to join: exit 78 with both sentences.
//   ND2. A child of `usher cluster` ends when its parent is gone, whatever the parent died of.

import { hostname } from 'node:os'
import type { NatsConnection } from '@nats-io/nats-core'
import { Membership, type Role } from '../../allocator/membership.ts'
import { type Database, openDatabase } from '../../persistence/database.ts'
import { migrateUp } from '../../persistence/migrate.ts'
import { systemClock } from '../../shared/clock.ts'
import { type ClusterConfig, type Config, readConfig } from '../../shared/config.ts'
import { reportError } from '../../shared/error-report.ts'
import { Fault } from '../../shared/faults.ts'
import { type NodeId, parseNodeId } from '../../shared/ids.ts'
import { createLog, type Log } from '../../shared/log.ts'
import { connectNats } from '../../shared/nats.ts'
import { isAbsent, showPresence } from '../../shared/presence.ts'
import { EXIT, Service } from '../../shared/service.ts'
import { readVersion } from '../version.ts'

export interface ClusterNode {
  readonly config: Config
  readonly cluster: ClusterConfig
  readonly id: NodeId
  readonly role: Role
  readonly log: Log
  readonly service: Service
  readonly version: string
  readonly database: Database
  readonly nats: NatsConnection
  readonly membership: Membership
}

type Life = Pick<ClusterNode, 'config' | 'log' | 'service' | 'version'>

/** Runs a process until a signal or a failure ends it; `start` gets the node that came up. */
export async function runNode(
  role: Role,
  start: (node: ClusterNode) => Promise<void>,
): Promise<void> {
  const life = beginLife(`usher ${role}`)
  followParent()
  try {
    await start(await joinCluster(role, life))
  } catch (error) {
    life.service.fail(error)
  }
}

export function beginLife(name: string): Life {
  const config = readConfig()
  const version = readVersion()
  const log = createLog(name, config.logLevel)
  const service = new Service(log)
  const { sentryDsn } = config
  if (sentryDsn !== undefined) service.reportTo(error => reportError(sentryDsn, version, error))
  return { config, log, service, version }
}

async function joinCluster(role: Role, life: Life): Promise<ClusterNode> {
  const { config, log, service } = life
  const cluster = clusterOf(config, role)
  const id = cluster.node ?? nodeIdOf(role)
  const database = await openDatabase({ ...config, log })
  service.onStop('database', () => database.stop())
  await migrateUp(database.sql)
  const nats = await connectNats({ urls: cluster.natsUrls, name: id })
  service.onStop('NATS', () => nats.close())
  const membership = joinAs({ id, role, cluster, nats })
  service.onStop('membership', () => membership.stop())
  return { ...life, cluster, id, role, database, nats, membership }
}

export function joinAs(who: Pick<ClusterNode, 'id' | 'role' | 'cluster' | 'nats'>): Membership {
  const { id, role, cluster, nats } = who
  if (role === 'allocator') showPresence(nats, cluster.name, id)
  return new Membership({
    nats,
    cluster: cluster.name,
    self: { node: id, role, pid: process.pid, weight: cluster.weight },
    clock: systemClock,
    ...(role === 'allocator' ? { isGone: node => isAbsent(nats, cluster.name, node) } : {}),
  })
}

/** ND1 */
function clusterOf(config: Config, role: Role): ClusterConfig {
  const problems: string[] = []
  if (config.cluster === undefined) {
    problems.push(`usher ${role} is part of a cluster: set NATS_URL, or run usher start.`)
  }
  if (config.databaseUrl === undefined) {
    problems.push(`usher ${role} shares the cluster's database: set DATABASE_URL.`)
  }
  const { cluster } = config
  if (cluster === undefined || problems.length > 0) {
    throw new Fault('configuration', problems.join('\n'))
  }
  return cluster
}

/** `allocator-myhost-4711`, of what a node's name may be made of. */
export function nodeIdOf(role: Role): NodeId {
  const host = hostname()
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
  const text = `${role}-${host.slice(0, 40)}-${process.pid}`
  return parseNodeId(text) ?? (`${role}-${process.pid}` as NodeId)
}

/** What the parent tells once: which servers of its own nobody else would end. */
export interface Leash {
  readonly serverPids: readonly number[]
}

/** ND2: at once, as in a crash; the journal tells the next start everything. */
function followParent(): void {
  if (process.send === undefined) return
  let serverPids: readonly number[] = []
  process.on('message', (leash: Leash) => {
    serverPids = leash.serverPids
  })
  process.on('disconnect', () => {
    for (const pid of serverPids) endQuietly(pid)
    process.exit(EXIT.failure)
  })
}

function endQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM')
  } catch {
    // another child was faster
  }
}
