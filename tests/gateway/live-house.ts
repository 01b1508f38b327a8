// The live side on a real port: uWebSockets.js, LiveServer and a SeatDesk that decides every turn.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Admission, type AdmissionLimits } from '../../gateway/admission.ts'
import { Auth } from '../../gateway/auth.ts'
import { Directory } from '../../gateway/directory.ts'
import { FeedRelay, LiveServer } from '../../gateway/live-server.ts'
import { Router } from '../../gateway/router.ts'
import { loadUws, type us_listen_socket } from '../../gateway/uws.ts'
import type { RateLimits } from '../../shared/config.ts'
import type { Clock } from '../../shared/ports.ts'
import { LiveClient } from './live-client.ts'
import { SHOW, showCardOf } from './live-stage.ts'
import { SeatDesk } from './seat-desk.ts'

export interface HouseOptions {
  readonly seatCount?: number
  readonly rateLimits?: RateLimits
  readonly limits?: AdmissionLimits
  readonly origins?: readonly string[]
  readonly helloWithinMs?: number
}

const clock: Clock = { wallMs: () => Date.now(), monotonicMs: () => performance.now() }

export class LiveHouseOnPort {
  readonly auth: Auth
  readonly desk: SeatDesk
  readonly live: LiveServer
  readonly port: number
  readonly #stop: () => void

  private constructor(parts: {
    auth: Auth
    desk: SeatDesk
    live: LiveServer
    port: number
    stop: () => void
  }) {
    this.auth = parts.auth
    this.desk = parts.desk
    this.live = parts.live
    this.port = parts.port
    this.#stop = parts.stop
  }

  static async open(options: HouseOptions = {}): Promise<LiveHouseOnPort> {
    const dataDir = mkdtempSync(join(tmpdir(), 'usher-live-'))
    const auth = await Auth.open({ dataDir })
    const relay = new FeedRelay()
    const desk = new SeatDesk(SHOW, options.seatCount ?? 200, relay)
    const deciding = setInterval(() => desk.turn(), 1)
    const card = showCardOf(options.seatCount ?? 200)
    const directory = new Directory({
      readShow: async show => (show === SHOW ? card : undefined),
      readLayout: async () => card.layout,
    })
    const admission = new Admission(options.rateLimits ?? 'off', options.limits)
    const router = new Router({ link: desk, clock })
    const uws = loadUws()
    const app = uws.App()
    const live = new LiveServer({
      app,
      router,
      directory,
      auth,
      admission,
      ended: { hold: async () => undefined, entry: async () => undefined },
      clock,
      origins: options.origins ?? [],
      version: '0.0.0',
      ...(options.helloWithinMs === undefined ? {} : { helloWithinMs: options.helloWithinMs }),
    })
    relay.connect(live)
    const listening = await new Promise<us_listen_socket>((resolve, reject) => {
      app.listen('127.0.0.1', 0, socket => {
        if (socket === false) reject(new Error('no port to listen on'))
        else resolve(socket)
      })
    })
    const stop = (): void => {
      clearInterval(deciding)
      live.stop()
      router.stop()
      admission.stop()
      app.close()
      rmSync(dataDir, { recursive: true, force: true })
    }
    return new LiveHouseOnPort({
      auth,
      desk,
      live,
      port: uws.us_socket_local_port(listening),
      stop,
    })
  }

  async token(): Promise<string> {
    return (await this.auth.issueGuest()).token
  }

  /** A connected client; greeted with the token when one is given, `null` for none. */
  async client(greeting?: { readonly token: string | null; readonly protocol?: string }) {
    const client = new LiveClient(this.port, greeting?.protocol ?? 'usher.v1.json')
    await client.opened
    if (greeting !== undefined) {
      const token = greeting.token === null ? {} : { token: greeting.token }
      await client.ask({ op: 'hello', ...token })
    }
    return client
  }

  stop(): void {
    this.#stop()
  }
}
