// One whole simulated cluster from one seed: people, gateways, allocators, broker, Ledger, clocks.
//
// Owns: the surroundings, time, asking and hearing.
// Leaves to others: the processes (cluster-crew.ts), what happens next (cluster-acts.ts), the end of the
// day (cluster-end.ts), judging (judge.ts: what shards say, client-judge.ts: what clients hear).
//
//   CW1. The same seed makes the same history: virtual time alone orders what happens, and between two
//        steps all microtasks have run.

import { createHash } from 'node:crypto'
import type { Request } from '../../../shared/commands.ts'
import {
  asBookingNumber,
  asSeatIndexes,
  type CustomerId,
  parseId,
  type ShardNumber,
} from '../../../shared/ids.ts'
import type { Reply } from '../../../shared/views.ts'
import { check } from '../audit-error.ts'
import { textOf } from '../auditor.ts'
import { Judge } from '../judge.ts'
import { Random } from '../random.ts'
import { SimDisk } from '../sim-disk.ts'
import { SimLedger } from '../sim-ledger.ts'
import { Tally } from '../tally.ts'
import { type Town, townOf } from '../town.ts'
import { Workload } from '../workload.ts'
import { answerOf, type Outcome } from '../world.ts'
import { Agenda } from './agenda.ts'
import { type Asking, ClientJudge } from './client-judge.ts'
import { act, openHouse } from './cluster-acts.ts'
import { Crew } from './cluster-crew.ts'
import { checkClusterEnd } from './cluster-end.ts'
import type { ClusterOptions } from './cluster-options.ts'
import { type BrokerTemper, SimBroker } from './sim-broker.ts'
import type { SimGateway } from './sim-gateway.ts'
import { type NetworkTemper, SimNetwork } from './sim-network.ts'
import { SimTable } from './sim-table.ts'

const STEPS = 300
const LAST_LINES = 60

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
  readonly crew: Crew
  readonly #options: ClusterOptions
  readonly #hash = createHash('sha256')
  readonly #last: string[] = []
  readonly #asked: Request[] = []
  /** without an answer for ever, or nobody knows */
  readonly #lost: Request[] = []
  readonly #asking = new Set<Asking>()
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
    this.crew = new Crew(this, options.plant ?? {})
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

  // People

  ask(request: Request, gateway = this.random.pick(this.crew.liveGateways)): void {
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

  /** Whoever waited for it waits for ever. */
  gatewayDied(gateway: SimGateway): void {
    for (const asking of [...this.#asking]) {
      if (asking.gateway !== gateway) continue
      this.#asking.delete(asking)
      this.#lost.push(asking.request)
      this.tally.add('fault lost-answer')
    }
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
}
