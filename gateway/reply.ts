// An answer as a value, and how it is written to a response.
//
// Owns: status lines, headers that every answer carries, problem+json, HEAD, writing in one cork.
// Leaves to others: what is answered (http/), how requests come in (server.ts).
//
//   Y1. Every answer is written in one cork, once, and never to a response that was aborted.
//   Y2. What belongs to somebody is never stored by a cache: no-store unless the route says more.
//   Y3. A problem tells its requestId; nothing else of the server's inside (Q2).

import { STATUS_CODES } from 'node:http'
import type { Problem, ProblemCode, ProblemExtra } from './problems.ts'
import { problemOf } from './problems.ts'
import type { HttpResponse } from './uws.ts'

export type Header = readonly [name: string, value: string]

export interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string | Uint8Array | undefined
  readonly headers: readonly Header[]
}

const JSON_TYPE = 'application/json'
const PROBLEM_TYPE = 'application/problem+json'
const NO_HEADERS: readonly Header[] = []

export const JSON_UTF8 = JSON_TYPE

export function json(status: number, value: unknown, headers = NO_HEADERS): Answer {
  return { status, type: JSON_TYPE, body: JSON.stringify(value), headers }
}

/** For bodies that were rendered elsewhere. */
export function jsonText(status: number, body: string, headers = NO_HEADERS): Answer {
  return { status, type: JSON_TYPE, body, headers }
}

export function nothing(status: 204 | 304 = 204, headers = NO_HEADERS): Answer {
  return { status, type: '', body: undefined, headers }
}

/** A "no" that a handler throws or a stage of the server answers with. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly problem: Problem
  readonly headers: readonly Header[]

  constructor(problem: Problem, headers = NO_HEADERS) {
    super(problem.detail)
    this.problem = problem
    this.headers = headers
  }
}

export function refuse(code: ProblemCode, detail?: string, extra?: ProblemExtra): Refused {
  return new Refused(problemOf(code, detail, extra))
}

/** The answer to a refusal, without inventing one for anything else. Y3 */
export function answerOfProblem(problem: Problem, requestId: string, headers = NO_HEADERS): Answer {
  const { retryAfterMs } = problem
  const isWaiting = problem.status === 429 || problem.status === 503
  const seconds = Math.max(1, Math.ceil((retryAfterMs ?? 1000) / 1000))
  return {
    status: problem.status,
    type: PROBLEM_TYPE,
    body: JSON.stringify({ ...problem, requestId }),
    headers: isWaiting ? [...headers, ['retry-after', String(seconds)]] : headers,
  }
}

const statusLines = new Map<number, string>()

function statusLineOf(status: number): string {
  let line = statusLines.get(status)
  if (line === undefined) {
    line = `${status} ${STATUS_CODES[status] ?? 'Unknown'}`
    statusLines.set(status, line)
  }
  return line
}

export interface Outgoing {
  readonly res: HttpResponse
  readonly isHead: boolean
  readonly isLast: boolean
  readonly requestId: string
  /** those of the exchange: CORS, limits */
  readonly headers: readonly Header[]
}

/** Y1: the caller has checked that the response is neither aborted nor answered. */
export function write(outgoing: Outgoing, answer: Answer): void {
  const { res, isHead, isLast } = outgoing
  res.cork(() => {
    res.writeStatus(statusLineOf(answer.status))
    writeHeaders(outgoing, answer)
    const { body } = answer
    if (body === undefined) {
      // 204 and 304 carry no length at all; anything else says that it is empty.
      if (answer.status === 204 || answer.status === 304) res.endWithoutBody(undefined, isLast)
      else res.end('', isLast)
    } else if (isHead) res.endWithoutBody(Buffer.byteLength(body), isLast)
    else res.end(body, isLast)
  })
}

function writeHeaders({ res, requestId, headers }: Outgoing, answer: Answer): void {
  let isStored = false
  for (const [name, value] of headers) res.writeHeader(name, value)
  for (const [name, value] of answer.headers) {
    if (name === 'cache-control') isStored = true
    res.writeHeader(name, value)
  }
  if (answer.type !== '') res.writeHeader('content-type', answer.type)
  if (!isStored) res.writeHeader('cache-control', 'no-store') // Y2
  res.writeHeader('x-content-type-options', 'nosniff')
  res.writeHeader('x-request-id', requestId)
}
