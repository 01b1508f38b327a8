// The browser's types against the schemas of the contract.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { z } from 'zod'
import type * as catalog from '../../gateway/schemas/catalog.ts'
import * as holds from '../../gateway/schemas/holds.ts'
import type * as web from '../../gateway/web/api/types.ts'

/** The compiler refuses this file when an answer of the contract is not what the browser reads. */
type Pair<Schema extends z.ZodType, Web> = z.infer<Schema> extends Web ? true : never

interface Page<Item> {
  readonly items: readonly Item[]
}

const CONTRACT: readonly [
  Pair<typeof catalog.City, web.City>,
  Pair<typeof catalog.Cinema, web.Cinema>,
  Pair<typeof catalog.Movie, web.Movie>,
  Pair<typeof catalog.CinemaWithShowsList, Page<web.CinemaWithShows>>,
  Pair<typeof catalog.Show, web.Show>,
  Pair<typeof catalog.Layout, web.Layout>,
  Pair<typeof holds.Hold, web.Hold>,
  Pair<typeof holds.Entry, web.Entry>,
  Pair<typeof holds.Booking, web.Booking>,
  Pair<typeof holds.Session, web.Session>,
] = [true, true, true, true, true, true, true, true, true, true]

test('U31 what the browser asks for is what the schemas accept', () => {
  assert.ok(CONTRACT.every(Boolean))
  const bests: web.BestAsk[] = [
    { count: 2 },
    { count: 4, categories: ['stalls'], together: false, accessible: true },
  ]
  for (const best of bests) assert.ok(holds.HoldBody.safeParse({ best }).success)
  assert.ok(holds.HoldBody.safeParse({ seats: [1, 2] } satisfies web.SeatsAsk).success)
  const waits: web.WaitAsk[] = [{ party: 2 }, { party: 4, minParty: 2, together: false }]
  for (const wait of waits) assert.ok(holds.JoinBody.safeParse(wait).success)
})
