// Layout versions in Postgres: adding one, and compiled plans of those that shows name.
//
// Owns: numbers and versions of layouts, the cache of plans.
// Leaves to others: what a layout is (shared/layout.ts), compiling (shared/seating-plan.ts).
//
//   LY1. Versions of an auditorium count 1, 2, 3 without a hole, whoever imports at the same time.
//   LY2. A plan whose digest is not the stored one is refused: replay would take other seats (S7).

import { type Kysely, sql, type Transaction } from 'kysely'
import { Fault } from '../shared/faults.ts'
import type { LayoutNumber } from '../shared/ids.ts'
import type { Layout } from '../shared/layout.ts'
import type { PlanSource } from '../shared/ports.ts'
import { compilePlan, type SeatingPlan } from '../shared/seating-plan.ts'
import { unpackLayout } from './layout-body.ts'
import { asFault } from './pg-errors.ts'
import type { Tables } from './tables.ts'

export interface PackedLayout {
  readonly digest: string
  readonly seatCount: number
  readonly categories: Layout['categories']
  /** gzipped JSON */
  readonly body: Uint8Array
}

/** undefined when there is no such auditorium. LY1: its row is locked while the version is taken. */
export async function addLayout(
  database: Kysely<Tables>,
  auditorium: number,
  layout: PackedLayout,
): Promise<{ readonly number: number; readonly version: number } | undefined> {
  return database.transaction().execute(transaction => insert(transaction, auditorium, layout))
}

async function insert(transaction: Transaction<Tables>, auditorium: number, layout: PackedLayout) {
  const locked = transaction.selectFrom('auditorium').select('number').forUpdate()
  const owner = await locked.where('number', '=', auditorium).executeTakeFirst()
  if (owner === undefined) return undefined
  const next = sql<number>`(
    select coalesce(max(version), 0) + 1 from layout where auditorium = ${auditorium})`
  return transaction
    .insertInto('layout')
    .values({
      auditorium,
      version: next,
      digest: layout.digest,
      seatCount: layout.seatCount,
      categories: JSON.stringify(layout.categories),
      body: Buffer.from(layout.body),
    })
    .returning(['number', 'version'])
    .executeTakeFirstOrThrow()
}

/** Plans are immutable and shared by all their Shows; an arena's is about two megabytes. */
export class PostgresPlanSource implements PlanSource {
  readonly #sql: Kysely<Tables>
  readonly #plans = new Map<LayoutNumber, SeatingPlan>()
  readonly #loading = new Map<LayoutNumber, Promise<SeatingPlan>>()

  constructor(database: Kysely<Tables>) {
    this.#sql = database
  }

  planOf(layout: LayoutNumber): SeatingPlan | undefined {
    return this.#plans.get(layout)
  }

  /** Throws Fault('layout-missing') and Fault('database-unavailable'). */
  load(layout: LayoutNumber): Promise<SeatingPlan> {
    const known = this.#plans.get(layout)
    if (known !== undefined) return Promise.resolve(known)
    const running = this.#loading.get(layout)
    if (running !== undefined) return running
    const loading = this.#read(layout).finally(() => this.#loading.delete(layout))
    this.#loading.set(layout, loading)
    return loading
  }

  async #read(number: LayoutNumber): Promise<SeatingPlan> {
    const query = this.#sql.selectFrom('layout').select(['digest', 'body'])
    const row = await query
      .where('number', '=', number)
      .executeTakeFirst()
      .catch(error => {
        throw asFault(error)
      })
    if (row === undefined) throw missing(number, 'is not in the database')
    const plan = compilePlan(await unpackLayout(row.body))
    if (plan.digest !== row.digest) throw missing(number, 'does not match its digest') // LY2
    this.#plans.set(number, plan)
    return plan
  }
}

function missing(number: LayoutNumber, what: string): Fault {
  return new Fault(
    'layout-missing',
    `Layout ${number} ${what}, but shows in the journal were sold on it: restore the database ` +
      'from its backup.',
  )
}
