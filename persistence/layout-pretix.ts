// The seating plan JSON of pretix, as far as it says where people sit.
//
//   { name, size: {width, height}, categories: [{name, color}], zones: [{ name, position,
//     rows: [{ row_number, position?, seats: [{ seat_guid, seat_number, position, category }] }],
//     areas: [{ shape, position, text, ... }] }] }
//
// Owns: its checks, and what has no counterpart here. Leaves to others: order, segments (layout-build.ts).
//
//   PX1. Positions add up: zone + row + seat.
//   PX2. A row number that comes twice in a zone is one row, unless its seat numbers repeat.
//   PX3. The focus is an area whose text says stage or screen, else the middle of the upper edge.

import type { LayoutCategory, LayoutPoint, SeatKind } from '../shared/layout.ts'
import type { LayoutDraft, RowDraft, SeatDraft, SectionDraft } from './layout-build.ts'
import { checkUnique } from './layout-own.ts'
import type { JsonObject, Reading } from './layout-reading.ts'

const PLAN_FIELDS = new Set(['name', 'size', 'categories', 'zones'])
const ZONE_FIELDS = new Set(['name', 'zone_id', 'uuid', 'position', 'rows', 'areas'])
const ROW_FIELDS = new Set([
  'row_number',
  'row_label',
  'row_number_position',
  'uuid',
  'position',
  'seats',
])
const SEAT_FIELDS = new Set(['seat_guid', 'seat_number', 'uuid', 'position', 'category', 'radius'])
const FOCUS =
  /(?<!\p{L})(stage|screen|bühne|leinwand|podium|scène|écran|escenario|pantalla)(?!\p{L})/iu
const ACCESSIBLE = /wheelchair|accessible|rollstuhl|barrierefrei/iu
const COMPANION = /companion|carer|begleit/iu

export function readPretix(document: JsonObject, reading: Reading): LayoutDraft {
  reading.warnUnused(document, PLAN_FIELDS, 'the plan')
  const categories = new Categories(document.categories, reading)
  const zones = reading.array(document.zones, '/zones')
  const guids: { readonly guid: string; readonly pointer: string }[] = []
  const sections = zones.map((value, index) =>
    readZone(value, { pointer: `/zones/${index}`, index }, { categories, guids, reading }),
  )
  checkUnique(
    guids.map(({ guid }) => guid),
    { pointer: index => guids[index]?.pointer ?? '', what: 'seat_guid' },
    reading,
  )
  reading.seatCount(guids.length, '/zones')
  const size = reading.object(document.size ?? {}, '/size') ?? {}
  const width = reading.coordinateOr(0, size.width, '/size/width')
  return {
    name: reading.nameOr('Seating plan', document.name, '/name'),
    width,
    height: reading.coordinateOr(0, size.height, '/size/height'),
    focus: focusOf(zones, reading),
    categories: categories.list,
    sections: withUniqueNames(
      sections.filter(section => section.rows.length > 0),
      reading,
    ),
  }
}

interface Context {
  readonly categories: Categories
  readonly guids: { readonly guid: string; readonly pointer: string }[]
  readonly reading: Reading
}

interface Spot {
  readonly pointer: string
  readonly index: number
}

function readZone(value: unknown, { pointer, index }: Spot, context: Context): SectionDraft {
  const { reading } = context
  const zone = reading.object(value, pointer) ?? {}
  reading.warnUnused(zone, ZONE_FIELDS, 'a zone')
  const origin = reading.pointOrOrigin(zone.position, `${pointer}/position`)
  const rows = reading.array(zone.rows ?? [], `${pointer}/rows`).map((item, row) => {
    return readRow(item, { pointer: `${pointer}/rows/${row}`, index: row }, origin, context)
  })
  const name = reading.nameOr(`Zone ${index + 1}`, zone.name, `${pointer}/name`)
  return {
    name,
    rows: joinRows(
      rows.filter(row => row.seats.length > 0),
      name,
      reading,
    ),
  }
}

function readRow(value: unknown, spot: Spot, zone: LayoutPoint, context: Context): RowDraft {
  const { pointer, index } = spot
  const { reading } = context
  const row = reading.object(value, pointer) ?? {}
  reading.warnUnused(row, ROW_FIELDS, 'a row')
  const position = reading.pointOrOrigin(row.position, `${pointer}/position`)
  const origin = { x: zone.x + position.x, y: zone.y + position.y } // PX1
  const seats = reading.array(row.seats, `${pointer}/seats`).map((item, seat) => {
    return readSeat(item, { pointer: `${pointer}/seats/${seat}`, index: seat }, origin, context)
  })
  const name = reading.nameOr(String(index + 1), row.row_number, `${pointer}/row_number`)
  checkUnique(
    seats.map(seat => seat.number),
    { pointer: seat => `${pointer}/seats/${seat}/seat_number`, what: 'seat number' },
    reading,
  )
  return { name, seats }
}

