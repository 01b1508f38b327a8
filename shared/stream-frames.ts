// Reads the frames of one stream in order, fast, from a cursor that is ours.
//
// Owns: an ephemeral pull consumer, replaced at our cursor whenever it is silent, gone or skips.
// Leaves to others: the chain of hashes (replay, ledger), what a frame says.
//
//   SF1. Frames come in order without a gap, each once: what is redelivered is dropped, what is
//        skipped is asked for again. The broker's own cursor is never trusted.
//   SF2. A reader that is slow bounds what is in memory: at most two batches.

import {
  AckPolicy,
  DeliverPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  jetstreamManager,
} from '@nats-io/jetstream'
import { createInbox, type Msg, type NatsConnection, nanos, nuid } from '@nats-io/nats-core'
import { Fault } from './faults.ts'
import { decodeFrame } from './frame.ts'
import { compacted, streamMissing } from './journal-streams.ts'
import type { EncodedFrame } from './ports.ts'

export interface StreamFramesOptions {
  readonly nats: NatsConnection
  readonly stream: string
  /** the first frame wanted */
  readonly from: number
  /** true: goes on for ever with what is appended; false: to the head at the time of the call */
  readonly isFollowing: boolean
  /** ends a reader that waits */
  readonly signal?: AbortSignal
  /** how long the broker may be silent in all before Fault('journal-unavailable'); default 30 s */
  readonly giveUpMs?: number
}

const BATCH_BYTES = 4 * 1024 * 1024
const BATCH_MIN = 16
const BATCH_MAX = 2_000
const HEARTBEAT_MS = 1_000
const SILENCE_MS = 2_200
const LOOK_EVERY_MS = 400
const ANSWER_MS_MAX = 2_000
const PULL_MS = 20_000
const PAUSE_MAX_MS = 1_000
const NOT_FOUND = 404
const PULL_ENDED = 408

/** Throws Fault('journal-damaged') when `from` was compacted, or the broker stays away. SF1 */
export async function* streamFrames(options: StreamFramesOptions): AsyncGenerator<EncodedFrame> {
  const manager = await jetstreamManager(options.nats, { checkAPI: false, timeout: ANSWER_MS_MAX })
  const giveUpMs = options.giveUpMs ?? 30_000
  let cursor = Math.max(options.from, 1)
  let end = options.isFollowing ? Number.POSITIVE_INFINITY : undefined
  let heardAt = performance.now()
  for (let failures = 0; options.signal?.aborted !== true; failures += 1) {
    let pull: Pull | undefined
    try {
      const state = await stateOf(manager, options.stream)
      if (cursor < state.first) throw compacted(options.stream, cursor, state.first)
      end ??= state.last
      if (cursor > end) return
      pull = await Pull.open(manager, options, { cursor, end, batch: batchOf(state) })
      for await (const frame of pull.frames()) {
        yield frame
        cursor = frame.number + 1
        failures = 0
        if (cursor > end) return
      }
    } catch (cause) {
      if (cause instanceof Fault) throw cause
      if (performance.now() - heardAt > giveUpMs) throw unavailable(options.stream, cause)
    } finally {
      if (pull !== undefined) heardAt = performance.now()
      pull?.close()
    }
    await pauseFor(Math.min(10 * 2 ** failures, PAUSE_MAX_MS), options.signal)
  }
}

interface StreamState {
  readonly first: number
  readonly last: number
  readonly averageBytes: number
}

async function stateOf(manager: JetStreamManager, stream: string): Promise<StreamState> {
  try {
    const { state } = await manager.streams.info(stream)
    return {
      first: state.first_seq,
      last: state.last_seq,
      averageBytes: state.bytes / Math.max(1, state.messages),
    }
  } catch (cause) {
    const isGone =
      cause instanceof JetStreamApiError && cause.code === JetStreamApiCodes.StreamNotFound
    throw isGone ? streamMissing(stream, cause) : cause
  }
}

function batchOf({ averageBytes }: StreamState): number {
  const fitting = Math.floor(BATCH_BYTES / Math.max(1, averageBytes))
  return Math.min(BATCH_MAX, Math.max(BATCH_MIN, fitting))
}

interface Range {
  readonly cursor: number
  readonly end: number
  readonly batch: number
}

