// What each op of the live connection does.
//
// Owns: the checks of a command in order of precedence, the request it becomes, its answer.
// Leaves to others: frames, greeting and limits (session.ts), watches (session-watch.ts).
//
//   Q1. Token, key, fields: in this order, as over HTTP.
//   G2. Every command passes a compiled strict schema.

import { z } from 'zod'
import type {
  ChangeHold,
  DeclineOffer,
  ExtendHold,
  LeaveWaitlist,
  ReleaseHold,
} from '../shared/commands.ts'
import { asSeatIndexes, type EntryId, type HoldId, parseId, showNumberOf } from '../shared/ids.ts'
import type { Reply } from '../shared/views.ts'
import type { ShowCard } from './directory.ts'
import { errTextOf, type IdText, invalidOf, okTextOf } from './live-answers.ts'
import { problemOf } from './problems.ts'
import { LIVE_COMMANDS, type LiveCommand, type LiveOp } from './schemas/live.ts'
import type { Session } from './session.ts'
import {
  askedBy,
  claimOf,
  noCategory,
  noEntry,
  noShow,
  showOf,
  withShow,
} from './session-asking.ts'
import { sayRefusedEntry, sayRefusedHold } from './session-ended.ts'
import {
  entryJsonOf,
  holdBestOf,
  holdJsonOf,
  holdSeatsOf,
  joinOf,
  problemOfReply,
} from './translate.ts'

interface Rule<Op extends LiveOp> {
  readonly schema: z.ZodType<LiveCommand<Op>>
  readonly needsToken: boolean
  readonly needsKey: boolean
  run(session: Session, id: IdText, command: LiveCommand<Op>): void
}

type Greeted = Exclude<LiveOp, 'hello'>
type Rules = { readonly [Op in Greeted]: Rule<Op> }

function rule<Op extends LiveOp>(
  op: Op,
  needs: 'nothing' | 'token' | 'key',
  run: Rule<Op>['run'],
): Rule<Op> {
  const schema = z.compile(LIVE_COMMANDS[op]) as unknown as z.ZodType<LiveCommand<Op>>
  return { schema, needsToken: needs !== 'nothing', needsKey: needs === 'key', run }
}

const RULES: Rules = {
  watch: rule('watch', 'nothing', watch),
  unwatch: rule('unwatch', 'nothing', unwatch),
  hold: rule('hold', 'key', hold),
  change: rule('change', 'token', change),
  release: rule('release', 'token', release),
  extend: rule('extend', 'key', extend),
  join: rule('join', 'key', join),
  leave: rule('leave', 'token', leave),
  decline: rule('decline', 'key', decline),
  rank: rule('rank', 'token', rank),
}
const ruleOf = new Map<string, Rule<LiveOp>>(
  Object.entries(RULES) as unknown as [string, Rule<LiveOp>][],
)

export const helloSchema = z.compile(LIVE_COMMANDS.hello) as unknown as z.ZodType<
  LiveCommand<'hello'>
>

/** Commands that a per-customer limit does not count: they cost the shard little or nothing. */
const FREE_OPS: ReadonlySet<string> = new Set<Greeted>(['watch', 'unwatch'])

export function isCounted(op: string): boolean {
  return !FREE_OPS.has(op)
}

/** Runs a command of a greeted session, or says why not. Q1 */
export function runCommand(
  session: Session,
  id: IdText,
  command: Readonly<Record<string, unknown>>,
): void {
  const found = ruleOf.get(command.op as string)
  if (found === undefined) {
    const names = Object.keys(LIVE_COMMANDS).join(', ')
    session.say(errTextOf(id, problemOf('validation', `/op is not known: use one of ${names}.`)))
    return
  }
  if (found.needsToken && session.caller === undefined) {
    const detail = 'This connection has no token: it may only watch. Say hello with a token.'
    session.say(errTextOf(id, problemOf('token-invalid', detail)))
    return
  }
  if (found.needsKey && command.key === undefined) {
    const detail = 'Give a key of 1 to 255 visible ASCII characters, new for each intention.'
    session.say(errTextOf(id, problemOf('idempotency-key-required', detail)))
    return
  }
  const parsed = found.schema.safeParse(command)
  if (parsed.success) found.run(session, id, parsed.data)
  else session.say(errTextOf(id, invalidOf(parsed.error)))
}

function watch(session: Session, id: IdText, { showId, since }: LiveCommand<'watch'>): void {
  const show = showOf(showId)
  if (show === undefined) session.say(errTextOf(id, noShow()))
  else session.watches.watch({ id, show, since })
}

function unwatch(session: Session, id: IdText, { showId }: LiveCommand<'unwatch'>): void {
  const show = showOf(showId)
  if (show !== undefined) session.watches.unwatch(show)
  session.say(okTextOf(id, '{}'))
}

function hold(session: Session, id: IdText, command: LiveCommand<'hold'>): void {
  const { seats, best } = command
  if ((seats === undefined) === (best === undefined)) {
    const detail = 'Give either seats or best, and not both.'
    session.say(errTextOf(id, problemOf('validation', detail)))
    return
  }
  const show = showOf(command.showId)
  const card = show === undefined ? undefined : session.house.directory.peek(show)
  // Nothing is made for the common case: one hold after the other of a show that is known.
  if (card !== undefined) holdIn(session, id, card, command)
  else withShow(session, id, show, loaded => holdIn(session, id, loaded, command))
}

