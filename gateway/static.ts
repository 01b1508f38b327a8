// Files and pages: the browser application, the documents, the docs page. All of it lives in memory.
//
// Owns: media types, caching and security headers of files, the fallback to the page.
// Leaves to others: building the application (web-build.ts), what the documents say (schemas/).
//
//   F1. Files whose name carries a hash never change; everything else is asked for again.
//   F2. A path that no file has is the application's own when the client wants HTML, except below
//       the places of the API and the documents.
//   F3. The page may run and load only what this server gives it (content security policy).

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'
import { CompressedBytes } from './compressed.ts'
import { ASK_AGAIN, conditional, IMMUTABLE } from './http/conditional.ts'
import type { Answer, Header } from './reply.ts'
import type { PageAsk, Pages } from './server.ts'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.json': 'application/json',
  '.map': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
}

// F3
const PAGE_POLICY = [
  "default-src 'self'",
  "img-src 'self' https: data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

export interface StaticFile {
  readonly bytes: CompressedBytes
  readonly etag: string
  readonly type: string
  readonly cacheControl: string
  readonly headers: readonly Header[]
}

export interface FileOptions {
  readonly type?: string
  readonly isImmutable?: boolean
  /** instead of that of the page */
  readonly policy?: string
}

export function fileOf(
  name: string,
  content: string | Uint8Array,
  options: FileOptions,
): StaticFile {
  const plain = typeof content === 'string' ? Buffer.from(content) : content
  const type = options.type ?? TYPES[extname(name)] ?? 'application/octet-stream'
  const digest = createHash('sha256').update(plain).digest('base64url').slice(0, 22)
  return {
    bytes: new CompressedBytes(plain),
    etag: `"${digest}"`,
    type,
    cacheControl: options.isImmutable === true ? IMMUTABLE : ASK_AGAIN,
    headers: type.startsWith('text/html') ? pageHeadersOf(options.policy ?? PAGE_POLICY) : [],
  }
}

function pageHeadersOf(policy: string): readonly Header[] {
  return [
    ['content-security-policy', policy],
    ['referrer-policy', 'same-origin'],
    ['cross-origin-opener-policy', 'same-origin'],
    ['permissions-policy', 'camera=(), geolocation=(), microphone=()'],
  ]
}

const HASHED = /^\/assets\/.+-[A-Za-z0-9_-]{8,}\.\w+$/

/** The files of a folder by their path on this server. */
export function filesOf(folder: string): ReadonlyMap<string, StaticFile> {
  const files = new Map<string, StaticFile>()
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !(extname(entry.name) in TYPES)) continue
    const name = join(entry.parentPath, entry.name)
    const path = `/${relative(folder, name).split(sep).join('/')}`
    const isImmutable = HASHED.test(path) // F1
    files.set(path, fileOf(name, readFileSync(name), { isImmutable }))
  }
  return files
}

const NO_PAGE = /^\/(v1|docs|ops|sandbox|assets)(\/|$)|\.\w{2,12}$/

export class StaticPages implements Pages {
  readonly #files: ReadonlyMap<string, StaticFile>
  readonly #index: StaticFile | undefined

  constructor(...parts: readonly ReadonlyMap<string, StaticFile>[]) {
    this.#files = new Map(parts.flatMap(part => [...part]))
    this.#index = this.#files.get('/index.html')
  }

  find(ask: PageAsk): Promise<Answer> | undefined {
    const file = this.#files.get(ask.path) ?? this.#pageFor(ask)
    return file === undefined ? undefined : answerOf(file, ask)
  }

  // F2
  #pageFor({ path, accept }: PageAsk): StaticFile | undefined {
    if (path === '/') return this.#index
    const wantsPage = /\btext\/html\b/.test(accept)
    return wantsPage && !NO_PAGE.test(path) ? this.#index : undefined
  }
}

async function answerOf(file: StaticFile, ask: PageAsk): Promise<Answer> {
  const { coding, bytes: body } = await file.bytes.forClient(ask.acceptEncoding)
  const etag = coding === 'identity' ? file.etag : `${file.etag.slice(0, -1)}-${coding}"`
  const answer = conditional(ask, { body, etag }, file.cacheControl)
  const headers: Header[] = [...answer.headers, ...file.headers, ['vary', 'accept-encoding']]
  if (answer.status === 304) return { ...answer, headers }
  if (coding !== 'identity') headers.push(['content-encoding', coding])
  return { ...answer, type: file.type, headers }
}
