// A cluster within one process on a real nats-server: allocators with connections of their own, one gateway's link.
//
// Owns: the parts of each node, a show on every shard, cutting a node from the broker.
// Leaves to others: what should happen (tests/cluster), real processes (tests/e2e).

import { ClusterAllocator } from '../../allocator/cluster-allocator.ts'
import { FeedPublisher } from '../../allocator/feed-publisher.ts'
import { JetStreamJournal } from '../../allocator/journal/jetstream.ts'
import { LinkServer } from '../../allocator/link-server.ts'
import { Membership } from '../../allocator/membership.ts'
import { MemorySnapshots } from '../../allocator/memory-snapshots.ts'
import { MembershipOwners } from '../../allocator/owners.ts'
import { PlacementWatch } from '../../allocator/placement-watch.ts'
import type { NatsServer } from '../../gateway/cluster/nats-server.ts'
import { NatsLink } from '../../gateway/nats-link.ts'
import { changeStored } from '../../shared/cas-store.ts'
import { systemClock } from '../../shared/clock.ts'
import type { HoldSeats, Request } from '../../shared/commands.ts'
import {
  asFrameNumber,
  asInstant,
  asLayoutNumber,
  asSeatIndexes,
  asShardNumber,
  asShowNumber,
  type CommandId,
  type CustomerId,
  type HoldId,
  idFromText,
  idOf,
  type NodeId,
  newSession,
  type ShardNumber,
  type ShowNumber,
} from '../../shared/ids.ts'
import { LIMITS } from '../../shared/limits.ts'
import { connectNats } from '../../shared/nats.ts'
import { NatsTransport } from '../../shared/nats-transport.ts'
import { shardOf } from '../../shared/placement.ts'
import { type PlacementTable, withOwner } from '../../shared/placement-table.ts'
import { DEFAULT_POLICY } from '../../shared/policy.ts'
import type { LedgerProgress } from '../../shared/ports.ts'
import type { Reply } from '../../shared/views.ts'
import { Plans } from './core-link.ts'
import { hallOf } from './halls.ts'
import { JetStreamLab } from './jetstream-lab.ts'
import { TcpProxy } from './tcp-proxy.ts'

const CLUSTER = 'lab'
const LAYOUT = asLayoutNumber(1)
export const SHARDS = Array.from({ length: LIMITS.shardCount }, (_, at) => asShardNumber(at))

/** A Ledger that is always as far as asked. */
const PROMPT_LEDGER: LedgerProgress = {
  cursorOf: () => asFrameNumber(0),
  whenPassed: (_shard, _frame, callback) => callback(),
}

export interface LabNode {
  readonly id: NodeId
  readonly allocator: ClusterAllocator
  readonly membership: Membership
  readonly proxy: TcpProxy
  readonly troubles: string[]
  end(): Promise<void>
}

export class ClusterLab {
  readonly nodes: LabNode[] = []
  readonly owners: MembershipOwners
  readonly link: NatsLink
  readonly placement: PlacementWatch
  readonly membership: Membership
  readonly snapshots = new MemorySnapshots()
  readonly plans = new Plans()
  readonly #server: NatsServer
  readonly #journals: JetStreamLab
  readonly #digest: string
  readonly #liars: Membership[] = []

  private constructor(
    server: NatsServer,
    journals: JetStreamLab,
    parts: { readonly membership: Membership; readonly placement: PlacementWatch },
  ) {
    this.#server = server
    this.#journals = journals
    this.membership = parts.membership
    this.placement = parts.placement
    this.#digest = this.plans.add(LAYOUT, hallOf({ rows: 20, seatsPerRow: 10 })).digest
    this.owners = new MembershipOwners(this.membership)
    this.link = new NatsLink({
      transport: new NatsTransport(journals.nats),
      cluster: CLUSTER,
      gateway: this.membership.self,
      session: newSession(),
      owners: this.owners,
      clock: systemClock,
    })
  }

  static async open(server: NatsServer, names: readonly string[]): Promise<ClusterLab> {
    const shardCount = LIMITS.shardCount
    const journals = await JetStreamLab.of([server.url], { cluster: CLUSTER, shardCount })
    const { nats } = journals
    const self = { node: 'gateway-1' as NodeId, role: 'gateway', pid: 1, weight: 1 } as const
    const membership = new Membership({ nats, cluster: CLUSTER, self, clock: systemClock })
    const placement = await PlacementWatch.open(nats, CLUSTER)
    const lab = new ClusterLab(server, journals, { membership, placement })
    await Promise.all(names.map(name => lab.join(name)))
    await lab.until(() => lab.owners.ownedCount === LIMITS.shardCount, 'every shard is served')
    return lab
  }

