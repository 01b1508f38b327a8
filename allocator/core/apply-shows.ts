// What the Transitions of Shows and of the Shard do to the state.
//
// Owns: opening, changing, cancelling and closing Shows, blocking, outage credit.
// Leaves to others: whether it may happen (decide-show.ts).

import { assert } from '../../shared/assert.ts'
import type { SeatRange } from '../../shared/commands.ts'
import type { EntryId, Instant, SeatIndex, Sequence } from '../../shared/ids.ts'
import type {
  SeatsBlocked,
  SeatsUnblocked,
  ShardClaimed,
  ShowChanged,
  ShowOpened,
} from '../../shared/transitions.ts'
import { giveBack } from './apply-holds.ts'
import { armShow, endEntry, type Fact, setSeat } from './fact.ts'
import { BLOCKED, FREE } from './seat-map.ts'
import type { Show } from './show.ts'
import type { ShardState } from './state.ts'

/** Where and when a whole Shard's Transition happens. */
export interface ShardFact {
  readonly state: ShardState
  readonly time: Instant
  readonly sequence: Sequence
}

export function applyShowOpened(fact: ShardFact, opened: ShowOpened): void {
  const show = fact.state.addShow(opened.show, opened.terms)
  armShow({ ...fact, show })
}

export function applyShowChanged(fact: Fact, changed: ShowChanged): void {
  const { state, show, time } = fact
  if (changed.terms.layout !== show.terms.layout) {
    const plan = state.plans.planOf(changed.terms.layout)
    assert(plan !== undefined, 'S7: layouts are loaded before they are named')
    show.moveTo(plan)
  }
  show.terms = state.sharedTerms(changed.terms)
  if (show.status === 'closed' && show.terms.salesCloseAt > time) show.status = 'open'
  armShow(fact)
}

/** L8: selecting and paying holds end, so do all entries; settling ones finish. */
export function applyShowCancelled(fact: Fact): void {
  const { state, show } = fact
  show.status = 'cancelled'
  for (let slot = show.firstHold; slot >= 0; slot = state.holds.nextOfShow(slot)) {
    if (state.holds.canExpire(slot)) giveBack(fact, slot, { phase: 'released', entry: 'left' })
  }
  endWaiting(fact)
  show.freed = []
  armShow(fact)
}

/** L8: waiting entries end; holds and offers live out their time. */
export function applySalesClosed(fact: Fact): void {
  fact.show.status = 'closed'
  endWaiting(fact)
  fact.show.freed = []
  armShow(fact)
}

/** S6: never a held or sold Seat; a reserved one is its waiter's no more. */
export function applySeatsBlocked(fact: Fact, blocked: SeatsBlocked): void {
  for (const seat of seatsIn(blocked.ranges)) {
    if (fact.show.seats.isReserved(seat)) fact.show.waitlist?.dropReserved(seat)
    setSeat(fact, seat, BLOCKED)
  }
}

export function applySeatsUnblocked(fact: Fact, unblocked: SeatsUnblocked): void {
  for (const seat of seatsIn(unblocked.ranges)) setSeat(fact, seat, FREE)
}

/** H7: whoever held Seats through the outage gets its length back, even past the cap of a life. */
export function applyShardClaimed(fact: ShardFact, claimed: ShardClaimed): void {
  const { state, sequence, time } = fact
  const { holds } = state
  if (claimed.creditMs === 0) return
  for (let slot = 0; slot < holds.slotEnd; slot += 1) {
    if (!holds.isUsed(slot) || !holds.canExpire(slot)) continue
    if (state.showOfHold(slot).asOf >= sequence) continue // its page has the credit already
    const expiresAt = (holds.expiresAtOf(slot) + claimed.creditMs) as Instant
    holds.setExpiresAt(slot, expiresAt)
    holds.setSequence(slot, sequence)
    state.holdDeadlines.arm(slot, expiresAt, time)
    state.touched.holds.push(slot)
  }
}

function endWaiting(fact: Fact): void {
  for (const entry of waitingEntriesOf(fact.show)) endEntry(fact, entry, 'left')
}

function waitingEntriesOf({ waitlist }: Show): readonly EntryId[] {
  const entries: EntryId[] = []
  for (const place of waitlist?.places() ?? []) {
    if (waitlist?.isWaiting(place)) entries.push(waitlist.entryAt(place))
  }
  return entries
}

function* seatsIn(ranges: readonly SeatRange[]): IterableIterator<SeatIndex> {
  for (const { start, count } of ranges) {
    for (let seat: number = start; seat < start + count; seat += 1) yield seat as SeatIndex
  }
}
