// Judges real HTTP answers by the OpenAPI document that the server itself serves.
//
// Owns: finding the operation of a request, validating status, media type and body.
// Leaves to others: asking; what else a test wants to know.

import assert from 'node:assert/strict'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'

interface Operation {
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, unknown>> }>
  >
}

export interface OpenApiDocument {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> }
}

export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** the body as JSON, undefined when it is none */
  readonly json: unknown
}

export interface Asked {
  readonly method: string
  /** with its query */
  readonly path: string
}

export class OpenApiCheck {
  /** operations that were answered at least once, as `METHOD path` */
  readonly seen = new Set<string>()
  readonly #document: OpenApiDocument
  readonly #ajv: Ajv2020
  readonly #validators = new Map<string, ValidateFunction>()

  constructor(document: OpenApiDocument) {
    this.#document = document
    this.#ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: true })
    formats.default(this.#ajv)
    this.#ajv.addFormat('base64', /^[A-Za-z0-9+/]*={0,2}$/)
    this.#ajv.addSchema(document, 'openapi')
  }

  /** Every operation of the document, as `METHOD path`. */
  get operations(): readonly string[] {
    return Object.entries(this.#document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map(method => `${method.toUpperCase()} ${path}`),
    )
  }

  /** Throws when the answer is not one that the document promises. */
  check({ method, path }: Asked, answered: Answered): void {
    const template = this.#templateOf(path.split('?', 1)[0] ?? path)
    const verb = method === 'HEAD' ? 'get' : method.toLowerCase()
    const operation = template === undefined ? undefined : this.#document.paths[template]?.[verb]
    if (template === undefined || operation === undefined) {
      assertUnrouted(answered)
      return
    }
    this.seen.add(`${verb.toUpperCase()} ${template}`)
    const where = `${method} ${path} -> ${answered.status}`
    const response = operation.responses[answered.status]
    assert.ok(response !== undefined, `${where} is not in the document: ${answered.text}`)
    if (method === 'HEAD') return
    if (response.content === undefined) {
      assert.equal(answered.text, '', `${where} has a body that the document does not know`)
      return
    }
    const type = (answered.headers.get('content-type') ?? '').split(';', 1)[0] ?? ''
    assert.ok(type in response.content, `${where} is ${type}: not in the document`)
    if (!type.endsWith('json')) return
    const steps = ['paths', template, verb, 'responses', String(answered.status), 'content', type]
    this.#validate([...steps, 'schema'], answered.json, where)
  }

  #validate(steps: readonly string[], value: unknown, where: string): void {
    const pointer = steps.map(step => step.replaceAll('~', '~0').replaceAll('/', '~1')).join('/')
    const name = `openapi#/${encodeURI(pointer)}`
    const validate = this.#validators.get(name) ?? this.#ajv.compile({ $ref: name })
    this.#validators.set(name, validate)
    const isValid = validate(value)
    const told = JSON.stringify(value)?.slice(0, 600)
    assert.ok(isValid, `${where}: ${this.#ajv.errorsText(validate.errors)} in ${told}`)
  }

  #templateOf(path: string): string | undefined {
    const steps = path.split('/')
    const templates = Object.keys(this.#document.paths).filter(template => {
      const own = template.split('/')
      return (
        own.length === steps.length &&
        own.every(
          (step, index) => step === steps[index] || (step.startsWith('{') && steps[index] !== ''),
        )
      )
    })
    const literals = (template: string): number => template.split('{').length
    return templates.sort((left, right) => literals(left) - literals(right))[0]
  }
}

/** What is in no operation is a problem that says so. */
function assertUnrouted({ status, json, text }: Answered): void {
  const code = (json as { readonly code?: string } | undefined)?.code
  const isTold =
    (status === 404 && code === 'route-not-found') ||
    (status === 405 && code === 'method-not-allowed') ||
    (status === 503 && (code === 'draining' || code === 'overloaded')) ||
    status === 204
  assert.ok(isTold, `no operation, but answered ${status} ${text.slice(0, 300)}`)
}
