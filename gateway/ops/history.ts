// GET /ops/v1/shows/{id}/history: the life of a seat, a hold or a customer in one Show, from the ledger.
//
// Owns: the query's words, the answer's shape. Leaves to others: the SQL (persistence/history.ts), who may ask (listener.ts).

import type { HistoryAsk, HistoryRow } from '../../persistence/history.ts'
import {
  asSeatIndex,
  asShowNumber,
  type CustomerId,
  type HoldId,
  parseId,
  parsePublicId,
  type ShowNumber,
} from '../../shared/ids.ts'
import { LIMITS } from '../../shared/limits.ts'

const PATH = /^\/ops\/v1\/shows\/([^/]+)\/history$/
const FIELDS = ['seat', 'hold', 'customer', 'limit', 'cursor']
const LIMIT_DEFAULT = 100
const LIMIT_MAX = 1_000

export type HistorySource = (ask: HistoryAsk) => Promise<readonly HistoryRow[]>

export interface HistoryPage {
  readonly items: readonly Record<string, unknown>[]
  readonly next: string | null
}

/** The text of the show's id when the path asks for a history. */
export function historyPathOf(path: string): string | undefined {
  return PATH.exec(path)?.[1]
}

export function showOfHistory(text: string): ShowNumber | undefined {
  const show = parsePublicId('show', text)
  return show === undefined ? undefined : asShowNumber(show)
}

/** What is asked, or a sentence saying what is wrong. */
export function historyAskOf(show: ShowNumber, query: URLSearchParams): HistoryAsk | string {
  const unknown = [...query.keys()].find(name => !FIELDS.includes(name))
  if (unknown !== undefined) return `/query/${unknown}: This field is not known here.`
  const seat = wholeOf(query.get('seat'), LIMITS.seatsPerLayoutMax - 1)
  if (seat === 'wrong') return '/query/seat: Give the index of a seat.'
  const hold = idOf<HoldId>(query.get('hold'))
  if (hold === 'wrong') return '/query/hold: This is not the id of a hold.'
  const customer = idOf<CustomerId>(query.get('customer'))
  if (customer === 'wrong') return '/query/customer: This is not the id of a customer.'
  const limit = wholeOf(query.get('limit'), LIMIT_MAX)
  if (limit === 'wrong' || limit === 0) return `/query/limit: Give a number from 1 to ${LIMIT_MAX}.`
  const after = wholeOf(query.get('cursor'), Number.MAX_SAFE_INTEGER)
  if (after === 'wrong') return '/query/cursor: Give the `next` of the page before.'
  return {
    show,
    after: after ?? 0,
    limit: limit ?? LIMIT_DEFAULT,
    ...(seat !== undefined && { seat: asSeatIndex(seat) }),
    ...(hold !== undefined && { hold }),
    ...(customer !== undefined && { customer }),
  }
}

export async function historyPage(ask: HistoryAsk, source: HistorySource): Promise<HistoryPage> {
  const rows = await source({ ...ask, limit: ask.limit + 1 })
  const items = rows.slice(0, ask.limit)
  const last = items[items.length - 1]
  const isMore = rows.length > items.length && last !== undefined
  return { items: items.map(itemOf), next: isMore ? String(last.sequence) : null }
}

/** Instants as RFC 3339, like everywhere in the API. */
function itemOf({ atMs, expiresAtMs, ...row }: HistoryRow): Record<string, unknown> {
  return {
    at: new Date(atMs).toISOString(),
    ...row,
    ...(expiresAtMs !== undefined && { expiresAt: new Date(expiresAtMs).toISOString() }),
  }
}

function wholeOf(text: string | null, max: number): number | 'wrong' | undefined {
  if (text === null) return undefined
  return /^[0-9]{1,16}$/.test(text) && Number(text) <= max ? Number(text) : 'wrong'
}

function idOf<Kind extends HoldId | CustomerId>(text: string | null): Kind | 'wrong' | undefined {
  return text === null ? undefined : (parseId<Kind>(text) ?? 'wrong')
}
