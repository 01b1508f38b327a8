// Reading the catalogue: cities, cinemas, movies, auditoriums, search.
//
//   C1. Everything here is public, tagged and kept for a second in this process (G5).
//   C2. A list under something that does not exist is `not-found`, never an empty page.

import { z } from 'zod'
import type { CatalogueKind } from '../../shared/ids.ts'
import { parsePublicId } from '../../shared/ids.ts'
import { refuse } from '../reply.ts'
import * as Catalog from '../schemas/catalog.ts'
import { IdInPath, PageQuery, pageQuery, publicId, textOf } from '../schemas/common.ts'
import { cachedRead } from './cached-read.ts'
import { pageAskOf, pageOf } from './pages.ts'
import { auditoriumOf, cinemaOf, cityOf, movieOf, searchHitOf, showSummaryOf } from './render.ts'
import { type Route, route } from './route.ts'

const TAG = 'catalogue'
const SHOWS_LISTED_MAX = 200
const SEARCH_HITS_MAX = 20
const numberMark = (row: { readonly number: number }): string => String(row.number)

/** The row number that a public id names; `not-found` when it names none. */
export function numberIn(kind: CatalogueKind, id: string): number {
  const number = parsePublicId(kind, id)
  if (number === undefined) throw absent(kind)
  return number
}

export function absent(kind: string): Error {
  return refuse('not-found', `There is no such ${kind}.`)
}

/** C2 */
export function found<Row>(kind: string, row: Row | undefined): Row {
  if (row === undefined) throw absent(kind)
  return row
}

const CityParams = z.strictObject({ cityId: IdInPath })
const CinemaParams = z.strictObject({ cinemaId: IdInPath })
const MovieParams = z.strictObject({ movieId: IdInPath })
const AuditoriumParams = z.strictObject({ auditoriumId: IdInPath })
const InCityQuery = z.strictObject({ ...pageQuery, city: publicId('city').optional() })

const cities = route({
  method: 'GET',
  path: '/v1/cities',
  name: 'getCities',
  tag: TAG,
  summary: 'Cities with cinemas of this house',
  access: 'open',
  query: PageQuery,
  answers: { 200: { description: 'a page of cities', schema: Catalog.CityList } },
  handle: (ask, house) =>
    cachedRead(ask, house, async () => {
      const rows = await house.catalogue.cities(pageAskOf(ask.query))
      return pageOf(rows, ask.query, { item: cityOf, mark: numberMark })
    }),
})

const moviesOfCity = route({
  method: 'GET',
  path: '/v1/cities/{cityId}/movies',
  name: 'getMoviesByCity',
  tag: TAG,
  summary: 'Movies with shows to come in a city',
  access: 'open',
  params: CityParams,
  query: PageQuery,
  answers: { 200: { description: 'a page of movies', schema: Catalog.MovieList } },
  problems: ['not-found'],
  handle: (ask, house) =>
    cachedRead(ask, house, async () => {
      const city = numberIn('city', ask.params.cityId)
      found('city', await house.catalogue.city(city))
      const rows = await house.catalogue.moviesOfCity(city, pageAskOf(ask.query))
      return pageOf(rows, ask.query, { item: movieOf, mark: numberMark })
    }),
})

const cinemasOfCity = route({
  method: 'GET',
  path: '/v1/cities/{cityId}/cinemas',
  name: 'getTheatreByCity',
  tag: TAG,
  summary: 'Cinemas of a city',
  access: 'open',
  params: CityParams,
  query: PageQuery,
  answers: { 200: { description: 'a page of cinemas', schema: Catalog.CinemaList } },
  problems: ['not-found'],
  handle: (ask, house) =>
    cachedRead(ask, house, async () => {
      const city = numberIn('city', ask.params.cityId)
      found('city', await house.catalogue.city(city))
      const rows = await house.catalogue.cinemasOfCity(city, pageAskOf(ask.query))
      return pageOf(rows, ask.query, { item: cinemaOf, mark: numberMark })
    }),
})

const moviesOfCinema = route({
  method: 'GET',
  path: '/v1/cinemas/{cinemaId}/movies',
  name: 'getMovieByTheatre',
  tag: TAG,
  summary: 'Movies with shows to come in a cinema',
  access: 'open',
  params: CinemaParams,
  query: PageQuery,
  answers: { 200: { description: 'a page of movies', schema: Catalog.MovieList } },
  problems: ['not-found'],
  handle: (ask, house) =>
    cachedRead(ask, house, async () => {
      const cinema = numberIn('cinema', ask.params.cinemaId)
      found('cinema', await house.catalogue.cinema(cinema))
      const rows = await house.catalogue.moviesOfCinema(cinema, pageAskOf(ask.query))
      return pageOf(rows, ask.query, { item: movieOf, mark: numberMark })
    }),
})

