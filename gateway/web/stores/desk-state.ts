// What a show page knows, as one value.
//
// Owns: the shape and the small questions asked of it.
// Leaves to others: changing it (show-desk.ts), drawing it (components/).

import type { Booking, Entry, Hold, Layout, Show } from '../api/types.ts'
import type { StateCounts } from '../live/seat-states.ts'
import type { Watch } from '../live/watch-machine.ts'
import { type Draft, isSame } from './draft.ts'
import { editableHold, type Holdings } from './holdings.ts'

export type Notice = {
  readonly tone: 'info' | 'good' | 'bad'
  readonly text: string
  /** told apart from the same words before, so that they are read aloud again */
  readonly id: number
}

export type DeskState = {
  readonly show: Show | undefined
  readonly layout: Layout | undefined
  readonly problem: string | undefined
  readonly watch: Watch
  readonly counts: StateCounts | undefined
  readonly holdings: Holdings
  readonly entry: Entry | undefined
  readonly draft: Draft
  readonly conflicts: ReadonlySet<number>
  readonly booked: ReadonlySet<number>
  readonly booking: Booking | undefined
  readonly notice: Notice | undefined
  readonly isBusy: boolean
  /** after a refused best-available: the largest group that fits */
  readonly largest: number | undefined
}

const NONE: ReadonlySet<number> = new Set()

export const newDesk = (watch: Watch): DeskState => ({
  show: undefined,
  layout: undefined,
  problem: undefined,
  watch,
  counts: undefined,
  holdings: new Map(),
  entry: undefined,
  draft: NONE,
  conflicts: NONE,
  booked: NONE,
  booking: undefined,
  notice: undefined,
  isBusy: false,
  largest: undefined,
})

const DEFAULT_SEATS_MAX = 10

export const seatsMaxOf = (state: DeskState): number =>
  state.show?.policy.seatsMax ?? DEFAULT_SEATS_MAX

export const seatsOf = (hold: Hold | undefined): ReadonlySet<number> =>
  hold === undefined ? NONE : new Set(hold.seats.map(({ index }) => index))

/** The selection differs from what is held. */
export const isDraftNew = (state: DeskState): boolean =>
  !isSame(state.draft, seatsOf(editableHold(state.holdings)))

export const nameOf = (state: DeskState, index: number): string =>
  state.layout?.seats[index]?.label ?? String(index)
