// Usher's own layout JSON, in two shapes.
//
//   Rows, for people to write:
//   { "name": "Hall 1", "width"?, "height"?, "focus"?: {x, y},
//     "categories": [{ "id": "stalls", "name": "Stalls" }],
//     "sections": [{ "name": "Stalls", "rows": [{ "name": "A", "seats": [
//       { "number": "1", "x": 0, "y": 0, "category": "stalls",
//         "kind"?: "standard" | "accessible" | "companion", "label"?, "aisleBefore"?: true,
//         "quality"?: 1 }] }] }] }
//
//   Flat: what GET /v1/layouts/{id} answers; index order, rows and segments stay as they are.
//
// Owns: the checks of both shapes. Leaves to others: order and segments of the first (layout-build.ts).

import type { Layout, LayoutCategory, LayoutSeat, SeatKind } from '../shared/layout.ts'
import type { LayoutDraft, RowDraft, SeatDraft, SectionDraft } from './layout-build.ts'
import type { JsonObject, Reading } from './layout-reading.ts'

const KINDS: readonly SeatKind[] = ['standard', 'accessible', 'companion']
const DRAFT_FIELDS = new Set(['name', 'width', 'height', 'focus', 'categories', 'sections'])
const FLAT_FIELDS = new Set([...DRAFT_FIELDS, 'id', 'version', 'seats', 'quality'])
const ROW_FIELDS = new Set(['name', 'seats'])
const SECTION_FIELDS = new Set(['name', 'rows'])
const SEAT_FIELDS = new Set([
  'number',
  'x',
  'y',
  'category',
  'kind',
  'label',
  'aisleBefore',
  'quality',
])
const FLAT_SEAT_FIELDS = new Set([
  'index',
  'label',
  'section',
  'row',
  'number',
  'category',
  'segment',
  'x',
  'y',
  'kind',
])

export function readDraft(document: JsonObject, reading: Reading): LayoutDraft {
  reading.warnUnused(document, DRAFT_FIELDS, 'the layout')
  const categories = readCategories(document.categories, reading)
  const sections = reading.array(document.sections, '/sections').map((value, index) => {
    return readSection(value, `/sections/${index}`, categories, reading)
  })
  checkUnique(
    sections.map(section => section.name),
    { pointer: index => `/sections/${index}/name`, what: 'section' },
    reading,
  )
  reading.seatCount(
    sections.flatMap(({ rows }) => rows).reduce((sum, { seats }) => sum + seats.length, 0),
    '/sections',
  )
  return {
    name: reading.nameOr('Layout', document.name, '/name'),
    ...measureOf(document, reading),
    categories,
    sections,
  }
}

function measureOf(document: JsonObject, reading: Reading) {
  const { width, height, focus } = document
  return {
    width: width === undefined ? undefined : reading.coordinate(width, '/width'),
    height: height === undefined ? undefined : reading.coordinate(height, '/height'),
    focus: focus === undefined ? undefined : reading.pointOrOrigin(focus, '/focus'),
  }
}

function readCategories(value: unknown, reading: Reading): readonly LayoutCategory[] {
  const categories = reading.array(value, '/categories').map((item, index) => {
    const pointer = `/categories/${index}`
    const category = reading.object(item, pointer) ?? {}
    const id = reading.name(category.id, `${pointer}/id`)
    return { id, name: reading.nameOr(id, category.name, `${pointer}/name`) }
  })
  reading.categoryCount(categories.length, '/categories')
  checkUnique(
    categories.map(category => category.id),
    { pointer: index => `/categories/${index}/id`, what: 'category' },
    reading,
  )
  return categories
}

function readSection(
  value: unknown,
  pointer: string,
  categories: readonly LayoutCategory[],
  reading: Reading,
): SectionDraft {
  const section = reading.object(value, pointer) ?? {}
  reading.warnUnused(section, SECTION_FIELDS, 'a section')
  const known = new Set(categories.map(category => category.id))
  const rows = reading.array(section.rows, `${pointer}/rows`).map((item, index) => {
    return readRow(item, `${pointer}/rows/${index}`, known, reading)
  })
  checkUnique(
    rows.map(row => row.name),
    { pointer: index => `${pointer}/rows/${index}/name`, what: 'row' },
    reading,
  )
  return { name: reading.name(section.name, `${pointer}/name`), rows }
}

function readRow(
  value: unknown,
  pointer: string,
  categories: ReadonlySet<string>,
  reading: Reading,
): RowDraft {
  const row = reading.object(value, pointer) ?? {}
  reading.warnUnused(row, ROW_FIELDS, 'a row')
  const seats = reading.array(row.seats, `${pointer}/seats`).map((item, index) => {
    return readSeat(item, `${pointer}/seats/${index}`, categories, reading)
  })
  checkUnique(
    seats.map(seat => seat.number),
    { pointer: index => `${pointer}/seats/${index}/number`, what: 'seat number' },
    reading,
  )
  return { name: reading.name(row.name, `${pointer}/name`), seats }
}

