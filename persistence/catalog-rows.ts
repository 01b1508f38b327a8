// Rows of the catalogue as they come from Postgres, and as shared/catalogue.ts names them.

import type { Kysely, Selectable } from 'kysely'
import type { MovieRow, ShowRow } from '../shared/catalogue.ts'
import type { Policy } from '../shared/policy.ts'
import type { MovieTable, Tables } from './tables.ts'

export function movieRowOf(row: Selectable<MovieTable>): MovieRow {
  return {
    number: row.number,
    title: row.title,
    ...(row.synopsis !== null && { synopsis: row.synopsis }),
    ...(row.durationMinutes !== null && { durationMinutes: row.durationMinutes }),
    ...(row.language !== null && { language: row.language }),
    ...(row.certificate !== null && { certificate: row.certificate }),
    ...(row.genres !== null && { genres: row.genres }),
    ...(row.releasedOn !== null && { releasedOn: row.releasedOn }),
    ...(row.posterUrl !== null && { posterUrl: row.posterUrl }),
  }
}

/** With the newest layout version, null before the first import. */
export function selectAuditoriums(database: Kysely<Tables>) {
  return database
    .selectFrom('auditorium')
    .innerJoin('cinema', 'cinema.number', 'auditorium.cinema')
    .select(['auditorium.number', 'auditorium.cinema', 'auditorium.name'])
    .select(builder =>
      builder
        .selectFrom('layout')
        .select('layout.number')
        .whereRef('layout.auditorium', '=', 'auditorium.number')
        .orderBy('layout.version', 'desc')
        .limit(1)
        .as('layout'),
    )
}

export interface RawShow {
  readonly number: number
  readonly movie: number
  readonly auditorium: number
  readonly layout: number
  readonly startsAt: number
  readonly salesOpenAt: number
  readonly salesCloseAt: number
  readonly policy: Policy
  readonly prices: readonly number[]
  readonly currency: string
  readonly isCancelled: boolean
  readonly layoutDigest: string
  readonly movieTitle: string
  readonly auditoriumName: string
  readonly cinema: number
  readonly cinemaName: string
  readonly city: number
  readonly timeZone: string
}

export function selectShows(database: Kysely<Tables>) {
  return database
    .selectFrom('show')
    .innerJoin('movie', 'movie.number', 'show.movie')
    .innerJoin('auditorium', 'auditorium.number', 'show.auditorium')
    .innerJoin('cinema', 'cinema.number', 'auditorium.cinema')
    .innerJoin('city', 'city.number', 'cinema.city')
    .innerJoin('layout', 'layout.number', 'show.layout')
    .select([
      'show.number',
      'show.movie',
      'show.auditorium',
      'show.layout',
      'show.startsAt',
      'show.salesOpenAt',
      'show.salesCloseAt',
      'show.policy',
      'show.prices',
      'show.currency',
      'show.isCancelled',
      'layout.digest as layoutDigest',
      'movie.title as movieTitle',
      'auditorium.name as auditoriumName',
      'cinema.number as cinema',
      'cinema.name as cinemaName',
      'city.number as city',
      'city.timeZone',
    ])
}

export function showRowOf(row: RawShow): ShowRow {
  const { startsAt, salesOpenAt, salesCloseAt, ...rest } = row
  return {
    ...rest,
    startsAtMs: startsAt,
    salesOpenAtMs: salesOpenAt,
    salesCloseAtMs: salesCloseAt,
  }
}
