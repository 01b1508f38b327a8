// The live connection: one WebSocket that comes back by itself.
//
// Owns: hello, watches, commands and their answers, pushes to the right show, reconnecting.
// Leaves to others: order of versions (watch-machine.ts), waits and close codes (reconnect.ts),
//   repeating commands (stores/commands.ts).
//
//   U1. The token travels only in `hello`.
//   U9. After every reconnect each watched show is watched again from its (epoch, version).

import { Refused, silence } from '../api/refusal.ts'
import type { Entry, Hold } from '../api/types.ts'
import { Store } from '../lib/store.ts'
import { decodeBinary } from './binary.ts'
import { type Answer, type Push, parseMessages } from './messages.ts'
import { returnAfter, waitOf } from './reconnect.ts'
import { ShowWatch, type WatchListener } from './show-watch.ts'

const ANSWER_WITHIN_MS = 8_000
const TICK_MS = 200
const SLEPT_MS = 3_000
const UNCLAIMED_MAX = 16

export type LiveOptions = {
  readonly url: string
  readonly token: () => Promise<string>
  readonly forgetToken: (token: string) => void
  readonly onHold: (hold: Hold) => void
  readonly onEntry: (entry: Entry) => void
}

type Timer = ReturnType<typeof setTimeout>

type Pending = {
  readonly resolve: (ok: Readonly<Record<string, unknown>>) => void
  readonly reject: (failure: Refused) => void
  readonly timer: Timer
}

export type LinkState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'opening' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'waiting'; readonly until: number }

export class LiveConnection {
  readonly link = new Store<LinkState>({ kind: 'idle' })
  #options: LiveOptions
  #socket: WebSocket | undefined
  #token: string | undefined
  #watches = new Map<string, ShowWatch>()
  #pending = new Map<number, Pending>()
  /** binary messages whose show is not known yet: a snapshot may overtake its `watch` answer */
  #unclaimed: ArrayBuffer[] = []
  #nextId = 1
  #attempt = 0
  #retryTimer: Timer | undefined
  #tickTimer: Timer | undefined
  /** wall clock minus monotonic clock: a jump means that this machine slept */
  #clockGap = Date.now() - performance.now()

  constructor(options: LiveOptions) {
    this.#options = options
  }

  watch(showId: string, listener: WatchListener): ShowWatch {
    const watch = new ShowWatch(showId, listener, performance.now())
    this.#watches.set(showId, watch)
    if (this.link.get().kind === 'ready') this.#ask(watch)
    else this.open()
    this.#tickTimer ??= setInterval(() => this.#tick(), TICK_MS)
    return watch
  }

