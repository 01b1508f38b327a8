// A "no" as the browser holds it, whichever door it came through.
//
// Owns: one shape for problem+json, a WebSocket `err` and a network that is silent.
// Leaves to others: the sentence a person reads (sentences.ts).

type Conflict = { readonly seat: number; readonly state: string }

export type Refusal = {
  readonly code: string
  readonly detail: string
  readonly retryable: boolean
  readonly retryAfterMs?: number
  readonly conflicts?: readonly Conflict[]
  readonly largest?: number
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[]
}

export class Refused extends Error {
  readonly refusal: Refusal

  constructor(refusal: Refusal) {
    super(`${refusal.code}: ${refusal.detail}`)
    this.name = 'Refused'
    this.refusal = refusal
  }
}

type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null

/** Reads what a server sent as an error; anything unreadable becomes `internal`. */
export function refusalOf(value: unknown): Refusal {
  if (!isFields(value)) return unreadable
  const { code, detail, message, retryable, retryAfterMs, conflicts, largest, errors } = value
  return {
    code: typeof code === 'string' ? code : 'internal',
    detail: typeof detail === 'string' ? detail : typeof message === 'string' ? message : '',
    retryable: retryable === true,
    ...(typeof retryAfterMs === 'number' ? { retryAfterMs } : {}),
    ...(Array.isArray(conflicts) ? { conflicts: conflicts.filter(isConflict) } : {}),
    ...(typeof largest === 'number' ? { largest } : {}),
    ...(Array.isArray(errors) ? { errors: errors.filter(isFieldError) } : {}),
  }
}

/** The network gave no answer: what was asked may or may not have happened. */
export const silence = (detail: string): Refusal => ({
  code: 'outcome-unknown',
  detail,
  retryable: true,
})

const unreadable: Refusal = {
  code: 'internal',
  detail: 'The answer could not be read.',
  retryable: false,
}

const isConflict = (value: unknown): value is Conflict =>
  isFields(value) && typeof value.seat === 'number' && typeof value.state === 'string'

const isFieldError = (value: unknown): value is { pointer: string; detail: string } =>
  isFields(value) && typeof value.pointer === 'string' && typeof value.detail === 'string'
