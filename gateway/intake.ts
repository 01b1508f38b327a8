// What the server makes of a head and a body before a handler sees them: JSON, token, key, query.
//
// Owns: the refusals of malformed requests. Leaves to others: their order (server.ts).

import { type CustomerId, idOf, idTextOf } from '../shared/ids.ts'
import { LIMITS } from '../shared/limits.ts'
import { type Caller, hasRole } from './auth.ts'
import { isJsonMedia, textOf } from './body.ts'
import type { Head } from './head.ts'
import { invalid, type Route } from './http/route.ts'
import { problemOf } from './problems.ts'
import { Refused, refuse } from './reply.ts'

const nobodyId = idOf<CustomerId>(0, 0, 0, 0)

/** The caller of open routes, who is never asked for. */
export const NOBODY: Caller = Object.freeze({
  customer: nobodyId,
  customerText: idTextOf(nobodyId),
  roles: [],
  expiresAtMs: Number.POSITIVE_INFINITY,
})

/** undefined: no body at all. */
export function jsonOf(head: Head, bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined
  const text = textOf(rawOf(head, bytes))
  if (text === undefined) throw refuse('bad-json', 'The body is not valid UTF-8.')
  try {
    return JSON.parse(text)
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message.slice(0, 200) : 'unreadable'
    throw refuse('bad-json', `The body is not valid JSON: ${reason}.`)
  }
}

export function rawOf(head: Head, bytes: Buffer): Buffer {
  if (isJsonMedia(head.contentType, head.contentEncoding)) return bytes
  throw refuse('unsupported-media-type')
}

const BEARER = /^Bearer +([\x21-\x7e]+) *$/i

/** Empty when there is none. */
export function bearerOf(authorization: string): string {
  return BEARER.exec(authorization)?.[1] ?? ''
}

export function noToken(token: string): Refused {
  const detail =
    token === ''
      ? 'Send "Authorization: Bearer <token>"; POST /v1/sessions makes a guest token.'
      : 'The token is not one of ours or has ended: POST /v1/sessions makes a new one.'
  return new Refused(problemOf('token-invalid', detail), [['www-authenticate', 'Bearer']])
}

export function mayUse(route: Route, caller: Caller): boolean {
  const { access } = route.spec
  return access === 'open' || access === 'customer' || hasRole(caller, access)
}

const KEY = /^[\x21-\x7e]+$/

export function keyOf(route: Route, key: string | undefined): string | undefined {
  const rule = route.spec.key
  if (rule === undefined) return undefined
  if (key === undefined) {
    if (rule === 'required') throw refuse('idempotency-key-required')
    return undefined
  }
  if (key.length <= LIMITS.idempotencyKeyLengthMax && KEY.test(key)) return key
  const detail = 'Give 1 to 255 visible ASCII characters without spaces.'
  throw invalid([{ pointer: '/header/idempotency-key', detail }])
}

/** A name that is given twice becomes a list, which no schema accepts. */
export function queryOf(text: string): Readonly<Record<string, unknown>> {
  if (text === '') return {}
  const values = new Map<string, unknown>()
  for (const [name, value] of new URLSearchParams(text)) {
    values.set(name, values.has(name) ? [values.get(name), value] : value)
  }
  return Object.fromEntries(values)
}