function holdIn(session: Session, id: IdText, card: ShowCard, command: LiveCommand<'hold'>): void {
  const { seats, best, key } = command
  const claim = claimOf(session, card.number, seats?.length ?? best?.count ?? 0)
  if (claim === undefined) {
    session.say(errTextOf(id, session.house.admission.seatsProblem()))
    return
  }
  const body = seats === undefined ? { best } : { seats }
  const asked = askedBy(session, card.number, { op: 'hold', key, body })
  const request =
    best === undefined ? holdSeatsOf(asked, seats ?? []) : holdBestOf(asked, best, card.layout)
  if (request === undefined) {
    claim.settle(undefined)
    session.say(errTextOf(id, noCategory()))
    return
  }
  session.house.router.ask(request, session.number, reply => {
    claim.settle(reply.kind === 'hold' ? reply.hold : undefined)
    sayHold(session, id, card, reply)
  })
}

function change(session: Session, id: IdText, command: LiveCommand<'change'>): void {
  const { holdId, seats, key } = command
  const hold = parseId<HoldId>(holdId)
  withShow(session, id, hold && showNumberOf(hold), card => {
    if (hold === undefined) return
    const asked = askedBy(session, card.number, { op: 'change', key, body: { holdId, seats } })
    const named = asSeatIndexes(seats)
    changeHold(session, id, card, { kind: 'change-hold', ...asked, hold, seats: named })
  })
}

function release(session: Session, id: IdText, { holdId, key }: LiveCommand<'release'>): void {
  const hold = parseId<HoldId>(holdId)
  withShow(session, id, hold && showNumberOf(hold), card => {
    if (hold === undefined) return
    const asked = askedBy(session, card.number, { op: 'release', key, body: { holdId } })
    changeHold(session, id, card, { kind: 'release-hold', ...asked, hold })
  })
}

function extend(session: Session, id: IdText, { holdId, key }: LiveCommand<'extend'>): void {
  const hold = parseId<HoldId>(holdId)
  withShow(session, id, hold && showNumberOf(hold), card => {
    if (hold === undefined) return
    const asked = askedBy(session, card.number, { op: 'extend', key, body: { holdId } })
    changeHold(session, id, card, { kind: 'extend-hold', ...asked, hold })
  })
}

function join(session: Session, id: IdText, command: LiveCommand<'join'>): void {
  const { id: _, op, showId, key, ...body } = command
  if ((body.minParty ?? 0) > body.party) {
    const detail = '/minParty: it must not be larger than party.'
    session.say(errTextOf(id, problemOf('validation', detail)))
    return
  }
  withShow(session, id, showOf(showId), card => {
    const asked = askedBy(session, card.number, { op, key, body })
    const request = joinOf(asked, body, card.layout)
    if (request === undefined) {
      session.say(errTextOf(id, noCategory()))
      return
    }
    session.house.router.ask(request, session.number, reply => sayEntry(session, id, card, reply))
  })
}

function leave(session: Session, id: IdText, { entryId, key }: LiveCommand<'leave'>): void {
  const entry = parseId<EntryId>(entryId)
  withShow(session, id, entry && showNumberOf(entry), card => {
    if (entry === undefined) return
    const asked = askedBy(session, card.number, { op: 'leave', key, body: { entryId } })
    changeEntry(session, id, card, { kind: 'leave-waitlist', ...asked, entry })
  })
}

function decline(session: Session, id: IdText, { entryId, key }: LiveCommand<'decline'>): void {
  const entry = parseId<EntryId>(entryId)
  withShow(session, id, entry && showNumberOf(entry), card => {
    if (entry === undefined) return
    const asked = askedBy(session, card.number, { op: 'decline', key, body: { entryId } })
    changeEntry(session, id, card, { kind: 'decline-offer', ...asked, entry })
  })
}

function rank(session: Session, id: IdText, { entryId }: LiveCommand<'rank'>): void {
  const entry = parseId<EntryId>(entryId)
  if (entry === undefined || session.caller === undefined) {
    session.say(errTextOf(id, noEntry()))
    return
  }
  const { customer } = session.caller
  const show = showNumberOf(entry)
  const { isBoxOffice } = session
  session.house.router.ask(
    { kind: 'read-entry', show, customer, isBoxOffice, entry },
    session.number,
    reply => {
      if (reply.kind === 'entry') session.say(okTextOf(id, `{"ahead":${reply.entry.ahead}}`))
      else session.say(errTextOf(id, problemOfReply(reply) ?? problemOf('internal')))
    },
  )
}

function changeHold(
  session: Session,
  id: IdText,
  card: ShowCard,
  command: ChangeHold | ExtendHold | ReleaseHold,
): void {
  session.house.router.ask(command, session.number, reply => {
    if (reply.kind === 'refused') {
      sayRefusedHold(session, { id, card, command, refusal: reply })
    } else sayHold(session, id, card, reply)
  })
}

function sayHold(session: Session, id: IdText, card: ShowCard, reply: Reply): void {
  if (reply.kind === 'hold') {
    session.say(`{"id":${id},"ok":${holdJsonOf(reply.hold, card, reply.now)}}`)
  } else session.say(errTextOf(id, problemOfReply(reply) ?? problemOf('internal')))
}

function changeEntry(
  session: Session,
  id: IdText,
  card: ShowCard,
  command: LeaveWaitlist | DeclineOffer,
): void {
  session.house.router.ask(command, session.number, reply => {
    if (reply.kind === 'refused') {
      sayRefusedEntry(session, { id, card, command, refusal: reply })
    } else sayEntry(session, id, card, reply)
  })
}

function sayEntry(session: Session, id: IdText, card: ShowCard, reply: Reply): void {
  if (reply.kind === 'entry') {
    session.say(okTextOf(id, entryJsonOf(reply.entry, card, reply.now)))
  } else session.say(errTextOf(id, problemOfReply(reply) ?? problemOf('internal')))
}
