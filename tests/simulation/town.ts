// What a simulated world looks like: its halls, Shows, policies and temper, drawn from its seed.

import type { ShardNumber } from '../../shared/ids.ts'
import { asInstant, asLayoutNumber, asShowNumber, type ShowNumber } from '../../shared/ids.ts'
import type { Layout } from '../../shared/layout.ts'
import { shardOf } from '../../shared/placement.ts'
import type { Policy, ShowTerms } from '../../shared/policy.ts'
import { hallOf, rowOf } from '../support/halls.ts'
import type { Random } from './random.ts'
import type { SimDisk } from './sim-disk.ts'
import type { Temper } from './sim-process.ts'

export interface Town {
  readonly shards: readonly ShardNumber[]
  readonly shows: readonly ShowNumber[]
  readonly layouts: readonly Layout[]
  readonly currency: string
  readonly temper: Temper
  /** terms under which a Show may be sold from now on */
  terms(): ShowTerms
  /** always the same for a Show */
  firstTerms(show: ShowNumber): ShowTerms
}

const HALLS: readonly Layout[] = [
  rowOf(8),
  rowOf(14),
  hallOf({ rows: 2, seatsPerRow: 6, aisleEvery: 3 }),
  hallOf({ rows: 3, seatsPerRow: 4, categories: 3 }),
  hallOf({ rows: 2, seatsPerRow: 6, categories: 2, accessiblePerSection: 1 }),
  hallOf({ rows: 2, seatsPerRow: 5, sections: 2, categories: 2 }),
]

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

export function townOf(random: Random, disk: SimDisk): Town {
  const layouts = [random.pick(HALLS), random.pick(HALLS)] as Layout[]
  const plans = layouts.map((layout, at) => disk.plans.add(asLayoutNumber(at + 1), layout))
  const shows = drawShows(random)
  const shards = [...new Set(shows.map(shardOf))]
  const isStormy = random.chance(0.6)
  const temper: Temper = {
    sendFaults: isStormy ? random.next() * 0.5 : 0,
    pageFaults: isStormy ? random.next() * 0.4 : 0,
    snapshotEveryMs: random.pick([50, 1_000, 20_000, 600_000]) ?? 1_000,
  }
  const drawTerms = (isFirst: boolean): ShowTerms => {
    const at = !isFirst && random.chance(0.3) ? 1 : 0
    const now = disk.clock.wallMs()
    const layout = layouts[at] as Layout
    const isShort = random.chance(0.12)
    return {
      layout: asLayoutNumber(at + 1),
      layoutDigest: plans[at]?.digest ?? '',
      policy: drawPolicy(random),
      prices: layout.categories.map(() => random.below(4) * 500),
      currency: !isFirst && random.chance(0.1) ? 'USD' : 'EUR',
      startsAt: asInstant(now + 2 * DAY_MS),
      salesOpenAt: asInstant(random.chance(0.1) ? now + random.below(30_000) : 0),
      salesCloseAt: asInstant(now + (isShort ? random.below(10 * MINUTE_MS) : DAY_MS)),
    }
  }
  const first = new Map(shows.map(show => [show, drawTerms(true)]))
  return {
    shards,
    shows,
    layouts,
    currency: 'EUR',
    temper,
    terms: () => drawTerms(false),
    firstTerms: show => first.get(show) as ShowTerms,
  }
}

/** One to three Shows on one or two shards. */
function drawShows(random: Random): readonly ShowNumber[] {
  const shows = [asShowNumber(random.between(1, 60))]
  const first = shardOf(shows[0] as ShowNumber)
  const other = random.chance(0.5) ? random.below(16) : first
  const count = random.between(1, 3)
  for (let number = 61; shows.length < count; number += 1) {
    const shard: number = shardOf(asShowNumber(number))
    if (shard === first || shard === other) shows.push(asShowNumber(number))
  }
  return shows
}

function drawPolicy(random: Random): Policy {
  const holdTtlMs = random.pick([2_000, 20_000, 300_000]) ?? 300_000
  return {
    holdTtlMs,
    payTtlMs: random.pick([5_000, 90_000, 300_000]) ?? 300_000,
    extensionsMax: random.below(3),
    holdLifeMaxMs: holdTtlMs + (random.pick([0, 15_000, 600_000]) ?? 0),
    seatsMax: random.between(2, 10),
    holdsMax: random.between(1, 5),
    orphans: random.chance(0.5) ? 'on' : 'off',
    orphanOffAbovePercentSold: random.pick([20, 50, 90, 100]) ?? 90,
    barrierMaxMs: random.pick([3_000, 60_000, 600_000]) ?? 600_000,
    refund: [],
  }
}
