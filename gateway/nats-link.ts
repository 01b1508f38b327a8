// The Link of a cluster: asks leave in batches for the owner of their shard, replies come back in batches.
//
//   submit -> line of the shard -> (end of turn) one batch per owner -> <c>.ask.<node>
//   <c>.reply.<gateway> -> reign checked -> answered once -> onReplies
//
// Owns: batches, credits, and when the asks of a line are sent again.
// Leaves to others: order within a line (link-line.ts), owners (Owners), client deadlines (router.ts).
//
//   LK5. Every ask is answered exactly once: by a reply, or by a fault when giving up. A reply that
//        comes again finds its ask gone.
//   LK6. One message per loop turn and owner, unless it would grow past BATCH_BYTES_MAX.
//   LK7. An owner with too many unanswered asks or bytes gets no more: `overloaded` at once (G4).
//   LK8. Asks wait while a shard has no owner, refuses, or the broker is away; nobody hears of it
//        before the asks' own time is over.
//   E6. Replies of an earlier reign than one that was heard are dropped: the asks are on their way to
//       the present owner in this very round (LK1).

import { ByteReader, ByteWriter, MalformedBytes } from '../shared/binary.ts'
import { everyInterval } from '../shared/clock.ts'
import type { Request } from '../shared/commands.ts'
import { asShardNumber, type NodeId } from '../shared/ids.ts'
import { LIMITS } from '../shared/limits.ts'
import {
  BATCH_BYTES_MAX,
  beginAskGroup,
  beginAsks,
  closeGroup,
  type RepliesPart,
  type ReplyBatch,
  type ReplyPart,
  readReplies,
  subjects,
  writeAsk,
} from '../shared/link-batches.ts'
import { shardOf } from '../shared/placement.ts'
import type { Clock, Link, Owners, Transport } from '../shared/ports.ts'
import type { LinkFault, Reply } from '../shared/views.ts'
import { bytesOf, isQuery, repeatable } from './link-keys.ts'
import { type Ask, LinkLine } from './link-line.ts'

const TICK_MS = 25
/** between two tries of an owner that refused a round */
const REFUSED_MS = 25
const SILENCE_MS = 1_000
/** longer than any router's deadline: by then somebody has answered for us */
const GIVE_UP_MS = 12_000
const ASKS_PER_NODE_MAX = 65_536
const SEATS_SURELY_FIT = 50_000
const BYTES_PER_NODE_MAX = 32 * 1024 * 1024

export interface NatsLinkOptions {
  readonly transport: Transport
  /** prefix of the subjects */
  readonly cluster: string
  readonly gateway: NodeId
  /** of this run of the gateway: ids.ts newSession(); the feed's subscriber gets the same */
  readonly session: number
  readonly owners: Owners
  readonly clock: Clock
  /** replies were handed over: what they made may leave (FeedSubscriber.noteOutput) */
  readonly onReplies?: () => void
  readonly asksPerNodeMax?: number
  readonly bytesPerNodeMax?: number
  readonly giveUpMs?: number
  readonly silenceMs?: number
  /** runs a step at the end of the turn; setImmediate unless simulated */
  readonly schedule?: (step: () => void) => void
  /** setInterval unless simulated; returns how to end it */
  readonly every?: (ms: number, run: () => void) => () => void
}

/** Counts since the start, for metrics. */
export interface LinkCounts {
  readonly asked: number
  readonly batches: number
  /** rounds that were begun anew */
  readonly rounds: number
  readonly overloaded: number
  /** replies that nobody waited for any more */
  readonly late: number
  /** replies of an earlier reign */
  readonly fenced: number
  readonly malformed: number
}

