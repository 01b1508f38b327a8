// A gateway's live side around one SeatDesk: sessions over FakeSockets, nothing else pretended.

import { Admission } from '../../gateway/admission.ts'
import { Audience } from '../../gateway/audience.ts'
import type { Caller, Role } from '../../gateway/auth.ts'
import { Directory, type LayoutCard, type ShowCard } from '../../gateway/directory.ts'
import { Feed } from '../../gateway/feed.ts'
import { Turn } from '../../gateway/live-turn.ts'
import { Router } from '../../gateway/router.ts'
import { Session } from '../../gateway/session.ts'
import type { LiveHouse } from '../../gateway/session-house.ts'
import type { RateLimits } from '../../shared/config.ts'
import {
  asLayoutNumber,
  asShowNumber,
  type CustomerId,
  idFromText,
  idTextOf,
} from '../../shared/ids.ts'
import type { FeedSink } from '../../shared/ports.ts'
import type { FrameNews, HoldView, PersonalNews } from '../../shared/views.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { FakeApp, FakeSocket } from './fake-socket.ts'
import { DESK_NOW, SeatDesk, termsOf } from './seat-desk.ts'

export const SHOW = asShowNumber(7)
export const SHOW_ID = 'show_7'

export function callerOf(name: string, roles: readonly Role[] = []): Caller {
  const customer = idFromText<CustomerId>(name)
  return { customer, customerText: idTextOf(customer), roles, expiresAtMs: Number.MAX_SAFE_INTEGER }
}

export function layoutCardOf(seatCount: number): LayoutCard {
  return {
    number: asLayoutNumber(1),
    publicId: 'layout_1',
    seatCount,
    labels: Array.from({ length: seatCount }, (_, seat) => `A${seat + 1}`),
    categoryOf: new Uint8Array(seatCount),
    categories: [{ id: 'standard', name: 'Standard' }],
  }
}

export function showCardOf(seatCount: number): ShowCard {
  const layout = layoutCardOf(seatCount)
  const terms = termsOf(seatCount)
  return { number: SHOW, publicId: SHOW_ID, layout, terms, isCancelled: false }
}

export interface StageOptions {
  readonly seatCount?: number
  readonly limits?: RateLimits
  readonly helloWithinMs?: number
}

export class LiveStage implements FeedSink {
  readonly clock = new ManualClock()
  readonly app = new FakeApp()
  readonly turn = new Turn()
  readonly desk: SeatDesk
  readonly feed: Feed
  readonly audience: Audience
  readonly house: LiveHouse
  readonly sessions = new Map<FakeSocket, Session>()
  readonly tokens = new Map<string, Caller>()
  /** what the Ledger still knows, by id */
  readonly endedHolds = new Map<string, HoldView>()
  readonly #router: Router
  readonly #admission: Admission
  #number = 0

  constructor(options: StageOptions = {}) {
    const seatCount = options.seatCount ?? 12
    const { clock } = this
    this.desk = new SeatDesk(SHOW, seatCount, this)
    this.#router = new Router({ link: this.desk, clock, deadlineMs: 1_000 })
    this.#admission = new Admission(options.limits ?? 'off')
    this.feed = new Feed({ router: this.#router, publish: this.app.publish, clock })
    const card = showCardOf(seatCount)
    const directory = new Directory({
      readShow: async show => (show === SHOW ? card : undefined),
      readLayout: async () => card.layout,
    })
    this.audience = new Audience(directory, () => DESK_NOW)
    this.house = {
      router: this.#router,
      directory,
      auth: {
        peek: token => this.tokens.get(token),
        verify: async token => this.tokens.get(token),
      },
      admission: this.#admission,
      feed: this.feed,
      audience: this.audience,
      ended: {
        hold: async id => this.endedHolds.get(idTextOf(id)),
        entry: async () => undefined,
      },
      turn: this.turn,
      version: '0.0.0',
      helloWithinMs: options.helloWithinMs ?? 5_000,
      pingMs: 32_000,
    }
  }

  /** The directory answers at once from now on. */
  async warm(): Promise<void> {
    await this.house.directory.load(SHOW)
  }

  seats(news: FrameNews): void {
    this.feed.seats(news)
  }

  personal(news: readonly PersonalNews[]): void {
    this.audience.personal(news)
  }

  turnEnded(): void {
    this.turn.flush()
    this.feed.turnEnded()
    this.turn.flush()
  }

  connect(isBinary = false): FakeSocket {
    const socket = new FakeSocket(this.app)
    this.#number += 1
    const { house } = this
    const session = new Session({ house, socket, number: this.#number, address: '::1', isBinary })
    socket.onDropped = () => session.dropped()
    socket.onDrained = () => session.drained()
    socket.onClosed = () => session.ended()
    this.sessions.set(socket, session)
    return socket
  }

  /** A greeted socket; with a name it belongs to that customer. */
  greet(name?: string, isBinary = false): FakeSocket {
    const socket = this.connect(isBinary)
    if (name === undefined) this.say(socket, { id: 0, op: 'hello' })
    else {
      this.tokens.set(`token-${name}`, callerOf(name))
      this.say(socket, { id: 0, op: 'hello', token: `token-${name}` })
    }
    socket.take()
    return socket
  }

  say(socket: FakeSocket, message: unknown): void {
    this.sayText(socket, JSON.stringify(message))
  }

  sayText(socket: FakeSocket, text: string, isBinary = false): void {
    const bytes = Buffer.from(text)
    const copy = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)
    this.sessions.get(socket)?.receive(copy as ArrayBuffer, isBinary)
    this.turn.flush()
  }

  /** Says one command, lets the desk decide, and returns its answer. */
  ask(socket: FakeSocket, message: { readonly id: number }): Record<string, unknown> {
    this.say(socket, message)
    this.desk.turn()
    const answer = socket.takeJson().find(({ id }) => id === message.id)
    if (answer === undefined) throw new Error(`no answer to ${JSON.stringify(message)}`)
    return answer
  }

  sweepRouter(): void {
    this.#router.sweep()
  }

  stop(): void {
    this.#router.stop()
    this.#admission.stop()
    this.feed.stop()
    for (const session of this.sessions.values()) session.ended()
  }
}