function readSeat(value: unknown, spot: Spot, origin: LayoutPoint, context: Context): SeatDraft {
  const { pointer, index } = spot
  const { reading, categories, guids } = context
  const seat = reading.object(value, pointer) ?? {}
  reading.warnUnused(seat, SEAT_FIELDS, 'a seat')
  const guid = reading.name(seat.seat_guid, `${pointer}/seat_guid`)
  guids.push({ guid, pointer: `${pointer}/seat_guid` })
  const place = reading.object(seat.position, `${pointer}/position`) ?? { x: 0, y: 0 }
  const category = categories.of(seat.category, `${pointer}/category`)
  return {
    number: reading.nameOr(String(index + 1), seat.seat_number, `${pointer}/seat_number`),
    x: origin.x + reading.coordinate(place.x, `${pointer}/position/x`),
    y: origin.y + reading.coordinate(place.y, `${pointer}/position/y`),
    category: category.id,
    kind: kindOf(category.name),
    hasAisleBefore: false,
  }
}

function kindOf(categoryName: string): SeatKind {
  if (COMPANION.test(categoryName)) return 'companion'
  return ACCESSIBLE.test(categoryName) ? 'accessible' : 'standard'
}

/** Categories by name; ids are made from the names. */
class Categories {
  readonly list: readonly LayoutCategory[]
  readonly #byName: ReadonlyMap<string, LayoutCategory>
  readonly #reading: Reading

  constructor(value: unknown, reading: Reading) {
    this.#reading = reading
    const names = reading.array(value, '/categories').map((item, index) => {
      const pointer = `/categories/${index}`
      return reading.name(reading.object(item, pointer)?.name, `${pointer}/name`)
    })
    checkUnique(names, { pointer: at => `/categories/${at}/name`, what: 'category' }, reading)
    reading.categoryCount(names.length, '/categories')
    this.list = withIds(names)
    this.#byName = new Map(this.list.map(category => [category.name, category]))
    if (this.list.some(({ name }) => kindOf(name) !== 'standard')) {
      reading.warn('Categories named like wheelchair or companion seats were taken as such.')
    }
  }

  of(value: unknown, pointer: string): LayoutCategory {
    const name = this.#reading.name(value, pointer)
    const category = this.#byName.get(name)
    if (category !== undefined) return category
    if (name !== '') {
      this.#reading.problem(pointer, `No category of this plan is named "${name}".`)
    }
    return { id: '', name: '' }
  }
}

function withIds(names: readonly string[]): readonly LayoutCategory[] {
  const used = new Set<string>()
  return names.map((name, index) => {
    const slug = name
      .normalize('NFKD')
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '')
    const id = slug === '' || used.has(slug) ? `category-${index + 1}` : slug
    used.add(id)
    return { id, name }
  })
}

/** PX2 */
function joinRows(rows: readonly RowDraft[], zone: string, reading: Reading): readonly RowDraft[] {
  const joined = new Map<string, RowDraft>()
  for (const row of rows) {
    const known = joined.get(row.name)
    if (known === undefined) {
      joined.set(row.name, row)
      continue
    }
    const numbers = new Set(known.seats.map(seat => seat.number))
    if (row.seats.some(seat => numbers.has(seat.number))) {
      const name = freeName(row.name, joined)
      reading.warn(`Row ${row.name} of ${zone} comes twice; the later one is called "${name}".`)
      joined.set(name, { ...row, name })
    } else {
      reading.warn(`Row ${row.name} of ${zone} comes in parts; they were joined.`)
      joined.set(row.name, { name: row.name, seats: [...known.seats, ...row.seats] })
    }
  }
  return [...joined.values()]
}

function withUniqueNames(
  sections: readonly SectionDraft[],
  reading: Reading,
): readonly SectionDraft[] {
  const named = new Map<string, SectionDraft>()
  for (const section of sections) {
    const name = named.has(section.name) ? freeName(section.name, named) : section.name
    if (name !== section.name) {
      reading.warn(`The zone "${section.name}" comes twice; the later one is called "${name}".`)
    }
    named.set(name, { ...section, name })
  }
  return [...named.values()]
}

function freeName(name: string, used: ReadonlyMap<string, unknown>): string {
  for (let count = 2; ; count += 1) {
    const candidate = `${name} (${count})`
    if (!used.has(candidate)) return candidate
  }
}

/** PX3 */
function focusOf(zones: readonly unknown[], reading: Reading): LayoutPoint | undefined {
  for (const [index, value] of zones.entries()) {
    const zone = (value ?? {}) as JsonObject
    const origin = reading.pointOrOrigin(zone.position, `/zones/${index}/position`)
    for (const area of Array.isArray(zone.areas) ? zone.areas : []) {
      const middle = middleOf(area, reading)
      if (middle !== undefined) return { x: origin.x + middle.x, y: origin.y + middle.y }
    }
  }
  reading.warn('No stage or screen was found: the best seats are counted from the upper edge.')
  return undefined
}

/** Of an area whose text says that people look at it. */
function middleOf(area: unknown, reading: Reading): LayoutPoint | undefined {
  const { text, position, rectangle } = (area ?? {}) as JsonObject
  const said = typeof text === 'string' ? text : ((text ?? {}) as JsonObject).text
  if (typeof said !== 'string' || !FOCUS.test(said)) return undefined
  const { x, y } = reading.pointOrOrigin(position, '/zones')
  const { width, height } = (rectangle ?? {}) as JsonObject
  return {
    x: x + (typeof width === 'number' ? width / 2 : 0),
    y: y + (typeof height === 'number' ? height / 2 : 0),
  }
}
