// Brings shards and catalogue together at start: a show whose row outlived a crash is opened, or told its terms.
//
//   N1. The catalogue's row is the wish, the journal the fact: a wish that the shard refuses is logged
//       and changes nothing.

import type { ShowRow } from '../shared/catalogue.ts'
import type { Request } from '../shared/commands.ts'
import { asLayoutNumber, asShowNumber } from '../shared/ids.ts'
import type { Log } from '../shared/log.ts'
import type { PlanSource } from '../shared/ports.ts'
import type { Reply } from '../shared/views.ts'
import { termsOf } from './http/show-terms.ts'

export interface OpenShowsOptions {
  readonly pages: AsyncIterable<readonly ShowRow[]>
  readonly plans: PlanSource
  readonly ask: (request: Request) => Promise<Reply>
  readonly log: Log
}

/** How many shows stand open. */
export async function openShows(options: OpenShowsOptions): Promise<number> {
  let count = 0
  for await (const rows of options.pages) {
    for (const layout of new Set(rows.map(row => row.layout))) {
      await options.plans.load(asLayoutNumber(layout))
    }
    const opened = await Promise.all(rows.map(row => openShow(row, options)))
    count += opened.filter(Boolean).length
  }
  return count
}

async function openShow(row: ShowRow, { ask, log }: OpenShowsOptions): Promise<boolean> {
  const show = asShowNumber(row.number)
  const terms = termsOf(row)
  const opened = await ask({ kind: 'open-show', show, terms })
  if (opened.kind === 'done') return true
  const changed = await ask({ kind: 'change-show', show, terms })
  if (changed.kind === 'done') return true
  log.warn({ show, reply: changed }, 'a show of the catalogue could not be opened')
  return false
}
