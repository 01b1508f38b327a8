// `handoff`: how long is a shard not written to when it moves, and when its allocator is killed?
//
// Owns: an own cluster of two allocators under load, moves through the ops listener (or kill -9), the
// largest gap between acknowledged answers of each shard.
// Leaves to others: the load (load.ts), what was acknowledged (hold-workload.ts).
//
//   HB1. A pause is the largest gap between two acknowledged holds of the moving shard that overlaps the
//        move; what the load leaves between two holds anyway is part of it.
//   HB2. A takeover is the largest such gap from the kill until every shard of the dead acknowledged again.
//   HB3. Beside it stands the same gap of the shards that nobody moved: what the machine alone does.

import { setTimeout as sleep } from 'node:timers/promises'
import { build, type Histogram } from 'hdr-histogram-js'
import type { ShardRow } from '../shared/operations.ts'
import { openHalls } from './halls.ts'
import type { Outcome } from './hold.ts'
import { HoldWorkload, judgeHolds } from './hold-workload.ts'
import { House } from './house.ts'
import { runLoad } from './load.ts'
import type { Options } from './options.ts'
import { percentilesOf } from './report.ts'
import { ShardTimes } from './shard-times.ts'

const SHOWS_MIN = 16
const RATE = 2_000
const ALLOCATORS = 2
/** of the load before and after a move that belongs to it */
const MARGIN_MS = 300
const BETWEEN_MOVES_MS = 250
const TAKEOVER_MS_MAX = 15_000
const READY_MS_MAX = 60_000

interface NodeSeen {
  readonly id: string
  readonly role: string
  readonly pid: number
  readonly state: string
  readonly shards: number
}

export async function measureHandoff(options: Options): Promise<Outcome> {
  const house = await House.startCluster({ allocators: ALLOCATORS })
  try {
    return await measure(house, options)
  } finally {
    await house.stop()
  }
}

async function measure(house: House, options: Options): Promise<Outcome> {
  const halls = await openHalls(house, Math.max(SHOWS_MIN, options.shows))
  const guests = Array.from({ length: options.connections }, () => house.guest())
  const tokens = (await Promise.all(guests)).map(guest => guest.token)
  const workload = new HoldWorkload(halls, options.seed)
  const times = new ShardTimes(workload)
  const lab: Lab = { house, times, durationMs: options.durationMs }
  let trouble: Promise<Told> = Promise.resolve(NOTHING_TOLD)
  const rate = options.rate ?? RATE
  const load = {
    target: { host: house.url.hostname, port: Number(house.url.port) },
    tokens,
    inFlight: options.inFlight,
    rate,
    warmupMs: options.warmupMs,
    durationMs: options.durationMs,
    onWindow: (edge: 'begin' | 'end'): void => {
      if (edge === 'begin') trouble = options.isCrash ? crashes(lab) : moves(lab)
    },
  }
  const result = await runLoad(load, times)
  const told = await trouble
  const pauses = histogramOf(told.pauses)
  await whenAllServe(house)
  const verdict = await judgeHolds(house, workload, result)
  const what = options.isCrash ? 'takeover after kill -9, per shard' : 'write pause of a move'
  return {
    verdict,
    row: {
      name: `${what}, ${rate} holds/s`,
      durability: 'D2',
      opsPerSec: result.count / result.seconds,
      opsPerCpuSec: 0,
      cpuSec: 0,
      ...percentilesOf(pauses),
      errors: result.errors,
      extra: {
        'pauses measured': pauses.totalCount,
        'longest ms': pauses.maxValue / 1_000,
        'p99 of a hold, ms': result.histogram.getValueAtPercentile(99) / 1_000,
        'same gap of shards at rest, p50 ms':
          histogramOf(told.rests).getValueAtPercentile(50) / 1_000,
        'same gap of shards at rest, p99 ms':
          histogramOf(told.rests).getValueAtPercentile(99) / 1_000,
        ...(told.said.length === 0
          ? {}
          : {
              'pause as owners say, p50 ms':
                histogramOf(told.said).getValueAtPercentile(50) / 1_000,
              'pause as owners say, p99 ms':
                histogramOf(told.said).getValueAtPercentile(99) / 1_000,
            }),
        ...(result.firstError === undefined ? {} : { 'first error': result.firstError }),
      },
    },
  }
}

