// The Journal in NATS JetStream: what the allocators of a cluster write to.
//
// Owns: what a stream answers, head and compaction of a stream, asking until the broker answers.
// Leaves to others: fencing and silence (sender.ts: E1-E3), streams and their settings
// (jetstream-streams.ts), bulk reading (stream-frames.ts).
//
//   JC1. Compaction keeps the head: what follows it is compared with it.

import { setTimeout as pause } from 'node:timers/promises'
import {
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  jetstreamManager,
} from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/nats-core'
import { Fault } from '../../shared/faults.ts'
import { decodeFrame } from '../../shared/frame.ts'
import { asFrameNumber, type FrameNumber, type ShardNumber } from '../../shared/ids.ts'
import {
  compacted,
  hexOf,
  streamMissing,
  streamOf,
  subjectOf,
} from '../../shared/journal-streams.ts'
import type {
  AppendOutcome,
  Clock,
  EncodedFrame,
  Journal,
  JournalHead,
} from '../../shared/ports.ts'
import { streamFrames } from '../../shared/stream-frames.ts'
import { JetStreamLine } from './jetstream-line.ts'
import { FrameSender, type SendAnswer, type Tail } from './sender.ts'

export interface JetStreamJournalOptions {
  readonly nats: NatsConnection
  /** the prefix of streams and subjects */
  readonly cluster: string
  /** an answer that takes longer counts as silence */
  readonly silenceMs?: number
  /** how long to go on trying before Fault('journal-unavailable') */
  readonly giveUpMs?: number
  /** told once per unknown answer, for the log */
  readonly onTrouble?: (reason: string, attempt: number) => void
}

const PAUSE_FIRST_MS = 10
const PAUSE_MAX_MS = 500
/** so many frames are asked for one by one: cheaper than a consumer, and the leader answers */
const SHORT_READ = 16

export class JetStreamJournal implements Journal {
  readonly #options: Required<JetStreamJournalOptions>
  readonly #line: JetStreamLine
  readonly #manager: JetStreamManager
  readonly #sender: FrameSender
  /** when the append under way began, by shard */
  readonly #begunAt = new Map<ShardNumber, number>()
  #isClosed = false

