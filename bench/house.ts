// A house to measure: its own server in a temporary folder (or a target that runs already), and halls in it.
//
// Owns: starting and ending that server, creating layouts and shows through the admin API.
// Leaves to others: the load (hold.ts, waitlist.ts).

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const START_MS_MAX = 60_000

export class House {
  readonly url: URL
  readonly opsUrl: URL
  readonly #adminToken: string
  readonly #child: ChildProcess | undefined
  readonly #folder: string | undefined

  private constructor(options: {
    url: URL
    opsUrl: URL
    adminToken: string
    child?: ChildProcess
    folder?: string
  }) {
    this.url = options.url
    this.opsUrl = options.opsUrl
    this.#adminToken = options.adminToken
    this.#child = options.child
    this.#folder = options.folder
  }

  /** Its own server: free ports, a temporary data folder, rate limits off, no demo catalogue. */
  static async start(): Promise<House> {
    const folder = mkdtempSync(join(tmpdir(), 'usher-bench-'))
    const port = await freePort()
    const opsPort = await freePort()
    const root = join(import.meta.dirname, '..')
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', join(root, 'gateway/cli/usher.ts'), 'start'],
      {
        cwd: root,
        stdio: ['ignore', 'ignore', 'inherit'],
        env: {
          ...process.env,
          USHER_PORT: String(port),
          USHER_OPS_PORT: String(opsPort),
          USHER_DATA_DIR: folder,
          USHER_RATE_LIMITS: 'off',
          USHER_DEMO: 'off',
          USHER_LOG_LEVEL: 'warn',
        },
      },
    )
    const opsUrl = new URL(`http://127.0.0.1:${opsPort}`)
    await waitUntilReady(opsUrl, child)
    const adminToken = readFileSync(join(folder, 'admin-token'), 'utf8').trim()
    const url = new URL(`http://127.0.0.1:${port}`)
    return new House({ url, opsUrl, adminToken, child, folder })
  }

  /** A server that runs already; needs USHER_ADMIN_TOKEN to create halls. */
  static attach(target: string): House {
    const url = new URL(target)
    const opsUrl = new URL(process.env.USHER_BENCH_OPS_URL ?? `http://${url.hostname}:9400`)
    return new House({ url, opsUrl, adminToken: process.env.USHER_ADMIN_TOKEN ?? '' })
  }

  /** undefined when the server is not ours. */
  get pid(): number | undefined {
    return this.#child?.pid
  }

  async stop(): Promise<void> {
    const child = this.#child
    if (child !== undefined && child.exitCode === null) {
      const ended = new Promise(resolve => child.once('exit', resolve))
      child.kill('SIGTERM')
      await ended
    }
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true })
  }

  /** Throws with the server's own sentence when it refuses. */
  async call<Body>(method: string, path: string, body?: unknown, token?: string): Promise<Body> {
    const answer = await fetch(new URL(path, this.url), {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        authorization: `Bearer ${token ?? this.#adminToken}`,
        'idempotency-key': crypto.randomUUID(),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
    return (text === '' ? undefined : JSON.parse(text)) as Body
  }

  async guest(): Promise<{ readonly token: string; readonly customerId: string }> {
    const answer = await fetch(new URL('/v1/sessions', this.url), { method: 'POST' })
    if (!answer.ok) throw new Error(`POST /v1/sessions: ${answer.status} ${await answer.text()}`)
    return (await answer.json()) as { token: string; customerId: string }
  }

  /** A metric's sum over its labels, by exact name; 0 when absent. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(new URL('/metrics', this.opsUrl))).text()
    let sum = 0
    for (const line of text.split('\n')) {
      const match = /^([a-zA-Z_:]+)(?:\{[^}]*\})? (\S+)$/.exec(line)
      if (match?.[1] === name) sum += Number(match[2])
    }
    return sum
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

async function waitUntilReady(opsUrl: URL, child: ChildProcess): Promise<void> {
  const end = performance.now() + START_MS_MAX
  while (performance.now() < end) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`)
    const isReady = await fetch(new URL('/readyz', opsUrl)).then(
      answer => answer.ok,
      () => false,
    )
    if (isReady) return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  child.kill('SIGKILL')
  throw new Error('the server was not ready within a minute')
}
