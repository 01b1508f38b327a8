// Gateways and allocators in one thread and one seeded time, with a network that does its worst.
//
// Owns: time, the network's mischief, shards that decide by appending to one durable list each.
// Leaves to others: what should come of it (the tests).
//
//   A shard here knows keys (D5), reigns (E1, E2) and frames, and nothing of seats: what is decided is
//   the number of the execution. An owner that was replaced learns it when it appends, as in life.

import { FeedPublisher } from '../../allocator/feed-publisher.ts'
import { LinkServer } from '../../allocator/link-server.ts'
import { type FeedEnd, FeedSubscriber } from '../../gateway/feed-subscriber.ts'
import { NatsLink } from '../../gateway/nats-link.ts'
import type { HoldSeats, Request } from '../../shared/commands.ts'
import {
  asEpoch,
  asFrameNumber,
  asIncarnation,
  asInstant,
  asSeatIndexes,
  asShowNumber,
  type CustomerId,
  type HoldId,
  idFromText,
  idOf,
  idTextOf,
  type NodeId,
  type ShardNumber,
  type ShowNumber,
} from '../../shared/ids.ts'
import { LIMITS } from '../../shared/limits.ts'
import type { ReignNumber } from '../../shared/link-batches.ts'
import type { ShardHead } from '../../shared/link-news.ts'
import { MemoryNetwork, type Passage } from '../../shared/memory-transport.ts'
import { shardOf } from '../../shared/placement.ts'
import type { Owners, Transport } from '../../shared/ports.ts'
import type { FrameNews, HoldView, PersonalNews, Reply } from '../../shared/views.ts'
import { Random } from '../simulation/random.ts'
import { ManualClock } from '../support/manual-clock.ts'

export const CLUSTER = 'test'

interface Event {
  readonly atMs: number
  readonly order: number
  readonly run: () => void
}

/** What the network does to a message; all 0 is a good day. */
export interface Mischief {
  readonly loss: number
  readonly duplicates: number
  /** each message is late by up to so much, so that later ones overtake it */
  readonly delayMsMax: number
}

export const GOOD_DAY: Mischief = { loss: 0, duplicates: 0, delayMsMax: 0 }

export class LinkWorld {
  readonly clock = new ManualClock()
  readonly random: Random
  readonly network: MemoryNetwork
  readonly shards: DurableShard[] = []
  readonly gateways: TestGateway[] = []
  readonly allocators: TestAllocator[] = []
  mischief = GOOD_DAY
  /** false: the message is lost */
  admit: (passage: Passage) => boolean = () => true
  #events: Event[] = []
  #order = 0

  constructor(seed: number) {
    this.random = new Random(seed)
    this.network = new MemoryNetwork(passage => this.#carry(passage))
    for (let shard = 0; shard < LIMITS.shardCount; shard += 1) this.shards.push(new DurableShard())
  }

  gateway(name: string): TestGateway {
    const gateway = new TestGateway(this, name)
    this.gateways.push(gateway)
    return gateway
  }

  allocator(name: string): TestAllocator {
    const allocator = new TestAllocator(this, name)
    this.allocators.push(allocator)
    return allocator
  }

  /** Every gateway hears of it, each in its own time. */
  assign(shard: ShardNumber, node: NodeId | undefined, withinMs = 0): void {
    for (const { owners } of this.gateways) {
      this.after(this.random.below(withinMs + 1), () => owners.set(shard, node))
    }
  }

  readonly after = (ms: number, run: () => void): void => {
    this.#order += 1
    this.#events.push({ atMs: this.clock.monotonicMs() + ms, order: this.#order, run })
  }

  readonly schedule = (step: () => void): void => this.after(0, step)

  readonly every = (ms: number, run: () => void): (() => void) => {
    let isOver = false
    const again = (): void => {
      if (isOver) return
      run()
      this.after(ms, again)
    }
    this.after(ms, again)
    return () => {
      isOver = true
    }
  }

  /** Lets so much time pass, one event after another. */
  run(ms: number): void {
    const endMs = this.clock.monotonicMs() + ms
    for (;;) {
      const at = this.#firstBefore(endMs)
      const event = this.#events[at]
      if (event === undefined) break
      this.#events.splice(at, 1)
      this.clock.advance(Math.max(0, event.atMs - this.clock.monotonicMs()))
      event.run()
    }
    this.clock.advance(endMs - this.clock.monotonicMs())
  }

  #firstBefore(endMs: number): number {
    let found = -1
    for (const [at, event] of this.#events.entries()) {
      const best = this.#events[found]
      if (event.atMs > endMs) continue
      const isFirst =
        best === undefined ||
        event.atMs < best.atMs ||
        (event.atMs === best.atMs && event.order < best.order)
      if (isFirst) found = at
    }
    return found
  }

