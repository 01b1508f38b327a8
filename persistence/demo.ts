// Fills an empty catalogue so that a first start has something to sell, and keeps it 14 days ahead.
//
// Owns: writing the demo, and which days are missing.
// Leaves to others: what the demo shows (demo-programme.ts), opening shows for sale (the gateway).
//
//   DM1. A catalogue that holds anything of its own is never touched.
//   DM2. Later starts add the missing days of demo auditoriums and nothing else; a day is added once.
//   DM3. Times are the venue's evening, whatever its zone does with summer time.

import { type Kysely, sql, type Transaction } from 'kysely'
import type { Layout } from '../shared/layout.ts'
import { DEFAULT_POLICY } from '../shared/policy.ts'
import { compilePlan } from '../shared/seating-plan.ts'
import {
  DEMO_CITIES,
  DEMO_MOVIES,
  type DemoCity,
  type DemoHall,
  demoMovieIndex,
  demoPrices,
  isFreeScreening,
} from './demo-programme.ts'
import { packLayoutSync } from './layout-body.ts'
import type { Tables } from './tables.ts'

export interface DemoOutcome {
  readonly isFirst: boolean
  readonly showCount: number
}

const DAYS_AHEAD = 14
const DAY_MS = 24 * 60 * 60 * 1000
/** the name of the house row that says which halls and films are the demo's */
const HOUSE_NAME = 'demo'

interface HallKept {
  readonly auditorium: number
  readonly layout: number
  readonly categories: Layout['categories']
  readonly timeZone: string
  readonly currency: string
  readonly basePrice: number
  readonly times: readonly string[]
}

interface DemoKept {
  readonly halls: readonly HallKept[]
  readonly movies: readonly number[]
  /** YYYY-MM-DD, the last day that was filled */
  readonly filledUntil: string
}

/** Makes the demo in an empty catalogue, else adds what is missing until 14 days after now. */
export async function fillDemo(database: Kysely<Tables>, nowMs: number): Promise<DemoOutcome> {
  return database.transaction().execute(async transaction => {
    await sql`select pg_advisory_xact_lock(1970497650, 2)`.execute(transaction)
    const kept = await readKept(transaction)
    if (kept === undefined && !(await isEmpty(transaction))) {
      return { isFirst: false, showCount: 0 } // DM1
    }
    const base = kept ?? (await makeHouses(transaction))
    const showCount = await fillDays(transaction, base, nowMs)
    return { isFirst: kept === undefined, showCount }
  })
}

async function isEmpty(transaction: Transaction<Tables>): Promise<boolean> {
  const city = await transaction.selectFrom('city').select('number').limit(1).executeTakeFirst()
  const movie = await transaction.selectFrom('movie').select('number').limit(1).executeTakeFirst()
  return city === undefined && movie === undefined
}

async function readKept(transaction: Transaction<Tables>): Promise<DemoKept | undefined> {
  const query = transaction.selectFrom('house').select('value').where('name', '=', HOUSE_NAME)
  return (await query.executeTakeFirst())?.value as DemoKept | undefined
}

async function makeHouses(transaction: Transaction<Tables>): Promise<DemoKept> {
  const movies: number[] = []
  for (const movie of DEMO_MOVIES) {
    const genres = [...(movie.genres ?? [])]
    const query = transaction
      .insertInto('movie')
      .values({ ...movie, genres })
      .returning('number')
    movies.push((await query.executeTakeFirstOrThrow()).number)
  }
  const halls: HallKept[] = []
  for (const city of DEMO_CITIES) halls.push(...(await makeCity(transaction, city)))
  return { halls, movies, filledUntil: '' }
}

async function makeCity(transaction: Transaction<Tables>, demo: DemoCity): Promise<HallKept[]> {
  const { name, country, timeZone, currency, basePrice } = demo
  const city = await transaction
    .insertInto('city')
    .values({ name, country, timeZone, currency })
    .returning('number')
    .executeTakeFirstOrThrow()
  const halls: HallKept[] = []
  for (const { name: cinemaName, halls: demoHalls } of demo.cinemas) {
    const cinema = await transaction
      .insertInto('cinema')
      .values({ city: city.number, name: cinemaName })
      .returning('number')
      .executeTakeFirstOrThrow()
    for (const hall of demoHalls) {
      const made = await makeHall(transaction, cinema.number, hall)
      halls.push({ ...made, timeZone, currency, basePrice, times: hall.times })
    }
  }
  return halls
}

