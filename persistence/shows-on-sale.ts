// The catalogue's shows that a shard should know: not over, not cancelled; read in pages.

import { type Kysely, sql } from 'kysely'
import type { ShowRow } from '../shared/catalogue.ts'
import { selectShows, showRowOf } from './catalog-rows.ts'
import type { Tables } from './tables.ts'

const ROWS_PER_PAGE = 1_000

/** In order of number, a page at a time. */
export async function* showsOnSale(database: Kysely<Tables>): AsyncIterable<readonly ShowRow[]> {
  for (let after = 0; ; ) {
    const rows = await selectShows(database)
      .where('show.number', '>', after)
      .where(sql<boolean>`show.sales_close_at > now()`)
      .where('show.isCancelled', '=', false)
      .orderBy('show.number')
      .limit(ROWS_PER_PAGE)
      .execute()
    const last = rows.at(-1)
    if (last === undefined) return
    yield rows.map(showRowOf)
    after = last.number
  }
}
