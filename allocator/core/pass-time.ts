// What time does on its own: holds expire, barriers are over, sales close.
//
// Owns: the effects of pass-time, in small portions.
// Leaves to others: when it is called (shard.ts), who is due (deadlines.ts).
//
//   H3. Expiry is a journaled decision: never early; one call ends at most 256 holds and says whether
//       there is more.
//   L2. The Seats that one call frees are offered in the same call, after all of its expiries.
//   M1. A Show without live holds and waiters drops what can be derived again.

import type { Instant } from '../../shared/ids.ts'
import { LIMITS } from '../../shared/limits.ts'
import type { Transition } from '../../shared/transitions.ts'
import { apply } from './apply.ts'
import { dueBarrierLift } from './barrier.ts'
import { armShow } from './fact.ts'
import type { Outcome } from './outcome.ts'
import { type Record, serve } from './serve.ts'
import type { Show } from './show.ts'
import type { ShardState } from './state.ts'

const SHOWS_PER_CALL_MAX = 64
const SHOWS_RESTED_PER_CALL = 16

export function passTime(state: ShardState, now: Instant, record: Record): Outcome {
  const step = (transition: Transition): void => {
    apply(state, transition, now)
    record(transition)
  }
  const touched = new Set<Show>()
  endDueHolds(state, now, { step, touched })
  passShows(state, now, { step, touched })
  for (const show of touched) if (show.waitlist !== undefined) serve(state, show, now, record)
  restSome(state)
  const isMore = state.holdDeadlines.hasDue(now) || state.showDeadlines.hasDue(now)
  return { kind: 'done', isMore }
}

interface Passing {
  readonly step: (transition: Transition) => void
  /** Shows with Seats to serve afterwards */
  readonly touched: Set<Show>
}

function endDueHolds(state: ShardState, now: Instant, { step, touched }: Passing): void {
  const due: number[] = []
  state.holdDeadlines.collectDue(now, LIMITS.holdsEndedPerPassTimeMax, due)
  for (const slot of due) {
    const show = state.showOfHold(slot)
    touched.add(show)
    step({ kind: 'hold-expired', show: show.number, hold: state.holds.idOf(slot) })
  }
}

/** L3, L8: barriers whose time is over, then the end of sales. */
function passShows(state: ShardState, now: Instant, { step, touched }: Passing): void {
  const due: number[] = []
  state.showDeadlines.collectDue(now, SHOWS_PER_CALL_MAX, due)
  for (const index of due) {
    const show = state.showsByIndex[index] as Show
    touched.add(show)
    if (show.status === 'open' && now >= show.terms.salesCloseAt) {
      step({ kind: 'sales-closed', show: show.number })
      continue
    }
    for (
      let lift = dueBarrierLift(show, now);
      lift !== undefined;
      lift = dueBarrierLift(show, now)
    ) {
      step(lift)
    }
    armShow({ state, show, time: now, sequence: state.sequence })
  }
}

/** A few Shows a call, round and round. M1 */
function restSome(state: ShardState): void {
  const { showsByIndex } = state
  const count = Math.min(SHOWS_RESTED_PER_CALL, showsByIndex.length)
  for (let step = 0; step < count; step += 1) {
    state.restNext = (state.restNext + 1) % showsByIndex.length
    const show = showsByIndex[state.restNext] as Show
    if (show.liveHoldCount > 0) continue
    if (show.waitlist === undefined) show.seats.rest()
    else if (show.waitlist.liveCount === 0) show.waitlist = undefined
  }
}
