// The load generator's WebSocket: a plain TCP socket that writes and reads just what the harness needs,
// so that the generator takes as little of the shared machine as it can.
//
// Owns: the handshake, masked text frames out, frames in, ping and pong.
// Leaves to others: what is asked, when, and what an answer means.

import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'

export interface LiveTarget {
  readonly host: string
  readonly port: number
}

const NOTHING = Buffer.alloc(0)
const OPCODE_TEXT = 1
const OPCODE_CLOSE = 8
const OPCODE_PING = 9
const OPCODE_PONG = 10

export interface LiveHandlers {
  readonly onText: (text: string) => void
  readonly onClose: (reason: string) => void
  /** only the beginning of each text is wanted */
  readonly textBytesMax?: number
}

export class LiveSocket {
  readonly #socket: Socket
  readonly #onText: (text: string) => void
  readonly #onClose: (reason: string) => void
  readonly #textBytesMax: number | undefined
  #pending: Buffer = NOTHING
  #outgoing: string[] = []
  #isOpen = false

  private constructor(socket: Socket, handlers: LiveHandlers) {
    this.#socket = socket
    this.#onText = handlers.onText
    this.#onClose = handlers.onClose
    this.#textBytesMax = handlers.textBytesMax
  }

  /** Resolves after the upgrade; rejects with the server's status line when it is refused. */
  static open(target: LiveTarget, handlers: LiveHandlers): Promise<LiveSocket> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: target.host, port: target.port, noDelay: true })
      const live = new LiveSocket(socket, handlers)
      socket.once('error', reject)
      socket.on('close', () => live.#onClose('closed'))
      socket.on('connect', () => socket.write(upgradeRequest(target)))
      socket.on('data', (data: Buffer) => {
        live.#pending = live.#pending.length === 0 ? data : Buffer.concat([live.#pending, data])
        if (live.#isOpen) return live.#readFrames()
        const end = live.#pending.indexOf('\r\n\r\n')
        if (end === -1) return
        const head = live.#pending.toString('latin1', 0, end)
        if (!head.startsWith('HTTP/1.1 101')) {
          socket.destroy()
          return reject(new Error(`the server refused the upgrade: ${head.split('\r\n')[0]}`))
        }
        live.#pending = live.#pending.subarray(end + 4)
        live.#isOpen = true
        resolve(live)
        live.#readFrames()
      })
    })
  }

  /** Queues a text frame; `flush` sends what was queued in one write. */
  queue(text: string): void {
    this.#outgoing.push(text)
  }

  flush(): void {
    if (this.#outgoing.length === 0) return
    const size = this.#outgoing.reduce((sum, text) => sum + text.length + 14, 0)
    const bytes = Buffer.allocUnsafe(size)
    let at = 0
    for (const text of this.#outgoing) at = writeFrame(bytes, at, OPCODE_TEXT, text)
    this.#outgoing = []
    this.#socket.write(bytes.subarray(0, at))
  }

  close(): void {
    this.#socket.destroy()
  }

  #readFrames(): void {
    let at = 0
    const bytes = this.#pending
    for (;;) {
      if (bytes.length - at < 2) break
      const opcode = (bytes[at] as number) & 0x0f
      let length = (bytes[at + 1] as number) & 0x7f
      let head = 2
      if (length === 126) {
        if (bytes.length - at < 4) break
        length = bytes.readUInt16BE(at + 2)
        head = 4
      } else if (length === 127) {
        if (bytes.length - at < 10) break
        length = Number(bytes.readBigUInt64BE(at + 2))
        head = 10
      }
      if (bytes.length - at < head + length) break
      this.#onFrame(opcode, bytes.subarray(at + head, at + head + length))
      at += head + length
    }
    this.#pending = at === bytes.length ? NOTHING : bytes.subarray(at)
    this.flush() // what the answers of one read led to leaves in one write
  }

  #onFrame(opcode: number, payload: Buffer): void {
    if (opcode === OPCODE_TEXT) this.#onText(payload.toString('latin1', 0, this.#textBytesMax))
    if (opcode === OPCODE_PING) {
      const pong = Buffer.allocUnsafe(payload.length + 14)
      const end = writeFrame(pong, 0, OPCODE_PONG, payload.toString('latin1'))
      this.#socket.write(pong.subarray(0, end))
    }
    if (opcode === OPCODE_CLOSE) {
      const code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005
      this.#onClose(`${code} ${payload.toString('utf8', 2)}`)
      this.#socket.destroy()
    }
  }
}

function upgradeRequest(target: LiveTarget): string {
  return [
    'GET /v1/live HTTP/1.1',
    `Host: ${target.host}:${target.port}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Protocol: usher.v1.json',
    '\r\n',
  ].join('\r\n')
}

/** A masking key of zeros is a valid key and leaves the payload as it is: no byte loop. */
function writeFrame(bytes: Buffer, at: number, opcode: number, text: string): number {
  bytes[at] = 0x80 | opcode
  let head = at + 2
  if (text.length < 126) {
    bytes[at + 1] = 0x80 | text.length
  } else {
    bytes[at + 1] = 0x80 | 126
    bytes.writeUInt16BE(text.length, at + 2)
    head = at + 4
  }
  bytes.writeUInt32BE(0, head)
  return head + 4 + bytes.write(text, head + 4, 'latin1')
}
