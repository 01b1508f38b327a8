// The naive twin of the seat search: arrays and loops, written from the rules alone.
//
// Owns: rules O and B told a second time, in plain Layout terms.
// Leaves to others: speed. Nothing here may import the allocator.

import type { Layout, LayoutSeat } from '../../shared/layout.ts'

export interface TwinHall {
  readonly layout: Layout
  /** lower is better */
  readonly costs: readonly number[]
  /** by SeatIndex: nobody has it */
  readonly free: readonly boolean[]
}

export interface TwinWish {
  readonly count: number
  /** undefined for every category */
  readonly categories: ReadonlySet<string> | undefined
  readonly together: boolean | undefined
  readonly accessible: boolean
  readonly orphans: boolean
}

/** Rule O in its second form: every free block, what is left of it, runs of one. */
export function twinOrphans(
  layout: Layout,
  free: readonly boolean[],
  asked: readonly number[],
): number[] {
  const orphans: number[] = []
  for (const block of runsOf(layout, seat => free[seat] === true)) {
    if (!block.some(seat => asked.includes(seat))) continue
    const left = block.filter(seat => !asked.includes(seat))
    if (left.length <= 1) continue
    for (const run of runsOf(layout, seat => left.includes(seat))) {
      if (run.length === 1) orphans.push(run[0] as number)
    }
  }
  return orphans
}

/** Maximal runs of neighbours in one segment that satisfy the test. */
export function runsOf(layout: Layout, test: (seat: number) => boolean): number[][] {
  const runs: number[][] = []
  let run: number[] = []
  layout.seats.forEach((seat, index) => {
    const isNext = layout.seats[index - 1]?.segment === seat.segment && run.at(-1) === index - 1
    if (!isNext) run = []
    if (!test(index)) return
    if (run.length === 0) runs.push(run)
    run.push(index)
  })
  return runs
}

interface Candidate {
  readonly seats: readonly number[]
  /** compared from left to right, lower first */
  readonly order: readonly number[]
}

/** The seats of steps 1 and 2, ascending, or undefined. */
export function twinBlock(hall: TwinHall, wish: TwinWish): readonly number[] | undefined {
  for (const kinds of kindsOf(wish)) {
    const candidates = blocksOf(hall, wish, kinds).filter(
      block => !wish.accessible || block.some(seat => kindAt(hall, seat) === 'accessible'),
    )
    const best = bestOf(candidates.map(seats => ({ seats, order: orderOf(hall, wish, seats) })))
    if (best !== undefined) return best.seats
  }
  return undefined
}

/** The seats of step 3. */
export function twinPair(hall: TwinHall, wish: TwinWish): readonly number[] | undefined {
  if (wish.count < 2 || wish.count === 3) return undefined
  const kinds = kindsOf(wish).at(-1) as readonly string[]
  const halves = [Math.ceil(wish.count / 2), Math.floor(wish.count / 2)] as const
  const candidates: Candidate[] = []
  for (const [inFront, behind] of [halves, [halves[1], halves[0]] as const]) {
    for (const front of blocksOf(hall, { ...wish, count: inFront }, kinds)) {
      for (const back of blocksOf(hall, { ...wish, count: behind }, kinds)) {
        const seats = [...front, ...back]
        if (!isBehind(hall, front, back) || !overlap(hall, front, back)) continue
        if (wish.accessible && !seats.some(seat => kindAt(hall, seat) === 'accessible')) continue
        const order = [
          costOf(hall, seats),
          offCentreOf(hall, front) + offCentreOf(hall, back),
          leftoverOf(hall, front) + leftoverOf(hall, back),
          rowStartOf(hall, front[0] as number),
          -inFront,
          front[0] as number,
          back[0] as number,
        ]
        candidates.push({ seats, order })
      }
    }
  }
  return bestOf(candidates)?.seats
}

