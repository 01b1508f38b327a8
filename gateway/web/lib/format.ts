// Money, days and times as a visitor reads them.
//
// Owns: formatting by currency and by the venue's time zone.
// Leaves to others: where the words stand (components/).
//
//   U10. A time of a show is told in the zone of its venue, never in that of the visitor.

import type { Money } from '../api/types.ts'

/** English with the visitor's regional habits, for the page is written in English. */
export const LOCALE =
  globalThis.navigator?.languages?.find(language => language.startsWith('en')) ?? 'en-GB'

export function moneyText(money: Money, locale: string = LOCALE): string {
  const format = moneyFormat(money.currency, locale)
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2
  return format.format(money.amount / 10 ** digits)
}

const moneyFormats = new Map<string, Intl.NumberFormat>()

function moneyFormat(currency: string, locale: string): Intl.NumberFormat {
  const name = `${locale} ${currency}`
  const known = moneyFormats.get(name)
  if (known !== undefined) return known
  const format = new Intl.NumberFormat(locale, {
    style: 'currency',
    currency,
    trailingZeroDisplay: 'stripIfInteger',
  } as Intl.NumberFormatOptions)
  moneyFormats.set(name, format)
  return format
}

/** The calendar day at the venue, as YYYY-MM-DD. */
export function dayOf(instant: string | number | Date, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).formatToParts(new Date(instant))
  const pick = (type: string): string => parts.find(part => part.type === type)?.value ?? ''
  return `${pick('year')}-${pick('month')}-${pick('day')}`
}

export function timeText(instant: string, timeZone: string, locale: string = LOCALE): string {
  return new Intl.DateTimeFormat(locale, { timeZone, timeStyle: 'short' }).format(new Date(instant))
}

/** The zone is named only for visitors whose clocks show another time; at home it would be noise. */
export function dateTimeText(instant: string, timeZone: string, locale: string = LOCALE): string {
  const text = (options: Intl.DateTimeFormatOptions): string =>
    new Intl.DateTimeFormat(locale, { ...DATE_TIME, ...options }).format(new Date(instant))
  const isHome = text({ timeZone }) === text({})
  return isHome ? text({ timeZone }) : text({ timeZone, timeZoneName: 'short' })
}

const DATE_TIME: Intl.DateTimeFormatOptions = {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  hour: 'numeric',
  minute: '2-digit',
}

/** A day name for a YYYY-MM-DD, which belongs to no zone. */
export function dayText(day: string, locale: string = LOCALE): { weekday: string; date: string } {
  const noon = new Date(`${day}T12:00:00Z`)
  const text = (options: Intl.DateTimeFormatOptions): string =>
    new Intl.DateTimeFormat(locale, { timeZone: 'UTC', ...options }).format(noon)
  return { weekday: text({ weekday: 'short' }), date: text({ day: 'numeric', month: 'short' }) }
}

export function durationText(minutes: number): string {
  const hours = Math.floor(minutes / 60)
  const rest = minutes % 60
  if (hours === 0) return `${rest} min`
  return rest === 0 ? `${hours} h` : `${hours} h ${rest} min`
}

export const plural = (count: number, one: string, many: string): string =>
  `${count.toLocaleString(LOCALE)} ${count === 1 ? one : many}`
