// Turns what allocators announce back into FeedSink calls, and notices what did not come.
//
//   <c>.feed.<shard> -> seats, personal (own sockets recognised), heads -> sink -> one turnEnded a turn
//
// Owns: reading feed messages, how far each shard has announced, silence.
// Leaves to others: shows and versions (feed.ts), who is told (audience.ts).
//
//   FS1. A frame after one that did not come, a head ahead of the news, another reign's first word, a
//        connection that was away: each is a hole, and the shard's shows are asked for at once (F1).
//   FS2. A shard without a word for a second is asked again every second: what is shown here is never
//        older than that without saying so.
//   FS3. turnEnded() is called once, when everything that arrived together was taken.
//   E6. News and heads of an earlier reign are dropped: they do not break the silence either.

import { ByteReader, MalformedBytes } from '../shared/binary.ts'
import { everyInterval } from '../shared/clock.ts'
import { asShardNumber, type ShardNumber } from '../shared/ids.ts'
import { LIMITS } from '../shared/limits.ts'
import { compareReigns, subjects } from '../shared/link-batches.ts'
import { FEED, readFrameNews, readHead, readPersonal, type ShardHead } from '../shared/link-news.ts'
import type { Clock, FeedSink, Transport } from '../shared/ports.ts'
import type { FrameNews, PersonalNews } from '../shared/views.ts'

const LOOK_EVERY_MS = 250
const SILENCE_MS = 1_000

/** The gateway's end of the feed (live-server.ts). */
export interface FeedEnd extends FeedSink {
  /** something of the shard may be missing; `head` tells up to where, if that is known */
  mayHaveHole(shard: ShardNumber, head?: ShardHead): void
}

export interface FeedSubscriberOptions {
  readonly transport: Transport
  readonly cluster: string
  /** of this run of the gateway, the same as its link's */
  readonly session: number
  readonly sink: FeedEnd
  readonly clock: Clock
  readonly silenceMs?: number
  /** runs a step at the end of the turn; setImmediate unless simulated */
  readonly schedule?: (step: () => void) => void
  /** setInterval unless simulated; returns how to end it */
  readonly every?: (ms: number, run: () => void) => () => void
}

/** What one shard has announced so far. */
interface Place {
  head: ShardHead | undefined
  heardAtMs: number
}

type FeedMessage =
  | { readonly kind: 'seats'; readonly news: readonly FrameNews[] }
  | { readonly kind: 'personal'; readonly news: readonly PersonalNews[] }
  | { readonly kind: 'head'; readonly head: ShardHead }

export class FeedSubscriber {
  readonly #options: FeedSubscriberOptions
  readonly #places: Place[] = []
  readonly #reader = new ByteReader(new Uint8Array(0))
  readonly #schedule: (step: () => void) => void
  readonly #ends: (() => void)[]
  readonly #counts = { messages: 0, holes: 0, silences: 0, malformed: 0 }
  #isScheduled = false

  constructor(options: FeedSubscriberOptions) {
    this.#options = options
    const { transport, cluster, clock } = options
    this.#schedule = options.schedule ?? setImmediate
    const heardAtMs = clock.monotonicMs()
    for (let shard = 0; shard < LIMITS.shardCount; shard += 1) {
      this.#places.push({ head: undefined, heardAtMs })
    }
    this.#ends = [
      transport.subscribe(subjects.feed(cluster, '*'), bytes => this.#receive(bytes)),
      transport.onBack(() => this.#distrustAll()),
      (options.every ?? everyInterval)(LOOK_EVERY_MS, () => this.#lookForSilence()),
    ]
  }

  counts(): Readonly<Record<'messages' | 'holes' | 'silences' | 'malformed', number>> {
    return { ...this.#counts }
  }

  /** Something was handed over that waits for the end of the turn. FS3 */
  noteOutput(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#schedule(this.#endTurn)
  }

  stop(): void {
    for (const end of this.#ends) end()
  }

  readonly #endTurn = (): void => {
    this.#isScheduled = false
    this.#options.sink.turnEnded()
  }

  #receive(bytes: Uint8Array): void {
    const message = this.#read(bytes)
    if (message === undefined) return
    this.#counts.messages += 1
    if (message.kind === 'head') this.#takeHead(message.head)
    else if (message.kind === 'seats') for (const news of message.news) this.#takeSeats(news)
    else this.#options.sink.personal(message.news)
    this.noteOutput()
  }

  /** Whole or not at all; a message can never end the process. */
  #read(bytes: Uint8Array): FeedMessage | undefined {
    try {
      this.#reader.use(bytes)
      return this.#message()
    } catch (error) {
      if (!(error instanceof MalformedBytes)) throw error
      this.#counts.malformed += 1
      return undefined
    }
  }

  #message(): FeedMessage {
    const reader = this.#reader
    const sort = reader.u8()
    if (sort === FEED.head) return { kind: 'head', head: readHead(reader) }
    if (sort === FEED.seats) {
      const news: FrameNews[] = []
      while (reader.remaining > 0) news.push(readFrameNews(reader))
      return { kind: 'seats', news }
    }
    if (sort !== FEED.personal) throw new MalformedBytes(`no news of sort ${sort}`)
    const news: PersonalNews[] = []
    while (reader.remaining > 0) news.push(readPersonal(reader, this.#options.session))
    return { kind: 'personal', news }
  }

  #takeSeats(news: FrameNews): void {
    const place = this.#places[news.shard] as Place
    const { head } = place
    const order = head === undefined ? 1 : compareReigns(news, head)
    if (order < 0) return // E6
    place.heardAtMs = this.#options.clock.monotonicMs()
    if (head !== undefined && head.incarnation === news.incarnation) {
      if (news.frame <= head.frame) return
      if (news.previousFrame > head.frame) this.#hole(news.shard)
    } else this.#hole(news.shard)
    const { shard, incarnation, epoch, frame } = news
    place.head = { shard, incarnation, epoch, frame }
    this.#options.sink.seats(news)
  }

  #takeHead(told: ShardHead): void {
    const place = this.#places[told.shard] as Place
    const { head } = place
    const order = head === undefined ? 1 : compareReigns(told, head)
    if (order < 0) return // E6
    place.heardAtMs = this.#options.clock.monotonicMs()
    const isSameJournal = head !== undefined && head.incarnation === told.incarnation
    if (isSameJournal && order === 0 && told.frame <= head.frame) return
    place.head = told
    this.#hole(told.shard, told)
  }

  /** FS1 */
  #hole(shard: ShardNumber, head?: ShardHead): void {
    this.#counts.holes += 1
    this.#options.sink.mayHaveHole(shard, head)
  }

  #distrustAll(): void {
    for (const shard of this.#places.keys()) this.#hole(asShardNumber(shard))
  }

  /** FS2 */
  #lookForSilence(): void {
    const nowMs = this.#options.clock.monotonicMs()
    for (const [shard, place] of this.#places.entries()) {
      if (nowMs - place.heardAtMs < (this.#options.silenceMs ?? SILENCE_MS)) continue
      place.heardAtMs = nowMs
      this.#counts.silences += 1
      this.#options.sink.mayHaveHole(asShardNumber(shard))
    }
  }
}