function readSeat(
  value: unknown,
  pointer: string,
  categories: ReadonlySet<string>,
  reading: Reading,
): SeatDraft {
  const seat = reading.object(value, pointer) ?? {}
  reading.warnUnused(seat, SEAT_FIELDS, 'a seat')
  const { label, quality } = seat
  return {
    number: reading.name(seat.number, `${pointer}/number`),
    label: label === undefined ? undefined : reading.name(label, `${pointer}/label`),
    x: reading.coordinate(seat.x, `${pointer}/x`),
    y: reading.coordinate(seat.y, `${pointer}/y`),
    category: readCategory(seat.category, pointer, categories, reading),
    kind: readKind(seat.kind, pointer, reading),
    hasAisleBefore: seat.aisleBefore === true,
    quality: quality === undefined ? undefined : reading.coordinate(quality, `${pointer}/quality`),
  }
}

function readCategory(
  value: unknown,
  pointer: string,
  known: ReadonlySet<string>,
  reading: Reading,
): string {
  const category = reading.name(value, `${pointer}/category`)
  if (category !== '' && !known.has(category)) {
    reading.problem(`${pointer}/category`, `No category of this layout has the id "${category}".`)
  }
  return category
}

function readKind(value: unknown, pointer: string, reading: Reading): SeatKind {
  if (value === undefined) return 'standard'
  const kind = KINDS.find(known => known === value)
  if (kind === undefined) reading.problem(`${pointer}/kind`, `Give one of ${KINDS.join(', ')}.`)
  return kind ?? 'standard'
}

export function checkUnique(
  names: readonly string[],
  { pointer, what }: { readonly pointer: (index: number) => string; readonly what: string },
  reading: Reading,
): void {
  const seen = new Set<string>()
  names.forEach((name, index) => {
    if (name !== '' && seen.has(name)) {
      reading.problem(pointer(index), `The ${what} "${name}" is there twice.`)
    }
    seen.add(name)
  })
}

/** The flat shape. Its order is checked, never changed. */
export function readFlat(document: JsonObject, reading: Reading): Layout {
  reading.warnUnused(document, FLAT_FIELDS, 'the layout')
  const items = reading.array(document.seats, '/seats')
  reading.seatCount(items.length, '/seats')
  const seats = items.map((item, index) => readFlatSeat(item, index, reading))
  const categories =
    document.categories === undefined
      ? distinct(seats.map(seat => seat.category)).map(id => ({ id, name: id }))
      : readCategories(document.categories, reading)
  reading.categoryCount(categories.length, '/seats')
  checkOrder(seats, reading)
  const known = new Set(categories.map(category => category.id))
  seats.forEach((seat, index) => {
    readCategory(seat.category, `/seats/${index}`, known, reading)
  })
  const { width, height, focus } = measureOf(document, reading)
  const farX = seats.reduce((most, seat) => Math.max(most, seat.x + 1), width ?? 0)
  const farY = seats.reduce((most, seat) => Math.max(most, seat.y + 1), height ?? 0)
  return {
    name: reading.nameOr('Layout', document.name, '/name'),
    width: farX,
    height: farY,
    focus: focus ?? { x: farX / 2, y: 0 },
    categories,
    sections: distinct(seats.map(seat => seat.section)),
    seats,
  }
}

function readFlatSeat(value: unknown, index: number, reading: Reading): LayoutSeat {
  const pointer = `/seats/${index}`
  const seat = reading.object(value, pointer) ?? {}
  reading.warnUnused(seat, FLAT_SEAT_FIELDS, 'a seat')
  if (seat.index !== undefined && seat.index !== index) {
    reading.problem(`${pointer}/index`, `The seat at place ${index} has the index ${index}.`)
  }
  const row = reading.name(seat.row, `${pointer}/row`)
  const number = reading.name(seat.number, `${pointer}/number`)
  return {
    index,
    label: reading.nameOr(row + number, seat.label, `${pointer}/label`),
    section: reading.name(seat.section, `${pointer}/section`),
    row,
    number,
    category: reading.name(seat.category, `${pointer}/category`),
    segment: reading.coordinate(seat.segment, `${pointer}/segment`),
    x: reading.coordinate(seat.x, `${pointer}/x`),
    y: reading.coordinate(seat.y, `${pointer}/y`),
    kind: readKind(seat.kind, pointer, reading),
  }
}

/** Rows, and segments inside them, are contiguous; none comes back later. */
function checkOrder(seats: readonly LayoutSeat[], reading: Reading): void {
  const rows = new Set<string>()
  const segments = new Set<number>()
  seats.forEach((seat, index) => {
    const previous = seats[index - 1]
    const isSameRow = previous?.row === seat.row && previous.section === seat.section
    const isSameSegment = previous?.segment === seat.segment
    const row = JSON.stringify([seat.section, seat.row])
    if (!isSameRow && rows.has(row)) {
      reading.problem(`/seats/${index}/row`, `The seats of row ${seat.row} must stand together.`)
    }
    if (isSameSegment ? !isSameRow : segments.has(seat.segment)) {
      const detail = 'A segment is one run of seats inside one row, with a number of its own.'
      reading.problem(`/seats/${index}/segment`, detail)
    }
    rows.add(row)
    segments.add(seat.segment)
  })
}

function distinct(names: readonly string[]): readonly string[] {
  return [...new Set(names)]
}
