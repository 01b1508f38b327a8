// When the watchers of a Show hear of its changes.
//
// Owns: topics, watcher counts, the 50 ms pace, heads, the point at which a newcomer joins the stream.
// Leaves to others: what changed (feed-view.ts), who watches (session-watch.ts), delivery (uWS topics).
//
//   F1. A newcomer joins only where the stream stands: its map has the version that the next delta
//       comes from. While changes are on their way out it waits for them, at most one tick.
//   F2. The first change goes out at once, then at most one message per show and 50 ms, encoded once
//       per subprotocol.
//   F8. More than 4 096 changes go out as a map; so does what is not a continuation.
//   U5. Heads go out at least every 5 s, only for shows that are live here.

import { assert } from '../shared/assert.ts'
import type { ShowNumber } from '../shared/ids.ts'
import { LIMITS } from '../shared/limits.ts'
import type { Clock } from '../shared/ports.ts'
import type { Timers } from '../shared/timers.ts'
import type { FeedView } from './feed-view.ts'
import { deltaBytesOf, headTextOf, resyncTextOf, seatsTextOf } from './live-codec.ts'

/** Sends one message to everybody who subscribed to the topic (uWS `app.publish`). */
export type Publish = (topic: string, message: string | Uint8Array, isBinary: boolean) => void

const TICK_MS = LIMITS.feedTickMs
const HEAD_AFTER_MS = LIMITS.headEveryMs - 1_500

export function topicOf(show: ShowNumber, isBinary: boolean): string {
  return isBinary ? `b${show}` : `j${show}`
}

/** Kept while a show has watchers or changes on their way out. */
interface Stream {
  readonly view: FeedView
  /** what every watcher has been told */
  epoch: number
  version: number
  seatCount: number
  textWatchers: number
  binaryWatchers: number
  isLive: boolean
  isDirty: boolean
  /** the next message must be a map */
  isMoved: boolean
  sentAt: number
  headAt: number
  newcomers: (() => void)[]
}

export class FeedPace {
  readonly #publish: Publish
  readonly #clock: Clock
  readonly #streams = new Map<FeedView, Stream>()
  #dirty: Stream[] = []
  readonly #timers: Timers
  #disarm: () => void = () => undefined
  #timerAt = Number.POSITIVE_INFINITY

  constructor(publish: Publish, clock: Clock, timers: Timers) {
    this.#publish = publish
    this.#clock = clock
    this.#timers = timers
  }

  isWatched(view: FeedView): boolean {
    return this.#streams.has(view)
  }

  /** Catching up: nothing goes out and nobody joins until the view is live again. */
  setLive(view: FeedView, isLive: boolean): void {
    const stream = this.#streams.get(view)
    if (stream === undefined) return
    stream.isLive = isLive
    if (isLive) this.#flushWhenDue(stream)
  }

  /** The view took news; they go out when the turn ends. */
  changed(view: FeedView): void {
    const stream = this.#streams.get(view)
    if (stream === undefined || stream.isDirty || stream.version === view.version) return
    stream.isDirty = true
    this.#dirty.push(stream)
  }

  /** The view was replaced by something that does not follow from it. */
  moved(view: FeedView): void {
    const stream = this.#streams.get(view)
    if (stream === undefined) return
    stream.isMoved = true
    if (stream.isDirty) return
    stream.isDirty = true
    this.#dirty.push(stream)
  }

