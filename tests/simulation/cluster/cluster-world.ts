// One whole simulated cluster from one seed: people, gateways, allocators, broker, Ledger, clocks.
//
// Owns: the processes, the network between them, asking and hearing.
// Leaves to others: what happens next (cluster-acts.ts), the end of the day (cluster-end.ts), judging
// (judge.ts for what shards say, client-judge.ts for what clients hear).
//
//   CW1. The same seed makes the same history: virtual time alone orders what happens, and between two
//        steps all microtasks have run.

import { createHash } from 'node:crypto'
import type { FeedEnd } from '../../../gateway/feed-subscriber.ts'
import type { Request } from '../../../shared/commands.ts'
import {
  asBookingNumber,
  asSeatIndexes,
  type CustomerId,
  parseId,
  type ShardNumber,
} from '../../../shared/ids.ts'
import { shardOf } from '../../../shared/placement.ts'
import type { Journal, LedgerProgress, Transport } from '../../../shared/ports.ts'
import type { Reply } from '../../../shared/views.ts'
import { check } from '../audit-error.ts'
import { textOf } from '../auditor.ts'
import { replayedDigest } from '../digests.ts'
import { Judge, type Tamper } from '../judge.ts'
import { Random } from '../random.ts'
import { SimDisk, SimSnapshots } from '../sim-disk.ts'
import { SimLedger } from '../sim-ledger.ts'
import { Tally } from '../tally.ts'
import { type Town, townOf } from '../town.ts'
import { Workload } from '../workload.ts'
import { answerOf, type Outcome } from '../world.ts'
import { Agenda } from './agenda.ts'
import { type Asking, ClientJudge } from './client-judge.ts'
import { act, openHouse } from './cluster-acts.ts'
import { checkClusterEnd } from './cluster-end.ts'
import { SimAllocator, type SimReign } from './sim-allocator.ts'
import { type BrokerTemper, SimBroker, SimJournal } from './sim-broker.ts'
import { SimGateway } from './sim-gateway.ts'
import { type NetworkTemper, SimNetwork } from './sim-network.ts'
import { SimNode } from './sim-node.ts'
import { SimTable } from './sim-table.ts'

/** What a test puts between a process and its surroundings: a bug, planted. */
export interface Plant {
  /** between an allocator and the broker */
  journal?(honest: Journal): Journal
  /** between a process and the network */
  transport?(honest: Transport, node: string): Transport
  /** between a gateway's subscriber and its feed */
  feedEnd?(honest: FeedEnd): FeedEnd
}

export interface ClusterOptions {
  readonly seed: number
  readonly steps?: number
  readonly tamper?: Tamper
  readonly plant?: Plant
  readonly onTrace?: (line: string) => void
}

/** Each of these must have had its effect somewhere over many worlds. */
export const CLUSTER_FAULTS = [
  'ack-lost',
  'allocator-killed',
  'cordon',
  'cut',
  'cut-lost',
  'gateway-killed',
  'ghost-rejected',
  'ghost-stored',
  'join',
  'leader-change',
  'leaderless',
  'leave',
  'ledger-crash',
  'lost-answer',
  'lost-page',
  'message-late',
  'message-lost',
  'message-twice',
  'move-asked',
  'moved',
  'other-body',
  'page-refused',
  'parted',
  'parted-lost',
  'pause',
  'rejected',
  'repeat',
  'repeat-undecided',
  'resend-rejected',
  'send-late',
  'send-lost',
  'stale-read',
  'stopped',
  'store-full',
  'taken-over',
  'unsure-of-tail',
  'zombie-fenced',
] as const

const STEPS = 300
const LAST_LINES = 60
/** as far as readiness lets a wall clock be off */
const OFF_MS_MAX = 1_000

export class ClusterWorld {
  readonly random: Random
  readonly tally = new Tally()
  readonly disk = new SimDisk()
  readonly agenda = new Agenda(this.disk.clock)
  readonly town: Town
  readonly ledger: SimLedger
  readonly judge: Judge
  readonly clients: ClientJudge
  readonly workload: Workload
  readonly network: SimNetwork
  readonly table: SimTable
  readonly broker: SimBroker
  readonly weather: NetworkTemper & BrokerTemper
  readonly allocators: SimAllocator[] = []
  readonly gateways: SimGateway[] = []
  /** the newest reign of each shard */
  readonly reigns = new Map<ShardNumber, SimReign>()
  readonly #options: ClusterOptions
  readonly #hash = createHash('sha256')
  readonly #last: string[] = []
  readonly #asked: Request[] = []
  /** without an answer for ever, or nobody knows */
  readonly #lost: Request[] = []
  readonly #asking = new Set<Asking>()
  #nodeCount = 0
  #stepCount = 0

