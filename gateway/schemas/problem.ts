// The problem document (RFC 9457) that every error is.

import { z } from 'zod'
import { SEAT_STATES } from '../../shared/refusals.ts'
import { PROBLEM_CODES } from '../problems.ts'

export const Code = z
  .enum(PROBLEM_CODES as [string, ...string[]])
  .meta({ id: 'ProblemCode', description: 'a closed list, in order of precedence' })

export const ConflictSchema = z
  .strictObject({ seat: z.int().min(0), state: z.enum(SEAT_STATES) })
  .meta({ id: 'Conflict' })

export const ProblemSchema = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: Code,
    detail: z.string(),
    retryable: z.boolean(),
    retryAfterMs: z.int().min(0).optional(),
    requestId: z.string(),
    errors: z.array(z.strictObject({ pointer: z.string(), detail: z.string() })).optional(),
    conflicts: z.array(ConflictSchema).optional(),
    largest: z.int().min(0).optional(),
  })
  .meta({ id: 'Problem' })
