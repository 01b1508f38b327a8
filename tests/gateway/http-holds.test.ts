// Holds, waitlist and bookings over HTTP, on the real core.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { HttpClient, outcomeOf, told } from '../support/http-client.ts'
import { HttpHouse } from '../support/http-house.ts'

interface HoldJson {
  readonly id: string
  readonly phase: string
  readonly seats: readonly { readonly index: number; readonly label: string }[]
  readonly amount: { readonly amount: number; readonly currency: string }
  readonly expiresAt: string
  readonly ttlMs: number
  readonly bookingId?: string
}

interface BookingJson {
  readonly id: string
  readonly status: string
  readonly seats: readonly { readonly index: number; readonly ticketId: string }[]
}

let house: HttpHouse
let http: HttpClient

before(async () => {
  house = await HttpHouse.open()
  http = await HttpClient.of(house.url)
})

after(() => house.close())

const holdOf = (json: unknown): HoldJson => json as HoldJson
const bookingOf = (json: unknown): BookingJson => json as BookingJson

async function held(show: string, token: string, seats: readonly number[]): Promise<HoldJson> {
  const answer = await http.post(`/v1/shows/${show}/holds`, { token, body: { seats } })
  assert.equal(outcomeOf(answer), '201', answer.text)
  return holdOf(answer.json)
}

test('H1 a hold of named seats is told whole and read again', async () => {
  const show = await house.show()
  const token = await house.guest()
  const answer = await http.post(`/v1/shows/${show}/holds`, { token, body: { seats: [3, 4] } })
  const hold = holdOf(answer.json)
  assert.equal(answer.status, 201)
  assert.equal(answer.headers.get('location'), `/v1/holds/${hold.id}`)
  assert.deepEqual(
    hold.seats.map(seat => seat.index),
    [3, 4],
  )
  assert.deepEqual(hold.amount, { amount: 2_500, currency: 'INR' })
  assert.ok(hold.ttlMs > 299_000 && hold.ttlMs <= 300_000)
  const again = await http.get(`/v1/holds/${hold.id}`, { token })
  assert.deepEqual(holdOf(again.json).seats, hold.seats)
  const mine = await http.get(`/v1/holds?show=${show}`, { token })
  assert.equal((mine.json as { items: unknown[] }).items.length, 1)
})

test('H1 the best available seats are asked for by count and category', async () => {
  const show = await house.show()
  const token = await house.guest()
  const best = { count: 4, categories: ['category-0'], together: true }
  const answer = await http.post(`/v1/shows/${show}/holds`, { token, body: { best } })
  assert.equal(outcomeOf(answer), '201')
  assert.equal(holdOf(answer.json).seats.length, 4)
  const wrong = { count: 1, categories: ['nowhere'] }
  const refused = await http.post(`/v1/shows/${show}/holds`, { token, body: { best: wrong } })
  assert.equal(outcomeOf(refused), '422 validation')
  assert.equal(told(refused).errors?.[0]?.pointer, '/best/categories')
})

test('S1 a seat that is held is told as a conflict', async () => {
  const show = await house.show()
  await held(show, await house.guest(), [7])
  const token = await house.guest()
  const answer = await http.post(`/v1/shows/${show}/holds`, { token, body: { seats: [7, 8] } })
  assert.equal(outcomeOf(answer), '409 seat-taken')
  assert.deepEqual(told(answer).conflicts, [{ seat: 7, state: 'held' }])
})

test('D5 a repeat answers the hold as it is now and says so; another body is refused', async () => {
  const show = await house.show()
  const token = await house.guest()
  const path = `/v1/shows/${show}/holds`
  const first = await http.post(path, { token, key: 'one', body: { seats: [1] } })
  const second = await http.post(path, { token, key: 'one', body: { seats: [1] } })
  assert.equal(outcomeOf(second), '201')
  assert.equal(first.headers.get('idempotency-replayed'), null)
  assert.equal(second.headers.get('idempotency-replayed'), 'true')
  assert.equal(holdOf(second.json).id, holdOf(first.json).id)
  const other = await http.post(path, { token, key: 'one', body: { seats: [2] } })
  assert.equal(outcomeOf(other), '422 idempotency-mismatch')
})

