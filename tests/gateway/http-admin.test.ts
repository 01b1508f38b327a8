// Catalogue management over HTTP.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { hallOf } from '../support/halls.ts'
import { HttpClient, outcomeOf, told } from '../support/http-client.ts'
import { HttpHouse } from '../support/http-house.ts'

let house: HttpHouse
let http: HttpClient
let admin: string

before(async () => {
  house = await HttpHouse.open()
  http = await HttpClient.of(house.url)
  admin = await house.role('admin')
})

after(() => house.close())

const CITY = { name: 'Lyon', country: 'FR', timeZone: 'Europe/Paris', currency: 'EUR' }

async function made(plural: string, body: object): Promise<string> {
  const answer = await http.post(`/v1/admin/${plural}`, { token: admin, body })
  assert.equal(outcomeOf(answer), '201', answer.text)
  return (answer.json as { id: string }).id
}

/** A city with one hall, ready for shows. */
async function hall() {
  const cityId = await made('cities', CITY)
  const cinemaId = await made('cinemas', { cityId, name: 'Lumière' })
  const auditoriumId = await made('auditoriums', { cinemaId, name: 'Grande' })
  const movieId = await made('movies', { title: 'Arrival of a Train', durationMinutes: 90 })
  return { cityId, cinemaId, auditoriumId, movieId }
}

async function withLayout(auditoriumId: string, categories = 1): Promise<void> {
  const body = hallOf({ rows: 4, seatsPerRow: 8, categories })
  const path = `/v1/admin/auditoriums/${auditoriumId}/layouts`
  const answer = await http.post(path, { token: admin, body })
  assert.equal(outcomeOf(answer), '201', answer.text)
}

test('V1 a write is visible at once, also where the read was cached', async () => {
  const id = await made('cities', CITY)
  const before = await http.get('/v1/cities?limit=100')
  assert.ok(before.text.includes(id))
  const renamed = { ...CITY, name: 'Lyon-sur-Rhône' }
  const answer = await http.ask('PUT', `/v1/admin/cities/${id}`, { token: admin, body: renamed })
  assert.equal(outcomeOf(answer), '200')
  assert.ok((await http.get('/v1/cities?limit=100')).text.includes('Lyon-sur-Rhône'))
  const removed = await http.ask('DELETE', `/v1/admin/cities/${id}`, { token: admin })
  assert.equal(outcomeOf(removed), '204')
  assert.ok(!(await http.get('/v1/cities?limit=100')).text.includes(id))
  const gone = await http.ask('DELETE', `/v1/admin/cities/${id}`, { token: admin })
  assert.equal(outcomeOf(gone), '404 not-found')
})

test('V2 what something hangs on stays, and a row that is named must exist', async () => {
  const { cityId } = await hall()
  const answer = await http.ask('DELETE', `/v1/admin/cities/${cityId}`, { token: admin })
  assert.equal(outcomeOf(answer), '409 conflict')
  const body = { cityId: 'city_9999', name: 'Nowhere' }
  const dangling = await http.post('/v1/admin/cinemas', { token: admin, body })
  assert.equal(outcomeOf(dangling), '422 validation')
  assert.equal(told(dangling).errors?.[0]?.pointer, '/cityId')
})

test('A3 management needs the role admin', async () => {
  for (const role of ['box-office', 'staff', 'ops'] as const) {
    const token = await house.role(role)
    const answer = await http.post('/v1/admin/cities', { token, body: CITY })
    assert.equal(outcomeOf(answer), '403 forbidden')
  }
  const answer = await http.post('/v1/admin/cities', { body: CITY })
  assert.equal(outcomeOf(answer), '401 token-invalid')
  assert.equal(answer.headers.get('www-authenticate'), 'Bearer')
})

