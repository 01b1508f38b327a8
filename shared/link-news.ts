// News to and from bytes: what a shard's durable frames mean to watchers, customers and listeners.
//
//   | what it is: u8 | one FrameNews after another, one PersonalNews after another, or one head |
//
// Owns: the fields of FrameNews, PersonalNews and heads.
// Leaves to others: when they leave (feed-publisher.ts), what they mean (feed-subscriber.ts).
//
//   K1. decode(encode(news)) equals the news; origins come back as the socket's number where the
//       gateway is the requester's, else as 0 (F7).
//   K3. Bytes that are no news throw MalformedBytes, nothing else.

import { assert } from './assert.ts'
import { type ByteReader, type ByteWriter, MalformedBytes } from './binary.ts'
import {
  asEpoch,
  asFrameNumber,
  asIncarnation,
  asInstant,
  asShardNumber,
  asShowNumber,
  type CustomerId,
  type Epoch,
  type FrameNumber,
  type Incarnation,
  type ShardNumber,
} from './ids.ts'
import { LIMITS } from './limits.ts'
import {
  readCounts,
  readEntryView,
  readHoldView,
  writeCounts,
  writeEntryView,
  writeHoldView,
} from './link-fields.ts'
import { readStatus, writeStatus } from './link-replies.ts'
import type { FrameNews, PersonalNews, ShowNews } from './views.ts'

/** First byte of a message on a feed subject. */
export const FEED = Object.freeze({ seats: 0x11, personal: 0x12, head: 0x13 })

/** How far a Shard's owner has announced its frames. */
export interface ShardHead {
  readonly shard: ShardNumber
  readonly incarnation: Incarnation
  readonly epoch: Epoch
  /** of the last news, or of the claim */
  readonly frame: FrameNumber
}

/** A socket of one run of a gateway. */
export interface Origin {
  readonly session: number
  readonly socket: number
}

export function writeHead(writer: ByteWriter, head: ShardHead): void {
  writer.u8(head.shard)
  writer.varint(head.incarnation)
  writer.varint(head.epoch)
  writer.varint(head.frame)
}

export function readHead(reader: ByteReader): ShardHead {
  return {
    shard: readShard(reader),
    incarnation: asIncarnation(reader.varint()),
    epoch: asEpoch(reader.varint()),
    frame: asFrameNumber(reader.varint()),
  }
}

export function readShard(reader: ByteReader): ShardNumber {
  const shard = reader.u8()
  if (shard >= LIMITS.shardCount) throw new MalformedBytes(`no shard ${shard}`)
  return asShardNumber(shard)
}

export function writeFrameNews(writer: ByteWriter, news: FrameNews): void {
  writeHead(writer, news)
  writer.varint(news.previousFrame)
  writer.safeInt(news.now)
  writer.varint(news.shows.length)
  for (const show of news.shows) writeShowNews(writer, show)
}

export function readFrameNews(reader: ByteReader): FrameNews {
  const { shard, incarnation, epoch, frame } = readHead(reader)
  const previousFrame = asFrameNumber(reader.varint())
  const now = asInstant(reader.safeInt())
  const count = reader.count(reader.remaining)
  const shows: ShowNews[] = []
  for (let at = 0; at < count; at += 1) shows.push(readShowNews(reader))
  return { shard, incarnation, epoch, frame, previousFrame, now, shows }
}

/** Changes are told as their distance: neighbours of the same state differ by four. */
function writeShowNews(writer: ByteWriter, news: ShowNews): void {
  const { changes } = news
  assert(changes.length === news.to - news.from, 'F1: every change has its version')
  writer.varint(news.show)
  writer.varint(news.from)
  writer.varint(changes.length)
  let next = 0
  for (const change of changes) {
    writer.zigzag(change - next)
    next = change + 4
  }
  writeCounts(writer, news.counts)
  writeStatus(writer, news.status)
}

const CHANGE_MAX = LIMITS.seatsPerLayoutMax * 4 - 1

function readShowNews(reader: ByteReader): ShowNews {
  const show = asShowNumber(reader.count(0xffff_ffff))
  const from = reader.varint()
  const count = reader.count(reader.remaining)
  const changes = new Int32Array(count)
  let next = 0
  for (let at = 0; at < count; at += 1) {
    const change = next + reader.zigzag()
    if (change < 0 || change > CHANGE_MAX) throw new MalformedBytes(`no change ${change}`)
    changes[at] = change
    next = change + 4
  }
  const counts = readCounts(reader)
  return { show, from, to: from + count, changes, counts, status: readStatus(reader) }
}

const HAS_ORIGIN = 1
const HAS_HOLD = 2
const HAS_ENTRY = 4

export function writePersonal(
  writer: ByteWriter,
  news: PersonalNews,
  origin: Origin | undefined,
): void {
  const { hold, entry } = news
  writer.u8(
    (origin === undefined ? 0 : HAS_ORIGIN) |
      (hold === undefined ? 0 : HAS_HOLD) |
      (entry === undefined ? 0 : HAS_ENTRY),
  )
  writer.id(news.customer)
  if (origin !== undefined) {
    writer.u32(origin.session)
    writer.varint(origin.socket)
  }
  if (hold !== undefined) writeHoldView(writer, hold)
  if (entry !== undefined) writeEntryView(writer, entry)
}

/** `session` is the reading gateway's own. */
export function readPersonal(reader: ByteReader, session: number): PersonalNews {
  const bits = reader.u8()
  const customer = reader.id<CustomerId>()
  const origin = (bits & HAS_ORIGIN) === 0 ? 0 : readOrigin(reader, session)
  const news: PersonalNews = { customer, origin }
  if ((bits & HAS_ENTRY) === 0) {
    return (bits & HAS_HOLD) === 0 ? news : { customer, origin, hold: readHoldView(reader) }
  }
  const hold = (bits & HAS_HOLD) === 0 ? {} : { hold: readHoldView(reader) }
  return { ...news, ...hold, entry: readEntryView(reader) }
}

function readOrigin(reader: ByteReader, session: number): number {
  const isOurs = reader.u32() === session
  const socket = reader.varint()
  return isOurs ? socket : 0
}