async function makeHall(transaction: Transaction<Tables>, cinema: number, hall: DemoHall) {
  const layout = hall.draw()
  const auditorium = await transaction
    .insertInto('auditorium')
    .values({ cinema, name: hall.name })
    .returning('number')
    .executeTakeFirstOrThrow()
  const { number } = await transaction
    .insertInto('layout')
    .values({
      auditorium: auditorium.number,
      version: 1,
      digest: compilePlan(layout).digest,
      seatCount: layout.seats.length,
      categories: JSON.stringify(layout.categories),
      body: packLayoutSync(layout),
    })
    .returning('number')
    .executeTakeFirstOrThrow()
  return { auditorium: auditorium.number, layout: number, categories: layout.categories }
}

/** DM2: the days from today, or from the last filled one, to 14 days ahead. */
async function fillDays(
  transaction: Transaction<Tables>,
  kept: DemoKept,
  nowMs: number,
): Promise<number> {
  const rows: ShowDraft[] = []
  let filledUntil = kept.filledUntil
  for (let ahead = 0; ahead <= DAYS_AHEAD; ahead += 1) {
    const day = new Date(nowMs + ahead * DAY_MS).toISOString().slice(0, 10)
    if (day <= kept.filledUntil) continue
    filledUntil = day
    kept.halls.forEach((hall, index) => {
      rows.push(...showsOfDay({ hall, index, day }, kept.movies))
    })
  }
  const showCount = await insertShows(transaction, rows, nowMs)
  await keep(transaction, { ...kept, filledUntil })
  return showCount
}

interface ShowDraft {
  readonly movie: number
  readonly auditorium: number
  readonly layout: number
  readonly day: string
  readonly time: string
  readonly timeZone: string
  readonly prices: readonly number[]
  readonly currency: string
}

interface HallDay {
  readonly hall: HallKept
  readonly index: number
  readonly day: string
}

function showsOfDay({ hall, index, day }: HallDay, movies: readonly number[]): ShowDraft[] {
  const dayNumber = Math.floor(Date.parse(day) / DAY_MS)
  const { auditorium, layout, timeZone, currency, basePrice } = hall
  return hall.times.map((time, slot) => ({
    movie: movies[demoMovieIndex(index, dayNumber, slot)] ?? 0,
    auditorium,
    layout,
    day,
    time,
    timeZone,
    prices: demoPrices(hall, basePrice, isFreeScreening(index, dayNumber, slot)),
    currency,
  }))
}

/** DM3: the database knows the zones. A show of today that has begun is left out. */
async function insertShows(
  transaction: Transaction<Tables>,
  rows: readonly ShowDraft[],
  nowMs: number,
): Promise<number> {
  const policy = JSON.stringify(DEFAULT_POLICY)
  const drafts = JSON.stringify(rows)
  const now = new Date(nowMs)
  const inserted = await sql`
    insert into show (movie, auditorium, layout, starts_at, sales_open_at, sales_close_at, policy,
      prices, currency, is_demo)
    select d.movie, d.auditorium, d.layout, at.starts, ${now}::timestamptz, at.starts,
      ${policy}::jsonb, d.prices, d.currency, true
    from jsonb_to_recordset(${drafts}::jsonb) as d (movie int, auditorium int, layout int, day date,
      "time" time, "timeZone" text, prices jsonb, currency text)
    cross join lateral (select (d.day + d."time") at time zone d."timeZone" as starts) as at
    where at.starts > ${now}::timestamptz and exists (select from movie where number = d.movie)
      and exists (select from auditorium where number = d.auditorium)
    order by at.starts, d.auditorium`.execute(transaction)
  return Number(inserted.numAffectedRows ?? 0n)
}

async function keep(transaction: Transaction<Tables>, kept: DemoKept): Promise<void> {
  const value = JSON.stringify(kept)
  await transaction
    .insertInto('house')
    .values({ name: HOUSE_NAME, value })
    .onConflict(conflict => conflict.column('name').doUpdateSet({ value, updatedAt: new Date() }))
    .execute()
}
