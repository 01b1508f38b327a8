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

const OPCODE_TEXT = 1
const OPCODE_CLOSE = 8
const OPCODE_PING = 9
const OPCODE_PONG = 10
const NOTHING = Buffer.alloc(0)
const READ_BYTES = 256 * 1024

/** All sockets read into it, one after the other: what a read brought is taken before the next. */
const arrived = Buffer.allocUnsafeSlow(READ_BYTES)

export interface LiveHandlers {
  readonly onText: (text: string) => void
  readonly onClose: (reason: string) => void
  /** only the beginning of each text is wanted */
  readonly textBytesMax?: number
}

export class LiveSocket {
  readonly #socket: Socket
  readonly #handlers: LiveHandlers
  readonly #textBytesMax: number
  /** the beginning of a frame whose end has not come yet */
  #pending: Buffer = NOTHING
  #outgoing = ''
  #isOpen = false
  #onUpgraded: (refusal: string | undefined) => void = () => undefined

  private constructor(target: LiveTarget, handlers: LiveHandlers) {
    this.#handlers = handlers
    this.#textBytesMax = handlers.textBytesMax ?? READ_BYTES
    const callback = (length: number): boolean => {
      this.#read(arrived.subarray(0, length))
      return true
    }
    const { host, port } = target
    this.#socket = connect({ host, port, noDelay: true, onread: { buffer: arrived, callback } })
    this.#socket.on('close', () => handlers.onClose('closed'))
    this.#socket.on('connect', () => this.#socket.write(upgradeRequest(target)))
  }

  /** Resolves after the upgrade; rejects with the server's status line when it is refused. */
  static open(target: LiveTarget, handlers: LiveHandlers): Promise<LiveSocket> {
    return new Promise((resolve, reject) => {
      const live = new LiveSocket(target, handlers)
      live.#socket.once('error', reject)
      live.#onUpgraded = refusal => {
        if (refusal === undefined) return resolve(live)
        live.#socket.destroy()
        reject(new Error(`the server refused the upgrade: ${refusal}`))
      }
    })
  }

  /** Queues a text frame; `flush` sends what was queued in one write. */
  queue(text: string): void {
    this.#outgoing += frameOf(OPCODE_TEXT, text)
  }

  flush(): void {
    if (this.#outgoing === '') return
    const text = this.#outgoing
    this.#outgoing = ''
    this.#socket.write(text, 'latin1')
  }

  close(): void {
    this.#socket.destroy()
  }

  #read(bytes: Buffer): void {
    const all = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes])
    const from = this.#isOpen ? 0 : this.#readUpgrade(all)
    const end = this.#isOpen ? this.#readFrames(all, from) : 0
    this.#pending = end === all.length ? NOTHING : Buffer.from(all.subarray(end))
    this.flush() // what the answers of one read led to leaves in one write
  }

  /** Where the first frame begins. */
  #readUpgrade(bytes: Buffer): number {
    const end = bytes.indexOf('\r\n\r\n')
    if (end === -1) return 0
    const status = bytes.toString('latin1', 0, bytes.indexOf('\r\n'))
    this.#isOpen = status.startsWith('HTTP/1.1 101')
    this.#onUpgraded(this.#isOpen ? undefined : status)
    return end + 4
  }

  /** How far whole frames go. */
  #readFrames(bytes: Buffer, from: number): number {
    let at = from
    for (;;) {
      if (bytes.length - at < 2) return at
      const opcode = (bytes[at] as number) & 0x0f
      let length = (bytes[at + 1] as number) & 0x7f
      let head = 2
      if (length === 126) {
        if (bytes.length - at < 4) return at
        length = bytes.readUInt16BE(at + 2)
        head = 4
      } else if (length === 127) {
        if (bytes.length - at < 10) return at
        length = Number(bytes.readBigUInt64BE(at + 2))
        head = 10
      }
      if (bytes.length - at < head + length) return at
      if (opcode === OPCODE_TEXT) {
        const wanted = Math.min(length, this.#textBytesMax)
        this.#handlers.onText(bytes.toString('latin1', at + head, at + head + wanted))
      } else this.#onControl(opcode, bytes.subarray(at + head, at + head + length))
      at += head + length
    }
  }

  #onControl(opcode: number, payload: Buffer): void {
    if (opcode === OPCODE_PING) {
      this.#socket.write(frameOf(OPCODE_PONG, payload.toString('latin1')), 'latin1')
    }
    if (opcode === OPCODE_CLOSE) {
      const code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005
      this.#handlers.onClose(`${code} ${payload.toString('utf8', 2)}`)
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

/** In latin1. A masking key of zeros is a valid key and leaves the payload as it is: no byte loop. */
function frameOf(opcode: number, text: string): string {
  const { length } = text
  const first = 0x80 | opcode
  if (length < 126) return `${String.fromCharCode(first, 0x80 | length, 0, 0, 0, 0)}${text}`
  const size = String.fromCharCode(first, 0x80 | 126, length >>> 8, length & 0xff, 0, 0, 0, 0)
  return `${size}${text}`
}