  constructor(options: ClusterOptions) {
    this.#options = options
    this.random = new Random(options.seed)
    this.town = townOf(this.random, this.disk)
    const { agenda, random, tally } = this
    const { shards, shows, layouts, currency } = this.town
    const { frames, clock } = this.disk
    this.ledger = new SimLedger(frames, shards)
    const layoutOf = (layout: number) => {
      const found = layouts[layout - 1]
      check(found !== undefined, 'S7', `layout ${layout}`)
      return found
    }
    const tamper = options.tamper ?? {}
    const note = (line: string): void => this.note(line)
    const { ledger } = this
    this.judge = new Judge({ shards, frames, clock, ledger, layoutOf, tally, tamper, note })
    this.clients = new ClientJudge(this.judge, agenda)
    this.#hookEffects()
    const layout = layoutOf(1)
    this.workload = new Workload({
      random,
      shows,
      layout,
      currency,
      termsOf: () => this.town.terms(),
    })
    const isStormy = random.chance(0.6)
    const upTo = (most: number): number => (isStormy ? random.next() * most : 0)
    this.weather = {
      lost: upTo(0.05),
      twice: upTo(0.05),
      late: upTo(0.1),
      sendFaults: upTo(0.3),
      staleReads: upTo(0.3),
    }
    this.network = new SimNetwork({
      agenda,
      random,
      temper: this.weather,
      fault: name => this.tally.add(`fault ${name}`),
      onArrival: passage => this.clients.arriving(passage),
      onLost: passage => this.clients.lost(passage),
    })
    this.table = new SimTable({ agenda, random, network: this.network })
    this.broker = new SimBroker({
      agenda,
      random,
      network: this.network,
      frames,
      temper: this.weather,
      fault: name => this.tally.add(`fault ${name}`),
    })
  }

