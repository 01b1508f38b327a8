// Limits that protect the house: what is announced, refused, and given back.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { HttpClient, outcomeOf, told } from '../support/http-client.ts'
import { HttpHouse, type HttpHouseOptions } from '../support/http-house.ts'

const open: HttpHouse[] = []

async function house(options: HttpHouseOptions): Promise<{ house: HttpHouse; http: HttpClient }> {
  const made = await HttpHouse.open({ rateLimits: 'on', ...options })
  open.push(made)
  return { house: made, http: await HttpClient.of(made.url) }
}

after(async () => {
  for (const made of open) await made.close()
})

test('H6 guest sessions: a burst of 20 for one address, then one a second', async () => {
  const { http } = await house({})
  const outcomes: string[] = []
  for (let asked = 0; asked < 24; asked += 1) {
    const answer = await http.post('/v1/sessions')
    outcomes.push(outcomeOf(answer))
    assert.match(answer.headers.get('ratelimit-policy') ?? '', /^"guests";q=20/)
    if (answer.status !== 429) continue
    const { retryAfterMs = 0, retryable } = told(answer)
    assert.ok(retryable && retryAfterMs > 0 && retryAfterMs <= 1_000)
    assert.equal(answer.headers.get('retry-after'), '1')
  }
  assert.equal(outcomes.filter(outcome => outcome === '201').length, 20)
  await new Promise(resolve => setTimeout(resolve, 1_050))
  assert.equal(outcomeOf(await http.post('/v1/sessions')), '201')
})

test('G3 one customer asks at most so often a second; another is not held up', async () => {
  const { house: made, http } = await house({ limits: { requestsPerCustomerPerSecond: 5 } })
  const show = await made.show()
  const [token, other] = [await made.guest(), await made.guest()]
  const ask = (by: string) => http.get(`/v1/holds?show=${show}`, { token: by })
  const answers = await Promise.all(Array.from({ length: 9 }, () => ask(token)))
  const refused = answers.filter(answer => outcomeOf(answer) === '429 rate-limited')
  assert.equal(refused.length, 4)
  assert.equal(refused[0]?.headers.get('ratelimit'), '"customer";r=0;t=1')
  assert.equal(outcomeOf(await ask(other)), '200')
  await new Promise(resolve => setTimeout(resolve, 1_100))
  assert.equal(outcomeOf(await ask(token)), '200')
})

test('H6 one address keeps at most its share of a show, however many customers it has', async () => {
  const { house: made, http } = await house({ limits: { unbookedSeatsPerAddressAndShow: 5 } })
  const [show, another] = [await made.show(), await made.show()]
  const hold = async (of: string, seats: number[], token?: string) =>
    http.post(`/v1/shows/${of}/holds`, { token: token ?? (await made.guest()), body: { seats } })
  const token = await made.guest()
  const first = await hold(show, [0, 1, 2], token)
  assert.equal(outcomeOf(first), '201')
  assert.equal(outcomeOf(await hold(show, [4, 5, 6])), '429 rate-limited')
  assert.equal(outcomeOf(await hold(show, [4, 5])), '201')
  assert.equal(outcomeOf(await hold(another, [0, 1, 2])), '201', 'another show has its own share')
  const clerk = await made.role('box-office')
  assert.equal(outcomeOf(await hold(show, [10, 11, 12], clerk)), '201', 'the box office is exempt')
  const { id } = first.json as { id: string }
  await http.ask('DELETE', `/v1/holds/${id}`, { token })
  assert.equal(outcomeOf(await hold(show, [20, 21, 22])), '201', 'released seats are given back')
})

test('U1 many requests at once cannot pass the share together', async () => {
  const { house: made, http } = await house({ limits: { unbookedSeatsPerAddressAndShow: 4 } })
  const show = await made.show()
  const tokens = await Promise.all(Array.from({ length: 10 }, () => made.guest()))
  const answers = await Promise.all(
    tokens.map((token, index) =>
      http.post(`/v1/shows/${show}/holds`, { token, body: { seats: [index * 2] } }),
    ),
  )
  assert.equal(answers.filter(answer => outcomeOf(answer) === '201').length, 4)
})

test('a refused hold gives its claim back', async () => {
  const { house: made, http } = await house({ limits: { unbookedSeatsPerAddressAndShow: 3 } })
  const show = await made.show()
  const token = await made.guest()
  const ask = (seats: number[]) => http.post(`/v1/shows/${show}/holds`, { token, body: { seats } })
  for (let round = 0; round < 3; round += 1) {
    assert.equal(outcomeOf(await ask([999])), '404 seat-unknown')
  }
  assert.equal(outcomeOf(await ask([0, 1, 2])), '201')
})

test('G4 over the bound of work that waits the answer is overloaded, at once', async () => {
  const { house: made, http } = await house({ limits: { requestsInFlightMax: 0 } }).catch(() => ({
    house: undefined,
    http: undefined,
  }))
  assert.equal(made, undefined, 'even the document is refused when nothing may come in')
  assert.equal(http, undefined)
  const { house: open } = await house({ limits: { requestsInFlightMax: 1 } })
  const refused = open.house.admission.enter()
  assert.equal(refused, undefined)
  const answer = await fetch(`${open.url}/v1/cities`)
  assert.equal(answer.status, 503)
  assert.equal(((await answer.json()) as { code: string }).code, 'overloaded')
  assert.equal(answer.headers.get('retry-after'), '1')
  open.house.admission.leave()
  assert.equal((await fetch(`${open.url}/v1/cities`)).status, 200)
})

test('H4 a draining server says so and closes its connections', async () => {
  const { house: made } = await house({})
  await made.server.drain(0)
  const answer = await fetch(`${made.url}/v1/cities`)
  assert.equal(answer.status, 503)
  assert.equal(((await answer.json()) as { code: string }).code, 'draining')
  assert.equal(answer.headers.get('connection'), 'close')
})

test('M1 limits that are off neither refuse nor announce', async () => {
  const { http } = await house({ rateLimits: 'off' })
  for (let asked = 0; asked < 30; asked += 1) {
    const answer = await http.post('/v1/sessions')
    assert.equal(outcomeOf(answer), '201')
    assert.equal(answer.headers.get('ratelimit'), null)
  }
})
