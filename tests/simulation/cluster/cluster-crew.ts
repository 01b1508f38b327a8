// The processes of a simulated cluster: starting, ending, and which of them reigns over what.
//
// Owns: gateways, allocators, the newest reign of each shard.
// Leaves to others: their inside (sim-allocator.ts, sim-gateway.ts), when they die (cluster-acts.ts).
//
//   CR1. What a reign recovered is what a replay of the journal makes (T1).

import type { Request } from '../../../shared/commands.ts'
import type { ShardNumber } from '../../../shared/ids.ts'
import { shardOf } from '../../../shared/placement.ts'
import type { LedgerProgress, Transport } from '../../../shared/ports.ts'
import type { Reply } from '../../../shared/views.ts'
import { check } from '../audit-error.ts'
import { replayedDigest } from '../digests.ts'
import { SimSnapshots } from '../sim-disk.ts'
import { answerOf } from '../world.ts'
import type { Plant } from './cluster-options.ts'
import type { ClusterWorld } from './cluster-world.ts'
import { SimAllocator, type SimReign } from './sim-allocator.ts'
import { SimJournal } from './sim-broker.ts'
import { SimGateway } from './sim-gateway.ts'
import { SimNode } from './sim-node.ts'

/** as far as readiness lets a wall clock be off */
const OFF_MS_MAX = 1_000

export class Crew {
  readonly allocators: SimAllocator[] = []
  readonly gateways: SimGateway[] = []
  /** the newest reign of each shard */
  readonly reigns = new Map<ShardNumber, SimReign>()
  readonly #world: ClusterWorld
  readonly #plant: Plant
  #nodeCount = 0

  constructor(world: ClusterWorld, plant: Plant) {
    this.#world = world
    this.#plant = plant
  }

  get liveGateways(): readonly SimGateway[] {
    return this.gateways.filter(({ node }) => node.isAlive)
  }

  get liveAllocators(): readonly SimAllocator[] {
    return this.allocators.filter(({ node }) => node.isAlive)
  }

  /** Every machine sleeps: time has passed, and nothing has happened. */
  sleepAll(ms: number): void {
    this.#world.note(`.. ${ms} ms`)
    this.#world.agenda.skip(ms)
    for (const { node } of [...this.allocators, ...this.gateways])
      node.wokeAtMs = this.#world.agenda.nowMs
  }

  startGateway(): SimGateway {
    const node = this.#node('g')
    const gateway: SimGateway = new SimGateway({
      node,
      transport: this.#transportOf(node),
      feedEndOver: end => this.#plant.feedEnd?.(end) ?? end,
      session: this.#world.random.below(2 ** 32),
      shows: this.#world.town.shows,
      onPersonal: news => {
        for (const { hold } of news) if (hold !== undefined) this.#world.workload.heardOf(hold)
      },
      onTurnEnded: () => this.#world.judge.guard(() => this.#world.clients.checkViews(gateway)),
    })
    this.gateways.push(gateway)
    node.every(500, () => gateway.watch())
    node.onDeath = () => {
      this.#world.note(`${node.name} is dead`)
      this.#world.gatewayDied(gateway)
    }
    return gateway
  }

