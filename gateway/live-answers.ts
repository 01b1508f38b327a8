// Answers to the commands of the live connection, as text.
//
// Owns: `{id, ok}` and `{id, err}`, the sentence for a field that is not valid.
// Leaves to others: which problem it is (problems.ts), the text of holds and entries (translate.ts).

import type { z } from 'zod'
import type { Problem } from './problems.ts'
import { problemOf } from './problems.ts'

/** The JSON of a command's id; `null` when it had none that can be given back. */
export type IdText = string

const ID_LENGTH_MAX = 128

export function idTextIn(value: unknown): IdText | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : undefined
  if (typeof value !== 'string' || value.length > ID_LENGTH_MAX) return undefined
  return JSON.stringify(value)
}

/** `ok` is JSON. */
export function okTextOf(id: IdText, ok: string): string {
  return `{"id":${id},"ok":${ok}}`
}

export function errTextOf(id: IdText, problem: Problem): string {
  const { code, detail, retryable, retryAfterMs, conflicts, largest } = problem
  const wait = retryAfterMs === undefined ? '' : `,"retryAfterMs":${retryAfterMs}`
  const seats = conflicts === undefined ? '' : `,"conflicts":${JSON.stringify(conflicts)}`
  const block = largest === undefined ? '' : `,"largest":${largest}`
  return (
    `{"id":${id},"err":{"code":"${code}","message":${JSON.stringify(detail)},` +
    `"retryable":${retryable}${wait}${seats}${block}}}`
  )
}

/** The first thing that is wrong with a command, as a sentence. */
export function invalidOf(error: z.ZodError): Problem {
  const issue = error.issues[0]
  if (issue === undefined) return problemOf('validation')
  const where = issue.path.length === 0 ? 'The command' : `/${issue.path.map(String).join('/')}`
  const more = error.issues.length > 1 ? ` (and ${error.issues.length - 1} more)` : ''
  if (issue.code === 'unrecognized_keys') {
    const keys = issue.keys.map(key => JSON.stringify(key.slice(0, 40))).join(', ')
    return problemOf('validation', `${where} has fields that are not known: ${keys}${more}.`)
  }
  return problemOf('validation', `${where}: ${issue.message}${more}.`)
}
