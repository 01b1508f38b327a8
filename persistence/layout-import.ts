// A layout document becomes a checked, compiled and packed Layout; runs in a worker.
//
// Owns: telling the formats apart, the order of checks.
// Leaves to others: the formats (layout-own.ts, layout-pretix.ts), storing (layout-importer.ts).

import type { Layout } from '../shared/layout.ts'
import { compilePlan } from '../shared/seating-plan.ts'
import type { LayoutProblem } from '../shared/stores.ts'
import { packLayoutSync } from './layout-body.ts'
import { buildLayout } from './layout-build.ts'
import { readDraft, readFlat } from './layout-own.ts'
import { readPretix } from './layout-pretix.ts'
import { type JsonObject, Reading } from './layout-reading.ts'
import type { PackedLayout } from './layout-store.ts'

export type DocumentOutcome =
  | { readonly kind: 'layout'; readonly packed: PackedLayout; readonly warnings: readonly string[] }
  | { readonly kind: 'bad-json'; readonly detail: string }
  | { readonly kind: 'invalid'; readonly problems: readonly LayoutProblem[] }

export type LayoutOutcome =
  | { readonly kind: 'layout'; readonly layout: Layout; readonly warnings: readonly string[] }
  | Exclude<DocumentOutcome, { readonly kind: 'layout' }>

/** Never throws on what the bytes say. */
export function importDocument(bytes: Uint8Array): DocumentOutcome {
  const outcome = readLayout(bytes)
  if (outcome.kind !== 'layout') return outcome
  const { layout, warnings } = outcome
  const { digest } = compilePlan(layout)
  const { categories, seats } = layout
  const body = packLayoutSync(layout)
  return { kind: 'layout', packed: { digest, seatCount: seats.length, categories, body }, warnings }
}

export function readLayout(bytes: Uint8Array): LayoutOutcome {
  let document: unknown
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { kind: 'bad-json', detail: `The body is not valid JSON: ${reason.slice(0, 200)}` }
  }
  const reading = new Reading()
  const layout = layoutOf(document, reading)
  if (layout === undefined || reading.hasProblems) {
    return { kind: 'invalid', problems: reading.problems }
  }
  return { kind: 'layout', layout, warnings: reading.warnings }
}

/** `zones`: pretix; `seats`: flat; else `sections`. */
function layoutOf(value: unknown, reading: Reading): Layout | undefined {
  const document: JsonObject | undefined = reading.object(value, '')
  if (document === undefined) return undefined
  if ('seats' in document) return readFlat(document, reading)
  if (!('zones' in document) && !('sections' in document)) {
    reading.problem(
      '',
      'A layout has "sections" (Usher), "seats" (Usher, flat) or "zones" (pretix).',
    )
    return undefined
  }
  const draft = 'zones' in document ? readPretix(document, reading) : readDraft(document, reading)
  return reading.hasProblems ? undefined : buildLayout(draft)
}
