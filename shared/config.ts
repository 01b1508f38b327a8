// Configuration: environment variables read once, every problem in one error, frozen (design.md §8).
//
// Owns: names, defaults and checks of the variables. Leaves to others: what the values mean to them;
// below main.ts values arrive as arguments.
//
//   C1. All problems are reported together, in sentences, as Fault('configuration') -> exit code 78.
//   C2. An unknown USHER_ variable is a problem: a typing mistake must not be a silent default.
//   C3. Secrets are never logged: publicConfigOf leaves them out.

import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { Fault } from './faults.ts'
import { type NodeId, parseNodeId } from './ids.ts'

export type RateLimits = 'on' | 'sockets-only' | 'off'

export interface Config {
  readonly host: string
  readonly port: number
  readonly opsHost: string
  readonly opsPort: number
  readonly dataDir: string
  /** undefined: embedded Postgres under dataDir */
  readonly databaseUrl: string | undefined
  readonly adminToken: string | undefined
  /** further origins whose pages may use the API; same origin is always allowed */
  readonly origins: readonly string[]
  readonly rateLimits: RateLimits
  readonly oidcIssuer: string | undefined
  readonly hasDemo: boolean
  readonly logLevel: string
  readonly sentryDsn: string | undefined
  /** undefined: embedded, everything in one process */
  readonly cluster: ClusterConfig | undefined
  readonly redisUrl: string | undefined
}

export interface ClusterConfig {
  /** with passwords: never log them */
  readonly natsUrls: readonly string[]
  /** of each broker */
  readonly monitorUrls: readonly string[]
  /** in front of every subject, stream and bucket: clusters with two names share a broker */
  readonly name: string
  /** undefined: named after role, host and process */
  readonly node: NodeId | undefined
  /** of an allocator: its share of the shards relative to the others' */
  readonly weight: number
}

type Environment = Readonly<Record<string, string | undefined>>

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']
const KNOWN = [
  'USHER_HOST',
  'USHER_PORT',
  'USHER_OPS_HOST',
  'USHER_OPS_PORT',
  'USHER_DATA_DIR',
  'USHER_ADMIN_TOKEN',
  'USHER_ORIGINS',
  'USHER_RATE_LIMITS',
  'USHER_DEMO',
  'USHER_LOG_LEVEL',
  'USHER_CLUSTER',
  'USHER_NODE',
  'USHER_WEIGHT',
]
const CLUSTER_NAME = /^[a-z0-9-]{1,32}$/
const WEIGHT_MAX = 1_000
const MONITOR_PORT = 8222

/** Throws Fault('configuration') that lists every problem. C1 */
export function readConfig(environment: Environment = process.env): Config {
  const reader = new Reader(environment)
  const host = reader.address('USHER_HOST', '127.0.0.1')
  const config: Config = Object.freeze({
    host,
    port: reader.port('USHER_PORT', 8080),
    opsHost: reader.address('USHER_OPS_HOST', '127.0.0.1'),
    opsPort: reader.port('USHER_OPS_PORT', 9400),
    dataDir: resolve(reader.text('USHER_DATA_DIR') ?? '.usher'),
    databaseUrl: reader.url('DATABASE_URL', ['postgres:', 'postgresql:']),
    adminToken: reader.secret('USHER_ADMIN_TOKEN', 16),
    origins: reader.origins('USHER_ORIGINS'),
    rateLimits: reader.oneOf('USHER_RATE_LIMITS', ['on', 'sockets-only', 'off'], 'on'),
    oidcIssuer: reader.url('OIDC_ISSUER', ['https:', 'http:']),
    hasDemo: reader.oneOf('USHER_DEMO', ['on', 'off'], 'on') === 'on',
    logLevel: reader.oneOf('USHER_LOG_LEVEL', LOG_LEVELS, 'info'),
    sentryDsn: reader.url('SENTRY_DSN', ['https:', 'http:']),
    cluster: readCluster(reader),
    redisUrl: reader.url('REDIS_URL', ['redis:', 'rediss:']),
  })
  reader.refuseUnknown(KNOWN)
  if (config.rateLimits !== 'on' && !isLoopback(host)) {
    reader.problem(
      `USHER_RATE_LIMITS=${config.rateLimits} is allowed on loopback only, but USHER_HOST is ${host}: ` +
        'set USHER_HOST=127.0.0.1 or leave the limits on.',
    )
  }
  if (config.port !== 0 && config.port === config.opsPort && config.host === config.opsHost) {
    reader.problem(`USHER_PORT and USHER_OPS_PORT are both ${config.port}: choose two ports.`)
  }
  reader.finish()
  return config
}

/** Every setting is checked; without NATS_URL they have nothing to say. */
function readCluster(reader: Reader): ClusterConfig | undefined {
  const natsUrls = reader.urls('NATS_URL', ['nats:', 'tls:'])
  const monitors = reader.urls('NATS_MONITOR_URL', ['http:', 'https:'])
  const node = reader.nodeId('USHER_NODE')
  const name = reader.clusterName('USHER_CLUSTER', 'usher')
  const weight = reader.weight('USHER_WEIGHT', 1)
  if (natsUrls.length === 0) return undefined
  const hosts = new Set(natsUrls.map(url => new URL(url).hostname))
  const usual = [...hosts].map(host => `http://${host}:${MONITOR_PORT}`)
  const monitorUrls = monitors.length > 0 ? monitors : Object.freeze(usual)
  return Object.freeze({ natsUrls, monitorUrls, name, node, weight })
}

