// The catalogue and its demo on a real Postgres.

import assert from 'node:assert/strict'
import test from 'node:test'
import { createCatalogue } from '../../persistence/catalog.ts'
import { fillDemo } from '../../persistence/demo.ts'
import { ThreadedImporter } from '../../persistence/layout-importer.ts'
import { PostgresPlanSource } from '../../persistence/layout-store.ts'
import type { ShowFields, WriteOutcome } from '../../shared/catalogue.ts'
import { asLayoutNumber } from '../../shared/ids.ts'
import { DEFAULT_POLICY } from '../../shared/policy.ts'
import { freshDatabase } from '../support/postgres.ts'

const ALL = { after: 0, limit: 100 }
const DAY_MS = 24 * 60 * 60 * 1000

function done<Row>(outcome: WriteOutcome<Row>): Row {
  if (outcome.kind !== 'done') assert.fail(JSON.stringify(outcome))
  return outcome.row
}

const hall = {
  name: 'Hall',
  categories: [{ id: 'a', name: 'All' }],
  sections: [
    { name: 'S', rows: [{ name: 'A', seats: [{ number: 1, x: 0, y: 0, category: 'a' }] }] },
  ],
}

test('DM1 the demo has 3 zones and currencies, 6 cinemas, 11 halls, 8 films, 14 days', async () => {
  const database = await freshDatabase()
  const nowMs = Date.now()
  const outcome = await fillDemo(database.sql, nowMs)
  const catalogue = createCatalogue(database.sql)
  const cities = await catalogue.cities(ALL)
  assert.ok(outcome.isFirst && outcome.showCount > 200)
  assert.equal(new Set(cities.map(city => city.timeZone)).size, 3)
  assert.equal(new Set(cities.map(city => city.currency)).size, 3)
  const { rows } = await database.pool.query(`select (select count(*)::int from cinema) as cinemas,
    (select array_agg(seat_count order by seat_count) from layout) as sizes,
    (select count(*)::int from movie) as movies,
    (select count(distinct (starts_at at time zone 'UTC')::date)::int from show) as days,
    (select count(*)::int from show where prices @> '[0]') as free,
    (select extract(hour from min((starts_at at time zone time_zone)::time))::int
      from show join auditorium on auditorium.number = show.auditorium
      join cinema on cinema.number = cinema join city on city.number = city) as earliest`)
  const [found] = rows
  assert.equal(found.cinemas, 6)
  assert.deepEqual([found.sizes.at(0), found.sizes.at(-2), found.sizes.at(-1)], [60, 2_500, 20_000])
  assert.equal(found.sizes.length, 11)
  assert.equal(found.movies, 8)
  assert.ok(found.days >= 14)
  assert.ok(found.free > 20)
  assert.ok(found.earliest >= 17, 'shows begin in the venue-local evening')
  await database.stop()
})

test('DM2 a later start adds the missing days once and touches nothing else', async () => {
  const database = await freshDatabase()
  const nowMs = Date.now()
  await fillDemo(database.sql, nowMs)
  assert.equal((await fillDemo(database.sql, nowMs)).showCount, 0)
  const catalogue = createCatalogue(database.sql)
  done(await catalogue.writes.movie.replace(1, { title: 'Renamed' }))
  const later = await fillDemo(database.sql, nowMs + 3 * DAY_MS)
  assert.equal(later.showCount, 3 * 19)
  assert.equal((await fillDemo(database.sql, nowMs + 3 * DAY_MS)).showCount, 0)
  assert.equal((await catalogue.movie(1))?.title, 'Renamed')
  await database.stop()
})

test('DM1 a catalogue with anything of its own is left alone', async () => {
  const database = await freshDatabase()
  const { writes } = createCatalogue(database.sql)
  done(await writes.movie.create({ title: 'Mine' }))
  assert.deepEqual(await fillDemo(database.sql, Date.now()), { isFirst: false, showCount: 0 })
  await database.stop()
})

