// HTTP on uWebSockets.js: from a request's bytes to its route's handler, and the answer back.
//
// Owns: the order of the checks, which is the order of precedence of the problems (Q1).
// Leaves to others: routes (http/), pages and files (static.ts), sockets (session.ts).
//
//   H1. Everything needed of a request is copied in its own turn; the response is corked (reply.ts).
//   H2. path, method, size, media type, JSON, origin, token, role, limits, key, fields: in this order.
//   H3. A handler's failure is told as `internal` or `ledger-unavailable` and logged; a Bug ends the
//       process, since memory can no longer be believed (style: three kinds of failure).
//   H4. A draining server answers `draining`, closes its connections and waits for what runs.

import { Bug } from '../shared/assert.ts'
import { Fault } from '../shared/faults.ts'
import { LIMITS } from '../shared/limits.ts'
import type { Caller } from './auth.ts'
import { BodyReader } from './body.ts'
import { Exchange } from './exchange.ts'
import { addressOf, headOf } from './head.ts'
import type { House } from './house.ts'
import { headersOfVerdict } from './http/limits.ts'
import { type Ask, checked, type Route } from './http/route.ts'
import { bearerOf, jsonOf, keyOf, mayUse, NOBODY, noToken, queryOf, rawOf } from './intake.ts'
import { corsHeadersOf, isOriginAllowed, preflightHeadersOf } from './origins.ts'
import { problemOf } from './problems.ts'
import { type Answer, nothing, Refused, refuse } from './reply.ts'
import { type Found, RouteTable } from './route-table.ts'
import type { HttpRequest, HttpResponse, TemplatedApp } from './uws.ts'

/** Pages and files: what is under no route. */
export interface Pages {
  /** undefined: no such file, and no page for that path */
  find(ask: PageAsk): Answer | Promise<Answer | undefined> | undefined
}

export interface PageAsk {
  readonly path: string
  readonly ifNoneMatch: string
  readonly accept: string
  readonly acceptEncoding: string
}

export interface ServerOptions {
  readonly house: House
  readonly routes: readonly Route[]
  readonly pages: Pages
  readonly bodyWithinMs?: number
  /** told of every exchange, for metrics; status 0: the client went away */
  readonly observe?: (route: string, status: number, durationMs: number) => void
}

const BODY_WITHIN_MS = 5_000
const LARGE_BODY_WITHIN_MS = 60_000
const DRAIN_STEP_MS = 20

interface Incoming {
  readonly exchange: Exchange
  readonly route: Route
  readonly found: Found
}

export class HttpServer {
  readonly #house: House
  readonly #table: RouteTable
  readonly #pages: Pages
  readonly #bodies = new BodyReader()
  readonly #bodyWithinMs: number
  readonly #observe: ServerOptions['observe']
  #isDraining = false

  constructor(options: ServerOptions) {
    this.#house = options.house
    this.#table = new RouteTable(options.routes)
    this.#pages = options.pages
    this.#bodyWithinMs = options.bodyWithinMs ?? BODY_WITHIN_MS
    this.#observe = options.observe
  }

  /** Answers every request that no other handler of the app takes. */
  attach(app: TemplatedApp): void {
    app.any('/*', (res, req) => this.#receive(res, req))
  }

  /** H4: resolves when nothing runs any more, or after `withinMs`. */
  async drain(withinMs: number): Promise<void> {
    this.#isDraining = true
    const end = performance.now() + withinMs
    while (this.#house.admission.inFlight > 0 && performance.now() < end) {
      await new Promise(resolve => setTimeout(resolve, DRAIN_STEP_MS))
    }
    this.#bodies.stop()
  }

  #receive(res: HttpResponse, req: HttpRequest): void {
    const exchange = new Exchange(res, headOf(req), addressOf(res)) // H1
    if (this.#isDraining) {
      const problem = problemOf('draining', undefined, { retryAfterMs: 1_000 })
      exchange.refuse(problem, [], true)
      return
    }
    const refused = this.#house.admission.enter()
    if (refused !== undefined) {
      exchange.refuse(refused)
      return
    }
    exchange.whenOver(() => this.#over(exchange))
    this.#direct(res, exchange)
  }

  #direct(res: HttpResponse, exchange: Exchange): void {
    const { method, path } = exchange.head
    const found = this.#table.find(method, path)
    if (found === undefined) {
      this.#run(exchange, () => this.#page(exchange))
    } else if (found.route !== undefined) {
      exchange.route = found.route.spec.name
      this.#takeBody(res, { exchange, route: found.route, found })
    } else if (method === 'OPTIONS') {
      this.#run(exchange, () => this.#options(exchange, found))
    } else {
      const detail = `${path} knows ${found.allow.join(', ')}.`
      exchange.refuse(problemOf('method-not-allowed', detail), [['allow', found.allow.join(', ')]])
    }
  }

