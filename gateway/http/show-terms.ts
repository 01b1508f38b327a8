// From what an administrator says of a show to its row and its terms.
//
//   S1. Every category of the layout has a price, and no other has.
//   S2. Defaults: sales open now and close at the start; the policy's parts that are left out.

import type { z } from 'zod'
import type { LayoutRow, ShowFields, ShowRow } from '../../shared/catalogue.ts'
import { asInstant, asLayoutNumber } from '../../shared/ids.ts'
import { DEFAULT_POLICY, type Policy, type ShowTerms } from '../../shared/policy.ts'
import type { FieldError } from '../problems.ts'
import type * as Admin from '../schemas/admin.ts'
import { referenced } from './admin-catalog.ts'
import { invalid } from './route.ts'

type ShowInput = z.output<typeof Admin.ShowBody>

/** Throws Refused('validation') that lists everything that does not fit together. */
export function showFieldsOf(
  body: ShowInput,
  layout: LayoutRow,
  defaults: { readonly salesOpenAtMs: number },
): ShowFields {
  const startsAtMs = Date.parse(body.startsAt)
  const salesOpenAtMs = millisecondsOf(body.salesOpenAt) ?? defaults.salesOpenAtMs
  const salesCloseAtMs = millisecondsOf(body.salesCloseAt) ?? startsAtMs
  const policy = policyOf(body.policy ?? {})
  const errors = [...priceErrorsOf(body.prices, layout), ...policyErrorsOf(policy)]
  const isBackwards = body.salesCloseAt !== undefined && salesCloseAtMs <= salesOpenAtMs
  if (isBackwards) {
    errors.push({ pointer: '/salesCloseAt', detail: 'Sales must close after they open.' })
  }
  if (errors.length > 0) throw invalid(errors)
  return {
    movie: referenced('movie', body.movieId),
    auditorium: referenced('auditorium', body.auditoriumId),
    layout: layout.number,
    startsAtMs,
    salesOpenAtMs,
    salesCloseAtMs,
    policy,
    prices: layout.layout.categories.map(({ id }) => body.prices[id] ?? 0),
  }
}

function millisecondsOf(time: string | undefined): number | undefined {
  return time === undefined ? undefined : Date.parse(time)
}

// S2
function policyOf(given: NonNullable<ShowInput['policy']>): Policy {
  const named = Object.entries(given).filter(([, value]) => value !== undefined)
  const policy = { ...DEFAULT_POLICY, ...(Object.fromEntries(named) as Partial<Policy>) }
  if (given.holdLifeMaxMs !== undefined) return policy
  return { ...policy, holdLifeMaxMs: Math.max(policy.holdLifeMaxMs, policy.holdTtlMs) }
}

function policyErrorsOf({ holdLifeMaxMs, holdTtlMs }: Policy): FieldError[] {
  if (holdLifeMaxMs >= holdTtlMs) return []
  const detail = 'The whole life of a hold must not be shorter than holdTtlMs.'
  return [{ pointer: '/policy/holdLifeMaxMs', detail }]
}

// S1
function priceErrorsOf(prices: ShowInput['prices'], { layout }: LayoutRow): FieldError[] {
  const known = new Set(layout.categories.map(({ id }) => id))
  const missing = [...known].filter(id => !Object.hasOwn(prices, id))
  const unknown = Object.keys(prices).filter(id => !known.has(id))
  const pointerOf = (id: string) => `/prices/${id.replaceAll('~', '~0').replaceAll('/', '~1')}`
  return [
    ...missing.map(id => ({ pointer: pointerOf(id), detail: 'This category has no price.' })),
    ...unknown.map(id => ({
      pointer: pointerOf(id),
      detail: 'The layout of the auditorium has no such category.',
    })),
  ]
}

export function termsOf(row: ShowRow): ShowTerms {
  return {
    layout: asLayoutNumber(row.layout),
    layoutDigest: row.layoutDigest,
    policy: row.policy,
    prices: row.prices,
    currency: row.currency,
    startsAt: asInstant(row.startsAtMs),
    salesOpenAt: asInstant(row.salesOpenAtMs),
    salesCloseAt: asInstant(row.salesCloseAtMs),
  }
}
