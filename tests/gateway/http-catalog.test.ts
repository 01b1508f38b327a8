// The catalogue, shows and seats over HTTP: pages, tags, caches, representations.

import assert from 'node:assert/strict'
import { request as rawRequest } from 'node:http'
import { after, before, test } from 'node:test'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { HttpClient, outcomeOf, told } from '../support/http-client.ts'
import { HttpHouse } from '../support/http-house.ts'

let house: HttpHouse
let http: HttpClient
let show: string

before(async () => {
  house = await HttpHouse.open()
  http = await HttpClient.of(house.url)
  show = await house.show()
})

after(() => house.close())

interface ShowJson {
  readonly movie: { readonly id: string }
  readonly cinema: { readonly id: string; readonly cityId: string }
  readonly auditorium: { readonly id: string }
  readonly layoutId: string
  readonly status: string
  readonly counts: { readonly free: number }
}

const itemsOf = (json: unknown): { id: string }[] => (json as { items: { id: string }[] }).items
const shown = async (): Promise<ShowJson> => (await http.get(`/v1/shows/${show}`)).json as ShowJson

test('C1 from a city to its shows, every list leads to the next', async () => {
  const { movie, cinema, auditorium } = await shown()
  const idsAt = async (path: string) => itemsOf((await http.get(path)).json).map(({ id }) => id)
  assert.ok((await idsAt('/v1/cities')).includes(cinema.cityId))
  assert.deepEqual(await idsAt(`/v1/cities/${cinema.cityId}/movies`), [movie.id])
  assert.deepEqual(await idsAt(`/v1/cities/${cinema.cityId}/cinemas`), [cinema.id])
  assert.deepEqual(await idsAt(`/v1/cinemas/${cinema.id}/movies`), [movie.id])
  const inCity = `?city=${cinema.cityId}`
  assert.deepEqual(await idsAt(`/v1/movies/${movie.id}/cinemas${inCity}`), [cinema.id])
  assert.deepEqual(await idsAt(`/v1/movies/${movie.id}/auditoriums${inCity}`), [auditorium.id])
  assert.deepEqual(await idsAt(`/v1/auditoriums/${auditorium.id}/shows?movie=${movie.id}`), [show])
  assert.equal(outcomeOf(await http.get(`/v1/movies/${movie.id}`)), '200')
  const hits = await http.get('/v1/search?q=long')
  assert.ok(itemsOf(hits.json).some(hit => hit.id === movie.id))
})

test('C2 a list under something that does not exist is not-found', async () => {
  const paths = [
    '/v1/cities/city_9999/movies',
    '/v1/cities/rome/cinemas',
    '/v1/cinemas/cinema_0/movies',
    '/v1/movies/movie_9999/cinemas',
    '/v1/movies/movie_9999/auditoriums',
    '/v1/auditoriums/auditorium_9999/shows',
    '/v1/movies/show_1',
    '/v1/shows/show_9999',
    '/v1/shows/show_9999/seats',
    '/v1/shows/show_4294967295/seats',
    '/v1/layouts/layout_9999',
    '/v1/layouts/%E0%A4%A',
  ]
  for (const path of paths) assert.equal(outcomeOf(await http.get(path)), '404 not-found', path)
})

test('C1 pages follow each other by cursor and end with null', async () => {
  const { writes } = house.catalogue
  const zone = { country: 'IT', timeZone: 'Europe/Rome', currency: 'EUR' }
  for (const name of ['Turin', 'Milan', 'Bari']) await writes.city.create({ name, ...zone })
  const seen: string[] = []
  let path = '/v1/cities?limit=2'
  for (let pages = 0; pages < 20; pages += 1) {
    const page = (await http.get(path)).json as { items: { id: string }[]; next: string | null }
    assert.ok(page.items.length <= 2)
    seen.push(...page.items.map(({ id }) => id))
    if (page.next === null) break
    path = `/v1/cities?limit=2&cursor=${page.next}`
  }
  const all = itemsOf((await http.get('/v1/cities?limit=100')).json).map(({ id }) => id)
  assert.deepEqual(seen, all)
  const wrong = await http.get('/v1/cities?cursor=!!!')
  assert.equal(told(wrong).errors?.[0]?.pointer, '/query/cursor')
})

