// One whole simulated world from one seed: people, allocators, journal, pages, Ledger and clocks.
//
// Owns: which step comes next, every one of them a choice of the seed's PRNG, and the end of the day.
// Leaves to others: what people want (workload.ts), judging (judge.ts), the parts themselves (sim-*.ts).
//
//   WO1. The same seed makes the same history: no wall clock, no timer and no other randomness. Between
//        two steps all microtasks have run.
//   WO2. A world ends in peace: time passes, holds end, the Ledger catches up, and everything agrees.

import { createHash } from 'node:crypto'
import type { Request } from '../../shared/commands.ts'
import {
  asBookingNumber,
  asSeatIndexes,
  type CustomerId,
  idTextOf,
  parseId,
  type ShardNumber,
} from '../../shared/ids.ts'
import type { Journal } from '../../shared/ports.ts'
import type { Reply } from '../../shared/views.ts'
import { act } from './act.ts'
import { check } from './audit-error.ts'
import { textOf } from './auditor.ts'
import { checkDigests } from './digests.ts'
import { checkEnd } from './end-of-day.ts'
import { Judge, type Tamper } from './judge.ts'
import { Random } from './random.ts'
import { SimDisk } from './sim-disk.ts'
import { SimLedger } from './sim-ledger.ts'
import { SimProcess } from './sim-process.ts'
import { Tally } from './tally.ts'
import { type Town, townOf } from './town.ts'
import { Workload } from './workload.ts'

export interface WorldOptions {
  readonly seed: number
  readonly steps?: number
  readonly tamper?: Tamper
  readonly journalOver?: (honest: Journal) => Journal
  readonly onTrace?: (line: string) => void
}

export interface Outcome {
  readonly seed: number
  /** of everything stored and told, in order */
  readonly hash: string
  readonly tally: ReadonlyMap<string, number>
  readonly failure: unknown
  /** the last lines of the trace */
  readonly last: readonly string[]
}

interface Asking {
  readonly request: Request
  readonly process: SimProcess
  isAnswered: boolean
}

const STEPS = 500
const LAST_LINES = 40
/** as far as readiness lets a wall clock be off */
const OFF_MS_MAX = 1_000

export class World {
  readonly random: Random
  readonly tally = new Tally()
  readonly disk = new SimDisk()
  readonly town: Town
  readonly ledger: SimLedger
  readonly judge: Judge
  readonly workload: Workload
  readonly #options: WorldOptions
  readonly #hash = createHash('sha256')
  readonly #last: string[] = []
  readonly #asked: Request[] = []
  /** without an answer for ever: their process died */
  readonly #lost: Request[] = []
  readonly #asking = new Set<Asking>()
  #processCount = 0
  #stepCount = 0
  current: SimProcess | undefined
  zombie: SimProcess | undefined
  readonly ghosts: SimProcess[] = []
  /** what a wall clock that nobody touched would show */
  trueWallMs = this.disk.clock.wallMs()

  constructor(options: WorldOptions) {
    this.#options = options
    this.random = new Random(options.seed)
    this.town = townOf(this.random, this.disk)
    const { shards, shows, layouts, currency } = this.town
    const { frames, clock } = this.disk
    this.ledger = new SimLedger(frames, shards)
    const layoutOf = (layout: number) => {
      const found = layouts[layout - 1]
      check(found !== undefined, 'S7', `layout ${layout}`)
      return found
    }
    const { tally, ledger } = this
    const tamper = options.tamper ?? {}
    const note = (line: string): void => this.note(line)
    this.judge = new Judge({ shards, frames, clock, ledger, layoutOf, tally, tamper, note })
    this.workload = new Workload({
      random: this.random,
      shows,
      layout: layoutOf(1),
      currency,
      termsOf: () => this.town.terms(),
    })
  }

