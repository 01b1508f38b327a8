// What administrators send and get back.

import { z } from 'zod'
import { LIMITS } from '../../shared/limits.ts'
import { movieFields, policyFields, SeatCounts, Show } from './catalog.ts'
import { Currency, Money, Name, publicId, TimeIn, textOf } from './common.ts'

const timeZones = new Set([...Intl.supportedValuesOf('timeZone'), 'UTC'])
const currencies = new Set(Intl.supportedValuesOf('currency'))

function isTimeZone(text: string): boolean {
  if (timeZones.has(text)) return true
  try {
    // Aliases such as Asia/Kolkata are known, but not listed by every Node.
    new Intl.DateTimeFormat('en', { timeZone: text })
    return /^[A-Z][A-Za-z_+-]+(\/[A-Za-z0-9_+-]+)+$/.test(text)
  } catch {
    return false
  }
}

export const CityBody = z
  .strictObject({
    name: Name,
    country: z.string().regex(/^[A-Z]{2}$/, 'A country has two capital letters (ISO 3166-1).'),
    timeZone: z
      .string()
      .max(64)
      .refine(isTimeZone, 'This is not a time zone of the IANA database, like Asia/Kolkata.'),
    currency: Currency.refine(code => currencies.has(code), 'This is not a currency of ISO 4217.'),
  })
  .meta({ id: 'CityBody' })

export const CinemaBody = z
  .strictObject({ cityId: publicId('city'), name: Name })
  .meta({ id: 'CinemaBody' })

export const AuditoriumBody = z
  .strictObject({ cinemaId: publicId('cinema'), name: Name })
  .meta({ id: 'AuditoriumBody' })

export const MovieBody = z.strictObject(movieFields).meta({ id: 'MovieBody' })

const PolicyBody = z.strictObject(policyFields).partial().meta({ id: 'PolicyBody' })

const AMOUNT_MAX = 1_000_000_000

export const ShowBody = z
  .strictObject({
    movieId: publicId('movie'),
    auditoriumId: publicId('auditorium'),
    startsAt: TimeIn,
    salesOpenAt: TimeIn.optional().meta({ description: 'default: now' }),
    salesCloseAt: TimeIn.optional().meta({ description: 'default: startsAt' }),
    policy: PolicyBody.optional(),
    prices: z
      .record(z.string().min(1).max(LIMITS.stringLengthMax), z.int().min(0).max(AMOUNT_MAX))
      .meta({ description: 'minor units by category id; every category of the layout' }),
  })
  .meta({ id: 'ShowBody' })

export const SeatsReasonBody = z
  .strictObject({
    seats: z.array(z.int().min(0).max(0x7fff_ffff)).min(1).max(LIMITS.seatsPerLayoutMax),
    reason: textOf(LIMITS.stringLengthMax),
  })
  .meta({ id: 'SeatsReasonBody' })

export const LayoutVersion = z
  .strictObject({
    id: publicId('layout'),
    version: z.int().min(1),
    warnings: z.array(z.string()),
  })
  .meta({ id: 'LayoutVersion' })

export const Report = z
  .strictObject({
    showId: publicId('show'),
    seatCount: z.int(),
    counts: SeatCounts,
    bookingCount: z.int(),
    cancelledCount: z.int(),
    amount: Money,
    categories: z.array(
      z.strictObject({
        id: z.string(),
        name: z.string(),
        seatCount: z.int(),
        soldCount: z.int(),
        amount: Money,
      }),
    ),
  })
  .meta({ id: 'Report' })

export const ShowWritten = z
  .strictObject({
    ...Show.shape,
    warnings: z
      .array(z.string())
      .meta({ description: 'e.g. shows that overlap in the auditorium' }),
  })
  .meta({ id: 'ShowWritten' })

export const SeatsBlocked = z
  .strictObject({
    showId: publicId('show'),
    seats: z.array(z.int().min(0)),
    reason: z.string(),
    counts: SeatCounts,
  })
  .meta({ id: 'SeatsBlocked' })
