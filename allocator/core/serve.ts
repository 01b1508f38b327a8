// Serves the waitlist of a Show after a command: offers and reservations until nobody is left.
//
// Owns: the loop of asking, applying and recording. Leaves to others: who is next (serving.ts).
//
//   L2. In the same frame in which Seats become free the waitlist is served.

import type { Instant } from '../../shared/ids.ts'
import type { Transition } from '../../shared/transitions.ts'
import { apply } from './apply.ts'
import { endServing, nextServing } from './serving.ts'
import type { Show } from './show.ts'
import type { ShardState } from './state.ts'

/** Takes a Transition that was applied; the order of calls is the order of the Journal. */
export type Record = (transition: Transition) => void

export function serve(state: ShardState, show: Show, now: Instant, record: Record): void {
  for (
    let next = nextServing(state, show, now);
    next !== undefined;
    next = nextServing(state, show, now)
  ) {
    apply(state, next, now)
    record(next)
  }
  endServing(show)
}
