// The shape of an OpenAPI 3.1 document as far as this house uses it, stricter than the specification:
// a field that is not listed here is a mistake of ours.

const text = { type: 'string', minLength: 1 }
const schema = { type: 'object' }
const closed = (properties: object, required: readonly string[] = []): object => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
})
const mapOf = (values: object, names: object = {}): object => ({
  type: 'object',
  additionalProperties: values,
  propertyNames: names,
})

const content = mapOf(closed({ schema }, ['schema']), { pattern: '^[a-z]+/[a-z+.-]+$' })

const parameter = closed(
  {
    name: text,
    in: { enum: ['path', 'query', 'header', 'cookie'] },
    required: { type: 'boolean' },
    description: text,
    schema,
  },
  ['name', 'in', 'schema'],
)

const operation = closed(
  {
    operationId: { type: 'string', pattern: '^[a-z][A-Za-z]+$' },
    tags: { type: 'array', items: text, minItems: 1 },
    summary: text,
    description: text,
    security: { type: 'array', items: mapOf({ type: 'array', items: text }) },
    parameters: {
      type: 'array',
      items: {
        allOf: [
          parameter,
          // A parameter of the path is always required.
          {
            if: { properties: { in: { const: 'path' } } },
            // biome-ignore lint/suspicious/noThenProperty: JSON Schema names its keyword so
            then: { properties: { required: { const: true } }, required: ['required'] },
          },
        ],
      },
    },
    requestBody: closed({ required: { type: 'boolean' }, content }, ['content']),
    responses: {
      ...mapOf(closed({ description: text, content }, ['description']), {
        pattern: '^[1-5][0-9]{2}$',
      }),
      minProperties: 1,
    },
  },
  ['operationId', 'tags', 'summary', 'responses'],
)

export const OPENAPI_SCHEMA = closed(
  {
    openapi: { const: '3.1.0' },
    info: closed(
      {
        title: text,
        version: text,
        description: text,
        license: closed({ name: text, identifier: text }, ['name']),
      },
      ['title', 'version'],
    ),
    servers: { type: 'array', items: closed({ url: text }, ['url']) },
    tags: { type: 'array', items: closed({ name: text, description: text }, ['name']) },
    paths: mapOf(closed({ get: operation, put: operation, post: operation, delete: operation }), {
      pattern: '^/([a-z0-9-]+|\\{[A-Za-z]+\\})(/([a-z0-9-]+|\\{[A-Za-z]+\\}))*$',
    }),
    components: closed(
      {
        schemas: mapOf(schema, { pattern: '^[A-Za-z0-9]+$' }),
        securitySchemes: mapOf(
          closed({ type: { const: 'http' }, scheme: { const: 'bearer' }, bearerFormat: text }, [
            'type',
            'scheme',
          ]),
        ),
      },
      ['schemas'],
    ),
  },
  ['openapi', 'info', 'paths', 'components'],
)