  unwatch(showId: string): void {
    this.#watches.delete(showId)
    if (this.link.get().kind === 'ready') this.command('unwatch', { showId }).catch(() => {})
    if (this.#watches.size === 0) this.#shut()
  }

  /** Sends one command. Rejects with Refused; silence is `outcome-unknown`. */
  command(op: string, fields: object): Promise<Readonly<Record<string, unknown>>> {
    const socket = this.#socket
    if (socket?.readyState !== WebSocket.OPEN) {
      return Promise.reject(new Refused(silence('The connection is closed.')))
    }
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id)
        reject(new Refused(silence('No answer came in time.')))
      }, ANSWER_WITHIN_MS)
      this.#pending.set(id, { resolve, reject, timer })
      socket.send(JSON.stringify({ id, op, ...fields }))
    })
  }

  /** Connects now, also when a wait is under way (the network is back, the page is visible). */
  open(): void {
    const { kind } = this.link.get()
    if (kind === 'opening' || kind === 'ready' || this.#watches.size === 0) return
    clearTimeout(this.#retryTimer)
    this.link.set({ kind: 'opening' })
    this.#connect().catch(() => this.#comeBack(1006))
  }

  async #connect(): Promise<void> {
    const token = await this.#options.token()
    if (this.link.get().kind !== 'opening') return
    const socket = new WebSocket(this.#options.url, 'usher.v1.bin')
    socket.binaryType = 'arraybuffer'
    this.#socket = socket
    this.#token = token
    socket.onopen = () => this.#greet(socket, token)
    socket.onmessage = event => {
      if (socket === this.#socket) this.#receive(event.data)
    }
    socket.onclose = event => {
      if (socket === this.#socket) this.#comeBack(event.code)
    }
  }

  #greet(socket: WebSocket, token: string): void {
    const greeting = this.command('hello', { token })
    greeting.then(
      () => {
        if (socket !== this.#socket) return
        this.#attempt = 0
        this.link.set({ kind: 'ready' })
        for (const watch of this.#watches.values()) this.#ask(watch) // U9
      },
      (failure: unknown) => {
        const code = failure instanceof Refused ? failure.refusal.code : ''
        if (code === 'token-invalid') this.#options.forgetToken(token)
        socket.close()
      },
    )
  }

  #ask(watch: ShowWatch): void {
    watch.tell({ kind: 'opened' }, performance.now())
    this.#sendWatch(watch)
  }

  #sendWatch(watch: ShowWatch): void {
    const { showId, position: since } = watch
    const asked = this.command('watch', since === undefined ? { showId } : { showId, since })
    asked.then(
      ok => this.#watched(watch, ok),
      () => {}, // the machine asks again, or the close handler comes back
    )
  }

  #watched(watch: ShowWatch, ok: Readonly<Record<string, unknown>>): void {
    if (typeof ok.showRef === 'number') watch.showRef = ok.showRef
    if (ok.recovered === true) {
      const at = { epoch: Number(ok.epoch), version: Number(ok.version) }
      watch.recovered(at, ok.changes as readonly [number, number][], performance.now())
    }
    for (const buffer of this.#unclaimed.splice(0)) this.#receiveBinary(buffer)
  }

  #receive(data: string | ArrayBuffer): void {
    if (typeof data !== 'string') return this.#receiveBinary(data)
    for (const message of parseMessages(data)) {
      if (message.kind === 'answer') this.#answered(message)
      else this.#pushed(message)
    }
  }

  #receiveBinary(buffer: ArrayBuffer): void {
    const message = decodeBinary(buffer)
    if (message === undefined) return
    const watch = [...this.#watches.values()].find(({ showRef }) => showRef === message.showRef)
    if (watch === undefined) {
      this.#unclaimed.push(buffer)
      if (this.#unclaimed.length > UNCLAIMED_MAX) this.#unclaimed.shift()
      return
    }
    const now = performance.now()
    const effect =
      message.kind === 'snapshot' ? watch.snapshot(message, now) : watch.delta(message, now)
    if (effect === 'ask') this.#sendWatch(watch)
  }

  #answered(answer: Answer): void {
    const pending = this.#pending.get(answer.id)
    if (pending === undefined) return
    this.#pending.delete(answer.id)
    clearTimeout(pending.timer)
    if ('ok' in answer) pending.resolve(answer.ok)
    else pending.reject(new Refused(answer.err))
  }

  #pushed(push: Push): void {
    switch (push.kind) {
      case 'hold':
        return this.#options.onHold(push.hold)
      case 'offer':
        return this.#options.onEntry(push.entry)
      case 'goaway':
        return this.#goAway(push.afterMs)
      case 'head':
        return this.#tell(push.showId, push)
      case 'lagged':
      case 'resync':
        return this.#tell(push.showId, { kind: 'lagged' })
    }
  }

  #tell(showId: string, event: Parameters<ShowWatch['tell']>[0]): void {
    const watch = this.#watches.get(showId)
    if (watch?.tell(event, performance.now()) === 'ask') this.#sendWatch(watch)
  }

  #goAway(afterMs: number): void {
    const socket = this.#socket
    const wait = Math.random() * Math.max(0, afterMs)
    setTimeout(() => {
      if (socket === this.#socket) socket?.close()
    }, wait)
  }

  #comeBack(code: number): void {
    this.#drop()
    if (this.#watches.size === 0) return this.link.set({ kind: 'idle' })
    const { atLeastMs, needsToken } = returnAfter(code)
    if (needsToken && this.#token !== undefined) this.#options.forgetToken(this.#token)
    const waitMs = atLeastMs + waitOf(this.#attempt++, Math.random()) // U7
    this.link.set({ kind: 'waiting', until: performance.now() + waitMs })
    this.#retryTimer = setTimeout(() => this.open(), waitMs)
  }

  #shut(): void {
    clearTimeout(this.#retryTimer)
    clearInterval(this.#tickTimer)
    this.#tickTimer = undefined
    this.#attempt = 0
    const socket = this.#socket
    this.#drop()
    socket?.close(1000)
    this.link.set({ kind: 'idle' })
  }

  #drop(): void {
    this.#socket = undefined
    this.#unclaimed = []
    for (const [id, pending] of this.#pending) {
      this.#pending.delete(id)
      clearTimeout(pending.timer)
      pending.reject(new Refused(silence('The connection was lost.')))
    }
    for (const watch of this.#watches.values()) {
      watch.showRef = undefined
      watch.tell({ kind: 'closed' }, performance.now())
    }
  }

  #tick(): void {
    const now = performance.now()
    if (this.#hasSlept(now)) return this.#replaceSocket()
    for (const watch of this.#watches.values()) {
      const effect = watch.tell({ kind: 'tick' }, now)
      if (effect === 'ask' && this.link.get().kind === 'ready') this.#sendWatch(watch)
      // A socket that is silent for this long may never report its end.
      if (effect === 'reconnect' && this.link.get().kind === 'ready') return this.#replaceSocket()
    }
  }

  #replaceSocket(): void {
    const socket = this.#socket
    this.#comeBack(1006)
    socket?.close()
  }

  /** U5: after a sleep the monotonic clock may not have moved, so silence cannot be measured. */
  #hasSlept(now: number): boolean {
    const gap = Date.now() - now
    const sleptMs = gap - this.#clockGap
    this.#clockGap = gap
    return sleptMs > SLEPT_MS && this.link.get().kind === 'ready'
  }
}
