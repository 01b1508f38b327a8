// Writes to the catalogue, each answering what became of it.
//
// Owns: the SQL of writes, and turning a refused statement into an outcome.
// Leaves to others: who may write, the checks of single fields (gateway/schemas), telling the shards.
//
//   CW1. Nothing that something hangs on is removed; the answer says what hangs on it.
//   CW2. A Show keeps the currency it was made with as long as it stays in its auditorium (S7).
//   CW3. A Show that anybody held seats of or waited for is cancelled, never removed.

import { type Insertable, type Kysely, sql } from 'kysely'
import type {
  AuditoriumFields,
  AuditoriumRow,
  Catalogue,
  CinemaFields,
  CinemaRow,
  CityFields,
  CityRow,
  MovieFields,
  MovieRow,
  RowWrites,
  ShowFields,
  ShowRow,
  WriteOutcome,
} from '../shared/catalogue.ts'
import { movieRowOf, selectAuditoriums } from './catalog-rows.ts'
import { constraintOf, FOREIGN_KEY_VIOLATION, sqlStateOf } from './pg-errors.ts'
import type { MovieTable, ShowTable, Tables } from './tables.ts'

type ReadShow = (number: number) => Promise<ShowRow | undefined>

export function createWrites(database: Kysely<Tables>, readShow: ReadShow): Catalogue['writes'] {
  return {
    city: cityWrites(database),
    cinema: cinemaWrites(database),
    auditorium: auditoriumWrites(database),
    movie: movieWrites(database),
    show: new ShowWrites(database, readShow),
    cancelShow: number => cancelShow(database, readShow, number),
  }
}

const HANGS: Readonly<Record<string, string>> = {
  cinema_city_fkey: 'The city still has cinemas: remove them first.',
  auditorium_cinema_fkey: 'The cinema still has auditoriums: remove them first.',
  show_auditorium_fkey: 'The auditorium still has shows: remove or move them first.',
  show_movie_fkey: 'The movie still has shows: remove them first.',
}

/** A row that was written, or the reason why it was not. */
async function outcomeOf<Row>(write: () => Promise<Row | undefined>): Promise<WriteOutcome<Row>> {
  try {
    const row = await write()
    return row === undefined ? { kind: 'absent' } : { kind: 'done', row }
  } catch (error) {
    if (sqlStateOf(error) !== FOREIGN_KEY_VIOLATION) throw error
    const field = /^[a-z]+_([a-z]+)_fkey$/.exec(constraintOf(error))?.[1] ?? 'number'
    return { kind: 'dangling', field }
  }
}

/** CW1 */
async function removalOf(
  remove: () => Promise<{ readonly numDeletedRows: bigint }>,
): Promise<WriteOutcome<undefined>> {
  try {
    const { numDeletedRows } = await remove()
    return numDeletedRows === 0n ? { kind: 'absent' } : { kind: 'done', row: undefined }
  } catch (error) {
    if (sqlStateOf(error) !== FOREIGN_KEY_VIOLATION) throw error
    const detail = HANGS[constraintOf(error)] ?? 'Other rows still name it: remove them first.'
    return { kind: 'conflict', detail }
  }
}

function cityWrites(database: Kysely<Tables>): RowWrites<CityFields, CityRow> {
  return {
    create: fields =>
      outcomeOf(() => database.insertInto('city').values(fields).returningAll().executeTakeFirst()),
    replace: (number, fields) =>
      outcomeOf(() =>
        database
          .updateTable('city')
          .set(fields)
          .where('number', '=', number)
          .returningAll()
          .executeTakeFirst(),
      ),
    remove: number =>
      removalOf(() => database.deleteFrom('city').where('number', '=', number).executeTakeFirst()),
  }
}

function cinemaWrites(database: Kysely<Tables>): RowWrites<CinemaFields, CinemaRow> {
  return {
    create: fields =>
      outcomeOf(() =>
        database.insertInto('cinema').values(fields).returningAll().executeTakeFirst(),
      ),
    replace: (number, fields) =>
      outcomeOf(() =>
        database
          .updateTable('cinema')
          .set(fields)
          .where('number', '=', number)
          .returningAll()
          .executeTakeFirst(),
      ),
    remove: number =>
      removalOf(() =>
        database.deleteFrom('cinema').where('number', '=', number).executeTakeFirst(),
      ),
  }
}

function auditoriumWrites(database: Kysely<Tables>): RowWrites<AuditoriumFields, AuditoriumRow> {
  const read = async (number: number): Promise<AuditoriumRow | undefined> => {
    const query = selectAuditoriums(database).where('auditorium.number', '=', number)
    const row = await query.executeTakeFirst()
    return row === undefined ? undefined : { ...row, layout: row.layout ?? undefined }
  }
  return {
    create: fields =>
      outcomeOf(async () => {
        const query = database.insertInto('auditorium').values(fields).returning('number')
        return read((await query.executeTakeFirstOrThrow()).number)
      }),
    replace: (number, fields) =>
      outcomeOf(async () => {
        const query = database.updateTable('auditorium').set(fields).where('number', '=', number)
        await query.execute()
        return read(number)
      }),
    remove: number =>
      removalOf(() =>
        database.deleteFrom('auditorium').where('number', '=', number).executeTakeFirst(),
      ),
  }
}