test('CA1 pages go by number; every list of the contract finds the demo', async () => {
  const database = await freshDatabase()
  await fillDemo(database.sql, Date.now())
  const catalogue = createCatalogue(database.sql)
  const first = await catalogue.moviesOfCity(1, { after: 0, limit: 3 })
  const next = await catalogue.moviesOfCity(1, { after: first[2]?.number ?? 0, limit: 3 })
  assert.equal(first.length, 3)
  assert.ok(next.every(movie => movie.number > (first[2]?.number ?? 0)))
  const [movie] = await catalogue.moviesOfCinema(1, ALL)
  assert.ok(movie !== undefined)
  const cinemas = await catalogue.cinemasOfMovie(movie.number, 1, ALL)
  assert.ok(cinemas.some(cinema => cinema.number === 1))
  const shows = await catalogue.showsOfMovie(movie.number, [1])
  assert.ok(shows.length > 0 && shows.every(show => show.cinema === 1))
  const starts = shows.map(show => show.startsAtMs)
  assert.deepEqual(starts, starts.toSorted())
  const halls = await catalogue.auditoriumsOfMovie(movie.number, undefined, ALL)
  assert.ok(halls.every(row => row.layout !== undefined))
  const hits = await catalogue.search('n', 10)
  assert.ok(hits.some(hit => hit.kind === 'city' && hit.name === 'New York'))
  assert.ok(hits.some(hit => hit.kind === 'cinema' && hit.name === 'Kino Nachtfalter'))
  assert.deepEqual(await catalogue.search('100%_', 10), [])
  await database.stop()
})

test("a day is the venue's day: 23:30 in New York belongs to the evening before UTC's", async () => {
  const database = await freshDatabase()
  const { catalogue, fields } = await smallHouse(database)
  const late = Date.parse('2031-01-11T04:30:00Z')
  const show = done(await catalogue.writes.show.create(fields(late)))
  const on = (date: string) => catalogue.showsOfAuditorium(1, { ...ALL, date })
  assert.deepEqual(
    (await on('2031-01-10')).map(row => row.number),
    [show.number],
  )
  assert.deepEqual(await on('2031-01-11'), [])
  await database.stop()
})

async function smallHouse(database: Awaited<ReturnType<typeof freshDatabase>>) {
  const catalogue = createCatalogue(database.sql)
  const { writes } = catalogue
  const zone = { country: 'US', timeZone: 'America/New_York', currency: 'USD' }
  const city = done(await writes.city.create({ name: 'New York', ...zone })).number
  const cinema = done(await writes.cinema.create({ city, name: 'Reel' })).number
  const auditorium = done(await writes.auditorium.create({ cinema, name: 'One' })).number
  const movie = done(await writes.movie.create({ title: 'Film', durationMinutes: 90 })).number
  const importer = new ThreadedImporter(database.sql)
  const bytes = new TextEncoder().encode(JSON.stringify(hall))
  const imported = await importer.importLayout(auditorium, bytes)
  if (imported.kind !== 'done') assert.fail(JSON.stringify(imported))
  const layout = imported.row.number
  await importer.stop()
  const fields = (startsAtMs: number): ShowFields => {
    const sales = { salesOpenAtMs: 0, salesCloseAtMs: startsAtMs }
    const what = { movie, auditorium, layout, policy: DEFAULT_POLICY, prices: [900] }
    return { ...what, startsAtMs, ...sales }
  }
  return { catalogue, fields, city, cinema, auditorium, movie, layout, imported: imported.row }
}

