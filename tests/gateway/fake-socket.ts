// A WebSocket without a network: it keeps what it was sent, honours topics, and can read slowly.
//
// Owns: what uWS promises a session: order, topics, a bounded backlog that drops what is over it.
// Leaves to others: real sockets (tests/e2e, tests/abuse).

import type { LiveSocket } from '../../gateway/session-house.ts'
import { LIMITS } from '../../shared/limits.ts'

export type Sent = string | Uint8Array

/** Every FakeSocket of one app; `publish` reaches those that subscribed. */
export class FakeApp {
  readonly sockets: FakeSocket[] = []

  readonly publish = (topic: string, message: Sent): void => {
    for (const socket of this.sockets) socket.published(topic, message)
  }
}

export class FakeSocket implements LiveSocket {
  readonly topics = new Set<string>()
  closed: { readonly code: number; readonly reason: string } | undefined
  /** false: everything it is sent waits in its backlog */
  isReading = true
  corkCount = 0
  onDropped: () => void = () => undefined
  onDrained: () => void = () => undefined
  onClosed: () => void = () => undefined
  #inbox: Sent[] = []
  #backlog: Sent[] = []
  #backlogBytes = 0

  constructor(app: FakeApp) {
    app.sockets.push(this)
  }

  send(message: Sent): number {
    if (this.isReading) {
      this.#inbox.push(copyOf(message))
      return 1
    }
    if (this.#backlogBytes > LIMITS.socketBacklogBytesMax) {
      this.onDropped()
      return 2
    }
    this.#backlog.push(copyOf(message))
    this.#backlogBytes += message.length
    return 0
  }

  published(topic: string, message: Sent): void {
    if (this.topics.has(topic) && this.closed === undefined) this.send(message)
  }

  /** Reads what has waited, and goes on reading. */
  readOn(): void {
    this.isReading = true
    this.#inbox.push(...this.#backlog)
    this.#backlog = []
    this.#backlogBytes = 0
    this.onDrained()
  }

  end(code = 1005, reason = ''): void {
    this.closed = { code, reason }
    this.topics.clear()
    this.onClosed()
  }

  cork(write: () => void): void {
    this.corkCount += 1
    write()
  }

  /** undefined while it is open */
  closeCode(): number | undefined {
    return this.closed?.code
  }

  subscribe(topic: string): boolean {
    this.topics.add(topic)
    return true
  }

  unsubscribe(topic: string): boolean {
    return this.topics.delete(topic)
  }

  getBufferedAmount(): number {
    return this.#backlogBytes
  }

  /** What came since the last call. */
  take(): Sent[] {
    return this.#inbox.splice(0)
  }

  /** The same, text parsed. */
  takeJson(): Record<string, unknown>[] {
    return this.take()
      .filter(message => typeof message === 'string')
      .map(message => JSON.parse(message as string) as Record<string, unknown>)
  }
}

function copyOf(message: Sent): Sent {
  return typeof message === 'string' ? message : Uint8Array.from(message)
}
