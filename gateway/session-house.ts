// What a session leans on and how it may end.
//
// Owns: the close codes, the parts of the gateway and of a WebSocket that sessions use.
// Leaves to others: using them (session.ts), making them (main.ts, live-server.ts).

import type { EndedStore } from '../shared/stores.ts'
import type { Admission } from './admission.ts'
import type { Audience } from './audience.ts'
import type { Auth } from './auth.ts'
import type { Directory } from './directory.ts'
import type { Feed } from './feed.ts'
import type { Turn } from './live-turn.ts'
import type { Router } from './router.ts'

export const CLOSE = Object.freeze({
  goingAway: 1001,
  badFrames: 1008,
  tooLarge: 1009,
  slow: 4008,
  token: 4401,
  noHello: 4408,
  tooFast: 4429,
})
export type CloseCode = (typeof CLOSE)[keyof typeof CLOSE]

/** What a session needs of a WebSocket; uWS has it, and so has the FakeSocket of the tests. */
export interface LiveSocket {
  /** 1: sent, 0: buffered, 2: dropped because too much is buffered already */
  send(message: string | Uint8Array, isBinary?: boolean): number
  end(code?: number, reason?: string): void
  cork(write: () => void): unknown
  subscribe(topic: string): boolean
  unsubscribe(topic: string): boolean
  getBufferedAmount(): number
}

/** The parts that sessions lean on. */
export interface LiveHouse {
  readonly router: Pick<Router, 'ask'>
  readonly directory: Pick<Directory, 'peek' | 'load'>
  readonly auth: Pick<Auth, 'peek' | 'verify'>
  readonly admission: Pick<
    Admission,
    'message' | 'request' | 'limitsCustomers' | 'claimSeats' | 'seatsProblem'
  >
  readonly feed: Feed
  readonly audience: Audience
  readonly ended: EndedStore
  readonly turn: Turn
  /** of the server, told in the greeting */
  readonly version: string
  readonly helloWithinMs: number
  readonly pingMs: number
}
