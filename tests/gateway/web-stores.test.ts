// What the browser keeps: the selection, the visitor's holds, the session, addresses, repeats.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Refused, refusalOf, silence } from '../../gateway/web/api/refusal.ts'
import { GuestSession } from '../../gateway/web/api/session.ts'
import type { Hold } from '../../gateway/web/api/types.ts'
import { repeatAfter } from '../../gateway/web/stores/commands.ts'
import { type DraftRules, pressSeat, sweepDraft } from '../../gateway/web/stores/draft.ts'
import {
  editableHold,
  type Holdings,
  liveOnes,
  seatsHeld,
  takeHold,
} from '../../gateway/web/stores/holdings.ts'
import { parseRoute, pathOf, type Route } from '../../gateway/web/stores/router.ts'

const STATES = [0, 1, 2, 3, 0, 0] as const

const rules = (part: Partial<DraftRules> = {}): DraftRules => ({
  stateOf: index => STATES[index],
  seatsMax: 2,
  own: new Set(),
  isDropOnly: false,
  nameOf: index => `A${index}`,
  ...part,
})

const hold = (part: Partial<Hold> = {}): Hold => ({
  id: 'h1',
  showId: 'show_1',
  phase: 'selecting',
  seats: [{ index: 4, label: 'A4', category: 'c', price: { amount: 0, currency: 'EUR' } }],
  amount: { amount: 0, currency: 'EUR' },
  expiresAt: '2026-01-01T00:00:00.000Z',
  ttlMs: 60_000,
  extensionsLeft: 1,
  origin: 'direct',
  epoch: 1,
  sequence: 5,
  ...part,
})

test('U15 a press picks a free seat, a second press drops it', () => {
  const picked = pressSeat(new Set(), 0, rules())
  assert.deepEqual([...picked.draft], [0])
  assert.deepEqual([...pressSeat(picked.draft, 0, rules()).draft], [])
})

test('U15 a press on a seat that is not to be had says why', () => {
  for (const [index, words] of [
    [1, 'held'],
    [2, 'sold'],
    [3, 'not for sale'],
  ] as const) {
    const { draft, why } = pressSeat(new Set(), index, rules())
    assert.equal(draft.size, 0)
    assert.match(why ?? '', new RegExp(`A${index} .*${words}`))
  }
  assert.equal(pressSeat(new Set(), 99, rules()).draft.size, 0)
  assert.match(pressSeat(new Set([0, 4]), 5, rules()).why ?? '', /up to 2 seats/)
})

test('U15 seats of the own hold can be taken back in, and an offer may only drop', () => {
  const own = rules({ own: new Set([1]) })
  assert.deepEqual([...pressSeat(new Set(), 1, own).draft], [1])
  const offer = rules({ own: new Set([1]), isDropOnly: true })
  assert.deepEqual([...pressSeat(new Set(), 1, offer).draft], [1])
  assert.match(pressSeat(new Set([1]), 0, offer).why ?? '', /offer/)
})

test('U14 a picked seat that somebody takes leaves the selection, own seats stay', () => {
  const swept = sweepDraft(new Set([0, 1, 2]), rules({ own: new Set([2]) }))
  assert.deepEqual([...swept.draft], [0, 2])
  assert.deepEqual(swept.lost, [1])
})

test('U16 the higher sequence stands, whichever arrives last', () => {
  const first = takeHold(new Map(), hold(), 0)
  assert.equal(takeHold(first, hold({ phase: 'released', sequence: 4 }), 1), first)
  const older = takeHold(first, hold({ epoch: 0, sequence: 99 }), 1)
  assert.equal(older, first)
  const ended = takeHold(first, hold({ phase: 'expired', sequence: 6 }), 1)
  assert.deepEqual(liveOnes(ended), [])
})

test('U11 each telling corrects the deadline on the local clock', () => {
  const first = takeHold(new Map(), hold({ ttlMs: 60_000 }), 1_000)
  assert.equal(first.get('h1')?.deadline, 61_000)
  const again = takeHold(first, hold({ ttlMs: 58_500 }), 3_000)
  assert.equal(again.get('h1')?.deadline, 61_500)
})

