// Commands about holds and entries that have ended: what a client hears instead of "not found".
//
// Owns: looking at the shard and then at the Ledger, for 24 h after the end.
// Leaves to others: the command itself (session-commands.ts), the same over HTTP (http/ended.ts).
//
//   N1. Releasing what was released or has expired answers that hold: what was wanted is so.
//   N2. Any other change of a hold that has ended is `hold-expired`, naming the phase.
//   N3. Leaving what has ended answers that entry.
//   N4. Another customer's is not found; a silent Ledger leaves the shard's refusal as it was.

import type {
  ChangeHold,
  DeclineOffer,
  ExtendHold,
  LeaveWaitlist,
  ReleaseHold,
} from '../shared/commands.ts'
import { asInstant, type CustomerId, sameId } from '../shared/ids.ts'
import type { Refusal } from '../shared/refusals.ts'
import type { HoldView } from '../shared/views.ts'
import type { ShowCard } from './directory.ts'
import { errTextOf, type IdText, okTextOf } from './live-answers.ts'
import { problemOf } from './problems.ts'
import type { Session } from './session.ts'
import { entryJsonOf, holdJsonOf, problemOfReply } from './translate.ts'

export interface Refused<Command> {
  readonly id: IdText
  readonly card: ShowCard
  readonly command: Command
  readonly refusal: Refusal
}

/** Answers a refused change of a hold, once it is known whether the hold has ended. */
export function sayRefusedHold(
  session: Session,
  refused: Refused<ChangeHold | ExtendHold | ReleaseHold>,
): void {
  const { command, refusal } = refused
  if (refusal.code === 'not-found') lookInLedger(session, refused)
  else if (refusal.code === 'hold-expired' && command.kind === 'release-hold') {
    lookInShard(session, refused)
  } else sayNo(session, refused.id, refusal)
}

/** N1: the shard still has it. */
function lookInShard(session: Session, refused: Refused<ChangeHold | ExtendHold | ReleaseHold>) {
  const { show, customer, isBoxOffice, hold } = refused.command
  const query = { kind: 'read-hold', show, customer, isBoxOffice, hold } as const
  session.house.router.ask(query, session.number, reply => {
    if (reply.kind === 'hold' && isOver(reply.hold)) {
      session.say(okTextOf(refused.id, holdJsonOf(reply.hold, refused.card, reply.now)))
    } else sayNo(session, refused.id, refused.refusal)
  })
}

function lookInLedger(session: Session, refused: Refused<ChangeHold | ExtendHold | ReleaseHold>) {
  const { id, card, command, refusal } = refused
  session.house.ended.hold(command.hold).then(
    hold => {
      if (hold === undefined || !maySee(session, hold.customer)) sayNo(session, id, refusal)
      else if (command.kind === 'release-hold' && isOver(hold)) {
        session.say(okTextOf(id, holdJsonOf(hold, card, asInstant(Date.now())))) // N1
      } else {
        const detail = `The hold has ended: it is ${hold.phase}.`
        session.say(errTextOf(id, problemOf('hold-expired', detail))) // N2
      }
    },
    () => sayNo(session, id, refusal), // N4
  )
}

/** Answers a refused leave or decline. */
export function sayRefusedEntry(
  session: Session,
  refused: Refused<LeaveWaitlist | DeclineOffer>,
): void {
  const { id, card, command, refusal } = refused
  if (refusal.code !== 'not-found' || command.kind !== 'leave-waitlist') {
    sayNo(session, id, refusal)
    return
  }
  session.house.ended.entry(command.entry).then(
    entry => {
      if (entry === undefined || !maySee(session, entry.customer)) sayNo(session, id, refusal)
      else session.say(okTextOf(id, entryJsonOf(entry, card, asInstant(Date.now())))) // N3
    },
    () => sayNo(session, id, refusal), // N4
  )
}

function isOver({ phase }: HoldView): boolean {
  return phase === 'released' || phase === 'expired'
}

function maySee(session: Session, owner: CustomerId): boolean {
  if (session.isBoxOffice) return true
  return session.caller !== undefined && sameId(session.caller.customer, owner)
}

function sayNo(session: Session, id: IdText, refusal: Refusal): void {
  session.say(errTextOf(id, problemOfReply(refusal) ?? problemOf('internal')))
}