  async run(): Promise<Outcome> {
    const { seed, steps = STEPS } = this.#options
    try {
      await openHouse(this)
      while (this.#stepCount < steps && this.judge.failure === undefined) {
        this.#stepCount += 1
        await act(this)
      }
      if (this.judge.failure === undefined) await checkClusterEnd(this)
    } catch (error) {
      this.judge.failure ??= error
    }
    for (const shard of this.town.shards) {
      for (const frame of this.disk.frames.framesOf(shard)) this.#hash.update(frame.hash)
    }
    const { failure } = this.judge
    const hash = this.#hash.digest('hex').slice(0, 16)
    return { seed, hash, tally: this.tally.counts, failure, last: this.#last }
  }

  note(line: string): void {
    const text = `${String(this.#stepCount).padStart(4)} ${this.agenda.nowMs} ${line}`
    this.#last.push(text)
    if (this.#last.length > LAST_LINES) this.#last.shift()
    this.#options.onTrace?.(text)
  }

  fault(name: string): void {
    this.tally.add(`fault ${name}`)
    this.note(`-- ${name}`)
  }

  /** Time passes, step by step. CW1 */
  async pass(ms: number): Promise<void> {
    const untilMs = this.agenda.nowMs + ms
    while (this.judge.failure === undefined && this.agenda.step(untilMs)) {
      await new Promise(setImmediate)
      this.judge.catchUp()
      this.judge.guard(() => this.clients.note())
    }
    if (this.agenda.nowMs < untilMs) this.agenda.skip(untilMs - this.agenda.nowMs)
  }

  /** Every machine sleeps: time has passed, and nothing has happened. */
  sleepAll(ms: number): void {
    this.note(`.. ${ms} ms`)
    this.agenda.skip(ms)
    for (const { node } of [...this.allocators, ...this.gateways]) node.wokeAtMs = this.agenda.nowMs
  }

  // People

  get liveGateways(): readonly SimGateway[] {
    return this.gateways.filter(({ node }) => node.isAlive)
  }

  get liveAllocators(): readonly SimAllocator[] {
    return this.allocators.filter(({ node }) => node.isAlive)
  }

  ask(request: Request, gateway = this.random.pick(this.liveGateways)): void {
    if (gateway?.node.isAlive !== true) {
      this.#lost.push(request)
      return
    }
    const asking: Asking = { request, gateway, number: 0, isAnswered: false }
    this.#asking.add(asking)
    gateway.node.run(() => this.#ask(asking))
  }

  #ask(asking: Asking): void {
    const { request, gateway } = asking
    this.judge.asked(request)
    this.clients.asked(asking)
    this.#asked.push(request)
    if (this.#asked.length > 24) this.#asked.shift()
    this.note(`${gateway.node.name} < ${textOf(request as never)}`)
    asking.number = gateway.link.counts().asked + 1
    const origin = 1 + this.random.below(3)
    gateway.router.ask(request, origin, reply => this.#heard(asking, reply))
  }

  #heard(asking: Asking, reply: Reply): void {
    const { request, gateway } = asking
    const text = answerOf(reply)
    this.note(`${gateway.node.name} > ${request.kind}: ${text}`)
    this.#hash.update(text)
    this.judge.guard(() => {
      check(!asking.isAnswered, 'LK5', `${request.kind} was answered twice`)
      this.clients.heard(asking, reply)
    })
    asking.isAnswered = true
    this.#asking.delete(asking)
    if (reply.kind === 'fault') {
      this.tally.add(`heard ${reply.code}`)
      this.#lost.push(request)
    } else {
      this.tally.add(`heard ${reply.kind}`)
      this.workload.heard(request, reply)
    }
  }

  pickAsked(): Request | undefined {
    return this.random.pick(this.#asked)
  }

  takeLost(): Request | undefined {
    return this.#lost.shift()
  }

  isUndecided(request: Request): boolean {
    return [...this.#asking].some(asking => asking.request === request)
  }

  get unanswered(): readonly Request[] {
    return [...this.#asking].map(({ request }) => request)
  }

  // Processes

  startGateway(): SimGateway {
    const node = this.#node('g')
    const gateway: SimGateway = new SimGateway({
      node,
      transport: this.#transportOf(node),
      feedEndOver: end => this.#options.plant?.feedEnd?.(end) ?? end,
      session: this.random.below(2 ** 32),
      shows: this.town.shows,
      onPersonal: news => {
        for (const { hold } of news) if (hold !== undefined) this.workload.heardOf(hold)
      },
      onTurnEnded: () => this.judge.guard(() => this.clients.checkViews(gateway)),
    })
    this.gateways.push(gateway)
    node.every(500, () => gateway.watch())
    node.onDeath = () => this.#gatewayDied(gateway)
    return gateway
  }

  #gatewayDied(gateway: SimGateway): void {
    this.note(`${gateway.node.name} is dead`)
    for (const asking of [...this.#asking]) {
      if (asking.gateway !== gateway) continue
      this.#asking.delete(asking)
      this.#lost.push(asking.request)
      this.tally.add('fault lost-answer')
    }
  }

  startAllocator(): SimAllocator {
    const node = this.#node('a')
    const { disk, town, judge } = this
    const journal = new SimJournal(this.broker, node)
    const snapshots = new SimSnapshots({
      pages: disk.pages,
      schedule: step => {
        this.agenda.after(this.random.below(5), () => node.run(step))
      },
      isRefused: () => this.#noted('page-refused', town.temper.pageFaults),
    })
    const allocator = new SimAllocator({
      node,
      transport: this.#transportOf(node),
      journal: this.#options.plant?.journal?.(journal) ?? journal,
      snapshots,
      plans: disk.plans,
      ledger: this.#progressFor(node),
      tables: this.table.storeFor(node),
      snapshotEveryMs: town.temper.snapshotEveryMs,
      storedAtMs: (shard, frame) => {
        judge.catchUp()
        return judge.auditors.get(shard)?.stored[frame - 1]?.atMs ?? 0
      },
      onBegin: reign => this.#begin(reign),
      onEnd: reign => this.#end(reign),
      onTaken: (reign, request) => judge.guard(() => this.clients.taken(reign, request)),
      onReply: (reign, request, reply) => this.#said(reign, request, reply),
      onNews: (reign, news) => {
        if (!judge.auditors.has(news.shard)) return
        judge.news(reign, news)
        judge.guard(() => this.clients.known(news.shard, news.frame))
      },
      onPersonal: (reign, news) => judge.personal(reign, news),
      onTrouble: (sentence, cause) => this.note(`${node.name}: ${sentence} ${cause ?? ''}`),
    })
    this.allocators.push(allocator)
    node.onDeath = () => this.#allocatorDied(allocator)
    allocator.start().catch(() => node.kill())
    return allocator
  }

  leave(allocator: SimAllocator): void {
    allocator.stop().then(
      () => allocator.node.kill(),
      cause => this.judge.guard(() => raise(cause)),
    )
  }

  #allocatorDied(allocator: SimAllocator): void {
    this.note(`${allocator.node.name} is dead`)
    this.ledger.forget(allocator.node.name)
    for (const reign of allocator.reigns.values()) this.#end(reign)
  }

  #begin(reign: SimReign): void {
    const { shard, epoch, node } = reign
    if (!this.judge.auditors.has(shard)) return
    this.note(`${node.name} begins epoch ${epoch} of shard ${shard}`)
    this.judge.guard(() => {
      this.clients.known(shard, reign.durableFrame())
      const replayed = replayedDigest(this.disk, shard, reign.durableFrame())
      check(reign.digest() === replayed, 'T1', `shard ${shard}: recovery differs from a replay`)
    })
    const before = this.reigns.get(shard)
    if (before !== undefined && before.epoch > epoch) {
      this.tally.add('fault late-reign')
      return
    }
    if (before !== undefined && before.node !== node) {
      const isMoved = !before.isOpen && before.node.isAlive
      this.tally.add(isMoved ? 'fault moved' : 'fault taken-over')
    }
    this.reigns.set(shard, reign)
    this.judge.serving([shard])
  }

  /** Only the newest reign's end takes what it owed with it. */
  #end(reign: SimReign): void {
    if (!this.judge.auditors.has(reign.shard)) return
    const isNewest = this.reigns.get(reign.shard) === reign
    reign.isOpen = false
    if (!isNewest && reign.node.isAlive) this.tally.add('fault zombie-fenced')
    this.note(`${reign.node.name} ends epoch ${reign.epoch} of shard ${reign.shard}`)
    this.judge.ended(reign, isNewest ? [reign.shard] : [])
  }

  #said(reign: SimReign, request: Request, reply: Reply): void {
    this.note(`${reign.node.name} > ${request.kind}: ${answerOf(reply)}`)
    this.clients.decided(request, reply)
    this.judge.heard(reign, request, reply)
  }

  #node(kind: string): SimNode {
    this.#nodeCount += 1
    const name = `${kind}${this.#nodeCount}`
    this.note(`${name} starts`)
    return new SimNode({
      name,
      agenda: this.agenda,
      random: this.random,
      offMs: this.random.between(-OFF_MS_MAX, OFF_MS_MAX),
      onBroken: cause => this.judge.guard(() => raise(cause)),
    })
  }

  #transportOf(node: SimNode): Transport {
    const honest = this.network.join(node)
    return this.#options.plant?.transport?.(honest, node.name) ?? honest
  }

  #progressFor(node: SimNode): LedgerProgress {
    const progress = this.ledger.progressFor(node.name)
    return {
      cursorOf: shard => progress.cursorOf(shard),
      whenPassed: (shard, frame, callback) =>
        progress.whenPassed(shard, frame, () => node.run(callback)),
    }
  }

  #noted(fault: string, probability: number): boolean {
    const isNow = this.random.chance(probability)
    if (isNow) this.tally.add(`fault ${fault}`)
    return isNow
  }

  #hookEffects(): void {
    for (const [shard, auditor] of this.judge.auditors) {
      const before = auditor.onPassed
      auditor.onPassed = transition => {
        before(transition)
        this.clients.effect(shard, transition)
      }
    }
  }

  ledgerStep(shard: ShardNumber, framesMax: number): void {
    this.judge.guard(() => {
      this.ledger.step(shard, framesMax)
      for (const { source, number, customer, seats } of this.ledger.tables.takeConfirmed()) {
        const owner = parseId<CustomerId>(customer)
        if (owner === undefined) continue
        const { id, show } = source
        const booking = { id, number: asBookingNumber(number), customer: owner }
        this.workload.booked(show, { ...booking, seats: asSeatIndexes(seats) })
      }
    })
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
