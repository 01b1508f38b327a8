// Keyset pages: an opaque cursor that holds the number of the last row.

import type { PageAsk } from '../../shared/catalogue.ts'
import { PAGE_LIMIT_DEFAULT } from '../schemas/common.ts'
import { invalid } from './route.ts'

export interface PageInput {
  readonly limit?: number | undefined
  readonly cursor?: string | undefined
}

/** One row more than asked for is read: it tells whether there is a next page. */
export function pageAskOf(input: PageInput): PageAsk {
  return { after: afterOf(input.cursor), limit: limitOf(input) + 1 }
}

export function limitOf(input: PageInput): number {
  return input.limit ?? PAGE_LIMIT_DEFAULT
}

export function pageOf<Row, Item>(
  rows: readonly Row[],
  input: PageInput,
  parts: { readonly item: (row: Row) => Item; readonly mark: (row: Row) => string },
): { items: Item[]; next: string | null } {
  const limit = limitOf(input)
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const hasMore = rows.length > limit && last !== undefined
  return { items: shown.map(parts.item), next: hasMore ? cursorOf(parts.mark(last)) : null }
}

function cursorOf(mark: string): string {
  return Buffer.from(mark).toString('base64url')
}

/** The mark inside a cursor of ours, or Refused('validation'). */
export function markOf(cursor: string | undefined, pattern: RegExp): string | undefined {
  if (cursor === undefined) return undefined
  const mark = Buffer.from(cursor, 'base64url').toString('latin1')
  if (pattern.test(mark)) return mark
  throw invalid([{ pointer: '/query/cursor', detail: 'This cursor was not made by this list.' }])
}

function afterOf(cursor: string | undefined): number {
  return Number(markOf(cursor, /^[0-9]{1,10}$/) ?? 0)
}
