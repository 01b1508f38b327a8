// Writes that belong to no hold or entry are done once per key; repeats are told the same (D5).
//
//   N1. A repeat with another body is refused; one that comes while the first is undecided waits.
//   N2. Only what was done is kept: a refusal had no effect and is decided again.

import { createHash } from 'node:crypto'
import type { House } from '../house.ts'
import { type Answer, jsonText, nothing, refuse } from '../reply.ts'
import { canonicalJsonOf } from '../router.ts'
import { REPLAYED } from './answers.ts'
import type { Ask } from './route.ts'

export interface Once {
  /** what the key is scoped by, with the customer */
  readonly route: string
  readonly body: object
  /** the resource as it is now, for a repeat; undefined: gone since, the first answer stands */
  readonly again?: (firstBody: string) => Promise<Answer | undefined>
}

const WAIT_MS_MAX = 10_000
const WAIT_STEP_MS = 50

/** Without a key it is simply done. */
export async function once(
  ask: Ask,
  house: House,
  what: Once,
  act: () => Promise<Answer>,
): Promise<Answer> {
  if (ask.key === undefined) return act()
  const bodyHash = createHash('sha256').update(canonicalJsonOf(what.body)).digest('hex')
  const { customer } = ask.caller
  const begun = { customer, route: what.route, key: ask.key, bodyHash }
  const end = performance.now() + WAIT_MS_MAX
  while (performance.now() < end) {
    const turn = await house.repeats.begin(begun)
    if (turn.kind === 'mine') return acted(turn, act)
    if (turn.kind === 'kept') return repeated(turn, what)
    if (turn.kind === 'other-body') throw refuse('idempotency-mismatch')
    await new Promise(resolve => setTimeout(resolve, WAIT_STEP_MS)) // N1
  }
  throw refuse('outcome-unknown', undefined, { retryAfterMs: 1_000 })
}

interface Turn {
  keep(status: number, body: string): Promise<void>
  drop(): Promise<void>
}

// N2
async function acted(turn: Turn, act: () => Promise<Answer>): Promise<Answer> {
  let answer: Answer
  try {
    answer = await act()
  } catch (error) {
    await turn.drop()
    throw error
  }
  await turn.keep(answer.status, typeof answer.body === 'string' ? answer.body : '')
  return answer
}

async function repeated(
  kept: { readonly status: number; readonly body: string },
  what: Once,
): Promise<Answer> {
  const now = await what.again?.(kept.body)
  const answer = now ?? (kept.status === 204 ? nothing() : jsonText(kept.status, kept.body))
  return { ...answer, status: kept.status, headers: [...answer.headers, ...REPLAYED] }
}