test('CW1 nothing that something hangs on is removed; free rows go', async () => {
  const database = await freshDatabase()
  const { catalogue, fields, city, cinema, auditorium, movie, layout } = await smallHouse(database)
  const { writes } = catalogue
  const show = done(await writes.show.create(fields(Date.now() + DAY_MS))).number
  for (const outcome of [
    await writes.city.remove(city),
    await writes.cinema.remove(cinema),
    await writes.auditorium.remove(auditorium),
    await writes.movie.remove(movie),
  ]) {
    assert.equal(outcome.kind, 'conflict')
  }
  done(await writes.show.remove(show))
  assert.equal((await writes.show.remove(show)).kind, 'absent')
  done(await writes.auditorium.remove(auditorium))
  assert.equal((await catalogue.layout(layout))?.layout.name, 'Hall', 'layouts outlive their hall')
  done(await writes.cinema.remove(cinema))
  done(await writes.city.remove(city))
  await database.stop()
})

test('a write that names a missing row says which field', async () => {
  const database = await freshDatabase()
  const { catalogue, fields } = await smallHouse(database)
  const { writes } = catalogue
  const start = Date.now() + DAY_MS
  assert.deepEqual(await writes.cinema.create({ city: 77, name: 'x' }), {
    kind: 'dangling',
    field: 'city',
  })
  for (const field of ['movie', 'auditorium', 'layout'] as const) {
    const outcome = await writes.show.create({ ...fields(start), [field]: 77 })
    assert.deepEqual(outcome, { kind: 'dangling', field })
  }
  assert.equal((await writes.movie.replace(77, { title: 'x' })).kind, 'absent')
  await database.stop()
})

test('CW2 a show keeps its currency while it stays in its hall, and overlaps are found', async () => {
  const database = await freshDatabase()
  const { catalogue, fields, city } = await smallHouse(database)
  const { writes } = catalogue
  const start = Date.now() + DAY_MS
  const show = done(await writes.show.create(fields(start)))
  const zone = { country: 'US', timeZone: 'America/New_York', currency: 'EUR' }
  done(await writes.city.replace(city, { name: 'New York', ...zone }))
  assert.equal(done(await writes.show.replace(show.number, fields(start))).currency, 'USD')
  const hour = 60 * 60 * 1000
  const overlapping = (from: number, to: number) => catalogue.overlapping(1, from, to)
  assert.deepEqual(await overlapping(start + hour, start + 2 * hour), [show.number])
  assert.deepEqual(await overlapping(start + 2 * hour, start + 3 * hour), [])
  assert.equal(done(await writes.cancelShow(show.number)).isCancelled, true)
  assert.deepEqual(await overlapping(start + hour, start + 2 * hour), [])
  await database.stop()
})

test('LY1 LY2 versions count up, plans load once, a changed body is refused', async () => {
  const database = await freshDatabase()
  const { auditorium, imported, catalogue } = await smallHouse(database)
  assert.equal(imported.version, 1)
  const importer = new ThreadedImporter(database.sql)
  const bytes = new TextEncoder().encode(JSON.stringify(hall))
  const outcomes = await Promise.all([1, 2, 3].map(() => importer.importLayout(auditorium, bytes)))
  const versions = outcomes.map(outcome => (outcome.kind === 'done' ? outcome.row.version : 0))
  assert.deepEqual(versions.toSorted(), [2, 3, 4])
  assert.equal((await importer.importLayout(77, bytes)).kind, 'absent')
  assert.equal((await importer.importLayout(auditorium, bytes.subarray(1))).kind, 'bad-json')
  await importer.stop()
  const newest = (await catalogue.auditorium(auditorium))?.layout
  assert.equal(newest === undefined ? 0 : (await catalogue.layout(newest))?.version, 4)

  const plans = new PostgresPlanSource(database.sql)
  const number = asLayoutNumber(imported.number)
  assert.equal(plans.planOf(number), undefined)
  const [left, right] = await Promise.all([plans.load(number), plans.load(number)])
  assert.ok(left === right && plans.planOf(number) === left)
  await database.pool.query(`update layout set digest = 'other' where number = $1`, [number])
  const fresh = new PostgresPlanSource(database.sql)
  await assert.rejects(fresh.load(number), { kind: 'layout-missing' })
  await assert.rejects(fresh.load(asLayoutNumber(99)), { kind: 'layout-missing' })
  await database.stop()
})
