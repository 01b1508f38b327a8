// A real `usher start` in its own folder and on free ports, for tests and bench alike.
//
// Owns: starting, waiting until ready, ending the one process it started.
// Leaves to others: what is asked of it.

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const START_MS_MAX = 60_000
const root = join(import.meta.dirname, '../..')

export interface UsherOptions {
  /** kept when given, so that another start finds it; else temporary */
  readonly dataDir?: string
  readonly env?: Readonly<Record<string, string>>
  /** the command and its flags; default: start */
  readonly args?: readonly string[]
  /** how long it may take until it is ready */
  readonly startMsMax?: number
  /** where the process's own words go; default: kept for `output` */
  readonly isTalking?: boolean
}

export class UsherProcess {
  readonly url: URL
  readonly opsUrl: URL
  readonly dataDir: string
  readonly child: ChildProcess
  readonly #isTemporary: boolean
  readonly #startMsMax: number
  #output = ''

  private constructor(options: UsherOptions, ports: { port: number; opsPort: number }) {
    this.#isTemporary = options.dataDir === undefined
    this.dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'usher-'))
    this.url = new URL(`http://127.0.0.1:${ports.port}`)
    this.opsUrl = new URL(`http://127.0.0.1:${ports.opsPort}`)
    this.#startMsMax = options.startMsMax ?? START_MS_MAX
    const node = ['--max-semi-space-size=64', '--import', 'tsx', 'gateway/cli/usher.ts']
    const args = [...node, ...(options.args ?? ['start'])]
    this.child = spawn(process.execPath, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', options.isTalking === true ? 'inherit' : 'pipe'],
      env: {
        ...environmentWithoutUsher(),
        USHER_PORT: String(ports.port),
        USHER_OPS_PORT: String(ports.opsPort),
        USHER_DATA_DIR: this.dataDir,
        USHER_LOG_LEVEL: 'warn',
        ...options.env,
      },
    })
    this.child.stdout?.on('data', (data: Buffer) => this.#note(data))
    this.child.stderr?.on('data', (data: Buffer) => this.#note(data))
  }

  /** Resolves when /readyz answers 200; rejects with the process's output when it ends before. */
  static async start(options: UsherOptions = {}): Promise<UsherProcess> {
    const usher = new UsherProcess(options, { port: await freePort(), opsPort: await freePort() })
    try {
      await usher.#untilReady()
      return usher
    } catch (error) {
      await usher.kill()
      throw error
    }
  }

  get pid(): number {
    return this.child.pid ?? 0
  }

  get output(): string {
    return this.#output
  }

  get adminToken(): string {
    return readFileSync(join(this.dataDir, 'admin-token'), 'utf8').trim()
  }

  /** SIGTERM; the exit code. The data folder goes when it was temporary. */
  async stop(): Promise<number | null> {
    const code = await this.#end('SIGTERM')
    this.#removeFolder()
    return code
  }

  /** SIGKILL to Node alone, as a crash would; the data folder stays. */
  crash(): Promise<number | null> {
    return this.#end('SIGKILL')
  }

  /** After a crash: ends the database that the crash left behind, then removes a temporary folder. */
  async kill(): Promise<void> {
    await this.crash()
    endOrphanedDatabase(this.dataDir)
    this.#removeFolder()
  }

  #removeFolder(): void {
    if (this.#isTemporary) rmSync(this.dataDir, { recursive: true, force: true, maxRetries: 10 })
  }

  #note(data: Buffer): void {
    this.#output = (this.#output + data.toString()).slice(-20_000)
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    const { child } = this
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
    const ended = new Promise<number | null>(resolve => child.once('exit', resolve))
    child.kill(signal)
    return ended
  }

  async #untilReady(): Promise<void> {
    const end = performance.now() + this.#startMsMax
    while (performance.now() < end) {
      if (this.child.exitCode !== null) {
        throw new Error(`usher ended with ${this.child.exitCode}:\n${this.#output}`)
      }
      const isReady = await fetch(new URL('/readyz', this.opsUrl)).then(
        answer => answer.ok,
        () => false,
      )
      if (isReady) return
      await new Promise(resolve => setTimeout(resolve, 40))
    }
    throw new Error(`usher was not ready in time:\n${this.#output}`)
  }
}

const FOREIGN = ['DATABASE_URL', 'NODE_OPTIONS', 'NATS_URL', 'NATS_MONITOR_URL', 'REDIS_URL']

function environmentWithoutUsher(): Record<string, string | undefined> {
  const isOurs = (name: string): boolean => name.startsWith('USHER_') || FOREIGN.includes(name)
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !isOurs(name)))
}

/** The first line of postmaster.pid is the process that owns the folder. */
function endOrphanedDatabase(dataDir: string): void {
  const file = join(dataDir, 'postgres', 'postmaster.pid')
  if (!existsSync(file)) return
  const pid = Number(readFileSync(file, 'utf8').split('\n', 1)[0])
  try {
    if (pid > 1) process.kill(pid, 'SIGKILL')
  } catch {
    // it ended by itself
  }
}

export function freePort(): Promise<number> {
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
