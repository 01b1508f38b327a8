// The Transport on NATS core.
//
// Owns: what happens to messages while the broker is away.
// Leaves to others: connecting (nats.ts), what the bytes mean.
//
//   X1. While the connection is down nothing is kept for later: the client library would send it
//       into another time. Whoever needs an answer asks again.

import type { NatsConnection } from '@nats-io/nats-core'
import type { Transport } from './ports.ts'

export class NatsTransport implements Transport {
  readonly #nats: NatsConnection
  readonly #listeners = new Set<() => void>()
  #isUp = true
  #droppedCount = 0

  constructor(nats: NatsConnection) {
    this.#nats = nats
    void this.#watch()
  }

  get isUp(): boolean {
    return this.#isUp && !this.#nats.isClosed()
  }

  /** Messages that were given up because the connection was down. */
  get droppedCount(): number {
    return this.#droppedCount
  }

  publish(subject: string, bytes: Uint8Array): void {
    if (this.isUp) this.#nats.publish(subject, bytes)
    else this.#droppedCount += 1 // X1
  }

  subscribe(subject: string, onMessage: (bytes: Uint8Array) => void): () => void {
    const subscription = this.#nats.subscribe(subject, {
      callback: (error, message) => {
        if (error === null) onMessage(message.data)
      },
    })
    return () => {
      if (!subscription.isClosed()) subscription.unsubscribe()
    }
  }

  onBack(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async #watch(): Promise<void> {
    for await (const status of this.#nats.status()) {
      if (status.type === 'disconnect') this.#isUp = false
      if (status.type !== 'reconnect') continue
      this.#isUp = true
      for (const listener of [...this.#listeners]) listener()
    }
  }
}
