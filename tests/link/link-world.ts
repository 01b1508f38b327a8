import { type FeedEnd, FeedSubscriber } from '../../gateway/feed-subscriber.ts'
import { NatsLink } from '../../gateway/nats-link.ts'
import type { Request } from '../../shared/commands.ts'
import type { NodeId, ShardNumber } from '../../shared/ids.ts'
import { LIMITS } from '../../shared/limits.ts'
import type { ShardHead } from '../../shared/link-news.ts'
import { MemoryNetwork, type Passage } from '../../shared/memory-transport.ts'
import type { Owners, Transport } from '../../shared/ports.ts'
import type { FrameNews, PersonalNews, Reply } from '../../shared/views.ts'
import { Random } from '../simulation/random.ts'
import { ManualClock } from '../support/manual-clock.ts'

import { DurableShard, TestAllocator } from './link-allocator.ts'

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
