// Halls of any size for tests and the bench, built fast and always the same.
//
// Owns: layouts in the order that compilePlan relies on (layout.ts).
// Leaves to others: real venues (the demo catalogue).

import type { Layout, LayoutSeat, SeatKind } from '../../shared/layout.ts'

export interface Hall {
  /** rows of each section */
  readonly rows: number
  readonly seatsPerRow: number
  /** sections stand behind each other; default 1 */
  readonly sections?: number
  /** an aisle after every so many seats of a row; 0, the default, for none */
  readonly aisleEvery?: number
  /** categories split the rows of the hall front to back; default 1 */
  readonly categories?: number
  /**
   * so many accessible seats, each with a companion seat beside it, begin the last row of each
   * section
   */
  readonly accessiblePerSection?: number
  /** by SeatIndex, lower is better */
  readonly quality?: readonly number[]
}

const ROW_GAP = 1.1
const SEAT_GAP = 0.6
const AISLE_GAP = 1.2

/** Seats are numbered row by row, front to back; categories are `category-0`, `category-1`, ... */
export function hallOf(hall: Hall): Layout {
  const sectionCount = hall.sections ?? 1
  const rowCount = hall.rows * sectionCount
  const seats: LayoutSeat[] = []
  let segment = -1
  for (let row = 0; row < rowCount; row += 1) {
    for (let place = 0; place < hall.seatsPerRow; place += 1) {
      if (beginsSegment(hall, place)) segment += 1
      seats.push(seatAt(hall, { index: seats.length, row, place, segment, rowCount }))
    }
  }
  const width = xOf(hall, hall.seatsPerRow - 1)
  return {
    name: `${rowCount} x ${hall.seatsPerRow}`,
    width,
    height: rowCount * ROW_GAP,
    focus: { x: width / 2, y: 0 },
    categories: names('category', hall.categories ?? 1).map(id => ({ id, name: id })),
    sections: names('section', sectionCount),
    seats,
    ...(hall.quality === undefined ? {} : { quality: hall.quality }),
  }
}

/**
 * About that many seats, 60 .. 200 000, like real rooms: rows of up to 40 with aisles, several
 * sections.
 */
export function hallOfSize(seatCount: number): Layout {
  const seatsPerRow = seatCount < 400 ? 12 : seatCount < 5_000 ? 25 : 40
  const rowCount = Math.max(1, Math.round(seatCount / seatsPerRow))
  const sections = Math.max(1, Math.round(rowCount / 20))
  return hallOf({
    rows: Math.max(1, Math.round(rowCount / sections)),
    seatsPerRow,
    sections,
    aisleEvery: seatsPerRow >= 25 ? Math.ceil(seatsPerRow / 2) : 0,
    categories: Math.min(4, rowCount),
    accessiblePerSection: 2,
  })
}

/** One row of standard seats without an aisle, as rules about neighbours are told. */
export function rowOf(seatCount: number): Layout {
  return hallOf({ rows: 1, seatsPerRow: seatCount })
}

interface Place {
  readonly index: number
  readonly row: number
  readonly place: number
  readonly segment: number
  readonly rowCount: number
}

function seatAt(hall: Hall, at: Place): LayoutSeat {
  const section = Math.floor(at.row / hall.rows)
  const category = Math.floor((at.row * (hall.categories ?? 1)) / at.rowCount)
  const row = String((at.row % hall.rows) + 1)
  const number = String(at.place + 1)
  return {
    index: at.index,
    label: `${section + 1}-${row}-${number}`,
    section: `section-${section}`,
    row,
    number,
    category: `category-${category}`,
    segment: at.segment,
    x: xOf(hall, at.place),
    y: (at.row + 1) * ROW_GAP,
    kind: kindOf(hall, at),
  }
}

function kindOf(hall: Hall, at: Place): SeatKind {
  const isLastRow = at.row % hall.rows === hall.rows - 1
  if (!isLastRow || at.place >= 2 * (hall.accessiblePerSection ?? 0)) return 'standard'
  return at.place % 2 === 0 ? 'accessible' : 'companion'
}

function beginsSegment(hall: Hall, place: number): boolean {
  return place === 0 || (!!hall.aisleEvery && place % hall.aisleEvery === 0)
}

function xOf(hall: Hall, place: number): number {
  const aislesBefore = hall.aisleEvery ? Math.floor(place / hall.aisleEvery) : 0
  return place * SEAT_GAP + aislesBefore * AISLE_GAP
}

function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index}`)
}
