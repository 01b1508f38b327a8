// A nats-server of our own: found or fetched, started on loopback with JetStream, stopped by its pid.
//
// Owns: which binary is used, its settings, when it counts as ready, a cluster of several.
// Leaves to others: getting one from the mirror (nats-fetch.ts), what is stored in it (allocator/journal).
//
//   NS1. Looked for on PATH, then in the cache folder, then fetched; each must keep the version rule (N2).
//   NS2. Every write is synced before it is acknowledged, unless a test asks for the opposite.

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { accessSync, closeSync, constants, mkdirSync, openSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Fault } from '../../shared/faults.ts'
import { isFitNatsVersion, NATS_VERSIONS } from '../../shared/nats.ts'
import { fetchNatsServer } from './nats-fetch.ts'

const READY_MS_MAX = 20_000
const STOP_MS_MAX = 5_000
const STARTS_MAX = 3

export interface FindOptions {
  readonly path?: string | undefined
  readonly cacheDir?: string
  /** default true; false looks only at what is here */
  readonly mayFetch?: boolean
}

/** NS1; the path of a binary that is new enough, or Fault('configuration') saying what to do. */
export async function findNatsServer(options: FindOptions = {}): Promise<string> {
  const cached = join(options.cacheDir ?? cacheFolder(), 'nats-server')
  const tooOld: string[] = []
  for (const candidate of [...onPath(options.path ?? process.env.PATH ?? ''), cached]) {
    const version = await natsVersionOf(candidate)
    if (version === undefined) continue
    if (isFitNatsVersion(version)) return candidate
    tooOld.push(`${candidate} is ${version}`)
  }
  if (options.mayFetch === false) throw missing(tooOld, 'none was fetched')
  try {
    await fetchNatsServer(cached)
  } catch (cause) {
    throw missing(tooOld, `fetching it failed: ${firstLineOf(cause)}`, cause)
  }
  const version = (await natsVersionOf(cached)) ?? 'not a program for this machine'
  if (isFitNatsVersion(version)) return cached
  throw missing(tooOld, `the mirror's is ${version}`)
}

/** `2.15.1`, or undefined when it does not run here. */
export async function natsVersionOf(binary: string): Promise<string | undefined> {
  try {
    accessSync(binary, constants.X_OK)
    const { stdout } = await promisify(execFile)(binary, ['--version'], { timeout: 5_000 })
    return /\d+\.\d+\.\d+\S*/.exec(stdout)?.[0]
  } catch {
    return undefined
  }
}

/** Where fetched programs are kept between runs. */
function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'usher')
}

function onPath(path: string): string[] {
  return path
    .split(delimiter)
    .filter(folder => folder !== '')
    .map(folder => join(folder, 'nats-server'))
}

function missing(tooOld: readonly string[], reason: string, cause?: unknown): Fault {
  const found = tooOld.length === 0 ? 'none is on PATH' : tooOld.join('; ')
  return new Fault(
    'configuration',
    `nats-server ${NATS_VERSIONS} is needed: ${found}; ${reason}. Install it and put it on PATH.`,
    { cause },
  )
}

function firstLineOf(cause: unknown): string {
  const said = cause instanceof Error ? cause.message : String(cause)
  const lines = said.replace(/^spawn (\S+) ENOENT/, '$1 is not on this machine').split('\n')
  return lines.find(line => line.startsWith('E:')) ?? lines[0] ?? ''
}

export interface NatsServerOptions {
  readonly dataDir: string
  /** default: findNatsServer() */
  readonly binary?: string
  readonly name?: string
  /** free ones unless given */
  readonly port?: number
  readonly monitorPort?: number
  /** NS2; default true */
  readonly syncAlways?: boolean
  /** what JetStream may store on disk, in bytes; default: all there is */
  readonly storeBytesMax?: number
  /** further lines of its configuration: users, limits */
  readonly settings?: string
  readonly cluster?: { readonly name: string; readonly port: number; readonly routes: number[] }
}

export class NatsServer {
  readonly options: NatsServerOptions & { readonly port: number; readonly monitorPort: number }
  readonly #child: ChildProcess

  private constructor(options: NatsServer['options'], child: ChildProcess) {
    this.options = options
    this.#child = child
  }

  /** Running, and answering unless it waits for its peers; throws Fault('configuration') otherwise. */
  static async start(options: NatsServerOptions): Promise<NatsServer> {
    for (let starts = 1; ; starts += 1) {
      const [port, monitorPort] = await freePorts(2)
      const settled = { monitorPort: monitorPort as number, port: port as number, ...options }
      const server = await NatsServer.#spawn(settled)
      if (await server.#isReady()) return server
      await server.stop()
      if (starts < STARTS_MAX && options.port === undefined) continue // somebody took the port
      throw new Fault('configuration', `nats-server did not start: ${server.#lastWords()}`)
    }
  }

  static async #spawn(options: NatsServer['options']): Promise<NatsServer> {
    const binary = options.binary ?? (await findNatsServer())
    mkdirSync(options.dataDir, { recursive: true })
    const config = join(options.dataDir, 'nats-server.conf')
    await writeFile(config, configOf(options))
    const log = openSync(join(options.dataDir, 'nats-server.log'), 'a')
    const child = spawn(binary, ['--config', config], { stdio: ['ignore', log, log] })
    child.on('error', () => undefined) // seen as an exit below
    closeSync(log)
    return new NatsServer({ ...options, binary }, child)
  }

