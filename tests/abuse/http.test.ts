// Bad input over HTTP: each row gets its exact code, the process goes on, nothing is lost.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { HttpClient, outcomeOf, type Request, told } from '../support/http-client.ts'
import { HttpHouse } from '../support/http-house.ts'
import { rawExchange } from '../support/raw-http.ts'

let house: HttpHouse
let http: HttpClient
let show: string
let token: string

before(async () => {
  house = await HttpHouse.open({ bodyWithinMs: 600, origins: ['https://tickets.example'] })
  http = await HttpClient.of(house.url)
  show = await house.show()
  token = await house.guest()
})

after(async () => {
  assert.deepEqual(house.failures, [], 'no row of bad input is a bug')
  await house.close()
})

const holds = () => `/v1/shows/${show}/holds`
const hold = (request: Request) => http.post(holds(), { token, ...request })

test('bad-json: what is not JSON in UTF-8', async () => {
  const rows = ['{', '{"seats":[1]', '{seats:[1]}', '', '\u0000', '{"seats":[1]}}', "{'seats':[1]}"]
  for (const rawBody of rows)
    assert.equal(outcomeOf(await hold({ rawBody })), '400 bad-json', rawBody)
  const notUtf8 = Uint8Array.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])
  assert.equal(outcomeOf(await hold({ rawBody: notUtf8 })), '400 bad-json')
  assert.equal(outcomeOf(await http.post(holds(), { token })), '400 bad-json')
})

test('unsupported-media-type: anything but plain application/json', async () => {
  const rawBody = '{"seats":[1]}'
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/jsonx',
    'application/json; charset=latin1',
  ]) {
    const answer = await hold({ rawBody, headers: { 'content-type': type } })
    assert.equal(outcomeOf(answer), '415 unsupported-media-type', type)
  }
  const packed = await hold({ rawBody, headers: { 'content-encoding': 'gzip' } })
  assert.equal(outcomeOf(packed), '415 unsupported-media-type')
  const spelled = { 'content-type': 'Application/JSON; Charset="UTF-8"' }
  assert.equal(outcomeOf(await hold({ rawBody, headers: spelled })), '201')
})

test('validation: wrong types, unknown fields, huge and negative numbers, each with its pointer', async () => {
  const many = Array.from({ length: 65 }, (_, seat) => seat)
  const rows: readonly (readonly [body: string, pointer: string])[] = [
    ['{"seats":"1"}', '/seats'],
    ['{"seats":[]}', '/seats'],
    ['{"seats":[-1]}', '/seats/0'],
    ['{"seats":[1.5]}', '/seats/0'],
    ['{"seats":[1e308]}', '/seats/0'],
    ['{"seats":[9007199254740993]}', '/seats/0'],
    ['{"seats":[4294967296]}', '/seats/0'],
    ['{"seats":["1"]}', '/seats/0'],
    ['{"seats":[null]}', '/seats/0'],
    [`{"seats":[${many}]}`, '/seats'],
    ['{"seats":[1],"amount":0}', '/amount'],
    ['{"seats":[1],"customerId":"x"}', '/customerId'],
    ['{"seats":[1],"__proto__":{"isAdmin":true}}', '/__proto__'],
    ['{"seats":[1],"constructor":{}}', '/constructor'],
    ['{"best":{"count":0}}', '/best/count'],
    ['{"best":{"count":65}}', '/best/count'],
    ['{"best":{"count":2,"together":"yes"}}', '/best/together'],
    ['{"best":{"count":2,"categories":[]}}', '/best/categories'],
    ['{"best":{"count":2,"~a/b":1}}', '/best/~0a~1b'],
    ['[]', ''],
    ['null', ''],
    ['7', ''],
  ]
  for (const [rawBody, pointer] of rows) {
    const answer = await hold({ rawBody })
    assert.equal(outcomeOf(answer), '422 validation', rawBody)
    assert.equal(told(answer).errors?.[0]?.pointer, pointer, rawBody)
  }
  assert.equal(({} as { isAdmin?: boolean }).isAdmin, undefined)
})

test('validation: queries and paths are strict as well', async () => {
  const rows = [
    ['/v1/cities?limit=0', '/query/limit'],
    ['/v1/cities?limit=101', '/query/limit'],
    ['/v1/cities?limit=ten', '/query/limit'],
    ['/v1/cities?limit=1&limit=2', '/query/limit'],
    ['/v1/cities?page=2', '/query/page'],
    ['/v1/cities?__proto__=1', '/query/__proto__'],
    ['/v1/search', '/query/q'],
    ['/v1/search?q=%20', '/query/q'],
    [`/v1/search?q=${'x'.repeat(101)}`, '/query/q'],
    ['/v1/search?q=%00', '/query/q'],
    [`/v1/movies/${'x'.repeat(200)}`, '/path/movieId'],
  ] as const
  for (const [path, pointer] of rows) {
    const answer = await http.get(path)
    assert.equal(outcomeOf(answer), '422 validation', path)
    assert.equal(told(answer).errors?.[0]?.pointer, pointer, path)
  }
  const { status } = await http.get(`/v1/search?q=${encodeURIComponent("'; drop table show; --")}`)
  assert.equal(status, 200)
})