export class NatsLink implements Link {
  readonly #options: NatsLinkOptions
  readonly #lines: readonly LinkLine[]
  readonly #writer = new ByteWriter(64 * 1024)
  readonly #reader = new ByteReader(new Uint8Array(0))
  readonly #schedule: (step: () => void) => void
  readonly #ends: (() => void)[]
  readonly #counts = {
    asked: 0,
    batches: 0,
    rounds: 0,
    overloaded: 0,
    late: 0,
    fenced: 0,
    malformed: 0,
  }
  #dirty: LinkLine[] = []
  #isScheduled = false
  #isStopped = false

  constructor(options: NatsLinkOptions) {
    this.#options = options
    const { transport, owners, cluster, gateway } = options
    this.#schedule = options.schedule ?? setImmediate
    this.#lines = Array.from(
      { length: LIMITS.shardCount },
      (_, shard) => new LinkLine(asShardNumber(shard), options.silenceMs ?? SILENCE_MS),
    )
    for (const line of this.#lines) line.owner = owners.ownerOf(line.shard)
    this.#ends = [
      transport.subscribe(subjects.replies(cluster, gateway), bytes => this.#receive(bytes)),
      transport.onBack(() => this.#restartAll()),
      owners.onChange(() => this.#checkOwners()),
      (options.every ?? everyInterval)(TICK_MS, () => this.#tick()),
    ]
  }

  submit(request: Request, origin: number, onReply: (reply: Reply) => void): void {
    if (this.#isStopped) return onReply(UNAVAILABLE)
    if (this.#isTooLarge(request)) return onReply(TOO_LARGE)
    const line = this.#lines[shardOf(request.show)] as LinkLine
    const bytes = bytesOf(request)
    if (!this.#hasCredit(line, bytes)) {
      this.#counts.overloaded += 1
      return onReply(OVERLOADED) // LK7
    }
    this.#counts.asked += 1
    const number = this.#counts.asked
    line.add({
      number,
      request: repeatable(request, this.#options.session, number),
      origin,
      onReply,
      bytes,
      giveUpAtMs: this.#options.clock.monotonicMs() + (this.#options.giveUpMs ?? GIVE_UP_MS),
    })
    this.#markDirty(line)
  }

  get unansweredCount(): number {
    return this.#lines.reduce((sum, line) => sum + line.count, 0)
  }

  counts(): LinkCounts {
    return { ...this.#counts }
  }

  /** Whoever still waits is told that nobody knows. */
  stop(): void {
    this.#isStopped = true
    for (const end of this.#ends) end()
    for (const line of this.#lines) for (const ask of line.takeAll()) this.#giveUp(ask)
  }

  /** More than a message holds: only the house names so many seats. */
  #isTooLarge(request: Request): boolean {
    if (!('seats' in request) || request.seats.length < SEATS_SURELY_FIT) return false
    this.#writer.reset()
    writeAsk(this.#writer, { number: Number.MAX_SAFE_INTEGER, origin: 0, request })
    return this.#writer.length > BATCH_BYTES_MAX
  }

  /** LK7: of the owner, or of all shards that wait for one. */
  #hasCredit(line: LinkLine, bytes: number): boolean {
    const { asksPerNodeMax, bytesPerNodeMax } = this.#options
    let askCount = 0
    let byteCount = bytes
    for (const other of this.#lines) {
      if (other.owner !== line.owner) continue
      askCount += other.count
      byteCount += other.bytes
    }
    return (
      askCount < (asksPerNodeMax ?? ASKS_PER_NODE_MAX) &&
      byteCount <= (bytesPerNodeMax ?? BYTES_PER_NODE_MAX)
    )
  }

  #markDirty(line: LinkLine): void {
    if (line.isDirty) return
    line.isDirty = true
    this.#dirty.push(line)
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#schedule(this.#flush)
  }

  /** LK6 */
  readonly #flush = (): void => {
    this.#isScheduled = false
    const dirty = this.#dirty
    this.#dirty = []
    for (const line of dirty) line.isDirty = false
    if (!this.#options.transport.isUp) return // LK8: a new round when it is back
    for (const [at, line] of dirty.entries()) {
      const { owner } = line
      if (!line.isSendable || owner === undefined) continue
      this.#sendTo(
        owner,
        dirty.slice(at).filter(other => other.owner === owner && other.isSendable),
      )
    }
  }

  #sendTo(node: NodeId, lines: readonly LinkLine[]): void {
    const { gateway, session, clock } = this.#options
    const nowMs = clock.monotonicMs()
    beginAsks(this.#writer, gateway, session)
    for (const line of lines) {
      const { first, asks } = line.takeSendable(nowMs)
      for (let at = 0; at < asks.length; ) at = this.#writeGroup(node, line, { first, asks, at })
    }
    this.#publish(node)
  }

  /** Writes asks from `at` on until the message is full, which then leaves; returns the next. */
  #writeGroup(
    node: NodeId,
    { shard, round }: LinkLine,
    group: { readonly first: number; readonly asks: readonly Ask[]; readonly at: number },
  ): number {
    const writer = this.#writer
    const { first, asks } = group
    const countAt = beginAskGroup(writer, { shard, round, first: first + group.at })
    let at = group.at
    for (; at < asks.length && writer.length < BATCH_BYTES_MAX; at += 1) {
      writeAsk(writer, asks[at] as Ask)
    }
    closeGroup(writer, countAt, at - group.at)
    if (writer.length < BATCH_BYTES_MAX) return at
    this.#publish(node)
    beginAsks(writer, this.#options.gateway, this.#options.session)
    return at
  }

  #publish(node: NodeId): void {
    const { cluster, transport } = this.#options
    this.#counts.batches += 1
    transport.publish(subjects.asks(cluster, node), this.#writer.take())
  }

  #receive(bytes: Uint8Array): void {
    const batch = this.#read(bytes)
    if (batch === undefined || batch.session !== this.#options.session || this.#isStopped) return
    const nowMs = this.#options.clock.monotonicMs()
    for (const part of batch.parts) this.#take(part, nowMs)
    this.#options.onReplies?.()
  }

  #read(bytes: Uint8Array): ReplyBatch | undefined {
    try {
      this.#reader.use(bytes)
      return readReplies(this.#reader)
    } catch (error) {
      if (!(error instanceof MalformedBytes)) throw error
      this.#counts.malformed += 1
      return undefined
    }
  }

  #take(part: ReplyPart, nowMs: number): void {
    const line = this.#lines[part.shard] as LinkLine
    if (part.kind === 'replies') return this.#takeReplies(line, part, nowMs)
    if (part.kind === 'refused') return line.refused(part.round, nowMs + REFUSED_MS)
    line.accepted(part.round, nowMs)
    if (line.isSendable) this.#markDirty(line)
  }

  #takeReplies(line: LinkLine, { reign, items }: RepliesPart, nowMs: number): void {
    if (!line.hears(reign)) {
      this.#counts.fenced += items.length // E6
      return
    }
    for (const { number, reply } of items) {
      const ask = line.take(number, nowMs)
      if (ask === undefined) this.#counts.late += 1
      else ask.onReply(reply) // LK5
    }
  }

  #checkOwners(): void {
    for (const line of this.#lines) {
      const owner = this.#options.owners.ownerOf(line.shard)
      if (owner === line.owner) continue
      line.owner = owner
      this.#restart(line)
    }
  }

  #restartAll(): void {
    for (const line of this.#lines) this.#restart(line)
  }

  #restart(line: LinkLine): void {
    line.restart()
    if (line.count === 0) return
    this.#counts.rounds += 1
    this.#markDirty(line)
  }

  #tick(): void {
    const nowMs = this.#options.clock.monotonicMs()
    for (const line of this.#lines) {
      if (line.count === 0) continue
      for (const ask of line.takeExpired(nowMs)) this.#giveUp(ask)
      if (line.retryAtMs <= nowMs) this.#restart(line)
      else if (line.owner !== undefined) this.#breakSilence(line, nowMs)
    }
  }

  #breakSilence(line: LinkLine, nowMs: number): void {
    const found = line.findSilence(nowMs)
    if (found === 'round') this.#restart(line)
    else if (found === 'repeated') this.#markDirty(line)
  }

  #giveUp(ask: Ask): void {
    ask.onReply(isQuery(ask.request) || !ask.wasSent ? UNAVAILABLE : UNKNOWN)
  }
}

function faultOf(code: LinkFault, detail: string, retryAfterMs: number): Reply {
  return Object.freeze({ kind: 'fault', code, detail, retryAfterMs })
}

const OVERLOADED = faultOf(
  'overloaded',
  'The server has more work than it can do in time. Nothing was done: try again shortly.',
  250,
)
const TOO_LARGE = faultOf(
  'overloaded',
  'The request names more seats than one message can carry. Send it in parts.',
  0,
)
const UNAVAILABLE = faultOf(
  'shard-unavailable',
  'The show does not answer at the moment: try again shortly.',
  1_000,
)
const UNKNOWN = faultOf(
  'outcome-unknown',
  'No answer came in time, so it is not known whether this was done. Repeat it with the same key.',
  1_000,
)