function movieColumns(fields: MovieFields): Insertable<MovieTable> {
  return {
    title: fields.title,
    synopsis: fields.synopsis ?? null,
    durationMinutes: fields.durationMinutes ?? null,
    language: fields.language ?? null,
    certificate: fields.certificate ?? null,
    genres: fields.genres === undefined ? null : [...fields.genres],
    releasedOn: fields.releasedOn ?? null,
    posterUrl: fields.posterUrl ?? null,
  }
}

function movieWrites(database: Kysely<Tables>): RowWrites<MovieFields, MovieRow> {
  return {
    create: fields =>
      outcomeOf(async () => {
        const query = database.insertInto('movie').values(movieColumns(fields)).returningAll()
        return movieRowOf(await query.executeTakeFirstOrThrow())
      }),
    replace: (number, fields) =>
      outcomeOf(async () => {
        const query = database.updateTable('movie').set(movieColumns(fields)).returningAll()
        const row = await query.where('number', '=', number).executeTakeFirst()
        return row === undefined ? undefined : movieRowOf(row)
      }),
    remove: number =>
      removalOf(() => database.deleteFrom('movie').where('number', '=', number).executeTakeFirst()),
  }
}

class ShowWrites implements RowWrites<ShowFields, ShowRow> {
  readonly #sql: Kysely<Tables>
  readonly #read: ReadShow

  constructor(database: Kysely<Tables>, read: ReadShow) {
    this.#sql = database
    this.#read = read
  }

  async create(fields: ShowFields): Promise<WriteOutcome<ShowRow>> {
    const currency = await this.#currencyAt(fields.auditorium)
    if (currency === undefined) return { kind: 'dangling', field: 'auditorium' }
    return outcomeOf(async () => {
      const values = { ...showColumns(fields), currency }
      const query = this.#sql.insertInto('show').values(values).returning('number')
      return this.#read((await query.executeTakeFirstOrThrow()).number)
    })
  }

  async replace(number: number, fields: ShowFields): Promise<WriteOutcome<ShowRow>> {
    const current = await this.#read(number)
    if (current === undefined) return { kind: 'absent' }
    const hasMoved = current.auditorium !== fields.auditorium
    const currency = hasMoved ? await this.#currencyAt(fields.auditorium) : current.currency // CW2
    if (currency === undefined) return { kind: 'dangling', field: 'auditorium' }
    return outcomeOf(async () => {
      const query = this.#sql.updateTable('show').set({ ...showColumns(fields), currency })
      await query.where('number', '=', number).execute()
      return this.#read(number)
    })
  }

  /** CW3: by what the ledger has seen; a hold of this very moment is the caller's to exclude. */
  async remove(number: number): Promise<WriteOutcome<undefined>> {
    const used = await sql`
      select 1 from transition where show = ${number}
        and kind in ('seats-held', 'waiter-joined', 'waiter-offered', 'hold-settling')
      limit 1`.execute(this.#sql)
    if (used.rows.length > 0) {
      return {
        kind: 'conflict',
        detail: 'Seats of the show were held or booked: cancel it instead of removing it.',
      }
    }
    return removalOf(() =>
      this.#sql.deleteFrom('show').where('number', '=', number).executeTakeFirst(),
    )
  }

  async #currencyAt(auditorium: number): Promise<string | undefined> {
    const row = await this.#sql
      .selectFrom('auditorium')
      .innerJoin('cinema', 'cinema.number', 'auditorium.cinema')
      .innerJoin('city', 'city.number', 'cinema.city')
      .select('city.currency')
      .where('auditorium.number', '=', auditorium)
      .executeTakeFirst()
    return row?.currency
  }
}

function showColumns(fields: ShowFields): Omit<Insertable<ShowTable>, 'currency'> {
  return {
    movie: fields.movie,
    auditorium: fields.auditorium,
    layout: fields.layout,
    startsAt: new Date(fields.startsAtMs),
    salesOpenAt: new Date(fields.salesOpenAtMs),
    salesCloseAt: new Date(fields.salesCloseAtMs),
    policy: JSON.stringify(fields.policy),
    prices: JSON.stringify(fields.prices),
  }
}

async function cancelShow(
  database: Kysely<Tables>,
  read: ReadShow,
  number: number,
): Promise<WriteOutcome<ShowRow>> {
  return outcomeOf(async () => {
    const query = database.updateTable('show').set({ isCancelled: true })
    await query.where('number', '=', number).execute()
    return read(number)
  })
}
