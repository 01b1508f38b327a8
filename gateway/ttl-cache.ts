// Answers that may be a second old, made once however many ask, here and on the other gateways.
//
// Owns: what this process remembers, and how long an answer may live.
// Leaves to others: what gateways share (AnswerStore; shared-answers.ts), when it is cleared (http/).
//
//   T1. `clear` makes a write visible at once: what began to be made before it is not kept, and for
//       one life nothing is taken from the store, which may still hold what is older than the write.
//   T2. An answer lives `ttlMs` from the moment it began to be made, wherever it is kept: a write is
//       visible within that time everywhere, whether the store works or not.
//   T3. The store is never needed: what it does not know, or does not say, is made here.

/** What gateways share. It may fail at any time, by saying nothing. */
export interface AnswerStore {
  /** undefined: out of reach */
  read(name: string): Promise<Stored | undefined>
  /** kept for `leftMs`, unless the store was cleared since `era` */
  write(name: string, fresh: Fresh): void
  /** what was written before is found by nobody any more */
  clear(): void
}

export interface Stored {
  /** tells which clear came last */
  readonly era: string
  readonly found: Omit<Fresh, 'era'> | undefined
}

export interface Fresh {
  readonly text: string
  readonly leftMs: number
  readonly era: string
}

interface Entry {
  readonly value: unknown
  readonly until: number
}

const ENTRIES_MAX = 5_000

export class TtlCache {
  readonly #entries = new Map<string, Entry>()
  readonly #making = new Map<string, Promise<unknown>>()
  readonly #ttlMs: number
  readonly #store: AnswerStore | undefined
  #era = 0
  #distrustedUntil = 0

  constructor(ttlMs: number, store?: AnswerStore) {
    this.#ttlMs = ttlMs
    this.#store = store
  }

  /** One name is always made the same way, so its values are of one type; JSON when there is a store. */
  get<Value>(name: string, make: () => Promise<Value>): Value | Promise<Value> {
    const known = this.#entries.get(name)
    if (known !== undefined && known.until > performance.now()) return known.value as Value
    const running = this.#making.get(name)
    if (running !== undefined) return running as Promise<Value>
    const making = this.#find(name, make)
    this.#making.set(name, making)
    return making
  }

  clear(): void {
    this.#era += 1
    this.#entries.clear()
    this.#making.clear()
    this.#distrustedUntil = performance.now() + this.#ttlMs // T1
    this.#store?.clear()
  }

  async #find<Value>(name: string, make: () => Promise<Value>): Promise<Value> {
    const era = this.#era
    try {
      const beganAt = performance.now()
      const stored = await this.#ask(name, beganAt)
      const value = parsed<Value>(stored?.found?.text)
      if (value === undefined) return await this.#make(name, make, { era, stored })
      const leftMs = Math.min(stored?.found?.leftMs ?? 0, this.#ttlMs)
      if (era === this.#era) this.#keep(name, value, beganAt + leftMs) // T1, T2
      return value
    } finally {
      if (era === this.#era) this.#making.delete(name)
    }
  }

  async #ask(name: string, nowMs: number): Promise<Stored | undefined> {
    if (nowMs < this.#distrustedUntil) return undefined
    return this.#store?.read(name)
  }

  async #make<Value>(
    name: string,
    make: () => Promise<Value>,
    { era, stored }: { readonly era: number; readonly stored: Stored | undefined },
  ): Promise<Value> {
    const until = performance.now() + this.#ttlMs // T2
    const value = await make()
    if (era !== this.#era) return value // T1
    this.#keep(name, value, until)
    const leftMs = Math.floor(until - performance.now())
    if (stored !== undefined && leftMs > 0) {
      this.#store?.write(name, { text: JSON.stringify(value), leftMs, era: stored.era })
    }
    return value
  }

  #keep(name: string, value: unknown, until: number): void {
    this.#entries.delete(name)
    this.#entries.set(name, { value, until })
    if (this.#entries.size <= ENTRIES_MAX) return
    const oldest = this.#entries.keys().next()
    if (oldest.done !== true) this.#entries.delete(oldest.value)
  }
}

/** T3: what cannot be read was never there. */
function parsed<Value>(text: string | undefined): Value | undefined {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text) as Value
  } catch {
    return undefined
  }
}
