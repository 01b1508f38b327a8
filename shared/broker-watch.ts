// Whether a connection to the broker stands, and how often it was lost: for metrics and health.

import type { NatsConnection } from '@nats-io/nats-core'

export class BrokerWatch {
  readonly #nats: NatsConnection
  #isUp = true
  #downCount = 0

  constructor(nats: NatsConnection) {
    this.#nats = nats
    void this.#watch()
  }

  figures(): { readonly isUp: boolean; readonly downCount: number } {
    return { isUp: this.#isUp && !this.#nats.isClosed(), downCount: this.#downCount }
  }

  async #watch(): Promise<void> {
    for await (const { type } of this.#nats.status()) {
      if (type === 'reconnect') this.#isUp = true
      if (type !== 'disconnect') continue
      if (this.#isUp) this.#downCount += 1
      this.#isUp = false
    }
  }
}
