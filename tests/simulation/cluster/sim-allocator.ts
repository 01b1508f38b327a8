// One allocator process of a simulated cluster: the real one, on simulated ports.
//
// Owns: how its parts hang together (as gateway/cluster/allocator-process.ts does), its reigns.
// Leaves to others: its loop (sim-node.ts), judging what it says (judge.ts).
//
//   AL1. What a reign says is judged as that reign's, whoever hears it and when.

import { ClusterAllocator } from '../../../allocator/cluster-allocator.ts'
import { digestOf } from '../../../allocator/core/digest.ts'
import { FeedPublisher } from '../../../allocator/feed-publisher.ts'
import { LinkServer } from '../../../allocator/link-server.ts'
import { type BeatWire, Membership } from '../../../allocator/membership.ts'
import { PlacementWatch, type TableStore } from '../../../allocator/placement-watch.ts'
import type { Writer } from '../../../allocator/writer.ts'
import type { Request } from '../../../shared/commands.ts'
import type { NodeId, ShardNumber } from '../../../shared/ids.ts'
import { shardOf } from '../../../shared/placement.ts'
import type {
  EncodedFrame,
  FeedSink,
  Journal,
  LedgerProgress,
  PlanSource,
  SnapshotStore,
  Transport,
} from '../../../shared/ports.ts'
import type { FrameNews, PersonalNews, Reply } from '../../../shared/views.ts'
import type { Speaker } from '../judge.ts'
import type { SimNode } from './sim-node.ts'

export const CLUSTER = 'sim'

/** One reign over one shard. AL1 */
export class SimReign implements Speaker {
  readonly shard: ShardNumber
  readonly node: SimNode
  readonly epoch: number
  readonly claimTimes: ReadonlyMap<ShardNumber, number>
  readonly startedAtMs: number
  readonly servingAtMs: number
  learnedAtMs = 0
  isOpen = true
  readonly #writer: Writer

  constructor(facts: {
    readonly node: SimNode
    readonly claim: EncodedFrame
    readonly writer: Writer
    readonly startedAtMs: number
    readonly servingAtMs: number
  }) {
    const { node, claim, writer } = facts
    this.node = node
    this.shard = claim.shard
    this.epoch = claim.epoch
    this.claimTimes = new Map([[claim.shard, claim.time]])
    this.startedAtMs = facts.startedAtMs
    this.servingAtMs = facts.servingAtMs
    this.#writer = writer
  }

  durableFrame(): number {
    return this.#writer.durable.number
  }

  get isIdle(): boolean {
    return !this.#writer.isInFlight && this.#writer.waitingCount === 0
  }

  digest(): string {
    return digestOf(this.#writer.shard.state)
  }
}

export interface AllocatorPorts {
  readonly node: SimNode
  readonly transport: Transport
  readonly journal: Journal
  readonly snapshots: SnapshotStore
  readonly plans: PlanSource
  readonly ledger: LedgerProgress
  readonly tables: TableStore
  readonly snapshotEveryMs: number
  /** true time of the frame before a claim: its reign's clock began later */
  readonly storedAtMs: (shard: ShardNumber, frame: number) => number
  readonly onBegin: (reign: SimReign) => void
  readonly onEnd: (reign: SimReign) => void
  readonly onTaken: (reign: SimReign, request: Request) => void
  readonly onReply: (reign: SimReign, request: Request, reply: Reply) => void
  readonly onNews: (reign: SimReign, news: FrameNews) => void
  readonly onPersonal: (reign: SimReign, news: readonly PersonalNews[]) => void
  readonly onTrouble: (sentence: string, cause?: unknown) => void
}

export class SimAllocator {
  readonly node: SimNode
  readonly reigns = new Map<ShardNumber, SimReign>()
  isLeaving = false
  readonly #ports: AllocatorPorts
  readonly #membership: Membership
  readonly #publisher: FeedPublisher
  #allocator: ClusterAllocator | undefined

  constructor(ports: AllocatorPorts) {
    this.#ports = ports
    const { node, transport } = ports
    this.node = node
    this.#membership = membershipOf(node, transport, 'allocator')
    this.#publisher = new FeedPublisher({ transport, cluster: CLUSTER, every: node.every })
  }

  get isIdle(): boolean {
    return [...this.reigns.values()].every(reign => reign.isIdle)
  }

