// `hold`: how many durable holds a second, uniform over the seats of one hot show (or of N shows)?
//
// Owns: halls big enough, one guest per socket, every acknowledged hold checked against the seat map.
// Leaves to others: the loop (load.ts), the server (house.ts).

import { setTimeout as sleep } from 'node:timers/promises'
import { type HallDocument, hallDocument } from './halls.ts'
import { House } from './house.ts'
import { type LoadResult, runLoad, type Workload } from './load.ts'
import { cpuSecondsOf, residentBytesOf } from './machine.ts'
import type { Options } from './options.ts'
import { CLEAN, percentilesOf, type Row, type Verdict } from './report.ts'

const SEATS_PER_SHOW_MAX = 200_000
const SEATS_PER_ROW = 500
const DRAIN_MS_MAX = 180_000

export interface Outcome {
  readonly row: Row
  readonly verdict: Verdict
}

export async function measureHold(options: Options): Promise<Outcome> {
  const house = options.target === undefined ? await House.start() : House.attach(options.target)
  try {
    return await measure(house, options)
  } finally {
    await house.stop()
  }
}

async function measure(house: House, options: Options): Promise<Outcome> {
  const shows = await openHalls(house, options.shows)
  const tokens = await Promise.all(
    Array.from({ length: options.connections }, async () => (await house.guest()).token),
  )
  const workload = new HoldWorkload(shows, options.seed)
  const cpu = new CpuWindow(house.pid)
  const result = await runLoad(
    {
      target: { host: house.url.hostname, port: Number(house.url.port) },
      tokens,
      inFlight: options.inFlight,
      rate: options.rate,
      warmupMs: options.warmupMs,
      durationMs: options.durationMs,
      onWindow: edge => cpu.mark(edge),
    },
    workload,
  )
  const ledger = await drainLedger(house)
  const verdict = await judge(house, workload, result)
  return { row: rowOf(options, result, cpu, { ...ledger, ...wireOf(house) }), verdict }
}

function wireOf(house: House): Record<string, number> {
  return house.pid === undefined ? {} : { 'server RSS MiB': residentBytesOf(house.pid) / 2 ** 20 }
}

function rowOf(
  options: Options,
  result: LoadResult,
  cpu: CpuWindow,
  extra: Record<string, number>,
): Row {
  const load = options.rate === undefined ? `x${options.inFlight}` : `${options.rate}/s`
  const named = Object.fromEntries(
    [...cpu.used].map(([name, seconds]) => [
      `CPU us a hold, ${name}`,
      (seconds * 1e6) / Math.max(1, result.count),
    ]),
  )
  return {
    name: `usher ${options.connections} sockets ${load}${options.shows > 1 ? ` ${options.shows} shows` : ''}`,
    durability: 'D2',
    opsPerSec: result.count / result.seconds,
    opsPerCpuSec: result.count / Math.max(0.01, cpu.total),
    cpuSec: cpu.total,
    ...percentilesOf(result.histogram),
    errors: result.errors,
    extra: {
      ...named,
      'generator, share of a core': result.generatorShare,
      ...extra,
      ...(result.firstError === undefined ? {} : { 'first error': result.firstError }),
    },
  }
}

/** CPU seconds of all server processes (broker and database included) inside the measured window. */
class CpuWindow {
  readonly #pid: number | undefined
  #before = new Map<string, number>()
  #after = new Map<string, number>()

  constructor(pid: number | undefined) {
    this.#pid = pid
  }

