// Answers of the ops listener as values, and how they are written.

import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { type Problem, type ProblemCode, problemOf } from '../problems.ts'

export interface Answer {
  readonly status: number
  readonly body: unknown
  /** methods that the address knows, on a 405 */
  readonly allow?: string
}

export function problemAnswer(code: ProblemCode, detail?: string): Answer {
  return answerOf(problemOf(code, detail))
}

export function answerOf(problem: Problem): Answer {
  return { status: problem.status, body: problem }
}

export function send(response: ServerResponse, { status, body, allow }: Answer): void {
  const isProblem = typeof body === 'object' && body !== null && 'code' in body
  const requestId = randomUUID()
  response.writeHead(status, {
    'content-type': isProblem ? 'application/problem+json' : 'application/json',
    'cache-control': 'no-store',
    'x-request-id': requestId,
    ...(allow !== undefined && { allow }),
  })
  response.end(JSON.stringify(isProblem ? { ...body, requestId } : body))
}
