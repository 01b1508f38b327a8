// One gateway process of a simulated cluster: the real router, link and feed, and somebody who watches.
//
// Owns: how its parts hang together (as gateway/cluster/gateway-process.ts does).
// Leaves to others: its loop (sim-node.ts), who asks (cluster-world.ts), judging (client-judge.ts).

import { MembershipOwners } from '../../../allocator/owners.ts'
import { Feed } from '../../../gateway/feed.ts'
import { type FeedEnd, FeedSubscriber } from '../../../gateway/feed-subscriber.ts'
import { NatsLink } from '../../../gateway/nats-link.ts'
import { Router } from '../../../gateway/router.ts'
import type { Request } from '../../../shared/commands.ts'
import type { NodeId, ShowNumber } from '../../../shared/ids.ts'
import type { Transport } from '../../../shared/ports.ts'
import type { PersonalNews, Reply } from '../../../shared/views.ts'
import { CLUSTER, membershipOf } from './sim-allocator.ts'
import type { SimNode } from './sim-node.ts'
import { SimWatcher } from './sim-watcher.ts'

export interface GatewayPorts {
  readonly node: SimNode
  readonly transport: Transport
  /** of this run of the gateway */
  readonly session: number
  readonly shows: readonly ShowNumber[]
  readonly onPersonal: (news: readonly PersonalNews[]) => void
  /** everything that arrived together is taken */
  readonly onTurnEnded: () => void
  /** the feed as it is; a test may plant a bug */
  readonly feedEndOver: (honest: FeedEnd) => FeedEnd
}

export class SimGateway {
  readonly node: SimNode
  readonly session: number
  readonly link: NatsLink
  readonly router: Router
  readonly feed: Feed
  readonly watchers: readonly SimWatcher[]
  readonly subscriber: FeedSubscriber

  constructor(ports: GatewayPorts) {
    const { node, transport, session } = ports
    this.node = node
    this.session = session
    const { clock, schedule, every } = node
    const membership = membershipOf(node, transport, 'gateway')
    const owners = new MembershipOwners(membership)
    const common = { transport, cluster: CLUSTER, session, clock, schedule, every }
    const onReplies = (): void => this.subscriber.noteOutput()
    this.link = new NatsLink({ ...common, gateway: node.name as NodeId, owners, onReplies })
    this.router = new Router({ link: this.link, clock, timers: node })
    const publish = (topic: string, message: string | Uint8Array): void => {
      for (const watcher of this.watchers) watcher.published(topic, message)
    }
    this.feed = new Feed({ router: this.router, publish, clock, timers: node })
    this.watchers = ports.shows.map(show => new SimWatcher(show, this.feed))
    const feed = this.feed
    this.subscriber = new FeedSubscriber({
      ...common,
      sink: ports.feedEndOver({
        seats: news => feed.seats(news),
        mayHaveHole: (shard, head) => feed.mayHaveHole(shard, head),
        personal: ports.onPersonal,
        turnEnded: () => {
          feed.turnEnded()
          ports.onTurnEnded()
        },
      }),
    })
    membership.speak(() => ({ state: 'serving', serves: [], ready: [], opsPort: 1 }))
  }

  ask(request: Request, origin: number, onReply: (reply: Reply) => void): void {
    this.node.run(() => this.router.ask(request, origin, onReply))
  }

  /** Whoever watches a show that is not known here tries again. */
  watch(): void {
    this.node.run(() => {
      for (const watcher of this.watchers) watcher.join()
    })
  }
}
