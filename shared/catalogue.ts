// The catalogue as gateways speak of it: rows by number, and the port through which they are read and written.
//
// Owns: the vocabulary. Leaves to others: SQL (persistence/catalog.ts), public ids and JSON (gateway/http/).
//
//   C1. Rows name each other by number; public ids are made at the gateway.
//   C2. A write answers what became of it; only a failing store throws Fault('database-unavailable').

import type { Layout } from './layout.ts'
import type { Policy } from './policy.ts'

export interface CityFields {
  readonly name: string
  /** ISO 3166-1 alpha-2 */
  readonly country: string
  /** IANA */
  readonly timeZone: string
  /** ISO 4217 */
  readonly currency: string
}

export interface CinemaFields {
  readonly city: number
  readonly name: string
}

export interface AuditoriumFields {
  readonly cinema: number
  readonly name: string
}

export interface MovieFields {
  readonly title: string
  readonly synopsis?: string
  readonly durationMinutes?: number
  /** BCP 47 */
  readonly language?: string
  readonly certificate?: string
  readonly genres?: readonly string[]
  /** YYYY-MM-DD */
  readonly releasedOn?: string
  readonly posterUrl?: string
}

export interface ShowFields {
  readonly movie: number
  readonly auditorium: number
  readonly layout: number
  readonly startsAtMs: number
  readonly salesOpenAtMs: number
  readonly salesCloseAtMs: number
  readonly policy: Policy
  /** minor units by category index of the layout */
  readonly prices: readonly number[]
}

interface Numbered {
  readonly number: number
}

export type CityRow = CityFields & Numbered
export type CinemaRow = CinemaFields & Numbered
/** `layout`: the newest version, undefined before the first import */
export type AuditoriumRow = AuditoriumFields & Numbered & { readonly layout: number | undefined }
export type MovieRow = MovieFields & Numbered

/** A Show with everything that lists and pages tell about it. */
export interface ShowRow extends ShowFields, Numbered {
  readonly layoutDigest: string
  readonly movieTitle: string
  readonly auditoriumName: string
  readonly cinema: number
  readonly cinemaName: string
  readonly city: number
  readonly timeZone: string
  readonly currency: string
  readonly isCancelled: boolean
}

export interface LayoutRow extends Numbered {
  readonly auditorium: number
  /** 1-based within its auditorium */
  readonly version: number
  readonly digest: string
  readonly layout: Layout
}

/** Keyset pages: rows with a number above `after`, in ascending order. */
export interface PageAsk {
  readonly after: number
  readonly limit: number
}

export interface ShowsAsk extends PageAsk {
  readonly movie?: number
  /** YYYY-MM-DD in the venue's time zone */
  readonly date?: string
}

export interface SearchHit {
  readonly kind: 'movie' | 'cinema' | 'city'
  readonly number: number
  readonly name: string
}

/** `conflict`: something hangs on the row, or stands in the way; the sentence says what. */
export type WriteOutcome<Row> =
  | { readonly kind: 'done'; readonly row: Row }
  | { readonly kind: 'absent' }
  | { readonly kind: 'conflict'; readonly detail: string }
  /** a row that the fields name does not exist */
  | { readonly kind: 'dangling'; readonly field: string }

export interface RowWrites<Fields, Row> {
  create(fields: Fields): Promise<WriteOutcome<Row>>
  replace(number: number, fields: Fields): Promise<WriteOutcome<Row>>
  remove(number: number): Promise<WriteOutcome<undefined>>
}

export interface Catalogue {
  cities(page: PageAsk): Promise<readonly CityRow[]>
  city(number: number): Promise<CityRow | undefined>
  cinema(number: number): Promise<CinemaRow | undefined>
  auditorium(number: number): Promise<AuditoriumRow | undefined>
  movie(number: number): Promise<MovieRow | undefined>
  show(number: number): Promise<ShowRow | undefined>
  layout(number: number): Promise<LayoutRow | undefined>
  cinemasOfCity(city: number, page: PageAsk): Promise<readonly CinemaRow[]>
  /** movies with a show to come */
  moviesOfCity(city: number, page: PageAsk): Promise<readonly MovieRow[]>
  moviesOfCinema(cinema: number, page: PageAsk): Promise<readonly MovieRow[]>
  cinemasOfMovie(
    movie: number,
    city: number | undefined,
    page: PageAsk,
  ): Promise<readonly CinemaRow[]>
  auditoriumsOfMovie(
    movie: number,
    city: number | undefined,
    page: PageAsk,
  ): Promise<readonly AuditoriumRow[]>
  /** to come, in order of number unless a date is named, then all of that day */
  showsOfAuditorium(auditorium: number, ask: ShowsAsk): Promise<readonly ShowRow[]>
  /** to come, of that movie in those cinemas, in order of start */
  showsOfMovie(movie: number, cinemas: readonly number[]): Promise<readonly ShowRow[]>
  search(text: string, limit: number): Promise<readonly SearchHit[]>
  /** shows that overlap in the auditorium, by number */
  overlapping(auditorium: number, fromMs: number, toMs: number): Promise<readonly number[]>
  readonly writes: {
    readonly city: RowWrites<CityFields, CityRow>
    readonly cinema: RowWrites<CinemaFields, CinemaRow>
    readonly auditorium: RowWrites<AuditoriumFields, AuditoriumRow>
    readonly movie: RowWrites<MovieFields, MovieRow>
    readonly show: RowWrites<ShowFields, ShowRow>
    cancelShow(number: number): Promise<WriteOutcome<ShowRow>>
  }
}
