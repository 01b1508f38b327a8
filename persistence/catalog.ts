// The catalogue in Postgres: every read of it, and the writes put beside them.
//
// Owns: the SQL of reads. Leaves to others: writes (catalog-admin.ts), caching and JSON (gateway).
//
//   CA1. Lists are keyset pages by number: rows that come and go never shift a page.
//   CA2. "To come" is judged by the database's clock, and leaves out cancelled Shows, except in an
//        auditorium's own list.

import { type Kysely, sql } from 'kysely'
import type {
  Catalogue,
  CinemaRow,
  CityRow,
  LayoutRow,
  MovieRow,
  PageAsk,
  SearchHit,
  ShowRow,
  ShowsAsk,
} from '../shared/catalogue.ts'
import { createWrites } from './catalog-admin.ts'
import { movieRowOf, selectAuditoriums, selectShows, showRowOf } from './catalog-rows.ts'
import { unpackLayout } from './layout-body.ts'
import { guarded } from './pg-errors.ts'
import type { Tables } from './tables.ts'

export function createCatalogue(database: Kysely<Tables>): Catalogue {
  return guarded(new PostgresCatalogue(database))
}

/** a Show of the outer row that people can still go to. CA2 */
const toCome = sql<boolean>`show.starts_at > now() and not show.is_cancelled`
const MINUTES_WHEN_UNKNOWN = 120

class PostgresCatalogue implements Catalogue {
  readonly writes: Catalogue['writes']
  readonly #sql: Kysely<Tables>

  constructor(database: Kysely<Tables>) {
    this.#sql = database
    this.writes = createWrites(database, number => this.show(number))
  }

  async cities(page: PageAsk): Promise<readonly CityRow[]> {
    const query = this.#sql.selectFrom('city').selectAll().where('number', '>', page.after)
    return query.orderBy('number').limit(page.limit).execute()
  }

  async city(number: number): Promise<CityRow | undefined> {
    return this.#sql.selectFrom('city').selectAll().where('number', '=', number).executeTakeFirst()
  }

  async cinema(number: number): Promise<CinemaRow | undefined> {
    const query = this.#sql.selectFrom('cinema').selectAll()
    return query.where('number', '=', number).executeTakeFirst()
  }

  async auditorium(number: number) {
    const query = selectAuditoriums(this.#sql).where('auditorium.number', '=', number)
    const row = await query.executeTakeFirst()
    return row === undefined ? undefined : { ...row, layout: row.layout ?? undefined }
  }

  async movie(number: number): Promise<MovieRow | undefined> {
    const query = this.#sql.selectFrom('movie').selectAll().where('number', '=', number)
    const row = await query.executeTakeFirst()
    return row === undefined ? undefined : movieRowOf(row)
  }

  async show(number: number): Promise<ShowRow | undefined> {
    const query = selectShows(this.#sql).where('show.number', '=', number)
    const row = await query.executeTakeFirst()
    return row === undefined ? undefined : showRowOf(row)
  }

  async layout(number: number): Promise<LayoutRow | undefined> {
    const query = this.#sql.selectFrom('layout').selectAll().where('number', '=', number)
    const row = await query.executeTakeFirst()
    if (row === undefined) return undefined
    const { auditorium, version, digest, body } = row
    return {
      number,
      auditorium: auditorium ?? 0,
      version,
      digest,
      layout: await unpackLayout(body),
    }
  }

  async cinemasOfCity(city: number, page: PageAsk): Promise<readonly CinemaRow[]> {
    const query = this.#sql.selectFrom('cinema').selectAll().where('city', '=', city)
    return query.where('number', '>', page.after).orderBy('number').limit(page.limit).execute()
  }

  moviesOfCity(city: number, page: PageAsk): Promise<readonly MovieRow[]> {
    return this.#movies(
      sql<boolean>`exists (
      select from show join auditorium on auditorium.number = show.auditorium
      join cinema on cinema.number = auditorium.cinema
      where show.movie = movie.number and cinema.city = ${city} and ${toCome})`,
      page,
    )
  }

  moviesOfCinema(cinema: number, page: PageAsk): Promise<readonly MovieRow[]> {
    return this.#movies(
      sql<boolean>`exists (
      select from show join auditorium on auditorium.number = show.auditorium
      where show.movie = movie.number and auditorium.cinema = ${cinema} and ${toCome})`,
      page,
    )
  }

