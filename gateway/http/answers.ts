// From a shard's reply to an HTTP answer.
//
//   A1. A refusal or fault keeps its code; a repeat says so in Idempotency-Replayed.
//   A2. Every id that does not spell one, or names no show, is `not-found`: no hint is given.

import {
  asShowNumber,
  type BookingId,
  type EntryId,
  type HoldId,
  parseId,
  type ShowNumber,
  showNumberOf,
} from '../../shared/ids.ts'
import type { Reply } from '../../shared/views.ts'
import { hasRole } from '../auth.ts'
import type { ShowCard } from '../directory.ts'
import type { House, SeatsView } from '../house.ts'
import { type Answer, type Header, jsonText, Refused } from '../reply.ts'
import { commandKeyOf, type KeyedOp } from '../router.ts'
import { type AskedBy, entryJsonOf, holdJsonOf, problemOfReply } from '../translate.ts'
import { absent, numberIn } from './catalog.ts'
import type { Ask } from './route.ts'

export type HoldReply = Extract<Reply, { readonly kind: 'hold' }>
export type EntryReply = Extract<Reply, { readonly kind: 'entry' }>

export const REPLAYED: readonly Header[] = [['idempotency-replayed', 'true']]

/** The card of a show named by its public id. A2 */
export async function showCardIn(house: House, id: string): Promise<ShowCard> {
  return cardOf(house, asShowNumber(numberIn('show', id)))
}

export async function cardOf(house: House, show: ShowNumber): Promise<ShowCard> {
  const card = house.directory.peek(show) ?? (await house.directory.load(show))
  if (card === undefined) throw absent('show')
  return card
}

/** The id and the card of the show that a hold, entry or booking belongs to. A2 */
export async function scopedIn<Kind extends HoldId | EntryId | BookingId>(
  house: House,
  kind: string,
  text: string,
): Promise<{ readonly id: Kind; readonly card: ShowCard }> {
  const id = parseId<Kind>(text)
  if (id === undefined) throw absent(kind)
  const show = showNumberOf(id)
  const card = house.directory.peek(show) ?? (await house.directory.load(show))
  if (card === undefined) throw absent(kind)
  return { id, card }
}

export interface Keying {
  readonly op: KeyedOp
  readonly body: object
}

/** The common part of every command; with a key when the request came with one. */
export function askedBy(ask: Ask, show: ShowNumber, { op, body }: Keying): AskedBy {
  const { customer } = ask.caller
  const isBoxOffice = hasRole(ask.caller, 'box-office')
  if (ask.key === undefined) return { show, customer, isBoxOffice }
  const key = commandKeyOf({ customer, show, key: ask.key, op, body })
  return { show, customer, isBoxOffice, key }
}

/** Throws what the shard refused or failed with. A1 */
export function accepted<Kind extends Reply['kind']>(
  reply: Reply,
  kind: Kind,
): Extract<Reply, { readonly kind: Kind }> {
  const problem = problemOfReply(reply)
  if (problem !== undefined) throw new Refused(problem)
  if (reply.kind === kind) return reply as Extract<Reply, { readonly kind: Kind }>
  throw new Error(`the shard answered ${reply.kind} where ${kind} was due`)
}

export function holdAnswer(
  status: number,
  reply: Pick<HoldReply, 'hold' | 'now'> & { readonly isReplay?: boolean },
  card: ShowCard,
): Answer {
  const headers = reply.isReplay === true ? REPLAYED : []
  return jsonText(status, holdJsonOf(reply.hold, card, reply.now), headers)
}

export function entryAnswer(
  status: number,
  reply: Pick<EntryReply, 'entry' | 'now'> & { readonly isReplay?: boolean },
  card: ShowCard,
): Answer {
  const headers = reply.isReplay === true ? REPLAYED : []
  return jsonText(status, entryJsonOf(reply.entry, card, reply.now), headers)
}

/** The published seats of a show as this gateway knows them. */
export async function seatsOf(house: House, show: ShowNumber): Promise<SeatsView> {
  const used = await house.seats.useAsync(show)
  if (!('kind' in used)) return used
  const problem = problemOfReply(used)
  throw problem === undefined ? absent('show') : new Refused(problem)
}
