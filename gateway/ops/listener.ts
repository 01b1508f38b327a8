// The ops listener: its own port for health, readiness, metrics and the operator's views.
//
// Owns: health, readiness, metrics, version, history; who may ask; the order of refusals.
// Leaves to others: what is ready (checks handed in), what the figures mean (metrics.ts), the
// operator's routes (operating.ts).
//
//   O1. Health, readiness and metrics need no token; everything else needs the role ops.
//   O2. /readyz names every check and answers 503 while one of them fails.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { Fault } from '../../shared/faults.ts'
import type { Operations } from '../../shared/operations.ts'
import { Refused } from '../reply.ts'
import { type Answer, answerOf, problemAnswer, send } from './answers.ts'
import {
  type HistorySource,
  historyAskOf,
  historyPage,
  historyPathOf,
  showOfHistory,
} from './history.ts'
import { jsonBodyOf } from './intake.ts'
import { operatingAnswer, operatingMethodsOf } from './operating.ts'

const REQUEST_MS_MAX = 10_000

export interface Check {
  readonly name: string
  readonly isOk: boolean
  /** what is wrong and what to do; or what was found */
  readonly detail: string
}

/** Prometheus text, made when somebody asks. */
export interface MetricsText {
  readonly contentType: string
  metrics(): Promise<string>
}

export interface OpsSources {
  readonly checks: () => readonly Check[]
  readonly metrics: MetricsText
  readonly version: Record<string, unknown>
  readonly operations: Operations
  readonly history: HistorySource
  /** whether the Bearer token carries the role ops (or admin); undefined when it is no token of ours */
  readonly mayOperate: (token: string) => Promise<boolean | undefined>
}

export class OpsListener {
  readonly #server: Server
  readonly #sources: OpsSources

  constructor(sources: OpsSources) {
    this.#sources = sources
    this.#server = createServer({ requestTimeout: REQUEST_MS_MAX }, (request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        if (error instanceof Refused) {
          send(response, answerOf(error.problem))
          return
        }
        send(response, problemAnswer('internal'))
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
    const [path = '/', query] = (request.url ?? '/').split('?', 2)
    const searchParams = new URLSearchParams(query)
    const methods = methodsOf(path)
    const method = request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET')
    if (methods.length === 0) {
      const detail = `There is nothing at ${path} on the ops listener.`
      return send(response, problemAnswer('route-not-found', detail))
    }
    if (!methods.includes(method)) {
      const allow = methods.includes('GET') ? [...methods, 'HEAD'].join(', ') : methods.join(', ')
      const detail = `This address answers ${allow}.`
      return send(response, { ...problemAnswer('method-not-allowed', detail), allow })
    }
    if (path === '/metrics') {
      const figures = await this.#sources.metrics.metrics()
      response.writeHead(200, { 'content-type': this.#sources.metrics.contentType })
      response.end(figures)
      return
    }
    const open = this.#openAnswer(path)
    if (open !== undefined) return send(response, open)
    const body = method === 'POST' ? await jsonBodyOf(request) : {}
    const refusal = await this.#refusalOf(request) // O1
    send(response, refusal ?? (await this.#operatorAnswer({ method, path, body, searchParams })))
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

  /** O1 */
  async #refusalOf(request: IncomingMessage): Promise<Answer | undefined> {
    const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1]
    const mayOperate = token === undefined ? undefined : await this.#sources.mayOperate(token)
    if (mayOperate === true) return undefined
    if (mayOperate === false) {
      return problemAnswer('forbidden', 'This token does not carry the role ops.')
    }
    const detail = 'Send a Bearer token with the role ops: usher token --role ops.'
    return problemAnswer('token-invalid', detail)
  }

  async #operatorAnswer(ask: {
    readonly method: string
    readonly path: string
    readonly body: unknown
    readonly searchParams: URLSearchParams
  }): Promise<Answer> {
    if (ask.path === '/version') return { status: 200, body: this.#sources.version }
    const show = historyPathOf(ask.path)
    if (show !== undefined) return this.#historyAnswer(show, ask.searchParams)
    return operatingAnswer(this.#sources.operations, ask)
  }

  async #historyAnswer(text: string, query: URLSearchParams): Promise<Answer> {
    const show = showOfHistory(text)
    if (show === undefined) return problemAnswer('not-found', 'There is no such show.')
    const ask = historyAskOf(show, query)
    if (typeof ask === 'string') return problemAnswer('validation', ask)
    return { status: 200, body: await historyPage(ask, this.#sources.history) }
  }
}

const READ_ONLY = ['/healthz', '/readyz', '/metrics', '/version']

function methodsOf(path: string): readonly string[] {
  const isRead = READ_ONLY.includes(path) || historyPathOf(path) !== undefined
  return isRead ? ['GET'] : operatingMethodsOf(path)
}
