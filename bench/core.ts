// `core`: decisions of one core in memory (decide, apply, encode), and what shows at rest weigh.
//
//   C1. Every measured command must be accepted; a refusal where none is expected is a failed run.
//   C2. Rates are per CPU second of this process, so that a busy machine does not change them much.
//   C3. A row is warmed up for at least WARMUP_MS_MIN: what V8's compiler threads burn at the start of
//       a process is CPU time of this process too, and says nothing about a server that runs for days.

import type { CommandId, ShowNumber } from '../shared/ids.ts'
import { asSeatIndex, asSeatIndexes, idOf } from '../shared/ids.ts'
import { hallOf } from '../tests/support/halls.ts'
import { CoreLab, holdBest, holdSeats, releaseHold } from './core-lab.ts'
import type { Outcome } from './hold.ts'
import type { Options } from './options.ts'
import { CLEAN, type Row } from './report.ts'

const WARMUP_MS_MIN = 2_000
const FULLNESS = [10, 50, 90, 99] as const

export async function measureCore(options: Options): Promise<readonly Outcome[]> {
  const rows = [
    holdAndRelease(options, 2_500),
    holdAndRelease(options, 20_000),
    ...FULLNESS.map(percent => bestAvailable(options, percent)),
    idleTick(options),
    expiry(options),
    showsAtRest(),
    snapshotOnTheWire(),
  ]
  return rows.map(row => ({ row, verdict: CLEAN }))
}

interface Timed {
  readonly count: number
  readonly cpuSec: number
  readonly seconds: number
}

/** Calls `step` (which says how many operations it did) for the time asked, after a warm-up. */
function timed(options: Options, step: () => number): Timed {
  const share = (ms: number): number => Math.max(200, ms / 10)
  repeat(Math.max(WARMUP_MS_MIN, share(options.warmupMs)), step) // C3
  const cpu = process.cpuUsage()
  const start = performance.now()
  const count = repeat(share(options.durationMs), step)
  const used = process.cpuUsage(cpu)
  return {
    count,
    cpuSec: (used.user + used.system) / 1e6,
    seconds: (performance.now() - start) / 1000,
  }
}

function repeat(ms: number, step: () => number): number {
  const end = performance.now() + ms
  let count = 0
  while (performance.now() < end) count += step()
  return count
}

function rowOf(name: string, run: Timed, extra?: Row['extra']): Row {
  const meanMs = (run.cpuSec * 1000) / Math.max(1, run.count)
  return {
    name,
    durability: 'D0',
    opsPerSec: run.count / run.seconds,
    opsPerCpuSec: run.count / run.cpuSec,
    cpuSec: run.cpuSec,
    p50Ms: meanMs,
    p99Ms: Number.NaN,
    p999Ms: Number.NaN,
    errors: 0,
    ...(extra === undefined ? {} : { extra }),
  }
}

function accept(outcome: { readonly kind: string }, wanted: string): void {
  if (outcome.kind !== wanted) throw new Error(`C1: ${JSON.stringify(outcome)}`)
}

/** One seat held and released; both count. */
function holdAndRelease(options: Options, seatCount: number): Row {
  const lab = new CoreLab(hallOf({ rows: seatCount / 50, seatsPerRow: 50, aisleEvery: 25 }))
  const show = lab.open(1)
  let at = 0
  const run = timed(options, () => {
    for (let each = 0; each < 500; each += 1) {
      at = (at + 7919) % seatCount
      const customer = lab.customer(at)
      const hold = lab.hold(show)
      const id = idOf<CommandId>(hold.b, hold.c, at, 3)
      const key = { id, bodyHigh: at, bodyLow: 1 }
      const seats = [asSeatIndex(at)]
      accept(lab.run(holdSeats({ show, customer, hold, seats, key })), 'hold')
      accept(lab.run(releaseHold({ show, customer, hold })), 'hold')
    }
    lab.advance(1_000)
    return 1_000
  })
  return rowOf(`hold + release, ${seatCount} seats`, run)
}

/** Best available for 4 in a 20 000-seat hall, each followed by its release so that fullness stays. */
function bestAvailable(options: Options, percentSold: number): Row {
  const seatsPerRow = 50
  const lab = new CoreLab(hallOf({ rows: 400, seatsPerRow, aisleEvery: 25 }))
  const show = lab.open(1)
  fill(lab, show, percentSold)
  const run = timed(options, () => {
    for (let each = 0; each < 200; each += 1) {
      const customer = lab.customer(each)
      const hold = lab.hold(show)
      accept(lab.run(holdBest({ show, customer, hold, count: 4 })), 'hold')
      accept(lab.run(releaseHold({ show, customer, hold })), 'hold')
    }
    lab.advance(40)
    return 200
  })
  return rowOf(`best 4 of 20000, ${percentSold} % sold`, run)
}

