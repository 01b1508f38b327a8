// Reading untrusted JSON field by field, with a pointer and a sentence for every mistake.
//
// Owns: types, lengths and ranges of single fields. Leaves to others: what the fields mean together.
//
//   LR1. A mistake names its place as a JSON pointer; at most 50 are told.
//   LR2. Fields that are not used are tolerated and named once in a warning.

import { LIMITS } from '../shared/limits.ts'
import type { LayoutProblem } from '../shared/stores.ts'

const PROBLEMS_MAX = 50
const COORDINATE_MAX = 1_000_000
/** lone surrogates too: Postgres stores neither them nor NUL */
const UNUSABLE = /[\p{Cc}\p{Cs}]/u

export type JsonObject = Readonly<Record<string, unknown>>

export class Reading {
  readonly problems: LayoutProblem[] = []
  readonly #warnings = new Set<string>()

  get warnings(): readonly string[] {
    return [...this.#warnings]
  }

  get hasProblems(): boolean {
    return this.problems.length > 0
  }

  /** LR1 */
  problem(pointer: string, detail: string): void {
    if (this.problems.length < PROBLEMS_MAX) this.problems.push({ pointer, detail })
  }

  warn(sentence: string): void {
    if (this.#warnings.size < PROBLEMS_MAX) this.#warnings.add(sentence)
  }

  /** LR2 */
  warnUnused(object: JsonObject, known: ReadonlySet<string>, where: string): void {
    for (const name of Object.keys(object)) {
      if (!known.has(name)) this.warn(`The field "${name.slice(0, 64)}" of ${where} is not used.`)
    }
  }

  object(value: unknown, pointer: string): JsonObject | undefined {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as JsonObject
    }
    this.problem(pointer, 'This must be an object.')
    return undefined
  }

  array(value: unknown, pointer: string): readonly unknown[] {
    if (Array.isArray(value)) return value
    this.problem(pointer, 'This must be a list.')
    return []
  }

  /** Texts and whole numbers alike: row 7 and row "7" are the same row. */
  name(value: unknown, pointer: string): string {
    const text = typeof value === 'number' && Number.isFinite(value) ? String(value) : value
    if (typeof text === 'string' && isName(text)) return text
    this.problem(
      pointer,
      `This must be a text of 1 to ${LIMITS.stringLengthMax} characters without control characters.`,
    )
    return ''
  }

  nameOr(fallback: string, value: unknown, pointer: string): string {
    const isAbsent = value === undefined || value === null || value === ''
    return isAbsent ? fallback : this.name(value, pointer)
  }

  coordinate(value: unknown, pointer: string): number {
    if (typeof value === 'number' && Math.abs(value) <= COORDINATE_MAX) return value
    this.problem(pointer, `This must be a number between -${COORDINATE_MAX} and ${COORDINATE_MAX}.`)
    return 0
  }

  coordinateOr(fallback: number, value: unknown, pointer: string): number {
    return value === undefined || value === null ? fallback : this.coordinate(value, pointer)
  }

  /** {x, y}, or the origin when it is left out. */
  pointOrOrigin(value: unknown, pointer: string): { readonly x: number; readonly y: number } {
    if (value === undefined || value === null) return { x: 0, y: 0 }
    const point = this.object(value, pointer) ?? {}
    return {
      x: this.coordinateOr(0, point.x, `${pointer}/x`),
      y: this.coordinateOr(0, point.y, `${pointer}/y`),
    }
  }

  seatCount(count: number, pointer: string): void {
    if (count > LIMITS.seatsPerLayoutMax) {
      this.problem(pointer, `A layout has at most ${LIMITS.seatsPerLayoutMax} seats.`)
    }
    if (count === 0 && !this.hasProblems) this.problem(pointer, 'A layout has at least one seat.')
  }

  categoryCount(count: number, pointer: string): void {
    if (count > LIMITS.categoriesPerLayoutMax) {
      this.problem(pointer, `A layout has at most ${LIMITS.categoriesPerLayoutMax} categories.`)
    }
  }
}

function isName(text: string): boolean {
  const { length } = text
  const fits = length >= 1 && length <= LIMITS.stringLengthMax
  return fits && !UNUSABLE.test(text) && text !== '__proto__'
}
