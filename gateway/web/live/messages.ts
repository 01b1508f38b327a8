// The JSON messages of the live connection, recognised.
//
// Owns: telling answers from pushes and refusing what is neither.
// Leaves to others: seats, which are binary here (binary.ts), what it means (connection.ts).

import { type Refusal, refusalOf } from '../api/refusal.ts'
import type { Entry, Hold } from '../api/types.ts'

export type Answer = { readonly kind: 'answer'; readonly id: number } & (
  | { readonly ok: Readonly<Record<string, unknown>> }
  | { readonly err: Refusal }
)

export type Push =
  | { readonly kind: 'head'; readonly showId: string; readonly epoch: number; version: number }
  | { readonly kind: 'resync'; readonly showId: string }
  | { readonly kind: 'hold'; readonly hold: Hold }
  | { readonly kind: 'offer'; readonly entry: Entry }
  | { readonly kind: 'lagged'; readonly showId: string }
  | { readonly kind: 'goaway'; readonly afterMs: number }

type Fields = Readonly<Record<string, unknown>>

/** Reads one text frame; several messages may stand in it as an array. */
export function parseMessages(text: string): readonly (Answer | Push)[] {
  try {
    const value: unknown = JSON.parse(text)
    const list = Array.isArray(value) ? value : [value]
    return list.map(messageOf).filter(message => message !== undefined)
  } catch {
    return []
  }
}

function messageOf(value: unknown): Answer | Push | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const fields = value as Fields
  return typeof fields.ev === 'string' ? pushOf(fields) : answerOf(fields)
}

function answerOf(fields: Fields): Answer | undefined {
  const id = Number(fields.id)
  if (!Number.isInteger(id)) return undefined
  if (fields.err !== undefined) return { kind: 'answer', id, err: refusalOf(fields.err) }
  return { kind: 'answer', id, ok: (fields.ok ?? {}) as Fields }
}

function pushOf(fields: Fields): Push | undefined {
  switch (fields.ev) {
    case 'head':
    case 'resync':
    case 'hold':
    case 'lagged':
    case 'goaway':
      return { ...fields, kind: fields.ev } as unknown as Push
    case 'offer':
      return { kind: 'offer', entry: fields.entry as Entry }
    default:
      return undefined // a newer server may say more; what is not known is passed over
  }
}
