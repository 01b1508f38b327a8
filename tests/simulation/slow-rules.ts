// Rules O and B the slow way: every block and every window of the hall is looked at.
//
// Owns: orphans, windows of neighbours, what a request without named Seats may be given.
// Leaves to others: the map itself (audited-show.ts), when to ask (audited-show.ts, refusal-judge.ts).

import type { HoldBest } from '../../shared/commands.ts'
import type { Layout } from '../../shared/layout.ts'
import { check } from './audit-error.ts'

/** The hall before the hold: `isFree` says which Seats could be taken. */
export interface Hall {
  readonly layout: Layout
  readonly isFree: (seat: number) => boolean
}

export interface Wish {
  readonly categories: number
  readonly accessible: boolean
}

/** Whether a hold of `asked` leaves a new single: in a touched block one is left alone of several. O */
export function leavesOrphan(hall: Hall, asked: readonly number[]): boolean {
  return blocksOf(hall).some(block => {
    if (!block.some(seat => asked.includes(seat))) return false
    const left = block.filter(seat => !asked.includes(seat))
    return left.length > 1 && left.some(seat => isAlone(hall.layout, left, seat))
  })
}

/** Maximal runs of free Seats inside their segments. */
function blocksOf({ layout, isFree }: Hall): number[][] {
  const blocks: number[][] = []
  for (const { index, segment } of layout.seats) {
    if (!isFree(index)) continue
    const last = blocks.at(-1)
    const before = last?.at(-1)
    const isNext = before === index - 1 && segmentOf(layout, before) === segment
    if (isNext) last?.push(index)
    else blocks.push([index])
  }
  return blocks
}

function isAlone(layout: Layout, seats: readonly number[], seat: number): boolean {
  return !seats.some(
    other => Math.abs(other - seat) === 1 && segmentOf(layout, other) === segmentOf(layout, seat),
  )
}

function segmentOf(layout: Layout, seat: number): number {
  return layout.seats[seat]?.segment ?? -1
}

export function isOneRun(layout: Layout, seats: readonly number[]): boolean {
  const sorted = [...seats].sort((left, right) => left - right)
  return sorted.every(
    (seat, at) =>
      at === 0 ||
      (seat === (sorted[at - 1] ?? -9) + 1 &&
        segmentOf(layout, seat) === segmentOf(layout, sorted[0] ?? -1)),
  )
}

/** Whether the wish may be given this Seat, were it free. */
export function isWanted(layout: Layout, wish: Wish, seat: number): boolean {
  const facts = layout.seats[seat]
  if (facts === undefined) return false
  const category = layout.categories.findIndex(item => item.id === facts.category)
  const isOfCategory = wish.categories === 0 || ((wish.categories >>> category) & 1) === 1
  return isOfCategory && (wish.accessible || facts.kind !== 'accessible')
}

/** Every run of `count` free neighbours that the wish may be given. */
export function windowsOf(hall: Hall, wish: Wish, count: number): number[][] {
  const { layout, isFree } = hall
  const windows: number[][] = []
  for (let start = 0; start + count <= layout.seats.length; start += 1) {
    const run = Array.from({ length: count }, (_, offset) => start + offset)
    const isOpen = run.every(seat => isFree(seat) && isWanted(layout, wish, seat))
    if (isOpen && isOneRun(layout, run)) windows.push(run)
  }
  return windows
}

/** B: the Seats are what the ladder promises at least. */
export function checkBest(
  hall: Hall,
  request: HoldBest,
  got: { readonly seats: readonly number[]; readonly isOrphanRuleOn: boolean },
): void {
  const { layout } = hall
  const { seats } = got
  check(seats.length === request.count, 'B1', `${seats.length} seats for ${request.count}`)
  for (const seat of seats)
    check(isWanted(layout, request, seat), 'B1', `seat ${seat} is not wanted`)
  if (request.accessible) {
    const hasOne = seats.some(seat => layout.seats[seat]?.kind === 'accessible')
    check(hasOne, 'B1', 'an accessible request got no accessible seat')
    return
  }
  if (request.together === false) return
  const windows = windowsOf(hall, request, request.count)
  if (isOneRun(layout, seats)) {
    if (!got.isOrphanRuleOn || !leavesOrphan(hall, seats)) return
    const hasBetter = windows.some(run => !leavesOrphan(hall, run))
    check(!hasBetter, 'B1', 'an orphan was left though another block leaves none')
    return
  }
  check(request.together !== true, 'B2', 'together was asked and not given')
  check(windows.length === 0, 'B2', 'split though one block would do')
  const isAnyAlone = seats.some(seat => isAlone(layout, seats, seat))
  check(request.count <= 2 || !isAnyAlone, 'B3', `somebody sits alone: ${seats.join(' ')}`)
}

export function sameSeats(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every(seat => right.includes(seat))
}
