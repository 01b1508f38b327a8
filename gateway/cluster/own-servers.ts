// The servers that `usher cluster` brings along when the configuration names none: NATS and Redis.
//
// Owns: starting them, remembering their pids in the data folder, ending those of a run that crashed.
// Leaves to others: the servers themselves (nats-server.ts, redis-server.ts).
//
//   OS1. Two brokers never work on one store: what a crashed run left behind is ended first, and only
//        when the process of that pid still is that server.
//   OS2. Commands of the same data folder find the broker that runs there without being told.

import { readFileSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../../shared/config.ts'
import type { Service } from '../../shared/service.ts'
import { startNatsServer } from './nats-server.ts'
import { findRedisServer, RedisServer } from './redis-server.ts'

const FILE = 'cluster-servers.json'
const END_MS_MAX = 5_000
const LOOK_AGAIN_MS = 50

interface OwnServer {
  readonly pid: number
  readonly name: 'nats-server' | 'redis-server'
  /** what children find in their environment */
  readonly env: Environment
}

type Environment = Readonly<Record<string, string>>

export interface Servers {
  readonly env: Environment
  /** of those that were started here */
  readonly pids: readonly number[]
}

/** Stops with the service. */
export async function startServers(config: Config, service: Service): Promise<Servers> {
  const file = join(config.dataDir, FILE)
  await endOrphans(file) // OS1
  const own: OwnServer[] = []
  const remember = (server: OwnServer): void => {
    own.push(server)
    writeFileSync(file, JSON.stringify(own), { mode: 0o600 })
  }
  service.onStop('list of servers', () => rm(file, { force: true }))
  if (config.cluster === undefined) {
    const nats = await startNatsServer({ dataDir: join(config.dataDir, 'nats') })
    service.onStop('nats-server', () => nats.stop())
    const env = { NATS_URL: nats.url, NATS_MONITOR_URL: nats.monitorUrl }
    remember({ pid: nats.pid, name: 'nats-server', env })
  }
  const program = config.redisUrl === undefined ? findRedisServer() : undefined
  if (program !== undefined) {
    const redis = await RedisServer.start({ program })
    service.onStop('redis-server', () => redis.stop())
    remember({ pid: redis.pid, name: 'redis-server', env: { REDIS_URL: redis.url } })
  }
  return { env: Object.assign({}, ...own.map(({ env }) => env)), pids: own.map(({ pid }) => pid) }
}

/** Of a local cluster that runs on this data folder: how its broker is reached, else nothing. OS2 */
export function ownBroker(dataDir: string): Environment {
  const isBroker = (server: OwnServer): boolean => server.name === 'nats-server' && isStill(server)
  return readList(join(dataDir, FILE)).find(isBroker)?.env ?? {}
}

async function endOrphans(file: string): Promise<void> {
  for (const server of readList(file)) {
    if (!isStill(server)) continue
    process.kill(server.pid, 'SIGTERM')
    const until = performance.now() + END_MS_MAX
    while (isStill(server) && performance.now() < until) await sleep(LOOK_AGAIN_MS)
    if (isStill(server)) process.kill(server.pid, 'SIGKILL')
  }
}

function readList(file: string): readonly OwnServer[] {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as readonly OwnServer[]
  } catch {
    return []
  }
}

function isStill({ pid, name }: OwnServer): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0]?.endsWith(name) === true
  } catch {
    return false
  }
}
