// The page in a real browser against a real Usher: what a visitor sees, with eyes, keys and ears.
//
// Needs chromium (CHROMIUM names another one); without it these tests are skipped, which CI refuses.

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { hallOf } from '../support/halls.ts'
import { UsherProcess } from '../support/usher-process.ts'

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
const skip = existsSync(executablePath) ? false : `no browser at ${executablePath}`
const needs = { skip, timeout: 60_000 }
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

let usher: UsherProcess
let browser: Browser
const shows = { priced: '', free: '', small: '' }

before(
  async () => {
    if (skip !== false) return
    usher = await UsherProcess.start({ env: { USHER_DEMO: 'off', USHER_RATE_LIMITS: 'off' } })
    await seed()
    browser = await chromium.launch({ executablePath, args: ARGS })
  },
  { timeout: 120_000 },
)

after(async () => {
  await browser?.close()
  await usher?.stop()
})

async function post(path: string, body: unknown, token = usher.adminToken): Promise<string> {
  const answer = await fetch(new URL(path, usher.url), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'idempotency-key': crypto.randomUUID(),
      authorization: `Bearer ${token}`,
    },
    body: JSON.stringify(body),
  })
  assert.ok(answer.ok, `POST ${path}: ${answer.status} ${await answer.clone().text()}`)
  const made = (await answer.json()) as { id?: string; token?: string }
  return made.id ?? made.token ?? ''
}

async function seed(): Promise<void> {
  const make = (path: string, body: unknown) => post(`/v1/admin/${path}`, body)
  const zone = { timeZone: 'Asia/Kolkata', currency: 'INR' }
  const cityId = await make('cities', { name: 'Pune', country: 'IN', ...zone })
  const cinemaId = await make('cinemas', { cityId, name: 'Vijay' })
  const movieId = await make('movies', { title: 'The Long Monsoon', durationMinutes: 142 })
  const open = async (name: string, rows: number, seatsPerRow: number, price: number) => {
    const auditoriumId = await make('auditoriums', { cinemaId, name })
    await make(`auditoriums/${auditoriumId}/layouts`, hallOf({ rows, seatsPerRow }))
    const startsAt = new Date(Date.now() + 86_400_000).toISOString()
    const policy = { orphans: 'off' }
    return make('shows', {
      movieId,
      auditoriumId,
      startsAt,
      policy,
      prices: { 'category-0': price },
    })
  }
  shows.priced = await open('Grand Hall', 12, 20, 25_000)
  shows.free = await open('Foyer', 4, 8, 0)
  shows.small = await open('Box', 1, 2, 25_000)
}

type Visit = { page: Page; context: BrowserContext; problems: string[] }

async function visit(path: string, look: 'phone' | 'desk' = 'desk'): Promise<Visit> {
  const context = await browser.newContext({
    locale: 'en-GB',
    viewport: look === 'phone' ? { width: 390, height: 844 } : { width: 1280, height: 860 },
    colorScheme: look === 'phone' ? 'dark' : 'light',
  })
  const page = await context.newPage()
  const problems: string[] = []
  page.on('pageerror', error => problems.push(String(error)))
  page.on('console', line => {
    if (line.type() === 'error') problems.push(line.text())
  })
  page.on('request', request => {
    const { origin } = new URL(request.url())
    if (origin !== usher.url.origin) problems.push(`a request to ${origin}`)
  })
  await page.goto(new URL(path, usher.url).href)
  return { page, context, problems }
}

async function assertAccessible(page: Page): Promise<void> {
  await page.evaluate(AXE)
  const found = (await page.evaluate(
    "axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] }).then(r => r.violations)",
  )) as { id: string; nodes: { target: string[] }[] }[]
  const told = found.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join(' ')}`)
  assert.deepEqual(told, [])
}

test('U30 a visitor walks from city to seats and holds the best two', needs, async () => {
  const { page, context, problems } = await visit('/')
  await page.click('text=Pune')
  await page.click('text=The Long Monsoon')
  await assertAccessible(page)
  await page.click('.time:has-text("Grand Hall")')
  await page.waitForSelector('.badge-live')
  await page.click('text=Hold the best 2')
  await page.waitForSelector('h2:has-text("Held for you")')
  assert.match((await page.textContent('.countdown')) ?? '', /[45]:\d\d/)
  assert.match((await page.textContent('.hall-side')) ?? '', /₹500.*later release/s)
  await page.waitForSelector('text=238 of 240 free')
  await assertAccessible(page)
  await page.click('text=More time')
  await page.waitForFunction(() =>
    /9:\d\d/.test(document.querySelector('.countdown')?.textContent ?? ''),
  )
  await page.reload()
  await page.waitForSelector('h2:has-text("Held for you")')
  await page.click('button:has-text("Release")')
  await page.waitForSelector('text=240 of 240 free')
  assert.deepEqual(problems, [])
  await context.close()
})

test('U26 seats are picked with keys, booked free of charge and listed', needs, async () => {
  const { page, context, problems } = await visit(`/shows/${shows.free}`, 'phone')
  await page.waitForSelector('.badge-live')
  await page.focus('.seat-picker-surface')
  for (const key of ['Home', 'Enter', 'ArrowRight', 'Enter']) await page.keyboard.press(key)
  const spoken = await page.evaluate(() => {
    const surface = document.querySelector('.seat-picker-surface')
    return document.getElementById(surface?.getAttribute('aria-activedescendant') ?? '')
      ?.textContent
  })
  assert.match(spoken ?? '', /row \d, seat 2 .*picked by you/)
  await page.click('button:has-text("Hold 2 seats")')
  await page.fill('input[type=email]', 'guest@example.org')
  await page.click('button:has-text("free of charge")')
  await page.waitForSelector('text=Booked. Enjoy the show.')
  await assertAccessible(page)
  await page.click('text=See all my seats')
  await page.waitForSelector('text=confirmed')
  assert.deepEqual(problems, [])
  await context.close()
})

test('U14 a seat that somebody else takes leaves the selection aloud', needs, async () => {
  const { page, context } = await visit(`/shows/${shows.priced}`)
  await page.waitForSelector('.badge-live')
  await page.click('summary:has-text("from a list")')
  await page.click('.seat-checks label:has-text("1-1-5")')
  await page.waitForSelector('text=Hold 1 seat')
  const other = await post('/v1/sessions', {})
  await post(`/v1/shows/${shows.priced}/holds`, { seats: [4] }, other)
  await page.waitForSelector('text=Somebody else just took 1-1-5.')
  await page.waitForSelector('.seat-checks label:has-text("1-1-5 just taken")')
  await context.close()
})

test('L2 a sold-out show: the waitlist, the place in line, the offer', needs, async () => {
  const other = await post('/v1/sessions', {})
  const hold = await post(`/v1/shows/${shows.small}/holds`, { seats: [0, 1] }, other)
  const { page, context, problems } = await visit(`/shows/${shows.small}`, 'phone')
  await page.waitForSelector('text=None free')
  await page.click('button:has-text("Join the waitlist")')
  await page.waitForSelector('text=You are first in line.')
  await assertAccessible(page)
  const gone = await fetch(new URL(`/v1/holds/${hold}`, usher.url), {
    method: 'DELETE',
    headers: { authorization: `Bearer ${other}` },
  })
  assert.equal(gone.status, 204)
  await page.waitForSelector('text=It is your turn')
  await page.waitForSelector('h2:has-text("Offered to you")')
  await assertAccessible(page)
  await page.click('text=Give up offer and place')
  await page.waitForSelector('text=2 of 2 free')
  assert.deepEqual(problems, [])
  await context.close()
})