  startAllocator(): SimAllocator {
    const node = this.#node('a')
    const { disk, town, judge } = this.#world
    const journal = new SimJournal(this.#world.broker, node)
    const snapshots = new SimSnapshots({
      pages: disk.pages,
      schedule: step => {
        this.#world.agenda.after(this.#world.random.below(5), () => node.run(step))
      },
      isRefused: () => this.#noted('page-refused', town.temper.pageFaults),
    })
    const allocator = new SimAllocator({
      node,
      transport: this.#transportOf(node),
      journal: this.#plant.journal?.(journal) ?? journal,
      snapshots,
      plans: disk.plans,
      ledger: this.#progressFor(node),
      tables: this.#world.table.storeFor(node),
      snapshotEveryMs: town.temper.snapshotEveryMs,
      storedAtMs: (shard, frame) => {
        judge.catchUp()
        return judge.auditors.get(shard)?.stored[frame - 1]?.atMs ?? 0
      },
      onBegin: reign => this.#begin(reign),
      onEnd: reign => this.#end(reign),
      onTaken: (reign, request) => judge.guard(() => this.#world.clients.taken(reign, request)),
      onReply: (reign, request, reply) => this.#said(reign, request, reply),
      onNews: (reign, news) => {
        if (!judge.auditors.has(news.shard)) return
        judge.news(reign, news)
        judge.guard(() => this.#world.clients.known(news.shard, news.frame))
      },
      onPersonal: (reign, news) => judge.personal(reign, news),
      onTrouble: (sentence, cause) => this.#world.note(`${node.name}: ${sentence} ${cause ?? ''}`),
    })
    this.allocators.push(allocator)
    node.onDeath = () => this.#allocatorDied(allocator)
    allocator.start().catch(() => node.kill())
    return allocator
  }

  leave(allocator: SimAllocator): void {
    allocator.stop().then(
      () => allocator.node.kill(),
      cause => this.#world.judge.guard(() => raise(cause)),
    )
  }

  #allocatorDied(allocator: SimAllocator): void {
    this.#world.note(`${allocator.node.name} is dead`)
    this.#world.ledger.forget(allocator.node.name)
    for (const reign of allocator.reigns.values()) this.#end(reign)
  }

  #begin(reign: SimReign): void {
    const { shard, epoch, node } = reign
    if (!this.#world.judge.auditors.has(shard)) return
    this.#world.note(`${node.name} begins epoch ${epoch} of shard ${shard}`)
    this.#world.judge.guard(() => {
      this.#world.clients.known(shard, reign.durableFrame())
      const replayed = replayedDigest(this.#world.disk, shard, reign.durableFrame())
      check(reign.digest() === replayed, 'T1', `shard ${shard}: recovery differs from a replay`)
    })
    const before = this.reigns.get(shard)
    if (before !== undefined && before.epoch > epoch) {
      this.#world.tally.add('fault late-reign')
      return
    }
    if (before !== undefined && before.node !== node) {
      const isMoved = !before.isOpen && before.node.isAlive
      this.#world.tally.add(isMoved ? 'fault moved' : 'fault taken-over')
    }
    this.reigns.set(shard, reign)
    this.#world.judge.serving([shard])
  }

  /** Only the newest reign's end takes what it owed with it. */
  #end(reign: SimReign): void {
    if (!this.#world.judge.auditors.has(reign.shard)) return
    const isNewest = this.reigns.get(reign.shard) === reign
    reign.isOpen = false
    if (!isNewest && reign.node.isAlive) this.#world.tally.add('fault zombie-fenced')
    this.#world.note(`${reign.node.name} ends epoch ${reign.epoch} of shard ${reign.shard}`)
    this.#world.judge.ended(reign, isNewest ? [reign.shard] : [])
  }

  #said(reign: SimReign, request: Request, reply: Reply): void {
    this.#world.note(`${reign.node.name} > ${request.kind}: ${answerOf(reply)}`)
    this.#world.clients.decided(request, reply)
    this.#world.judge.heard(reign, request, reply)
  }

  #node(kind: string): SimNode {
    this.#nodeCount += 1
    const name = `${kind}${this.#nodeCount}`
    this.#world.note(`${name} starts`)
    return new SimNode({
      name,
      agenda: this.#world.agenda,
      random: this.#world.random,
      offMs: this.#world.random.between(-OFF_MS_MAX, OFF_MS_MAX),
      onBroken: cause => this.#world.judge.guard(() => raise(cause)),
    })
  }

  #transportOf(node: SimNode): Transport {
    const honest = this.#world.network.join(node)
    return this.#plant.transport?.(honest, node.name) ?? honest
  }

  #progressFor(node: SimNode): LedgerProgress {
    const progress = this.#world.ledger.progressFor(node.name)
    return {
      cursorOf: shard => progress.cursorOf(shard),
      whenPassed: (shard, frame, callback) =>
        progress.whenPassed(shard, frame, () => node.run(callback)),
    }
  }

  #noted(fault: string, probability: number): boolean {
    const isNow = this.#world.random.chance(probability)
    if (isNow) this.#world.tally.add(`fault ${fault}`)
    return isNow
  }

  /** Whoever serves the show's shard now, as far as the journal tells. */
  ownerOf(show: number): SimAllocator | undefined {
    const reign = this.reigns.get(shardOf(show as never))
    return this.allocators.find(({ node }) => node === reign?.node)
  }
}

function raise(cause: unknown): never {
  throw cause
}
