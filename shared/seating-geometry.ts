// What a plan knows from where seats stand: how good each is, and which one is behind it.
//
// Owns: quality costs and ranks (B), the seat behind (B step 3).
// Leaves to others: rows and segments (seating-plan.ts).
//
//   Q1. Costs are integers below 2^18: sums compare exactly and mirrored seats tie.
//   Q2. Only operations that IEEE 754 rounds exactly are used: the same costs on every machine.

import { assert } from './assert.ts'
import type { Layout, LayoutSeat } from './layout.ts'

const QUALITY_COST_MAX = 2 ** 18 - 1
/** The farthest seat's cost; the resolution of distances. */
const FARTHEST_COST = 65_535
/** A seat behind may be off by half a seat, as in staggered rows, plus what rounding adds. */
const SIDEWAYS_MAX = 0.5001
/** Closer than this two seats are equally far off: the lower index is the one behind. */
const TIE = 0.0001

/** Distance to the focus, the farthest seat at FARTHEST_COST. */
export function distanceCosts(layout: Layout): Uint32Array {
  const { focus, seats } = layout
  const distances = Float64Array.from(seats, seat => {
    const dx = seat.x - focus.x
    const dy = seat.y - focus.y
    return Math.sqrt(dx * dx + dy * dy) // Q2: Math.hypot is not exactly specified
  })
  const farthest = distances.reduce((left, right) => Math.max(left, right), 0)
  const scale = farthest > 0 ? FARTHEST_COST / farthest : 0
  return Uint32Array.from(distances, distance => Math.round(distance * scale))
}

/**
 * The organiser's own order: equal values are equally good, the distances between them mean
 * nothing.
 */
export function organiserCosts(quality: readonly number[]): Uint32Array {
  const values = Float64Array.from(quality)
  assert(values.every(Number.isFinite), 'B: a quality is a finite number')
  const costOfValue = new Map<number, number>()
  for (const value of values.slice().sort()) {
    if (!costOfValue.has(value)) costOfValue.set(value, costOfValue.size)
  }
  assert(costOfValue.size <= QUALITY_COST_MAX + 1, 'Q1: a cost is below 2^18')
  return Uint32Array.from(values, value => costOfValue.get(value) as number)
}

/** Dense ranks: 0 for the lowest cost, ties by index. */
export function ranksOf(costs: Uint32Array): Uint32Array {
  const size = QUALITY_COST_MAX + 1
  const keys = Float64Array.from(costs, (cost, index) => cost * size + index).sort()
  const ranks = new Uint32Array(costs.length)
  keys.forEach((key, rank) => {
    ranks[key % size] = rank
  })
  return ranks
}

/** For each seat the one of the row behind in the same column, or -1. */
export function seatsBehind(
  seats: readonly LayoutSeat[],
  rowStart: Uint32Array,
  rowBehind: Int32Array,
): Int32Array {
  const behind = new Int32Array(seats.length).fill(-1)
  rowBehind.forEach((back, front) => {
    if (back < 0) return
    const frontEnd = rowStart[front + 1] as number
    const backEnd = rowStart[back + 1] as number
    let candidate = rowStart[back] as number
    for (let index = rowStart[front] as number; index < frontEnd; index += 1) {
      const axis = axisAt(seats, index, rowStart[front] as number, frontEnd)
      const offset = (seat: number): number => sidewaysOf(seats, index, seat, axis)
      // both rows run left to right, so the nearest column never moves back
      while (candidate + 1 < backEnd && offset(candidate + 1) < offset(candidate) - TIE)
        candidate += 1
      if (offset(candidate) <= SIDEWAYS_MAX) behind[index] = candidate
    }
  })
  return behind
}

interface Axis {
  readonly dx: number
  readonly dy: number
}

/**
 * Direction of the row at a seat, as long as the distance to its neighbour is; (1, 0) for a lone
 * seat.
 */
function axisAt(seats: readonly LayoutSeat[], index: number, start: number, end: number): Axis {
  const neighbour = index + 1 < end ? index + 1 : index - 1
  if (neighbour < start) return { dx: 1, dy: 0 }
  const here = seats[index] as LayoutSeat
  const there = seats[neighbour] as LayoutSeat
  const sameSegment = here.segment === there.segment
  const previous = index > start ? (seats[index - 1] as LayoutSeat) : undefined
  // across an aisle the distance is no seat's width: prefer the neighbour without one
  const other = !sameSegment && previous?.segment === here.segment ? previous : there
  const axis = { dx: other.x - here.x, dy: other.y - here.y }
  return axis.dx === 0 && axis.dy === 0 ? { dx: 1, dy: 0 } : axis
}

/** How many seat widths `to` is off the line straight behind `from`. */
function sidewaysOf(seats: readonly LayoutSeat[], from: number, to: number, axis: Axis): number {
  const here = seats[from] as LayoutSeat
  const there = seats[to] as LayoutSeat
  const along = (there.x - here.x) * axis.dx + (there.y - here.y) * axis.dy
  return Math.abs(along) / (axis.dx * axis.dx + axis.dy * axis.dy)
}
