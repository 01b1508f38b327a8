// Holds and entries by id, also those that have left their shard: the Ledger answers for 24 h.
//
//   E1. The shard is asked first; only its `not-found` leads to the Ledger.
//   E2. Another customer's is `not-found`, unless the caller is a box office.
//   E3. A change of something that has ended says how it ended, wherever it was found.

import {
  asInstant,
  type CustomerId,
  type EntryId,
  type HoldId,
  type ShowNumber,
  sameId,
} from '../../shared/ids.ts'
import type { EntryView, HoldView, Reply } from '../../shared/views.ts'
import { hasRole } from '../auth.ts'
import type { House } from '../house.ts'
import { refuse } from '../reply.ts'
import { accepted, type EntryReply, type HoldReply } from './answers.ts'
import { absent } from './catalog.ts'
import type { Ask } from './route.ts'

interface Wanted<Kind> {
  readonly id: Kind
  readonly show: ShowNumber
}

export async function readHold(
  ask: Ask,
  house: House,
  { id, show }: Wanted<HoldId>,
): Promise<Pick<HoldReply, 'hold' | 'now'>> {
  const customer = ask.caller.customer
  const isBoxOffice = hasRole(ask.caller, 'box-office')
  const request = { kind: 'read-hold', show, customer, isBoxOffice, hold: id } as const
  const reply = await house.router.askAsync(request)
  if (!isNotFound(reply)) return accepted(reply, 'hold')
  const hold = await endedHold(ask, house, id)
  if (hold === undefined) throw absent('hold')
  return { hold, now: asInstant(Date.now()) }
}

export async function readEntry(
  ask: Ask,
  house: House,
  { id, show }: Wanted<EntryId>,
): Promise<Pick<EntryReply, 'entry' | 'now'>> {
  const customer = ask.caller.customer
  const isBoxOffice = hasRole(ask.caller, 'box-office')
  const request = { kind: 'read-entry', show, customer, isBoxOffice, entry: id } as const
  const reply = await house.router.askAsync(request)
  if (!isNotFound(reply)) return accepted(reply, 'entry')
  const entry = await endedEntry(ask, house, id)
  if (entry === undefined) throw absent('entry')
  return { entry, now: asInstant(Date.now()) }
}

/** What the Ledger keeps of it, if the caller may see it. E2 */
export async function endedHold(ask: Ask, house: House, id: HoldId): Promise<HoldView | undefined> {
  const hold = await house.ended.hold(id)
  return hold !== undefined && maySee(ask, hold.customer) ? hold : undefined
}

export async function endedEntry(
  ask: Ask,
  house: House,
  id: EntryId,
): Promise<EntryView | undefined> {
  const entry = await house.ended.entry(id)
  return entry !== undefined && maySee(ask, entry.customer) ? entry : undefined
}

/** E3 */
export function endedProblem(hold: HoldView): Error {
  return refuse('hold-expired', `The hold has ended: it is ${hold.phase}.`)
}

/** E3: throws `hold-expired` when the shard knows the hold no more but the Ledger does. */
export async function acceptedOfHold(
  ask: Ask,
  house: House,
  reply: Reply,
  id: HoldId,
): Promise<HoldReply> {
  if (isNotFound(reply)) {
    const hold = await endedHold(ask, house, id)
    if (hold !== undefined) throw endedProblem(hold)
  }
  return accepted(reply, 'hold')
}

export function isNotFound(reply: Reply): boolean {
  return reply.kind === 'refused' && reply.code === 'not-found'
}

function maySee(ask: Ask, owner: CustomerId): boolean {
  return sameId(ask.caller.customer, owner) || hasRole(ask.caller, 'box-office')
}
