// One run of a gateway as an allocator knows it: which of its asks came, and replies on their way back.
//
// Owns: rounds and positions of its asks per shard, the batch of replies of this turn.
// Leaves to others: deciding (writer.ts), when the batch leaves (feed-publisher.ts).
//
//   LS1. A round is taken position by position. What came before is passed over; after a hole, a
//        refusal or a lost shard nothing more of the round is taken, and the gateway is told.
//   LS2. Replies of one shard and reign stand together, in the order in which they were given.

import { ByteWriter } from '../shared/binary.ts'
import { asShardNumber, type ShardNumber } from '../shared/ids.ts'
import { LIMITS } from '../shared/limits.ts'
import {
  type AskGroup,
  type AskItem,
  beginReplies,
  beginReplyPart,
  closeGroup,
  MESSAGE_BYTES_MAX,
  type ReignNumber,
  writeRoundPart,
} from '../shared/link-batches.ts'
import { writeReply } from '../shared/link-replies.ts'
import type { Reply } from '../shared/views.ts'

interface Line {
  round: number
  /** the next position of the round */
  next: number
  isRefused: boolean
}

const HEADER_BYTES_MAX = 32
const NO_ASKS: readonly AskItem[] = Object.freeze([])

export class LinkPeer {
  readonly subject: string
  readonly session: number
  /** tells its sockets from other gateways' in one process (F7) */
  readonly index: number
  /** asks that wait for their reply, by number, and in which reign */
  readonly inFlight = new Map<number, ReignNumber>()
  heardAtMs = 0
  readonly #lines: Line[] = []
  readonly #writer = new ByteWriter(16 * 1024)
  #part: { readonly shard: ShardNumber; readonly reign: ReignNumber } | undefined
  #countAt = 0
  #count = 0

  constructor(facts: {
    readonly subject: string
    readonly session: number
    readonly index: number
  }) {
    this.subject = facts.subject
    this.session = facts.session
    this.index = facts.index
    for (let shard = 0; shard < LIMITS.shardCount; shard += 1) {
      this.#lines.push({ round: 0, next: 0, isRefused: false })
    }
    beginReplies(this.#writer, this.session)
  }

  get replyBytes(): number {
    return this.#writer.length
  }

  get hasReplies(): boolean {
    return this.#writer.length > 5
  }

  /** The asks of the group that are new and in order. LS1 */
  admit(group: AskGroup, isOwned: boolean): readonly AskItem[] {
    const line = this.#lines[group.shard] as Line
    if (group.round < line.round) return NO_ASKS
    const isNewRound = group.round > line.round
    if (isNewRound) this.#lines[group.shard] = { round: group.round, next: 0, isRefused: false }
    const current = this.#lines[group.shard] as Line
    if (!isOwned || current.isRefused || group.first > current.next) {
      this.refuse(group.shard)
      return NO_ASKS
    }
    if (isNewRound) this.#addRound('accepted', group.shard, group.round)
    const fresh = group.asks.slice(current.next - group.first)
    current.next += fresh.length
    return fresh
  }

  /** Nothing more of the present round is taken: the gateway begins another. LS1 */
  refuse(shard: ShardNumber): void {
    const line = this.#lines[shard] as Line
    line.isRefused = true
    this.#addRound('refused', shard, line.round)
  }

  /** Of every shard that it has asked. */
  refuseAll(): void {
    for (const [shard, line] of this.#lines.entries()) {
      if (line.round > 0) this.refuse(asShardNumber(shard))
    }
  }

  isRefused(shard: ShardNumber): boolean {
    return (this.#lines[shard] as Line).isRefused
  }

  /** LS2; `tooLarge` is written instead of what no message can carry. */
  add(
    answer: { readonly shard: ShardNumber; readonly reign: ReignNumber; readonly number: number },
    reply: Reply,
    tooLarge: Reply,
  ): void {
    const { shard, reign, number } = answer
    if (this.#part?.shard !== shard || this.#part.reign !== reign) {
      this.#closePart()
      this.#part = { shard, reign }
      this.#countAt = beginReplyPart(this.#writer, shard, reign)
      this.#count = 0
    }
    const start = this.#writer.length
    this.#writer.varint(number)
    writeReply(this.#writer, reply)
    this.#count += 1
    if (this.#writer.length - start + HEADER_BYTES_MAX <= MESSAGE_BYTES_MAX) return
    this.#writer.reset(start)
    this.#writer.varint(number)
    writeReply(this.#writer, tooLarge)
  }

  /** The batch, which is empty again with this call. */
  takeReplies(): Uint8Array {
    this.#closePart()
    const bytes = this.#writer.take()
    beginReplies(this.#writer, this.session)
    return bytes
  }

  #addRound(kind: 'refused' | 'accepted', shard: ShardNumber, round: number): void {
    this.#closePart()
    writeRoundPart(this.#writer, { kind, shard, round })
  }

  #closePart(): void {
    if (this.#part === undefined) return
    closeGroup(this.#writer, this.#countAt, this.#count)
    this.#part = undefined
  }
}
