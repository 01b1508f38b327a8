// Importing a layout: Usher's own JSON or a pretix seating plan, told apart by shape.
//
//   L1. The document is parsed and checked off the event loop; every mistake is told with its path.
//   L2. A layout is never changed: an import makes a new version.

import { createHash } from 'node:crypto'
import { z } from 'zod'
import { publicIdOf } from '../../shared/ids.ts'
import { LIMITS } from '../../shared/limits.ts'
import type { ImportOutcome } from '../../shared/stores.ts'
import type { House } from '../house.ts'
import { type Answer, json, refuse } from '../reply.ts'
import { LayoutVersion } from '../schemas/admin.ts'
import { IdInPath } from '../schemas/common.ts'
import { settled } from './admin-catalog.ts'
import { found, numberIn } from './catalog.ts'
import { once } from './once.ts'
import { invalid, type Route, route } from './route.ts'

const importLayout = route({
  method: 'POST',
  path: '/v1/admin/auditoriums/{id}/layouts',
  name: 'importLayout',
  tag: 'management',
  summary: "A new layout version from Usher's own JSON or a pretix seating plan",
  access: 'admin',
  key: 'optional',
  params: z.strictObject({ id: IdInPath }),
  body: z
    .looseObject({})
    .meta({ id: 'LayoutDocument', description: 'a layout or a pretix seating plan' }),
  bodyBytesMax: LIMITS.layoutBodyBytesMax,
  hasRawBody: true,
  answers: { 201: { description: 'the new version', schema: LayoutVersion } },
  problems: ['idempotency-mismatch', 'not-found', 'conflict', 'ledger-unavailable'],
  handle: async (ask, house) => {
    const bytes = ask.body as unknown as Uint8Array
    const auditorium = numberIn('auditorium', ask.params.id)
    found('auditorium', await house.catalogue.auditorium(auditorium))
    const sha = createHash('sha256').update(bytes).digest('hex')
    return once(ask, house, { route: ask.url, body: { sha } }, () =>
      imported(house, auditorium, bytes),
    )
  },
})

async function imported(house: House, auditorium: number, bytes: Uint8Array): Promise<Answer> {
  const outcome = await house.layouts.importLayout(auditorium, bytes)
  checkReadable(outcome)
  const { number, version, warnings } = settled('auditorium', outcome)
  house.reads.clear()
  const id = publicIdOf('layout', number)
  return json(201, { id, version, warnings }, [['location', `/v1/layouts/${id}`]])
}

// L1
function checkReadable(
  outcome: ImportOutcome,
): asserts outcome is Exclude<ImportOutcome, { readonly kind: 'bad-json' | 'invalid' }> {
  if (outcome.kind === 'bad-json') throw refuse('bad-json', outcome.detail)
  if (outcome.kind === 'invalid') throw invalid(outcome.problems)
}

export const adminLayoutRoutes: readonly Route[] = [importLayout]