const cinemasOfMovie = route({
  method: 'GET',
  path: '/v1/movies/{movieId}/cinemas',
  name: 'getCinemasByMovie',
  tag: TAG,
  summary: 'Cinemas that run a movie, with their next shows of it',
  access: 'open',
  params: MovieParams,
  query: InCityQuery,
  answers: { 200: { description: 'a page of cinemas', schema: Catalog.CinemaWithShowsList } },
  problems: ['not-found'],
  handle: (ask, house) =>
    cachedRead(ask, house, async () => {
      const movie = numberIn('movie', ask.params.movieId)
      found('movie', await house.catalogue.movie(movie))
      const city = ask.query.city === undefined ? undefined : numberIn('city', ask.query.city)
      const rows = await house.catalogue.cinemasOfMovie(movie, city, pageAskOf(ask.query))
      const shows = await house.catalogue.showsOfMovie(
        movie,
        rows.map(row => row.number),
      )
      const now = Date.now()
      const item = (row: (typeof rows)[number]) => {
        const own = shows.filter(show => show.cinema === row.number).slice(0, SHOWS_LISTED_MAX)
        const summaries = own.map(show => showSummaryOf(show, now))
        return { ...cinemaOf(row), timeZone: own[0]?.timeZone ?? 'UTC', shows: summaries }
      }
      return pageOf(rows, ask.query, { item, mark: numberMark })
    }),
})

const auditoriumsOfMovie = route({
  method: 'GET',
  path: '/v1/movies/{movieId}/auditoriums',
  name: 'getAuditoriumByMovie',
  tag: TAG,
  summary: 'Auditoriums that run a movie',
  access: 'open',
  params: MovieParams,
  query: InCityQuery,
  answers: { 200: { description: 'a page of auditoriums', schema: Catalog.AuditoriumList } },
  problems: ['not-found'],
  handle: (ask, house) =>
    cachedRead(ask, house, async () => {
      const movie = numberIn('movie', ask.params.movieId)
      found('movie', await house.catalogue.movie(movie))
      const city = ask.query.city === undefined ? undefined : numberIn('city', ask.query.city)
      const rows = await house.catalogue.auditoriumsOfMovie(movie, city, pageAskOf(ask.query))
      return pageOf(rows, ask.query, { item: auditoriumOf, mark: numberMark })
    }),
})

const showsOfAuditorium = route({
  method: 'GET',
  path: '/v1/auditoriums/{auditoriumId}/shows',
  name: 'getShowByAuditorium',
  tag: TAG,
  summary: 'Shows of an auditorium, of a movie, of a day at the venue',
  access: 'open',
  params: AuditoriumParams,
  query: z.strictObject({
    ...pageQuery,
    movie: publicId('movie').optional(),
    date: z.iso.date().optional().meta({ description: "a day in the venue's time zone" }),
  }),
  answers: { 200: { description: 'a page of shows', schema: Catalog.ShowSummaryList } },
  problems: ['not-found'],
  handle: (ask, house) =>
    cachedRead(ask, house, async () => {
      const auditorium = numberIn('auditorium', ask.params.auditoriumId)
      found('auditorium', await house.catalogue.auditorium(auditorium))
      const { movie, date } = ask.query
      const rows = await house.catalogue.showsOfAuditorium(auditorium, {
        ...pageAskOf(ask.query),
        ...(movie === undefined ? {} : { movie: numberIn('movie', movie) }),
        ...(date === undefined ? {} : { date }),
      })
      const now = Date.now()
      return pageOf(rows, ask.query, { item: row => showSummaryOf(row, now), mark: numberMark })
    }),
})

const movie = route({
  method: 'GET',
  path: '/v1/movies/{movieId}',
  name: 'getMovie',
  tag: TAG,
  summary: 'One movie',
  access: 'open',
  params: MovieParams,
  answers: { 200: { description: 'the movie', schema: Catalog.Movie } },
  problems: ['not-found'],
  handle: (ask, house) =>
    cachedRead(ask, house, async () => {
      const number = numberIn('movie', ask.params.movieId)
      return movieOf(found('movie', await house.catalogue.movie(number)))
    }),
})

const search = route({
  method: 'GET',
  path: '/v1/search',
  name: 'search',
  tag: TAG,
  summary: 'Movies, cinemas and cities by a part of their name',
  access: 'open',
  query: z.strictObject({ q: textOf(100) }),
  answers: { 200: { description: 'the best hits', schema: Catalog.SearchHitList } },
  handle: (ask, house) =>
    cachedRead(ask, house, async () => {
      const hits = await house.catalogue.search(ask.query.q.trim(), SEARCH_HITS_MAX)
      return { items: hits.map(searchHitOf), next: null }
    }),
})

export const catalogRoutes: readonly Route[] = [
  cities,
  moviesOfCity,
  cinemasOfCity,
  moviesOfCinema,
  cinemasOfMovie,
  auditoriumsOfMovie,
  showsOfAuditorium,
  movie,
  search,
]