  #carry(passage: Passage): void {
    if (!this.admit(passage) || this.random.chance(this.mischief.loss)) return
    const count = this.random.chance(this.mischief.duplicates) ? 2 : 1
    for (let copy = 0; copy < count; copy += 1) {
      this.after(this.random.below(this.mischief.delayMsMax + 1), () => passage.arrive())
    }
  }
}

/** What survives its owners. */
export class DurableShard {
  epoch = 0
  frame = 0
  version = 0
  /** the number of each command's only execution, by its key */
  readonly byKey = new Map<string, number>()
  /** commands in the order of their first execution */
  readonly executed: HoldSeats[] = []
}

export class TestOwners implements Owners {
  readonly #owners: (NodeId | undefined)[] = []
  readonly #listeners = new Set<() => void>()

  ownerOf(shard: ShardNumber): NodeId | undefined {
    return this.#owners[shard]
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  set(shard: ShardNumber, node: NodeId | undefined): void {
    this.#owners[shard] = node
    for (const listener of [...this.#listeners]) listener()
  }
}

export interface Told {
  readonly name: string
  readonly reply: Reply
}

export class TestGateway implements FeedEnd {
  readonly transport: Transport
  readonly owners = new TestOwners()
  readonly link: NatsLink
  readonly subscriber: FeedSubscriber
  readonly session: number
  /** answers in the order in which they came */
  readonly told: Told[] = []
  /** `seats FRAME`, `reply NAME`, `personal SOCKET`, `turn ended`, `hole SHARD` as they came */
  readonly heard: string[] = []
  readonly news: FrameNews[] = []
  readonly personalNews: PersonalNews[] = []

  constructor(world: LinkWorld, name: string) {
    this.transport = world.network.at(name)
    this.session = world.random.below(2 ** 32 - 1) + 1
    const { clock, schedule, every } = world
    const common = { transport: this.transport, cluster: CLUSTER, session: this.session }
    this.subscriber = new FeedSubscriber({ ...common, sink: this, clock, schedule, every })
    this.link = new NatsLink({
      ...common,
      gateway: name as NodeId,
      owners: this.owners,
      clock,
      onReplies: () => this.subscriber.noteOutput(),
      asksPerNodeMax: 2_000,
      giveUpMs: 600_000,
      schedule,
      every,
    })
  }

  ask(name: string, request: Request, origin = 0): void {
    this.link.submit(request, origin, reply => {
      this.heard.push(`reply ${name}`)
      this.told.push({ name, reply })
    })
  }

  replyTo(name: string): Reply | undefined {
    return this.told.find(told => told.name === name)?.reply
  }

  seats(news: FrameNews): void {
    this.heard.push(`seats ${news.frame}`)
    this.news.push(news)
  }

  personal(news: readonly PersonalNews[]): void {
    for (const item of news) {
      this.heard.push(`personal ${item.origin}`)
      this.personalNews.push(item)
    }
  }

  turnEnded(): void {
    this.heard.push('turn ended')
  }

  mayHaveHole(shard: ShardNumber, _head?: ShardHead): void {
    this.heard.push(`hole ${shard}`)
  }
}

interface Waiting {
  readonly request: Request
  readonly origin: number
  readonly onReply: (reply: Reply) => void
}

const APPEND_MS = 2

export class TestAllocator {
  readonly node: NodeId
  readonly transport: Transport
  readonly publisher: FeedPublisher
  readonly server: LinkServer
  /** a process that was stopped: it neither hears nor says anything until it continues */
  isPaused = false
  readonly #world: LinkWorld
  readonly #reigns = new Map<ShardNumber, ReignNumber & { announced: number }>()
  readonly #inboxes = new Map<ShardNumber, Waiting[]>()

  constructor(world: LinkWorld, name: string) {
    this.#world = world
    this.node = name as NodeId
    this.transport = world.network.at(name)
    const { clock, schedule, every } = world
    const common = { transport: this.transport, cluster: CLUSTER }
    this.publisher = new FeedPublisher({ ...common, every })
    this.server = new LinkServer({
      ...common,
      node: this.node,
      clock,
      publisher: this.publisher,
      reignOf: shard => this.#reigns.get(shard),
      submit: (request, origin, onReply) => this.#submit({ request, origin, onReply }),
      schedule,
    })
  }

  claim(shard: ShardNumber): void {
    if (this.#reigns.has(shard)) this.#lose(shard)
    const durable = this.#world.shards[shard] as DurableShard
    durable.epoch += 1
    durable.frame += 1
    const reign = { incarnation: asIncarnation(1), epoch: asEpoch(durable.epoch) }
    this.#reigns.set(shard, { ...reign, announced: durable.frame })
    this.#inboxes.set(shard, [])
    this.publisher.begin({ shard, ...reign, frame: asFrameNumber(durable.frame) })
  }

  /** Takes nothing more; what waits is decided and told first. */
  cede(shard: ShardNumber): void {
    this.#decide(shard)
    this.#lose(shard)
  }

  #lose(shard: ShardNumber): void {
    this.#reigns.delete(shard)
    this.publisher.end(shard)
    const waiting = this.#inboxes.get(shard) ?? []
    this.#inboxes.delete(shard)
    for (const { onReply } of waiting) onReply(UNAVAILABLE)
  }

  #submit(waiting: Waiting): void {
    const shard = shardOf(waiting.request.show)
    const inbox = this.#inboxes.get(shard)
    if (inbox === undefined) return waiting.onReply(UNAVAILABLE)
    inbox.push(waiting)
    if (inbox.length === 1) this.#world.after(APPEND_MS, () => this.#decide(shard))
  }

  #decide(shard: ShardNumber): void {
    const waiting = this.#inboxes.get(shard) ?? []
    const reign = this.#reigns.get(shard)
    if (waiting.length === 0 || reign === undefined) return
    this.#inboxes.set(shard, [])
    const durable = this.#world.shards[shard] as DurableShard
    if (durable.epoch !== reign.epoch) {
      for (const { onReply } of waiting) onReply(UNKNOWN) // E2
      return this.#lose(shard)
    }
    durable.frame += 1
    const from = durable.version
    const replies = waiting.map(({ request }) => execute(durable, request as HoldSeats))
    this.#announce(shard, waiting[0]?.request.show ?? asShowNumber(1), from)
    reign.announced = durable.frame
    for (const [at, { onReply }] of waiting.entries()) onReply(replies[at] as Reply)
    this.publisher.personal(
      waiting.map(({ origin }, at) => personalOf(replies[at] as Reply, origin)),
    )
    this.publisher.turnEnded()
  }

  #announce(shard: ShardNumber, show: ShowNumber, from: number): void {
    const durable = this.#world.shards[shard] as DurableShard
    const reign = this.#reigns.get(shard)
    if (reign === undefined || from === durable.version) return
    const { incarnation, epoch, announced } = reign
    this.publisher.seats({
      shard,
      incarnation,
      epoch,
      frame: asFrameNumber(durable.frame),
      previousFrame: asFrameNumber(announced),
      now: asInstant(durable.frame),
      shows: [
        {
          show,
          from,
          to: durable.version,
          changes: new Int32Array(durable.version - from).fill(5),
          counts: { free: 9, reserved: 0, held: 1, sold: 0, blocked: 0 },
          status: 'on-sale',
        },
      ],
    })
  }
}