  async #page(exchange: Exchange): Promise<Answer> {
    const { method, path } = exchange.head
    const page = await this.#pages.find(exchange.head)
    const isRead = method === 'GET' || method === 'HEAD'
    if (page !== undefined && isRead) return page
    if (page !== undefined) {
      const problem = problemOf('method-not-allowed', `${path} knows GET, HEAD.`)
      throw new Refused(problem, [['allow', 'GET, HEAD']])
    }
    throw refuse('route-not-found', `Nothing lives under ${path.slice(0, 128)}.`)
  }

  async #options(exchange: Exchange, found: Found): Promise<Answer> {
    this.#checkOrigin(exchange)
    const allow = found.allow
    if (exchange.head.asksMethod !== '') exchange.addHeaders(preflightHeadersOf(allow))
    return nothing(204, [['allow', allow.join(', ')]])
  }

  #takeBody(res: HttpResponse, incoming: Incoming): void {
    const { exchange, route } = incoming
    const { method } = exchange.head
    if (method === 'GET' || method === 'HEAD') {
      this.#run(exchange, () => this.#handle(incoming, Buffer.alloc(0)))
      return
    }
    const isLarge = route.spec.bodyBytesMax !== undefined && this.#isKnown(exchange, route)
    const limits = {
      bytesMax: isLarge ? (route.spec.bodyBytesMax as number) : LIMITS.httpBodyBytesMax,
      withinMs: isLarge ? LARGE_BODY_WITHIN_MS : this.#bodyWithinMs,
    }
    const forget = this.#bodies.read(res, limits, body => {
      if (body.kind === 'read') this.#run(exchange, () => this.#handle(incoming, body.bytes))
      else exchange.refuse(body.problem, [], body.isLast)
    })
    exchange.whenOver(() => {
      forget()
      this.#over(exchange)
    })
  }

  #over(exchange: Exchange): void {
    this.#house.admission.leave()
    const { route, status, startedAt } = exchange
    this.#observe?.(route, status, performance.now() - startedAt)
  }

  /** Large bodies are read only for callers that are known to be allowed to send them. */
  #isKnown(exchange: Exchange, route: Route): boolean {
    const caller = this.#house.auth.peek(bearerOf(exchange.head.authorization))
    return caller !== undefined && mayUse(route, caller)
  }

  #run(exchange: Exchange, make: () => Promise<Answer>): void {
    make().then(
      answer => exchange.answer(answer),
      error => this.#failed(exchange, error),
    )
  }

  // H3
  #failed(exchange: Exchange, error: unknown): void {
    if (error instanceof Refused) {
      exchange.refuse(error.problem, error.headers)
      return
    }
    const isLedger = error instanceof Fault && error.kind === 'database-unavailable'
    const { requestId, head } = exchange
    this.#house.log.error({ err: error, requestId, path: head.path }, 'a request failed')
    const problem = isLedger
      ? problemOf('ledger-unavailable', undefined, { retryAfterMs: 1_000 })
      : problemOf('internal')
    exchange.refuse(problem)
    if (error instanceof Bug) this.#house.fail(error)
  }

  // H2
  async #handle(incoming: Incoming, bytes: Buffer): Promise<Answer> {
    const { exchange, route, found } = incoming
    const { head } = exchange
    if (bytes.length === 0 && route.needsBody) throw refuse('bad-json', 'The body is missing.')
    const value = route.spec.hasRawBody === true ? rawOf(head, bytes) : jsonOf(head, bytes)
    this.#checkOrigin(exchange)
    const caller = await this.#callerOf(exchange, route)
    const key = keyOf(route, head.key)
    const ask: Ask = {
      params: checked(route.checks.params, found.params, '/path'),
      query: checked(route.checks.query, queryOf(head.queryText), '/query'),
      body: route.spec.hasRawBody === true ? value : checked(route.checks.body, value, ''),
      caller,
      key,
      address: exchange.address,
      ifNoneMatch: head.ifNoneMatch,
      accept: head.accept,
      acceptEncoding: head.acceptEncoding,
      url: head.queryText === '' ? head.path : `${head.path}?${head.queryText}`,
      addHeaders: headers => exchange.addHeaders(headers),
    }
    return route.handle(ask, this.#house)
  }

  #checkOrigin(exchange: Exchange): void {
    const { origin, host } = exchange.head
    if (!isOriginAllowed(origin, host, this.#house.origins)) {
      throw refuse('origin-refused', 'Pages of this origin may not use this server.')
    }
    exchange.addHeaders(corsHeadersOf(origin, host))
  }

  async #callerOf(exchange: Exchange, route: Route): Promise<Caller> {
    if (route.spec.access === 'open') return NOBODY
    const { auth, admission } = this.#house
    const token = bearerOf(exchange.head.authorization)
    const caller = auth.peek(token) ?? (await auth.verify(token))
    if (caller === undefined) throw noToken(token)
    if (!mayUse(route, caller)) {
      throw refuse('forbidden', `This needs a token with the role ${route.spec.access}.`)
    }
    const verdict = await admission.request(caller.customerText)
    if (verdict !== undefined) exchange.addHeaders(headersOfVerdict(verdict))
    if (verdict?.problem !== undefined) throw new Refused(verdict.problem)
    return caller
  }
}
