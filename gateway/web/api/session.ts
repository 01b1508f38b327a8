// The guest session of this browser.
//
// Owns: the token in localStorage, one request for it at a time, renewal before it ends.
// Leaves to others: sending it (client.ts as a header, live/connection.ts in `hello`).
//
//   U1. The token travels only in the Authorization header and in `hello`, never in a URL.

import type { Session } from './types.ts'

const STORAGE_KEY = 'usher.session'
const RENEW_BEFORE_MS = 60_000

export type SessionStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

export class GuestSession {
  #storage: SessionStorage
  #create: () => Promise<Session>
  #pending: Promise<Session> | undefined

  constructor(storage: SessionStorage, create: () => Promise<Session>) {
    this.#storage = storage
    this.#create = create
  }

  /** The token to send; a guest is created when there is none that still lives. */
  async token(): Promise<string> {
    const known = this.#read()
    if (known !== undefined) return known.token
    this.#pending ??= this.#renew()
    return (await this.#pending).token
  }

  get customerId(): string | undefined {
    return this.#read()?.customerId
  }

  /** The server refused this token. A newer one, made meanwhile by another tab, is kept. */
  forget(token: string): void {
    if (this.#read()?.token === token) this.#storage.removeItem(STORAGE_KEY)
  }

  async #renew(): Promise<Session> {
    try {
      const session = await this.#create()
      this.#storage.setItem(STORAGE_KEY, JSON.stringify(session))
      return session
    } finally {
      this.#pending = undefined
    }
  }

  #read(): Session | undefined {
    const session = parseSession(this.#storage.getItem(STORAGE_KEY))
    if (session === undefined) return undefined
    const endsInMs = Date.parse(session.expiresAt) - Date.now()
    return endsInMs > RENEW_BEFORE_MS ? session : undefined
  }
}

function parseSession(text: string | null): Session | undefined {
  if (text === null) return undefined
  try {
    const value = JSON.parse(text) as Partial<Session> | null
    const { token, customerId, expiresAt } = value ?? {}
    const isWhole = [token, customerId, expiresAt].every(field => typeof field === 'string')
    return isWhole ? (value as Session) : undefined
  } catch {
    return undefined
  }
}
