// The holds and the place in line that are this visitor's, as last told by the server.
//
// Owns: taking in answers and pushes in any order, deadlines on the local clock.
// Leaves to others: asking (commands.ts), what the visitor sees (components/).
//
//   U16. Of two tellings of one hold the one with the higher (epoch, sequence) stands, whichever
//        arrives last; of equal ones the later arrival corrects the countdown.

import type { Entry, Hold, HoldPhase } from '../api/types.ts'
import { deadlineOf } from '../lib/countdown.ts'

export type HeldSeats = { readonly hold: Hold; readonly deadline: number }

export type Holdings = ReadonlyMap<string, HeldSeats>

const LIVE_PHASES: readonly HoldPhase[] = ['selecting', 'paying', 'settling']

export const isLive = (hold: Hold): boolean => LIVE_PHASES.includes(hold.phase)

/** Takes one telling in; the same map comes back when it is old news. */
export function takeHold(holdings: Holdings, hold: Hold, now: number): Holdings {
  const known = holdings.get(hold.id)
  if (known !== undefined && isOlder(hold, known.hold)) return holdings // U16
  const next = new Map(holdings)
  next.set(hold.id, { hold, deadline: deadlineOf(hold.ttlMs, now) })
  return next
}

const isOlder = (hold: Hold, known: Hold): boolean =>
  hold.epoch < known.epoch || (hold.epoch === known.epoch && hold.sequence < known.sequence)

export const liveOnes = (holdings: Holdings): readonly HeldSeats[] =>
  [...holdings.values()].filter(({ hold }) => isLive(hold))

export function seatsHeld(holdings: Holdings): ReadonlySet<number> {
  return new Set(liveOnes(holdings).flatMap(({ hold }) => hold.seats.map(({ index }) => index)))
}

/** The hold that pressing seats changes: the newest one that is still being chosen. */
export function editableHold(holdings: Holdings): Hold | undefined {
  return liveOnes(holdings)
    .map(({ hold }) => hold)
    .filter(({ phase }) => phase === 'selecting')
    .at(-1)
}

export const isEntryLive = (entry: Entry | undefined): entry is Entry =>
  entry !== undefined && (entry.state === 'waiting' || entry.state === 'offered')