  async #movies(
    condition: ReturnType<typeof sql<boolean>>,
    page: PageAsk,
  ): Promise<readonly MovieRow[]> {
    const query = this.#sql.selectFrom('movie').selectAll('movie').where(condition)
    const rows = await query
      .where('movie.number', '>', page.after)
      .orderBy('movie.number')
      .limit(page.limit)
      .execute()
    return rows.map(movieRowOf)
  }

  async cinemasOfMovie(movie: number, city: number | undefined, page: PageAsk) {
    let query = this.#sql
      .selectFrom('cinema')
      .selectAll('cinema')
      .where('cinema.number', '>', page.after)
      .where(sql<boolean>`exists (
        select from show join auditorium on auditorium.number = show.auditorium
        where auditorium.cinema = cinema.number and show.movie = ${movie} and ${toCome})`)
    if (city !== undefined) query = query.where('cinema.city', '=', city)
    return query.orderBy('cinema.number').limit(page.limit).execute()
  }

  async auditoriumsOfMovie(movie: number, city: number | undefined, page: PageAsk) {
    let query = selectAuditoriums(this.#sql)
      .where('auditorium.number', '>', page.after)
      .where(sql<boolean>`exists (
        select from show
        where show.auditorium = auditorium.number and show.movie = ${movie} and ${toCome})`)
    if (city !== undefined) query = query.where('cinema.city', '=', city)
    const rows = await query.orderBy('auditorium.number').limit(page.limit).execute()
    return rows.map(row => ({ ...row, layout: row.layout ?? undefined }))
  }

  async showsOfAuditorium(auditorium: number, ask: ShowsAsk): Promise<readonly ShowRow[]> {
    let query = selectShows(this.#sql).where('show.auditorium', '=', auditorium)
    if (ask.movie !== undefined) query = query.where('show.movie', '=', ask.movie)
    if (ask.date === undefined) query = query.where(sql<boolean>`show.starts_at > now()`)
    else query = query.where(onDay(ask.date))
    return pageOfShows(query, ask)
  }

  async showsOfMovie(movie: number, cinemas: readonly number[]): Promise<readonly ShowRow[]> {
    if (cinemas.length === 0) return []
    const rows = await selectShows(this.#sql)
      .where('show.movie', '=', movie)
      .where('cinema.number', 'in', cinemas)
      .where(toCome)
      .orderBy('show.startsAt')
      .orderBy('show.number')
      .execute()
    return rows.map(showRowOf)
  }

  /** Names that begin with the text, or have a word that does; the better fit first. */
  async search(text: string, limit: number): Promise<readonly SearchHit[]> {
    const start = `${text.trim().replace(/[\\%_]/g, '\\$&')}%`
    const result = await sql<SearchHit>`
      select kind, number, name from (
        select 'movie' as kind, 1 as rank, number, title as name from movie
        union all select 'cinema', 2, number, name from cinema
        union all select 'city', 3, number, name from city
      ) as everything
      where name ilike ${start} or name ilike ${`% ${start}`}
      order by (name ilike ${start}) desc, rank, name, number limit ${limit}`.execute(this.#sql)
    return result.rows
  }

  async overlapping(auditorium: number, fromMs: number, toMs: number): Promise<readonly number[]> {
    const endsAfter = sql<boolean>`show.starts_at +
      coalesce(movie.duration_minutes, ${sql.lit(MINUTES_WHEN_UNKNOWN)}) * interval '1 minute' > ${new Date(fromMs)}`
    const rows = await this.#sql
      .selectFrom('show')
      .innerJoin('movie', 'movie.number', 'show.movie')
      .select('show.number')
      .where('show.auditorium', '=', auditorium)
      .where('show.isCancelled', '=', false)
      .where(sql<boolean>`show.starts_at < ${new Date(toMs)}`)
      .where(endsAfter)
      .orderBy('show.number')
      .execute()
    return rows.map(row => row.number)
  }
}

/** The venue's day, from its midnight to the next. */
function onDay(date: string) {
  return sql<boolean>`show.starts_at >= (${date}::date::timestamp at time zone city.time_zone)
    and show.starts_at < ((${date}::date + 1)::timestamp at time zone city.time_zone)`
}

type ShowQuery = ReturnType<typeof selectShows>

async function pageOfShows(query: ShowQuery, page: PageAsk): Promise<readonly ShowRow[]> {
  const rows = await query
    .where('show.number', '>', page.after)
    .orderBy('show.number')
    .limit(page.limit)
    .execute()
  return rows.map(showRowOf)
}
