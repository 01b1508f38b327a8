// The link and the feed over a real broker: two gateways, two allocators, a move, a broken connection.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { NatsConnection } from '@nats-io/nats-core'
import { FeedPublisher } from '../../allocator/feed-publisher.ts'
import { LinkServer } from '../../allocator/link-server.ts'
import type { NatsServer } from '../../gateway/cluster/nats-server.ts'
import { type FeedEnd, FeedSubscriber } from '../../gateway/feed-subscriber.ts'
import { NatsLink } from '../../gateway/nats-link.ts'
import { systemClock } from '../../shared/clock.ts'
import type { Request } from '../../shared/commands.ts'
import {
  asEpoch,
  asFrameNumber,
  asIncarnation,
  asInstant,
  asShowNumber,
  type NodeId,
  newSession,
  type ShardNumber,
} from '../../shared/ids.ts'
import { connectNats } from '../../shared/nats.ts'
import { NatsTransport } from '../../shared/nats-transport.ts'
import { shardOf } from '../../shared/placement.ts'
import type { FrameNews, PersonalNews, Reply } from '../../shared/views.ts'
import { freshNats, needsNats } from '../support/nats.ts'
import { holdOf } from './link-allocator.ts'
import { TestOwners } from './link-world.ts'

const SHOW = asShowNumber(1)
const SHARD = shardOf(SHOW)
const CLUSTER = 'linked'

class Gateway implements FeedEnd {
  readonly owners = new TestOwners()
  readonly link: NatsLink
  readonly subscriber: FeedSubscriber
  readonly heard: string[] = []
  readonly replies: Reply[] = []
  readonly news: FrameNews[] = []
  readonly origins: number[] = []

  constructor(nats: NatsConnection, name: string) {
    const transport = new NatsTransport(nats)
    const common = { transport, cluster: CLUSTER, session: newSession(), clock: systemClock }
    this.subscriber = new FeedSubscriber({ ...common, sink: this })
    this.link = new NatsLink({
      ...common,
      gateway: name as NodeId,
      owners: this.owners,
      onReplies: () => this.subscriber.noteOutput(),
    })
  }

  ask(request: Request, origin = 0): Promise<Reply> {
    return new Promise(resolve => {
      this.link.submit(request, origin, reply => {
        this.heard.push('reply')
        this.replies.push(reply)
        resolve(reply)
      })
    })
  }

  seats(news: FrameNews): void {
    this.heard.push(`seats ${news.frame}`)
    this.news.push(news)
  }

  personal(news: readonly PersonalNews[]): void {
    for (const { origin } of news) this.origins.push(origin)
  }

  mayHaveHole(shard: ShardNumber): void {
    this.heard.push(`hole ${shard}`)
  }

  turnEnded(): void {}

  stop(): void {
    this.link.stop()
    this.subscriber.stop()
  }
}

/** A shard that says yes to everything, frame after frame; `epoch` 0 is no owner. */
class Allocator {
  epoch = 0
  readonly node: NodeId
  readonly publisher: FeedPublisher
  readonly server: LinkServer
  #frame = 0
  #waiting: { request: Request; origin: number; onReply: (reply: Reply) => void }[] = []