test('H2 a hold changes its seats, extends and is released, twice without harm', async () => {
  const show = await house.show()
  const token = await house.guest()
  const { id, expiresAt } = await held(show, token, [10, 11])
  const changed = await http.ask('PUT', `/v1/holds/${id}/seats`, {
    token,
    body: { seats: [11, 12] },
  })
  assert.deepEqual(
    holdOf(changed.json).seats.map(seat => seat.index),
    [11, 12],
  )
  assert.equal(holdOf(changed.json).expiresAt, expiresAt)
  const extended = await http.post(`/v1/holds/${id}/extend`, { token })
  assert.equal(Date.parse(holdOf(extended.json).expiresAt) - Date.parse(expiresAt), 300_000)
  assert.equal(
    outcomeOf(await http.post(`/v1/holds/${id}/extend`, { token })),
    '409 no-extension-left',
  )
  assert.equal(outcomeOf(await http.ask('DELETE', `/v1/holds/${id}`, { token })), '204')
  assert.equal(outcomeOf(await http.ask('DELETE', `/v1/holds/${id}`, { token })), '204')
  const late = await http.post(`/v1/holds/${id}/extend`, { token })
  assert.equal(outcomeOf(late), '409 hold-expired')
  const ended = await http.get(`/v1/holds/${id}`, { token })
  assert.equal(holdOf(ended.json).phase, 'released')
  assert.equal(holdOf(ended.json).ttlMs, 0)
})

test('P2 money is needed to book, unless the box office books or nothing is owed', async () => {
  const show = await house.show()
  const token = await house.guest()
  const { id } = await held(show, token, [20, 21])
  const body = { email: 'ada@example.org', name: 'Ada' }
  const refused = await http.post(`/v1/holds/${id}/book`, { token, body })
  assert.equal(outcomeOf(refused), '402 payment-required')
  const clerk = await house.role('box-office')
  const booked = await http.post(`/v1/holds/${id}/book`, { token: clerk, key: 'till', body })
  assert.equal(outcomeOf(booked), '201')
  const booking = bookingOf(booked.json)
  assert.equal(booking.status, 'confirmed')
  assert.equal(booking.seats.length, 2)
  const repeat = await http.post(`/v1/holds/${id}/book`, { token: clerk, key: 'till', body })
  assert.equal(repeat.headers.get('idempotency-replayed'), 'true')
  assert.equal(bookingOf(repeat.json).id, booking.id)
  const mine = await http.get('/v1/bookings', { token })
  assert.deepEqual(
    (mine.json as { items: BookingJson[] }).items.map(row => row.id),
    [booking.id],
  )
  assert.equal(
    outcomeOf(await http.ask('DELETE', `/v1/holds/${id}`, { token })),
    '409 hold-expired',
  )
})

test('P7 a booking is cancelled ticket by ticket, and repeats change nothing', async () => {
  const show = await house.show({ price: 0 })
  const token = await house.guest()
  const { id } = await held(show, token, [0, 1, 2])
  const booked = await http.post(`/v1/holds/${id}/book`, { token, body: { email: 'a@b.example' } })
  const booking = bookingOf(booked.json)
  const path = `/v1/bookings/${booking.id}/cancel`
  const tickets = [booking.seats[0]?.ticketId]
  const part = await http.post(path, { token, key: 'part', body: { tickets } })
  assert.equal(bookingOf(part.json).status, 'partly-cancelled')
  const again = await http.post(path, { token, key: 'part', body: { tickets } })
  assert.equal(again.headers.get('idempotency-replayed'), 'true')
  assert.equal(outcomeOf(await http.post(path, { token, key: 'part' })), '422 idempotency-mismatch')
  const wrong = await http.post(path, { token, body: { tickets: ['nobody'] } })
  assert.equal(outcomeOf(wrong), '422 ticket-invalid')
  assert.equal(bookingOf((await http.post(path, { token })).json).status, 'cancelled')
  const seats = await http.get(`/v1/shows/${show}/seats?format=list`)
  assert.deepEqual((seats.json as { sold: number[] }).sold, [])
})