test('seat-unknown and seat-repeated: seats of another show, seats named twice', async () => {
  assert.equal(outcomeOf(await hold({ body: { seats: [50] } })), '404 seat-unknown')
  assert.equal(outcomeOf(await hold({ body: { seats: [2_147_483_647] } })), '404 seat-unknown')
  assert.equal(outcomeOf(await hold({ body: { seats: [3, 3] } })), '422 seat-repeated')
})

test('not-found: other people and ids that are none', async () => {
  const own = await hold({ body: { seats: [20, 21] } })
  const { id } = own.json as { id: string }
  const other = await house.guest()
  const body = { seats: [22] }
  assert.equal(outcomeOf(await http.get(`/v1/holds/${id}`, { token: other })), '404 not-found')
  assert.equal(
    outcomeOf(await http.ask('DELETE', `/v1/holds/${id}`, { token: other })),
    '404 not-found',
  )
  const changed = await http.ask('PUT', `/v1/holds/${id}/seats`, { token: other, body })
  assert.equal(outcomeOf(changed), '404 not-found')
  assert.equal(
    outcomeOf(await http.post(`/v1/holds/${id}/extend`, { token: other })),
    '404 not-found',
  )
  const book = { token: other, body: { email: 'a@b.example' } }
  assert.equal(outcomeOf(await http.post(`/v1/holds/${id}/book`, book)), '404 not-found')
  const damaged = [id.slice(1), `${id}a`, id.toUpperCase(), '..%2f..%2fetc', 'a'.repeat(26), '%00']
  for (const text of damaged) {
    assert.equal(outcomeOf(await http.get(`/v1/holds/${text}`, { token })), '404 not-found', text)
    assert.equal(
      outcomeOf(await http.get(`/v1/waitlist/${text}`, { token })),
      '404 not-found',
      text,
    )
    assert.equal(
      outcomeOf(await http.get(`/v1/bookings/${text}`, { token })),
      '404 not-found',
      text,
    )
  }
  const still = await http.get(`/v1/holds/${id}`, { token })
  assert.equal((still.json as { phase: string }).phase, 'selecting')
})

test('token-invalid: none, damaged, foreign, unsigned, ended', async () => {
  const body = { seats: [1] }
  const none = Buffer.from('{"alg":"none"}').toString('base64url')
  const claims = Buffer.from('{"iss":"usher","sub":"x","exp":9999999999}').toString('base64url')
  const damaged = `${token.slice(0, -4)}AAAA`
  for (const bad of [
    'x',
    'null',
    damaged,
    `${none}.${claims}.`,
    token.split('.').slice(0, 2).join('.'),
    'a'.repeat(3_000),
  ]) {
    assert.equal(outcomeOf(await hold({ token: bad, body })), '401 token-invalid', bad.slice(0, 40))
  }
  assert.equal(outcomeOf(await hold({ token: undefined, body })), '401 token-invalid')
  const { token: short } = await house.auth.mintToken({ role: 'staff', ttlMs: -1_000 })
  assert.equal(outcomeOf(await hold({ token: short, body })), '401 token-invalid')
  const basic = { authorization: `Basic ${token}` }
  assert.equal(outcomeOf(await http.post(holds(), { headers: basic, body })), '401 token-invalid')
})

test('idempotency-key-required, and a key that is none', async () => {
  const body = { seats: [1] }
  const answer = await http.ask('POST', holds(), { token, body })
  assert.equal(outcomeOf(answer), '400 idempotency-key-required')
  for (const key of ['x'.repeat(256), 'with space', 'with\u00fcmlaut']) {
    const refused = await hold({ key, body })
    assert.equal(told(refused).errors?.[0]?.pointer, '/header/idempotency-key', key)
  }
  assert.equal(outcomeOf(await hold({ key: '!'.repeat(255), body: { seats: [30] } })), '201')
})

test('origin-refused: pages of other sites; the own, the named and no page at all may ask', async () => {
  const allowed = [house.url, 'https://tickets.example']
  for (const origin of allowed) {
    assert.equal(outcomeOf(await http.get('/v1/cities', { headers: { origin } })), '200', origin)
  }
  for (const origin of ['https://evil.example', 'null', 'https://tickets.example.evil.example']) {
    const answer = await http.get('/v1/cities', { headers: { origin } })
    assert.equal(outcomeOf(answer), '403 origin-refused', origin)
    assert.equal(answer.headers.get('access-control-allow-origin'), null)
  }
  const named = { origin: 'https://tickets.example', 'access-control-request-method': 'POST' }
  const preflight = await http.ask('OPTIONS', holds(), { headers: named })
  assert.equal(preflight.status, 204)
  assert.equal(preflight.headers.get('access-control-allow-origin'), 'https://tickets.example')
  assert.match(preflight.headers.get('access-control-allow-headers') ?? '', /idempotency-key/)
})

