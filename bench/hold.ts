// `hold`: how many durable holds a second, uniform over the seats of one hot show (or of N shows)?
//
// Owns: halls big enough, one guest per socket, every acknowledged hold checked against the seat map.
// Leaves to others: the loop (load.ts), the server (house.ts).

import { setTimeout as sleep } from 'node:timers/promises'
import { CpuWindow } from './cpu-window.ts'
import { openHalls } from './halls.ts'
import { HoldWorkload, judgeHolds } from './hold-workload.ts'
import { House } from './house.ts'
import { type LoadResult, runLoad } from './load.ts'
import { residentBytesOf } from './machine.ts'
import type { Options } from './options.ts'
import { percentilesOf, type Row, type Verdict } from './report.ts'

const DRAIN_MS_MAX = 180_000

export interface Outcome {
  readonly row: Row
  readonly verdict: Verdict
}

export async function measureHold(options: Options): Promise<Outcome> {
  const house = await House.of(options)
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
  const cpu = new CpuWindow(house.roots)
  const lag = new LedgerLag(house)
  const before = await brokerCounts(house)
  const result = await runLoad(
    {
      target: { host: house.url.hostname, port: Number(house.url.port) },
      tokens,
      inFlight: options.inFlight,
      rate: options.rate,
      warmupMs: options.warmupMs,
      durationMs: options.durationMs,
      onWindow: edge => {
        cpu.mark(edge)
        if (edge === 'begin') lag.begin()
        else lag.end()
      },
    },
    workload,
  )
  const frames = await framesOf(house, before, workload.acknowledged.length)
  const ledger = await drainLedger(house)
  const verdict = await judgeHolds(house, workload, result)
  return {
    row: rowOf(options, result, cpu, { ...frames, ...lag.figures, ...ledger, ...wireOf(house) }),
    verdict,
  }
}

/** Of a cluster, which has the cores to keep up: looked at once a second, for a look costs CPU. */
class LedgerLag {
  readonly #house: House
  readonly #looks: number[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(house: House) {
    this.#house = house
  }

  begin(): void {
    if (this.#house.broker !== undefined) this.#timer = setInterval(() => void this.#look(), 1_000)
  }

  end(): void {
    clearInterval(this.#timer)
  }

  get figures(): Record<string, number> {
    return this.#looks.length === 0
      ? {}
      : { 'ledger lag ms, longest seen': Math.max(...this.#looks) }
  }

  async #look(): Promise<void> {
    this.#looks.push((await this.#house.metric('usher_ledger_lag_seconds')) * 1_000)
  }
}

async function brokerCounts({ broker }: House): Promise<{ frames: number; messages: number }> {
  const [frames = 0, messages = 0] = await Promise.all([
    broker?.framesStored(),
    broker?.messagesIn(),
  ])
  return { frames, messages }
}

/** Over the whole load, warm-up included: every frame of it, every acknowledgement of it. */
async function framesOf(
  house: House,
  before: { readonly frames: number; readonly messages: number },
  acknowledged: number,
): Promise<Record<string, number>> {
  if (house.broker === undefined) return {}
  const after = await brokerCounts(house)
  const frames = after.frames - before.frames
  return {
    fsyncsPer1000Ops: (frames * 1000) / Math.max(1, acknowledged),
    'holds a frame': acknowledged / Math.max(1, frames),
    'messages to the broker a frame': (after.messages - before.messages) / Math.max(1, frames),
  }
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
    name: `${options.isCluster ? 'cluster' : 'usher'} ${options.connections} sockets ${load}${options.shows > 1 ? ` ${options.shows} shows` : ''}`,
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
