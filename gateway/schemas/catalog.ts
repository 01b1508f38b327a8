// Cities, cinemas, auditoriums, movies, shows and layouts as the API tells them.

import { z } from 'zod'
import { linesOf, listOf, Money, Name, publicId, Time, textOf } from './common.ts'

export const City = z
  .strictObject({
    id: publicId('city'),
    name: Name,
    country: z.string().meta({ description: 'ISO 3166-1 alpha-2', examples: ['IN'] }),
    timeZone: z.string().meta({ description: 'IANA', examples: ['Asia/Kolkata'] }),
    currency: z.string(),
  })
  .meta({ id: 'City' })

export const Cinema = z
  .strictObject({ id: publicId('cinema'), cityId: publicId('city'), name: Name })
  .meta({ id: 'Cinema' })

export const Auditorium = z
  .strictObject({
    id: publicId('auditorium'),
    cinemaId: publicId('cinema'),
    name: Name,
    layoutId: publicId('layout').nullable().meta({ description: 'the newest version' }),
  })
  .meta({ id: 'Auditorium' })

/** What an administrator may say of a movie besides its title. */
export const movieFields = {
  title: textOf(200),
  synopsis: linesOf(4000).optional(),
  durationMinutes: z.int().min(1).max(1440).optional(),
  language: z.string().min(2).max(35).optional().meta({ description: 'BCP 47' }),
  certificate: textOf(32).optional(),
  genres: z.array(textOf(64)).max(16).optional(),
  releasedOn: z.iso.date().optional(),
  posterUrl: z
    .url({ protocol: /^https?$/ })
    .max(500)
    .optional(),
}

export const Movie = z.strictObject({ id: publicId('movie'), ...movieFields }).meta({ id: 'Movie' })

const ShowStatus = z.enum(['scheduled', 'on-sale', 'closed', 'cancelled'])

const Named = (kind: 'movie' | 'cinema' | 'auditorium') =>
  z.strictObject({ id: publicId(kind), name: z.string() })

const ShowSummary = z
  .strictObject({
    id: publicId('show'),
    movie: z.strictObject({ id: publicId('movie'), title: z.string() }),
    auditorium: Named('auditorium'),
    cinema: Named('cinema'),
    startsAt: Time,
    timeZone: z.string(),
    salesOpenAt: Time,
    salesCloseAt: Time,
    status: ShowStatus,
  })
  .meta({ id: 'ShowSummary', description: 'a show as lists tell it' })

const CinemaWithShows = z
  .strictObject({ ...Cinema.shape, timeZone: z.string(), shows: z.array(ShowSummary) })
  .meta({ id: 'CinemaWithShows', description: 'a cinema and its next shows of one movie' })

const count = z.int().min(0)

export const SeatCounts = z
  .strictObject({ free: count, reserved: count, held: count, sold: count, blocked: count })
  .meta({ id: 'SeatCounts' })

const RefundStep = z
  .strictObject({
    untilMsBeforeStart: z
      .int()
      .min(0)
      .max(366 * 86_400_000),
    percent: z.int().min(0).max(100),
  })
  .meta({ id: 'RefundStep' })

const MINUTE = 60_000

export const policyFields = {
  holdTtlMs: z
    .int()
    .min(1_000)
    .max(60 * MINUTE),
  payTtlMs: z
    .int()
    .min(1_000)
    .max(60 * MINUTE),
  extensionsMax: z.int().min(0).max(100),
  holdLifeMaxMs: z
    .int()
    .min(1_000)
    .max(24 * 60 * MINUTE),
  seatsMax: z.int().min(1).max(64),
  holdsMax: z.int().min(1).max(1_000_000),
  orphans: z.enum(['off', 'on']),
  orphanOffAbovePercentSold: z.int().min(0).max(100),
  barrierMaxMs: z
    .int()
    .min(0)
    .max(24 * 60 * MINUTE),
  refund: z.array(RefundStep).max(10),
}

const Policy = z.strictObject(policyFields).meta({ id: 'Policy' })

const Category = z
  .strictObject({ id: z.string(), name: z.string(), price: Money })
  .meta({ id: 'Category' })

export const Show = z
  .strictObject({
    id: publicId('show'),
    movie: Movie,
    cinema: Cinema,
    auditorium: Auditorium,
    layoutId: publicId('layout'),
    startsAt: Time,
    timeZone: z.string(),
    salesOpenAt: Time,
    salesCloseAt: Time,
    status: ShowStatus,
    policy: Policy,
    categories: z.array(Category),
    counts: SeatCounts,
  })
  .meta({ id: 'Show' })

const LayoutSeat = z
  .strictObject({
    index: z.int().min(0),
    label: z.string(),
    section: z.string(),
    row: z.string(),
    number: z.string(),
    category: z.string().meta({ description: 'category id' }),
    segment: z.int().min(0).meta({ description: 'unique in the layout; neighbours share it' }),
    x: z.number(),
    y: z.number(),
    kind: z.enum(['standard', 'accessible', 'companion']),
  })
  .meta({ id: 'LayoutSeat' })

export const Layout = z
  .strictObject({
    id: publicId('layout'),
    version: z.int().min(1),
    name: z.string(),
    categories: z.array(z.strictObject({ id: z.string(), name: z.string() })),
    seats: z.array(LayoutSeat),
    sections: z.array(z.string()),
    width: z.number(),
    height: z.number(),
    focus: z.strictObject({ x: z.number(), y: z.number() }),
  })
  .meta({ id: 'Layout', description: 'immutable: an edit makes a new version' })

const version = {
  showId: publicId('show'),
  epoch: z.int().min(0),
  version: z.int().min(0).meta({ description: 'counts the published changes of the show' }),
  seatCount: z.int().min(1),
  counts: SeatCounts,
}

const Seats = z
  .strictObject({
    ...version,
    states: z.base64().meta({
      description:
        '2 bits a seat, seat i in bits 2(i mod 4) of byte i div 4: free, held, sold, blocked',
    }),
  })
  .meta({ id: 'Seats' })

const indexes = z.array(z.int().min(0))

const SeatsList = z
  .strictObject({ ...version, free: indexes, held: indexes, sold: indexes, blocked: indexes })
  .meta({ id: 'SeatsList', description: 'with ?format=list' })

export const SeatsAnswer = z.union([Seats, SeatsList]).meta({ id: 'SeatsAnswer' })

const SearchHit = z
  .strictObject({
    kind: z.enum(['movie', 'cinema', 'city']),
    id: z.string(),
    name: z.string(),
  })
  .meta({ id: 'SearchHit' })

export const CityList = listOf('CityList', City)
export const CinemaList = listOf('CinemaList', Cinema)
export const CinemaWithShowsList = listOf('CinemaWithShowsList', CinemaWithShows)
export const AuditoriumList = listOf('AuditoriumList', Auditorium)
export const MovieList = listOf('MovieList', Movie)
export const ShowSummaryList = listOf('ShowSummaryList', ShowSummary)
export const SearchHitList = listOf('SearchHitList', SearchHit)
