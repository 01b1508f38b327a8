// The live connection on uWebSockets.js: upgrades, sockets, and the news that reach them.
//
// Owns: who may upgrade, the life of sockets, the order of a turn's output, draining.
// Leaves to others: what is said on a socket (session.ts), seats (feed.ts), personal news (audience.ts).
//
//   F6. Before a drain every socket hears `goaway` with its own moment within the window; who is
//       still here at its end is closed with 1001.
//   G1. Within a turn: replies first, then seats that are due, then who joined by them.
//   G3. A foreign origin is 403, no subprotocol of ours 400, too many sockets of one address 429.

import { randomUUID } from 'node:crypto'
import type { Instant, ShardNumber } from '../shared/ids.ts'
import { LIMITS } from '../shared/limits.ts'
import type { ShardHead } from '../shared/link-news.ts'
import type { Clock, FeedSink } from '../shared/ports.ts'
import type { EndedStore } from '../shared/stores.ts'
import type { FrameNews, PersonalNews } from '../shared/views.ts'
import type { Admission } from './admission.ts'
import { Audience } from './audience.ts'
import type { Auth } from './auth.ts'
import type { Directory } from './directory.ts'
import { Feed } from './feed.ts'
import type { FeedEnd } from './feed-subscriber.ts'
import { addressOf } from './head.ts'
import type { Subprotocol } from './live-codec.ts'
import { Turn } from './live-turn.ts'
import { isOriginAllowed } from './origins.ts'
import { type Problem, problemOf } from './problems.ts'
import type { Router } from './router.ts'
import { Session } from './session.ts'
import { CLOSE, type LiveHouse } from './session-house.ts'
import type { HttpRequest, HttpResponse, TemplatedApp, us_socket_context_t } from './uws.ts'

const LIVE_PATH = '/v1/live'

const HELLO_WITHIN_MS = 5_000
/** uWS pings a socket that was silent for this long, and ends it after 16 s more without an answer. */
const PING_MS = 32_000
const IDLE_TIMEOUT_S = 48
/** Above the hard limit of a frame, so that a larger one still gets its close code. */
const PAYLOAD_BYTES_MAX = 256 * 1024
const TOKENS_EVERY_MS = 5_000
const DRAIN_STEP_MS = 25

export interface LiveServerOptions {
  readonly app: TemplatedApp
  readonly router: Router
  readonly directory: Directory
  readonly auth: Auth
  readonly admission: Admission
  readonly ended: EndedStore
  readonly clock: Clock
  /** besides the own one */
  readonly origins: readonly string[]
  /** of the server, told in the greeting */
  readonly version: string
  readonly helloWithinMs?: number
}

/** Handed through the upgrade to the socket. */
interface SocketData {
  readonly address: string
  readonly isBinary: boolean
  session: Session | undefined
}

export class LiveServer implements FeedEnd {
  readonly feed: Feed
  readonly audience: Audience
  readonly #house: LiveHouse
  readonly #admission: Admission
  readonly #origins: readonly string[]
  readonly #turn = new Turn()
  readonly #sessions = new Map<number, Session>()
  readonly #tokenTimer: NodeJS.Timeout
  #socketNumber = 0
  #isDraining = false

