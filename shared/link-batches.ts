// What gateways and allocators send each other: batches of asks one way, of replies the other.
//
//   asks     | 0xa1 | gateway | session: u32 | groups: shard, round, first position, asks |
//   replies  | 0xb1 | session: u32 | parts: replies of a reign, a round refused, a round accepted |
//
// Owns: the layout of batches, the names of subjects.
// Leaves to others: requests and replies (link-requests, link-replies), what rounds mean (link-line.ts).
//
//   K3. A batch is read whole or not at all: MalformedBytes, and nothing of it is used.

import { type ByteReader, type ByteWriter, MalformedBytes } from './binary.ts'
import type { Request } from './commands.ts'
import {
  asEpoch,
  asIncarnation,
  type Epoch,
  type Incarnation,
  type NodeId,
  parseNodeId,
  type ShardNumber,
} from './ids.ts'
import { readShard } from './link-news.ts'
import { readReply } from './link-replies.ts'
import { readRequest, writeRequest } from './link-requests.ts'
import type { Reply } from './views.ts'

/** Above this a turn's batch leaves in several messages; brokers take 1 MiB. */
export const BATCH_BYTES_MAX = 512 * 1024
/** One message's largest ask, reply or news; what is larger cannot travel. */
export const MESSAGE_BYTES_MAX = 1000 * 1024

export const subjects = Object.freeze({
  asks: (cluster: string, node: NodeId): string => `${cluster}.ask.${node}`,
  replies: (cluster: string, gateway: NodeId): string => `${cluster}.reply.${gateway}`,
  feed: (cluster: string, shard: ShardNumber | '*'): string => `${cluster}.feed.${shard}`,
})

const ASKS = 0xa1
const REPLIES = 0xb1
const PART = Object.freeze({ replies: 1, refused: 2, accepted: 3 })

/** Who reigns: the order of reigns is (incarnation, epoch). */
export interface ReignNumber {
  readonly incarnation: Incarnation
  readonly epoch: Epoch
}

/** Negative when the first is the earlier reign. */
export function compareReigns(one: ReignNumber, other: ReignNumber): number {
  return one.incarnation - other.incarnation || one.epoch - other.epoch
}

export interface AskItem {
  /** of the gateway's run, never used twice in it */
  readonly number: number
  /** the requester's socket, 0 for none */
  readonly origin: number
  readonly request: Request
  readonly bytes: number
}

/** Asks for one Shard, in their order; positions count from 0 in every round. */
export interface AskGroup {
  readonly shard: ShardNumber
  readonly round: number
  readonly first: number
  readonly asks: readonly AskItem[]
}

export interface AskBatch {
  readonly gateway: NodeId
  readonly session: number
  readonly groups: readonly AskGroup[]
}

export function beginAsks(writer: ByteWriter, gateway: NodeId, session: number): void {
  writer.reset()
  writer.u8(ASKS)
  writer.utf8(gateway)
  writer.u32(session)
}

/** Returns where the count stands: closeGroup() writes it. */
export function beginAskGroup(
  writer: ByteWriter,
  group: { readonly shard: ShardNumber; readonly round: number; readonly first: number },
): number {
  writer.u8(group.shard)
  writer.varint(group.round)
  writer.varint(group.first)
  writer.u32(0)
  return writer.length - 4
}

export function writeAsk(
  writer: ByteWriter,
  ask: { readonly number: number; readonly origin: number; readonly request: Request },
): void {
  writer.varint(ask.number)
  writer.varint(ask.origin)
  writeRequest(writer, ask.request)
}

export function closeGroup(writer: ByteWriter, countAt: number, count: number): void {
  writer.patchU32(countAt, count)
}

export function readAsks(reader: ByteReader): AskBatch {
  if (reader.u8() !== ASKS) throw new MalformedBytes('not a batch of asks')
  const gateway = parseNodeId(reader.utf8())
  if (gateway === undefined) throw new MalformedBytes('no gateway is called that')
  const session = reader.u32()
  const groups: AskGroup[] = []
  while (reader.remaining > 0) groups.push(readAskGroup(reader))
  return { gateway, session, groups }
}

function readAskGroup(reader: ByteReader): AskGroup {
  const shard = readShard(reader)
  const round = reader.varint()
  const first = reader.varint()
  const count = boundedCount(reader)
  const asks: AskItem[] = []
  for (let at = 0; at < count; at += 1) {
    const start = reader.at
    const number = reader.varint()
    const origin = reader.count(0xffff_ffff)
    const request = readRequest(reader)
    asks.push({ number, origin, request, bytes: reader.at - start })
  }
  return { shard, round, first, asks }
}

/** Every item has at least one byte. */
function boundedCount(reader: ByteReader): number {
  const count = reader.u32()
  if (count > reader.remaining) throw new MalformedBytes(`count ${count} is over the bytes left`)
  return count
}

export interface ReplyItem {
  readonly number: number
  readonly reply: Reply
}

export interface RepliesPart {
  readonly kind: 'replies'
  readonly shard: ShardNumber
  readonly reign: ReignNumber
  readonly items: readonly ReplyItem[]
}

/** What became of a round: all of it is taken, or nothing more. */
export interface RoundPart {
  readonly kind: 'refused' | 'accepted'
  readonly shard: ShardNumber
  readonly round: number
}

export type ReplyPart = RepliesPart | RoundPart

export interface ReplyBatch {
  readonly session: number
  readonly parts: readonly ReplyPart[]
}

export function beginReplies(writer: ByteWriter, session: number): void {
  writer.reset()
  writer.u8(REPLIES)
  writer.u32(session)
}

/** Returns where the count stands: closeGroup() writes it. */
export function beginReplyPart(
  writer: ByteWriter,
  shard: ShardNumber,
  { incarnation, epoch }: ReignNumber,
): number {
  writer.u8(PART.replies)
  writer.u8(shard)
  writer.varint(incarnation)
  writer.varint(epoch)
  writer.u32(0)
  return writer.length - 4
}

export function writeRoundPart(writer: ByteWriter, part: RoundPart): void {
  writer.u8(PART[part.kind])
  writer.u8(part.shard)
  writer.varint(part.round)
}

export function readReplies(reader: ByteReader): ReplyBatch {
  if (reader.u8() !== REPLIES) throw new MalformedBytes('not a batch of replies')
  const session = reader.u32()
  const parts: ReplyPart[] = []
  while (reader.remaining > 0) parts.push(readPart(reader))
  return { session, parts }
}

function readPart(reader: ByteReader): ReplyPart {
  const kind = reader.u8()
  const shard = readShard(reader)
  if (kind === PART.refused) return { kind: 'refused', shard, round: reader.varint() }
  if (kind === PART.accepted) return { kind: 'accepted', shard, round: reader.varint() }
  if (kind !== PART.replies) throw new MalformedBytes(`no part of kind ${kind}`)
  const incarnation = asIncarnation(reader.varint())
  const epoch = asEpoch(reader.varint())
  const count = boundedCount(reader)
  const items: ReplyItem[] = []
  for (let at = 0; at < count; at += 1) {
    items.push({ number: reader.varint(), reply: readReply(reader) })
  }
  return { kind: 'replies', shard, reign: { incarnation, epoch }, items }
}
