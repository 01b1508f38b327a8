// One command from question to effect: decide, apply, record, serve the waitlist, answer.
//
// Owns: that everything of one command is recorded together, in order, and nothing of a Refusal.
// Leaves to others: deciding (decide.ts), applying (apply.ts), making it durable (writer.ts).
//
//   D1. Deciding reads, applying writes, and both run on the same code in replay and simulation.
//   L2. In the same frame in which Seats become free the waitlist is served.
//   X1. A Refusal records nothing; an accepted command records its Transitions and then the offers
//       that follow from them.

import { assert } from '../../shared/assert.ts'
import type { Command } from '../../shared/commands.ts'
import type { Instant } from '../../shared/ids.ts'
import type { Transition } from '../../shared/transitions.ts'
import { apply } from './apply.ts'
import { decide } from './decide.ts'
import type { Accepted, Outcome } from './outcome.ts'
import { passTime } from './pass-time.ts'
import { type Record, serve } from './serve.ts'
import type { ShardState } from './state.ts'
import { entryViewOf, holdViewOf } from './views.ts'

/** `now` is the shard time, never less than at the last call. */
export function execute(
  state: ShardState,
  command: Command,
  now: Instant,
  record: Record,
): Outcome {
  if (command.kind === 'pass-time') return passTime(state, now, record)
  const decision = decide(state, command, now)
  if (decision.kind === 'refused') return decision
  const { transitions } = decision
  for (let at = 0; at < transitions.length; at += 1) {
    const transition = transitions[at] as Transition
    apply(state, transition, now)
    record(transition)
  }
  if (transitions.length > 0) {
    const show = state.showOf(command.show)
    if (show?.waitlist !== undefined) serve(state, show, now, record)
  }
  return outcomeOf(state, decision)
}

function outcomeOf(state: ShardState, accepted: Accepted): Outcome {
  const { hold, entry, isReplay, transitions } = accepted
  if (hold !== undefined) {
    const slot = state.holds.find(hold)
    assert(slot >= 0, 'D5: an accepted command answers with its hold')
    const first = transitions[0]
    const held = first !== undefined && first.kind === 'seats-held' ? first : undefined
    return { kind: 'hold', hold: holdViewOf(state, slot, hold, held), isReplay }
  }
  if (entry === undefined) return { kind: 'done', isMore: false }
  const view = entryViewOf(state, entry)
  assert(view !== undefined, 'D5: an accepted command answers with its entry')
  return { kind: 'entry', entry: view, isReplay }
}
