// The one place that loads uWebSockets.js, a native module with one binary per Node version and libc.

import type uws from 'uWebSockets.js'
import type { TemplatedApp, us_listen_socket } from 'uWebSockets.js'
import { createRequire } from 'node:module'
import { Fault } from '../shared/faults.ts'

export type Uws = typeof uws
export type {
  HttpRequest,
  HttpResponse,
  TemplatedApp,
  us_listen_socket,
  us_socket_context_t,
  WebSocket,
  WebSocketBehavior,
} from 'uWebSockets.js'

// The newer binary needs Node >= 22 and glibc >= 2.38, the older one knows Node 18 to 23.
const CANDIDATES = ['uWebSockets.js-next', 'uWebSockets.js'] as const

let loaded: Uws | undefined

/** Throws Fault('unsupported-platform') when no binary fits. */
export function loadUws(): Uws {
  loaded ??= firstThatLoads()
  return loaded
}

type Listened = (socket: us_listen_socket | false) => void

/** What the binaries have and the types of the older one lack. */
interface ExclusiveListening {
  listen(host: string, port: number, options: number, listened: Listened): TemplatedApp
}

const LISTEN_EXCLUSIVE_PORT = 1

/** By default the library shares a port with any other server of it: the kernel would deal requests to both. */
export function listenAlone(
  app: TemplatedApp,
  { host, port }: { readonly host: string; readonly port: number },
  listened: Listened,
): void {
  const exclusive: ExclusiveListening = app as unknown as ExclusiveListening
  exclusive.listen(host, port, LISTEN_EXCLUSIVE_PORT, listened)
}

/** The kernel deals connections to all processes of the cluster that listen there. */
export function listenShared(
  app: TemplatedApp,
  { host, port }: { readonly host: string; readonly port: number },
  listened: Listened,
): void {
  app.listen(host, port, listened)
}

function firstThatLoads(): Uws {
  const require = createRequire(import.meta.url)
  const reasons: string[] = []
  for (const name of CANDIDATES) {
    try {
      return require(name) as Uws
    } catch (error) {
      reasons.push(`${name}: ${error instanceof Error ? firstLineOf(error.message) : error}`)
    }
  }
  throw new Fault(
    'unsupported-platform',
    `No binary of uWebSockets.js loads on Node ${process.version}, ${process.platform} ${process.arch}. ` +
      'Supported are Node 20.19+, 22 and 23 with glibc 2.27 or newer, and Node 22, 24 and 26 with ' +
      'glibc 2.38 or newer (Alpine\'s musl is not); run "npm ci" again after changing Node.\n' +
      reasons.join('\n'),
  )
}

function firstLineOf(text: string): string {
  return text.split('\n', 1)[0] ?? text
}