  mark(edge: 'begin' | 'end'): void {
    if (this.#pid === undefined) return
    if (edge === 'begin') this.#before = cpuSecondsOf(this.#pid)
    else this.#after = cpuSecondsOf(this.#pid)
  }

  get used(): Map<string, number> {
    return new Map(
      [...this.#after].map(([name, seconds]) => [name, seconds - (this.#before.get(name) ?? 0)]),
    )
  }

  get total(): number {
    return [...this.used.values()].reduce((sum, seconds) => sum + seconds, 0)
  }
}

export interface Hall {
  readonly showId: string
  readonly seatCount: number
}

/** One auditorium of the largest size, a show each; no orphan rule and no cap of holds per customer. */
export async function openHalls(house: House, shows: number): Promise<readonly Hall[]> {
  const seatCount = Math.min(SEATS_PER_SHOW_MAX, Math.ceil(400_000 / shows))
  const rowCount = Math.ceil(seatCount / SEATS_PER_ROW)
  const layout = hallDocument(rowCount, SEATS_PER_ROW)
  const auditoriumId = await openAuditorium(house, layout)
  const movie = await house.call<{ id: string }>('POST', '/v1/admin/movies', { title: 'Load' })
  const halls: Hall[] = []
  for (let each = 0; each < shows; each += 1) {
    const show = await house.call<{ id: string }>('POST', '/v1/admin/shows', {
      movieId: movie.id,
      auditoriumId,
      startsAt: new Date(Date.now() + (each + 1) * 86_400_000).toISOString(),
      prices: { all: 1000 },
      policy: {
        holdsMax: 1_000_000,
        orphans: 'off',
        holdTtlMs: 3_600_000,
        holdLifeMaxMs: 3_600_000,
      },
    })
    halls.push({ showId: show.id, seatCount: rowCount * SEATS_PER_ROW })
  }
  return halls
}

export async function openAuditorium(house: House, layout: HallDocument): Promise<string> {
  const city = await house.call<{ id: string }>('POST', '/v1/admin/cities', {
    name: 'Bench',
    country: 'IN',
    timeZone: 'Asia/Kolkata',
    currency: 'INR',
  })
  const cinema = await house.call<{ id: string }>('POST', '/v1/admin/cinemas', {
    cityId: city.id,
    name: 'Bench',
  })
  const auditorium = await house.call<{ id: string }>('POST', '/v1/admin/auditoriums', {
    cinemaId: cinema.id,
    name: 'Bench',
  })
  await house.call('POST', `/v1/admin/auditoriums/${auditorium.id}/layouts`, layout)
  return auditorium.id
}

/** Every seat of every hall once, in a seeded shuffle. */
class HoldWorkload implements Workload {
  readonly halls: readonly Hall[]
  /** acknowledged: hall * 2^20 + seat */
  readonly acknowledged: number[] = []
  readonly #asked: number[] = []
  readonly #order: Uint32Array
  #next = 0

  constructor(halls: readonly Hall[], seed: number) {
    this.halls = halls
    this.#order = new Uint32Array(halls.reduce((sum, hall) => sum + hall.seatCount, 0))
    let at = 0
    for (const [index, hall] of halls.entries()) {
      for (let seat = 0; seat < hall.seatCount; seat += 1)
        this.#order[at++] = index * 2 ** 20 + seat
    }
    shuffle(this.#order, seed)
  }

  next(): string | undefined {
    const place = this.#order[this.#next]
    if (place === undefined) return undefined
    const key = this.#next++
    this.#asked.push(place)
    const showId = this.halls[place >>> 20]?.showId ?? ''
    return `"op":"hold","showId":"${showId}","key":"k${key}","seats":[${place & 0xfffff}]}`
  }

  answered(ticket: number, isOk: boolean): void {
    const place = this.#asked[ticket]
    if (isOk && place !== undefined) this.acknowledged.push(place)
  }
}

function shuffle(items: Uint32Array, seed: number): void {
  let state = seed >>> 0 || 1
  for (let at = items.length - 1; at > 0; at -= 1) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    const other = (state >>> 0) % (at + 1)
    const kept = items[at] as number
    items[at] = items[other] as number
    items[other] = kept
  }
}

async function drainLedger(house: House): Promise<Record<string, number>> {
  const from = performance.now()
  const lagFrames = await house.metric('usher_ledger_lag_frames')
  const lagMs = (await house.metric('usher_ledger_lag_seconds')) * 1000
  while (performance.now() - from < DRAIN_MS_MAX) {
    if ((await house.metric('usher_ledger_lag_frames')) === 0) break
    await sleep(50)
  }
  return {
    'ledger lag frames at the end': lagFrames,
    'ledger lag ms at the end': lagMs,
    'ledger drained after ms': performance.now() - from,
  }
}

/** Every acknowledged hold is on the seat map, and nobody holds what was not asked. */
async function judge(house: House, workload: HoldWorkload, result: LoadResult): Promise<Verdict> {
  const perHall = new Map<number, number[]>()
  for (const place of workload.acknowledged) {
    const seats = perHall.get(place >>> 20) ?? []
    seats.push(place & 0xfffff)
    perHall.set(place >>> 20, seats)
  }
  let lostAcks = 0
  let oversold = 0
  for (const [index, seats] of perHall) {
    const hall = workload.halls[index] as Hall
    const view = await house.call<{ states: string; counts: { held: number } }>(
      'GET',
      `/v1/shows/${hall.showId}/seats`,
    )
    const states = Buffer.from(view.states, 'base64')
    const isHeld = (seat: number): boolean =>
      (((states[seat >>> 2] ?? 0) >>> (2 * (seat & 3))) & 3) === 1
    lostAcks += seats.filter(seat => !isHeld(seat)).length
    oversold += seats.length - new Set(seats).size
    const surplus = view.counts.held - seats.length
    if (surplus > result.unanswered) oversold += surplus - result.unanswered
  }
  return { ...CLEAN, generatorValid: result.lateShare < 0.01, lostAcks, oversold }
}
