// A redis-server of our own: found on PATH, started on loopback without persistence, ended by its pid.
//
// Owns: finding the program, its arguments, its temporary folder, its life.
// Leaves to others: what is kept in it (redis.ts and its users), when it runs (usher cluster, tests).
//
//   R1. It listens on loopback only and writes nothing that outlives it: Redis holds nothing that
//       matters here.
//   R2. Only the process that was started here is ever ended.

import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { Fault } from '../../shared/faults.ts'

const PROGRAM = 'redis-server'
const READY = 'Ready to accept connections'
const START_MS_MAX = 5_000
const STOP_MS_MAX = 3_000
const PORT_TRIES_MAX = 3
const OUTPUT_CHARS_MAX = 4_000

/** The program's path; undefined when PATH has none. */
export function findRedisServer(path = process.env.PATH ?? ''): string | undefined {
  const candidates = path.split(delimiter).filter(folder => folder !== '')
  return candidates.map(folder => join(folder, PROGRAM)).find(isExecutable)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

export interface RedisServerOptions {
  /** default: what PATH has */
  readonly program?: string
  /** default: a free one */
  readonly port?: number
}

export class RedisServer {
  readonly port: number
  readonly #child: ChildProcess
  readonly #folder: string
  readonly #ended: Promise<void>
  readonly #killAtExit = (): void => void this.#child.kill('SIGKILL')

  constructor(child: ChildProcess, port: number, folder: string) {
    this.#child = child
    this.port = port
    this.#folder = folder
    this.#ended = new Promise(resolve => child.once('exit', () => resolve()))
    process.once('exit', this.#killAtExit)
  }

  /** Resolves when it takes connections. Throws Fault('redis-unavailable') in a clear sentence. */
  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    const program = options.program ?? findRedisServer()
    if (program === undefined) {
      throw new Fault('redis-unavailable', `PATH has no ${PROGRAM}: install it, or set REDIS_URL.`)
    }
    const tries = options.port === undefined ? PORT_TRIES_MAX : 1
    for (let tried = 1; ; tried += 1) {
      try {
        return await startOn(program, options.port ?? (await freePort()))
      } catch (error) {
        if (tried >= tries) throw error // another process may have taken the free port
      }
    }
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** In order; what it held is gone. */
  stop(): Promise<void> {
    return this.#end('SIGTERM')
  }

  /** As if its machine had died. */
  kill(): Promise<void> {
    return this.#end('SIGKILL')
  }

  // R2
  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.#child.kill(signal)
    const overdue = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS_MAX)
    await this.#ended
    clearTimeout(overdue)
    process.removeListener('exit', this.#killAtExit)
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

async function startOn(program: string, port: number): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'usher-redis-'))
  const child = spawn(program, argumentsOf(port, folder), { stdio: ['ignore', 'pipe', 'pipe'] })
  const server = new RedisServer(child, port, folder)
  try {
    await untilReady(child, port)
    return server
  } catch (error) {
    if (child.pid === undefined) rmSync(folder, { recursive: true, force: true })
    else await server.kill()
    throw error
  }
}

// R1
function argumentsOf(port: number, folder: string): readonly string[] {
  return [
    ...['--port', String(port), '--bind', '127.0.0.1', '--daemonize', 'no', '--dir', folder],
    ...['--save', '', '--appendonly', 'no', '--maxmemory', '64mb'],
    ...['--maxmemory-policy', 'allkeys-lru', '--databases', '1'],
  ]
}

function untilReady(child: ChildProcess, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = ''
    const fail = (what: string): void =>
      reject(new Fault('redis-unavailable', `${PROGRAM} on port ${port} ${what}.\n${output}`))
    const overdue = setTimeout(() => fail('was not ready in time'), START_MS_MAX)
    const note = (data: Buffer): void => {
      output = (output + data.toString()).slice(-OUTPUT_CHARS_MAX)
      if (!output.includes(READY)) return
      clearTimeout(overdue)
      resolve()
    }
    child.stdout?.on('data', note)
    child.stderr?.on('data', note)
    child.once('error', error => fail(`did not start: ${error.message}`))
    child.once('exit', code => {
      clearTimeout(overdue)
      fail(`ended with ${code}`)
    })
  })
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}