/** One consumer at the broker: gives frames until it skips, falls silent or has given them all. */
class Pull {
  readonly #nats: NatsConnection
  readonly #next: string
  readonly #range: Range
  readonly #inbox: string
  readonly #subscription: { unsubscribe(): void }
  readonly #drop: () => void
  readonly #signal: AbortSignal | undefined
  #queue: Msg[] = []
  #asked = 0
  /** the last frame number asked for */
  #askedTo: number
  #isOver = false
  #wake: (() => void) | undefined
  readonly #silence: NodeJS.Timeout
  #heardAt = performance.now()

  static async open(
    manager: JetStreamManager,
    options: StreamFramesOptions,
    range: Range,
  ): Promise<Pull> {
    const name = nuid.next()
    await manager.consumers.add(options.stream, {
      name,
      ack_policy: AckPolicy.None,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: range.cursor,
      mem_storage: true,
      num_replicas: 1,
      inactive_threshold: nanos(30_000),
    })
    const drop = (): void => {
      manager.consumers.delete(options.stream, name).catch(() => undefined)
    }
    return new Pull(options, { range, name, drop })
  }

  private constructor(
    { nats, stream, signal }: StreamFramesOptions,
    { range, name, drop }: { range: Range; name: string; drop: () => void },
  ) {
    this.#nats = nats
    this.#next = `$JS.API.CONSUMER.MSG.NEXT.${stream}.${name}`
    this.#range = range
    this.#askedTo = range.cursor - 1
    this.#drop = drop
    this.#signal = signal
    this.#inbox = createInbox()
    this.#silence = setInterval(() => this.#checkSilence(), LOOK_EVERY_MS)
    this.#subscription = nats.subscribe(this.#inbox, {
      callback: (error, message) => (error === null ? this.#take(message) : this.#end()),
    })
    signal?.addEventListener('abort', this.#end, { once: true })
    this.#ask()
  }

  /** In order from the range's cursor. SF1 */
  async *frames(): AsyncGenerator<EncodedFrame> {
    let cursor = this.#range.cursor
    while (!this.#isOver || this.#queue.length > 0) {
      const messages = this.#queue
      this.#queue = []
      for (const message of messages) {
        const frame = decodeFrame(message.data)
        if (frame.number < cursor) continue
        if (frame.number > cursor) return
        cursor += 1
        yield frame
      }
      this.#ask()
      if (this.#queue.length === 0 && !this.#isOver) await this.#woken()
    }
  }

  close(): void {
    this.#end()
    this.#signal?.removeEventListener('abort', this.#end)
    clearInterval(this.#silence)
    this.#subscription.unsubscribe()
    this.#drop()
  }

  readonly #end = (): void => {
    this.#isOver = true
    this.#wake?.()
  }

  #woken(): Promise<void> {
    return new Promise(resolve => {
      this.#wake = () => {
        this.#wake = undefined
        resolve()
      }
    })
  }

  /** SF2 */
  #ask(): void {
    const { batch, end } = this.#range
    while (!this.#isOver && this.#asked + this.#queue.length <= batch) {
      const count = Math.min(batch, end - this.#askedTo)
      if (count <= 0) return
      this.#asked += count
      this.#askedTo += count
      const request = { batch: count, expires: nanos(PULL_MS), idle_heartbeat: nanos(HEARTBEAT_MS) }
      this.#nats.publish(this.#next, JSON.stringify(request), { reply: this.#inbox })
    }
  }

  #take(message: Msg): void {
    this.#heardAt = performance.now()
    if (message.data.length > 0) {
      this.#asked -= 1
      this.#queue.push(message)
      this.#wake?.()
      return
    }
    const code = message.headers?.code ?? 0
    if (code === PULL_ENDED || code === NOT_FOUND) this.#askAgain(message)
    else if (code >= 300) this.#end() // gone, or no such consumer: open another at our cursor
  }

  #askAgain(message: Msg): void {
    const left = Number(message.headers?.get('Nats-Pending-Messages') || 0)
    this.#asked -= left
    this.#askedTo -= left
    this.#ask()
  }

  #checkSilence(): void {
    // a reader that does not read is not the broker's silence
    if (this.#queue.length > 0) this.#heardAt = performance.now()
    if (performance.now() - this.#heardAt > SILENCE_MS) this.#end()
  }
}

function pauseFor(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done, { once: true })
  })
}

function unavailable(stream: string, cause: unknown): Fault {
  return new Fault(
    'journal-unavailable',
    `The stream ${stream} could not be read. Check that NATS runs and the stream has a leader.`,
    { cause },
  )
}
