// What a client may say on the live connection, as strict schemas (G2).
//
// Owns: the shape of every command. Leaves to others: what it does (session-commands.ts), what the
// server says (live-messages.ts).

import { z } from 'zod'
import { LIMITS } from '../../shared/limits.ts'
import { SeatIndexes } from './common.ts'
import { Best, joinFields } from './holds.ts'

const VERSION_MAX = 0xffff_ffff

/** Chosen by the client; its answer carries it. */
const id = z.union([z.int(), z.string().max(LIMITS.stringLengthMax)])
const publicId = z.string().max(LIMITS.stringLengthMax)
const key = z
  .string()
  .min(1)
  .max(LIMITS.idempotencyKeyLengthMax)
  .regex(/^[\x21-\x7e]+$/, 'Give 1 to 255 visible ASCII characters without spaces')
const version = z.int().min(0).max(VERSION_MAX)

export const LIVE_COMMANDS = Object.freeze({
  hello: z.strictObject({ id, op: z.literal('hello'), token: z.string().max(4_096).optional() }),
  watch: z.strictObject({
    id,
    op: z.literal('watch'),
    showId: publicId,
    since: z.strictObject({ epoch: version, version }).optional(),
  }),
  unwatch: z.strictObject({ id, op: z.literal('unwatch'), showId: publicId }),
  hold: z.strictObject({
    id,
    op: z.literal('hold'),
    showId: publicId,
    key,
    seats: SeatIndexes.optional(),
    best: Best.optional(),
  }),
  change: z.strictObject({
    id,
    op: z.literal('change'),
    holdId: publicId,
    key: key.optional(),
    seats: SeatIndexes,
  }),
  release: z.strictObject({ id, op: z.literal('release'), holdId: publicId, key: key.optional() }),
  extend: z.strictObject({ id, op: z.literal('extend'), holdId: publicId, key }),
  join: z.strictObject({
    id,
    op: z.literal('join'),
    showId: publicId,
    key,
    ...joinFields,
  }),
  leave: z.strictObject({ id, op: z.literal('leave'), entryId: publicId, key: key.optional() }),
  decline: z.strictObject({ id, op: z.literal('decline'), entryId: publicId, key }),
  rank: z.strictObject({ id, op: z.literal('rank'), entryId: publicId }),
})

export type LiveOp = keyof typeof LIVE_COMMANDS
export type LiveCommand<Op extends LiveOp> = z.output<(typeof LIVE_COMMANDS)[Op]>