interface Told {
  readonly pauses: number[]
  /** HB3 */
  readonly rests: number[]
  /** as the answer to a move says */
  readonly said: number[]
}

const NOTHING_TOLD: Told = { pauses: [], rests: [], said: [] }

function histogramOf(milliseconds: readonly number[]): Histogram {
  const histogram = build({
    highestTrackableValue: 60_000_000,
    numberOfSignificantValueDigits: 3,
  })
  for (const ms of milliseconds) histogram.recordValue(Math.max(1, Math.round(ms * 1_000)))
  return histogram
}

interface Lab {
  readonly house: House
  readonly times: ShardTimes
  readonly durationMs: number
}

/** One shard after the other goes to the other allocator, until the load ends. HB1 */
async function moves({ house, times, durationMs }: Lab): Promise<Told> {
  const until = performance.now() + durationMs - 1_000
  const told: Told = { pauses: [], rests: [], said: [] }
  for (let turn = 0; performance.now() < until; turn += 1) {
    const shard = times.shards[turn % times.shards.length] as number
    const to = await otherThan(house, await ownerOf(house, shard))
    const from = performance.now()
    const path = `/ops/v1/shards/${shard}/move`
    const { pauseMs } = await house.operate<{ pauseMs: number }>('POST', path, { to })
    const end = performance.now()
    await sleep(MARGIN_MS)
    const span = { from: from - MARGIN_MS, to: end + MARGIN_MS }
    told.pauses.push(times.largestGap(shard, span))
    told.rests.push(...times.gapsBeside([shard], span))
    told.said.push(pauseMs)
    await sleep(BETWEEN_MOVES_MS)
  }
  return told
}

/** The busier allocator is killed, again when both are back. HB2 */
async function crashes({ house, times, durationMs }: Lab): Promise<Told> {
  const until = performance.now() + durationMs - TAKEOVER_MS_MAX / 3
  const told: Told = { pauses: [], rests: [], said: [] }
  while (performance.now() < until) {
    const victim = await busiest(house)
    const lost = (await shardsOf(house)).filter(row => row.owner === victim.id)
    const watched = times.shards.filter(shard => lost.some(row => row.shard === shard))
    const killedAt = performance.now()
    process.kill(victim.pid, 'SIGKILL')
    const isBack = (shard: number): boolean => times.firstAfter(shard, killedAt + 100) !== undefined
    while (!watched.every(isBack) && performance.now() - killedAt < TAKEOVER_MS_MAX) await sleep(20)
    const span = { from: killedAt, to: performance.now() }
    for (const shard of watched) told.pauses.push(times.largestGap(shard, span))
    told.rests.push(...times.gapsBeside(watched, span))
    await whenBalanced(house)
  }
  return told
}

const nodesOf = async (house: House): Promise<readonly NodeSeen[]> => {
  const { items } = await house.operate<{ items: NodeSeen[] }>('GET', '/ops/v1/nodes')
  return items.filter(node => node.role === 'allocator' && node.state === 'serving')
}

const shardsOf = async (house: House): Promise<readonly ShardRow[]> =>
  (await house.operate<{ items: ShardRow[] }>('GET', '/ops/v1/shards')).items

async function ownerOf(house: House, shard: number): Promise<string> {
  return (await shardsOf(house)).find(row => row.shard === shard)?.owner ?? ''
}

async function otherThan(house: House, owner: string): Promise<string> {
  return (await nodesOf(house)).find(node => node.id !== owner)?.id ?? owner
}

async function busiest(house: House): Promise<NodeSeen> {
  const [first] = [...(await nodesOf(house))].sort((left, right) => right.shards - left.shards)
  if (first === undefined) throw new Error('no allocator serves')
  return first
}

async function whenAllServe(house: House): Promise<void> {
  await until(async () => (await shardsOf(house)).every(row => row.owner !== ''))
}

async function whenBalanced(house: House): Promise<void> {
  await until(async () => {
    const nodes = await nodesOf(house)
    const counts = nodes.map(node => node.shards)
    return nodes.length === ALLOCATORS && Math.max(...counts) - Math.min(...counts) <= 1
  })
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + READY_MS_MAX
  while (!(await condition()) && performance.now() < end) await sleep(50)
}