  async join(name: string): Promise<LabNode> {
    const id = name as NodeId
    const proxy = await TcpProxy.to({ host: '127.0.0.1', port: this.#server.options.port })
    const urls = [`nats://127.0.0.1:${proxy.port}`]
    const nats = await connectNats({ urls, name, pingMs: 500 })
    const self = { node: id, role: 'allocator', pid: 1, weight: 1 } as const
    const membership = new Membership({ nats, cluster: CLUSTER, self, clock: systemClock })
    const placement = await PlacementWatch.open(nats, CLUSTER)
    const transport = new NatsTransport(nats)
    const publisher = new FeedPublisher({ transport, cluster: CLUSTER })
    const troubles: string[] = []
    const allocator = new ClusterAllocator({
      journal: await JetStreamJournal.open({ nats, cluster: CLUSTER, silenceMs: 300 }),
      snapshots: this.snapshots,
      plans: this.plans,
      ledger: PROMPT_LEDGER,
      feed: publisher,
      onBegin: claim => publisher.begin({ ...claim, frame: claim.number }),
      onEnd: shard => publisher.end(shard),
      clock: systemClock,
      owner: name,
      membership,
      placement,
      onTrouble: sentence => troubles.push(sentence),
    })
    const { host } = allocator
    const link = new LinkServer({
      transport,
      cluster: CLUSTER,
      node: id,
      clock: systemClock,
      publisher,
      reignOf: shard => (host.serves(shard) ? host.writerOf(shard)?.durable : undefined),
      submit: (request, origin, onReply) => host.link.submit(request, origin, onReply),
    })
    const end = async (): Promise<void> => {
      await allocator.stop()
      link.stop()
      publisher.stop()
      placement.stop()
      await membership.stop()
      await nats.close()
      await proxy.close()
    }
    const node: LabNode = { id, allocator, membership, proxy, troubles, end }
    this.nodes.push(node)
    return node
  }

  nodeOf(shard: ShardNumber): LabNode {
    const found = this.nodes.find(node => node.id === this.owners.ownerOf(shard))
    if (found === undefined) throw new Error(`nobody serves shard ${shard}`)
    return found
  }

  other(node: LabNode): LabNode {
    const found = this.nodes.find(one => one !== node)
    if (found === undefined) throw new Error('the node is alone')
    return found
  }

  ask(request: Request): Promise<Reply> {
    return new Promise(resolve => this.link.submit(request, 0, resolve))
  }

  /** The first show of the shard, open for sale. */
  async openShow(shard: ShardNumber): Promise<ShowNumber> {
    let show = asShowNumber(1)
    while (shardOf(show) !== shard) show = asShowNumber(show + 1)
    const terms = {
      layout: LAYOUT,
      layoutDigest: this.#digest,
      policy: { ...DEFAULT_POLICY, orphans: 'off' as const, holdsMax: 1_000 },
      prices: [1_000],
      currency: 'EUR',
      startsAt: asInstant(Date.now() + 86_400_000),
      salesOpenAt: asInstant(0),
      salesCloseAt: asInstant(Date.now() + 80_000_000),
    }
    const reply = await this.ask({ kind: 'open-show', show, terms })
    if (reply.kind !== 'done') throw new Error(`show ${show}: ${JSON.stringify(reply)}`)
    return show
  }

  /** The wish of an operator; the allocators do the rest. */
  async wish(shard: ShardNumber, to: NodeId): Promise<PlacementTable | undefined> {
    return changeStored(this.placement.tables, table => table && withOwner(table, shard, to))
  }

  /** A reader of what stands in the streams. */
  openJournal(): Promise<JetStreamJournal> {
    return this.#journals.open()
  }

  /** An allocator that only beats: it says it is prepared, and then does nothing. */
  pretend({
    node,
    ready,
  }: {
    readonly node: NodeId
    readonly ready: readonly ShardNumber[]
  }): void {
    const self = { node, role: 'allocator', pid: 1, weight: 1 } as const
    const { nats } = this.#journals
    const liar = new Membership({ nats, cluster: CLUSTER, self, clock: systemClock })
    liar.speak(() => ({ state: 'serving', serves: [], ready, opsPort: 0 }))
    this.#liars.push(liar)
  }

  /** From now on nothing passes between the node and the broker. */
  cut({ proxy }: LabNode): void {
    proxy.isMute = true
    proxy.isDeaf = true
  }

  mend({ proxy }: LabNode): void {
    proxy.isMute = false
    proxy.isDeaf = false
    proxy.cut()
  }

  async until(condition: () => boolean, what: string, withinMs = 15_000): Promise<void> {
    const end = performance.now() + withinMs
    while (!condition()) {
      if (performance.now() > end) throw new Error(`not in time: ${what}`)
      await new Promise(resolve => setTimeout(resolve, 5))
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.nodes.map(node => node.end()))
    await Promise.all(this.#liars.map(liar => liar.stop()))
    this.link.stop()
    this.placement.stop()
    await this.membership.stop()
    await this.#journals.close()
  }
}

export function holdOn(show: ShowNumber, name: string, seats: readonly number[]): HoldSeats {
  const { b, c, d } = idFromText<HoldId>(`hold ${name}`)
  return {
    kind: 'hold-seats',
    show,
    customer: idFromText<CustomerId>(`customer ${name}`),
    isBoxOffice: false,
    key: { id: idFromText<CommandId>(`key ${name}`), bodyHigh: 1, bodyLow: 2 },
    hold: idOf<HoldId>(show, b, c, d),
    seats: asSeatIndexes(seats),
  }
}
