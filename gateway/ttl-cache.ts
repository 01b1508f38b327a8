// Answers that may be a second old, made once however many ask.
//
//   T1. `clear` makes a write visible at once: what began to be made before it is not kept.

interface Entry {
  readonly value: unknown
  readonly until: number
}

const ENTRIES_MAX = 5_000

export class TtlCache {
  readonly #entries = new Map<string, Entry>()
  readonly #making = new Map<string, Promise<unknown>>()
  readonly #ttlMs: number
  #era = 0

  constructor(ttlMs: number) {
    this.#ttlMs = ttlMs
  }

  /** One name is always made the same way, so its values are of one type. */
  get<Value>(name: string, make: () => Promise<Value>): Value | Promise<Value> {
    const known = this.#entries.get(name)
    if (known !== undefined && known.until > performance.now()) return known.value as Value
    const running = this.#making.get(name)
    if (running !== undefined) return running as Promise<Value>
    const making = this.#make(name, make)
    this.#making.set(name, making)
    return making
  }

  clear(): void {
    this.#era += 1
    this.#entries.clear()
    this.#making.clear()
  }

  async #make<Value>(name: string, make: () => Promise<Value>): Promise<Value> {
    const era = this.#era
    try {
      const value = await make()
      if (era === this.#era) this.#keep(name, value) // T1
      return value
    } finally {
      if (era === this.#era) this.#making.delete(name)
    }
  }

  #keep(name: string, value: unknown): void {
    this.#entries.delete(name)
    this.#entries.set(name, { value, until: performance.now() + this.#ttlMs })
    if (this.#entries.size <= ENTRIES_MAX) return
    const oldest = this.#entries.keys().next()
    if (oldest.done !== true) this.#entries.delete(oldest.value)
  }
}
