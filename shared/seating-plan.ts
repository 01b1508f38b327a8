// A Layout compiled for the allocator: dense typed arrays over SeatIndex, shared by all its Shows.
//
// Owns: the physical facts of a hall (rows, segments, neighbours, quality) and their digest.
// Leaves to others: what is free (core/seat-map.ts), which seats to pick (core/best-available.ts).
//
//   G1. A segment is a contiguous range of indexes inside its row's contiguous range (S4, S6).
//   G2. Equal layouts compile to equal digests, on every machine.

import { assert } from './assert.ts'
import type { Layout, LayoutSeat, SeatKind } from './layout.ts'
import { LIMITS } from './limits.ts'
import { digestOfPlan } from './seating-digest.ts'
import { distanceCosts, organiserCosts, ranksOf, seatsBehind } from './seating-geometry.ts'

export interface SeatingPlan {
  readonly seatCount: number
  readonly categoryCount: number
  readonly segmentCount: number
  readonly rowCount: number
  readonly sectionCount: number
  readonly categoryOf: Uint8Array
  /** 0 standard, 1 accessible, 2 companion */
  readonly kindOf: Uint8Array
  readonly segmentOf: Uint32Array
  readonly rowOf: Uint32Array
  /** length segmentCount + 1: segment s covers indexes [segmentStart[s], segmentStart[s + 1]) */
  readonly segmentStart: Uint32Array
  /** length rowCount + 1 */
  readonly rowStart: Uint32Array
  readonly sectionOfRow: Uint32Array
  /** the row directly behind in the same section, or -1 */
  readonly rowBehind: Int32Array
  /** the seat of the row behind that sits in the same column (at most half a seat off), or -1 */
  readonly seatBehind: Int32Array
  /** lower is better, equally good seats are equal; below 2^18; blocks compare by their sum (B) */
  readonly qualityCost: Uint32Array
  /** 0 is the best seat; ties by index */
  readonly qualityRank: Uint32Array
  readonly x: Float32Array
  readonly y: Float32Array
  /** hex SHA-256 */
  readonly digest: string
}

/** The values of `kindOf`. */
export const SEAT_KIND: Readonly<Record<SeatKind, number>> = Object.freeze({
  standard: 0,
  accessible: 1,
  companion: 2,
})

/**
 * Compiles a layout that the import has already checked: what the import guarantees is asserted
 * here, never refused. Costs about a microsecond a seat.
 */
export function compilePlan(layout: Layout): SeatingPlan {
  const seatCount = layout.seats.length
  assert(seatCount > 0, 'S6: a layout has at least one seat')
  assert(seatCount <= LIMITS.seatsPerLayoutMax, 'limits: a layout within seatsPerLayoutMax')
  assert(
    layout.categories.length > 0 && layout.categories.length <= LIMITS.categoriesPerLayoutMax,
    'limits: a layout within categoriesPerLayoutMax',
  )
  const facts = factsOf(layout)
  const runs = runsOf(layout)
  const quality = layout.quality
  if (quality !== undefined) assert(quality.length === seatCount, 'B: a quality for every seat')
  const qualityCost = quality === undefined ? distanceCosts(layout) : organiserCosts(quality)
  const undigested = {
    seatCount,
    categoryCount: layout.categories.length,
    sectionCount: layout.sections.length,
    ...facts,
    ...runs,
    seatBehind: seatsBehind(layout.seats, runs.rowStart, runs.rowBehind),
    qualityCost,
    qualityRank: ranksOf(qualityCost),
  }
  return Object.freeze({ ...undigested, digest: digestOfPlan(undigested) })
}

type SeatFacts = Pick<SeatingPlan, 'categoryOf' | 'kindOf' | 'x' | 'y'>

