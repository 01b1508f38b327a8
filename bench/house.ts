// A house to measure: its own server in a temporary folder (or a target that runs already), and halls in it.
//
// Owns: starting and ending that server, creating layouts and shows through the admin API.
// Leaves to others: the load (hold.ts, waitlist.ts).

import { UsherProcess } from '../tests/support/usher-process.ts'

export class House {
  readonly url: URL
  readonly opsUrl: URL
  readonly #adminToken: string
  readonly #usher: UsherProcess | undefined

  private constructor(options: {
    url: URL
    opsUrl: URL
    adminToken: string
    usher?: UsherProcess
  }) {
    this.url = options.url
    this.opsUrl = options.opsUrl
    this.#adminToken = options.adminToken
    this.#usher = options.usher
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

  async stop(): Promise<void> {
    await this.#usher?.stop()
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
