// A route as a value: what it is called, takes and answers, and the handler beside it.
//
// Owns: the shape of a route and the check of its inputs.
// Leaves to others: finding it (gateway/route-table.ts), describing it (schemas/openapi.ts).
//
//   R1. Paths, queries and bodies pass a compiled strict schema before a handler sees them (G2).
//   R2. What is wrong is told with a pointer: into the body, or /path/x, /query/x, /header/x.

import { z } from 'zod'
import type { Caller, Role } from '../auth.ts'
import type { House } from '../house.ts'
import type { FieldError, ProblemCode } from '../problems.ts'
import { type Answer, type Header, refuse } from '../reply.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/** `open`: anybody; `customer`: any valid token; else the role that the token must have. */
export type Access = 'open' | 'customer' | Role

export interface Ask<Params = unknown, Query = unknown, Body = unknown> {
  readonly params: Params
  readonly query: Query
  readonly body: Body
  readonly caller: Caller
  readonly key: string | undefined
  /** the client's address, for limits */
  readonly address: string
  readonly ifNoneMatch: string
  readonly acceptEncoding: string
  readonly accept: string
  /** the path with its query, for caches */
  readonly url: string
  /** for headers that go with every answer, refusals included */
  addHeaders(headers: readonly Header[]): void
}

/** `schema` undefined: no body. `also` lists further media types with their schema. */
export interface AnswerSpec {
  readonly description: string
  readonly schema?: z.ZodType
  readonly type?: string
  readonly headers?: readonly string[]
}

export interface RouteSpec<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
> {
  readonly method: Method
  readonly path: `/${string}`
  /** operationId of the OpenAPI document */
  readonly name: string
  readonly tag: string
  readonly summary: string
  readonly access: Access
  /** Idempotency-Key: required, honoured, or meaningless */
  readonly key?: 'required' | 'optional'
  readonly params?: Params
  readonly query?: Query
  readonly body?: Body
  readonly bodyBytesMax?: number
  /** the handler takes the bytes and checks them itself; `body` only describes them */
  readonly hasRawBody?: boolean
  readonly answers: Readonly<Record<number, AnswerSpec | readonly AnswerSpec[]>>
  /** besides those that follow from method, access, key and inputs */
  readonly problems?: readonly ProblemCode[]
  handle(
    ask: Ask<z.output<Params>, z.output<Query>, z.output<Body>>,
    house: House,
  ): Answer | Promise<Answer>
}

/** What has no schema must be empty. */
const NOTHING = z.strictObject({})

type Inputs = 'params' | 'query' | 'body'

export interface Route {
  readonly spec: Omit<RouteSpec<z.ZodType, z.ZodType, z.ZodType>, 'handle'>
  readonly checks: Readonly<Record<Inputs, z.ZodType>>
  /** a request without a body is not one */
  readonly needsBody: boolean
  handle(ask: Ask, house: House): Answer | Promise<Answer>
}

/** R1: the handler's types are those of the schemas. */
export function route<
  Params extends z.ZodType = z.ZodUndefined,
  Query extends z.ZodType = z.ZodUndefined,
  Body extends z.ZodType = z.ZodUndefined,
>(spec: RouteSpec<Params, Query, Body>): Route {
  const { handle, ...rest } = spec
  return {
    spec: rest,
    needsBody: spec.body !== undefined && !spec.body.safeParse(undefined).success,
    checks: {
      params: z.compile(spec.params ?? NOTHING),
      query: z.compile(spec.query ?? NOTHING),
      body: z.compile(spec.body ?? NOTHING.optional()),
    },
    handle: handle as Route['handle'],
  }
}

/** What the schema makes of a value, or Refused('validation'). R2 */
export function checked(schema: z.ZodType, value: unknown, base: string): unknown {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw invalid(parsed.error.issues.flatMap(issue => errorsOf(issue, base)))
}

const ERRORS_TOLD_MAX = 20

export function invalid(errors: readonly FieldError[]): Error {
  const [first] = errors
  const where = first === undefined || first.pointer === '' ? 'The body' : first.pointer
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : ''
  return refuse('validation', `${where}: ${first?.detail ?? 'not valid'}${more}`, {
    errors: errors.slice(0, ERRORS_TOLD_MAX),
  })
}

function errorsOf(issue: z.core.$ZodIssue, base: string): FieldError[] {
  const at = pointerOf(base, issue.path)
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(key => ({
      pointer: pointerOf(at, [key]),
      detail: 'This field is not known here.',
    }))
  }
  if (issue.code === 'invalid_union') return unionErrorsOf(issue, at)
  return [{ pointer: at, detail: sentenceOf(issue.message) }]
}

/** Of several shapes the one that came closest is told: the fewest complaints. */
function unionErrorsOf(issue: z.core.$ZodIssueInvalidUnion, at: string): FieldError[] {
  const options = issue.errors.map(issues => issues.flatMap(inner => errorsOf(inner, at)))
  const closest = options.sort((left, right) => left.length - right.length)[0]
  if (closest !== undefined && closest.length > 0) return closest
  return [{ pointer: at, detail: sentenceOf(issue.message) }]
}

function pointerOf(base: string, path: readonly PropertyKey[]): string {
  let pointer = base
  for (const step of path) {
    pointer += `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`
  }
  return pointer
}

function sentenceOf(message: string): string {
  return message.endsWith('.') ? message : `${message}.`
}