test('G5 catalogue reads carry a strong tag and answer 304 to who has it', async () => {
  house.house.reads.clear() // another test wrote cities behind the gateway's back
  const first = await http.get('/v1/cities')
  const etag = first.headers.get('etag') ?? ''
  assert.match(etag, /^"[\w-]+"$/)
  assert.match(first.headers.get('cache-control') ?? '', /public/)
  for (const known of [etag, `"other", ${etag}`, '*', `W/${etag}`]) {
    const second = await http.get('/v1/cities', { headers: { 'if-none-match': known } })
    assert.equal(second.status, 304)
    assert.equal(second.headers.get('etag'), etag)
  }
  const head = await http.ask('HEAD', '/v1/cities')
  assert.equal(head.status, 200)
  assert.equal(head.headers.get('content-length'), String(Buffer.byteLength(first.text)))
})

test('W2 a layout may be kept for ever and comes compressed', async () => {
  const { layoutId } = await shown()
  const plain = await http.get(`/v1/layouts/${layoutId}`)
  assert.match(plain.headers.get('cache-control') ?? '', /immutable/)
  assert.equal((plain.json as { seats: unknown[] }).seats.length, 50)
  const codings = [
    ['br', brotliDecompressSync],
    ['gzip', gunzipSync],
  ] as const
  const tags = new Set<string>()
  for (const [coding, decode] of codings) {
    const { headers, body } = await bytesOf(`/v1/layouts/${layoutId}`, coding)
    assert.equal(headers['content-encoding'], coding)
    const identity = await bytesOf(`/v1/layouts/${layoutId}`, 'identity')
    assert.equal(decode(body).toString(), identity.body.toString())
    tags.add(String(headers.etag)).add(String(identity.headers.etag))
  }
  assert.equal(tags.size, 3, 'each representation has a strong tag of its own')
})

test('W1 seats are told as bits and as lists, tagged by epoch and version', async () => {
  const own = await house.show()
  const token = await house.guest()
  await http.post(`/v1/shows/${own}/holds`, { token, body: { seats: [0, 5] } })
  const answer = await http.get(`/v1/shows/${own}/seats`)
  const seats = answer.json as { epoch: number; version: number; seatCount: number; states: string }
  assert.equal(answer.headers.get('etag'), `"${seats.epoch}:${seats.version}"`)
  const bytes = Buffer.from(seats.states, 'base64')
  const stateOf = (seat: number) => ((bytes[seat >> 2] ?? 0) >> ((seat & 3) * 2)) & 3
  assert.deepEqual([0, 1, 5, 6].map(stateOf), [1, 0, 1, 0])
  const list = (await http.get(`/v1/shows/${own}/seats?format=list`)).json as { held: number[] }
  assert.deepEqual(list.held, [0, 5])
  const etag = answer.headers.get('etag') ?? ''
  const same = await http.get(`/v1/shows/${own}/seats`, { headers: { 'if-none-match': etag } })
  assert.equal(same.status, 304)
  assert.equal(outcomeOf(await http.get(`/v1/shows/${own}/seats?format=xml`)), '422 validation')
})

test('W1 the status of a show follows the clock and its counts follow its seats', async () => {
  const early = await house.show({ salesOpenInMs: 60_000 })
  const json = (await http.get(`/v1/shows/${early}`)).json as ShowJson
  assert.equal(json.status, 'scheduled')
  const late = await house.show({ startsInMs: -60_000, salesOpenInMs: -120_000 })
  assert.equal(((await http.get(`/v1/shows/${late}`)).json as ShowJson).status, 'closed')
  const own = await house.show()
  const token = await house.guest()
  await http.post(`/v1/shows/${own}/holds`, { token, body: { seats: [0] } })
  assert.equal(((await http.get(`/v1/shows/${own}`)).json as ShowJson).counts.free, 49)
})

function bytesOf(path: string, coding: string) {
  return new Promise<{ headers: NodeJS.Dict<string | string[]>; body: Buffer }>(
    (resolve, reject) => {
      const headers = { 'accept-encoding': coding }
      rawRequest(house.url + path, { headers }, answer => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => void chunks.push(chunk))
        answer.on('end', () => resolve({ headers: answer.headers, body: Buffer.concat(chunks) }))
      })
        .on('error', reject)
        .end()
    },
  )
}