  constructor(options: LiveServerOptions) {
    const { app, router, directory, auth, admission, clock } = options
    this.#admission = admission
    this.#origins = options.origins
    const publish = (topic: string, message: string | Uint8Array, isBinary: boolean): void => {
      app.publish(topic, message, isBinary)
    }
    this.feed = new Feed({ router, publish, clock })
    this.audience = new Audience(directory, () => Date.now() as Instant)
    this.#house = {
      router,
      directory,
      auth,
      admission,
      feed: this.feed,
      audience: this.audience,
      ended: options.ended,
      turn: this.#turn,
      version: options.version,
      helloWithinMs: options.helloWithinMs ?? HELLO_WITHIN_MS,
      pingMs: PING_MS,
    }
    this.#tokenTimer = setInterval(() => this.#checkTokens(), TOKENS_EVERY_MS).unref()
    this.#attach(app)
  }

  get socketCount(): number {
    return this.#sessions.size
  }

  // FeedEnd

  seats(news: FrameNews): void {
    this.feed.seats(news)
  }

  mayHaveHole(shard: ShardNumber, head?: ShardHead): void {
    this.feed.mayHaveHole(shard, head)
  }

  personal(news: readonly PersonalNews[]): void {
    this.audience.personal(news)
    if (!this.#admission.limitsCustomers) return
    for (const { hold } of news) if (hold !== undefined) this.#admission.holdChanged(hold)
  }

  // G1
  turnEnded(): void {
    this.#turn.flush()
    this.feed.turnEnded()
    this.#turn.flush()
  }

  /** F6: resolves when every socket is closed. */
  async drain(withinMs: number): Promise<void> {
    this.#isDraining = true
    for (const session of this.#sessions.values()) {
      session.goAway(Math.floor(Math.random() * withinMs))
    }
    const end = performance.now() + withinMs
    while (this.#sessions.size > 0 && performance.now() < end) {
      await new Promise(resolve => setTimeout(resolve, DRAIN_STEP_MS))
    }
    for (const session of [...this.#sessions.values()]) {
      session.close(CLOSE.goingAway, 'the server is going away')
    }
  }

  stop(): void {
    clearInterval(this.#tokenTimer)
    this.feed.stop()
  }

  #attach(app: TemplatedApp): void {
    app.ws<SocketData>(LIVE_PATH, {
      maxPayloadLength: PAYLOAD_BYTES_MAX,
      maxBackpressure: LIMITS.socketBacklogBytesMax,
      closeOnBackpressureLimit: false,
      idleTimeout: IDLE_TIMEOUT_S,
      sendPingsAutomatically: true,
      upgrade: (res, req, context) => this.#upgrade(res, req, context),
      open: ws => {
        const data = ws.getUserData()
        this.#socketNumber += 1
        const number = this.#socketNumber
        const { address, isBinary } = data
        data.session = new Session({ house: this.#house, socket: ws, number, address, isBinary })
        this.#sessions.set(number, data.session)
      },
      message: (ws, bytes, isBinary) => ws.getUserData().session?.receive(bytes, isBinary),
      dropped: ws => ws.getUserData().session?.dropped(),
      drain: ws => ws.getUserData().session?.drained(),
      close: ws => this.#closed(ws.getUserData()),
    })
  }

  // G3
  #upgrade(res: HttpResponse, req: HttpRequest, context: us_socket_context_t): void {
    const address = addressOf(res)
    const protocol = subprotocolIn(req.getHeader('sec-websocket-protocol'))
    if (!isOriginAllowed(req.getHeader('origin'), req.getHeader('host'), this.#origins)) {
      refuse(res, problemOf('origin-refused', 'Pages of this origin may not use this server.'))
    } else if (protocol === undefined) {
      const detail = 'Offer the WebSocket subprotocol usher.v1.json or usher.v1.bin.'
      refuse(res, { ...problemOf('validation', detail), status: 400 })
    } else if (this.#isDraining) {
      refuse(res, problemOf('draining', undefined, { retryAfterMs: 1_000 }))
    } else if (!this.#admission.socketOpened(address)) {
      const detail = 'This address has as many live connections as it may have.'
      refuse(res, problemOf('rate-limited', detail, { retryAfterMs: 5_000 }))
    } else {
      const data: SocketData = {
        address,
        isBinary: protocol === 'usher.v1.bin',
        session: undefined,
      }
      const key = req.getHeader('sec-websocket-key')
      const extensions = req.getHeader('sec-websocket-extensions')
      res.upgrade(data, key, protocol, extensions, context)
    }
  }

  #closed({ session, address }: SocketData): void {
    if (session === undefined) return
    session.ended()
    this.#sessions.delete(session.number)
    this.#admission.socketClosed(address, session.number)
  }

  #checkTokens(): void {
    const now = Date.now()
    for (const session of [...this.#sessions.values()]) session.checkToken(now)
  }
}

/** The first that we speak, in the client's order. */
function subprotocolIn(header: string): Subprotocol | undefined {
  for (const name of header.split(',')) {
    const trimmed = name.trim()
    if (trimmed === 'usher.v1.json' || trimmed === 'usher.v1.bin') return trimmed
  }
  return undefined
}

function refuse(res: HttpResponse, problem: Problem): void {
  res.writeStatus(`${problem.status} ${problem.title}`)
  res.writeHeader('content-type', 'application/problem+json')
  res.writeHeader('cache-control', 'no-store')
  const { retryAfterMs } = problem
  if (retryAfterMs !== undefined) {
    res.writeHeader('retry-after', String(Math.ceil(retryAfterMs / 1000)))
  }
  res.end(JSON.stringify({ ...problem, requestId: randomUUID() }))
}

/** Stands where a FeedSink is needed before the gateway exists; news before that have no listener. */
export class FeedRelay implements FeedSink {
  #target: FeedSink | undefined

  connect(target: FeedSink): void {
    this.#target = target
  }

  seats(news: FrameNews): void {
    this.#target?.seats(news)
  }

  personal(news: readonly PersonalNews[]): void {
    this.#target?.personal(news)
  }

  turnEnded(): void {
    this.#target?.turnEnded()
  }
}
