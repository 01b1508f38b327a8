// Load over WebSocket: closed loop (a fixed number in flight) or open loop (arrivals at a rate).
//
// Owns: the sockets, when a request leaves, how long its answer took.
// Leaves to others: what is asked (Workload), what the answers prove (hold.ts).
//
//   B1. Open loop: latency runs from the intended start, so a slow server cannot slow its own measure.
//   B2. Only answers that arrive inside the measured window count.
//   B3. In a closed loop the generator steps back when a server wants its core: people are not on the
//       seller's machine. In an open loop it must be in time.

import { setPriority } from 'node:os'
import { build, type Histogram } from 'hdr-histogram-js'
import { LiveSocket, type LiveTarget } from './live-socket.ts'

export interface Workload {
  /** the command without its id, `"op":...}`; undefined when there is nothing left to ask */
  next(socket: number): string | undefined
  /** `ticket` counts the calls of next() from 0 */
  answered(ticket: number, isOk: boolean, text: string): void
}

export interface LoadOptions {
  readonly target: LiveTarget
  readonly tokens: readonly string[]
  readonly inFlight: number
  readonly rate: number | undefined
  readonly warmupMs: number
  readonly durationMs: number
  /** called when the measured window begins and ends */
  readonly onWindow: (edge: 'begin' | 'end') => void
}

export interface LoadResult {
  readonly seconds: number
  /** answers with ok inside the window */
  readonly count: number
  readonly errors: number
  /** asked and never answered, sockets that broke included */
  readonly unanswered: number
  readonly firstError: string | undefined
  /** microseconds */
  readonly histogram: Histogram
  /** arrivals that the generator itself started over 10 ms late, part of all */
  readonly lateShare: number
  /** of one core, which the generator's thread used inside the window; near 1 it is the limit itself */
  readonly generatorShare: number
}

/** of an answer: its id, and whether it is ok; a refusal's sentence for the report */
const TEXT_BYTES_WANTED = 96
const PERCENT_MAX_US = 60_000_000
const ANSWER_MS_MAX = 10_000
/** B3 */
const GENERATOR_NICE = 10

export async function runLoad(options: LoadOptions, workload: Workload): Promise<LoadResult> {
  const load = new Load(options, workload)
  await load.open()
  return load.run()
}

class Load {
  readonly #options: LoadOptions
  readonly #workload: Workload
  readonly #sockets: LiveSocket[] = []
  readonly #startedAt = new Map<number, number>()
  readonly #histogram = build({
    highestTrackableValue: PERCENT_MAX_US,
    numberOfSignificantValueDigits: 3,
  })
  #ticket = 0
  #windowFrom = Number.POSITIVE_INFINITY
  #windowTo = Number.POSITIVE_INFINITY
  #count = 0
  #errors = 0
  #lost = 0
  #late = 0
  #firstError: string | undefined
  #isAsking = true

  constructor(options: LoadOptions, workload: Workload) {
    this.#options = options
    this.#workload = workload
  }

  async open(): Promise<void> {
    for (const [index, token] of this.#options.tokens.entries()) {
      let greeted: () => void = () => undefined
      const hello = new Promise<void>(resolve => {
        greeted = resolve
      })
      const socket = await LiveSocket.open(this.#options.target, {
        onText: text => (text.startsWith('{"id":"hello"') ? greeted() : this.#onText(index, text)),
        onClose: reason => this.#onClose(reason),
        textBytesMax: TEXT_BYTES_WANTED,
      })
      socket.queue(`{"id":"hello","op":"hello","token":"${token}"}`)
      socket.flush()
      await hello
      this.#sockets.push(socket)
    }
  }

  async run(): Promise<LoadResult> {
    if (this.#options.rate === undefined) setPriority(GENERATOR_NICE) // B3
    const { warmupMs, durationMs, onWindow, rate } = this.#options
    const begin = performance.now() + warmupMs
    this.#windowFrom = begin
    this.#windowTo = begin + durationMs
    if (rate === undefined) this.#fillAll()
    else this.#arrive(performance.now(), rate)
    await until(begin)
    onWindow('begin')
    const cpu = process.cpuUsage()
    while (performance.now() < this.#windowTo && this.#isAsking) await until(performance.now() + 5)
    const end = Math.min(performance.now(), this.#windowTo)
    const used = process.cpuUsage(cpu)
    onWindow('end')
    this.#isAsking = false
    await this.#drain()
    const unanswered = this.#startedAt.size + this.#lost
    for (const socket of this.#sockets) socket.close()
    return {
      seconds: (end - begin) / 1000,
      count: this.#count,
      errors: this.#errors,
      unanswered,
      firstError: this.#firstError,
      histogram: this.#histogram,
      lateShare: this.#late / Math.max(1, this.#ticket),
      generatorShare: (used.user + used.system) / 1000 / (end - begin),
    }
  }

  #fillAll(): void {
    for (const [index, socket] of this.#sockets.entries()) {
      for (let each = 0; each < this.#options.inFlight; each += 1)
        this.#ask(index, performance.now())
      socket.flush()
    }
  }

  /** Arrivals at exact intervals, dealt round robin to the sockets. B1 */
  #arrive(from: number, rate: number): void {
    const intervalMs = 1000 / rate
    let next = 0
    const step = (): void => {
      if (!this.#isAsking) return
      const now = performance.now()
      const touched = new Set<number>()
      for (let due = from + next * intervalMs; due <= now; due = from + next * intervalMs) {
        if (now - due > 10) this.#late += 1
        const index = next % this.#sockets.length
        this.#ask(index, due)
        touched.add(index)
        next += 1
      }
      for (const index of touched) this.#sockets[index]?.flush()
      setTimeout(step, 1)
    }
    step()
  }

  #ask(index: number, intendedAt: number): void {
    const body = this.#isAsking ? this.#workload.next(index) : undefined
    if (body === undefined) {
      this.#isAsking = false
      return
    }
    const ticket = this.#ticket
    this.#ticket += 1
    this.#startedAt.set(ticket, intendedAt)
    this.#sockets[index]?.queue(`{"id":${ticket},${body}`)
  }

  #onText(index: number, text: string): void {
    if (!text.startsWith('{"id":')) return // a push
    const comma = text.indexOf(',', 6)
    const ticket = Number(text.slice(6, comma))
    const startedAt = this.#startedAt.get(ticket)
    if (startedAt === undefined) return
    this.#startedAt.delete(ticket)
    const isOk = text.startsWith('"ok"', comma + 1)
    const now = performance.now()
    if (now >= this.#windowFrom && now < this.#windowTo) {
      if (isOk) {
        this.#count += 1
        this.#histogram.recordValue(Math.max(1, Math.round((now - startedAt) * 1000)))
      } else {
        this.#errors += 1
      }
    }
    if (!isOk) this.#firstError ??= text
    this.#workload.answered(ticket, isOk, text)
    if (this.#options.rate === undefined && this.#isAsking) {
      this.#ask(index, now)
    }
  }

  #onClose(reason: string): void {
    if (!this.#isAsking) return
    this.#lost += 1
    this.#firstError ??= `a socket was closed: ${reason}`
  }

  async #drain(): Promise<void> {
    const end = performance.now() + ANSWER_MS_MAX
    while (this.#startedAt.size > 0 && performance.now() < end) await until(performance.now() + 5)
  }
}

function until(instant: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, Math.max(0, instant - performance.now())))
}
