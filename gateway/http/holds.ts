// Holds: asking for seats, changing, extending and releasing them.
//
//   D1. The address of a caller keeps at most its share of a show's unbooked seats (H6); the box
//       office is exempt.
//   D2. DELETE of a hold that was released or has expired is 204: what was wanted is so.

import { z } from 'zod'
import type { Request } from '../../shared/commands.ts'
import type { HoldId } from '../../shared/ids.ts'
import { asSeatIndexes, idTextOf } from '../../shared/ids.ts'
import type { Reply } from '../../shared/views.ts'
import { hasRole } from '../auth.ts'
import type { ShowCard } from '../directory.ts'
import type { House } from '../house.ts'
import { type Answer, json, nothing, Refused } from '../reply.ts'
import { IdInPath, publicId } from '../schemas/common.ts'
import { Hold, HoldBody, HoldList, SeatsBody } from '../schemas/holds.ts'
import { SeatBudget } from '../seat-budget.ts'
import { holdBestOf, holdJsonOf, holdSeatsOf } from '../translate.ts'
import { accepted, askedBy, holdAnswer, REPLAYED, scopedIn, showCardIn } from './answers.ts'
import { acceptedOfHold, endedHold, endedProblem, isNotFound, readHold } from './ended.ts'
import { type Ask, invalid, type Route, route } from './route.ts'

const TAG = 'holds'
const HoldParams = z.strictObject({ holdId: IdInPath })
const NO_HOLD = ['not-found', 'shard-unavailable', 'overloaded', 'outcome-unknown'] as const

type HoldRequest = z.output<typeof HoldBody>

const create = route({
  method: 'POST',
  path: '/v1/shows/{showId}/holds',
  name: 'createHold',
  tag: TAG,
  summary: 'Hold named seats, or the best available',
  access: 'customer',
  key: 'required',
  params: z.strictObject({ showId: IdInPath }),
  body: HoldBody,
  answers: { 201: { description: 'the hold', schema: Hold } },
  problems: [
    ...NO_HOLD,
    'idempotency-mismatch',
    'show-not-on-sale',
    'seat-unknown',
    'seat-repeated',
    'too-many-seats',
    'too-many-holds',
    'seat-taken',
    'leaves-orphan',
    'sold-out',
    'no-block',
    'rate-limited',
  ],
  handle: async (ask, house) => {
    const card = await showCardIn(house, ask.params.showId)
    const request = holdRequestOf(ask, card, ask.body)
    const seatCount = 'seats' in ask.body ? ask.body.seats.length : ask.body.best.count
    const reply = await withinShare(ask, house, { card, seatCount, request })
    const { hold, isReplay, now } = accepted(reply, 'hold')
    const answer = holdAnswer(201, { hold, isReplay, now }, card)
    return {
      ...answer,
      headers: [...answer.headers, ['location', `/v1/holds/${idTextOf(hold.id)}`]],
    }
  },
})

function holdRequestOf(ask: Ask, card: ShowCard, body: HoldRequest): Request {
  const asked = askedBy(ask, card.number, { op: 'hold', body })
  if ('seats' in body) return holdSeatsOf(asked, body.seats)
  const request = holdBestOf(asked, body.best, card.layout)
  if (request !== undefined) return request
  throw unknownCategory('/best/categories')
}

export function unknownCategory(pointer: string): Error {
  return invalid([{ pointer, detail: 'The layout of this show has no such category.' }])
}

/** D1 */
async function withinShare(
  ask: Ask,
  house: House,
  asked: { readonly card: ShowCard; readonly seatCount: number; readonly request: Request },
): Promise<Reply> {
  const claim = hasRole(ask.caller, 'box-office')
    ? SeatBudget.unlimited
    : house.admission.claimSeats(ask.address, asked.card.number, asked.seatCount)
  if (claim === undefined) throw new Refused(house.admission.seatsProblem())
  const reply = await house.router.askAsync(asked.request)
  claim.settle(reply.kind === 'hold' ? reply.hold : undefined)
  return reply
}

const mine = route({
  method: 'GET',
  path: '/v1/holds',
  name: 'getHolds',
  tag: TAG,
  summary: 'My live holds of a show',
  access: 'customer',
  query: z.strictObject({ show: publicId('show') }),
  answers: { 200: { description: 'my live holds', schema: HoldList } },
  problems: ['not-found', 'shard-unavailable', 'overloaded'],
  handle: async (ask, house) => {
    const card = await showCardIn(house, ask.query.show)
    const { customer } = ask.caller
    const request = { kind: 'read-customer', show: card.number, customer } as const
    const { holds, now } = accepted(await house.router.askAsync(request), 'customer')
    const items = holds.map(hold => JSON.parse(holdJsonOf(hold, card, now)) as unknown)
    return json(200, { items, next: null })
  },
})

