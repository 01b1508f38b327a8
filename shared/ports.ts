// The seams between processes and storages. Each has several real implementations and a contract suite.

import type { Request } from './commands.ts'
import type {
  Epoch,
  FrameNumber,
  Incarnation,
  Instant,
  LayoutNumber,
  NodeId,
  Sequence,
  ShardNumber,
} from './ids.ts'
import type { SeatingPlan } from './seating-plan.ts'
import type { FrameNews, PersonalNews, Reply } from './views.ts'

/** Wall clock for claims, a monotonic one for everything else (§5 Time); both in milliseconds. */
export interface Clock {
  wallMs(): number
  monotonicMs(): number
}

/**
 * How a gateway reaches shards. `submit` never throws and answers exactly once, possibly before it
 * returns. `origin` names the requester (a socket's number, 0 for none): PersonalNews repeats it.
 */
export interface Link {
  submit(request: Request, origin: number, onReply: (reply: Reply) => void): void
}

/** Who serves each Shard, as far as this process has heard: a hint, never a proof (E7). */
export interface Owners {
  ownerOf(shard: ShardNumber): NodeId | undefined
  /** calls back after any owner changed; returns how to end it */
  onChange(listener: () => void): () => void
}

/**
 * Carries bytes between processes: from one to all who subscribed, at most once, from one sender to
 * one receiver in order across subjects. A part of a subject may be `*`: any one part.
 */
export interface Transport {
  readonly isUp: boolean
  /** Keeps the bytes: they may not change afterwards. What cannot leave now is dropped, not kept. */
  publish(subject: string, bytes: Uint8Array): void
  /** The bytes are valid within the call. Returns how to end it. */
  subscribe(subject: string, onMessage: (bytes: Uint8Array) => void): () => void
  /** Calls back when the connection is back: messages may have been lost. */
  onBack(listener: () => void): () => void
}

/** Where a Shard's durable frames are announced. Within a turn: seats, then replies, then personal. */
export interface FeedSink {
  seats(news: FrameNews): void
  personal(news: readonly PersonalNews[]): void
  /** the turn's replies and news have all been handed over: flush what was corked */
  turnEnded(): void
}

/** A Frame as it is made durable; `bytes` carries everything, the other fields are read from it. */
export interface EncodedFrame {
  readonly shard: ShardNumber
  readonly incarnation: Incarnation
  readonly epoch: Epoch
  readonly number: FrameNumber
  readonly firstSequence: Sequence
  readonly transitionCount: number
  readonly time: Instant
  /** SHA-256 of the whole frame before this field; the next frame's prevHash */
  readonly hash: Uint8Array
  readonly bytes: Uint8Array
}

export interface JournalHead {
  readonly incarnation: Incarnation
  readonly epoch: Epoch
  readonly number: FrameNumber
  readonly hash: Uint8Array
}

export type AppendOutcome = 'appended' | 'fenced'

/**
 * The durable order of Frames of every Shard. `append` expects the Shard's head to be
 * `frame.number - 1`; it resolves once the frame is durable, or with 'fenced' when another frame
 * stands there (E2). A silent store is resolved inside by resending and comparing hashes (E3); when
 * that stays impossible it throws Fault('journal-unavailable').
 */
export interface Journal {
  append(frame: EncodedFrame): Promise<AppendOutcome>
  /** frames `from`.. in order, to the head at the time of the call */
  read(shard: ShardNumber, from: FrameNumber): AsyncIterable<EncodedFrame>
  head(shard: ShardNumber): Promise<JournalHead | undefined>
  close(): Promise<void>
}

/** A Journal whose old frames can be given up: its archive and its snapshots tell them. */
export interface CompactableJournal extends Journal {
  /** the oldest frame that read() can give; 1 before the first append */
  firstFrame(shard: ShardNumber): Promise<FrameNumber>
  /** gives up the frames below `below`, never the head; only the Shard's owner may ask */
  compact(shard: ShardNumber, below: FrameNumber): Promise<void>
}

/** One Show's state at a Sequence; `show` 0 is the shard's own page. */
export interface SnapshotPage {
  readonly shard: ShardNumber
  readonly show: number
  readonly incarnation: Incarnation
  readonly frame: FrameNumber
  readonly sequence: Sequence
  readonly bytes: Uint8Array
}

export interface SnapshotStore {
  /** all or nothing; a page of an earlier frame than the one that stands there is not written */
  write(pages: readonly SnapshotPage[]): Promise<void>
  /** every page of the shard, contents checked; a damaged page is left out and reported */
  read(shard: ShardNumber): AsyncIterable<SnapshotPage>
}

/** How far the Ledger has come; bookings are answered when it has passed their frame (§2). */
export interface LedgerProgress {
  cursorOf(shard: ShardNumber): FrameNumber
  /** calls back once the cursor is at or past the frame, possibly before it returns */
  whenPassed(shard: ShardNumber, frame: FrameNumber, callback: () => void): void
}

/** Compiled layouts, loaded and digest-checked before a Transition that names them is applied (S7). */
export interface PlanSource {
  /** undefined until loaded */
  planOf(layout: LayoutNumber): SeatingPlan | undefined
  /** throws Fault('layout-missing') */
  load(layout: LayoutNumber): Promise<SeatingPlan>
}
