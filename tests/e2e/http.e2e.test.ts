// The whole HTTP API of a real process, from an empty folder; every answer is judged by OpenAPI.

import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { HttpClient, outcomeOf, told } from '../support/http-client.ts'
import {
  type BookingJson,
  type HoldJson,
  HttpWorld,
  type Row,
  rowsOf,
} from '../support/http-world.ts'
import type { OpenApiCheck } from '../support/openapi-check.ts'
import { UsherProcess } from '../support/usher-process.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'usher-e2e-'))
const env = { USHER_RATE_LIMITS: 'off' }
const seen = new Set<string>()
let checks: readonly OpenApiCheck[] = []
let usher: UsherProcess
let http: HttpClient
let admin: string
let world: HttpWorld

async function start(): Promise<void> {
  usher = await UsherProcess.start({ dataDir, env })
  http = await HttpClient.of(usher.url.origin)
  checks = [...checks, http.check]
  admin = usher.adminToken
  world = new HttpWorld(http, admin)
}

before(async () => {
  chmodSync(dataDir, 0o711)
  await start()
})

after(async () => {
  assert.equal(await usher.stop(), 0)
  rmSync(dataDir, { recursive: true, force: true })
})

test('the demo catalogue leads from a city to a seat', async () => {
  const cities = rowsOf((await http.get('/v1/cities')).json)
  assert.ok(cities.length >= 3)
  const [city] = cities as [Row]
  const [movie] = rowsOf((await http.get(`/v1/cities/${city.id}/movies`)).json) as [Row]
  const [cinema] = rowsOf((await http.get(`/v1/cities/${city.id}/cinemas`)).json) as [Row]
  assert.ok(rowsOf((await http.get(`/v1/cinemas/${cinema.id}/movies`)).json).length > 0)
  const inCity = `?city=${city.id}`
  const cinemas = rowsOf((await http.get(`/v1/movies/${movie.id}/cinemas${inCity}`)).json)
  assert.ok(
    (cinemas as readonly (Row & { shows: unknown[] })[]).every(({ shows }) => shows.length > 0),
  )
  const halls = rowsOf((await http.get(`/v1/movies/${movie.id}/auditoriums${inCity}`)).json)
  const [hall] = halls as [Row]
  const shows = rowsOf((await http.get(`/v1/auditoriums/${hall.id}/shows?movie=${movie.id}`)).json)
  const [show] = shows as [Row & { startsAt: string }]
  const date = show.startsAt.slice(0, 10)
  assert.equal((await http.get(`/v1/auditoriums/${hall.id}/shows?date=${date}`)).status, 200)
  const { layoutId } = (await http.get(`/v1/shows/${show.id}`)).json as { layoutId: string }
  const layout = (await http.get(`/v1/layouts/${layoutId}`)).json as { seats: unknown[] }
  const seats = (await http.get(`/v1/shows/${show.id}/seats`)).json as { seatCount: number }
  assert.equal(layout.seats.length, seats.seatCount)
  const { title } = (await http.get(`/v1/movies/${movie.id}`)).json as { title: string }
  const hits = rowsOf((await http.get(`/v1/search?q=${encodeURIComponent(title)}`)).json)
  assert.ok(hits.some(hit => hit.id === movie.id))
})

test('F1 an acknowledged hold is in the next answer about seats', async () => {
  const { showId } = await world.show(900)
  const token = await world.guest()
  for (let round = 0; round < 10; round += 1) {
    const { id } = await world.held(showId, token, [round])
    assert.ok((await world.seats(showId)).held.includes(round))
    assert.equal(outcomeOf(await http.ask('DELETE', `/v1/holds/${id}`, { token })), '204')
    assert.ok((await world.seats(showId)).free.includes(round))
  }
})

