// `usher get shows`: shows of the catalogue whose sales have not closed, the soonest first.

import { sql } from 'kysely'
import { openDatabase } from '../../persistence/database.ts'
import { readConfig } from '../../shared/config.ts'
import { publicIdOf } from '../../shared/ids.ts'
import { printRows } from './rows.ts'

interface ShowRow {
  readonly number: number
  readonly movie: string
  readonly cinema: string
  readonly auditorium: string
  readonly startsAt: number
  readonly isCancelled: boolean
}

/** Server running or not. */
export async function printShows(limit: number, format: string): Promise<void> {
  const database = await openDatabase(readConfig())
  try {
    const { rows } = await sql<ShowRow>`
      select s.number, m.title as movie, c.name as cinema, a.name as auditorium,
        (extract(epoch from s.starts_at) * 1000)::float8 as starts_at, s.is_cancelled
      from show s join movie m on m.number = s.movie
      join auditorium a on a.number = s.auditorium join cinema c on c.number = a.cinema
      where s.sales_close_at > now() order by s.starts_at, s.number limit ${limit}`.execute(
      database.sql,
    )
    const shown = rows.map(({ number, startsAt, isCancelled, ...names }) => ({
      id: publicIdOf('show', number),
      startsAt: new Date(startsAt).toISOString(),
      ...names,
      state: isCancelled ? 'cancelled' : 'scheduled or on sale',
    }))
    printRows(shown, format)
  } finally {
    await database.stop()
  }
}
