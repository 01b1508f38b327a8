// The small shapes that every other schema is made of.
//
// Owns: ids, money, times, pages. A schema with an id becomes a component of the documents.

import { z } from 'zod'
import type { CatalogueKind } from '../../shared/ids.ts'
import { LIMITS } from '../../shared/limits.ts'

const TEXT = /^(?=.*\S)[^\p{Cc}]+$/u
const TEXT_OF_LINES = /^(?=[\s\S]*\S)[^\p{Cc}]*(?:[\n\r\t][^\p{Cc}]*)*$/u

/** Text that people wrote: not blank, without control characters. */
export const textOf = (lengthMax: number): z.ZodString =>
  z.string().min(1).max(lengthMax).regex(TEXT, 'Text must not be blank or hold control characters.')

/** The same, of several lines. */
export const linesOf = (lengthMax: number): z.ZodString =>
  z
    .string()
    .min(1)
    .max(lengthMax)
    .regex(TEXT_OF_LINES, 'Text must not be blank or hold control characters.')

export const Name = textOf(LIMITS.stringLengthMax)

/** The public id of a catalogue row, e.g. `show_12`. */
export function publicId(kind: CatalogueKind): z.ZodString {
  return z
    .string()
    .max(32)
    .regex(new RegExp(`^${kind}_[1-9][0-9]{0,9}$`), `Ids look like ${kind}_12.`)
    .meta({ examples: [`${kind}_12`] })
}

/** An opaque id: 26 characters. */
export const OpaqueId = z
  .string()
  .regex(/^[a-z2-7]{26}$/)
  .meta({ description: 'opaque', examples: ['aaaaaamb5d2ol3vz4x6kqpq7zy'] })

/** An id in a path may be anything: what is not spelled like one names nothing (`not-found`). */
export const IdInPath = z.string().max(LIMITS.stringLengthMax)

export const Currency = z
  .string()
  .regex(/^[A-Z]{3}$/, 'A currency has three capital letters (ISO 4217).')
  .meta({ description: 'ISO 4217', examples: ['INR'] })

export const Money = z
  .strictObject({ amount: z.int().meta({ description: 'minor units' }), currency: Currency })
  .meta({ id: 'Money' })

/** RFC 3339 with milliseconds, UTC. */
export const Time = z.iso
  .datetime({ precision: 3 })
  .meta({ examples: ['2026-08-01T18:30:00.000Z'] })

/** Any RFC 3339 instant, as clients may send it. */
export const TimeIn = z.iso.datetime({ offset: true })

export const SeatIndexes = z
  .array(z.int().min(0).max(0x7fff_ffff))
  .min(1)
  .max(LIMITS.seatsPerHoldMax)
  .meta({ description: 'seat indexes of the layout' })

const CursorIn = z.string().max(64).optional().meta({ description: '`next` of the page before' })
const PAGE_LIMIT_MAX = 100

export const PAGE_LIMIT_DEFAULT = 50

/** Numbers travel as text in a query. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(PAGE_LIMIT_MAX).optional().meta({ default: 50 }),
  cursor: CursorIn,
}

export const PageQuery = z.strictObject(pageQuery)

/** `{items, next}`; `next` is null on the last page. */
export function listOf<Item extends z.ZodType>(id: string, item: Item) {
  return z.strictObject({ items: z.array(item), next: z.string().nullable() }).meta({ id })
}
