// Guest sessions: a customer without a name, known by a token.

import { json, Refused } from '../reply.ts'
import { Session } from '../schemas/holds.ts'
import { headersOfVerdict } from './limits.ts'
import { timeOf } from './render.ts'
import { type Route, route } from './route.ts'

const session = route({
  method: 'POST',
  path: '/v1/sessions',
  name: 'createSession',
  tag: 'sessions',
  summary: 'A guest: a new customer and its token',
  access: 'open',
  answers: { 201: { description: 'the session', schema: Session } },
  problems: ['rate-limited'],
  handle: async (ask, house) => {
    const verdict = await house.admission.guest(ask.address)
    if (verdict !== undefined) ask.addHeaders(headersOfVerdict(verdict))
    if (verdict?.problem !== undefined) throw new Refused(verdict.problem)
    const { token, customerId, expiresAtMs } = await house.auth.issueGuest()
    return json(201, { token, customerId, expiresAt: timeOf(expiresAtMs) })
  },
})

export const sessionRoutes: readonly Route[] = [session]