  async run(): Promise<Outcome> {
    const { seed, steps = STEPS } = this.#options
    try {
      while (this.#stepCount < steps && this.judge.failure === undefined) {
        this.#stepCount += 1
        await act(this)
      }
      if (this.judge.failure === undefined) await checkEnd(this)
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
    const text = `${String(this.#stepCount).padStart(4)} ${this.disk.clock.monotonicMs()} ${line}`
    this.#last.push(text)
    if (this.#last.length > LAST_LINES) this.#last.shift()
    this.#options.onTrace?.(text)
  }

  fault(name: string): void {
    this.tally.add(`fault ${name}`)
    this.note(`-- ${name}`)
  }

  /** WO1 */
  async drain(): Promise<void> {
    await new Promise(setImmediate)
    this.judge.catchUp()
  }

  // People

  ask(request: Request, process = this.current): void {
    if (process === undefined || process.phase === 'starting' || !process.isAlive) {
      this.#lost.push(request)
      return
    }
    this.judge.asked(request)
    this.#asked.push(request)
    if (this.#asked.length > 24) this.#asked.shift()
    const asking: Asking = { request, process, isAnswered: false }
    this.#asking.add(asking)
    this.note(`${process.name} < ${wordsOf(request)}`)
    process.submit(request, 1 + this.random.below(3), reply => this.#heard(asking, reply))
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

  #heard(asking: Asking, reply: Reply): void {
    const { request, process } = asking
    const text = answerOf(reply)
    this.note(`${process.name} > ${request.kind}: ${text}`)
    this.#hash.update(text)
    this.judge.guard(() => check(!asking.isAnswered, 'W5', `${request.kind} was answered twice`))
    asking.isAnswered = true
    this.#asking.delete(asking)
    this.judge.heard(process, request, reply)
    if (reply.kind === 'fault') this.#lost.push(request)
    else this.workload.heard(request, reply)
  }

  /** How many requests of a process wait for an answer. */
  unansweredOf(process: SimProcess): Request[] {
    return [...this.#asking].flatMap(one => (one.process === process ? [one.request] : []))
  }

  // Processes

  /** A wall clock that is far off claims nothing (§5 Time): it is set right before, but for a little. */
  start(): void {
    const { clock } = this.disk
    const offMs = this.random.between(-OFF_MS_MAX, OFF_MS_MAX)
    clock.jumpWall(this.trueWallMs + offMs - clock.wallMs())
    this.#processCount += 1
    const name = `p${this.#processCount}`
    this.note(`${name} starts`)
    const process: SimProcess = new SimProcess({
      name,
      disk: this.disk,
      shards: this.town.shards,
      ledger: this.ledger.progressFor(name),
      random: this.random,
      tally: this.tally,
      temper: this.town.temper,
      ...(this.#options.journalOver === undefined
        ? {}
        : { journalOver: this.#options.journalOver }),
      onNews: news => this.judge.news(process, news),
      onPersonal: news => {
        this.judge.personal(process, news)
        for (const { hold } of news) if (hold !== undefined) this.workload.heardOf(hold)
      },
      onTurnEnded: () => undefined,
      onServing: () => this.#onServing(process),
      onEnd: how => this.#onEnd(process, how),
      onBroken: cause => this.judge.guard(() => raise(cause)),
    })
    this.current = process
  }

  crash(isGhost: boolean): void {
    const process = this.current
    if (process === undefined) return
    this.fault(process.phase === 'starting' ? 'crash-starting' : isGhost ? 'ghost' : 'crash')
    process.crash({ isGhost })
    if (isGhost && process.stepCount > 0) this.ghosts.push(process)
    this.#gone(process)
  }

  /** The process is taken for dead and lives on. */
  abandon(): void {
    if (this.current?.phase !== 'serving' || this.zombie !== undefined) return
    this.fault('zombie')
    this.zombie = this.current
    this.zombie.isZombie = true
    this.current = undefined
  }

  #onServing(process: SimProcess): void {
    this.note(`${process.name} serves`)
    this.judge.serving()
    this.judge.guard(() => checkDigests(this, process))
    for (const show of this.town.shows) {
      const isOpen = [...this.judge.auditors.values()].some(one => one.shows.has(show))
      if (!isOpen) this.ask({ kind: 'open-show', show, terms: this.town.firstTerms(show) }, process)
    }
  }

  #onEnd(process: SimProcess, how: 'fenced' | 'stopped'): void {
    this.note(`${process.name} is ${how}`)
    if (how === 'fenced') this.tally.add(process.isZombie ? 'fault zombie-fenced' : 'fault fenced')
    this.judge.guard(() => {
      const isWatched = process.isZombie || how === 'stopped' || this.zombie !== undefined
      check(isWatched || this.ghosts.length > 0, 'E2', 'fenced, and nobody else writes')
      const open = this.unansweredOf(process).filter(({ kind }) => !waitsForLedger(kind))
      check(open.length === 0, 'W5', `ended with ${open.length} requests unanswered`)
    })
    this.#gone(process)
  }

  #gone(process: SimProcess): void {
    this.judge.ended(process)
    this.ledger.forget(process.name)
    for (const asking of [...this.#asking]) {
      if (asking.process !== process) continue
      this.#asking.delete(asking)
      this.#lost.push(asking.request)
      this.tally.add('fault lost-answer')
    }
    if (this.current === process) this.current = undefined
    if (this.zombie === process) this.zombie = undefined
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

function raise(cause: unknown): never {
  throw cause
}

function waitsForLedger(kind: string): boolean {
  return kind === 'book-hold' || kind === 'cancel-booking'
}

function wordsOf(request: Request): string {
  return textOf(request as never)
}

export function answerOf(reply: Reply): string {
  switch (reply.kind) {
    case 'refused':
    case 'fault':
      return reply.code
    case 'hold':
      return `hold ${idTextOf(reply.hold.id).slice(0, 12)} ${reply.hold.phase}`
    case 'entry':
      return `entry ${idTextOf(reply.entry.id).slice(0, 12)} ${reply.entry.state}`
    default:
      return reply.kind
  }
}
