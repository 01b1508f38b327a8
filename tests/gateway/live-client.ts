// A live connection as a client has it, over the `ws` package.
//
// Owns: what came, by kind, and waiting for what is to come. Leaves to others: what it should be.

import WebSocket from 'ws'

export type Json = Record<string, unknown>

/** A `ws` client that keeps what it was sent and finds answers by id. */
export class LiveClient {
  readonly socket: WebSocket
  readonly opened: Promise<void>
  readonly closed: Promise<number>
  readonly texts: Json[] = []
  readonly bytes: Buffer[] = []
  #nextId = 1
  #waiting: (() => void)[] = []

  constructor(port: number, protocol: string) {
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/v1/live`, [protocol])
    this.opened = new Promise((resolve, reject) => {
      this.socket.once('open', () => resolve())
      this.socket.once('error', reject)
    })
    this.closed = new Promise(resolve => this.socket.once('close', code => resolve(code)))
    this.socket.on('error', () => undefined)
    this.socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) this.bytes.push(data)
      else this.texts.push(JSON.parse(data.toString()) as Json)
      for (const look of this.#waiting.splice(0)) look()
    })
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  }

  async ask(command: Json): Promise<Json> {
    const id = this.#nextId++
    this.send({ id, ...command })
    return this.find(text => text.id === id)
  }

  /** The first text, come or to come, that fits. */
  async find(fits: (text: Json) => boolean, withinMs = 5_000): Promise<Json> {
    return this.#until(() => this.texts.find(fits), withinMs)
  }

  /** The binary message at that position, come or to come. */
  async findBytes(index: number, withinMs = 5_000): Promise<Buffer> {
    return this.#until(() => this.bytes[index], withinMs)
  }

  async #until<Found>(look: () => Found | undefined, withinMs: number): Promise<Found> {
    const end = performance.now() + withinMs
    for (;;) {
      const found = look()
      if (found !== undefined) return found
      const left = end - performance.now()
      if (left <= 0) throw new Error(`not in ${JSON.stringify(this.texts.slice(-5)).slice(0, 900)}`)
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, left)
        this.#waiting.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
  }

  end(): void {
    this.socket.terminate()
  }
}