test('method-not-allowed and route-not-found', async () => {
  const wrong = await http.ask('PATCH', '/v1/cities')
  assert.equal(outcomeOf(wrong), '405 method-not-allowed')
  assert.equal(wrong.headers.get('allow'), 'GET, HEAD, OPTIONS')
  assert.equal(outcomeOf(await http.ask('POST', '/openapi.json')), '405 method-not-allowed')
  for (const path of [
    '/v1',
    '/v1/',
    '/v1/cities/',
    '//v1/cities',
    '/v1/cities/city_1',
    '/v2/cities',
    '/v1/holds//seats',
    '/.env',
  ]) {
    assert.equal(outcomeOf(await http.get(path)), '404 route-not-found', path)
  }
  const later = await http.post('/v1/holds/x/checkout', { token, body: {} })
  assert.equal(outcomeOf(later), '404 route-not-found')
})

test('body-too-large: over 16 KiB, announced or not, and the connection can be used again', async () => {
  const rawBody = `{"seats":[${' '.repeat(17_000)}1]}`
  assert.equal(outcomeOf(await hold({ rawBody })), '413 body-too-large')
  const fits = `{"seats":[${' '.repeat(16_384 - 13)}35]}`
  assert.equal(outcomeOf(await hold({ rawBody: fits.slice(0, 16_384) })), '400 bad-json')
  const head = `POST ${holds()} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n`
  const chunk = `1000\r\n${' '.repeat(4_096)}\r\n`
  const answer = await rawExchange(house.port, [
    head,
    chunk,
    chunk,
    chunk,
    chunk,
    chunk,
    '0\r\n\r\n',
  ])
  assert.equal(answer?.status, 413)
  const guest = { token, rawBody: `{"a":"${'x'.repeat(20_000)}"}` }
  const path = '/v1/admin/auditoriums/auditorium_1/layouts'
  assert.equal(outcomeOf(await http.post(path, guest)), '413 body-too-large')
})

test('a body that comes too slowly is answered and its connection closed', async () => {
  const head =
    `POST ${holds()} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n` +
    'idempotency-key: slow\r\ncontent-type: application/json\r\ncontent-length: 14\r\n\r\n'
  const answer = await rawExchange(house.port, [head, '{"se', 'ats":', '[40', ']'], {
    pauseMs: 400,
  })
  assert.equal(answer?.status, 400)
  assert.match(answer?.body ?? '', /"code":"bad-json"/)
  const never = await rawExchange(house.port, [head])
  assert.equal(never?.status, 400)
  const seats = await http.get(`/v1/shows/${show}/seats?format=list`)
  assert.ok((seats.json as { free: number[] }).free.includes(40))
})

test('a client that goes away in the middle leaves nothing behind', async () => {
  const { inFlight } = house.house.admission
  const head = `POST ${holds()} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"se`
  const cut = rawExchange(house.port, [head], { withinMs: 100 })
  await assert.rejects(cut)
  await new Promise(resolve => setTimeout(resolve, 50))
  assert.equal(house.house.admission.inFlight, inFlight)
  assert.equal(outcomeOf(await http.get('/v1/cities')), '200')
})

test('Q2 a failure inside is told without its inside', async () => {
  const { catalogue } = house
  const cities = catalogue.cities
  catalogue.cities = async () => {
    throw new Error('select secret from pg_shadow at db.internal')
  }
  const answer = await http.get('/v1/cities?limit=7')
  catalogue.cities = cities
  assert.equal(outcomeOf(answer), '500 internal')
  assert.doesNotMatch(answer.text, /secret|db\.internal|at /)
  assert.ok(told(answer).requestId.length > 8)
  assert.equal(answer.headers.get('x-request-id'), told(answer).requestId)
})

test('Q1 of several problems the first in order of precedence is told', async () => {
  const origin = { origin: 'https://evil.example' }
  const rows: readonly (readonly [Request, string])[] = [
    [
      { rawBody: '{', headers: { 'content-type': 'text/plain', ...origin } },
      '415 unsupported-media-type',
    ],
    [{ rawBody: '{', headers: origin }, '400 bad-json'],
    [{ rawBody: '{}', headers: origin }, '403 origin-refused'],
    [{ rawBody: '{}' }, '401 token-invalid'],
    [{ rawBody: '{}', token }, '400 idempotency-key-required'],
    [{ rawBody: '{}', token, key: 'k' }, '422 validation'],
  ]
  for (const [request, outcome] of rows) {
    assert.equal(outcomeOf(await http.ask('POST', holds(), request)), outcome)
  }
})