test('K4 after the time of the refund policy a customer cannot cancel', async () => {
  const show = await house.show({ price: 0, startsInMs: 3_600_000 })
  const token = await house.guest()
  const { id } = await held(show, token, [0])
  const booked = await http.post(`/v1/holds/${id}/book`, { token, body: { email: 'a@b.example' } })
  const path = `/v1/bookings/${bookingOf(booked.json).id}/cancel`
  assert.equal(outcomeOf(await http.post(path, { token })), '409 not-refundable')
  const clerk = await house.role('box-office')
  assert.equal(outcomeOf(await http.post(path, { token: clerk })), '200')
})

test('L1 who waits sees the place, is offered what fits, and may decline it', async () => {
  const show = await house.show({ policy: { seatsMax: 50 } })
  const all = Array.from({ length: 50 }, (_, seat) => seat)
  const first = await house.guest()
  const { id } = await held(show, first, all)
  const token = await house.guest()
  const joined = await http.post(`/v1/shows/${show}/waitlist`, { token, body: { party: 2 } })
  assert.equal(outcomeOf(joined), '201', joined.text)
  const entry = joined.json as { id: string; state: string; ahead: number }
  assert.deepEqual([entry.state, entry.ahead], ['waiting', 0])
  const twice = await http.post(`/v1/shows/${show}/waitlist`, { token, body: { party: 1 } })
  assert.equal(outcomeOf(twice), '409 already-waiting')
  const early = await http.post(`/v1/waitlist/${entry.id}/decline`, { token })
  assert.equal(outcomeOf(early), '409 not-offered')
  await http.ask('DELETE', `/v1/holds/${id}`, { token: first })
  const offered = await http.get(`/v1/waitlist/${entry.id}`, { token })
  const offer = offered.json as { state: string; hold: HoldJson }
  assert.equal(offer.state, 'offered')
  assert.equal(offer.hold.seats.length, 2)
  const declined = await http.post(`/v1/waitlist/${entry.id}/decline`, { token })
  assert.equal((declined.json as { state: string }).state, 'waiting')
  assert.equal(outcomeOf(await http.ask('DELETE', `/v1/waitlist/${entry.id}`, { token })), '204')
  assert.equal(outcomeOf(await http.ask('DELETE', `/v1/waitlist/${entry.id}`, { token })), '204')
  const mine = await http.get(`/v1/waitlist?show=${show}`, { token })
  assert.deepEqual((mine.json as { items: unknown[] }).items, [])
})

test('E1 what has left its shard is still answered by the Ledger, to its owner only', async () => {
  const show = await house.show()
  const token = await house.guest()
  const { id } = await held(show, token, [5])
  const known = await http.get(`/v1/holds/${id}`, { token })
  const caller = await house.auth.verify(token)
  assert.ok(caller !== undefined)
  const lost = id.replace(/.$/, letter => (letter === 'a' ? 'e' : 'a'))
  house.ledger.keepEnded(lost, { customer: caller.customer, like: id })
  assert.equal(holdOf((await http.get(`/v1/holds/${lost}`, { token })).json).phase, 'expired')
  assert.equal(outcomeOf(await http.ask('DELETE', `/v1/holds/${lost}`, { token })), '204')
  assert.equal(
    outcomeOf(await http.post(`/v1/holds/${lost}/extend`, { token })),
    '409 hold-expired',
  )
  const other = await house.guest()
  assert.equal(outcomeOf(await http.get(`/v1/holds/${lost}`, { token: other })), '404 not-found')
  assert.equal(holdOf(known.json).phase, 'selecting')
})
