// Strong ETags and 304 for what many people read.

import { createHash } from 'node:crypto'
import { type Answer, type Header, JSON_UTF8, nothing } from '../reply.ts'

export interface Tagged {
  readonly body: string | Uint8Array
  readonly etag: string
}

/** Equal bytes, equal tag. */
export function tagged(body: string): Tagged {
  const digest = createHash('sha256').update(body).digest('base64url')
  return { body, etag: `"${digest.slice(0, 22)}"` }
}

/** Browsers ask again each time; a shared cache may keep it as long as other gateways do. */
export const REVALIDATE = 'public, max-age=0, s-maxage=1, must-revalidate'
export const IMMUTABLE = 'public, max-age=31536000, immutable'
export const ASK_AGAIN = 'no-cache'

export function conditional(
  ask: { readonly ifNoneMatch: string },
  { body, etag }: Tagged,
  cacheControl: string,
): Answer {
  const headers: Header[] = [
    ['etag', etag],
    ['cache-control', cacheControl],
  ]
  if (matches(ask.ifNoneMatch, etag)) return nothing(304, headers)
  return { status: 200, type: JSON_UTF8, body, headers }
}

/** If-None-Match compares weakly (RFC 9110, 13.1.2). */
export function matches(ifNoneMatch: string, etag: string): boolean {
  if (ifNoneMatch === '') return false
  if (ifNoneMatch.trim() === '*') return true
  return ifNoneMatch.split(',').some(item => item.trim().replace(/^W\//, '') === etag)
}
