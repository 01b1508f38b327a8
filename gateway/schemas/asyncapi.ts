// The AsyncAPI 3.1 document of the live connection, made from the schemas that check its messages.
//
// Owns: the translation into channel, messages and operations. Leaves to others: the schemas
// (live.ts, live-messages.ts), serving.

import { z } from 'zod'
import { componentsOf, inlineOf, type JsonSchema, schemaOf } from './json-schema.ts'
import { LIVE_COMMANDS, type LiveOp } from './live.ts'
import { LIVE_OKS, LIVE_PUSHES, LiveErr } from './live-messages.ts'
import type { Titles } from './openapi.ts'

const CHANNEL = { $ref: '#/channels/live' }
const OPS = Object.keys(LIVE_COMMANDS) as readonly LiveOp[]

const DESCRIPTION =
  'The live connection of Usher: watch shows, hold seats, wait for seats. Subprotocols are ' +
  '`usher.v1.json` (text) and `usher.v1.bin` (seat snapshots and deltas binary). The first message ' +
  'is `hello`; the token travels in it, never in the URL. Several commands may come in one frame ' +
  'as a JSON array; each is answered when it is ready, under its id.'

const BINARY =
  'Binary, little endian. Snapshot: u8 1, u8 0, u16 0, u32 showRef, u32 epoch, u32 version, ' +
  'u32 seatCount, then 2 bits a seat. Delta: u8 2, u8 0, u16 count, u32 showRef, u32 epoch, ' +
  'u32 from, u32 to, then count times u32 (index << 2 | state).'

export function asyncApiOf({ version }: Titles): JsonSchema {
  const messages = messagesOf()
  const names = Object.keys(messages)
  const references = names.map(name => [name, { $ref: `#/components/messages/${name}` }])
  return {
    asyncapi: '3.1.0',
    info: {
      title: 'Usher live',
      version,
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/json',
    channels: {
      live: {
        address: '/v1/live',
        title: 'One socket of one client',
        messages: Object.fromEntries(references) as JsonSchema,
        bindings: { ws: { method: 'GET' } },
      },
    },
    operations: { ...commandOperations(), ...pushOperations() },
    components: { messages, schemas: componentsOf(messages) },
  }
}

function messagesOf(): JsonSchema {
  const messages: JsonSchema = {}
  for (const op of OPS) {
    messages[op] = { summary: `the command ${op}`, payload: schemaOf(LIVE_COMMANDS[op]) }
    messages[`${op}Ok`] = { summary: `the answer to ${op}`, payload: okOf(LIVE_OKS[op]) }
  }
  for (const [event, schema] of Object.entries(LIVE_PUSHES)) {
    messages[`${event}Push`] = { summary: `the push ${event}`, payload: schemaOf(schema) }
  }
  messages.refused = { summary: 'the answer "no" to a command', payload: schemaOf(LiveErr) }
  messages.binarySeats = {
    summary: 'snapshot or delta of a show on usher.v1.bin',
    description: BINARY,
    contentType: 'application/octet-stream',
    payload: { type: 'string', format: 'binary' },
  }
  return messages
}

function okOf(ok: z.ZodType): JsonSchema {
  const id = inlineOf(z.union([z.int(), z.string()]))
  const properties = { id, ok: schemaOf(ok) }
  return { type: 'object', properties, required: ['id', 'ok'], additionalProperties: false }
}

const inChannel = (name: string): JsonSchema => ({ $ref: `#/channels/live/messages/${name}` })

function commandOperations(): JsonSchema {
  const operations: JsonSchema = {}
  for (const op of OPS) {
    operations[op] = {
      action: 'receive',
      channel: CHANNEL,
      messages: [inChannel(op)],
      reply: { channel: CHANNEL, messages: [inChannel(`${op}Ok`), inChannel('refused')] },
    }
  }
  return operations
}

function pushOperations(): JsonSchema {
  const operations: JsonSchema = {}
  for (const event of Object.keys(LIVE_PUSHES)) {
    const messages = [inChannel(`${event}Push`)]
    operations[`push-${event}`] = { action: 'send', channel: CHANNEL, messages }
  }
  const messages = [inChannel('binarySeats')]
  operations['push-binary-seats'] = { action: 'send', channel: CHANNEL, messages }
  return operations
}
