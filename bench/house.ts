// A house to measure: its own server in a temporary folder (or a target that runs already), and halls in it.
//
// Owns: starting and ending that server, creating layouts and shows through the admin API.
// Leaves to others: the load (hold.ts, waitlist.ts).

import { UsherProcess } from '../tests/support/usher-process.ts'
import { Broker } from './broker.ts'
import type { Options } from './options.ts'

const START_MS_MAX = 180_000

export class House {
  readonly url: URL
  readonly opsUrl: URL
  readonly #adminToken: string
  readonly #usher: UsherProcess | undefined
  /** of a cluster */
  readonly broker: Broker | undefined

  private constructor(options: {
    url: URL
    opsUrl: URL
    adminToken: string
    usher?: UsherProcess
    broker?: Broker
  }) {
    this.url = options.url
    this.opsUrl = options.opsUrl
    this.#adminToken = options.adminToken
    this.#usher = options.usher
    this.broker = options.broker
  }

  /** As the flags say: a target, an own cluster, or an own process. */
  static async of({ target, isCluster }: Options): Promise<House> {
    if (target !== undefined) return House.attach(target)
    return isCluster ? House.startCluster({ allocators: 1 }) : House.start()
  }

  /** Its own server: free ports, a temporary data folder, rate limits off, no demo catalogue. */
  static async start(): Promise<House> {
    const usher = await UsherProcess.start({
      isTalking: true,
      env: { USHER_RATE_LIMITS: 'off', USHER_DEMO: 'off' },
    })
    const { url, opsUrl, adminToken } = usher
    return new House({ url, opsUrl, adminToken, usher })
  }

  /** Its own cluster: as many allocators as wished, one gateway, one ledger, an own broker. */
  static async startCluster({ allocators }: { readonly allocators: number }): Promise<House> {
    const broker = await Broker.start()
    try {
      const usher = await UsherProcess.start({
        isTalking: true,
        args: ['cluster', '--gateways', '1', '--allocators', String(allocators)],
        env: { ...broker.env, USHER_RATE_LIMITS: 'off', USHER_DEMO: 'off' },
        startMsMax: START_MS_MAX,
      })
      const { url, opsUrl, adminToken } = usher
      return new House({ url, opsUrl, adminToken, usher, broker })
    } catch (error) {
      await broker.stop()
      throw error
    }
  }

  /** A server that runs already; needs USHER_ADMIN_TOKEN to create halls. */
  static attach(target: string): House {
    const url = new URL(target)
    const opsUrl = new URL(process.env.USHER_BENCH_OPS_URL ?? `http://${url.hostname}:9400`)
    return new House({ url, opsUrl, adminToken: process.env.USHER_ADMIN_TOKEN ?? '' })
  }

  /** undefined when the server is not ours. */
  get pid(): number | undefined {
    return this.#usher?.pid
  }

  /** Whose CPU is the server's; their children count too. */
  get roots(): readonly number[] {
    return [this.#usher?.pid, this.broker?.pid].filter(pid => pid !== undefined)
  }

  async stop(): Promise<void> {
    await this.#usher?.stop()
    await this.broker?.stop()
  }

  /** Throws with the server's own sentence when it refuses. */
  call<Body>(method: string, path: string, body?: unknown, token?: string): Promise<Body> {
    return this.#ask(new URL(path, this.url), { method, body, token })
  }

  /** As an operator, on the ops listener. */
  operate<Body>(method: string, path: string, body?: unknown): Promise<Body> {
    return this.#ask(new URL(path, this.opsUrl), { method, body })
  }

  async #ask<Body>(
    url: URL,
    { method, body, token }: { method: string; body: unknown; token?: string | undefined },
  ): Promise<Body> {
    const answer = await fetch(url, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        authorization: `Bearer ${token ?? this.#adminToken}`,
        'idempotency-key': crypto.randomUUID(),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${url.pathname}: ${answer.status} ${text}`)
    return (text === '' ? undefined : JSON.parse(text)) as Body
  }

  async guest(): Promise<{ readonly token: string; readonly customerId: string }> {
    const answer = await fetch(new URL('/v1/sessions', this.url), { method: 'POST' })
    if (!answer.ok) throw new Error(`POST /v1/sessions: ${answer.status} ${await answer.text()}`)
    return (await answer.json()) as { token: string; customerId: string }
  }

  /** A metric's sum over its labels and over all processes, by exact name; 0 when absent. */
  async metric(name: string): Promise<number> {
    const texts = await Promise.all(
      (this.broker?.opsUrls ?? [this.opsUrl]).map(url => textOf(new URL('/metrics', url))),
    )
    let sum = 0
    for (const line of texts.join('\n').split('\n')) {
      const match = /^([a-zA-Z_:]+)(?:\{[^}]*\})? (\S+)$/.exec(line)
      if (match?.[1] === name) sum += Number(match[2])
    }
    return sum
  }
}

/** Empty when the process is gone. */
async function textOf(url: URL): Promise<string> {
  try {
    return await (await fetch(url)).text()
  } catch {
    return ''
  }
}