test('a hold is changed, extended, repeated and refused as the contract says', async () => {
  const { showId } = await world.show(900)
  const token = await world.guest()
  const path = `/v1/shows/${showId}/holds`
  const body = { best: { count: 3, together: true } }
  const first = await http.post(path, { token, key: 'k1', body })
  const again = await http.post(path, { token, key: 'k1', body })
  assert.equal((again.json as Row).id, (first.json as Row).id)
  assert.equal(again.headers.get('idempotency-replayed'), 'true')
  const { id, sequence } = first.json as HoldJson
  const changed = await http.ask('PUT', `/v1/holds/${id}/seats`, { token, body: { seats: [0, 1] } })
  assert.ok((changed.json as HoldJson).sequence > sequence)
  assert.equal(outcomeOf(await http.post(`/v1/holds/${id}/extend`, { token })), '200')
  const refused = await http.post(path, { token: await world.guest(), body: { seats: [1, 2] } })
  assert.deepEqual(told(refused).conflicts, [{ seat: 1, state: 'held' }])
  const mine = rowsOf((await http.get(`/v1/holds?show=${showId}`, { token })).json)
  assert.deepEqual(
    mine.map(hold => hold.id),
    [id],
  )
  assert.equal(
    ((await http.get(`/v1/holds/${id}`, { token })).json as HoldJson).amount.amount,
    1_800,
  )
})

test('P2 a free booking is confirmed, listed, cancelled in part and whole', async () => {
  const { showId } = await world.show(0)
  const token = await world.guest()
  const { id } = await world.held(showId, token, [0, 1, 2])
  const body = { email: 'ines@example.org', name: 'Inês' }
  const booked = await http.post(`/v1/holds/${id}/book`, { token, body })
  assert.equal(outcomeOf(booked), '201', booked.text)
  const booking = booked.json as BookingJson
  assert.equal(booking.status, 'confirmed')
  const mine = rowsOf((await http.get('/v1/bookings', { token })).json)
  assert.deepEqual(
    mine.map(row => row.id),
    [booking.id],
  )
  const path = `/v1/bookings/${booking.id}`
  assert.equal(((await http.get(path, { token })).json as BookingJson).seats.length, 3)
  const tickets = [booking.seats[1]?.ticketId]
  const part = await http.post(`${path}/cancel`, { token, body: { tickets } })
  assert.equal((part.json as BookingJson).status, 'partly-cancelled')
  assert.deepEqual((await world.seats(showId)).sold, [0, 2])
  const whole = await http.post(`${path}/cancel`, { token })
  assert.equal((whole.json as BookingJson).status, 'cancelled')
  assert.deepEqual((await world.seats(showId)).sold, [])
})

test('the box office books for money, and the report adds it up', async () => {
  const { showId } = await world.show(1_100)
  const token = await world.guest()
  const { id } = await world.held(showId, token, [4, 5])
  const body = { email: 'till@example.org' }
  assert.equal(
    outcomeOf(await http.post(`/v1/holds/${id}/book`, { token, body })),
    '402 payment-required',
  )
  const booked = await http.post(`/v1/holds/${id}/book`, { token: admin, body })
  assert.equal(outcomeOf(booked), '201', booked.text)
  const path = `/v1/admin/shows/${showId}/report`
  const report = (await http.get(path, { token: admin })).json as { amount: { amount: number } }
  assert.equal(report.amount.amount, 2_200)
  const csv = await http.get(`${path}?format=csv`, { token: admin })
  assert.match(csv.text, new RegExp(`${showId},,total,24,2,2200,EUR`))
})

test('L2 who waits is offered what a release frees, and may decline', async () => {
  const { showId } = await world.show(500, { seatsMax: 24 })
  const [first, second] = [await world.guest(), await world.guest()]
  const all = Array.from({ length: 24 }, (_, seat) => seat)
  const { id } = await world.held(showId, first, all)
  const refused = await http.post(`/v1/shows/${showId}/holds`, {
    token: second,
    body: { best: { count: 2 } },
  })
  assert.equal(outcomeOf(refused), '409 sold-out')
  const body = { party: 2, minParty: 1 }
  const joined = await http.post(`/v1/shows/${showId}/waitlist`, { token: second, body })
  const entry = joined.json as Row & { state: string }
  assert.equal(entry.state, 'waiting')
  assert.equal(outcomeOf(await http.ask('DELETE', `/v1/holds/${id}`, { token: first })), '204')
  const path = `/v1/waitlist/${entry.id}`
  const offered = (await http.get(path, { token: second })).json as {
    state: string
    hold: HoldJson
  }
  assert.equal(offered.state, 'offered')
  assert.equal(offered.hold.seats.length, 2)
  const declined = await http.post(`${path}/decline`, { token: second })
  assert.equal((declined.json as { state: string }).state, 'waiting')
  const mine = await http.get(`/v1/waitlist?show=${showId}`, { token: second })
  assert.deepEqual(
    rowsOf(mine.json).map(row => row.id),
    [entry.id],
  )
  assert.equal(outcomeOf(await http.ask('DELETE', path, { token: second })), '204')
})

