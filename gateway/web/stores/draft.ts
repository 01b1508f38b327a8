// The seats a visitor has picked and not asked for yet.
//
// Owns: what one press on a seat does to the selection, and what the world does to it.
// Leaves to others: asking the server (show-desk.ts), drawing (seat-picker/).
//
//   U14. A picked seat that somebody else takes leaves the selection, and the visitor is told.
//   U15. A seat of one's own hold counts as available while that hold may be changed; an offer's
//        hold may only drop seats.

import type { SeatState } from '../live/binary.ts'

export type Draft = ReadonlySet<number>

export type DraftRules = {
  readonly stateOf: (index: number) => SeatState | undefined
  readonly seatsMax: number
  /** the seats of the hold that is being changed */
  readonly own: ReadonlySet<number>
  readonly isDropOnly: boolean
  readonly nameOf: (index: number) => string
}

export type Pressed = { readonly draft: Draft; readonly why?: string }

const GONE: Readonly<Record<SeatState, string>> = {
  0: 'is free',
  1: 'is held by somebody else',
  2: 'is sold',
  3: 'is not for sale',
}

export function pressSeat(draft: Draft, index: number, rules: DraftRules): Pressed {
  if (draft.has(index)) return { draft: without(draft, [index]) }
  const state = rules.stateOf(index)
  if (state === undefined) return { draft }
  const isOwn = rules.own.has(index)
  if (!isOwn && state !== 0) return { draft, why: `Seat ${rules.nameOf(index)} ${GONE[state]}.` }
  if (!isOwn && rules.isDropOnly) {
    return { draft, why: 'Seats of an offer can be given up, but not exchanged for others.' }
  }
  if (draft.size >= rules.seatsMax) {
    return { draft, why: `One order may have up to ${rules.seatsMax} seats.` }
  }
  return { draft: new Set([...draft, index]) }
}

/** Takes out what is not to be had any more. */
export function sweepDraft(
  draft: Draft,
  rules: Pick<DraftRules, 'stateOf' | 'own'>,
): { readonly draft: Draft; readonly lost: readonly number[] } {
  const lost = [...draft].filter(index => !rules.own.has(index) && rules.stateOf(index) !== 0)
  return lost.length === 0 ? { draft, lost } : { draft: without(draft, lost), lost }
}

const without = (draft: Draft, gone: readonly number[]): Draft =>
  new Set([...draft].filter(index => !gone.includes(index)))

export const isSame = (a: ReadonlySet<number>, b: ReadonlySet<number>): boolean =>
  a.size === b.size && [...a].every(index => b.has(index))
