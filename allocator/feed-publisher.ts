// Announces this process's shards to all gateways: seats, replies, personal news, heads.
//
//   seats(news) ─▶ bytes per shard ─┐
//   replies ─▶ batches per gateway ─┼─▶ turnEnded(): seats, then replies, then personal
//   personal(news) ─▶ bytes per shard ─┘
//
// Owns: the order of a turn's output, the heads of the shards that are served here.
// Leaves to others: replies (link-server.ts), what gateways make of news (feed-subscriber.ts).
//
//   FP1. Seats leave before the replies of their frames, personal news after them; one connection
//        keeps that order, so a gateway reads its own writes (F1).
//   FP2. One message per turn, shard and sort. What no message can carry is left out: a hole that
//        gateways notice by the next head.
//   FP3. Every served shard tells its head at once when its reign begins, when the connection is back,
//        and every 250 ms.
//   F7. A requester is (run of a gateway, socket): only that gateway recognises it.

import { assert } from '../shared/assert.ts'
import { ByteWriter } from '../shared/binary.ts'
import { everyInterval } from '../shared/clock.ts'
import type { ShardNumber } from '../shared/ids.ts'
import { asShardNumber } from '../shared/ids.ts'
import { LIMITS } from '../shared/limits.ts'
import { MESSAGE_BYTES_MAX, subjects } from '../shared/link-batches.ts'
import {
  FEED,
  type Origin,
  type ShardHead,
  writeFrameNews,
  writeHead,
  writePersonal,
} from '../shared/link-news.ts'
import { shardOf } from '../shared/placement.ts'
import type { FeedSink, Transport } from '../shared/ports.ts'
import type { FrameNews, PersonalNews } from '../shared/views.ts'

const HEADS_EVERY_MS = 250

/** Who sends the replies of a turn and knows where requests came from (link-server.ts). */
export interface Correspondent {
  sendReplies(): void
  originOf(origin: number): Origin | undefined
}

export interface FeedPublisherOptions {
  readonly transport: Transport
  readonly cluster: string
  /** setInterval unless simulated; returns how to end it */
  readonly every?: (ms: number, run: () => void) => () => void
}

/** One sort of news of one shard in this turn. */
class Outbox {
  readonly writer = new ByteWriter(256)
  readonly #sort: number
  readonly #subject: string

  constructor(sort: number, subject: string) {
    this.#sort = sort
    this.#subject = subject
  }

  open(): ByteWriter {
    if (this.writer.length === 0) this.writer.u8(this.#sort)
    return this.writer
  }

  send(transport: Transport): void {
    if (this.writer.length === 0) return
    if (this.writer.length <= MESSAGE_BYTES_MAX) {
      transport.publish(this.#subject, this.writer.take()) // FP2
    }
    this.writer.reset()
  }
}

export class FeedPublisher implements FeedSink {
  readonly #transport: Transport
  readonly #seats: readonly Outbox[]
  readonly #personal: readonly Outbox[]
  readonly #cluster: string
  readonly #heads = new Map<ShardNumber, ShardHead>()
  readonly #ends: (() => void)[]
  readonly #headWriter = new ByteWriter(64)
  #correspondent: Correspondent | undefined
  /** shards with something in an outbox */
  #seatsWaiting: ShardNumber[] = []
  #personalWaiting: ShardNumber[] = []

  constructor({ transport, cluster, every = everyInterval }: FeedPublisherOptions) {
    this.#transport = transport
    this.#cluster = cluster
    const boxes = (sort: number): Outbox[] =>
      Array.from(
        { length: LIMITS.shardCount },
        (_, shard) => new Outbox(sort, subjects.feed(cluster, asShardNumber(shard))),
      )
    this.#seats = boxes(FEED.seats)
    this.#personal = boxes(FEED.personal)
    this.#ends = [
      transport.onBack(() => this.#tellHeads()),
      every(HEADS_EVERY_MS, () => this.#tellHeads()),
    ]
  }

  connect(correspondent: Correspondent): void {
    this.#correspondent = correspondent
  }

  /** The shard is served here from now on; `frame` is that of its claim. FP3 */
  begin(head: ShardHead): void {
    this.#heads.set(head.shard, head)
    this.#tellHead(head)
  }

  /** The shard is served here no more: ceded or lost. */
  end(shard: ShardNumber): void {
    this.#heads.delete(shard)
  }

  seats(news: FrameNews): void {
    const { shard, incarnation, epoch, frame } = news
    const box = this.#seats[shard] as Outbox
    if (box.writer.length === 0) this.#seatsWaiting.push(shard)
    writeFrameNews(box.open(), news)
    if (this.#heads.has(shard)) this.#heads.set(shard, { shard, incarnation, epoch, frame })
  }

  personal(news: readonly PersonalNews[]): void {
    for (const item of news) {
      const show = item.hold?.show ?? item.entry?.show
      assert(show !== undefined, 'F7: personal news are of a hold or an entry')
      const shard = shardOf(show)
      const box = this.#personal[shard] as Outbox
      if (box.writer.length === 0) this.#personalWaiting.push(shard)
      const origin = item.origin === 0 ? undefined : this.#correspondent?.originOf(item.origin)
      writePersonal(box.open(), item, origin)
    }
  }

  /** FP1 */
  turnEnded(): void {
    this.#sendSeats()
    this.#correspondent?.sendReplies()
    if (this.#personalWaiting.length === 0) return
    const shards = this.#personalWaiting
    this.#personalWaiting = []
    for (const shard of shards) this.#personal[shard]?.send(this.#transport)
  }

  stop(): void {
    for (const end of this.#ends) end()
    this.turnEnded()
  }

  #sendSeats(): void {
    if (this.#seatsWaiting.length === 0) return
    const shards = this.#seatsWaiting
    this.#seatsWaiting = []
    for (const shard of shards) this.#seats[shard]?.send(this.#transport)
  }

  /** A head never runs ahead of the seats that lead to it. FP3 */
  #tellHeads(): void {
    this.#sendSeats()
    for (const head of this.#heads.values()) this.#tellHead(head)
  }

  #tellHead(head: ShardHead): void {
    const writer = this.#headWriter
    writer.reset()
    writer.u8(FEED.head)
    writeHead(writer, head)
    this.#transport.publish(subjects.feed(this.#cluster, head.shard), writer.take())
  }
}
