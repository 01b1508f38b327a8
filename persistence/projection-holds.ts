// The rows of holds as single Transitions make and change them.

import type { EntryId } from '../shared/ids.ts'
import type { SeatsHeld, WaiterOffered } from '../shared/transitions.ts'
import type { HoldPhase } from '../shared/views.ts'
import type { HoldChange, NewHold, Place } from './ledger-rows.ts'

export function newHold(
  transition: SeatsHeld | WaiterOffered,
  customer: NewHold['customer'],
  entry: EntryId | undefined,
  place: Place,
): NewHold {
  return {
    id: transition.hold,
    show: transition.show,
    customer,
    entry,
    shard: place.shard,
    incarnation: place.incarnation,
    createdAt: place.at,
    phase: 'selecting',
    seats: transition.seats,
    prices: transition.prices,
    booking: undefined,
    extensionCount: 0,
    expiresAt: transition.expiresAt,
    endedAt: undefined,
    deadlineSequence: place.sequence,
    sequence: place.sequence,
  }
}

export function setDeadline(hold: NewHold | HoldChange, expiresAt: number, place: Place): void {
  hold.expiresAt = expiresAt
  hold.deadlineSequence = place.sequence
}

export function endHold(hold: NewHold | HoldChange, phase: HoldPhase, place: Place): void {
  hold.phase = phase
  hold.endedAt = place.at
}
