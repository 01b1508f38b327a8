// Why asking a shard twice is safe, kind by kind.
//
// Owns: which commands need a key for that, and the keys of those that came without.
// Leaves to others: recognising a key (core/decide.ts, D5), when an ask is repeated (link-line.ts).
//
//   LK4. A repeat is decided like a command that arrives once more. It is harmless when
//        - it is a query: no effect;
//        - `resource`: what it names tells that it was done. A released hold stays released, a settled
//          or booked one is recognised by its booking, cancelled seats and ended entries stay so; a
//          show, blocked and free seats already are as wanted. Somebody may have undone it meanwhile,
//          but while the ask is unanswered the two are concurrent: the repeat is its later decision.
//        - `key`: doing it twice would do it twice (other seats, another extension, the next offer
//          declined). Gateways send these with the client's key, and the shard answers a known key
//          with the same resource (D5). Without one the link makes a key from the ask's own number.

import type { CommandKey, Request } from '../shared/commands.ts'
import { type CommandId, idOf } from '../shared/ids.ts'

const SAFE_BY: Readonly<Record<Request['kind'], 'nature' | 'resource' | 'key'>> = {
  'hold-seats': 'key',
  'hold-best': 'key',
  'change-hold': 'key',
  'release-hold': 'resource',
  'extend-hold': 'key',
  'start-payment': 'resource',
  'settle-hold': 'resource',
  'fail-settlement': 'resource',
  'book-hold': 'resource',
  'cancel-booking': 'resource',
  'join-waitlist': 'key',
  'leave-waitlist': 'resource',
  'decline-offer': 'key',
  'open-show': 'resource',
  'change-show': 'resource',
  'cancel-show': 'resource',
  'block-seats': 'resource',
  'unblock-seats': 'resource',
  'read-hold': 'nature',
  'read-entry': 'nature',
  'read-customer': 'nature',
  'read-show': 'nature',
}

/** The request as it may be sent any number of times. LK4 */
export function repeatable(request: Request, session: number, number: number): Request {
  if (SAFE_BY[request.kind] !== 'key') return request
  const command = request as Extract<Request, { readonly key?: CommandKey }>
  if (command.key !== undefined) return request
  const id = idOf<CommandId>(session, Math.floor(number / 2 ** 32), number, ~session)
  return { ...command, key: { id, bodyHigh: 0, bodyLow: 0 } }
}

export function isQuery(request: Request): boolean {
  return SAFE_BY[request.kind] === 'nature'
}

/** Roughly what the request takes on the wire. */
export function bytesOf(request: Request): number {
  return 80 + ('seats' in request ? 3 * request.seats.length : 0)
}
