// The Journal in NATS JetStream: what the allocators of a cluster write to.
//
// Owns: fencing by the expected position, settling silence, head and compaction of a stream.
// Leaves to others: streams and their settings (jetstream-streams.ts), bulk reading (stream-frames.ts).
//
//   E1. A frame's number is its position in the stream: `append` expects the position before it, so
//       success proves that nobody wrote in between. The frame before is compared by hash here:
//       a position never changes its content.
//   E2. The rejection (10071, 10164) of a frame's first send is fenced.
//   E3. Silence and any other error are unknown: the same frame, expectation and message id are sent
//       again. A plain ack settles it; a duplicate or a rejection is settled by the frame that
//       stands there. A frame that stands nowhere yet is sent again.
//   JC1. Compaction keeps the head: what follows it is compared with it.

import { setTimeout as pause } from 'node:timers/promises'
import {
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  jetstreamManager,
} from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/nats-core'
import { assert } from '../../shared/assert.ts'
import { Fault } from '../../shared/faults.ts'
import { decodeFrame, NO_HASH, prevHashOf, sameBytes } from '../../shared/frame.ts'
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
import { JetStreamLine, type SendAnswer } from './jetstream-line.ts'

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

interface Tail {
  readonly number: number
  readonly hash: Uint8Array
}

export class JetStreamJournal implements Journal {
  readonly #options: Required<JetStreamJournalOptions>
  readonly #line: JetStreamLine
  readonly #manager: JetStreamManager
  /** the last frame that we know to stand in a stream; its content never changes */
  readonly #tails = new Map<ShardNumber, Tail>()
  #isClosed = false

  private constructor(options: Required<JetStreamJournalOptions>, manager: JetStreamManager) {
    this.#options = options
    this.#manager = manager
    this.#line = new JetStreamLine(options.nats, options.silenceMs)
  }

  /** The connection stays the caller's: close() leaves it open. */
  static async open(options: JetStreamJournalOptions): Promise<JetStreamJournal> {
    const settled = { silenceMs: 1_000, giveUpMs: 30_000, onTrouble: () => undefined, ...options }
    const timeout = settled.silenceMs
    const manager = await jetstreamManager(options.nats, { checkAPI: false, timeout })
    return new JetStreamJournal(settled, manager)
  }

  async append(frame: EncodedFrame): Promise<AppendOutcome> {
    const { shard, number, hash } = frame
    if (!(await this.#followsItsPredecessor(frame))) return 'fenced'
    const outcome = await this.#send(frame)
    if (outcome === 'appended') this.#tails.set(shard, { number, hash })
    else this.#tails.delete(shard)
    return outcome
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
    if (head !== undefined) this.#tails.set(shard, { number: head.number, hash: head.hash })
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

  /** E1; false when another frame than the one it names stands before it. */
  async #followsItsPredecessor(frame: EncodedFrame): Promise<boolean> {
    if (frame.number === 1) return sameBytes(prevHashOf(frame), NO_HASH)
    const tail = this.#tails.get(frame.shard)
    const before =
      tail?.number === frame.number - 1
        ? tail
        : await this.#attempt(frame.shard, () => this.#frameAt(frame.shard, frame.number - 1))
    // nothing stands there: the expected position decides
    return before === undefined || sameBytes(prevHashOf(frame), before.hash)
  }

  async #send(frame: EncodedFrame): Promise<AppendOutcome> {
    const { shard, number, bytes } = frame
    const { cluster, onTrouble } = this.#options
    const sending = {
      subject: subjectOf(cluster, shard),
      stream: this.#streamOf(shard),
      id: hexOf(frame.hash),
      expectedLast: number - 1,
      bytes,
    }
    const startedAt = performance.now()
    for (let attempt = 0; ; attempt += 1) {
      const answer = await this.#line.send(sending)
      if (answer.kind === 'rejected' && attempt === 0) return 'fenced' // E2
      const outcome = await this.#settled(frame, answer) // E3
      if (outcome !== undefined) return outcome
      const reason = answer.kind === 'acked' ? 'a duplicate that stands nowhere' : answer.reason
      onTrouble(reason, attempt)
      if (this.#isOver(startedAt)) throw unavailable(sending.stream, reason)
      await pause(Math.min(PAUSE_FIRST_MS * 2 ** attempt, PAUSE_MAX_MS))
    }
  }

  /** undefined while nobody can know: send it again. E3 */
  async #settled(frame: EncodedFrame, answer: SendAnswer): Promise<AppendOutcome | undefined> {
    if (answer.kind === 'unknown') return undefined
    if (answer.kind === 'acked' && !answer.isDuplicate) {
      assert(answer.position === frame.number, 'E1: a frame stands where its number says')
      return 'appended'
    }
    const standing = await this.#standingAt(frame.shard, frame.number).catch(() => undefined)
    if (standing === undefined) return undefined
    return standing !== 'gone' && sameBytes(standing.hash, frame.hash) ? 'appended' : 'fenced'
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
