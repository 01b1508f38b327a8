// One shard's journal stream, followed from a frame on, with a bounded buffer.
//
// Owns: what arrived and was not taken yet, reading no faster than that is taken.
// Leaves to others: the order of frames (shared/stream-frames.ts), which shard and from where
// (jetstream-source.ts), what frames become (ledger.ts).
//
//   FT1. The buffer holds BYTES_MAX and what one pull brings: a long catch-up needs no more memory than
//        a short one.
//   FT2. A stream that begins later is followed from its beginning: after a restore that is what goes
//        on (FO2), and the ledger judges whether it is.

import { jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/nats-core'
import { Fault } from '../shared/faults.ts'
import type { FrameNumber } from '../shared/ids.ts'
import type { EncodedFrame } from '../shared/ports.ts'
import { streamFrames } from '../shared/stream-frames.ts'

const BYTES_MAX = 8 * 1024 * 1024

export interface FrameTailOptions {
  readonly nats: NatsConnection
  readonly stream: string
  /** the first frame that is wanted */
  readonly from: FrameNumber
  /** something arrived, or the stream is damaged */
  readonly onNews: () => void
}

export class FrameTail {
  readonly #options: FrameTailOptions
  readonly #ending = new AbortController()
  #arrived: EncodedFrame[] = []
  #bytes = 0
  #next: number
  #head = 0
  #goOn: () => void = () => undefined
  #hasEnded = false
  #failure: unknown

  constructor(options: FrameTailOptions) {
    this.#options = options
    this.#next = options.from
    this.#follow().catch((error: unknown) => this.#fail(error))
  }

  /** The number of the next frame that take() will hand out, as far as is known. */
  get next(): number {
    return this.#next
  }

  /** The newest frame that arrived. */
  get head(): number {
    return this.#head
  }

  /** It ended by itself, stream or broker being away: open another one from `next`. */
  get isOver(): boolean {
    return this.#hasEnded && this.#arrived.length === 0 && this.#failure === undefined
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

  close(): void {
    this.#arrived = []
    this.#ending.abort()
    this.#goOn()
  }

  async #follow(): Promise<void> {
    const { nats, stream } = this.#options
    const manager = await jetstreamManager(nats, { checkAPI: false })
    const { state } = await manager.streams.info(stream)
    const from = Math.max(this.#options.from, state.first_seq) // FT2
    const { signal } = this.#ending
    for await (const frame of streamFrames({ nats, stream, from, isFollowing: true, signal })) {
      if (signal.aborted) break
      this.#arrived.push(frame)
      this.#bytes += frame.bytes.length
      this.#head = frame.number
      this.#options.onNews()
      if (this.#bytes >= BYTES_MAX) await this.#room() // FT1
    }
    this.#hasEnded = true
  }

  #room(): Promise<void> {
    return new Promise(resolve => {
      this.#goOn = resolve
    })
  }

  /** Damage is told; a stream or a broker that is away is tried again when the ledger asks again. */
  #fail(error: unknown): void {
    this.#hasEnded = true
    if (!(error instanceof Fault) || error.kind !== 'journal-damaged') return
    this.#failure = error
    this.#options.onNews()
  }
}
