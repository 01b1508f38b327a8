// Sends one message to a stream and hears what became of it: acknowledged, rejected, or unknown.
//
// Owns: the inbox of the acknowledgements, silence, noticing that the connection broke.
// Leaves to others: what an unknown answer means for a frame (jetstream.ts).
//
//   JL1. Nothing is sent while disconnected: the client would keep it and flush it much later.
//   JL2. A broken connection makes every send in flight unknown at once, silence after `silenceMs`.
//   JL3. A headers object is made for each send: the client may still hold the one before.

import { createInbox, headers, type Msg, type NatsConnection } from '@nats-io/nats-core'
import type { SendAnswer } from './sender.ts'

export interface Sending {
  readonly subject: string
  readonly stream: string
  readonly id: string
  /** the stream's last position, as it must be for the message to be stored */
  readonly expectedLast: number
  readonly bytes: Uint8Array
}

const WRONG_LAST_SEQUENCE: readonly unknown[] = [10071, 10164]
const TOKEN_RADIX = 36

export class JetStreamLine {
  readonly #nats: NatsConnection
  readonly #silenceMs: number
  readonly #inbox = createInbox()
  readonly #waiting = new Map<string, (answer: SendAnswer) => void>()
  readonly #subscription: { unsubscribe(): void }
  #next = 0
  #isUp = true
  #isClosed = false
  #whenUp: (() => void)[] = []

  constructor(nats: NatsConnection, silenceMs: number) {
    this.#nats = nats
    this.#silenceMs = silenceMs
    this.#subscription = nats.subscribe(`${this.#inbox}.*`, {
      callback: (error, message) => {
        if (error === null) this.#settle(tokenOf(message), () => answerOf(message))
      },
    })
    void this.#watch()
  }

  /** Never throws; one answer. */
  async send(sending: Sending): Promise<SendAnswer> {
    if (this.#isClosed) return unknown('the journal is closed')
    if (!this.#isUp && !(await this.#upWithin(this.#silenceMs))) return unknown('disconnected') // JL1
    const token = (this.#next++).toString(TOKEN_RADIX)
    return new Promise(resolve => {
      const silence = setTimeout(
        () => this.#settle(token, () => unknown('silence')),
        this.#silenceMs,
      )
      this.#waiting.set(token, answer => {
        clearTimeout(silence)
        resolve(answer)
      })
      this.#publish(sending, token)
    })
  }

  close(): void {
    this.#isClosed = true
    this.#subscription.unsubscribe()
    this.#breakAll('the journal is closed')
    this.#raise()
  }

  #publish({ subject, stream, id, expectedLast, bytes }: Sending, token: string): void {
    try {
      const said = headers() // JL3
      said.append('Nats-Expected-Last-Sequence', String(expectedLast))
      said.append('Nats-Expected-Stream', stream)
      said.append('Nats-Msg-Id', id)
      this.#nats.publish(subject, bytes, { reply: `${this.#inbox}.${token}`, headers: said })
    } catch (cause) {
      this.#settle(token, () => unknown(cause instanceof Error ? cause.message : String(cause)))
    }
  }

  #settle(token: string, answer: () => SendAnswer): void {
    const resolve = this.#waiting.get(token)
    if (resolve === undefined) return // told already: silence, or the connection broke
    this.#waiting.delete(token)
    resolve(answer())
  }

  /** JL2 */
  #breakAll(reason: string): void {
    for (const token of [...this.#waiting.keys()]) this.#settle(token, () => unknown(reason))
  }

  #raise(): void {
    this.#isUp = true
    const waiting = this.#whenUp
    this.#whenUp = []
    for (const wake of waiting) wake()
  }

  async #upWithin(ms: number): Promise<boolean> {
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, ms)
      this.#whenUp.push(() => {
        clearTimeout(timer)
        resolve()
      })
    })
    return this.#isUp && !this.#isClosed
  }

  async #watch(): Promise<void> {
    for await (const { type } of this.#nats.status()) {
      if (this.#isClosed) return
      if (type === 'disconnect') {
        this.#isUp = false
        this.#breakAll('the connection broke')
      }
      if (type === 'reconnect') this.#raise()
    }
  }
}

function tokenOf(message: Msg): string {
  return message.subject.slice(message.subject.lastIndexOf('.') + 1)
}

interface Acknowledgement {
  readonly seq?: number
  readonly duplicate?: boolean
  readonly error?: { readonly err_code?: number; readonly description?: string }
}

function answerOf(message: Msg): SendAnswer {
  if (message.data.length === 0) return unknown(message.headers?.status || 'an empty answer')
  try {
    const said = message.json<Acknowledgement>()
    if (said.error !== undefined) {
      const { err_code, description } = said.error
      const isRejection = WRONG_LAST_SEQUENCE.includes(err_code)
      return { kind: isRejection ? 'rejected' : 'unknown', reason: `${err_code} ${description}` }
    }
    if (typeof said.seq !== 'number') return unknown('an answer without a position')
    return { kind: 'acked', position: said.seq, isDuplicate: said.duplicate === true }
  } catch {
    return unknown('an answer that is no JSON')
  }
}

function unknown(reason: string): SendAnswer {
  return { kind: 'unknown', reason }
}
