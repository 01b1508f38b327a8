// A catalogue read: made at most once a second in this process, tagged, answered with 304 when known.

import type { House } from '../house.ts'
import type { Answer } from '../reply.ts'
import { conditional, REVALIDATE, tagged } from './conditional.ts'
import type { Ask } from './route.ts'

export async function cachedRead(
  ask: Ask,
  house: House,
  make: () => Promise<unknown>,
): Promise<Answer> {
  const kept = await house.reads.get(ask.url, async () => tagged(JSON.stringify(await make())))
  return conditional(ask, kept, REVALIDATE)
}
