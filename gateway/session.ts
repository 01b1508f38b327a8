// One WebSocket: from its greeting to its end.
//
// Owns: the state of the connection, the outbox, closing.
// Leaves to others: frames and strikes (session-frames.ts), what commands do (session-commands.ts),
//   watches (session-watch.ts), the upgrade (live-server.ts).
//
//               hello                    verified
//   greeting ───────────▶ verifying ────────────────▶ open ──▶ closed
//      │ 5 s: 4408             │ no such token: 4401     │ token ended: 4401, too fast: 4429,
//      └───────────────────────┴─────────────────────────┴ strikes: 1008, slow: 4008, draining: 1001
//
//   W1. Every command is answered once, under its id, when its answer is ready.
//   W4. Commands that follow `hello` in the same breath wait until its token is verified.
//   F4. An answer that a slow reader has no room for closes with 4008; seats it has no room for put
//       it aside until it has read on, and close when it does not.
//   G6. Messages are collected in the outbox and sent in one cork when the turn ends.

import type { ShowNumber } from '../shared/ids.ts'
import type { Listener } from './audience.ts'
import { type Caller, hasRole } from './auth.ts'
import type { ShowCard } from './directory.ts'
import { errTextOf, type IdText, invalidOf, okTextOf } from './live-answers.ts'
import { goawayTextOf } from './live-codec.ts'
import { type Problem, problemOf } from './problems.ts'
import { helloSchema, isCounted, runCommand } from './session-commands.ts'
import { type Fields, Frames } from './session-frames.ts'
import { CLOSE, type CloseCode, type LiveHouse, type LiveSocket } from './session-house.ts'
import { SlowReader } from './session-slow.ts'
import { SessionWatches } from './session-watch.ts'

export interface SessionOptions {
  readonly house: LiveHouse
  readonly socket: LiveSocket
  /** names its requests; 1 and up */
  readonly number: number
  readonly address: string
  readonly isBinary: boolean
}

type Phase =
  | { readonly kind: 'greeting'; readonly deadline: NodeJS.Timeout }
  | {
      readonly kind: 'verifying'
      readonly deadline: NodeJS.Timeout
      readonly waiting: { readonly id: IdText; readonly command: Fields }[]
    }
  | { readonly kind: 'open' }
  | { readonly kind: 'closed' }

const WAITING_MAX = 64

export class Session implements Listener {
  readonly house: LiveHouse
  readonly socket: LiveSocket
  readonly number: number
  readonly address: string
  readonly isBinary: boolean
  readonly watches: SessionWatches
  readonly #slow: SlowReader
  readonly #frames: Frames
  #phase: Phase
  #caller: Caller | undefined
  #isBoxOffice = false
  #outbox: (string | Uint8Array)[] = []
  readonly #writeOutbox = () => this.#write()

  constructor(options: SessionOptions) {
    this.house = options.house
    this.socket = options.socket
    this.number = options.number
    this.address = options.address
    this.isBinary = options.isBinary
    this.watches = new SessionWatches(this)
    this.#slow = new SlowReader(this)
    this.#frames = new Frames(this)
    const late = () => this.close(CLOSE.noHello, 'no hello came')
    const deadline = setTimeout(late, this.house.helloWithinMs).unref()
    this.#phase = { kind: 'greeting', deadline }
  }

  get caller(): Caller | undefined {
    return this.#caller
  }

  get isBoxOffice(): boolean {
    return this.#isBoxOffice
  }

  get isClosed(): boolean {
    return this.#phase.kind === 'closed'
  }

  get isLagging(): boolean {
    return this.#slow.isLagging
  }

  /** A frame as it came; the bytes are valid during the call only. */
  receive(bytes: ArrayBuffer, isBinary: boolean): void {
    if (!this.isClosed) this.#frames.receive(bytes, isBinary)
  }