test('D5 a repeat of a management write makes nothing new', async () => {
  const first = await http.post('/v1/admin/cities', { token: admin, key: 'c1', body: CITY })
  const again = await http.post('/v1/admin/cities', { token: admin, key: 'c1', body: CITY })
  assert.equal(again.status, 201)
  assert.equal(again.text, first.text)
  assert.equal(again.headers.get('idempotency-replayed'), 'true')
  const other = { token: admin, key: 'c1', body: { ...CITY, name: 'Nice' } }
  const refused = await http.post('/v1/admin/cities', other)
  assert.equal(outcomeOf(refused), '422 idempotency-mismatch')
  const broken = { token: admin, key: 'c2', body: { cityId: 'city_9999', name: 'X' } }
  assert.equal(outcomeOf(await http.post('/v1/admin/cinemas', broken)), '422 validation')
  const { id } = first.json as { id: string }
  const mended = { ...broken, body: { cityId: id, name: 'X' } }
  assert.equal(
    outcomeOf(await http.post('/v1/admin/cinemas', mended)),
    '201',
    'a refusal is not kept',
  )
})

test('M1 a show needs a layout and a price for each of its categories, then sells at once', async () => {
  const { auditoriumId, movieId } = await hall()
  const body = {
    movieId,
    auditoriumId,
    startsAt: new Date(Date.now() + 86_400_000).toISOString(),
    prices: { 'category-0': 900, 'category-1': 0 },
    policy: { holdTtlMs: 2_000, orphans: 'off' },
  }
  const early = await http.post('/v1/admin/shows', { token: admin, body })
  assert.equal(outcomeOf(early), '409 conflict')
  await withLayout(auditoriumId, 2)
  const bad = { ...body, prices: { 'category-0': 1, vip: 2 } }
  const refused = await http.post('/v1/admin/shows', { token: admin, body: bad })
  const pointers = told(refused).errors?.map(({ pointer }) => pointer)
  assert.deepEqual(pointers, ['/prices/category-1', '/prices/vip'])
  const answer = await http.post('/v1/admin/shows', { token: admin, body })
  assert.equal(outcomeOf(answer), '201', answer.text)
  const show = answer.json as { id: string; status: string; policy: { holdTtlMs: number } }
  assert.equal(show.status, 'on-sale')
  assert.equal(show.policy.holdTtlMs, 2_000)
  const token = await house.guest()
  const held = await http.post(`/v1/shows/${show.id}/holds`, { token, body: { seats: [0] } })
  assert.equal(outcomeOf(held), '201')
  const second = await http.post('/v1/admin/shows', { token: admin, body })
  assert.equal((second.json as { warnings: string[] }).warnings.length, 1)
})

test('M1 when the shard does not answer, the row of the new show goes again', async () => {
  const { auditoriumId, movieId } = await hall()
  await withLayout(auditoriumId)
  const startsAt = new Date(Date.now() + 86_400_000).toISOString()
  const body = { movieId, auditoriumId, startsAt, prices: { 'category-0': 1 } }
  house.link.fault = {
    kind: 'fault',
    code: 'shard-unavailable',
    detail: 'No owner.',
    retryAfterMs: 500,
  }
  const answer = await http.post('/v1/admin/shows', { token: admin, body })
  house.link.fault = undefined
  assert.equal(outcomeOf(answer), '503 shard-unavailable')
  assert.equal(answer.headers.get('retry-after'), '1')
  assert.deepEqual(
    await house.catalogue.showsOfAuditorium(Number(auditoriumId.split('_')[1]), {
      after: 0,
      limit: 9,
    }),
    [],
  )
})

