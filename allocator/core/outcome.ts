// What deciding yields: a Refusal, or the Transitions to come and what the answer is about.
//
// Owns: the shape of Decisions and Outcomes. Leaves to others: making them (decide-*.ts, execute.ts).

import type { EntryId, HoldId } from '../../shared/ids.ts'
import type { Conflict, Refusal, RefusalCode } from '../../shared/refusals.ts'
import type { Transition } from '../../shared/transitions.ts'
import type { EntryView, HoldView } from '../../shared/views.ts'

/** An accepted Transition always applies (D2); none at all means that nothing is left to do. */
export interface Accepted {
  readonly kind: 'accepted'
  readonly transitions: readonly Transition[]
  /** what is answered: this hold, this entry, or neither */
  readonly hold: HoldId | undefined
  readonly entry: EntryId | undefined
  /** the command had its effect before (D5) */
  readonly isReplay: boolean
}

export type Decision = Accepted | Refusal

export type Outcome =
  | { readonly kind: 'hold'; readonly hold: HoldView; readonly isReplay: boolean }
  | { readonly kind: 'entry'; readonly entry: EntryView; readonly isReplay: boolean }
  | { readonly kind: 'done'; readonly isMore: boolean }
  | Refusal

export function aboutHold(hold: HoldId, ...transitions: readonly Transition[]): Accepted {
  return { kind: 'accepted', transitions, hold, entry: undefined, isReplay: false }
}

export function aboutEntry(entry: EntryId, ...transitions: readonly Transition[]): Accepted {
  return { kind: 'accepted', transitions, hold: undefined, entry, isReplay: false }
}

export function done(...transitions: readonly Transition[]): Accepted {
  return { kind: 'accepted', transitions, hold: undefined, entry: undefined, isReplay: false }
}

/** `detail` is a clear sentence that says what to do. */
export function refused(code: RefusalCode, detail: string): Refusal {
  return { kind: 'refused', code, detail }
}

export function refusedSeats(
  code: RefusalCode,
  detail: string,
  conflicts: readonly Conflict[],
): Refusal {
  return { kind: 'refused', code, detail, conflicts }
}