/** D5 */
function execute(durable: DurableShard, request: HoldSeats): Reply {
  const name = request.key === undefined ? undefined : idTextOf(request.key.id)
  if (name === undefined) throw new Error('the link sent a hold without a key')
  const known = durable.byKey.get(name)
  if (known === undefined) {
    durable.version += 1
    durable.executed.push(request)
    durable.byKey.set(name, durable.executed.length)
  }
  const number = known ?? durable.executed.length
  return {
    kind: 'hold',
    hold: viewOf(request, durable.epoch, number),
    isReplay: known !== undefined,
    now: asInstant(number),
  }
}

function viewOf(request: HoldSeats, epoch: number, number: number): HoldView {
  return {
    id: request.hold,
    show: request.show,
    customer: request.customer,
    phase: 'selecting',
    seats: request.seats,
    prices: request.seats.map(() => 100),
    createdAt: asInstant(1),
    expiresAt: asInstant(2),
    extensionsLeft: 1,
    origin: 'direct',
    incarnation: asIncarnation(epoch),
    sequence: number as HoldView['sequence'],
  }
}

function personalOf(reply: Reply, origin: number): PersonalNews {
  if (reply.kind !== 'hold') throw new Error('only holds are asked for here')
  return { customer: reply.hold.customer, origin, hold: reply.hold }
}

export function holdOf(name: string, show: ShowNumber): HoldSeats {
  const { b, c, d } = idFromText<HoldId>(name)
  return {
    kind: 'hold-seats',
    show,
    customer: idFromText<CustomerId>(`customer of ${name}`),
    isBoxOffice: false,
    hold: idOf<HoldId>(show, b, c, d),
    seats: asSeatIndexes([1, 2]),
  }
}

const UNAVAILABLE: Reply = {
  kind: 'fault',
  code: 'shard-unavailable',
  detail: 'not here',
  retryAfterMs: 1,
}
const UNKNOWN: Reply = { ...UNAVAILABLE, code: 'outcome-unknown' }
