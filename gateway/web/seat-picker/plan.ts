// A layout prepared for drawing and for finding seats.
//
// Owns: the space between seats, bounds, rows, the spatial index.
// Leaves to others: the state of seats, the viewport (viewport.ts).

import Flatbush from 'flatbush'

export type PickerSeat = {
  readonly label: string
  readonly section: string
  readonly row: string
  readonly number: string
  readonly category: string
  readonly x: number
  readonly y: number
  readonly kind: 'standard' | 'accessible' | 'companion'
}

export type PickerLayout = {
  readonly seats: readonly PickerSeat[]
  readonly focus: { readonly x: number; readonly y: number }
}

export type Bounds = {
  readonly minX: number
  readonly minY: number
  readonly maxX: number
  readonly maxY: number
}

/** Seats of one row of one section, ordered as they sit. */
export type Row = {
  readonly section: string
  readonly name: string
  readonly seats: readonly number[]
  readonly y: number
}

export class Plan {
  readonly seats: readonly PickerSeat[]
  readonly focus: { readonly x: number; readonly y: number }
  /** the distance between neighbours, in the layout's own unit */
  readonly pitch: number
  readonly bounds: Bounds
  readonly rows: readonly Row[]
  #rowOf: Uint32Array
  #index: Flatbush | undefined

  constructor(layout: PickerLayout) {
    this.seats = layout.seats
    this.focus = layout.focus
    this.#index = indexOf(layout.seats)
    this.pitch = pitchOf(layout.seats, this.#index)
    this.bounds = boundsOf(layout.seats, this.pitch)
    this.rows = rowsOf(layout.seats)
    this.#rowOf = new Uint32Array(layout.seats.length)
    this.rows.forEach((row, rowIndex) => {
      for (const seat of row.seats) this.#rowOf[seat] = rowIndex
    })
  }

  seat(index: number): PickerSeat {
    const seat = this.seats[index]
    if (seat === undefined) throw new RangeError(`no seat ${index}`)
    return seat
  }

  rowIndexOf(index: number): number {
    return this.#rowOf[index] ?? 0
  }

  rowAt(rowIndex: number): Row | undefined {
    return this.rows[rowIndex]
  }

  /** Seats whose place touches the rectangle. */
  within({ minX, minY, maxX, maxY }: Bounds): number[] {
    return this.#index?.search(minX, minY, maxX, maxY) ?? []
  }

  /** The nearest seat within the distance that passes the filter. */
  nearest(
    x: number,
    y: number,
    options: { readonly within?: number; readonly filter?: (index: number) => boolean } = {},
  ): number | undefined {
    const { within = Number.POSITIVE_INFINITY, filter } = options
    return this.#index?.neighbors(x, y, 1, within, filter)[0]
  }
}

function indexOf(seats: readonly PickerSeat[]): Flatbush | undefined {
  if (seats.length === 0) return undefined
  const index = new Flatbush(seats.length)
  for (const { x, y } of seats) index.add(x, y, x, y)
  index.finish()
  return index
}

const SAMPLES_MAX = 200

/** A low percentile of the distance to the nearest neighbour: aisles do not widen the seats. */
function pitchOf(seats: readonly PickerSeat[], index: Flatbush | undefined): number {
  if (index === undefined || seats.length < 2) return 1
  const stride = Math.max(1, Math.floor(seats.length / SAMPLES_MAX))
  const distances: number[] = []
  for (let i = 0; i < seats.length; i += stride) {
    const seat = seats[i]
    if (seat === undefined) continue
    const [other] = index.neighbors(seat.x, seat.y, 1, Number.POSITIVE_INFINITY, j => j !== i)
    const near = other === undefined ? undefined : seats[other]
    if (near !== undefined) distances.push(Math.hypot(near.x - seat.x, near.y - seat.y))
  }
  distances.sort((a, b) => a - b)
  return distances[Math.floor(distances.length / 10)] || 1
}

function boundsOf(seats: readonly PickerSeat[], pitch: number): Bounds {
  let [minX, minY, maxX, maxY] = [0, 0, 0, 0]
  seats.forEach(({ x, y }, i) => {
    minX = i === 0 ? x : Math.min(minX, x)
    minY = i === 0 ? y : Math.min(minY, y)
    maxX = i === 0 ? x : Math.max(maxX, x)
    maxY = i === 0 ? y : Math.max(maxY, y)
  })
  const half = pitch / 2
  return { minX: minX - half, minY: minY - half, maxX: maxX + half, maxY: maxY + half }
}

function rowsOf(seats: readonly PickerSeat[]): readonly Row[] {
  const groups = new Map<string, number[]>()
  seats.forEach((seat, index) => {
    const name = `${seat.section}\u0000${seat.row}`
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [index])
    else group.push(index)
  })
  return [...groups.values()].map(group => rowOf(seats, group))
}

function rowOf(seats: readonly PickerSeat[], group: number[]): Row {
  const first = seats[group[0] ?? 0]
  const sum = group.reduce((total, index) => total + (seats[index]?.y ?? 0), 0)
  return {
    section: first?.section ?? '',
    name: first?.row ?? '',
    seats: group,
    y: sum / group.length,
  }
}
