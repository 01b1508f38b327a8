// One show: what it is, its seating arrangement, its seats.
//
//   W1. Seats and counts come from the feed, never from a cache of their own: an acknowledged change
//       is in the next answer of this gateway (F1).
//   W2. A layout is immutable and may be kept for ever, compressed.

import { z } from 'zod'
import { asLayoutNumber, asShowNumber, publicIdOf, type ShowNumber } from '../../shared/ids.ts'
import type { House, SeatsView } from '../house.ts'
import { type Answer, JSON_UTF8, nothing } from '../reply.ts'
import * as Catalog from '../schemas/catalog.ts'
import { IdInPath } from '../schemas/common.ts'
import { seatsOf } from './answers.ts'
import { absent, found, numberIn } from './catalog.ts'
import { ASK_AGAIN, conditional, IMMUTABLE, matches, REVALIDATE, tagged } from './conditional.ts'
import { auditoriumOf, cinemaOf, movieOf, statusOf, timeOf } from './render.ts'
import { type Ask, type Route, route } from './route.ts'

const TAG = 'shows'
const ShowParams = z.strictObject({ showId: IdInPath })

const show = route({
  method: 'GET',
  path: '/v1/shows/{showId}',
  name: 'getShow',
  tag: TAG,
  summary: 'One show: times, prices, policy, counts',
  access: 'open',
  params: ShowParams,
  answers: { 200: { description: 'the show', schema: Catalog.Show } },
  problems: ['not-found', 'shard-unavailable', 'overloaded'],
  handle: async (ask, house) => {
    const number = asShowNumber(numberIn('show', ask.params.showId))
    return conditional(ask, tagged(JSON.stringify(await showJsonOf(house, number))), REVALIDATE)
  },
})

/** The Show resource as it is now. */
export async function showJsonOf(house: House, number: ShowNumber): Promise<object> {
  const read = () => showFactsOf(house, number)
  const { row, id, times, rest } = await house.reads.get(`show ${number}`, read)
  const { counts } = await seatsOf(house, number)
  return { id, ...times, status: statusOf(row, Date.now()), ...rest, counts }
}

/** Everything of a show but what moves; the parts are read together. */
async function showFactsOf(house: House, number: ShowNumber) {
  const { catalogue } = house
  const row = found('show', await catalogue.show(number))
  const [layout, movie, cinema, auditorium] = await Promise.all([
    house.directory.layout(asLayoutNumber(row.layout)),
    catalogue.movie(row.movie),
    catalogue.cinema(row.cinema),
    catalogue.auditorium(row.auditorium),
  ])
  if (layout === undefined) throw absent('show')
  const { currency } = row
  return {
    row,
    id: publicIdOf('show', number),
    times: {
      movie: movieOf(found('movie', movie)),
      cinema: cinemaOf(found('cinema', cinema)),
      auditorium: auditoriumOf(found('auditorium', auditorium)),
      layoutId: layout.publicId,
      startsAt: timeOf(row.startsAtMs),
      timeZone: row.timeZone,
      salesOpenAt: timeOf(row.salesOpenAtMs),
      salesCloseAt: timeOf(row.salesCloseAtMs),
    },
    rest: {
      policy: row.policy,
      categories: layout.categories.map(({ id, name }, index) => ({
        id,
        name,
        price: { amount: row.prices[index] ?? 0, currency },
      })),
    },
  }
}

const layout = route({
  method: 'GET',
  path: '/v1/layouts/{layoutId}',
  name: 'getLayout',
  tag: TAG,
  summary: 'A seating arrangement; immutable',
  access: 'open',
  params: z.strictObject({ layoutId: IdInPath }),
  answers: { 200: { description: 'the layout', schema: Catalog.Layout } },
  problems: ['not-found'],
  handle: async (ask, house) => {
    const file = await house.layoutFiles.get(numberIn('layout', ask.params.layoutId))
    const { etag, bytes } = found('layout', file)
    const { coding, bytes: body } = await bytes.forClient(ask.acceptEncoding)
    const tag = coding === 'identity' ? etag : `${etag.slice(0, -1)}-${coding}"`
    const answer = conditional(ask, { body, etag: tag }, IMMUTABLE) // W2
    const headers = [...answer.headers, ['vary', 'accept-encoding'] as const]
    if (coding === 'identity' || answer.status === 304) return { ...answer, headers }
    return { ...answer, headers: [...headers, ['content-encoding', coding]] }
  },
})

const seats = route({
  method: 'GET',
  path: '/v1/shows/{showId}/seats',
  name: 'getAvailableSeatByShows',
  tag: TAG,
  summary: 'The state of every seat, two bits each, or as lists',
  access: 'open',
  params: ShowParams,
  query: z.strictObject({ format: z.enum(['bits', 'list']).optional() }),
  answers: {
    200: { description: 'the seats', schema: Catalog.SeatsAnswer },
  },
  problems: ['not-found', 'shard-unavailable', 'overloaded'],
  handle: async (ask, house) => {
    const number = asShowNumber(numberIn('show', ask.params.showId))
    const card = found('show', await house.directory.load(number))
    const view = await seatsOf(house, number) // W1
    return seatsAnswer(ask, { showId: card.publicId, view, isList: ask.query.format === 'list' })
  },
})

interface SeatsPart {
  readonly showId: string
  readonly view: SeatsView
  readonly isList: boolean
}

function seatsAnswer(ask: Ask, { showId, view, isList }: SeatsPart): Answer {
  const { epoch, version, seatCount, counts, states } = view
  const etag = `"${epoch}:${version}"`
  const headers = [
    ['etag', etag],
    ['cache-control', ASK_AGAIN],
  ] as const
  if (matches(ask.ifNoneMatch, etag)) return nothing(304, headers)
  const told = isList
    ? listsOf(states, seatCount)
    : { states: Buffer.from(states.buffer, states.byteOffset, states.length).toString('base64') }
  const body = JSON.stringify({ showId, epoch, version, seatCount, counts, ...told })
  return { status: 200, type: JSON_UTF8, body, headers }
}

function listsOf(states: Uint8Array, seatCount: number) {
  const lists: [number[], number[], number[], number[]] = [[], [], [], []]
  for (let seat = 0; seat < seatCount; seat += 1) {
    const state = ((states[seat >> 2] ?? 0) >> ((seat & 3) * 2)) & 3
    lists[state as 0 | 1 | 2 | 3].push(seat)
  }
  const [free, held, sold, blocked] = lists
  return { free, held, sold, blocked }
}

export const showRoutes: readonly Route[] = [show, layout, seats]
