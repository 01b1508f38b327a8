// From rows of seats to a Layout: order, segments, labels, measure.
//
// Owns: the order facts that the compiled plan relies on (shared/layout.ts).
// Leaves to others: reading documents (layout-own.ts, layout-pretix.ts), inventing halls (demo-halls.ts).
//
//   LB1. Deterministic: equal drafts give equal layouts.
//   LB2. A row runs from its left to its right along the direction in which it is longest.
//   LB3. A segment ends at an aisle that is named, or where the gap exceeds 1.5 times the row's
//        median pitch (S4).
//   LB4. Rows of a section follow each other by their distance from the focus.

import type { Layout, LayoutCategory, LayoutPoint, LayoutSeat, SeatKind } from '../shared/layout.ts'

export interface SeatDraft {
  readonly number: string
  readonly label?: string | undefined
  readonly x: number
  readonly y: number
  readonly category: string
  readonly kind: SeatKind
  /** an aisle lies between this seat and the one before it in the document */
  readonly hasAisleBefore: boolean
  readonly quality?: number | undefined
}

export interface RowDraft {
  readonly name: string
  readonly seats: readonly SeatDraft[]
}

export interface SectionDraft {
  readonly name: string
  readonly rows: readonly RowDraft[]
}

export interface LayoutDraft {
  readonly name: string
  readonly width?: number | undefined
  readonly height?: number | undefined
  readonly focus?: LayoutPoint | undefined
  readonly categories: readonly LayoutCategory[]
  readonly sections: readonly SectionDraft[]
}

const GAP_FACTOR = 1.5

interface Cut {
  readonly seat: SeatDraft
  readonly startsSegment: boolean
}

export function buildLayout(given: LayoutDraft): Layout {
  const draft = withinView(given)
  const bounds = boundsOf(draft)
  const focus = draft.focus ?? { x: bounds.width / 2, y: 0 }
  const seats: LayoutSeat[] = []
  const quality: number[] = []
  let segment = -1
  for (const section of draft.sections) {
    for (const row of frontToBack(section.rows, focus)) {
      for (const { seat, startsSegment } of cutsOf(row.seats)) {
        if (startsSegment) segment += 1
        if (seat.quality !== undefined) quality.push(seat.quality)
        seats.push(seatOf(seat, { section: section.name, row: row.name, segment }, seats.length))
      }
    }
  }
  return {
    name: draft.name,
    ...bounds,
    focus,
    categories: draft.categories,
    sections: draft.sections.map(section => section.name),
    seats: withUniqueLabels(seats),
    ...(quality.length === seats.length && { quality }),
  }
}

/** Moved so that nothing lies left of or above the origin. */
function withinView(draft: LayoutDraft): LayoutDraft {
  const seats = draft.sections.flatMap(({ rows }) => rows.flatMap(row => row.seats))
  const dx = -seats.reduce((least, seat) => Math.min(least, seat.x), 0)
  const dy = -seats.reduce((least, seat) => Math.min(least, seat.y), 0)
  if (dx === 0 && dy === 0) return draft
  const move = <Point extends LayoutPoint>(point: Point): Point => {
    return { ...point, x: point.x + dx, y: point.y + dy }
  }
  return {
    ...draft,
    width: (draft.width ?? 0) + dx,
    height: (draft.height ?? 0) + dy,
    focus: draft.focus === undefined ? undefined : move(draft.focus),
    sections: draft.sections.map(({ name, rows }) => {
      return { name, rows: rows.map(row => ({ ...row, seats: row.seats.map(move) })) }
    }),
  }
}

function seatOf(
  seat: SeatDraft,
  place: { readonly section: string; readonly row: string; readonly segment: number },
  index: number,
): LayoutSeat {
  return {
    index,
    label: seat.label ?? `${place.row}${seat.number}`,
    section: place.section,
    row: place.row,
    number: seat.number,
    category: seat.category,
    segment: place.segment,
    x: seat.x,
    y: seat.y,
    kind: seat.kind,
  }
}

/** Tickets of two sections must not read the same. */
function withUniqueLabels(seats: readonly LayoutSeat[]): readonly LayoutSeat[] {
  const counts = new Map<string, number>()
  for (const { label } of seats) counts.set(label, (counts.get(label) ?? 0) + 1)
  return seats.map(seat =>
    counts.get(seat.label) === 1 ? seat : { ...seat, label: `${seat.section} ${seat.label}` },
  )
}

/** The given measure, grown when a seat lies outside of it. */
function boundsOf(draft: LayoutDraft): { readonly width: number; readonly height: number } {
  let width = draft.width ?? 0
  let height = draft.height ?? 0
  for (const section of draft.sections) {
    for (const row of section.rows) {
      for (const seat of row.seats) {
        width = Math.max(width, seat.x + 1)
        height = Math.max(height, seat.y + 1)
      }
    }
  }
  return { width, height }
}

/** LB4; rows equally far keep the document's order. */
function frontToBack(rows: readonly RowDraft[], focus: LayoutPoint): readonly RowDraft[] {
  const measured = rows.map((row, index) => {
    const x = mean(row.seats, seat => seat.x) - focus.x
    const y = mean(row.seats, seat => seat.y) - focus.y
    return { row, index, distance: x * x + y * y }
  })
  measured.sort((left, right) => left.distance - right.distance || left.index - right.index)
  return measured.map(({ row }) => row)
}

function mean(seats: readonly SeatDraft[], pick: (seat: SeatDraft) => number): number {
  let sum = 0
  for (const seat of seats) sum += pick(seat)
  return sum / Math.max(1, seats.length)
}

/** LB2, LB3 */
function cutsOf(seats: readonly SeatDraft[]): readonly Cut[] {
  const ordered = leftToRight(seats)
  const pitches = ordered.slice(1).map((right, index) => distanceOf(ordered[index], right.seat))
  const aisle = medianOf(pitches) * GAP_FACTOR
  return ordered.map(({ seat, at }, index) => {
    const previous = ordered[index - 1]
    if (previous === undefined) return { seat, startsSegment: true }
    const isNamed = hasAisleBetween(seats, previous.at, at)
    return { seat, startsSegment: isNamed || (pitches[index - 1] ?? 0) > aisle }
  })
}

interface Placed {
  readonly seat: SeatDraft
  /** index in the document */
  readonly at: number
}

function leftToRight(seats: readonly SeatDraft[]): readonly Placed[] {
  const isUpright = rangeOf(seats, seat => seat.y) > rangeOf(seats, seat => seat.x)
  const placed = seats.map((seat, at) => ({ seat, at }))
  const along = ({ seat }: Placed) => (isUpright ? seat.y : seat.x)
  return placed.sort((left, right) => along(left) - along(right) || left.at - right.at)
}

/** The aisle that the document names lies behind the later one of two neighbours. */
function hasAisleBetween(seats: readonly SeatDraft[], left: number, right: number): boolean {
  if (Math.abs(left - right) !== 1) return false
  return seats[Math.max(left, right)]?.hasAisleBefore === true
}

function rangeOf(seats: readonly SeatDraft[], pick: (seat: SeatDraft) => number): number {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const seat of seats) {
    low = Math.min(low, pick(seat))
    high = Math.max(high, pick(seat))
  }
  return high - low
}

function distanceOf(left: Placed | undefined, right: SeatDraft): number {
  if (left === undefined) return 0
  const dx = right.x - left.seat.x
  const dy = right.y - left.seat.y
  return Math.sqrt(dx * dx + dy * dy)
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right)
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0
}