  get url(): string {
    return `nats://127.0.0.1:${this.options.port}`
  }

  get monitorUrl(): string {
    return `http://127.0.0.1:${this.options.monitorPort}`
  }

  get pid(): number {
    return this.#child.pid as number
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** In order: its store is closed cleanly. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM')
    if (this.isRunning) await this.kill()
  }

  /** As a crash would. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** The same server again: same ports, same folder. */
  again(changes: Partial<NatsServerOptions> = {}): Promise<NatsServer> {
    return NatsServer.start({ ...this.options, ...changes })
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (!this.isRunning || this.#child.pid === undefined) return
    const ended = new Promise(resolve => this.#child.once('exit', resolve))
    this.#child.kill(signal)
    await Promise.race([ended, pause(STOP_MS_MAX, undefined, { ref: false })])
  }

  /** A member of a cluster is ready only with its peers: here it only has to listen. */
  async #isReady(): Promise<boolean> {
    const path = this.options.cluster === undefined ? '/healthz' : '/varz'
    const until = performance.now() + READY_MS_MAX
    while (this.isRunning && performance.now() < until) {
      if (await isOk(this.monitorUrl + path)) return this.isRunning
      await pause(20)
    }
    return false
  }

  #lastWords(): string {
    const lines = readFileSync(join(this.options.dataDir, 'nats-server.log'), 'utf8').trim()
    return lines.split('\n').slice(-2).join(' | ') || 'it said nothing'
  }
}

export const startNatsServer = (options: NatsServerOptions): Promise<NatsServer> =>
  NatsServer.start(options)

async function isOk(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(1_000) })).ok
  } catch {
    return false
  }
}

function configOf(options: NatsServer['options']): string {
  const { cluster, dataDir, storeBytesMax } = options
  const members = (cluster?.routes ?? []).map(port => `"nats://127.0.0.1:${port}"`)
  return [
    `server_name: "${options.name ?? 'usher'}"`,
    `listen: "127.0.0.1:${options.port}"`,
    `http: "127.0.0.1:${options.monitorPort}"`,
    'jetstream {',
    `  store_dir: ${JSON.stringify(join(dataDir, 'store'))}`,
    `  sync_interval: ${options.syncAlways === false ? '"2m"' : 'always'}`,
    ...(storeBytesMax === undefined ? [] : [`  max_file_store: ${storeBytesMax}`]),
    '}',
    ...(cluster === undefined
      ? []
      : [
          'cluster {',
          `  name: "${cluster.name}"`,
          `  listen: "127.0.0.1:${cluster.port}"`,
          `  routes: [${members.join(', ')}]`,
          '}',
        ]),
    options.settings ?? '',
    '',
  ].join('\n')
}

export interface NatsCluster {
  /** replaced in place when a member starts again */
  readonly servers: NatsServer[]
  readonly urls: readonly string[]
  stop(): Promise<void>
}

type MemberOptions = Omit<NatsServerOptions, 'cluster' | 'name' | 'port' | 'monitorPort'>

/** Several servers that replicate to each other; resolves when they have a leader. */
export async function startNatsCluster(size: number, options: MemberOptions): Promise<NatsCluster> {
  const binary = options.binary ?? (await findNatsServer())
  for (let starts = 1; ; starts += 1) {
    try {
      return await startMembers(size, { ...options, binary })
    } catch (cause) {
      if (starts === STARTS_MAX) throw cause // somebody took a port again and again, or worse
    }
  }
}

async function startMembers(size: number, options: MemberOptions): Promise<NatsCluster> {
  const routes = await freePorts(size)
  const starting = routes.map((port, at) =>
    NatsServer.start({
      ...options,
      name: `usher-${at + 1}`,
      dataDir: join(options.dataDir, `server-${at + 1}`),
      cluster: { name: 'usher', port, routes },
    }),
  )
  const settled = await Promise.allSettled(starting)
  const servers = settled.flatMap(one => (one.status === 'fulfilled' ? [one.value] : []))
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map(server => server.stop()))
  }
  const failed = settled.find(one => one.status === 'rejected')
  const cluster = { servers, urls: servers.map(server => server.url), stop }
  try {
    if (failed !== undefined) throw failed.reason
    await waitForLeader(cluster)
  } catch (cause) {
    await stop()
    throw cause
  }
  return cluster
}

async function waitForLeader({ servers }: NatsCluster): Promise<void> {
  const until = performance.now() + READY_MS_MAX
  for (const server of servers) {
    while (!(await isOk(`${server.monitorUrl}/healthz`))) {
      if (performance.now() > until) {
        throw new Fault('configuration', 'The nats-servers found no leader among themselves.')
      }
      await pause(50)
    }
  }
}

/** All held open at once, so that they differ. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  const ports: number[] = []
  for (const server of servers) {
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (address !== null && typeof address === 'object') ports.push(address.port)
  }
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))))
  return ports
}