test('U16 ended holds hold nothing and are not edited', () => {
  let holdings: Holdings = takeHold(new Map(), hold(), 0)
  holdings = takeHold(holdings, hold({ id: 'h2', phase: 'paying' }), 0)
  assert.equal(editableHold(holdings)?.id, 'h1')
  holdings = takeHold(holdings, hold({ phase: 'released', sequence: 9 }), 0)
  assert.equal(editableHold(holdings), undefined)
  assert.deepEqual([...seatsHeld(holdings)], [4])
})

test('U13 only what may have happened or may come is repeated, and not for ever', () => {
  const refused = (code: string, retryAfterMs?: number): Refused =>
    new Refused(refusalOf({ code, detail: '', retryable: true, retryAfterMs }))
  assert.equal(repeatAfter(new Refused(silence('')), 0, 0), 0)
  assert.equal(repeatAfter(refused('overloaded', 200), 0, 0), 200)
  assert.equal(repeatAfter(refused('seat-taken'), 0, 0), undefined)
  assert.equal(repeatAfter(refused('sold-out'), 0, 0), undefined)
  assert.equal(repeatAfter(refused('rate-limited', 60_000), 0, 0), undefined)
  assert.equal(repeatAfter(new Refused(silence('')), 4, 0), undefined)
})

test('U18 an unreadable error is still a refusal', () => {
  for (const body of [undefined, null, 'text', 42, {}]) {
    assert.equal(refusalOf(body).code, 'internal')
  }
  const read = refusalOf({
    code: 'seat-taken',
    conflicts: [{ seat: 3, state: 'held' }, { seat: 'x' }],
  })
  assert.deepEqual(read.conflicts, [{ seat: 3, state: 'held' }])
})

function fakeStorage(start: Record<string, string> = {}) {
  const values = new Map(Object.entries(start))
  return {
    getItem: (name: string) => values.get(name) ?? null,
    setItem: (name: string, value: string) => void values.set(name, value),
    removeItem: (name: string) => void values.delete(name),
  }
}

const session = (token: string, livesMs: number) => ({
  token,
  customerId: 'c',
  expiresAt: new Date(Date.now() + livesMs).toISOString(),
})

test('U1 one guest is made however many ask at once, and kept for the next page', async () => {
  let made = 0
  const storage = fakeStorage()
  const guests = new GuestSession(storage, () => Promise.resolve(session(`t${++made}`, 3_600_000)))
  const tokens = await Promise.all([guests.token(), guests.token(), guests.token()])
  assert.deepEqual(tokens, ['t1', 't1', 't1'])
  assert.equal(await new GuestSession(storage, () => assert.fail('kept')).token(), 't1')
})

test('U1 a session that ends, is refused or is not readable is replaced', async () => {
  let made = 0
  const make = () => Promise.resolve(session(`t${++made}`, 3_600_000))
  for (const text of ['{', 'null', '{"token":1}', JSON.stringify(session('old', 5_000))]) {
    const storage = fakeStorage({ 'usher.session': text })
    assert.match(await new GuestSession(storage, make).token(), /^t\d$/)
  }
  const storage = fakeStorage()
  const guests = new GuestSession(storage, make)
  const first = await guests.token()
  guests.forget('another')
  assert.equal(await guests.token(), first)
  guests.forget(first)
  assert.notEqual(await guests.token(), first)
})

test('U30 every page has an address that leads back to it', () => {
  const routes: Route[] = [
    { kind: 'home' },
    { kind: 'city', cityId: 'city_1' },
    { kind: 'cinema', cityId: 'city_1', cinemaId: 'cinema_2' },
    { kind: 'movie', cityId: 'a b', movieId: 'm/1', day: '2026-01-31', cinemaId: 'cinema_2' },
    { kind: 'movie', cityId: 'city_1', movieId: 'movie_1', day: undefined, cinemaId: undefined },
    { kind: 'show', showId: 'show_12' },
    { kind: 'bookings' },
  ]
  for (const route of routes) {
    const address = new URL(pathOf(route), 'http://localhost')
    assert.deepEqual(parseRoute(address.pathname, address.search), route)
  }
})

test('U30 an address that means nothing says so', () => {
  for (const path of ['/x', '/shows', '/shows/a/b', '/cities/a/b', '/cities/a/b/c', '/%E0%A4%A']) {
    assert.equal(parseRoute(path).kind, 'nowhere')
  }
})
