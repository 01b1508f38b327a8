// The Transport inside one process: for simulations, and for tests that decide what the network does.
//
// Owns: who receives what. Leaves to others: when, how often and whether (`carry`).
//
//   X2. Without a `carry` of one's own every message arrives once, in order, in its own turn.

import type { Transport } from './ports.ts'

/** One message on its way to one receiver; calling `arrive` again is a duplicate. */
export interface Passage {
  readonly from: string
  readonly to: string
  readonly subject: string
  readonly bytes: Uint8Array
  arrive(): void
}

interface Subscriber {
  readonly pattern: readonly string[]
  readonly onMessage: (bytes: Uint8Array) => void
}

export class MemoryNetwork {
  readonly #places = new Map<string, MemoryPlace>()
  readonly #carry: (passage: Passage) => void

  constructor(carry: (passage: Passage) => void = passage => setImmediate(() => passage.arrive())) {
    this.#carry = carry
  }

  /** The transport of one process; the same name is the same process. */
  at(name: string): MemoryPlace {
    const known = this.#places.get(name)
    if (known !== undefined) return known
    const place = new MemoryPlace(name, (from, subject, bytes) => this.#send(from, subject, bytes))
    this.#places.set(name, place)
    return place
  }

  #send(from: string, subject: string, bytes: Uint8Array): void {
    const parts = subject.split('.')
    for (const [to, place] of this.#places) {
      if (!place.hears(parts)) continue
      this.#carry({ from, to, subject, bytes, arrive: () => place.take(parts, bytes) })
    }
  }
}

export class MemoryPlace implements Transport {
  readonly #name: string
  readonly #send: (from: string, subject: string, bytes: Uint8Array) => void
  readonly #subscribers = new Set<Subscriber>()
  readonly #listeners = new Set<() => void>()
  #isUp = true

  constructor(name: string, send: (from: string, subject: string, bytes: Uint8Array) => void) {
    this.#name = name
    this.#send = send
  }

  get isUp(): boolean {
    return this.#isUp
  }

  publish(subject: string, bytes: Uint8Array): void {
    if (this.#isUp) this.#send(this.#name, subject, bytes)
  }

  subscribe(subject: string, onMessage: (bytes: Uint8Array) => void): () => void {
    const subscriber = { pattern: subject.split('.'), onMessage }
    this.#subscribers.add(subscriber)
    return () => this.#subscribers.delete(subscriber)
  }

  onBack(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The connection breaks; what is under way to here is lost. */
  cut(): void {
    this.#isUp = false
  }

  heal(): void {
    if (this.#isUp) return
    this.#isUp = true
    for (const listener of [...this.#listeners]) listener()
  }

  hears(subject: readonly string[]): boolean {
    for (const { pattern } of this.#subscribers) if (matches(pattern, subject)) return true
    return false
  }

  take(subject: readonly string[], bytes: Uint8Array): void {
    if (!this.#isUp) return
    for (const { pattern, onMessage } of [...this.#subscribers]) {
      if (matches(pattern, subject)) onMessage(bytes)
    }
  }
}

function matches(pattern: readonly string[], subject: readonly string[]): boolean {
  if (pattern.length !== subject.length) return false
  return pattern.every((part, at) => part === '*' || part === subject[at])
}
