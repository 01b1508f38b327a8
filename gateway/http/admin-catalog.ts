// Catalogue management of cities, cinemas, auditoriums and movies: one description, three routes each.
//
//   V1. A write is visible at once on this gateway: what was read before is forgotten.
//   V2. What hangs on a row keeps it: `conflict` says what.

import { z } from 'zod'
import type {
  AuditoriumFields,
  AuditoriumRow,
  CinemaFields,
  CinemaRow,
  CityFields,
  CityRow,
  MovieFields,
  MovieRow,
  RowWrites,
  WriteOutcome,
} from '../../shared/catalogue.ts'
import { type CatalogueKind, publicIdOf } from '../../shared/ids.ts'
import type { House } from '../house.ts'
import { type Answer, json, nothing, refuse } from '../reply.ts'
import * as Admin from '../schemas/admin.ts'
import * as Catalog from '../schemas/catalog.ts'
import { IdInPath } from '../schemas/common.ts'
import { absent, numberIn } from './catalog.ts'
import { once } from './once.ts'
import { auditoriumOf, cinemaOf, cityOf, movieOf } from './render.ts'
import { type Ask, invalid, type Route, route } from './route.ts'

const TAG = 'management'
const IdParams = z.strictObject({ id: IdInPath })

interface Managed<Body extends z.ZodType, Fields, Row> {
  readonly kind: CatalogueKind
  readonly plural: string
  readonly body: Body
  readonly resource: z.ZodType
  fieldsOf(body: z.output<Body>): Fields
  render(row: Row): object
  writes(house: House): RowWrites<Fields, Row>
  read(house: House, number: number): Promise<Row | undefined>
}

function routesOf<Body extends z.ZodType, Fields, Row>(
  managed: Managed<Body, Fields, Row>,
): readonly Route[] {
  const { kind, plural, resource, body } = managed
  const path = `/v1/admin/${plural}` as const
  const capital = kind.charAt(0).toUpperCase() + kind.slice(1)
  const common = { tag: TAG, access: 'admin', key: 'optional' } as const
  return [
    route({
      ...common,
      method: 'POST',
      path,
      name: `create${capital}`,
      summary: `Make a ${kind}`,
      body,
      answers: { 201: { description: `the ${kind}`, schema: resource } },
      problems: ['idempotency-mismatch', 'ledger-unavailable'],
      handle: (ask, house) =>
        onceAsNow(ask, house, managed, async () => {
          const fields = managed.fieldsOf(ask.body)
          return answerOf(house, managed, {
            status: 201,
            made: await managed.writes(house).create(fields),
          })
        }),
    }),
    route({
      ...common,
      method: 'PUT',
      path: `${path}/{id}`,
      name: `replace${capital}`,
      summary: `Replace a ${kind}`,
      params: IdParams,
      body,
      answers: { 200: { description: `the ${kind}`, schema: resource } },
      problems: ['idempotency-mismatch', 'not-found', 'ledger-unavailable'],
      handle: (ask, house) =>
        onceAsNow(ask, house, managed, async () => {
          const number = numberIn(kind, ask.params.id)
          const made = await managed.writes(house).replace(number, managed.fieldsOf(ask.body))
          return answerOf(house, managed, { status: 200, made })
        }),
    }),
    route({
      ...common,
      method: 'DELETE',
      path: `${path}/{id}`,
      name: `remove${capital}`,
      summary: `Remove a ${kind} on which nothing hangs`,
      params: IdParams,
      answers: { 204: { description: 'removed' } },
      problems: ['idempotency-mismatch', 'not-found', 'conflict', 'ledger-unavailable'],
      handle: (ask, house) =>
        once(ask, house, { route: `DELETE ${ask.url}`, body: {} }, async () => {
          const number = numberIn(kind, ask.params.id)
          settled(kind, await managed.writes(house).remove(number))
          house.reads.clear() // V1
          return nothing()
        }),
    }),
  ]
}

