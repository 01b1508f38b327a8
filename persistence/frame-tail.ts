// One shard's journal stream, followed from a frame on: an ordered consumer with a bounded buffer.
//
// Owns: the consumer, what arrived and was not taken yet, reading no faster than that is taken.
// Leaves to others: which shard, from where (jetstream-source.ts), what frames become (ledger.ts).
//
//   FT1. A message's place in the stream is its frame's number; anything else is damage.
//   FT2. The buffer holds BYTES_MAX and one pull more: a long catch-up needs no more memory than a
//        short one.

import {
  type ConsumerMessages,
  DeliverPolicy,
  type JetStreamClient,
  type JsMsg,
} from '@nats-io/jetstream'
import { Fault } from '../shared/faults.ts'
import { decodeFrame } from '../shared/frame.ts'
import type { FrameNumber, ShardNumber } from '../shared/ids.ts'
import type { EncodedFrame } from '../shared/ports.ts'

const BYTES_MAX = 8 * 1024 * 1024
const FRAMES_PER_PULL = 128
const IDLE_HEARTBEAT_MS = 2_000

export interface FrameTailOptions {
  readonly jetstream: JetStreamClient
  readonly stream: string
  readonly shard: ShardNumber
  /** the first frame that is wanted */
  readonly from: FrameNumber
  /** something arrived, or this tail cannot go on */
  readonly onNews: () => void
}

export class FrameTail {
  readonly #options: FrameTailOptions
  #arrived: EncodedFrame[] = []
  #bytes = 0
  #next: number
  #head = 0
  #messages: ConsumerMessages | undefined
  #goOn: () => void = () => undefined
  #isClosed = false
  #failure: unknown

  constructor(options: FrameTailOptions) {
    this.#options = options
    this.#next = options.from
    this.#follow().catch((error: unknown) => this.#fail(error))
  }

  /** The number of the next frame that take() will hand out. */
  get next(): number {
    return this.#next
  }

  /** The newest frame that arrived. */
  get head(): number {
    return this.#head
  }

  /** It ended by itself: open another one from `next`. */
  get isOver(): boolean {
    return this.#isClosed && this.#arrived.length === 0
  }

  /** At most `countMax` frames in order; throws what broke the tail once everything before is taken. */
  take(countMax: number): readonly EncodedFrame[] {
    const frames = this.#arrived.splice(0, countMax)
    for (const frame of frames) this.#bytes -= frame.bytes.length
    const last = frames[frames.length - 1]
    if (last === undefined && this.#failure !== undefined) throw this.#failure
    if (last !== undefined) this.#next = last.number + 1
    if (this.#bytes < BYTES_MAX) this.#goOn()
    return frames
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#arrived = []
    this.#goOn()
    await this.#messages?.close()
  }

  async #follow(): Promise<void> {
    const { jetstream, stream, from } = this.#options
    const consumer = await jetstream.consumers.get(stream, {
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: from,
    })
    const messages = await consumer.consume({
      max_messages: FRAMES_PER_PULL,
      idle_heartbeat: IDLE_HEARTBEAT_MS,
    })
    this.#messages = messages
    if (this.#isClosed) await messages.close()
    for await (const message of messages) {
      if (this.#isClosed) break
      this.#arrive(message)
      if (this.#bytes >= BYTES_MAX) await this.#room() // FT2
    }
    this.#isClosed = true
  }

  /** FT1 */
  #arrive(message: JsMsg): void {
    const frame = decodeFrame(message.data)
    const { shard } = this.#options
    if (frame.number !== message.seq || frame.shard !== shard) throw displaced(message, shard)
    this.#arrived.push(frame)
    this.#bytes += frame.bytes.length
    this.#head = frame.number
    this.#options.onNews()
  }

  #room(): Promise<void> {
    return new Promise(resolve => {
      this.#goOn = resolve
    })
  }

  /** A damaged frame is told; a stream or a broker that is away is tried again (isOver). */
  #fail(error: unknown): void {
    this.#isClosed = true
    if (error instanceof Fault) this.#failure = error
    void this.#messages?.close()
    this.#options.onNews()
  }
}

function displaced(message: JsMsg, shard: ShardNumber): Fault {
  return new Fault(
    'journal-damaged',
    `The stream of shard ${shard} holds a frame of another place at ${message.seq}: it belongs to ` +
      'another cluster or was written by hand. Nothing was projected from there on.',
  )
}
