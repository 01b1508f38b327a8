// The allocator's side of the link: takes batches of asks, gives them to the shards, sends the replies.
//
//   <c>.ask.<node> -> batch read whole -> peer admits in order -> submit -> reply -> end of turn ->
//   one batch per gateway -> <c>.reply.<gateway>
//
// Owns: peers, asks in flight, which replies are for clients and which tell the link to ask elsewhere.
// Leaves to others: order per gateway (link-peer.ts), seats before replies (feed-publisher.ts).
//
//   LS3. What is not owned here, or stops being owned while it waits, is refused to the link: clients
//        never hear of a move. A retry is safe: D5 and gateway/link-keys.ts.
//   LS4. Every reply carries the reign in which its ask was taken (E6).
//   LS5. An ask that is still in flight in this reign is not submitted again: a repeat meets the first.
//   LS6. A malformed batch is counted and dropped whole; a message can never end the process.
//   LS7. Asks and bytes in flight are bounded: above that new ones are `overloaded` at once.

import { ByteReader, MalformedBytes } from '../shared/binary.ts'
import type { Request } from '../shared/commands.ts'
import type { NodeId, ShardNumber } from '../shared/ids.ts'
import {
  type AskBatch,
  type AskGroup,
  type AskItem,
  BATCH_BYTES_MAX,
  compareReigns,
  type ReignNumber,
  readAsks,
  subjects,
} from '../shared/link-batches.ts'
import type { Origin } from '../shared/link-news.ts'
import type { Clock, Transport } from '../shared/ports.ts'
import type { Reply } from '../shared/views.ts'
import type { FeedPublisher } from './feed-publisher.ts'
import { LinkPeer } from './link-peer.ts'

const ASKS_IN_FLIGHT_MAX = 131_072
const BYTES_IN_FLIGHT_MAX = 64 * 1024 * 1024
const SOCKET_SPAN = 2 ** 32
const FORGET_PEER_MS = 10 * 60_000

export interface LinkServerOptions {
  readonly transport: Transport
  readonly cluster: string
  readonly node: NodeId
  readonly clock: Clock
  /** sends seats before our replies and personal news after them */
  readonly publisher: FeedPublisher
  /** the reign in which the shard is served here (a frame of it will do); undefined: it is not */
  readonly reignOf: (shard: ShardNumber) => ReignNumber | undefined
  /** answers exactly once, possibly before it returns; `origin` comes back in PersonalNews */
  readonly submit: (request: Request, origin: number, onReply: (reply: Reply) => void) => void
  readonly asksInFlightMax?: number
  readonly bytesInFlightMax?: number
  /** runs a step at the end of the turn; setImmediate unless simulated */
  readonly schedule?: (step: () => void) => void
}

export interface LinkServerCounts {
  readonly asked: number
  readonly batches: number
  readonly refusedRounds: number
  readonly overloaded: number
  readonly malformed: number
}

export class LinkServer {
  readonly #options: LinkServerOptions
  readonly #peers = new Map<string, LinkPeer>()
  readonly #peersByIndex: (LinkPeer | undefined)[] = [undefined]
  readonly #reader = new ByteReader(new Uint8Array(0))
  readonly #schedule: (step: () => void) => void
  readonly #ends: (() => void)[]
  /** by shard: one object for as long as it is one reign */
  readonly #reigns: (ReignNumber | undefined)[] = []
  readonly #counts = { asked: 0, batches: 0, refusedRounds: 0, overloaded: 0, malformed: 0 }
  #waiting: LinkPeer[] = []
  #isScheduled = false
  #askCount = 0
  #byteCount = 0

  constructor(options: LinkServerOptions) {
    this.#options = options
    const { transport, cluster, node, publisher } = options
    this.#schedule = options.schedule ?? setImmediate
    publisher.connect({
      sendReplies: () => this.#sendReplies(),
      originOf: origin => this.#originOf(origin),
    })
    this.#ends = [
      transport.subscribe(subjects.asks(cluster, node), bytes => this.#receive(bytes)),
      transport.onBack(() => this.#askAgain()),
    ]
  }

  /** Asks that no shard has answered yet. */
  get inFlightCount(): number {
    return this.#askCount
  }

  counts(): LinkServerCounts {
    return { ...this.#counts }
  }

  /** Takes nothing more; replies that are still to come leave as ever. */
  stop(): void {
    for (const end of this.#ends) end()
  }

  #receive(bytes: Uint8Array): void {
    const batch = this.#read(bytes)
    if (batch === undefined) return
    const peer = this.#peerOf(batch)
    for (const group of batch.groups) this.#take(peer, group)
    if (peer.hasReplies) this.#replyLater(peer)
  }

  /** LS6 */
  #read(bytes: Uint8Array): AskBatch | undefined {
    try {
      this.#reader.use(bytes)
      return readAsks(this.#reader)
    } catch (error) {
      if (!(error instanceof MalformedBytes)) throw error
      this.#counts.malformed += 1
      return undefined
    }
  }

  #take(peer: LinkPeer, group: AskGroup): void {
    const { shard } = group
    const reign = this.#reignOf(shard)
    const asks = peer.admit(group, reign !== undefined)
    if (reign === undefined || peer.isRefused(shard)) this.#counts.refusedRounds += 1
    if (reign === undefined) return
    for (const ask of asks) {
      if (peer.isRefused(shard)) return // LS3: the shard was lost within this very loop
      if (peer.inFlight.get(ask.number) !== reign) this.#submit(peer, { shard, reign, ask }) // LS5
    }
  }

  #reignOf(shard: ShardNumber): ReignNumber | undefined {
    const reign = this.#options.reignOf(shard)
    if (reign === undefined) return undefined
    const known = this.#reigns[shard]
    if (known !== undefined && compareReigns(known, reign) === 0) return known
    const { incarnation, epoch } = reign
    const noted = { incarnation, epoch }
    this.#reigns[shard] = noted
    return noted
  }