function factsOf(layout: Layout): SeatFacts {
  const seatCount = layout.seats.length
  const categoryIndex = indexOfEach(layout.categories.map(category => category.id))
  const facts = {
    categoryOf: new Uint8Array(seatCount),
    kindOf: new Uint8Array(seatCount),
    x: new Float32Array(seatCount),
    y: new Float32Array(seatCount),
  }
  layout.seats.forEach((seat, index) => {
    assert(seat.index === index, 'S6: a seat stands at its own index')
    const category = categoryIndex.get(seat.category)
    assert(category !== undefined, 'S6: a seat names a category of its layout')
    assert(Number.isFinite(seat.x) && Number.isFinite(seat.y), 'S6: a seat stands somewhere')
    facts.categoryOf[index] = category
    facts.kindOf[index] = SEAT_KIND[seat.kind]
    facts.x[index] = seat.x
    facts.y[index] = seat.y
  })
  return facts
}

type SeatRuns = Pick<
  SeatingPlan,
  | 'segmentCount'
  | 'rowCount'
  | 'segmentOf'
  | 'rowOf'
  | 'segmentStart'
  | 'rowStart'
  | 'sectionOfRow'
  | 'rowBehind'
>

/** Cuts the seats into rows and segments. G1 */
function runsOf(layout: Layout): SeatRuns {
  const seats = layout.seats
  const segmentOf = new Uint32Array(seats.length)
  const rowOf = new Uint32Array(seats.length)
  const segmentStart: number[] = []
  const rowStart: number[] = []
  let previous: LayoutSeat | undefined
  for (let index = 0; index < seats.length; index += 1) {
    const seat = seats[index] as LayoutSeat
    const isRowStart = previous?.row !== seat.row || previous.section !== seat.section
    const isSegmentStart = previous?.segment !== seat.segment
    assert(isSegmentStart || !isRowStart, 'G1: a segment lies inside one row')
    if (isRowStart) rowStart.push(index)
    if (isSegmentStart) segmentStart.push(index)
    rowOf[index] = rowStart.length - 1
    segmentOf[index] = segmentStart.length - 1
    previous = seat
  }
  assertContiguous(seats, segmentStart, rowStart)
  return {
    segmentCount: segmentStart.length,
    rowCount: rowStart.length,
    segmentOf,
    rowOf,
    ...sectionsOf(layout, rowStart),
    segmentStart: Uint32Array.from([...segmentStart, seats.length]),
    rowStart: Uint32Array.from([...rowStart, seats.length]),
  }
}

/** No row and no segment is met a second time. G1 */
function assertContiguous(
  seats: readonly LayoutSeat[],
  segmentStart: readonly number[],
  rowStart: readonly number[],
): void {
  const segments = new Set(segmentStart.map(start => seats[start]?.segment))
  assert(segments.size === segmentStart.length, 'G1: a segment is one contiguous range')
  const rows = new Set(
    rowStart.map(start => JSON.stringify([seats[start]?.section, seats[start]?.row])),
  )
  assert(rows.size === rowStart.length, 'G1: a row is one contiguous range')
}

/** Rows of a section follow each other front to back, so the next one of it is the row behind. */
function sectionsOf(
  layout: Layout,
  rowStart: readonly number[],
): Pick<SeatingPlan, 'sectionOfRow' | 'rowBehind'> {
  const sectionIndex = indexOfEach(layout.sections)
  const sectionOfRow = new Uint32Array(rowStart.length)
  const rowBehind = new Int32Array(rowStart.length).fill(-1)
  const lastRowOf = new Int32Array(layout.sections.length).fill(-1)
  rowStart.forEach((start, row) => {
    const section = sectionIndex.get(layout.seats[start]?.section ?? '')
    assert(section !== undefined, 'S6: a seat names a section of its layout')
    sectionOfRow[row] = section
    const front = lastRowOf[section] as number
    if (front >= 0) rowBehind[front] = row
    lastRowOf[section] = row
  })
  return { sectionOfRow, rowBehind }
}

function indexOfEach(names: readonly string[]): ReadonlyMap<string, number> {
  const indexes = new Map(names.map((name, index) => [name, index]))
  assert(indexes.size === names.length, 'S6: names of a layout are unique')
  return indexes
}