test('M2 prices change for later holds; after a hold the layout is fixed', async () => {
  const { auditoriumId, movieId } = await hall()
  await withLayout(auditoriumId)
  const startsAt = new Date(Date.now() + 86_400_000).toISOString()
  const body = { movieId, auditoriumId, startsAt, prices: { 'category-0': 100 } }
  const id = await made('shows', body)
  const token = await house.guest()
  await http.post(`/v1/shows/${id}/holds`, { token, body: { seats: [0, 1] } })
  const dearer = { ...body, prices: { 'category-0': 200 } }
  const changed = await http.ask('PUT', `/v1/admin/shows/${id}`, { token: admin, body: dearer })
  assert.equal(outcomeOf(changed), '200', changed.text)
  const held = await http.post(`/v1/shows/${id}/holds`, { token, body: { seats: [4, 5] } })
  assert.equal((held.json as { amount: { amount: number } }).amount.amount, 400)
  const other = await hall()
  await withLayout(other.auditoriumId)
  const moved = { ...dearer, auditoriumId: other.auditoriumId }
  const refused = await http.ask('PUT', `/v1/admin/shows/${id}`, { token: admin, body: moved })
  assert.equal(outcomeOf(refused), '409 conflict')
  const kept = await http.ask('DELETE', `/v1/admin/shows/${id}`, { token: admin })
  assert.equal(outcomeOf(kept), '409 conflict')
})

test('S6 blocking takes free seats only, and says which were not', async () => {
  const show = await house.show()
  const token = await house.guest()
  await http.post(`/v1/shows/${show}/holds`, { token, body: { seats: [9] } })
  const path = `/v1/admin/shows/${show}`
  const body = { seats: [8, 9], reason: 'broken' }
  const refused = await http.post(`${path}/block`, { token: admin, body })
  assert.equal(outcomeOf(refused), '409 seat-taken')
  assert.deepEqual(told(refused).conflicts, [{ seat: 9, state: 'held' }])
  const blocked = await http.post(`${path}/block`, {
    token: admin,
    body: { ...body, seats: [7, 8] },
  })
  assert.equal((blocked.json as { counts: { blocked: number } }).counts.blocked, 2)
  const free = await http.post(`${path}/unblock`, { token: admin, body: { ...body, seats: [7] } })
  assert.equal((free.json as { counts: { blocked: number } }).counts.blocked, 1)
})

test('M3 a cancelled show sells nothing and its holds end', async () => {
  const show = await house.show()
  const token = await house.guest()
  const held = await http.post(`/v1/shows/${show}/holds`, { token, body: { seats: [0] } })
  const answer = await http.post(`/v1/admin/shows/${show}/cancel`, { token: admin })
  assert.equal((answer.json as { status: string }).status, 'cancelled')
  const again = await http.post(`/v1/admin/shows/${show}/cancel`, { token: admin })
  assert.equal(outcomeOf(again), '200')
  const { id } = held.json as { id: string }
  const hold = (await http.get(`/v1/holds/${id}`, { token })).json as { phase: string }
  assert.ok(['released', 'expired'].includes(hold.phase))
  const late = await http.post(`/v1/shows/${show}/holds`, { token, body: { seats: [1] } })
  assert.equal(outcomeOf(late), '409 show-not-on-sale')
})

test('the report counts seats and money by category, also as CSV', async () => {
  const show = await house.show({ price: 700 })
  const clerk = await house.role('box-office')
  const held = await http.post(`/v1/shows/${show}/holds`, { token: clerk, body: { seats: [0, 1] } })
  const { id } = held.json as { id: string }
  await http.post(`/v1/holds/${id}/book`, { token: clerk, body: { email: 'till@example.org' } })
  const report = await http.get(`/v1/admin/shows/${show}/report`, { token: admin })
  const told = report.json as {
    amount: { amount: number }
    bookingCount: number
    seatCount: number
  }
  assert.deepEqual([told.amount.amount, told.bookingCount, told.seatCount], [1_400, 1, 50])
  const headers = { accept: 'text/csv' }
  const csv = await http.get(`/v1/admin/shows/${show}/report`, { token: admin, headers })
  assert.equal(csv.text.split('\r\n')[2], `${show},,total,50,2,1400,INR`)
})

test('L1 a layout that cannot be read says where', async () => {
  const { auditoriumId } = await hall()
  const path = `/v1/admin/auditoriums/${auditoriumId}/layouts`
  const broken = await http.post(path, { token: admin, rawBody: '[1' })
  assert.equal(outcomeOf(broken), '400 bad-json')
  const empty = await http.post(path, { token: admin, body: {} })
  assert.equal(told(empty).errors?.[0]?.pointer, '/seats')
})
