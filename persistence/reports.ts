// What a Show has sold, from the ledger's tables: for the organiser's report.

import { type Kysely, sql } from 'kysely'
import { asLayoutNumber, type ShowNumber } from '../shared/ids.ts'
import type { PlanSource } from '../shared/ports.ts'
import type { CategoryReport, ReportStore, ShowReport } from '../shared/stores.ts'
import { guarded } from './pg-errors.ts'
import type { Tables } from './tables.ts'

export function createReports(database: Kysely<Tables>, plans: PlanSource): ReportStore {
  return guarded({ report: (show: ShowNumber) => reportOf(database, plans, show) })
}

interface Counts {
  readonly bookingCount: number
  readonly cancelledCount: number
}

interface SoldSeat {
  readonly seatIndex: number
  readonly price: number
}

async function reportOf(
  database: Kysely<Tables>,
  plans: PlanSource,
  show: ShowNumber,
): Promise<ShowReport> {
  const [counts, seats, layout] = await Promise.all([
    countsOf(database, show),
    soldSeatsOf(database, show),
    database.selectFrom('show').select('layout').where('number', '=', show).executeTakeFirst(),
  ])
  if (layout === undefined) return { ...counts, categories: [] }
  const plan = await plans.load(asLayoutNumber(layout.layout))
  return { ...counts, categories: byCategory(seats, plan.categoryOf, plan.categoryCount) }
}

async function countsOf(database: Kysely<Tables>, show: ShowNumber): Promise<Counts> {
  const { rows } = await sql<Counts>`
    select count(*) as booking_count, count(*) filter (where status = 'cancelled') as cancelled_count
    from booking where show = ${show} and number is not null`.execute(database)
  return rows[0] ?? { bookingCount: 0, cancelledCount: 0 }
}

function soldSeatsOf(database: Kysely<Tables>, show: ShowNumber): Promise<readonly SoldSeat[]> {
  return database
    .selectFrom('ticket')
    .innerJoin('booking', 'booking.id', 'ticket.booking')
    .select(['ticket.seatIndex', 'ticket.price'])
    .where('ticket.show', '=', show)
    .where('ticket.isLive', '=', true)
    .where('booking.status', 'in', ['confirmed', 'partly-cancelled'])
    .execute()
}

function byCategory(
  seats: readonly SoldSeat[],
  categoryOf: Uint8Array,
  categoryCount: number,
): readonly CategoryReport[] {
  const counts = new Array<number>(categoryCount).fill(0)
  const amounts = new Array<number>(categoryCount).fill(0)
  for (const { seatIndex, price } of seats) {
    const category = categoryOf[seatIndex] ?? 0
    counts[category] = (counts[category] ?? 0) + 1
    amounts[category] = (amounts[category] ?? 0) + price
  }
  return counts.map((soldCount, category) => {
    return { category, soldCount, amount: amounts[category] ?? 0 }
  })
}
