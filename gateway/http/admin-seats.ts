// What administrators do with a show's seats: blocking, unblocking, the report.

import { z } from 'zod'
import { asSeatIndexes } from '../../shared/ids.ts'
import type { ShowReport } from '../../shared/stores.ts'
import type { ShowCard } from '../directory.ts'
import type { SeatsView } from '../house.ts'
import { type Answer, json } from '../reply.ts'
import { Report, SeatsBlocked, SeatsReasonBody } from '../schemas/admin.ts'
import { IdInPath } from '../schemas/common.ts'
import { showNumberIn } from './admin-shows.ts'
import { accepted, seatsOf } from './answers.ts'
import { once } from './once.ts'
import { type Route, route } from './route.ts'

const TAG = 'management'
const IdParams = z.strictObject({ id: IdInPath })
const SEATS_BODY_BYTES_MAX = 2 * 1024 * 1024

function blocking(action: 'block' | 'unblock'): Route {
  return route({
    method: 'POST',
    path: `/v1/admin/shows/{id}/${action}`,
    name: `${action}Seats`,
    tag: TAG,
    summary: action === 'block' ? 'Take free seats out of sale' : 'Put blocked seats on sale',
    access: 'admin',
    key: 'optional',
    params: IdParams,
    body: SeatsReasonBody,
    bodyBytesMax: SEATS_BODY_BYTES_MAX,
    answers: { 200: { description: 'what was done', schema: SeatsBlocked } },
    problems: [
      'idempotency-mismatch',
      'not-found',
      'show-not-on-sale',
      'seat-unknown',
      'seat-repeated',
      'seat-taken',
      'conflict',
      'shard-unavailable',
      'overloaded',
      'outcome-unknown',
    ],
    handle: (ask, house) =>
      once(ask, house, { route: ask.url, body: ask.body }, async () => {
        const { number: show, publicId: showId } = await showNumberIn(ask, house)
        const { reason } = ask.body
        const seats = asSeatIndexes(ask.body.seats)
        const kind = `${action}-seats` as const
        accepted(await house.router.askAsync({ kind, show, seats, reason }), 'done')
        const { counts } = await seatsOf(house, show)
        return json(200, { showId, seats, reason, counts })
      }),
  })
}

const report = route({
  method: 'GET',
  path: '/v1/admin/shows/{id}/report',
  name: 'getReport',
  tag: TAG,
  summary: 'Seats and money of a show, also as CSV',
  access: 'admin',
  params: IdParams,
  query: z.strictObject({ format: z.enum(['json', 'csv']).optional() }),
  answers: {
    200: [
      { description: 'the report', schema: Report },
      { description: 'the same as CSV (Accept: text/csv or ?format=csv)', type: 'text/csv' },
    ],
  },
  problems: ['not-found', 'shard-unavailable', 'ledger-unavailable', 'overloaded'],
  handle: async (ask, house) => {
    const card = await showNumberIn(ask, house)
    const [sold, view] = await Promise.all([
      house.reports.report(card.number),
      seatsOf(house, card.number),
    ])
    const told = reportOf(card, sold, view)
    const asksCsv = ask.query.format === undefined && /\btext\/csv\b/.test(ask.accept)
    return ask.query.format === 'csv' || asksCsv ? csvOf(told) : json(200, told)
  },
})

function reportOf(card: ShowCard, sold: ShowReport, { counts, seatCount }: SeatsView) {
  const { currency } = card.terms
  const seatCounts = new Array<number>(card.layout.categories.length).fill(0)
  for (const category of card.layout.categoryOf) {
    seatCounts[category] = (seatCounts[category] ?? 0) + 1
  }
  const categories = card.layout.categories.map(({ id, name }, index) => {
    const own = sold.categories.find(({ category }) => category === index)
    const amount = { amount: own?.amount ?? 0, currency }
    return { id, name, seatCount: seatCounts[index] ?? 0, soldCount: own?.soldCount ?? 0, amount }
  })
  const amount = categories.reduce((sum, category) => sum + category.amount.amount, 0)
  return {
    showId: card.publicId,
    seatCount,
    counts,
    bookingCount: sold.bookingCount,
    cancelledCount: sold.cancelledCount,
    amount: { amount, currency },
    categories,
  }
}

/** RFC 4180, one line a category and one for the whole. */
function csvOf(told: ReturnType<typeof reportOf>): Answer {
  const { currency } = told.amount
  const lines = [
    ['show', 'category', 'name', 'seats', 'sold', 'amount', 'currency'],
    ...told.categories.map(({ id, name, seatCount, soldCount, amount }) => [
      ...[told.showId, id, name],
      ...[String(seatCount), String(soldCount), String(amount.amount), currency],
    ]),
    [
      ...[told.showId, '', 'total'],
      ...[String(told.seatCount), String(told.counts.sold), String(told.amount.amount), currency],
    ],
  ]
  const body = lines.map(cells => cells.map(cellOf).join(',')).join('\r\n')
  const headers = [['content-disposition', `attachment; filename="${told.showId}.csv"`]] as const
  return { status: 200, type: 'text/csv; charset=utf-8', body: `${body}\r\n`, headers }
}

/** Quoted when needed; a cell that a spreadsheet would take for a formula is made text. */
function cellOf(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

export const adminSeatRoutes: readonly Route[] = [blocking('block'), blocking('unblock'), report]