  /** Rejects when the table cannot be read: the process would end. */
  async start(): Promise<void> {
    const { node, transport } = this.#ports
    const placement = await PlacementWatch.of(this.#ports.tables, node)
    const allocator = new ClusterAllocator({
      ...this.#ports,
      journal: this.#learning(this.#ports.journal),
      feed: this.#feed(),
      onBegin: claim => this.#begin(claim),
      onEnd: shard => this.#end(shard),
      clock: node.clock,
      owner: node.name,
      membership: this.#membership,
      placement,
      timers: node,
      every: node.every,
      schedule: node.schedule,
    })
    this.#allocator = allocator
    const { host } = allocator
    new LinkServer({
      transport,
      cluster: CLUSTER,
      node: node.name as NodeId,
      clock: node.clock,
      publisher: this.#publisher,
      reignOf: shard => (host.serves(shard) ? host.writerOf(shard)?.durable : undefined),
      submit: (request, origin, onReply) => this.#submit(request, origin, onReply),
      schedule: node.schedule,
    })
  }

  /** Leaves as `usher allocator` does at SIGTERM. */
  async stop(): Promise<void> {
    this.isLeaving = true
    await this.#allocator?.stop()
    await this.#membership.stop()
  }

  #submit(request: Request, origin: number, onReply: (reply: Reply) => void): void {
    const reign = this.reigns.get(shardOf(request.show))
    if (reign !== undefined) this.#ports.onTaken(reign, request)
    this.#allocator?.host.link.submit(request, origin, reply => {
      if (!this.node.isAlive) return
      if (reign !== undefined) this.#ports.onReply(reign, request, reply)
      onReply(reply)
    })
  }

  #learning(journal: Journal): Journal {
    return {
      append: async frame => {
        const outcome = await journal.append(frame)
        const reign = this.reigns.get(frame.shard)
        if (reign !== undefined) reign.learnedAtMs = this.node.clock.monotonicMs()
        return outcome
      },
      read: (shard, from) => journal.read(shard, from),
      head: shard => journal.head(shard),
      close: () => journal.close(),
    }
  }

  #feed(): FeedSink {
    const publisher = this.#publisher
    return {
      seats: news => {
        const reign = this.reigns.get(news.shard)
        if (reign !== undefined && this.node.isAlive) this.#ports.onNews(reign, news)
        publisher.seats(news)
      },
      personal: news => {
        const show = (news[0]?.hold ?? news[0]?.entry)?.show
        const reign = show === undefined ? undefined : this.reigns.get(shardOf(show))
        if (reign !== undefined && this.node.isAlive) this.#ports.onPersonal(reign, news)
        publisher.personal(news)
      },
      turnEnded: () => publisher.turnEnded(),
    }
  }

  #begin(claim: EncodedFrame): void {
    const writer = this.#allocator?.host.writerOf(claim.shard)
    if (writer === undefined || !this.node.isAlive) return
    const startedAtMs = this.#ports.storedAtMs(claim.shard, claim.number - 1)
    const servingAtMs = this.node.clock.monotonicMs()
    const reign = new SimReign({ node: this.node, claim, writer, startedAtMs, servingAtMs })
    this.reigns.set(claim.shard, reign)
    this.#ports.onBegin(reign)
    this.#publisher.begin({ ...claim, frame: claim.number })
  }

  #end(shard: ShardNumber): void {
    this.#publisher.end(shard)
    const reign = this.reigns.get(shard)
    this.reigns.delete(shard)
    if (reign !== undefined && this.node.isAlive) this.#ports.onEnd(reign)
  }
}

export function membershipOf(
  node: SimNode,
  transport: Transport,
  role: 'allocator' | 'gateway',
): Membership {
  const self = { node: node.name as NodeId, role, pid: 1, weight: 1 }
  return new Membership({
    nats: wireOver(transport),
    cluster: CLUSTER,
    self,
    clock: node.clock,
    timers: node,
  })
}

const encoder = new TextEncoder()

function wireOver(transport: Transport): BeatWire {
  return {
    publish: (subject, text) => transport.publish(subject, encoder.encode(text)),
    subscribe: (subject, { callback }) =>
      transport.subscribe(subject, data => callback(null, { data })),
    flush: async () => undefined,
  }
}