test('H3 a hold ends at its deadline, never before', async () => {
  const { showId } = await world.show(500, { holdTtlMs: 1_000 })
  const token = await world.guest()
  const { id } = await world.held(showId, token, [0])
  const heldAt = performance.now()
  let phase = 'selecting'
  while (phase === 'selecting' && performance.now() - heldAt < 5_000) {
    phase = ((await http.get(`/v1/holds/${id}`, { token })).json as HoldJson).phase
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  const livedMs = performance.now() - heldAt
  assert.equal(phase, 'expired')
  assert.ok(livedMs > 950 && livedMs < 3_000, `lived ${livedMs} ms`)
  assert.equal(outcomeOf(await http.ask('DELETE', `/v1/holds/${id}`, { token })), '204')
})

test('the catalogue is managed: replaced, blocked, cancelled, removed', async () => {
  const { cityId, auditoriumId, movieId, showId, body } = await world.show(700)
  const { token } = { token: admin }
  const put = (path: string, what: object) =>
    http.ask('PUT', `/v1/admin/${path}`, { token, body: what })
  const remove = (path: string) => http.ask('DELETE', `/v1/admin/${path}`, { token })
  const city = { name: 'Porto', country: 'PT', timeZone: 'Europe/Lisbon', currency: 'EUR' }
  assert.equal(outcomeOf(await put(`cities/${cityId}`, { ...city, name: 'O Porto' })), '200')
  assert.equal(outcomeOf(await put(`movies/${movieId}`, { title: 'Aniki-Bóbó' })), '200')
  const { json } = await http.get(`/v1/shows/${showId}`)
  const { cinema } = json as { cinema: { id: string; cityId: string; name: string } }
  assert.equal(outcomeOf(await put(`cinemas/${cinema.id}`, { cityId, name: 'Trindade' })), '200')
  const hall = { cinemaId: cinema.id, name: 'Sala 2' }
  assert.equal(outcomeOf(await put(`auditoriums/${auditoriumId}`, hall)), '200')
  const dearer = await put(`shows/${showId}`, { ...body, prices: { 'category-0': 800 } })
  assert.equal(outcomeOf(dearer), '200', dearer.text)
  const shown = (await http.get(`/v1/shows/${showId}`)).json as { movie: { title: string } }
  assert.equal(shown.movie.title, 'Aniki-Bóbó')
  const seats = { seats: [0, 1], reason: 'camera' }
  const path = `/v1/admin/shows/${showId}`
  assert.equal(outcomeOf(await http.post(`${path}/block`, { token, body: seats })), '200')
  assert.equal(outcomeOf(await http.post(`${path}/unblock`, { token, body: seats })), '200')
  assert.equal(outcomeOf(await remove(`auditoriums/${auditoriumId}`)), '409 conflict')
  assert.equal(outcomeOf(await http.post(`${path}/cancel`, { token })), '200')
  assert.equal(outcomeOf(await remove(`shows/${showId}`)), '204')
  for (const row of [`auditoriums/${auditoriumId}`, `movies/${movieId}`, `cinemas/${cinema.id}`]) {
    const removed = await remove(row)
    assert.match(outcomeOf(removed), /^204$|^409 conflict$/, `${row}: ${removed.text}`)
  }
  const last = await world.made('cities', { ...city, name: 'Faro' })
  assert.equal(outcomeOf(await remove(`cities/${last}`)), '204')
})

test('a pretix seating plan is imported, its mistakes are told with their path', async () => {
  const { auditoriumId } = await world.show(500)
  const seat = (number: number) => ({
    seat_guid: `A${number}`,
    seat_number: String(number),
    position: { x: number * 30, y: 0 },
    category: 'Stalls',
  })
  const row = { row_number: 'A', position: { x: 0, y: 0 }, seats: [seat(1), seat(2), seat(3)] }
  const zone = { name: 'Parkett', position: { x: 0, y: 40 }, rows: [row], areas: [] }
  const plan = {
    name: 'Small',
    categories: [{ name: 'Stalls', color: '#aa0000' }],
    zones: [zone],
    size: { width: 400, height: 300 },
    extra: true,
  }
  const path = `/v1/admin/auditoriums/${auditoriumId}/layouts`
  const answer = await http.post(path, { token: admin, body: plan })
  assert.equal(outcomeOf(answer), '201', answer.text)
  const { id, version, warnings } = answer.json as Row & { version: number; warnings: string[] }
  assert.equal(version, 2)
  assert.ok(warnings.length > 0, 'the unknown field is told')
  const layout = (await http.get(`/v1/layouts/${id}`)).json as { seats: unknown[] }
  assert.equal(layout.seats.length, 3)
  const wrong = {
    ...plan,
    zones: [{ ...zone, rows: [{ ...row, seats: [{ ...seat(1), category: 'Gone' }] }] }],
  }
  const refused = await http.post(path, { token: admin, body: wrong })
  assert.equal(outcomeOf(refused), '422 validation')
  assert.match(told(refused).errors?.[0]?.pointer ?? '', /^\/zones\/0\/rows\/0\/seats\/0/)
  const broken = await http.post(path, { token: admin, rawBody: '{"zones":' })
  assert.equal(outcomeOf(broken), '400 bad-json')
})

test('two tabs with one key hold once; two keys hold twice', async () => {
  const { showId } = await world.show(500)
  const token = await world.guest()
  const ask = (key: string) =>
    http.post(`/v1/shows/${showId}/holds`, { token, key, body: { best: { count: 1 } } })
  const answers = await Promise.all([ask('tab'), ask('tab'), ask('tab'), ask('other')])
  const ids = new Set(answers.map(answer => (answer.json as Row).id))
  assert.equal(ids.size, 2)
  assert.equal((await world.seats(showId)).held.length, 2)
})

test('the keys and the admin token are readable by their owner alone', () => {
  for (const name of ['keys.json', 'admin-token']) {
    assert.equal(statSync(join(dataDir, name)).mode & 0o777, 0o600, name)
  }
})

test('a second start keeps holds, bookings, waiters, tokens and repeats', async () => {
  const { showId } = await world.show(0, { seatsMax: 24 })
  const token = await world.guest()
  const all = Array.from({ length: 24 }, (_, seat) => seat)
  const before = await world.held(showId, token, all.slice(0, 20))
  const sold = await world.held(showId, token, all.slice(20))
  const body = { email: 'rui@example.org' }
  const booked = await http.post(`/v1/holds/${sold.id}/book`, { token, key: 'b', body })
  const waiter = await world.guest()
  const wait = { token: waiter, key: 'w', body: { party: 2 } }
  const joined = await http.post(`/v1/shows/${showId}/waitlist`, wait)
  assert.equal((joined.json as { state: string }).state, 'waiting')
  assert.equal(await usher.stop(), 0)
  await start()
  const kept = (await http.get(`/v1/holds/${before.id}`, { token })).json as HoldJson
  assert.deepEqual([kept.phase, kept.epoch, kept.seats], ['selecting', before.epoch, before.seats])
  const again = await http.post(`/v1/holds/${sold.id}/book`, { token, key: 'b', body })
  assert.equal(again.headers.get('idempotency-replayed'), 'true')
  assert.equal((again.json as Row).id, (booked.json as Row).id)
  const place = (await http.get(`/v1/waitlist?show=${showId}`, { token: waiter })).json
  assert.deepEqual(
    rowsOf(place).map(row => row.id),
    [(joined.json as Row).id],
  )
  assert.equal(outcomeOf(await http.ask('DELETE', `/v1/holds/${before.id}`, { token })), '204')
  const entry = await http.get(`/v1/waitlist/${(joined.json as Row).id}`, { token: waiter })
  assert.equal((entry.json as { state: string }).state, 'offered')
})

test('every operation of the document was asked and answered', () => {
  for (const check of checks) for (const operation of check.seen) seen.add(operation)
  const missing = http.check.operations.filter(operation => !seen.has(operation))
  assert.deepEqual(missing, [])
})