/** Holds runs of four, spread over the hall, until the share is taken; runs of four stay free. */
function fill(lab: CoreLab, show: ShowNumber, percent: number): void {
  const runs = 400 * 12
  const taken = Math.round((runs * percent) / 100)
  for (let each = 0; each < taken; each += 1) {
    const at = (each * 1_009) % runs
    const start =
      Math.floor(at / 12) * 50 + (at % 12 < 6 ? (at % 12) * 4 : 25 + ((at % 12) - 6) * 4)
    const seats = asSeatIndexes([start, start + 1, start + 2, start + 3])
    const customer = lab.customer(100_000 + each)
    accept(lab.run(holdSeats({ show, customer, hold: lab.hold(show), seats })), 'hold')
  }
  for (let row = 0; row < 400; row += 1) {
    const seats = [asSeatIndex(row * 50 + 24), asSeatIndex(row * 50 + 49)]
    const customer = lab.customer(200_000 + row)
    accept(lab.run(holdSeats({ show, customer, hold: lab.hold(show), seats })), 'hold')
  }
}

const ARMED = 1_000_000

function armedLab(count: number): CoreLab {
  const seatsPerShow = 100_000
  const lab = new CoreLab(hallOf({ rows: seatsPerShow / 500, seatsPerRow: 500, aisleEvery: 50 }))
  for (let number = 1; number <= Math.ceil(count / seatsPerShow); number += 1) {
    const show = lab.open(number)
    for (let seat = 0; seat < Math.min(seatsPerShow, count); seat += 1) {
      const customer = lab.customer(seat)
      const seats = [asSeatIndex(seat)]
      accept(lab.run(holdSeats({ show, customer, hold: lab.hold(show), seats })), 'hold')
    }
    lab.advance(10)
  }
  return lab
}

/** A tick in which nothing is due, with a thousand and with a million holds armed. */
function idleTick(options: Options): Row {
  const measure = (count: number): Timed => {
    const lab = armedLab(count)
    return timed(options, () => {
      for (let each = 0; each < 1_000; each += 1) {
        if (lab.state.holdDeadlines.hasDue(lab.now)) throw new Error('C1: nothing is due')
      }
      return 1_000
    })
  }
  const few = measure(1_000)
  const many = measure(ARMED)
  const ratio = many.cpuSec / many.count / (few.cpuSec / few.count)
  return rowOf('idle tick, 1000000 armed', many, { 'cost against 1000 armed': ratio })
}

/** A million holds end by pass-time, 256 a call. */
function expiry(options: Options): Row {
  const lab = armedLab(ARMED)
  lab.advance(400_000)
  let ended = 0
  const cpu = process.cpuUsage()
  const start = performance.now()
  for (let isMore = true; isMore; ) {
    const outcome = lab.run({ kind: 'pass-time' })
    isMore = outcome.kind === 'done' && outcome.isMore
    ended += 256
    if (ended % 8_192 === 0) lab.seal()
  }
  const used = process.cpuUsage(cpu)
  const run = {
    count: Math.min(ended, ARMED),
    cpuSec: (used.user + used.system) / 1e6,
    seconds: (performance.now() - start) / 1000,
  }
  void options
  return rowOf('expiry of 1000000 holds', run)
}

/** Memory of 100 000 open shows of 300 seats, none with a hold. */
function showsAtRest(): Row {
  const count = 100_000
  const seats = 300
  const before = memory()
  const lab = new CoreLab(hallOf({ rows: 15, seatsPerRow: 20, aisleEvery: 10 }))
  const cpu = process.cpuUsage()
  const start = performance.now()
  for (let number = 1; number <= count; number += 1) lab.open(number)
  lab.seal()
  const used = process.cpuUsage(cpu)
  const seconds = (performance.now() - start) / 1000
  const bytes = memory() - before
  const run = { count, cpuSec: (used.user + used.system) / 1e6, seconds }
  const extra = {
    'bytes of one show at rest': bytes / count,
    'bytes allowed (seats / 4 + 2048)': seats / 4 + 2048,
    'process RSS MiB with 100000 shows': process.memoryUsage().rss / 2 ** 20,
    'shows counted': lab.state.shows.size,
  }
  return rowOf('open a show', run, extra)
}

function memory(): number {
  for (let each = 0; each < 3; each += 1) globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** 16 bytes of head and 2 bits a seat. */
function snapshotOnTheWire(): Row {
  const lab = new CoreLab(hallOf({ rows: 120, seatsPerRow: 500, aisleEvery: 50 }))
  const show = lab.open(1)
  const run = timed({ warmupMs: 200, durationMs: 2_000 } as Options, () => {
    for (let each = 0; each < 100; each += 1) lab.state.shows.get(show)?.seats.statesCopy()
    return 100
  })
  const bytes = 20 + (lab.state.shows.get(show)?.seats.statesCopy().length ?? 0)
  return rowOf('snapshot of 60000 seats', run, { 'bytes on the wire (binary)': bytes })
}