  turnEnded(): void {
    if (this.#dirty.length > 0) this.#flushDue()
  }

  /** Counts a watcher in; `leave` must follow. */
  enter(view: FeedView, isBinary: boolean): void {
    const stream = this.#streams.get(view) ?? this.#open(view)
    if (isBinary) stream.binaryWatchers += 1
    else stream.textWatchers += 1
  }

  /** Calls back where the stream stands, possibly at once: there a watcher may subscribe. F1 */
  whenSettled(view: FeedView, onSettled: () => void): void {
    const stream = this.#streams.get(view)
    assert(stream !== undefined, 'F1: only who has entered can join the stream')
    if (stream.isLive && !stream.isDirty) onSettled()
    else stream.newcomers.push(onSettled)
  }

  leave(view: FeedView, isBinary: boolean): void {
    const stream = this.#streams.get(view)
    assert(stream !== undefined, 'F1: who leaves has joined')
    if (isBinary) stream.binaryWatchers -= 1
    else stream.textWatchers -= 1
    if (stream.textWatchers + stream.binaryWatchers === 0) this.#streams.delete(view)
  }

  /** U5 */
  heads(): void {
    const now = this.#clock.monotonicMs()
    for (const stream of this.#streams.values()) {
      if (!stream.isLive || now - stream.headAt < HEAD_AFTER_MS) continue
      stream.headAt = now
      const text = headTextOf(stream.view.show, stream)
      if (stream.textWatchers > 0) this.#send(stream, text, false)
      if (stream.binaryWatchers > 0) this.#send(stream, text, true)
    }
  }

  get watchedCount(): number {
    return this.#streams.size
  }

  get watcherCount(): number {
    let count = 0
    for (const { textWatchers, binaryWatchers } of this.#streams.values()) {
      count += textWatchers + binaryWatchers
    }
    return count
  }

  stop(): void {
    this.#disarm()
  }

  #open(view: FeedView): Stream {
    const stream: Stream = {
      view,
      epoch: view.epoch,
      version: view.version,
      seatCount: view.seatCount,
      textWatchers: 0,
      binaryWatchers: 0,
      isLive: true,
      isDirty: false,
      isMoved: false,
      sentAt: Number.NEGATIVE_INFINITY,
      headAt: this.#clock.monotonicMs(),
      newcomers: [],
    }
    this.#streams.set(view, stream)
    return stream
  }

  #flushDue(): void {
    const dirty = this.#dirty
    this.#dirty = []
    const now = this.#clock.monotonicMs()
    let nextAt = Number.POSITIVE_INFINITY
    for (const stream of dirty) {
      if (this.#streams.get(stream.view) !== stream) continue
      const dueAt = stream.sentAt + TICK_MS
      if (!stream.isLive || dueAt > now) {
        this.#dirty.push(stream)
        if (stream.isLive) nextAt = Math.min(nextAt, dueAt)
      } else this.#flush(stream, now)
    }
    if (nextAt < this.#timerAt) this.#arm(nextAt, now)
  }

  #arm(at: number, now: number): void {
    this.#disarm()
    this.#timerAt = at
    this.#disarm = this.#timers.after(Math.max(1, Math.ceil(at - now)), () => {
      this.#timerAt = Number.POSITIVE_INFINITY
      this.#flushDue()
    })
  }

  #flushWhenDue(stream: Stream): void {
    if (stream.isDirty) this.#flushDue()
    else this.#admit(stream)
  }

  #flush(stream: Stream, now: number): void {
    stream.isDirty = false
    stream.sentAt = now
    const { view } = stream
    const isContinued =
      !stream.isMoved && stream.epoch === view.epoch && stream.seatCount === view.seatCount
    const changes = isContinued ? view.changesSince(stream.version) : undefined
    if (changes === undefined) this.#sendMap(stream)
    else if (changes.length > 0) this.#sendDelta(stream, changes)
    stream.epoch = view.epoch
    stream.version = view.version
    stream.seatCount = view.seatCount
    stream.isMoved = false
    this.#admit(stream)
  }

  #sendDelta(stream: Stream, changes: Int32Array): void {
    const { view, version: from } = stream
    const { show, epoch, version: to } = view
    const message = { show, epoch, from, to, changes }
    if (stream.textWatchers > 0) this.#send(stream, seatsTextOf(message), false)
    if (stream.binaryWatchers > 0) this.#send(stream, deltaBytesOf(message), true)
  }

  /** F8. Bytes carry maps without words; only another epoch is announced there by `resync`. */
  #sendMap(stream: Stream): void {
    const { view } = stream
    if (stream.textWatchers > 0) {
      this.#send(stream, resyncTextOf(view.show, view, view.base64()), false)
    }
    if (stream.binaryWatchers === 0) return
    if (stream.epoch !== view.epoch) this.#send(stream, resyncTextOf(view.show, view), true)
    this.#send(stream, view.bytes(), true)
  }

  #send(stream: Stream, message: string | Uint8Array, isBinaryTopic: boolean): void {
    const topic = topicOf(stream.view.show, isBinaryTopic)
    this.#publish(topic, message, typeof message !== 'string')
  }

  #admit(stream: Stream): void {
    if (stream.newcomers.length === 0) return
    const { newcomers } = stream
    stream.newcomers = []
    for (const onJoined of newcomers) onJoined()
  }
}
