// Managing shows: the row in the catalogue and the terms in the shard's journal, kept together.
//
//   M1. A show is answered 201 when row and journal both have it: row first, then `open-show`. When
//       the shard says no, the row goes; when the outcome is unknown it stays and is opened at start.
//   M2. A change asks the shard first: after the first hold it refuses what is fixed (S7).
//   M3. A show that anybody holds seats of is cancelled, never removed.

import { z } from 'zod'
import type { LayoutRow, ShowRow } from '../../shared/catalogue.ts'
import { asShowNumber, publicIdOf } from '../../shared/ids.ts'
import type { House } from '../house.ts'
import { type Answer, type Header, json, nothing, Refused, refuse } from '../reply.ts'
import { ShowBody, ShowWritten } from '../schemas/admin.ts'
import { IdInPath } from '../schemas/common.ts'
import { problemOfReply } from '../translate.ts'
import { referenced, settled } from './admin-catalog.ts'
import { accepted, seatsOf } from './answers.ts'
import { absent, found, numberIn } from './catalog.ts'
import { once } from './once.ts'
import { type Ask, invalid, type Route, route } from './route.ts'
import { showFieldsOf, termsOf } from './show-terms.ts'
import { showJsonOf } from './shows.ts'

const TAG = 'management'
const HOUR_MS = 3_600_000
const IdParams = z.strictObject({ id: IdInPath })
const common = { tag: TAG, access: 'admin', key: 'optional' } as const
const WRITE_PROBLEMS = [
  'idempotency-mismatch',
  'conflict',
  'shard-unavailable',
  'ledger-unavailable',
  'overloaded',
  'outcome-unknown',
] as const

type ShowInput = z.output<typeof ShowBody>

const create = route({
  ...common,
  method: 'POST',
  path: '/v1/admin/shows',
  name: 'createShow',
  summary: 'Make a show and open it in its shard',
  body: ShowBody,
  answers: { 201: { description: 'the show', schema: ShowWritten } },
  problems: WRITE_PROBLEMS,
  handle: (ask, house) =>
    once(ask, house, { route: ask.url, body: ask.body, again: againOf(house) }, () =>
      created(house, ask.body),
    ),
})

async function created(house: House, body: ShowInput): Promise<Answer> {
  const layout = await newestLayoutOf(house, body.auditoriumId)
  const fields = showFieldsOf(body, layout, { salesOpenAtMs: Date.now() })
  const warnings = await warningsOf(house, fields, undefined)
  const row = settled('show', await house.catalogue.writes.show.create(fields))
  const show = asShowNumber(row.number)
  const reply = await house.router.askAsync({ kind: 'open-show', show, terms: termsOf(row) })
  const problem = problemOfReply(reply)
  if (problem !== undefined) {
    if (problem.code !== 'outcome-unknown') await house.catalogue.writes.show.remove(row.number)
    throw new Refused(problem) // M1
  }
  return written(house, row, { status: 201, warnings })
}

const replace = route({
  ...common,
  method: 'PUT',
  path: '/v1/admin/shows/{id}',
  name: 'replaceShow',
  summary: 'Replace a show; layout and currency are fixed after the first hold',
  params: IdParams,
  body: ShowBody,
  answers: { 200: { description: 'the show', schema: ShowWritten } },
  problems: ['not-found', ...WRITE_PROBLEMS],
  handle: (ask, house) =>
    once(ask, house, { route: ask.url, body: ask.body, again: againOf(house) }, () =>
      replaced(house, numberIn('show', ask.params.id), ask.body),
    ),
})

async function replaced(house: House, number: number, body: ShowInput): Promise<Answer> {
  const current = found('show', await house.catalogue.show(number))
  const layout = await layoutFor(house, current, body)
  const salesOpenAtMs = Math.min(current.salesOpenAtMs, Date.now())
  const fields = showFieldsOf(body, layout, { salesOpenAtMs })
  if ((await house.catalogue.movie(fields.movie)) === undefined) {
    throw invalid([{ pointer: '/movieId', detail: 'There is no such movie.' }])
  }
  const warnings = await warningsOf(house, fields, number)
  const currency = await currencyAt(house, current, fields.auditorium)
  const next = { ...current, ...fields, layoutDigest: layout.digest, currency }
  const show = asShowNumber(number)
  const request = { kind: 'change-show', show, terms: termsOf(next) } as const
  accepted(await house.router.askAsync(request), 'done') // M2
  const row = settled('show', await house.catalogue.writes.show.replace(number, fields))
  return written(house, row, { status: 200, warnings })
}

/** In its auditorium a show keeps its layout once anything of it is taken. */
async function layoutFor(house: House, current: ShowRow, body: ShowInput): Promise<LayoutRow> {
  const isMoved = referenced('auditorium', body.auditoriumId) !== current.auditorium
  if (isMoved) return newestLayoutOf(house, body.auditoriumId)
  const { counts } = await seatsOf(house, asShowNumber(current.number))
  const isTouched = counts.held + counts.sold + counts.reserved > 0
  if (!isTouched) return newestLayoutOf(house, body.auditoriumId)
  return found('layout', await house.catalogue.layout(current.layout))
}

