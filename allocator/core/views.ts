// What leaves a Shard: holds, entries and Shows as they are now.
//
// Owns: turning columns into plain data. Leaves to others: when it may leave (writer.ts, W2).
//
//   L6. Positions are computed on demand, never pushed.
//   S3. The five counts add up to capacity.

import { unreachable } from '../../shared/assert.ts'
import type { Query, ReadCustomer, ReadEntry, ReadHold, ReadShow } from '../../shared/commands.ts'
import { type EntryId, type HoldId, type Instant, sameId, showNumberOf } from '../../shared/ids.ts'
import type { SeatsHeld } from '../../shared/transitions.ts'
import type { EntryView, HoldView, Reply, ShowView } from '../../shared/views.ts'
import type { EndedEntry } from './ended.ts'
import { findAnyHold, findHold, NO_HOLD } from './found-hold.ts'
import { refused } from './outcome.ts'
import { type Show, statusOf } from './show.ts'
import type { ShardState } from './state.ts'

const NO_SHOW = refused('not-found', 'There is no such show.')
const NO_ENTRY = refused('not-found', 'You have no such waitlist entry.')

/** Live, or ended and not yet forgotten. Whoever has its parts at hand spares making them anew. */
export function holdViewOf(
  state: ShardState,
  slot: number,
  id: HoldId = state.holds.idOf(slot),
  held?: SeatsHeld,
): HoldView {
  const { holds, incarnation } = state
  const view = holds.viewOf(slot, state.showOfHold(slot), { id, incarnation, held })
  if (view.phase !== 'settling' && view.phase !== 'booked') return view
  return { ...view, booking: holds.bookingOf(slot) }
}

/** undefined when it is unknown or forgotten. */
export function entryViewOf(state: ShardState, id: EntryId): EntryView | undefined {
  const show = state.shows.get(showNumberOf(id))
  const waitlist = show?.waitlist
  const place = waitlist?.find(id) ?? -1
  if (show === undefined || waitlist === undefined || place < 0) {
    const ended = state.endedEntry(id)
    return ended === undefined ? undefined : endedViewOf(state, ended)
  }
  const isWaiting = waitlist.isWaiting(place)
  const view: EntryView = {
    id,
    show: show.number,
    customer: waitlist.customerAt(place),
    state: isWaiting ? 'waiting' : 'offered',
    party: waitlist.requestAt(place).party,
    ahead: waitlist.aheadOf(place),
    sequence: waitlist.sequenceAt(place),
  }
  if (isWaiting) return view
  const slot = state.holds.find(waitlist.offerHoldAt(place))
  return slot < 0 ? view : { ...view, hold: holdViewOf(state, slot) }
}

function endedViewOf(state: ShardState, ended: EndedEntry): EntryView {
  const { id, show, customer, party, sequence } = ended
  const view: EntryView = { id, show, customer, state: ended.state, party, ahead: 0, sequence }
  const slot = ended.hold === undefined ? -1 : state.holds.find(ended.hold)
  return slot < 0 ? view : { ...view, hold: holdViewOf(state, slot) }
}

/** A private copy of everything. */
export function showViewOf(state: ShardState, show: Show, now: Instant): ShowView {
  return {
    show: show.number,
    terms: show.terms,
    status: statusOf(show, now),
    incarnation: state.incarnation,
    version: show.version,
    counts: show.seats.counts,
    states: show.seats.statesCopy(),
  }
}

export function answer(state: ShardState, query: Query, now: Instant): Reply {
  switch (query.kind) {
    case 'read-hold':
      return answerHold(state, query, now)
    case 'read-entry':
      return answerEntry(state, query, now)
    case 'read-customer':
      return answerCustomer(state, query, now)
    case 'read-show':
      return answerShow(state, query, now)
    default:
      return unreachable(query)
  }
}

function answerHold(state: ShardState, query: ReadHold, now: Instant): Reply {
  const found = query.isBoxOffice ? findAnyHold(state, query) : findHold(state, query)
  if (found === undefined) return NO_HOLD
  return { kind: 'hold', hold: holdViewOf(state, found.slot), isReplay: false, now }
}

function answerEntry(state: ShardState, query: ReadEntry, now: Instant): Reply {
  const entry = entryViewOf(state, query.entry)
  if (entry === undefined || entry.show !== query.show) return NO_ENTRY
  const isMine = query.isBoxOffice || sameId(entry.customer, query.customer)
  return isMine ? { kind: 'entry', entry, isReplay: false, now } : NO_ENTRY
}

/** The customer's live holds and live entry of the Show. */
function answerCustomer(state: ShardState, query: ReadCustomer, now: Instant): Reply {
  const show = state.shows.get(query.show)
  if (show === undefined) return NO_SHOW
  const holds: HoldView[] = []
  for (let slot = state.holds.firstOf(show, query.customer); slot >= 0; ) {
    holds.push(holdViewOf(state, slot))
    slot = state.holds.nextOf(slot)
  }
  holds.sort((left, right) => left.createdAt - right.createdAt || left.sequence - right.sequence)
  const { waitlist } = show
  const place = waitlist?.findCustomer(query.customer) ?? -1
  const entry =
    waitlist === undefined || place < 0 ? undefined : entryViewOf(state, waitlist.entryAt(place))
  return entry === undefined
    ? { kind: 'customer', holds, now }
    : { kind: 'customer', holds, entry, now }
}

function answerShow(state: ShardState, query: ReadShow, now: Instant): Reply {
  const show = state.shows.get(query.show)
  return show === undefined ? NO_SHOW : { kind: 'show', view: showViewOf(state, show, now), now }
}