/** A repeat tells the row as it is now. */
function onceAsNow<Body extends z.ZodType, Fields, Row>(
  ask: Ask,
  house: House,
  managed: Managed<Body, Fields, Row>,
  act: () => Promise<Answer>,
): Promise<Answer> {
  const again = async (firstBody: string) => {
    const { id } = JSON.parse(firstBody) as { readonly id: string }
    const row = await managed.read(house, numberIn(managed.kind, id))
    return row === undefined ? undefined : json(200, managed.render(row))
  }
  return once(ask, house, { route: ask.url, body: { body: ask.body }, again }, act)
}

function answerOf<Body extends z.ZodType, Fields, Row>(
  house: House,
  managed: Managed<Body, Fields, Row>,
  { status, made }: { readonly status: number; readonly made: WriteOutcome<Row> },
): Answer {
  const row = settled(managed.kind, made)
  house.reads.clear() // V1
  return json(status, managed.render(row))
}

/** The row that was written, or the refusal that the outcome means. V2 */
export function settled<Row>(kind: string, outcome: WriteOutcome<Row>): Row {
  switch (outcome.kind) {
    case 'done':
      return outcome.row
    case 'absent':
      throw absent(kind)
    case 'conflict':
      throw refuse('conflict', outcome.detail)
    case 'dangling': {
      const detail = `There is no such ${outcome.field}.`
      throw invalid([{ pointer: `/${outcome.field}Id`, detail }])
    }
  }
}

const city: Managed<typeof Admin.CityBody, CityFields, CityRow> = {
  kind: 'city',
  plural: 'cities',
  body: Admin.CityBody,
  resource: Catalog.City,
  fieldsOf: body => body,
  render: cityOf,
  writes: house => house.catalogue.writes.city,
  read: (house, number) => house.catalogue.city(number),
}

const cinema: Managed<typeof Admin.CinemaBody, CinemaFields, CinemaRow> = {
  kind: 'cinema',
  plural: 'cinemas',
  body: Admin.CinemaBody,
  resource: Catalog.Cinema,
  fieldsOf: ({ cityId, name }) => ({ city: referenced('city', cityId), name }),
  render: cinemaOf,
  writes: house => house.catalogue.writes.cinema,
  read: (house, number) => house.catalogue.cinema(number),
}

const auditorium: Managed<typeof Admin.AuditoriumBody, AuditoriumFields, AuditoriumRow> = {
  kind: 'auditorium',
  plural: 'auditoriums',
  body: Admin.AuditoriumBody,
  resource: Catalog.Auditorium,
  fieldsOf: ({ cinemaId, name }) => ({ cinema: referenced('cinema', cinemaId), name }),
  render: auditoriumOf,
  writes: house => house.catalogue.writes.auditorium,
  read: (house, number) => house.catalogue.auditorium(number),
}

const movie: Managed<typeof Admin.MovieBody, MovieFields, MovieRow> = {
  kind: 'movie',
  plural: 'movies',
  body: Admin.MovieBody,
  resource: Catalog.Movie,
  // Fields that were left out are left out of the row, not set to undefined.
  fieldsOf: body => JSON.parse(JSON.stringify(body)) as MovieFields,
  render: movieOf,
  writes: house => house.catalogue.writes.movie,
  read: (house, number) => house.catalogue.movie(number),
}

/** The number in an id whose spelling the schema has checked. */
export function referenced(kind: CatalogueKind, id: string): number {
  const number = Number(id.slice(kind.length + 1))
  if (publicIdOf(kind, number) === id && number <= 0x7fff_ffff) return number
  throw invalid([{ pointer: `/${kind}Id`, detail: `There is no such ${kind}.` }])
}

export const adminCatalogRoutes: readonly Route[] = [
  ...routesOf(city),
  ...routesOf(cinema),
  ...routesOf(auditorium),
  ...routesOf(movie),
]
