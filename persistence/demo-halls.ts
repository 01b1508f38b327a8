// Halls of the demo, drawn by rule: straight or curved rows, aisles, balconies, wheelchair places.
//
// Owns: the shapes, and where in a hall people like to sit. Leaves to others: order and segments (layout-build.ts), prices (demo-programme.ts).

import type { Layout, LayoutCategory, LayoutPoint } from '../shared/layout.ts'
import { buildLayout, type RowDraft, type SeatDraft, type SectionDraft } from './layout-build.ts'

export interface HallShape {
  readonly name: string
  /** seats in total: the last rows take what is left over */
  readonly seatCount: number
  /** seats of a full row */
  readonly rowLength: number
  /** blocks of a row, an aisle between two of them */
  readonly blockCount: number
  /** part of the seats upstairs */
  readonly balconyShare?: number
  /** wheelchair places, each with a companion's seat beside it */
  readonly accessibleCount: number
}

const PITCH = 22
const ROW_PITCH = 28
const AISLE = 34
const MARGIN = 40
const SCREEN_DEPTH = 110
const BALCONY_GAP = 90
/** of an arena, from the innermost row to the wall */
const ROWS_TO_EDGE = 52
/** where people like to sit: this part of the stalls' depth lies in front of them */
const BEST_DEPTH = 2 / 3
/** how far the ends of a row bend towards the screen, per seat from the middle */
const BEND = 0.03

const CATEGORIES: readonly LayoutCategory[] = [
  { id: 'premium', name: 'Premium' },
  { id: 'standard', name: 'Standard' },
  { id: 'value', name: 'Front rows' },
  { id: 'balcony', name: 'Balcony' },
]

export function drawHall(shape: HallShape): Layout {
  const balconyCount = Math.round(shape.seatCount * (shape.balconyShare ?? 0))
  const stallsCount = shape.seatCount - balconyCount
  const stalls = drawSection('Stalls', stallsCount, shape, SCREEN_DEPTH)
  const sections = [stalls.section]
  if (balconyCount > 0) {
    const flat = { ...shape, accessibleCount: 0 }
    sections.push(drawSection('Balcony', balconyCount, flat, stalls.endY + BALCONY_GAP).section)
  }
  const width = 2 * MARGIN + shape.rowLength * PITCH + (shape.blockCount - 1) * AISLE
  const bestSeat = { x: width / 2, y: SCREEN_DEPTH + (stalls.endY - SCREEN_DEPTH) * BEST_DEPTH }
  const used = new Set(
    sections.flatMap(({ rows }) => rows.flatMap(row => row.seats)).map(categoryOf),
  )
  return buildLayout({
    name: shape.name,
    width,
    focus: { x: width / 2, y: MARGIN },
    categories: CATEGORIES.filter(category => used.has(category.id)),
    sections: sections.map(section => rankedFrom(bestSeat, section)),
  })
}

/** The nearest to the screen is not the best: quality is the distance to the best seat, in tenths. */
function rankedFrom(best: LayoutPoint, { name, rows }: SectionDraft): SectionDraft {
  const qualityOf = ({ x, y }: SeatDraft) => Math.round(distanceOf(x - best.x, y - best.y) * 10)
  return {
    name,
    rows: rows.map(row => {
      return {
        name: row.name,
        seats: row.seats.map(seat => ({ ...seat, quality: qualityOf(seat) })),
      }
    }),
  }
}

const distanceOf = (dx: number, dy: number) => Math.sqrt(dx * dx + dy * dy)

const categoryOf = (seat: SeatDraft) => seat.category

interface Drawn {
  readonly section: SectionDraft
  readonly endY: number
}

function drawSection(name: string, seatCount: number, shape: HallShape, startY: number): Drawn {
  const rowCount = Math.ceil(seatCount / shape.rowLength)
  const lastFullRow = Math.max(0, Math.floor(seatCount / shape.rowLength) - 1)
  const rows: RowDraft[] = []
  let left = seatCount
  for (let row = 0; row < rowCount; row += 1) {
    const length = Math.min(left, shape.rowLength)
    left -= length
    const y = startY + row * ROW_PITCH
    const category = name === 'Balcony' ? 'balcony' : categoryOfRow(row, rowCount)
    const accessible = row === lastFullRow ? shape.accessibleCount : 0
    rows.push({ name: rowNameOf(row), seats: drawRow({ length, y, category, accessible }, shape) })
  }
  return { section: { name, rows }, endY: startY + rowCount * ROW_PITCH }
}

