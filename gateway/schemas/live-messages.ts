// What the server says on the live connection: the shapes of answers and pushes.
//
// Owns: the schemas that AsyncAPI, the client's types and the tests are made of.
// Leaves to others: writing the text (live-codec.ts, translate.ts, live-answers.ts).

import { z } from 'zod'
import { OpaqueId, publicId, Time } from './common.ts'
import { Entry, Hold } from './holds.ts'
import { Code, ConflictSchema } from './problem.ts'

const id = z.union([z.int(), z.string()])
const position = { epoch: z.int().min(0), version: z.int().min(0) }
const changes = z
  .array(z.tuple([z.int().min(0), z.int().min(0).max(3)]))
  .meta({ description: '[index, state]: 0 free, 1 held, 2 sold, 3 blocked' })
const states = z.base64().meta({ description: '2 bits a seat, as in GET /v1/shows/{id}/seats' })
const showRef = z.int().min(0).meta({ description: 'names the show in binary messages' })
const showId = publicId('show')

export const LiveErr = z
  .strictObject({
    id: id.nullable().meta({ description: 'null: the frame had no id that could be read' }),
    err: z.strictObject({
      code: Code,
      message: z.string(),
      retryable: z.boolean(),
      retryAfterMs: z.int().min(0).optional(),
      conflicts: z.array(ConflictSchema).optional(),
      largest: z.int().min(0).optional(),
    }),
  })
  .meta({ id: 'LiveErr' })

const Greeting = z
  .strictObject({
    customerId: OpaqueId.nullable().meta({ description: 'null: no token, may only watch' }),
    serverTime: Time,
    pingMs: z.int().min(1).meta({ description: 'the server pings a silent socket this often' }),
    version: z.string(),
  })
  .meta({ id: 'Greeting' })

/** On `usher.v1.json`; `usher.v1.bin` has a showRef instead of states, which follow as bytes. */
const Watched = z
  .union([
    z.strictObject({ showId, ...position, states }),
    z.strictObject({ showId, ...position, showRef }),
    z.strictObject({
      showId,
      ...position,
      showRef: showRef.optional(),
      recovered: z.literal(true),
      changes,
    }),
  ])
  .meta({ id: 'Watched' })

/** The ok of every op. */
export const LIVE_OKS = Object.freeze({
  hello: Greeting,
  watch: Watched,
  unwatch: z.strictObject({}),
  hold: Hold,
  change: Hold,
  release: Hold,
  extend: Hold,
  join: Entry,
  leave: Entry,
  decline: Entry,
  rank: z.strictObject({ ahead: z.int().min(0) }),
})

export const LIVE_PUSHES = Object.freeze({
  seats: z
    .strictObject({
      ev: z.literal('seats'),
      showId,
      epoch: z.int().min(0),
      from: z.int().min(0),
      to: z.int().min(0),
      changes,
    })
    .meta({ id: 'SeatsPush' }),
  head: z.strictObject({ ev: z.literal('head'), showId, ...position }).meta({ id: 'HeadPush' }),
  resync: z
    .strictObject({ ev: z.literal('resync'), showId, ...position, states: states.optional() })
    .meta({ id: 'ResyncPush' }),
  hold: z.strictObject({ ev: z.literal('hold'), hold: Hold }).meta({ id: 'HoldPush' }),
  offer: z.strictObject({ ev: z.literal('offer'), entry: Entry }).meta({ id: 'OfferPush' }),
  lagged: z.strictObject({ ev: z.literal('lagged'), showId }).meta({ id: 'LaggedPush' }),
  goaway: z
    .strictObject({ ev: z.literal('goaway'), afterMs: z.int().min(0) })
    .meta({ id: 'GoawayPush' }),
})
