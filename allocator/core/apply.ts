// Writes a Transition into the state; the only way in which a Shard changes.
//
// Owns: the count of Transitions, and which of them a Show's page already contains.
// Leaves to others: what each kind does (apply-*.ts), whether it may happen (decide.ts).
//
//   D1. Deciding reads, applying writes.
//   D2. An accepted Transition always applies: applying is total for what was decided here.
//   F1. A Show that was read from a page skips the Transitions up to the page's Sequence.

import { assert, Bug, unreachable } from '../../shared/assert.ts'
import { asSequence, type Instant } from '../../shared/ids.ts'
import type { ShowTransition, Transition } from '../../shared/transitions.ts'
import * as holds from './apply-holds.ts'
import * as shows from './apply-shows.ts'
import * as waitlist from './apply-waitlist.ts'
import type { Fact } from './fact.ts'
import type { ShardState } from './state.ts'

/** `time` is the shard time of the Transition's Frame (T2). */
export function apply(state: ShardState, transition: Transition, time: Instant): void {
  const sequence = asSequence(state.sequence + 1)
  state.sequence = sequence
  state.time = time
  if (transition.kind === 'shard-released') return
  if (transition.kind === 'shard-claimed') {
    shows.applyShardClaimed({ state, time, sequence }, transition)
    return
  }
  const show = state.showOf(transition.show)
  if (show === undefined) {
    assert(transition.kind === 'show-opened', 'S7: a show is opened before anything else')
    shows.applyShowOpened({ state, time, sequence }, transition)
    return
  }
  if (sequence <= show.asOf) return // F1
  applyToShow({ state, show, time, sequence }, transition)
}

/** Replays a Transition that was announced before: nobody hears of it again, nobody is served. */
export function replay(state: ShardState, transition: Transition, time: Instant): void {
  apply(state, transition, time)
  state.changes.clear()
  state.touched.clear()
  if (!('show' in transition)) return
  const show = state.showOf(transition.show)
  if (show !== undefined && show.freed.length > 0) show.freed = []
}

function applyToShow(fact: Fact, transition: ShowTransition): void {
  switch (transition.kind) {
    case 'seats-held':
      return holds.applySeatsHeld(fact, transition)
    case 'hold-changed':
      return holds.applyHoldChanged(fact, transition)
    case 'hold-extended':
      return holds.applyHoldExtended(fact, transition)
    case 'payment-started':
      return holds.applyPaymentStarted(fact, transition)
    case 'hold-released':
      return holds.applyHoldReleased(fact, transition)
    case 'hold-expired':
      return holds.applyHoldExpired(fact, transition)
    case 'hold-settling':
      return holds.applyHoldSettling(fact, transition)
    case 'settlement-failed':
      return holds.applySettlementFailed(fact, transition)
    case 'hold-booked':
      return holds.applyHoldBooked(fact, transition)
    case 'booking-cancelled':
      return holds.applyBookingCancelled(fact, transition)
    default:
      return applyOther(fact, transition)
  }
}

type OtherTransition = Exclude<
  ShowTransition,
  {
    kind:
      | 'seats-held'
      | 'hold-changed'
      | 'hold-extended'
      | 'payment-started'
      | 'hold-released'
      | 'hold-expired'
      | 'hold-settling'
      | 'settlement-failed'
      | 'hold-booked'
      | 'booking-cancelled'
  }
>

function applyOther(fact: Fact, transition: OtherTransition): void {
  switch (transition.kind) {
    case 'show-opened':
      throw new Bug('S7: a show is opened once')
    case 'show-changed':
      return shows.applyShowChanged(fact, transition)
    case 'show-cancelled':
      return shows.applyShowCancelled(fact)
    case 'sales-closed':
      return shows.applySalesClosed(fact)
    case 'seats-blocked':
      return shows.applySeatsBlocked(fact, transition)
    case 'seats-unblocked':
      return shows.applySeatsUnblocked(fact, transition)
    case 'waiter-joined':
      return waitlist.applyWaiterJoined(fact, transition)
    case 'waiter-offered':
      return waitlist.applyWaiterOffered(fact, transition)
    case 'waiter-left':
      return waitlist.applyWaiterLeft(fact, transition)
    case 'offer-declined':
      return waitlist.applyOfferDeclined(fact, transition)
    case 'seats-reserved':
      return waitlist.applySeatsReserved(fact, transition)
    case 'barrier-lifted':
      return waitlist.applyBarrierLifted(fact, transition)
    default:
      return unreachable(transition)
  }
}