async function currencyAt(house: House, current: ShowRow, auditorium: number): Promise<string> {
  if (auditorium === current.auditorium) return current.currency
  const { catalogue } = house
  const { cinema } = found('auditorium', await catalogue.auditorium(auditorium))
  const { city } = found('cinema', await catalogue.cinema(cinema))
  return found('city', await catalogue.city(city)).currency
}

async function newestLayoutOf(house: House, auditoriumId: string): Promise<LayoutRow> {
  const number = referenced('auditorium', auditoriumId)
  const auditorium = await house.catalogue.auditorium(number)
  if (auditorium === undefined) {
    throw invalid([{ pointer: '/auditoriumId', detail: 'There is no such auditorium.' }])
  }
  if (auditorium.layout === undefined) {
    throw refuse('conflict', 'The auditorium has no layout yet: import one first.')
  }
  return found('layout', await house.catalogue.layout(auditorium.layout))
}

async function warningsOf(
  house: House,
  fields: { readonly auditorium: number; readonly movie: number; readonly startsAtMs: number },
  own: number | undefined,
): Promise<readonly string[]> {
  const { auditorium, startsAtMs } = fields
  const movie = await house.catalogue.movie(fields.movie)
  const lengthMs = ((movie?.durationMinutes ?? 120) / 60) * HOUR_MS
  const others = await house.catalogue.overlapping(auditorium, startsAtMs, startsAtMs + lengthMs)
  return others
    .filter(number => number !== own)
    .map(number => `Overlaps with ${publicIdOf('show', number)} in the same auditorium.`)
}

const remove = route({
  ...common,
  method: 'DELETE',
  path: '/v1/admin/shows/{id}',
  name: 'removeShow',
  summary: 'Remove a show that nobody holds or booked seats of',
  params: IdParams,
  answers: { 204: { description: 'removed' } },
  problems: ['not-found', ...WRITE_PROBLEMS],
  handle: (ask, house) =>
    once(ask, house, { route: `DELETE ${ask.url}`, body: {} }, async () => {
      const number = numberIn('show', ask.params.id)
      found('show', await house.catalogue.show(number))
      const show = asShowNumber(number)
      const { counts } = await seatsOf(house, show)
      if (counts.held + counts.sold + counts.reserved > 0) {
        throw refuse('conflict', 'Seats of the show are held or sold: cancel it instead.') // M3
      }
      settled('show', await house.catalogue.writes.show.remove(number))
      forget(house, number)
      // Whoever was about to hold is told that the show is over.
      accepted(await house.router.askAsync({ kind: 'cancel-show', show }), 'done')
      return nothing()
    }),
})

const cancel = route({
  ...common,
  method: 'POST',
  path: '/v1/admin/shows/{id}/cancel',
  name: 'cancelShow',
  summary: 'The house cancels: holds and entries end, nothing is offered any more',
  params: IdParams,
  answers: { 200: { description: 'the show', schema: ShowWritten } },
  problems: ['not-found', ...WRITE_PROBLEMS],
  handle: async (ask, house) => {
    const number = numberIn('show', ask.params.id)
    const row = found('show', await house.catalogue.show(number))
    if (row.isCancelled) return written(house, row, { status: 200, warnings: [] })
    const request = { kind: 'cancel-show', show: asShowNumber(number) } as const
    accepted(await house.router.askAsync(request), 'done')
    const next = settled('show', await house.catalogue.writes.cancelShow(number))
    return written(house, next, { status: 200, warnings: [] })
  },
})

function againOf(house: House): (firstBody: string) => Promise<Answer | undefined> {
  return async firstBody => {
    const { id } = JSON.parse(firstBody) as { readonly id: string }
    const row = await house.catalogue.show(numberIn('show', id))
    return row === undefined ? undefined : written(house, row, { status: 200, warnings: [] })
  }
}

interface Written {
  readonly status: number
  readonly warnings: readonly string[]
}

async function written(house: House, row: ShowRow, { status, warnings }: Written): Promise<Answer> {
  forget(house, row.number)
  const show = asShowNumber(row.number)
  const headers: readonly Header[] =
    status === 201 ? [['location', `/v1/shows/${publicIdOf('show', show)}`]] : []
  return json(status, { ...(await showJsonOf(house, show)), warnings }, headers)
}

/** A write is visible at once on this gateway. */
function forget(house: House, number: number): void {
  house.reads.clear()
  house.directory.forget(asShowNumber(number))
}

/** The show's number and card when it exists; used by what acts on its seats. */
export async function showNumberIn(ask: Ask<{ readonly id: string }>, house: House) {
  const number = asShowNumber(numberIn('show', ask.params.id))
  const card = await house.directory.load(number)
  if (card === undefined) throw absent('show')
  return card
}

export const adminShowRoutes: readonly Route[] = [create, replace, remove, cancel]