/** The configuration without secrets, for the log and `usher config`. C3 */
export function publicConfigOf(config: Config): Record<string, unknown> {
  return {
    ...config,
    databaseUrl:
      config.databaseUrl === undefined ? 'embedded' : withoutPassword(config.databaseUrl),
    adminToken: config.adminToken === undefined ? 'from the data folder' : 'set',
    sentryDsn: config.sentryDsn === undefined ? 'off' : 'set',
    redisUrl: config.redisUrl === undefined ? 'off' : withoutPassword(config.redisUrl),
    ...publicClusterOf(config.cluster),
  }
}

function publicClusterOf(cluster: ClusterConfig | undefined): Record<string, unknown> {
  if (cluster === undefined) return { cluster: 'off' }
  const { name, natsUrls, ...rest } = cluster
  return { cluster: name, ...rest, natsUrls: natsUrls.map(withoutPassword) }
}

function withoutPassword(url: string): string {
  const parsed = new URL(url)
  parsed.password = ''
  return parsed.toString()
}

export function isLoopback(host: string): boolean {
  return host === '::1' || host.startsWith('127.')
}

class Reader {
  readonly #environment: Environment
  readonly #problems: string[] = []

  constructor(environment: Environment) {
    this.#environment = environment
  }

  problem(sentence: string): void {
    this.#problems.push(sentence)
  }

  text(name: string): string | undefined {
    const value = this.#environment[name]?.trim()
    return value === undefined || value === '' ? undefined : value
  }

  port(name: string, fallback: number): number {
    const text = this.text(name)
    if (text === undefined) return fallback
    const port = Number(text)
    if (/^[0-9]{1,5}$/.test(text) && port <= 65_535) return port
    this.problem(
      `${name}=${text} is not a port: give a whole number from 0 (any free one) to 65535.`,
    )
    return fallback
  }

  address(name: string, fallback: string): string {
    const text = this.text(name)
    if (text === undefined) return fallback
    if (isIP(text) !== 0) return text
    this.problem(`${name}=${text} is not an IP address: give one like 127.0.0.1 or 0.0.0.0.`)
    return fallback
  }

  oneOf<const Value extends string>(
    name: string,
    values: readonly Value[],
    fallback: Value,
  ): Value {
    const text = this.text(name)
    if (text === undefined) return fallback
    const found = values.find(value => value === text)
    if (found !== undefined) return found
    this.problem(`${name}=${text} is not known: give one of ${values.join(', ')}.`)
    return fallback
  }

  url(name: string, protocols: readonly string[]): string | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    if (URL.canParse(text) && protocols.includes(new URL(text).protocol)) return text
    this.problem(`${name} is not a URL that starts with ${protocols.join(' or ')}//.`)
    return undefined
  }

  /** by commas; none when one is wrong */
  urls(name: string, protocols: readonly string[]): readonly string[] {
    const items = (this.text(name) ?? '').split(',').map(item => item.trim())
    const urls = items.filter(item => item !== '')
    const isWrong = (url: string): boolean =>
      !URL.canParse(url) || !protocols.includes(new URL(url).protocol)
    if (!urls.some(isWrong)) return Object.freeze(urls)
    this.problem(`${name} is not a URL that starts with ${protocols.join(' or ')}//, or a list.`)
    return []
  }

  nodeId(name: string): NodeId | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const node = parseNodeId(text)
    if (node === undefined) {
      this.problem(`${name}=${text} is not a node's name: give up to 64 of a-z, 0-9 and -.`)
    }
    return node
  }

  clusterName(name: string, fallback: string): string {
    const text = this.text(name) ?? fallback
    if (CLUSTER_NAME.test(text)) return text
    this.problem(`${name}=${text} is not a cluster's name: give up to 32 of a-z, 0-9 and -.`)
    return fallback
  }

  weight(name: string, fallback: number): number {
    const text = this.text(name)
    if (text === undefined) return fallback
    const weight = Number(text)
    if (weight > 0 && weight <= WEIGHT_MAX) return weight
    this.problem(`${name}=${text} is not a weight: give a number above 0, at most ${WEIGHT_MAX}.`)
    return fallback
  }

  secret(name: string, lengthMin: number): string | undefined {
    const text = this.text(name)
    if (text === undefined || (text.length >= lengthMin && /^[!-~]+$/.test(text))) return text
    this.problem(`${name} must be at least ${lengthMin} visible ASCII characters without spaces.`)
    return undefined
  }

  origins(name: string): readonly string[] {
    const items = (this.text(name) ?? '').split(',').map(item => item.trim())
    const origins = items.filter(item => item !== '')
    for (const origin of origins) {
      if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
        this.problem(`${name}: "${origin}" is not an origin like https://tickets.example.`)
      }
    }
    return Object.freeze(origins)
  }

  refuseUnknown(known: readonly string[]): void {
    for (const name of Object.keys(this.#environment)) {
      if (name.startsWith('USHER_') && !known.includes(name)) {
        this.problem(`${name} is not a setting of Usher: the settings are ${known.join(', ')}.`)
      }
    }
  }

  finish(): void {
    if (this.#problems.length === 0) return
    throw new Fault('configuration', this.#problems.join('\n'))
  }
}
