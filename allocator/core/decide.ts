// Whether a command may happen: reads the state, answers with Transitions or a Refusal.
//
// Owns: repeats of commands (D5) and which file decides what.
// Leaves to others: the decisions themselves (decide-*.ts), applying them (apply.ts).
//
//   D1. Deciding reads; it never changes what a later decision sees.
//   D3. Refusals come in the order of REFUSALS: the first that applies is the answer.
//   D5. A repeat of a command that had an effect answers with its resource as it is now; the same key
//       with another body is refused.

import { unreachable } from '../../shared/assert.ts'
import type { Command, CustomerCommand, PassTime } from '../../shared/commands.ts'
import type { Instant } from '../../shared/ids.ts'
import { decideBook, decideCancelBooking, decideFail, decideSettle } from './decide-booking.ts'
import {
  decideChange,
  decideExtend,
  decideRelease,
  decideStartPayment,
} from './decide-live-hold.ts'
import { decideHoldBest, decideHoldSeats } from './decide-new-hold.ts'
import {
  decideBlock,
  decideCancelShow,
  decideChangeShow,
  decideOpenShow,
  decideUnblock,
} from './decide-show.ts'
import { decideDecline, decideJoin, decideLeave } from './decide-waitlist.ts'
import { type Accepted, aboutEntry, aboutHold, type Decision, refused } from './outcome.ts'
import type { ShardState } from './state.ts'

/** pass-time is not decided at once but step by step (pass-time.ts). */
export function decide(
  state: ShardState,
  command: Exclude<Command, PassTime>,
  now: Instant,
): Decision {
  switch (command.kind) {
    case 'open-show':
      return decideOpenShow(state, command)
    case 'change-show':
      return decideChangeShow(state, command)
    case 'cancel-show':
      return decideCancelShow(state, command)
    case 'block-seats':
      return decideBlock(state, command)
    case 'unblock-seats':
      return decideUnblock(state, command)
    default:
      return decideRepeat(state, command, now) ?? decideForCustomer(state, command, now)
  }
}

function decideForCustomer(state: ShardState, command: CustomerCommand, now: Instant): Decision {
  switch (command.kind) {
    case 'hold-seats':
      return decideHoldSeats(state, command, now)
    case 'hold-best':
      return decideHoldBest(state, command, now)
    case 'change-hold':
      return decideChange(state, command, now)
    case 'release-hold':
      return decideRelease(state, command)
    case 'extend-hold':
      return decideExtend(state, command, now)
    case 'start-payment':
      return decideStartPayment(state, command, now)
    case 'settle-hold':
      return decideSettle(state, command, now)
    case 'fail-settlement':
      return decideFail(state, command)
    case 'book-hold':
      return decideBook(state, command, now)
    case 'cancel-booking':
      return decideCancelBooking(state, command)
    case 'join-waitlist':
      return decideJoin(state, command, now)
    case 'leave-waitlist':
      return decideLeave(state, command)
    case 'decline-offer':
      return decideDecline(state, command, now)
    default:
      return unreachable(command)
  }
}

/** undefined when the key is unknown or over: then the command is decided as a new one. */
function decideRepeat(
  state: ShardState,
  command: CustomerCommand,
  now: Instant,
): Decision | undefined {
  const { key } = command
  if (command.kind === 'hold-seats') state.looked = state.holds.lookFor(command.hold)
  const row = key === undefined ? -1 : state.findKey(key, now)
  if (key === undefined || row < 0) return undefined
  if (!state.keys.hasBody(row, key)) {
    return refused(
      'idempotency-mismatch',
      'This idempotency key was used for another request: send a new key with a new request.',
    )
  }
  return { ...aboutOwner(state, command, state.keys.ownerOf(row)), isReplay: true }
}

/** A waiter's command may have changed the hold of its offer: it is told its entry all the same. */
function aboutOwner(state: ShardState, command: CustomerCommand, owner: number): Accepted {
  if (owner < 0) return aboutEntry(state.entryKeys.entryOf(owner))
  const isWaiters = command.kind === 'leave-waitlist' || command.kind === 'decline-offer'
  const entry = isWaiters ? state.holds.entryOf(owner) : undefined
  return entry === undefined ? aboutHold(state.holds.idOf(owner)) : aboutEntry(entry)
}
