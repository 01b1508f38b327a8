// The waitlist of a show: joining, seeing one's place, leaving, declining an offer.
//
//   J1. Leaving twice is 204 twice: what was wanted is so.

import { z } from 'zod'
import { type EntryId, idTextOf } from '../../shared/ids.ts'
import { json, nothing } from '../reply.ts'
import { IdInPath, publicId } from '../schemas/common.ts'
import { Entry, EntryList, JoinBody } from '../schemas/holds.ts'
import { entryJsonOf, joinOf } from '../translate.ts'
import { accepted, askedBy, entryAnswer, REPLAYED, scopedIn, showCardIn } from './answers.ts'
import { endedEntry, isNotFound, readEntry } from './ended.ts'
import { unknownCategory } from './holds.ts'
import { type Route, route } from './route.ts'

const TAG = 'waitlist'
const EntryParams = z.strictObject({ entryId: IdInPath })
const NO_ENTRY = ['not-found', 'shard-unavailable', 'overloaded', 'outcome-unknown'] as const

const join = route({
  method: 'POST',
  path: '/v1/shows/{showId}/waitlist',
  name: 'joinWaitlist',
  tag: TAG,
  summary: 'Wait for seats; an offer at once when some fit now',
  access: 'customer',
  key: 'required',
  params: z.strictObject({ showId: IdInPath }),
  body: JoinBody,
  answers: { 201: { description: 'the entry', schema: Entry } },
  problems: [
    ...NO_ENTRY,
    'idempotency-mismatch',
    'show-not-on-sale',
    'too-many-seats',
    'no-block',
    'already-waiting',
    'waitlist-full',
  ],
  handle: async (ask, house) => {
    const card = await showCardIn(house, ask.params.showId)
    const asked = askedBy(ask, card.number, { op: 'join', body: ask.body })
    const request = joinOf(asked, ask.body, card.layout)
    if (request === undefined) throw unknownCategory('/categories')
    const reply = accepted(await house.router.askAsync(request), 'entry')
    const answer = entryAnswer(201, reply, card)
    const location = `/v1/waitlist/${idTextOf(reply.entry.id)}`
    return { ...answer, headers: [...answer.headers, ['location', location]] }
  },
})

const mine = route({
  method: 'GET',
  path: '/v1/waitlist',
  name: 'getWaitlist',
  tag: TAG,
  summary: 'My live entry in the waitlist of a show',
  access: 'customer',
  query: z.strictObject({ show: publicId('show') }),
  answers: { 200: { description: 'my live entry, or nothing', schema: EntryList } },
  problems: ['not-found', 'shard-unavailable', 'overloaded'],
  handle: async (ask, house) => {
    const card = await showCardIn(house, ask.query.show)
    const { customer } = ask.caller
    const request = { kind: 'read-customer', show: card.number, customer } as const
    const { entry, now } = accepted(await house.router.askAsync(request), 'customer')
    const items = entry === undefined ? [] : [JSON.parse(entryJsonOf(entry, card, now)) as unknown]
    return json(200, { items, next: null })
  },
})

const one = route({
  method: 'GET',
  path: '/v1/waitlist/{entryId}',
  name: 'getEntry',
  tag: TAG,
  summary: 'One entry with its place; for 24 h also when it has ended',
  access: 'customer',
  params: EntryParams,
  answers: { 200: { description: 'the entry', schema: Entry } },
  problems: ['not-found', 'shard-unavailable', 'overloaded'],
  handle: async (ask, house) => {
    const { id, card } = await scopedIn<EntryId>(house, 'entry', ask.params.entryId)
    return entryAnswer(200, await readEntry(ask, house, { id, show: card.number }), card)
  },
})

const leave = route({
  method: 'DELETE',
  path: '/v1/waitlist/{entryId}',
  name: 'leaveWaitlist',
  tag: TAG,
  summary: "Leave; an offered entry's seats go on to the next",
  access: 'customer',
  key: 'optional',
  params: EntryParams,
  answers: { 204: { description: 'left' } },
  problems: [...NO_ENTRY, 'idempotency-mismatch', 'hold-expired', 'hold-settling'],
  handle: async (ask, house) => {
    const { id, card } = await scopedIn<EntryId>(house, 'entry', ask.params.entryId)
    const asked = askedBy(ask, card.number, { op: 'leave', body: { entryId: idTextOf(id) } })
    const reply = await house.router.askAsync({ kind: 'leave-waitlist', ...asked, entry: id })
    if (isNotFound(reply) && (await endedEntry(ask, house, id)) !== undefined) return nothing() // J1
    const { isReplay } = accepted(reply, 'entry')
    return nothing(204, isReplay ? REPLAYED : [])
  },
})

const decline = route({
  method: 'POST',
  path: '/v1/waitlist/{entryId}/decline',
  name: 'declineOffer',
  tag: TAG,
  summary: 'Decline an offer: once the place is kept, the second time the entry ends',
  access: 'customer',
  key: 'required',
  params: EntryParams,
  answers: { 200: { description: 'the entry', schema: Entry } },
  problems: [...NO_ENTRY, 'idempotency-mismatch', 'not-offered', 'hold-paying', 'hold-settling'],
  handle: async (ask, house) => {
    const { id, card } = await scopedIn<EntryId>(house, 'entry', ask.params.entryId)
    const asked = askedBy(ask, card.number, { op: 'decline', body: { entryId: idTextOf(id) } })
    const reply = await house.router.askAsync({ kind: 'decline-offer', ...asked, entry: id })
    return entryAnswer(200, accepted(reply, 'entry'), card)
  },
})

export const waitlistRoutes: readonly Route[] = [join, mine, one, leave, decline]