  /** Asks and replies were lost while the connection was away: whoever still waits begins anew. */
  #askAgain(): void {
    for (const peer of this.#peers.values()) {
      peer.refuseAll()
      if (peer.hasReplies) this.#replyLater(peer)
    }
  }

  #submit(
    peer: LinkPeer,
    asked: { readonly shard: ShardNumber; readonly reign: ReignNumber; readonly ask: AskItem },
  ): void {
    const { shard, reign, ask } = asked
    const { number, bytes } = ask
    if (this.#isFull(bytes)) {
      this.#counts.overloaded += 1
      peer.add({ shard, reign, number }, OVERLOADED, TOO_LARGE)
      return
    }
    this.#counts.asked += 1
    this.#askCount += 1
    this.#byteCount += bytes
    peer.inFlight.set(number, reign)
    const origin = ask.origin === 0 ? 0 : peer.index * SOCKET_SPAN + ask.origin
    this.#options.submit(ask.request, origin, reply => {
      this.#askCount -= 1
      this.#byteCount -= bytes
      if (peer.inFlight.get(number) === reign) peer.inFlight.delete(number)
      this.#answer(peer, { shard, reign, number }, reply)
    })
  }

  /** LS7 */
  #isFull(bytes: number): boolean {
    const { asksInFlightMax, bytesInFlightMax } = this.#options
    return (
      this.#askCount >= (asksInFlightMax ?? ASKS_IN_FLIGHT_MAX) ||
      this.#byteCount + bytes > (bytesInFlightMax ?? BYTES_IN_FLIGHT_MAX)
    )
  }

  #answer(
    peer: LinkPeer,
    answer: { readonly shard: ShardNumber; readonly reign: ReignNumber; readonly number: number },
    reply: Reply,
  ): void {
    if (isAboutOwnership(reply)) {
      if (!peer.isRefused(answer.shard)) peer.refuse(answer.shard) // LS3
    } else {
      peer.add(answer, reply, TOO_LARGE)
      if (peer.replyBytes > BATCH_BYTES_MAX) return this.#options.publisher.turnEnded()
    }
    this.#replyLater(peer)
  }

  /** Most replies leave with the writers' turn; what comes outside of one leaves with this job. */
  #replyLater(peer: LinkPeer): void {
    if (this.#waiting.includes(peer)) return
    this.#waiting.push(peer)
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#schedule(this.#endTurn)
  }

  readonly #endTurn = (): void => {
    this.#isScheduled = false
    if (this.#waiting.length > 0) this.#options.publisher.turnEnded()
  }

  #sendReplies(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const peer of waiting) {
      if (!peer.hasReplies) continue
      this.#counts.batches += 1
      this.#options.transport.publish(peer.subject, peer.takeReplies())
    }
  }

  #peerOf({ gateway, session }: AskBatch): LinkPeer {
    const name = `${gateway} ${session}`
    const peer = this.#peers.get(name) ?? this.#addPeer(name, gateway, session)
    peer.heardAtMs = this.#options.clock.monotonicMs()
    return peer
  }

  #addPeer(name: string, gateway: NodeId, session: number): LinkPeer {
    this.#forgetSilent()
    const free = this.#peersByIndex.indexOf(undefined, 1)
    const index = free === -1 ? this.#peersByIndex.length : free
    const subject = subjects.replies(this.#options.cluster, gateway)
    const peer = new LinkPeer({ subject, session, index })
    this.#peers.set(name, peer)
    this.#peersByIndex[index] = peer
    return peer
  }

  /** Gateways that are gone for long and owe nobody anything. */
  #forgetSilent(): void {
    const oldest = this.#options.clock.monotonicMs() - FORGET_PEER_MS
    for (const [name, peer] of this.#peers) {
      if (peer.heardAtMs >= oldest || peer.inFlight.size > 0 || peer.hasReplies) continue
      this.#peers.delete(name)
      this.#peersByIndex[peer.index] = undefined
    }
  }

  #originOf(origin: number): Origin | undefined {
    const peer = this.#peersByIndex[Math.floor(origin / SOCKET_SPAN)]
    return peer === undefined ? undefined : { session: peer.session, socket: origin % SOCKET_SPAN }
  }
}

/** Said by a shard that is not, or no longer, at home here: another owner answers better. LS3 */
function isAboutOwnership(reply: Reply): boolean {
  if (reply.kind !== 'fault') return false
  return reply.code === 'shard-unavailable' || reply.code === 'outcome-unknown'
}

const OVERLOADED: Reply = Object.freeze({
  kind: 'fault',
  code: 'overloaded',
  detail: 'The server has more work than it can do in time. Nothing was done: try again shortly.',
  retryAfterMs: 250,
})

const TOO_LARGE: Reply = Object.freeze({
  kind: 'fault',
  code: 'overloaded',
  detail: 'The answer is larger than one message can carry: ask for less at once.',
  retryAfterMs: 1_000,
})