/** The seats of step 4, by trying every size of every group. */
export function twinGroups(hall: TwinHall, wish: TwinWish): readonly number[] | undefined {
  const kinds = kindsOf(wish).at(-1) as readonly string[]
  const candidates: Candidate[] = []
  hall.layout.sections.forEach((section, index) => {
    const free = hall.free.map((isFree, seat) => isFree && seatAt(hall, seat).section === section)
    const seats = groupsIn({ ...hall, free }, wish, kinds, wish.accessible)
    if (seats === undefined) return
    candidates.push({ seats, order: [costOf(hall, seats), index] })
  })
  const best = bestOf(candidates)
  return best === undefined ? undefined : [...best.seats].sort((left, right) => left - right)
}

/**
 * As large as possible: the first size, from the whole party down, that leaves a rest with a seat.
 */
function groupsIn(
  hall: TwinHall,
  wish: TwinWish,
  kinds: readonly string[],
  needsAccessible: boolean,
): readonly number[] | undefined {
  if (wish.count === 0) return []
  for (let size = wish.count; size >= 2; size -= 1) {
    const groups = blocksOf(hall, { ...wish, count: size }, kinds).filter(
      block => !needsAccessible || block.some(seat => kindAt(hall, seat) === 'accessible'),
    )
    const group = bestOf(
      groups.map(seats => ({ seats, order: orderOf(hall, { ...wish, orphans: false }, seats) })),
    )
    if (group === undefined) continue
    const free = hall.free.map((isFree, seat) => isFree && !group.seats.includes(seat))
    const rest = { ...wish, count: wish.count - size }
    const others = groupsIn({ ...hall, free }, rest, kinds, false)
    if (others !== undefined) return [...group.seats, ...others]
  }
  return undefined
}

/** What a waiter is given together: the largest size that fits and touches a fresh seat. */
export function twinFit(
  hall: TwinHall,
  wish: Omit<TwinWish, 'count'> & { readonly party: number; readonly minParty: number },
  fresh: readonly number[],
): readonly number[] | undefined {
  for (let count = wish.party; count >= wish.minParty; count -= 1) {
    for (const kinds of kindsOf({ ...wish, count })) {
      const candidates = blocksOf(hall, { ...wish, count }, kinds).filter(
        block =>
          block.some(seat => fresh.includes(seat)) &&
          (!wish.accessible || block.some(seat => kindAt(hall, seat) === 'accessible')),
      )
      const best = bestOf(
        candidates.map(seats => ({ seats, order: orderOf(hall, { ...wish, count }, seats) })),
      )
      if (best !== undefined) return best.seats
    }
  }
  return undefined
}

/** `together: false`: the best seats, an accessible one first where one is asked for. */
export function twinApart(hall: TwinHall, wish: TwinWish): readonly number[] {
  const picked: number[] = []
  const take = (kinds: readonly string[], upTo: number): void => {
    const usable = hall.free
      .map((_, seat) => seat)
      .filter(seat => isUsable(hall, wish, kinds, seat) && !picked.includes(seat))
      .sort((a, b) => costOf(hall, [a]) - costOf(hall, [b]) || a - b)
    picked.push(...usable.slice(0, Math.max(0, upTo - picked.length)))
  }
  if (wish.accessible) take(['accessible'], 1)
  if (wish.accessible && picked.length === 0) return []
  for (const kinds of kindsOf(wish)) take(kinds, wish.count)
  return picked.sort((left, right) => left - right)
}

/** Step 5: the largest block that would fit. */
export function twinLargest(hall: TwinHall, wish: TwinWish): number {
  for (let count = wish.count; count > 0; count -= 1) {
    if (twinBlock(hall, { ...wish, count }) !== undefined) return count
  }
  return 0
}

function kindsOf(wish: TwinWish): readonly (readonly string[])[] {
  if (!wish.accessible) return [['standard', 'companion']]
  return [
    ['accessible', 'companion'],
    ['accessible', 'companion', 'standard'],
  ]
}