function categoryOfRow(row: number, rowCount: number): string {
  const depth = row / rowCount
  if (depth < 0.2) return 'value'
  return depth >= 0.45 && depth < 0.8 ? 'premium' : 'standard'
}

/** A .. Z, AA .. */
export function rowNameOf(row: number): string {
  const letter = String.fromCharCode(65 + (row % 26))
  return row < 26 ? letter : rowNameOf(Math.floor(row / 26) - 1) + letter
}

interface RowShape {
  readonly length: number
  readonly y: number
  readonly category: string
  /** wheelchair places at the left end */
  readonly accessible: number
}

function drawRow(row: RowShape, shape: HallShape): readonly SeatDraft[] {
  const blockLength = Math.ceil(shape.rowLength / shape.blockCount)
  const start = Math.floor((shape.rowLength - row.length) / 2)
  const seats: SeatDraft[] = []
  for (let at = 0; at < row.length; at += 1) {
    const column = start + at
    const fromMiddle = column - (shape.rowLength - 1) / 2
    seats.push({
      number: String(at + 1),
      x: MARGIN + column * PITCH + Math.floor(column / blockLength) * AISLE,
      y: row.y - BEND * fromMiddle * fromMiddle,
      category: row.category,
      kind: kindOf(at, row.accessible),
      hasAisleBefore: false,
    })
  }
  return seats.map(seat => ({ ...seat, y: Math.round(seat.y * 10) / 10 }))
}

/** wheelchair, companion, wheelchair, companion ... */
function kindOf(at: number, accessibleCount: number): SeatDraft['kind'] {
  if (at >= accessibleCount * 2) return 'standard'
  return at % 2 === 0 ? 'accessible' : 'companion'
}

export interface ArenaShape {
  readonly name: string
  readonly seatCount: number
  readonly blockCount: number
  readonly rowLength: number
}

/** Blocks around a stage, each its own section, in two tiers. */
export function drawArena(shape: ArenaShape): Layout {
  const perBlock = Math.ceil(shape.seatCount / shape.blockCount)
  const sections: SectionDraft[] = []
  let left = shape.seatCount
  for (let block = 0; block < shape.blockCount; block += 1) {
    const count = Math.min(left, perBlock)
    left -= count
    sections.push(drawBlock(block, count, shape))
  }
  const width = 2 * arenaRadius(shape, ROWS_TO_EDGE) + 2 * MARGIN
  return buildLayout({
    name: shape.name,
    width,
    height: width,
    focus: { x: width / 2, y: width / 2 },
    categories: [
      { id: 'floor', name: 'Lower tier' },
      { id: 'upper', name: 'Upper tier' },
    ],
    sections,
  })
}

function arenaRadius(shape: ArenaShape, row: number): number {
  const blocksInTier = shape.blockCount / 2
  const circumference = blocksInTier * (shape.rowLength + 3) * PITCH
  return circumference / (2 * Math.PI) + row * ROW_PITCH
}

function drawBlock(block: number, seatCount: number, shape: ArenaShape): SectionDraft {
  const blocksInTier = shape.blockCount / 2
  const isUpper = block >= blocksInTier
  const middle = ((block % blocksInTier) / blocksInTier) * 2 * Math.PI
  const center = arenaRadius(shape, ROWS_TO_EDGE) + MARGIN
  const rowCount = Math.ceil(seatCount / shape.rowLength)
  const rows: RowDraft[] = []
  for (let row = 0; row < rowCount; row += 1) {
    const length = Math.min(shape.rowLength, seatCount - row * shape.rowLength)
    const radius = arenaRadius(shape, row + (isUpper ? 30 : 0))
    const seats: SeatDraft[] = []
    for (let at = 0; at < length; at += 1) {
      const angle = middle + ((at - (length - 1) / 2) * PITCH) / radius
      seats.push({
        number: String(at + 1),
        x: round(center + radius * Math.sin(angle)),
        y: round(center - radius * Math.cos(angle)),
        category: isUpper ? 'upper' : 'floor',
        kind: !isUpper && row === rowCount - 1 && at < 4 ? kindOf(at, 2) : 'standard',
        hasAisleBefore: false,
      })
    }
    rows.push({ name: rowNameOf(row), seats })
  }
  return { name: `Block ${isUpper ? 200 + block - blocksInTier + 1 : 101 + block}`, rows }
}

/** Sine and cosine differ in their last bits between machines; a tenth of a unit does not. */
function round(value: number): number {
  return Math.round(value * 10) / 10
}
