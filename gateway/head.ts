// The head of a request, copied in the request's own turn: uWS takes it back afterwards.

import type { HttpRequest, HttpResponse } from './uws.ts'

export interface Head {
  /** upper case */
  readonly method: string
  readonly path: string
  readonly queryText: string
  readonly host: string
  readonly origin: string
  readonly authorization: string
  readonly contentType: string
  readonly contentEncoding: string
  readonly contentLength: string
  readonly key: string | undefined
  readonly ifNoneMatch: string
  readonly accept: string
  readonly acceptEncoding: string
  readonly asksMethod: string
}

export function headOf(req: HttpRequest): Head {
  let key: string | undefined
  const method = req.getCaseSensitiveMethod()
  const isRead = method === 'GET' || method === 'HEAD'
  if (!isRead) key = req.getHeader('idempotency-key')
  return {
    method,
    path: req.getUrl(),
    queryText: req.getQuery() ?? '',
    host: req.getHeader('host'),
    origin: req.getHeader('origin'),
    authorization: req.getHeader('authorization'),
    contentType: isRead ? '' : req.getHeader('content-type'),
    contentEncoding: isRead ? '' : req.getHeader('content-encoding'),
    contentLength: isRead ? '' : req.getHeader('content-length'),
    key: key === '' ? undefined : key,
    ifNoneMatch: isRead ? req.getHeader('if-none-match') : '',
    accept: isRead ? req.getHeader('accept') : '',
    acceptEncoding: isRead ? req.getHeader('accept-encoding') : '',
    asksMethod: method === 'OPTIONS' ? req.getHeader('access-control-request-method') : '',
  }
}

/** The client's address as text; one IPv6 customer owns a whole /64. */
export function addressOf(res: HttpResponse): string {
  const text = Buffer.from(res.getRemoteAddressAsText()).toString('latin1')
  return text.includes(':') ? networkOf(text) : text
}

const MAPPED_IPV4 = /^(?:0{1,4}:){5}ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i

function networkOf(text: string): string {
  const mapped = MAPPED_IPV4.exec(text)
  if (mapped === null) return text.split(':', 4).join(':')
  const high = Number.parseInt(mapped[1] ?? '0', 16)
  const low = Number.parseInt(mapped[2] ?? '0', 16)
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`
}
