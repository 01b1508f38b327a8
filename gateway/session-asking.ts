// What the commands of a session share: who asks under which key, for which show, within which share.
//
// Owns: the common part of requests, finding the show's card, the refusals of what names nothing.
// Leaves to others: the commands (session-commands.ts).
//
//   D5. A key's scope is (customer, show, key); what is asked is everything but id, key and show.
//   H6. An address keeps a bounded number of unbooked seats of a show; the box office is exempt.

import { assert } from '../shared/assert.ts'
import { asShowNumber, parsePublicId, type ShowNumber } from '../shared/ids.ts'
import type { ShowCard } from './directory.ts'
import { errTextOf, type IdText } from './live-answers.ts'
import { type Problem, problemOf } from './problems.ts'
import { commandKeyOf, type KeyedOp } from './router.ts'
import { SeatBudget, type SeatClaim } from './seat-budget.ts'
import type { Session } from './session.ts'
import type { AskedBy } from './translate.ts'

interface Keyed {
  readonly op: KeyedOp
  readonly key: string | undefined
  readonly body: object
}

/** The common part of a customer's request. D5 */
export function askedBy(session: Session, show: ShowNumber, { op, key, body }: Keyed): AskedBy {
  const { caller } = session
  assert(caller !== undefined, 'Q1: a write has passed the token check')
  const { customer } = caller
  const { isBoxOffice } = session
  if (key === undefined) return { show, customer, isBoxOffice }
  return { show, customer, isBoxOffice, key: commandKeyOf({ customer, show, key, op, body }) }
}

/** Goes on with the show's card, or says that there is none. */
export function withShow(
  session: Session,
  id: IdText,
  show: ShowNumber | undefined,
  then: (card: ShowCard) => void,
): void {
  if (show === undefined) {
    session.say(errTextOf(id, noShow()))
    return
  }
  const card = session.house.directory.peek(show)
  if (card !== undefined) {
    then(card)
    return
  }
  session.withCard(show, (loaded, isReadable) => {
    if (loaded !== undefined) then(loaded)
    else session.say(errTextOf(id, isReadable ? noShow() : noLedger()))
  })
}

/** undefined: the address keeps as many unbooked seats of that show as it may (H6). */
export function claimOf(
  session: Session,
  show: ShowNumber,
  seatCount: number,
): SeatClaim | undefined {
  if (session.isBoxOffice) return SeatBudget.unlimited
  return session.house.admission.claimSeats(session.address, show, seatCount)
}

let lastShowText = ''
let lastShow: ShowNumber | undefined

/** The show that was named last is mostly named again. */
export function showOf(text: string): ShowNumber | undefined {
  if (text === lastShowText) return lastShow
  const number = parsePublicId('show', text)
  lastShowText = text
  lastShow = number === undefined ? undefined : asShowNumber(number)
  return lastShow
}

export const noShow = (): Problem => problemOf('not-found', 'There is no such show, hold or entry.')
export const noEntry = (): Problem => problemOf('not-found', 'There is no such entry.')
const noLedger = (): Problem => problemOf('ledger-unavailable', undefined, { retryAfterMs: 1_000 })
export const noCategory = (): Problem =>
  problemOf('validation', '/categories names a category that this hall does not have.')