  /** Queues a message for the end of the turn. */
  say(message: string | Uint8Array): void {
    if (this.isClosed) return
    if (this.#outbox.length === 0) this.house.turn.add(this)
    this.#outbox.push(message)
  }

  tell(text: string): void {
    this.say(text)
  }

  /** G6 */
  flush(): void {
    const { length } = this.#outbox
    if (length === 0 || this.isClosed) return
    if (length === 1) this.#write()
    else this.socket.cork(this.#writeOutbox)
  }

  /** uWS had no room for something that was published. F4 */
  dropped(): void {
    if (!this.isClosed) this.#slow.missed()
  }

  /** The socket has room again. */
  drained(): void {
    if (!this.isClosed) this.#slow.drained()
  }

  /** Ends the session when its token has ended; called now and then and before each command. */
  checkToken(nowMs: number): boolean {
    if (this.#caller === undefined || this.#caller.expiresAtMs > nowMs) return true
    this.close(CLOSE.token, 'the token has ended')
    return false
  }

  /** F6 */
  goAway(afterMs: number): void {
    this.say(goawayTextOf(afterMs))
  }

  /** Sends what waits, then the close frame. */
  close(code: CloseCode, reason: string): void {
    if (this.isClosed) return
    if (code !== CLOSE.slow) this.flush()
    this.ended()
    this.socket.end(code, reason)
  }

  /** The socket is closed, by whomever. */
  ended(): void {
    const phase = this.#phase
    if (phase.kind === 'closed') return
    if (phase.kind !== 'open') clearTimeout(phase.deadline)
    this.#phase = { kind: 'closed' }
    this.#outbox = []
    this.#slow.stop()
    this.watches.end()
    if (this.#caller !== undefined) this.house.audience.leave(this.#caller.customer, this)
  }

  /** The card of a show, at once or after a read; `isReadable` false: the catalogue is silent. */
  withCard(
    show: ShowNumber,
    then: (card: ShowCard | undefined, isReadable: boolean) => void,
  ): void {
    const card = this.house.directory.peek(show)
    if (card !== undefined) {
      then(card, true)
      return
    }
    this.house.directory.load(show).then(
      loaded => then(loaded, true),
      () => then(undefined, false),
    )
  }

  #write(): void {
    const outbox = this.#outbox
    let isDropped = false
    for (const message of outbox) {
      if (this.socket.send(message, typeof message !== 'string') === 2) isDropped = true
    }
    outbox.length = 0
    if (isDropped) this.close(CLOSE.slow, 'answers were not read') // F4
  }

  /** A command within the limits; called by the frames. */
  run(id: IdText, command: Fields): void {
    switch (this.#phase.kind) {
      case 'greeting':
        if (command.op === 'hello') this.#greet(id, command)
        else this.refuse(id, problemOf('token-invalid', 'The first message must be hello.'))
        return
      case 'verifying':
        if (this.#phase.waiting.length < WAITING_MAX)
          this.#phase.waiting.push({ id, command }) // W4
        else this.refuse(id, problemOf('rate-limited', 'Wait for the answer to hello.'))
        return
      case 'open':
        this.#open(id, command)
        return
      case 'closed':
    }
  }

  #open(id: IdText, command: Fields): void {
    if (command.op === 'hello') {
      this.refuse(id, problemOf('validation', 'Hello was said before on this connection.'))
      return
    }
    const caller = this.#caller
    if (!this.checkToken(Date.now())) return
    if (
      caller === undefined ||
      !this.house.admission.limitsCustomers ||
      !isCounted(`${command.op}`)
    ) {
      runCommand(this, id, command)
      return
    }
    this.house.admission.request(caller.customerText).then(
      verdict => {
        if (verdict?.problem !== undefined) this.refuse(id, verdict.problem)
        else if (!this.isClosed) runCommand(this, id, command)
      },
      () => this.refuse(id, problemOf('internal')),
    )
  }

  #greet(id: IdText, command: Fields): void {
    const phase = this.#phase
    if (phase.kind !== 'greeting') return
    const hello = helloSchema.safeParse(command)
    if (!hello.success) {
      this.refuse(id, invalidOf(hello.error))
      return
    }
    const { token } = hello.data
    const known = token === undefined ? undefined : this.house.auth.peek(token)
    if (token === undefined || known !== undefined) {
      this.#greeted(id, known)
      return
    }
    this.#phase = { kind: 'verifying', deadline: phase.deadline, waiting: [] }
    this.house.auth.verify(token).then(
      caller => this.#verified(id, caller),
      () => this.#verified(id, undefined),
    )
  }

  #verified(id: IdText, caller: Caller | undefined): void {
    if (this.#phase.kind !== 'verifying') return
    if (caller !== undefined) {
      this.#greeted(id, caller)
      return
    }
    const detail = 'The token is not one of ours or has ended: POST /v1/sessions makes a new one.'
    this.refuse(id, problemOf('token-invalid', detail))
    this.close(CLOSE.token, 'the token is not valid')
  }

  #greeted(id: IdText, caller: Caller | undefined): void {
    const phase = this.#phase
    if (phase.kind !== 'greeting' && phase.kind !== 'verifying') return
    clearTimeout(phase.deadline)
    this.#phase = { kind: 'open' }
    this.#caller = caller
    if (caller !== undefined) {
      this.#isBoxOffice = hasRole(caller, 'box-office')
      this.house.audience.enter(caller.customer, this)
    }
    const { version, pingMs } = this.house
    const customerId = caller?.customerText ?? null
    const serverTime = new Date().toISOString()
    this.say(okTextOf(id, JSON.stringify({ customerId, serverTime, pingMs, version })))
    if (phase.kind === 'verifying') {
      for (const { id: next, command } of phase.waiting) this.run(next, command) // W4
    }
  }

  refuse(id: IdText, problem: Problem): void {
    this.say(errTextOf(id, problem))
  }
}
