// The OpenAPI 3.1 document, made from the very routes and schemas that the server runs.
//
// Owns: the translation of a route into an operation. Leaves to others: routes (http/), serving.
//
//   O1. Every schema with an id is a component; only those that an operation reaches are told.
//   O2. Every operation lists its problems by status, with the codes that it can answer.

import { z } from 'zod'
import type { AnswerSpec, Route } from '../http/route.ts'
import { PROBLEM_CODES, PROBLEMS, type ProblemCode } from '../problems.ts'
import { componentsOf, inlineOf, type JsonSchema, schemaOf } from './json-schema.ts'
import { ProblemSchema } from './problem.ts'

export interface Titles {
  readonly version: string
}

export function openApiOf(routes: readonly Route[], { version }: Titles): JsonSchema {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routes) {
    const { path, method } = route.spec
    paths[path] ??= {}
    paths[path][method.toLowerCase()] = operationOf(route)
  }
  const problem = schemaOf(ProblemSchema)
  return {
    openapi: '3.1.0',
    info: {
      title: 'Usher',
      version,
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: TAGS.map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: componentsOf([paths, problem]),
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
      },
    },
  }
}

const DESCRIPTION =
  'Ticket booking for cinemas, theatres and halls. Start with `POST /v1/sessions` for a guest ' +
  'token. Every error is a problem document (RFC 9457) whose codes are explained under ' +
  '[/docs/problems](/docs/problems). Live seats come over `GET /v1/live` (WebSocket), described ' +
  'by [/asyncapi.json](/asyncapi.json).'

const TAGS = [
  ['sessions', 'guests and their tokens'],
  ['catalogue', 'cities, cinemas, movies, auditoriums'],
  ['shows', 'one show, its seating arrangement and its seats'],
  ['holds', 'keeping seats for a while'],
  ['bookings', 'what was bought'],
  ['waitlist', 'first come, first served'],
  ['management', 'for administrators'],
] as const

function operationOf({ spec }: Route): JsonSchema {
  const parameters = [
    ...parametersOf('path', spec.params),
    ...parametersOf('query', spec.query),
    ...headerParametersOf(spec),
  ]
  return {
    operationId: spec.name,
    tags: [spec.tag],
    summary: spec.summary,
    ...(spec.access === 'open' ? {} : { security: [{ bearer: [] }] }),
    ...(roleOf(spec) === undefined ? {} : { description: `Needs the role \`${roleOf(spec)}\`.` }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(spec.body === undefined ? {} : { requestBody: requestBodyOf(spec.body) }),
    responses: { ...answersOf(spec), ...problemAnswersOf(spec) },
  }
}

type Spec = Route['spec']

function roleOf({ access }: Spec): string | undefined {
  return access === 'open' || access === 'customer' ? undefined : access
}

function parametersOf(place: 'path' | 'query', schema: z.ZodType | undefined): JsonSchema[] {
  if (schema === undefined) return []
  const { properties = {}, required = [] } = inlineOf(schema) as {
    readonly properties?: Record<string, JsonSchema>
    readonly required?: readonly string[]
  }
  return Object.entries(properties).map(([name, told]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: told,
  }))
}

function headerParametersOf(spec: Spec): JsonSchema[] {
  const parameters: JsonSchema[] = []
  if (spec.key !== undefined) {
    parameters.push({
      name: 'Idempotency-Key',
      in: 'header',
      required: spec.key === 'required',
      description: 'new for each intention, the same for its repeats',
      schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[!-~]+$' },
    })
  }
  if (isConditional(spec)) {
    parameters.push({
      name: 'If-None-Match',
      in: 'header',
      required: false,
      schema: { type: 'string' },
    })
  }
  return parameters
}

function isConditional(spec: Spec): boolean {
  return spec.method === 'GET' && spec.access === 'open'
}

function requestBodyOf(schema: z.ZodType): JsonSchema {
  const isOptional = schema instanceof z.ZodOptional
  const body = isOptional ? (schema.unwrap() as z.ZodType) : schema
  return { required: !isOptional, content: { 'application/json': { schema: schemaOf(body) } } }
}

function answersOf(spec: Spec): JsonSchema {
  const answers: Record<string, unknown> = {}
  for (const [status, told] of Object.entries(spec.answers)) {
    const specs = Array.isArray(told) ? (told as readonly AnswerSpec[]) : [told as AnswerSpec]
    const content = Object.fromEntries(specs.flatMap(contentOf))
    answers[status] = {
      description: specs.map(({ description }) => description).join('; '),
      ...(Object.keys(content).length === 0 ? {} : { content }),
    }
  }
  if (isConditional(spec)) answers['304'] = { description: 'what you have is current' }
  return answers
}

function contentOf({ schema, type }: AnswerSpec): [string, unknown][] {
  if (type !== undefined) return [[type, { schema: { type: 'string' } }]]
  return schema === undefined ? [] : [['application/json', { schema: schemaOf(schema) }]]
}

// O2
function problemAnswersOf(spec: Spec): JsonSchema {
  const codes = problemsOf(spec)
  const byStatus = new Map<number, ProblemCode[]>()
  for (const code of codes) {
    const { status } = PROBLEMS[code]
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  const answers: Record<string, unknown> = {}
  for (const [status, own] of byStatus) {
    const schema = { allOf: [schemaOf(ProblemSchema), { properties: { code: { enum: own } } }] }
    answers[String(status)] = {
      description: own.map(code => `\`${code}\`: ${PROBLEMS[code].title}`).join('; '),
      content: { 'application/problem+json': { schema } },
    }
  }
  return answers
}

const EVERYWHERE: readonly ProblemCode[] = [
  'origin-refused',
  'validation',
  'overloaded',
  'draining',
  'ledger-unavailable',
  'internal',
]

/** In order of precedence: the route's own and those that follow from what it takes. */
export function problemsOf(spec: Spec): readonly ProblemCode[] {
  const codes = new Set<ProblemCode>([...EVERYWHERE, ...(spec.problems ?? [])])
  const add = (...more: ProblemCode[]) => more.forEach(code => void codes.add(code))
  if (spec.method !== 'GET') add('body-too-large', 'unsupported-media-type', 'bad-json')
  if (spec.access !== 'open') add('token-invalid', 'rate-limited')
  if (roleOf(spec) !== undefined) add('forbidden')
  if (spec.key === 'required') add('idempotency-key-required')
  if (spec.key !== undefined) add('outcome-unknown', 'idempotency-mismatch')
  return PROBLEM_CODES.filter(code => codes.has(code))
}