const one = route({
  method: 'GET',
  path: '/v1/holds/{holdId}',
  name: 'getHold',
  tag: TAG,
  summary: 'One hold; for 24 h also when it has ended',
  access: 'customer',
  params: HoldParams,
  answers: { 200: { description: 'the hold', schema: Hold } },
  problems: ['not-found', 'shard-unavailable', 'overloaded'],
  handle: async (ask, house) => {
    const { id, card } = await scopedIn<HoldId>(house, 'hold', ask.params.holdId)
    return holdAnswer(200, await readHold(ask, house, { id, show: card.number }), card)
  },
})

const release = route({
  method: 'DELETE',
  path: '/v1/holds/{holdId}',
  name: 'releaseHold',
  tag: TAG,
  summary: 'Give the seats back',
  access: 'customer',
  key: 'optional',
  params: HoldParams,
  answers: { 204: { description: 'released' } },
  problems: [...NO_HOLD, 'idempotency-mismatch', 'hold-expired', 'hold-settling'],
  handle: async (ask, house) => {
    const { id, card } = await scopedIn<HoldId>(house, 'hold', ask.params.holdId)
    const asked = askedBy(ask, card.number, { op: 'release', body: { holdId: idTextOf(id) } })
    const reply = await house.router.askAsync({ kind: 'release-hold', ...asked, hold: id })
    if (await isGone(ask, house, { reply, id, card })) return nothing() // D2
    const { hold, isReplay } = accepted(reply, 'hold')
    house.admission.holdChanged(hold)
    return nothing(204, isReplay ? REPLAYED : [])
  },
})

interface Released {
  readonly reply: Reply
  readonly id: HoldId
  readonly card: ShowCard
}

/** D2: refused because it was released or expired before. */
async function isGone(ask: Ask, house: House, { reply, id, card }: Released): Promise<boolean> {
  const hasEnded = reply.kind === 'refused' && reply.code === 'hold-expired'
  if (!hasEnded && !isNotFound(reply)) return false
  const hold = hasEnded
    ? (await readHold(ask, house, { id, show: card.number })).hold
    : await endedHold(ask, house, id)
  if (hold === undefined) return false
  if (hold.phase === 'released' || hold.phase === 'expired') return true
  throw endedProblem(hold)
}

const change = route({
  method: 'PUT',
  path: '/v1/holds/{holdId}/seats',
  name: 'changeHold',
  tag: TAG,
  summary: 'Other seats, same deadline; while selecting',
  access: 'customer',
  key: 'optional',
  params: HoldParams,
  body: SeatsBody,
  answers: { 200: { description: 'the hold', schema: Hold } },
  problems: [
    ...NO_HOLD,
    'idempotency-mismatch',
    'show-not-on-sale',
    'seat-unknown',
    'seat-repeated',
    'too-many-seats',
    'seat-taken',
    'leaves-orphan',
    'hold-expired',
    'hold-paying',
    'hold-settling',
    'conflict',
    'rate-limited',
  ],
  handle: async (ask, house) => {
    const { id, card } = await scopedIn<HoldId>(house, 'hold', ask.params.holdId)
    const { seats } = ask.body
    const asked = askedBy(ask, card.number, { op: 'change', body: { holdId: idTextOf(id), seats } })
    const named = asSeatIndexes(seats)
    const reply = await house.router.askAsync({
      kind: 'change-hold',
      ...asked,
      hold: id,
      seats: named,
    })
    const held = await acceptedOfHold(ask, house, reply, id)
    house.admission.holdChanged(held.hold)
    return holdAnswer(200, held, card)
  },
})

const extend = route({
  method: 'POST',
  path: '/v1/holds/{holdId}/extend',
  name: 'extendHold',
  tag: TAG,
  summary: 'More time, as often as the policy allows',
  access: 'customer',
  key: 'required',
  params: HoldParams,
  answers: { 200: { description: 'the hold', schema: Hold } },
  problems: [
    ...NO_HOLD,
    'idempotency-mismatch',
    'hold-expired',
    'hold-settling',
    'no-extension-left',
  ],
  handle: async (ask, house): Promise<Answer> => {
    const { id, card } = await scopedIn<HoldId>(house, 'hold', ask.params.holdId)
    const asked = askedBy(ask, card.number, { op: 'extend', body: { holdId: idTextOf(id) } })
    const reply = await house.router.askAsync({ kind: 'extend-hold', ...asked, hold: id })
    const held = await acceptedOfHold(ask, house, reply, id)
    house.admission.holdChanged(held.hold)
    return holdAnswer(200, held, card)
  },
})

export const holdRoutes: readonly Route[] = [create, mine, one, release, change, extend]
