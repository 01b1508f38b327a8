// Sending one intention until it has one answer.
//
// Owns: the idempotency key, WebSocket first and HTTP otherwise, repeating what may be repeated.
// Leaves to others: the connection (live/), the requests (api/client.ts), what to do with a refusal.
//
//   U13. One intention has one key; every repeat, through either door, carries it, so that a lost
//        answer never becomes a second hold.

import type { ApiClient, Request } from '../api/client.ts'
import { part } from '../api/client.ts'
import { Refused, silence } from '../api/refusal.ts'
import type { Booking, Entry, Hold, SeatsAsk, WaitAsk } from '../api/types.ts'
import type { LiveConnection } from '../live/connection.ts'
import { waitOf } from '../live/reconnect.ts'

const ATTEMPTS_MAX = 5
const PATIENCE_MS = 5_000
const REPEATABLE = new Set([
  'outcome-unknown',
  'shard-unavailable',
  'ledger-unavailable',
  'draining',
  'overloaded',
  'rate-limited',
])

type Intention = {
  readonly live?: { readonly op: string; readonly fields: object }
  readonly http: Omit<Request, 'key'>
}

export class Commands {
  #api: ApiClient
  #live: LiveConnection

  constructor(api: ApiClient, live: LiveConnection) {
    this.#api = api
    this.#live = live
  }

  hold(showId: string, ask: SeatsAsk): Promise<Hold> {
    return this.#issue({
      live: { op: 'hold', fields: { showId, ...ask } },
      http: { method: 'POST', path: `/v1/shows/${part(showId)}/holds`, body: ask },
    })
  }

  change(holdId: string, seats: readonly number[]): Promise<Hold> {
    return this.#issue({
      live: { op: 'change', fields: { holdId, seats } },
      http: { method: 'PUT', path: `/v1/holds/${part(holdId)}/seats`, body: { seats } },
    })
  }

  /** HTTP answers a release without a body. */
  release(holdId: string): Promise<Hold | undefined> {
    return this.#issue({
      live: { op: 'release', fields: { holdId } },
      http: { method: 'DELETE', path: `/v1/holds/${part(holdId)}` },
    })
  }

  extend(holdId: string): Promise<Hold> {
    return this.#issue({
      live: { op: 'extend', fields: { holdId } },
      http: { method: 'POST', path: `/v1/holds/${part(holdId)}/extend` },
    })
  }

  book(holdId: string, contact: { email: string; name?: string }): Promise<Booking> {
    return this.#issue({
      http: { method: 'POST', path: `/v1/holds/${part(holdId)}/book`, body: contact },
    })
  }

  join(showId: string, ask: WaitAsk): Promise<Entry> {
    return this.#issue({
      live: { op: 'join', fields: { showId, ...ask } },
      http: { method: 'POST', path: `/v1/shows/${part(showId)}/waitlist`, body: ask },
    })
  }

  leave(entryId: string): Promise<Entry | undefined> {
    return this.#issue({
      live: { op: 'leave', fields: { entryId } },
      http: { method: 'DELETE', path: `/v1/waitlist/${part(entryId)}` },
    })
  }

  decline(entryId: string): Promise<Entry> {
    return this.#issue({
      live: { op: 'decline', fields: { entryId } },
      http: { method: 'POST', path: `/v1/waitlist/${part(entryId)}/decline` },
    })
  }

  async rank(entryId: string): Promise<number> {
    if (this.#live.link.get().kind === 'ready') {
      return Number((await this.#live.command('rank', { entryId })).ahead)
    }
    return (await this.#api.entry(entryId)).ahead
  }

  async #issue<Answer>(intention: Intention): Promise<Answer> {
    const key = crypto.randomUUID()
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#attempt<Answer>(intention, key)
      } catch (failure) {
        const refused = failure instanceof Refused ? failure : new Refused(silence(String(failure)))
        const waitMs = repeatAfter(refused, attempt, Math.random())
        if (waitMs === undefined) throw refused
        await new Promise(resolve => setTimeout(resolve, waitMs))
      }
    }
  }

  async #attempt<Answer>({ live, http }: Intention, key: string): Promise<Answer> {
    if (live !== undefined && this.#live.link.get().kind === 'ready') {
      return (await this.#live.command(live.op, { ...live.fields, key })) as Answer
    }
    return this.#api.send<Answer>({ ...http, key })
  }
}

/** How long to wait before the same intention is sent again; undefined: the answer stands. */
export function repeatAfter(refused: Refused, attempt: number, random: number): number | undefined {
  const { code, retryAfterMs = 0 } = refused.refusal
  const isOver = attempt + 1 >= ATTEMPTS_MAX || retryAfterMs > PATIENCE_MS
  if (!REPEATABLE.has(code) || isOver) return undefined
  return retryAfterMs + waitOf(attempt, random)
}