  private constructor(options: Required<JetStreamJournalOptions>, manager: JetStreamManager) {
    this.#options = options
    this.#manager = manager
    this.#line = new JetStreamLine(options.nats, options.silenceMs)
    this.#sender = new FrameSender({
      send: frame => this.#send(frame),
      frameBefore: ({ shard, number }) =>
        this.#attempt(shard, () => this.#frameAt(shard, number - 1)),
      standingAt: (shard, number) => this.#standingAt(shard, number),
      wait: (frame, reason, attempt) => this.#wait(frame, reason, attempt),
    })
  }

  /** The connection stays the caller's: close() leaves it open. */
  static async open(options: JetStreamJournalOptions): Promise<JetStreamJournal> {
    const settled = { silenceMs: 1_000, giveUpMs: 30_000, onTrouble: () => undefined, ...options }
    const timeout = settled.silenceMs
    const manager = await jetstreamManager(options.nats, { checkAPI: false, timeout })
    return new JetStreamJournal(settled, manager)
  }

  async append(frame: EncodedFrame): Promise<AppendOutcome> {
    this.#begunAt.set(frame.shard, performance.now())
    return this.#sender.append(frame)
  }

  async *read(shard: ShardNumber, from: FrameNumber): AsyncIterable<EncodedFrame> {
    const { nats, giveUpMs } = this.#options
    const stream = this.#streamOf(shard)
    const { first, last } = await this.#attempt(shard, name => this.#rangeOf(name))
    const start = Math.max(from, 1)
    if (start < first) throw compacted(stream, start, first)
    if (last - start >= SHORT_READ) {
      yield* streamFrames({ nats, stream, from: start, isFollowing: false, giveUpMs })
      return
    }
    const numbers = Array.from({ length: Math.max(0, last - start + 1) }, (_, at) => start + at)
    const frames = await Promise.all(numbers.map(number => this.#frameAt(shard, number)))
    for (const [at, frame] of frames.entries()) {
      if (frame === undefined) throw compacted(stream, numbers[at] as number, last)
      yield frame
    }
  }

  async head(shard: ShardNumber): Promise<JournalHead | undefined> {
    const subject = subjectOf(this.#options.cluster, shard)
    const head = await this.#attempt(shard, () => this.#message(shard, { last_by_subj: subject }))
    if (head !== undefined) this.#sender.note(shard, head)
    return head
  }

  /** The oldest frame that read() can give; 1 before the first append. */
  async firstFrame(shard: ShardNumber): Promise<FrameNumber> {
    const { first } = await this.#attempt(shard, stream => this.#rangeOf(stream))
    return asFrameNumber(Math.max(first, 1))
  }

  /** Gives up the frames below `below`, never the head (JC1). Only the shard's owner may ask. */
  async compact(shard: ShardNumber, below: FrameNumber): Promise<void> {
    await this.#attempt(shard, async stream => {
      const { first, last } = await this.#rangeOf(stream)
      const seq = Math.min(below, last)
      if (seq > first) await this.#manager.streams.purge(stream, { seq })
    })
  }

  /** The broker's wall clock minus ours. */
  async wallSkewMs(clock: Clock): Promise<number> {
    return this.#attempt(0, async stream => {
      const before = clock.wallMs()
      const { ts } = await this.#manager.streams.info(stream)
      return Math.round(Date.parse(ts ?? '') - (before + clock.wallMs()) / 2)
    })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#line.close()
  }

  #isOver(startedAt: number): boolean {
    const { nats, giveUpMs } = this.#options
    return this.#isClosed || nats.isClosed() || performance.now() - startedAt > giveUpMs
  }

  #streamOf(shard: number): string {
    return streamOf(this.#options.cluster, shard)
  }

  #send({ shard, number, hash, bytes }: EncodedFrame): Promise<SendAnswer> {
    return this.#line.send({
      subject: subjectOf(this.#options.cluster, shard),
      stream: this.#streamOf(shard),
      id: hexOf(hash),
      expectedLast: number - 1,
      bytes,
    })
  }

  async #wait({ shard }: EncodedFrame, reason: string, attempt: number): Promise<void> {
    this.#options.onTrouble(reason, attempt)
    if (this.#isOver(this.#begunAt.get(shard) ?? 0)) {
      throw unavailable(this.#streamOf(shard), reason)
    }
    await pause(Math.min(PAUSE_FIRST_MS * 2 ** attempt, PAUSE_MAX_MS))
  }

  /** 'gone' when it was compacted: others went on long ago; undefined when nothing stands there. */
  async #standingAt(shard: ShardNumber, number: number): Promise<Tail | 'gone' | undefined> {
    const frame = await this.#frameAt(shard, number)
    if (frame !== undefined) return frame
    const { first } = await this.#rangeOf(this.#streamOf(shard))
    return first > number ? 'gone' : undefined
  }

  #frameAt(shard: ShardNumber, number: number): Promise<EncodedFrame | undefined> {
    return this.#message(shard, { seq: number })
  }

  /** One message, from the stream's leader. */
  async #message(
    shard: ShardNumber,
    query: { readonly seq: number } | { readonly last_by_subj: string },
  ): Promise<EncodedFrame | undefined> {
    const message = await this.#manager.streams.getMessage(this.#streamOf(shard), query)
    if (message === null) return undefined
    const frame = decodeFrame(message.data)
    if (frame.number === message.seq && frame.shard === shard) return frame
    throw new Fault(
      'journal-damaged',
      `The stream ${this.#streamOf(shard)} holds shard ${frame.shard}, frame ${frame.number} ` +
        `at position ${message.seq}: it is not this cluster's journal.`,
    )
  }

  async #rangeOf(stream: string): Promise<{ readonly first: number; readonly last: number }> {
    const { state } = await this.#manager.streams.info(stream)
    return { first: state.first_seq, last: state.last_seq }
  }

  /** Reads are repeated until the broker answers. */
  async #attempt<Result>(shard: number, ask: (stream: string) => Promise<Result>): Promise<Result> {
    const stream = this.#streamOf(shard)
    const startedAt = performance.now()
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await ask(stream)
      } catch (cause) {
        if (cause instanceof Fault) throw cause
        const reason = cause instanceof Error ? cause.message : String(cause)
        if (isStreamMissing(cause)) throw streamMissing(stream, cause)
        this.#options.onTrouble(reason, attempt)
        if (this.#isOver(startedAt)) throw unavailable(stream, reason, cause)
        await pause(Math.min(PAUSE_FIRST_MS * 2 ** attempt, PAUSE_MAX_MS))
      }
    }
  }
}

function isStreamMissing(cause: unknown): boolean {
  return cause instanceof JetStreamApiError && cause.code === JetStreamApiCodes.StreamNotFound
}

function unavailable(stream: string, reason: string, cause?: unknown): Fault {
  return new Fault(
    'journal-unavailable',
    `The journal in NATS (${stream}) did not answer: ${reason}. ` +
      'Check that the broker runs, has disk space and its streams have a leader.',
    { cause },
  )
}
