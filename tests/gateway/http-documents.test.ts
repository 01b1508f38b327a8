// The documents are true, whole and valid; the docs page works without a network.

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { apiRoutes } from '../../gateway/http/routes.ts'
import { PROBLEM_CODES } from '../../gateway/problems.ts'
import { asyncApiOf } from '../../gateway/schemas/asyncapi.ts'
import { openApiOf, problemsOf } from '../../gateway/schemas/openapi.ts'
import { HttpHouse } from '../support/http-house.ts'
import { OPENAPI_SCHEMA } from '../support/openapi-schema.ts'

let house: HttpHouse

before(async () => {
  house = await HttpHouse.open()
})

after(() => house.close())

const get = (path: string) => fetch(house.url + path)

test('O1 the served document is the one that the routes make, and OpenAPI 3.1', async () => {
  const served = (await (await get('/openapi.json')).json()) as object
  const made = JSON.parse(JSON.stringify(openApiOf(apiRoutes, { version: '0.0.0' }))) as object
  assert.deepEqual(served, made)
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  const isValid = ajv.validate(OPENAPI_SCHEMA, served)
  assert.ok(isValid, ajv.errorsText(ajv.errors, { separator: '\n' }))
})

test('O1 every reference of the document leads somewhere and every schema compiles', async () => {
  const served = (await (await get('/openapi.json')).json()) as {
    components: { schemas: Record<string, object> }
  }
  const references = [...JSON.stringify(served).matchAll(/"\$ref":"([^"]+)"/g)].map(
    found => found[1],
  )
  assert.ok(references.length > 100)
  const names = Object.keys(served.components.schemas)
  const known = new Set(names.map(name => `#/components/schemas/${name}`))
  assert.deepEqual(
    [...new Set(references)].filter(reference => !known.has(reference ?? '')),
    [],
  )
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  ajv.addSchema(served, 'openapi')
  for (const name of names) ajv.compile({ $ref: `openapi#/components/schemas/${name}` })
})

test('O2 operations have names of their own and list problems in order of precedence', () => {
  const names = apiRoutes.map(({ spec }) => spec.name)
  assert.equal(new Set(names).size, names.length)
  for (const { spec } of apiRoutes) {
    const places = problemsOf(spec).map(code => PROBLEM_CODES.indexOf(code))
    assert.deepEqual(
      places,
      [...places].sort((left, right) => left - right),
      spec.name,
    )
    if (spec.path.includes('{')) assert.ok(problemsOf(spec).includes('not-found'), spec.name)
  }
})

test('the required Idempotency-Keys are those of the contract', () => {
  const required = apiRoutes
    .filter(({ spec }) => spec.key === 'required')
    .map(({ spec }) => spec.path)
  assert.deepEqual([...required].sort(), [
    '/v1/bookings/{bookingId}/cancel',
    '/v1/holds/{holdId}/book',
    '/v1/holds/{holdId}/extend',
    '/v1/shows/{showId}/holds',
    '/v1/shows/{showId}/waitlist',
    '/v1/waitlist/{entryId}/decline',
  ])
})

test('the AsyncAPI document is the one that the schemas make, and AsyncAPI 3.1', async () => {
  const served = await (await get('/asyncapi.json')).text()
  assert.equal(served, JSON.stringify(asyncApiOf({ version: '0.0.0' })))
  const { Parser } = createRequire(import.meta.url)('@asyncapi/parser') as {
    Parser: new () => {
      parse(text: string): Promise<{ document?: object; diagnostics: readonly object[] }>
    }
  }
  const { document, diagnostics } = await new Parser().parse(served)
  assert.ok(document !== undefined, JSON.stringify(diagnostics))
  assert.deepEqual(diagnostics, [])
})

test('every code has its anchor under /docs/problems', async () => {
  const page = await (await get('/docs/problems')).text()
  for (const code of PROBLEM_CODES) assert.ok(page.includes(`id="${code}"`), code)
})

test('the docs page loads nothing from elsewhere', async () => {
  const answer = await get('/docs')
  const page = await answer.text()
  assert.doesNotMatch(page, /https?:\/\//)
  assert.match(answer.headers.get('content-security-policy') ?? '', /default-src 'self'/)
  const sources = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(found => found[1] ?? '')
  assert.ok(sources.length >= 3)
  for (const source of sources) assert.equal((await get(source)).status, 200, source)
})

test('F2 the page answers for its own paths, never for those of the API', async () => {
  const html = { headers: { accept: 'text/html' } }
  for (const path of ['/', '/shows/show_1', '/movies']) {
    const answer = await fetch(house.url + path, html)
    assert.equal(answer.headers.get('content-type'), 'text/html; charset=utf-8', path)
    assert.match(answer.headers.get('content-security-policy') ?? '', /object-src 'none'/)
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
  }
  for (const path of ['/v1/nothing', '/docs/nothing', '/assets/gone.js', '/favicon.ico']) {
    const answer = await fetch(house.url + path, html)
    assert.equal(answer.status, 404, path)
    assert.equal(answer.headers.get('content-type'), 'application/problem+json')
  }
  assert.equal((await get('/movies')).status, 404, 'who does not ask for HTML gets a problem')
})

test('F1 hashed files may be kept for ever, the page is asked for again', async () => {
  const script = await get('/assets/app-12345678.js')
  assert.match(script.headers.get('cache-control') ?? '', /immutable/)
  const page = await get('/')
  assert.equal(page.headers.get('cache-control'), 'no-cache')
  const etag = page.headers.get('etag') ?? ''
  const again = await fetch(`${house.url}/`, { headers: { 'if-none-match': etag } })
  assert.equal(again.status, 304)
})
