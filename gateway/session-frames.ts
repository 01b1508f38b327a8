// From the frames of one WebSocket to commands.
//
// Owns: size, JSON, strikes and rate of frames, packed commands.
// Leaves to others: what a command does (session-commands.ts), when one may run (session.ts).
//
//   W2. A strike is a frame that is not JSON or has no op; the third closes with 1008.
//   W3. Over 4 KiB is refused, over 16 KiB closes with 1009; over the rate is refused, and after 100
//       refusals in a row closes with 4429.

import { LIMITS } from '../shared/limits.ts'
import { type IdText, idTextIn } from './live-answers.ts'
import { problemOf } from './problems.ts'
import type { Session } from './session.ts'
import { CLOSE } from './session-house.ts'

export type Fields = Readonly<Record<string, unknown>>

const STRIKES_MAX = 3
const REFUSED_IN_A_ROW_MAX = 100

export class Frames {
  readonly #session: Session
  #strikes = 0
  #refusedInARow = 0

  constructor(session: Session) {
    this.#session = session
  }

  /** A frame as it came; the bytes are valid during the call only. */
  receive(bytes: ArrayBuffer, isBinary: boolean): void {
    if (bytes.byteLength > LIMITS.socketFrameBytesHardMax) {
      this.#session.close(CLOSE.tooLarge, 'a frame of over 16 KiB') // W3
      return
    }
    const frame = isBinary ? undefined : parse(Buffer.from(bytes).toString())
    if (bytes.byteLength > LIMITS.socketFrameBytesSoftMax) this.#refuseLarge(frame)
    else if (Array.isArray(frame)) this.#takeAll(frame)
    else if (!this.#take(frame)) this.#strike(frame === undefined)
  }

  /** Commands packed in one frame: it is one strike, however much of it is none. */
  #takeAll(items: readonly unknown[]): void {
    let isBad = items.length === 0
    for (const item of items) if (!this.#take(item)) isBad = true
    if (isBad) this.#strike(false)
  }

  /** false: not a command. */
  #take(value: unknown): boolean {
    if (this.#session.isClosed) return true
    const command = commandIn(value)
    if (command === undefined) return false
    this.#takeCommand(command)
    return true
  }

  #takeCommand(command: Fields): void {
    const id = idTextIn(command.id)
    if (!this.#isInTime(id ?? 'null')) return
    if (id === undefined) {
      const detail = 'Give every command an id: a whole number or a text of at most 128 characters.'
      this.#session.refuse('null', problemOf('validation', detail))
    } else this.#session.run(id, command)
  }

  /** W3: true when it may run. */
  #isInTime(id: IdText): boolean {
    const waitMs = this.#session.house.admission.message(this.#session.number)
    if (waitMs === 0) {
      this.#refusedInARow = 0
      return true
    }
    this.#refusedInARow += 1
    if (this.#refusedInARow > REFUSED_IN_A_ROW_MAX) {
      this.#session.close(CLOSE.tooFast, 'too many messages')
      return false
    }
    const detail = `At most ${LIMITS.messagesPerSocketPerSecond} messages a second on one socket.`
    this.#session.refuse(id, problemOf('rate-limited', detail, { retryAfterMs: Math.ceil(waitMs) }))
    return false
  }

  #refuseLarge(frame: unknown): void {
    const id = idTextIn(commandIn(frame)?.id) ?? 'null'
    if (!this.#isInTime(id)) return
    this.#session.refuse(id, problemOf('body-too-large', 'A message has at most 4 KiB.'))
  }

  /** W2 */
  #strike(isBroken: boolean): void {
    if (this.#session.isClosed || !this.#isInTime('null')) return
    this.#strikes += 1
    const left = STRIKES_MAX - this.#strikes
    const then = left === 0 ? 'This was the last one.' : `${left} more end the connection.`
    const problem = isBroken
      ? problemOf('bad-json', `The frame is not JSON text. ${then}`)
      : problemOf('validation', `The frame has no op. ${then}`)
    this.#session.refuse('null', problem)
    if (left === 0) this.#session.close(CLOSE.badFrames, 'three bad frames')
  }
}

/** undefined when it is not JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function commandIn(value: unknown): Fields | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const fields = value as Fields
  return typeof fields.op === 'string' ? fields : undefined
}
