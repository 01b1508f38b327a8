// The ops listener: its own port for health, readiness, metrics and the operator's views.
//
// Owns: routes under /healthz, /readyz, /metrics, /version and /ops/v1.
// Leaves to others: what is ready (checks handed in), what the figures mean (metrics.ts).
//
//   O1. Health, readiness and metrics need no token; everything else needs the role ops.
//   O2. /readyz names every check and answers 503 while one of them fails.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Registry } from 'prom-client'
import { Fault } from '../../shared/faults.ts'
import {
  type HistorySource,
  historyAskOf,
  historyPage,
  historyPathOf,
  showOfHistory,
} from './history.ts'

export interface Check {
  readonly name: string
  readonly isOk: boolean
  /** what is wrong and what to do; or what was found */
  readonly detail: string
}

export interface ShardRow {
  readonly shard: number
  readonly owner: string
  readonly epoch: number
  readonly sequence: number
  readonly state: string
}

export interface NodeRow {
  readonly id: string
  readonly role: string
  readonly pid: number
  readonly state: string
  readonly shards: number
}

export interface OpsSources {
  readonly checks: () => readonly Check[]
  readonly metrics: Registry
  readonly version: Record<string, unknown>
  readonly shards: () => readonly ShardRow[]
  readonly nodes: () => readonly NodeRow[]
  readonly history: HistorySource
  /** whether the Bearer token carries the role ops (or admin); undefined when it is no token of ours */
  readonly mayOperate: (token: string) => Promise<boolean | undefined>
}

interface Answer {
  readonly status: number
  readonly body: unknown
}

export class OpsListener {
  readonly #server: Server
  readonly #sources: OpsSources

  constructor(sources: OpsSources) {
    this.#sources = sources
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        response.writeHead(500, { 'content-type': 'application/problem+json' })
        response.end(JSON.stringify(problem(500, 'internal', 'This answer could not be made.')))
        process.emitWarning(error instanceof Error ? error : String(error))
      })
    })
  }

  /** Resolves with the port that was bound (0 asks for a free one). Throws Fault('port-in-use'). */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', cause => {
        const detail = `The ops port ${host}:${port} cannot be bound (${cause.message}): set USHER_OPS_PORT.`
        reject(new Fault('port-in-use', detail, { cause }))
      })
      this.#server.listen(port, host, () => {
        const address = this.#server.address()
        resolve(typeof address === 'object' && address !== null ? address.port : port)
      })
    })
  }

  stop(): Promise<void> {
    return new Promise(resolve => {
      this.#server.close(() => resolve())
      this.#server.closeAllConnections()
    })
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname: path, searchParams } = new URL(request.url ?? '/', 'http://ops')
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return send(response, problemAnswer(405, 'method-not-allowed', 'Only GET is answered here.'))
    }
    if (path === '/metrics') {
      response.writeHead(200, { 'content-type': this.#sources.metrics.contentType })
      response.end(await this.#sources.metrics.metrics())
      return
    }
    const open = this.#openAnswer(path)
    send(response, open ?? (await this.#operatorAnswer(path, searchParams, request)))
  }

  #openAnswer(path: string): Answer | undefined {
    if (path === '/healthz') return { status: 200, body: { status: 'alive' } }
    if (path !== '/readyz') return undefined
    const checks = this.#sources.checks()
    const isReady = checks.every(check => check.isOk) // O2
    return {
      status: isReady ? 200 : 503,
      body: { status: isReady ? 'ready' : 'not-ready', checks },
    }
  }

  async #operatorAnswer(
    path: string,
    query: URLSearchParams,
    request: IncomingMessage,
  ): Promise<Answer> {
    const show = historyPathOf(path)
    const body = this.#operatorBody(path)
    if (body === undefined && show === undefined) {
      const detail = `There is nothing at ${path} on the ops listener.`
      return problemAnswer(404, 'route-not-found', detail)
    }
    const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1]
    const mayOperate = token === undefined ? undefined : await this.#sources.mayOperate(token)
    if (mayOperate !== true) return refusalOf(mayOperate) // O1
    return show === undefined ? { status: 200, body } : this.#historyAnswer(show, query)
  }

  async #historyAnswer(text: string, query: URLSearchParams): Promise<Answer> {
    const show = showOfHistory(text)
    if (show === undefined) return problemAnswer(404, 'not-found', 'There is no such show.')
    const ask = historyAskOf(show, query)
    if (typeof ask === 'string') return problemAnswer(422, 'validation', ask)
    return { status: 200, body: await historyPage(ask, this.#sources.history) }
  }

  #operatorBody(path: string): unknown {
    if (path === '/version') return this.#sources.version
    if (path === '/ops/v1/shards') return { items: this.#sources.shards() }
    if (path === '/ops/v1/nodes') return { items: this.#sources.nodes() }
    return undefined
  }
}

function refusalOf(mayOperate: false | undefined): Answer {
  if (mayOperate === false) {
    return problemAnswer(403, 'forbidden', 'This token does not carry the role ops.')
  }
  const detail = 'Send a Bearer token with the role ops: usher token --role ops.'
  return problemAnswer(401, 'token-invalid', detail)
}

function problem(status: number, code: string, detail: string): Record<string, unknown> {
  return {
    type: `/docs/problems#${code}`,
    title: code,
    status,
    code,
    detail,
    retryable: status >= 500,
  }
}

function problemAnswer(status: number, code: string, detail: string): Answer {
  return { status, body: problem(status, code, detail) }
}

function send(response: ServerResponse, answer: Answer): void {
  const isProblem = answer.status >= 400 && answer.status !== 503
  response.writeHead(answer.status, {
    'content-type': isProblem ? 'application/problem+json' : 'application/json',
    'cache-control': 'no-store',
  })
  response.end(JSON.stringify(answer.body))
}
