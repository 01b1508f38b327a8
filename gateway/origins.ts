// Which pages may ask: the own origin, those the operator named, and clients that are no page at all.

import type { Header } from './reply.ts'

/** An absent Origin is not a browser's cross-origin request and is allowed. */
export function isOriginAllowed(origin: string, host: string, named: readonly string[]): boolean {
  if (origin === '') return true
  return isOwn(origin, host) || named.includes(origin)
}

function isOwn(origin: string, host: string): boolean {
  return origin === `http://${host}` || origin === `https://${host}`
}

const EXPOSED =
  'etag, location, ratelimit, ratelimit-policy, retry-after, idempotency-replayed, x-request-id'

/** What lets the page of another, named origin read the answer. */
export function corsHeadersOf(origin: string, host: string): readonly Header[] {
  if (origin === '') return []
  if (isOwn(origin, host)) return [['vary', 'origin']]
  return [
    ['vary', 'origin'],
    ['access-control-allow-origin', origin],
    ['access-control-expose-headers', EXPOSED],
  ]
}

export function preflightHeadersOf(allow: readonly string[]): readonly Header[] {
  return [
    ['access-control-allow-methods', allow.join(', ')],
    ['access-control-allow-headers', 'authorization, content-type, idempotency-key, if-none-match'],
    ['access-control-max-age', '600'],
  ]
}
