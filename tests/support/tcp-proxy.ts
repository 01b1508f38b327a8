// A TCP proxy that can swallow answers and cut connections: a network as bad as a test wants it.

import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

export class TcpProxy {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** answers of the target are dropped while true */
  isMute = false
  /** what clients say is dropped while true */
  isDeaf = false
  /** answers of the target arrive so much later, in order */
  delayMs = 0

  private constructor(server: Server) {
    this.#server = server
  }

  static async to(target: { readonly host: string; readonly port: number }): Promise<TcpProxy> {
    const server = createServer()
    const proxy = new TcpProxy(server)
    server.on('connection', client => proxy.#join(client, connect(target.port, target.host)))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get port(): number {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the proxy is closed')
    return address.port
  }

  /** Every open connection ends at once; new ones are welcome. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async close(): Promise<void> {
    this.cut()
    await new Promise(resolve => this.#server.close(resolve))
  }

  #join(client: Socket, target: Socket): void {
    for (const [socket, other] of [
      [client, target],
      [target, client],
    ] as const) {
      this.#sockets.add(socket)
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        this.#sockets.delete(socket)
        other.destroy()
      })
    }
    client.on('data', bytes => {
      if (!this.isDeaf) target.write(bytes)
    })
    let last: Promise<void> = Promise.resolve()
    target.on('data', bytes => {
      if (this.isMute) return
      const due = performance.now() + this.delayMs
      last = last.then(async () => {
        const left = due - performance.now()
        if (left > 1) await pause(left)
        client.write(bytes)
      })
    })
  }
}
