// Asks a gateway over real HTTP; every answer is judged by its OpenAPI document.

import { randomUUID } from 'node:crypto'
import { type Answered, OpenApiCheck, type OpenApiDocument } from './openapi-check.ts'

export interface Request {
  readonly token?: string | undefined
  readonly body?: unknown
  /** as it is, instead of `body` */
  readonly rawBody?: string | Uint8Array
  /** Idempotency-Key; `new` makes one */
  readonly key?: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface Told {
  readonly code: string
  readonly detail: string
  readonly retryable: boolean
  readonly retryAfterMs?: number
  readonly requestId: string
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[]
  readonly conflicts?: readonly { readonly seat: number; readonly state: string }[]
  readonly largest?: number
}

export class HttpClient {
  readonly base: string
  readonly check: OpenApiCheck

  private constructor(base: string, document: OpenApiDocument) {
    this.base = base
    this.check = new OpenApiCheck(document)
  }

  static async of(base: string): Promise<HttpClient> {
    const answer = await fetch(`${base}/openapi.json`)
    return new HttpClient(base, (await answer.json()) as OpenApiDocument)
  }

  async ask(method: string, path: string, request: Request = {}): Promise<Answered> {
    const { token, body, rawBody, key } = request
    const headers: Record<string, string> = { ...request.headers }
    if (token !== undefined) headers.authorization = `Bearer ${token}`
    if (key !== undefined) headers['idempotency-key'] = key === 'new' ? randomUUID() : key
    const sent = rawBody ?? (body === undefined ? undefined : JSON.stringify(body))
    if (sent !== undefined) headers['content-type'] ??= 'application/json'
    const init = { method, headers, ...(sent === undefined ? {} : { body: sent as BodyInit }) }
    const answer = await fetch(this.base + path, init)
    const text = await answer.text()
    const answered = { status: answer.status, headers: answer.headers, text, json: jsonOf(text) }
    this.check.check({ method, path }, answered)
    return answered
  }

  get(path: string, request: Request = {}): Promise<Answered> {
    return this.ask('GET', path, request)
  }

  /** With a new Idempotency-Key unless one is given. */
  post(path: string, request: Request = {}): Promise<Answered> {
    return this.ask('POST', path, { key: 'new', ...request })
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** `200` or `409 seat-taken`: what most tests want to know of an answer. */
export function outcomeOf({ status, json }: Answered): string {
  const code = (json as Partial<Told> | undefined)?.code
  return code === undefined || status < 400 ? String(status) : `${status} ${code}`
}

export function told({ json }: Answered): Told {
  return json as Told
}
