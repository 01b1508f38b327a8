// Where an arrow key leads from a seat.
//
// Owns: neighbours in a row, between rows, across aisles and sections.
// Leaves to others: keys (picker.ts), scrolling the seat into view (viewport.ts).
//
//   U22. Every seat can be reached with arrow keys alone, and a step never leads away from the
//        direction pressed.

import type { Plan, Row } from './plan.ts'

export type Step =
  | 'left'
  | 'right'
  | 'up'
  | 'down'
  | 'first'
  | 'last'
  | 'section-back'
  | 'section-on'

export function seatAfter(plan: Plan, from: number, step: Step): number {
  switch (step) {
    case 'left':
    case 'right':
      return beside(plan, from, step)
    case 'up':
    case 'down':
      return beyond(plan, from, step)
    case 'first':
      return leftToRight(plan, rowOf(plan, from)).at(0) ?? from
    case 'last':
      return leftToRight(plan, rowOf(plan, from)).at(-1) ?? from
    case 'section-back':
      return inOtherSection(plan, from, -1)
    case 'section-on':
      return inOtherSection(plan, from, 1)
  }
}

const rowOf = (plan: Plan, index: number): Row | undefined => plan.rowAt(plan.rowIndexOf(index))

/** A row that stands upright in the plan keeps its own order. */
function leftToRight(plan: Plan, row: Row | undefined): readonly number[] {
  const seats = row?.seats ?? []
  return [...seats].sort((a, b) => plan.seat(a).x - plan.seat(b).x || a - b)
}

function beside(plan: Plan, from: number, step: 'left' | 'right'): number {
  const order = leftToRight(plan, rowOf(plan, from))
  const next = order[order.indexOf(from) + (step === 'left' ? -1 : 1)]
  return next ?? inDirection(plan, from, step) ?? from
}

/** The nearest seat of the neighbouring row of the section, else the nearest that way at all. */
function beyond(plan: Plan, from: number, step: 'up' | 'down'): number {
  const own = rowOf(plan, from)
  if (own === undefined) return from
  const sign = step === 'up' ? -1 : 1
  const rows = plan.rows.filter(row => row.section === own.section && sign * (row.y - own.y) > 0)
  const next = rows.sort((a, b) => sign * (a.y - b.y))[0]
  const { x, y } = plan.seat(from)
  const near = next === undefined ? undefined : nearestOf(plan, next.seats, x)
  if (near !== undefined && sign * (plan.seat(near).y - y) > 0) return near
  return inDirection(plan, from, step) ?? from
}

function nearestOf(plan: Plan, seats: readonly number[], x: number): number | undefined {
  let best: number | undefined
  let least = Number.POSITIVE_INFINITY
  for (const seat of seats) {
    const distance = Math.abs(plan.seat(seat).x - x)
    if (distance >= least) continue
    best = seat
    least = distance
  }
  return best
}

/** The nearest seat that lies more that way than sideways; then any that lies that way. */
function inDirection(
  plan: Plan,
  from: number,
  step: 'left' | 'right' | 'up' | 'down',
): number | undefined {
  const { x, y } = plan.seat(from)
  const isLevel = step === 'left' || step === 'right'
  const sign = step === 'left' || step === 'up' ? -1 : 1
  const least = plan.pitch / 4
  const ahead = (index: number, slant: number): boolean => {
    const seat = plan.seat(index)
    const along = sign * (isLevel ? seat.x - x : seat.y - y)
    const across = Math.abs(isLevel ? seat.y - y : seat.x - x)
    return along > least && across <= along * slant
  }
  return (
    plan.nearest(x, y, { filter: index => ahead(index, 1) }) ??
    plan.nearest(x, y, { filter: index => ahead(index, Number.POSITIVE_INFINITY) })
  )
}

function inOtherSection(plan: Plan, from: number, by: 1 | -1): number {
  const sections = [...new Set(plan.rows.map(({ section }) => section))]
  const own = sections.indexOf(plan.seat(from).section)
  const section = sections[own + by]
  const row = plan.rows.find(candidate => candidate.section === section)
  return row === undefined ? from : (leftToRight(plan, row).at(0) ?? from)
}
