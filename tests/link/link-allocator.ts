// An allocator whose shards decide by appending to one durable list each.
//
// Owns: keys (D5), reigns (E1, E2), frames and their news; nothing of seats.
// Leaves to others: time and the network (link-world.ts), what should come of it (the tests).
//
//   What is decided is the number of the execution. An owner that was replaced learns it when it
//   appends, as in life.

import { FeedPublisher } from '../../allocator/feed-publisher.ts'
import { LinkServer } from '../../allocator/link-server.ts'
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
import type { ReignNumber } from '../../shared/link-batches.ts'
import { shardOf } from '../../shared/placement.ts'
import type { Transport } from '../../shared/ports.ts'
import type { HoldView, PersonalNews, Reply } from '../../shared/views.ts'

import { CLUSTER, type LinkWorld } from './link-world.ts'

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
