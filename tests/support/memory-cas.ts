// A compare-and-set store in memory; it keeps JSON, as a real one does, and can be out of reach.

import type { CasStore, Stored } from '../../shared/cas-store.ts'

export interface Codec<Value> {
  readonly encode: (value: Value) => string
  readonly decode: (text: string) => Value | undefined
}

export class MemoryCas<Value> implements CasStore<Value> {
  readonly #codec: Codec<Value>
  #text: string | undefined
  #revision = 0
  isAway = false
  /** told after each write */
  onWrite: (value: Value) => void = () => undefined

  constructor(codec: Codec<Value>) {
    this.#codec = codec
  }

  get value(): Value | undefined {
    return this.#text === undefined ? undefined : this.#codec.decode(this.#text)
  }

  async read(): Promise<Stored<Value>> {
    await this.#reach()
    return { value: this.value, revision: this.#revision }
  }

  async write(value: Value, revision: number): Promise<boolean> {
    await this.#reach()
    if (revision !== this.#revision) return false
    this.#text = this.#codec.encode(value)
    this.#revision += 1
    this.onWrite(value)
    return true
  }

  async #reach(): Promise<void> {
    await Promise.resolve()
    if (this.isAway) throw new Error('the store is away')
  }
}
