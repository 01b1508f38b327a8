// zod schemas as JSON Schema (2020-12), with components for those that have an id.

import { z } from 'zod'

export type JsonSchema = Record<string, unknown>

const PLACE = '#/components/schemas/'
const OPTIONS = { io: 'output', target: 'draft-2020-12' } as const

/** A reference for a schema with an id; anything else is written out, with references inside. */
export function schemaOf(schema: z.ZodType): JsonSchema {
  const id = z.globalRegistry.get(schema)?.id
  return id === undefined ? inlineOf(schema) : { $ref: PLACE + id }
}

/** Without an id of its own. */
export function inlineOf(schema: z.ZodType): JsonSchema {
  const { $schema: _dialect, $defs: _own, ...told } = z.toJSONSchema(schema, OPTIONS) as JsonSchema
  return relocated(told) as JsonSchema
}

const OWN_PLACE = '#/$defs/'

/** What zod would define beside the schema is a component of the document. */
function relocated(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(relocated)
  if (typeof part !== 'object' || part === null) return part
  const fields = Object.entries(part).map(([name, value]) => {
    const isOwn = name === '$ref' && typeof value === 'string' && value.startsWith(OWN_PLACE)
    return [name, isOwn ? PLACE + value.slice(OWN_PLACE.length) : relocated(value)]
  })
  return Object.fromEntries(fields)
}

/** Every component that the given parts of a document reach, in alphabetical order. */
export function componentsOf(parts: unknown): Record<string, JsonSchema> {
  const { schemas } = z.toJSONSchema(z.globalRegistry, { ...OPTIONS, uri: id => PLACE + id })
  const reached = new Map<string, JsonSchema>()
  const visit = (part: unknown): void => {
    for (const id of referencesIn(part)) {
      if (reached.has(id)) continue
      const { $schema: _dialect, $id: _id, id: _name, ...told } = schemas[id] as JsonSchema
      reached.set(id, told)
      visit(told)
    }
  }
  visit(parts)
  const sorted = [...reached].sort(([left], [right]) => (left < right ? -1 : 1))
  return Object.fromEntries(sorted)
}

function referencesIn(part: unknown): string[] {
  if (Array.isArray(part)) return part.flatMap(referencesIn)
  if (typeof part !== 'object' || part === null) return []
  return Object.entries(part).flatMap(([name, value]) =>
    name === '$ref' && typeof value === 'string'
      ? [value.slice(PLACE.length)]
      : referencesIn(value),
  )
}
