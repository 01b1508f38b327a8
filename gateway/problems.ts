// The closed list of what can be refused or can fail, as the public contract names it.
//
// Owns: codes, their order of precedence, status, title, what each means to a client.
// Leaves to others: when a code applies; how it is written to a response (reply.ts) or a socket.
//
//   Q1. The list is closed and its order is the order of precedence: the first that applies is told.
//   Q2. A problem never carries a stack trace, SQL or a host name: only sentences made for clients.

import type { Conflict } from '../shared/refusals.ts'

interface ProblemKind {
  readonly status: number
  readonly title: string
  /** the same request may succeed later, unchanged */
  readonly isRetryable: boolean
  /** for the docs page: what it means and what to do */
  readonly meaning: string
}

const kind = (status: number, title: string, meaning: string): ProblemKind => ({
  status,
  title,
  isRetryable: false,
  meaning,
})

const passing = (status: number, title: string, meaning: string): ProblemKind => ({
  ...kind(status, title, meaning),
  isRetryable: true,
})

export const PROBLEMS = Object.freeze({
  'route-not-found': kind(
    404,
    'No such address',
    'Nothing lives under this path. The list of routes is in /openapi.json.',
  ),
  'method-not-allowed': kind(
    405,
    'Method not allowed',
    'The address exists but does not know this method; the Allow header lists those it knows.',
  ),
  'body-too-large': kind(
    413,
    'Body too large',
    'The body is over the limit of this route: 16 KiB, 32 MiB for a layout, 4 KiB for a message.',
  ),
  'unsupported-media-type': kind(
    415,
    'Unsupported media type',
    'Send the body as application/json without compression.',
  ),
  'bad-json': kind(
    400,
    'Body is not JSON',
    'The body is missing, incomplete or not valid JSON in UTF-8, or it did not arrive in time.',
  ),
  'origin-refused': kind(
    403,
    'Origin refused',
    'The page that asks is served from an origin which the operator has not allowed.',
  ),
  'token-invalid': kind(
    401,
    'Token missing or invalid',
    'Send "Authorization: Bearer <token>" with a live token; POST /v1/sessions makes a guest one.',
  ),
  forbidden: kind(403, 'Role missing', 'The token is valid but lacks the role that this needs.'),
  'idempotency-key-required': kind(
    400,
    'Idempotency-Key required',
    'Send an Idempotency-Key of 1 to 255 visible ASCII characters, new for each intention.',
  ),
  validation: kind(
    422,
    'Request not valid',
    'The request does not have the shape that the route describes; errors[] says where and why.',
  ),
  'signature-invalid': kind(
    400,
    'Signature invalid',
    'The signature of the webhook does not fit its bytes or is too old.',
  ),
  'idempotency-mismatch': kind(
    422,
    'Idempotency-Key used for something else',
    'This key was used with another body. A repeat must be identical; a new intention needs a new key.',
  ),
  'not-found': kind(404, 'Not found', 'There is no such resource, or it belongs to somebody else.'),
  'show-not-on-sale': kind(
    409,
    'Show not on sale',
    'Sales have not opened, are closed, or the show is cancelled: no new holds, changes or joins.',
  ),
  'seat-unknown': kind(404, 'No such seat', 'A seat index is outside the layout of this show.'),
  'seat-repeated': kind(
    422,
    'Seat named twice',
    'The same seat stands in the list more than once.',
  ),
  'too-many-seats': kind(
    409,
    'Too many seats',
    'More seats than the policy of the show allows in one hold or one party.',
  ),
  'too-many-holds': kind(
    409,
    'Too many holds',
    'The customer has as many live holds of this show as its policy allows: release or book one.',
  ),
  'seat-taken': kind(
    409,
    'Seat taken',
    'At least one of the seats is not free; conflicts[] lists them. Nothing was held.',
  ),
  'leaves-orphan': kind(
    409,
    'Leaves a single seat',
    'The choice would leave a single free seat that is hard to sell: move by one seat.',
  ),
  'sold-out': kind(
    409,
    'Sold out',
    'No seat is free to you at the moment. Held seats may come back: join the waitlist.',
  ),
  'no-block': kind(
    409,
    'No fitting block',
    'The seats that are free do not fit the request; largest is the biggest block that would.',
  ),
  'already-waiting': kind(
    409,
    'Already waiting',
    'The customer already has a live entry in the waitlist of this show.',
  ),
  'not-offered': kind(409, 'Nothing is offered', 'Only an entry with a live offer can decline it.'),
  'waitlist-full': kind(
    409,
    'Waitlist full',
    'The waitlist of this show takes no further entries of this kind.',
  ),
  'hold-expired': kind(
    409,
    'Hold ended',
    'The hold has ended (expired, released or booked) and cannot change any more.',
  ),
  'hold-paying': kind(
    409,
    'Hold is being paid',
    'The seats of a hold cannot change once its payment has begun.',
  ),
  'hold-settling': kind(
    409,
    'Payment is settling',
    'The money is authorised and the booking is being made: wait for its end.',
  ),
  'no-extension-left': kind(
    409,
    'No extension left',
    'The hold was extended as often, or has lived as long, as the policy allows.',
  ),
  'payment-required': kind(
    402,
    'Payment required',
    'The hold costs money and the caller is not a box office: pay it at checkout.',
  ),
  'payment-mismatch': kind(
    409,
    'Payment does not fit',
    'Amount, currency or intent differ from those of the hold.',
  ),
  'not-refundable': kind(409, 'Not refundable', 'The refund policy of the show has run out.'),
  'already-reviewed': kind(
    409,
    'Already reviewed',
    'A customer reviews a movie once; the review can be edited.',
  ),
  'ticket-invalid': kind(
    422,
    'Ticket invalid',
    'The ticket is not one of this house, is for another show, or was cancelled.',
  ),
  'already-admitted': kind(409, 'Already admitted', 'The ticket was scanned before.'),
  conflict: kind(
    409,
    'Conflict',
    'The change does not fit what hangs on the resource: see the detail.',
  ),
  'stale-plan': kind(
    409,
    'Plan is stale',
    'The plan was made from an older table: make a new one.',
  ),
  'rate-limited': passing(
    429,
    'Too fast',
    'A limit was reached; Retry-After and retryAfterMs say when to come back.',
  ),
  overloaded: passing(
    503,
    'Overloaded',
    'The server refuses work early to stay fast for what it has accepted. Nothing was done.',
  ),
  'shard-unavailable': passing(
    503,
    'Shard unavailable',
    'The show has no owner at the moment; it will have one shortly. Nothing was done.',
  ),
  'ledger-unavailable': passing(
    503,
    'Ledger unavailable',
    'The database does not answer. Holding seats may still work.',
  ),
  draining: passing(503, 'Draining', 'This server is being stopped: connect again.'),
  'outcome-unknown': passing(
    503,
    'Outcome unknown',
    'It is not known whether this was done. Repeat it with the same Idempotency-Key to learn it.',
  ),
  internal: kind(
    500,
    'Internal error',
    'The server failed; the requestId helps the operator to find out why.',
  ),
} satisfies Record<string, ProblemKind>)

export type ProblemCode = keyof typeof PROBLEMS

/** In order of precedence. Q1 */
export const PROBLEM_CODES = Object.keys(PROBLEMS) as readonly ProblemCode[]

export interface FieldError {
  /** JSON pointer into the body; for others `/path/x`, `/query/x`, `/header/x` */
  readonly pointer: string
  readonly detail: string
}

export interface ProblemExtra {
  readonly retryAfterMs?: number
  readonly errors?: readonly FieldError[]
  readonly conflicts?: readonly Conflict[]
  readonly largest?: number
}

export interface Problem extends ProblemExtra {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: ProblemCode
  readonly detail: string
  readonly retryable: boolean
}

/** `detail` is a clear sentence that says what to do. */
export function problemOf(code: ProblemCode, detail?: string, extra: ProblemExtra = {}): Problem {
  const { title, status, isRetryable, meaning } = PROBLEMS[code]
  return {
    type: `/docs/problems#${code}`,
    title,
    status,
    code,
    detail: detail ?? meaning,
    retryable: isRetryable,
    ...extra,
  }
}