function seatAt(hall: TwinHall, seat: number): LayoutSeat {
  return hall.layout.seats[seat] as LayoutSeat
}

function kindAt(hall: TwinHall, seat: number): string {
  return seatAt(hall, seat).kind
}

function isUsable(hall: TwinHall, wish: TwinWish, kinds: readonly string[], seat: number): boolean {
  const isWanted = wish.categories?.has(seatAt(hall, seat).category) ?? true
  return hall.free[seat] === true && isWanted && kinds.includes(kindAt(hall, seat))
}

/** Every contiguous block of the wished size. */
function blocksOf(hall: TwinHall, wish: TwinWish, kinds: readonly string[]): number[][] {
  const blocks: number[][] = []
  for (const run of runsOf(hall.layout, seat => isUsable(hall, wish, kinds, seat))) {
    for (let start = 0; start + wish.count <= run.length; start += 1) {
      blocks.push(run.slice(start, start + wish.count))
    }
  }
  return blocks
}

/** Step 1 before step 2, then quality, centrality, leftover, index. */
function orderOf(hall: TwinHall, wish: TwinWish, block: readonly number[]): number[] {
  const orphans = wish.orphans ? twinOrphans(hall.layout, hall.free, block) : []
  return [
    orphans.length > 0 ? 1 : 0,
    costOf(hall, block),
    offCentreOf(hall, block),
    leftoverOf(hall, block),
    block[0] as number,
  ]
}

function costOf(hall: TwinHall, seats: readonly number[]): number {
  return seats.reduce((sum, seat) => sum + (hall.costs[seat] as number), 0)
}

function rowSeatsOf(hall: TwinHall, seat: number): number[] {
  const { section, row } = seatAt(hall, seat)
  return hall.layout.seats
    .filter(other => other.section === section && other.row === row)
    .map(other => other.index)
}

function rowStartOf(hall: TwinHall, seat: number): number {
  return rowSeatsOf(hall, seat)[0] as number
}

/** Twice the distance between the middles of the block and of its whole row. */
function offCentreOf(hall: TwinHall, block: readonly number[]): number {
  const row = rowSeatsOf(hall, block[0] as number)
  const middleOfBlock = (block[0] as number) + (block.at(-1) as number)
  return Math.abs(middleOfBlock - ((row[0] as number) + (row.at(-1) as number)))
}

function leftoverOf(hall: TwinHall, block: readonly number[]): number {
  const whole = runsOf(hall.layout, seat => hall.free[seat] === true)
  const around = whole.find(run => run.includes(block[0] as number)) as number[]
  return around.length - block.length
}

/** The row of `back` is the next one of the section behind that of `front`. */
function isBehind(hall: TwinHall, front: readonly number[], back: readonly number[]): boolean {
  const inFront = seatAt(hall, front[0] as number)
  const behind = seatAt(hall, back[0] as number)
  if (inFront.section !== behind.section) return false
  const rows = [
    ...new Set(
      hall.layout.seats.filter(seat => seat.section === inFront.section).map(seat => seat.row),
    ),
  ]
  return rows.indexOf(behind.row) === rows.indexOf(inFront.row) + 1
}

/** Halls of these tests are grids: seats of a column share x. */
function overlap(hall: TwinHall, front: readonly number[], back: readonly number[]): boolean {
  return front.some(seat => back.some(other => seatAt(hall, other).x === seatAt(hall, seat).x))
}

function bestOf(candidates: readonly Candidate[]): Candidate | undefined {
  let best: Candidate | undefined
  for (const candidate of candidates) {
    if (best === undefined || isBefore(candidate.order, best.order)) best = candidate
  }
  return best
}

function isBefore(left: readonly number[], right: readonly number[]): boolean {
  for (let at = 0; at < left.length; at += 1) {
    const difference = (left[at] as number) - (right[at] as number)
    if (difference !== 0) return difference < 0
  }
  return false
}