  constructor(nats: NatsConnection, node: NodeId) {
    this.node = node
    const transport = new NatsTransport(nats)
    this.publisher = new FeedPublisher({ transport, cluster: CLUSTER })
    this.server = new LinkServer({
      transport,
      cluster: CLUSTER,
      node,
      clock: systemClock,
      publisher: this.publisher,
      reignOf: () => (this.epoch === 0 ? undefined : this.#reign),
      submit: (request, origin, onReply) => {
        this.#waiting.push({ request, origin, onReply })
        if (this.#waiting.length === 1) setImmediate(() => this.#decide())
      },
    })
  }

  claim(epoch: number, frame: number): void {
    this.epoch = epoch
    this.#frame = frame
    this.publisher.begin({ shard: SHARD, ...this.#reign, frame: asFrameNumber(frame) })
  }

  lose(): void {
    this.epoch = 0
    this.publisher.end(SHARD)
  }

  stop(): void {
    this.server.stop()
    this.publisher.stop()
  }

  get #reign() {
    return { incarnation: asIncarnation(1), epoch: asEpoch(this.epoch) }
  }

  #decide(): void {
    const waiting = this.#waiting
    this.#waiting = []
    const previousFrame = asFrameNumber(this.#frame)
    this.#frame += 1
    const now = asInstant(this.epoch)
    this.publisher.seats({
      shard: SHARD,
      ...this.#reign,
      frame: asFrameNumber(this.#frame),
      previousFrame,
      now,
      shows: [],
    })
    for (const { onReply } of waiting) onReply({ kind: 'done', now })
    this.publisher.turnEnded()
  }
}

describe('over a real broker', needsNats, () => {
  let server: NatsServer
  let connections: NatsConnection[] = []
  let one: Gateway
  let two: Gateway
  let a: Allocator
  let b: Allocator

  before(async () => {
    server = await freshNats()
    const names = ['gateway-1', 'gateway-2', 'allocator-a', 'allocator-b']
    connections = await Promise.all(names.map(name => connectNats({ urls: [server.url], name })))
    const [first, second, third, fourth] = connections as [
      NatsConnection,
      NatsConnection,
      NatsConnection,
      NatsConnection,
    ]
    one = new Gateway(first, 'gateway-1')
    two = new Gateway(second, 'gateway-2')
    a = new Allocator(third, 'allocator-a' as NodeId)
    b = new Allocator(fourth, 'allocator-b' as NodeId)
    await Promise.all(connections.map(connection => connection.flush()))
    a.claim(1, 1)
    for (const gateway of [one, two]) gateway.owners.set(SHARD, a.node)
  })

  after(async () => {
    for (const part of [one, two, a, b]) part?.stop()
    await Promise.all(connections.map(connection => connection.close()))
  })

  test('FP1 F1 replies come after their seats, which every gateway has within 150 ms', async () => {
    for (const gateway of [one, two]) gateway.heard.length = 0
    const asking = Array.from({ length: 100 }, (_, at) => one.ask(holdOf(`${at}`, SHOW), 5))
    await Promise.all(asking)
    const seats = one.heard.findIndex(heard => heard.startsWith('seats'))
    const reply = one.heard.indexOf('reply')
    assert.ok(seats >= 0 && seats < reply)
    await pause(150)
    assert.deepEqual(
      two.news.map(({ frame }) => frame),
      one.news.map(({ frame }) => frame),
    )
    assert.equal(one.link.counts().batches, 1)
  })

  test('LS3 a move in the middle of a stream is heard by nobody', async () => {
    const asking: Promise<Reply>[] = []
    for (let at = 0; at < 200; at += 1) {
      if (at === 60) a.lose()
      if (at === 100) b.claim(2, 50)
      if (at === 120) for (const gateway of [one, two]) gateway.owners.set(SHARD, b.node)
      for (const gateway of [one, two]) asking.push(gateway.ask(holdOf(`move ${at}`, SHOW)))
      await pause(1)
    }
    const replies = await Promise.all(asking)
    assert.deepEqual([...new Set(replies.map(({ kind }) => kind))], ['done'])
    assert.equal(replies.filter(reply => 'now' in reply && reply.now === 2).length > 100, true)
    await pause(50)
    assert.ok(one.heard.includes(`hole ${SHARD}`), 'another reign')
  })

  test('LK8 FS1 a broker that comes back finds every ask waiting', async () => {
    for (const gateway of [one, two]) gateway.heard.length = 0
    const { port, dataDir } = server.options
    await server.stop()
    const asking = [one, two].map(gateway => gateway.ask(holdOf('while away', SHOW)))
    await pause(300)
    server = await freshNats({ port, dataDir })
    const replies = await Promise.all(asking)
    assert.deepEqual(
      replies.map(({ kind }) => kind),
      ['done', 'done'],
    )
    assert.equal(one.heard.filter(heard => heard.startsWith('hole')).length >= 16, true)
  })
})
