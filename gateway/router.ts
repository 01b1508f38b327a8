// From a request to the shard that decides it, and back within the deadline.
//
// Owns: the deadline of every request, the credit of each shard, the command key.
// Leaves to others: how a shard is reached (Link), what the answer says to a client (translate.ts).
//
//   R1. Every ask is answered exactly once: by the shard, or by a fault when the deadline has passed.
//   R2. Silence after a command is `outcome-unknown`, never a guess; after a query it is
//       `shard-unavailable`, for a query has no effect.
//   R3. A shard with too many unanswered asks refuses new ones early (G4): `overloaded`.
//   R4. Equal (customer, show, key) give equal CommandIds, whatever the transport; equal op and
//       fields give equal body hashes, in whatever order the fields came (D5).

import { hash } from 'node:crypto'
import type { CommandKey, Query, Request } from '../shared/commands.ts'
import { type CommandId, type CustomerId, idOf, type ShowNumber } from '../shared/ids.ts'
import { LIMITS } from '../shared/limits.ts'
import { shardOf } from '../shared/placement.ts'
import type { Clock, Link } from '../shared/ports.ts'
import { systemTimers, type Timers } from '../shared/timers.ts'
import type { LinkFault, Reply } from '../shared/views.ts'
import { RequestTally } from './request-tally.ts'
import { customerTextOf } from './translate.ts'

const ASK_DEADLINE_MS = 10_000
const UNANSWERED_PER_SHARD_MAX = 16_384
const SWEEP_EVERY_MS = 250
const OVERLOADED_RETRY_MS = 250
const SILENT_RETRY_MS = 1_000

export interface RouterOptions {
  readonly link: Link
  readonly clock: Clock
  readonly deadlineMs?: number
  readonly unansweredPerShardMax?: number
  readonly timers?: Timers
}

/** Asks wait in a list in the order of their deadlines: all deadlines are equally long. */
interface Waiting {
  readonly request: Request
  readonly shard: number
  readonly deadline: number
  readonly onReply: (reply: Reply) => void
  previous: Waiting | undefined
  next: Waiting | undefined
  isAnswered: boolean
}

export class Router {
  /** what asks became; an ask that was refused here never was one of the shard's */
  readonly tally = new RequestTally()
  readonly #link: Link
  readonly #clock: Clock
  readonly #deadlineMs: number
  readonly #unansweredMax: number
  readonly #unanswered = new Int32Array(LIMITS.shardCount)
  readonly #endSweeping: () => void
  #first: Waiting | undefined
  #last: Waiting | undefined

  constructor(options: RouterOptions) {
    this.#link = options.link
    this.#clock = options.clock
    this.#deadlineMs = options.deadlineMs ?? ASK_DEADLINE_MS
    this.#unansweredMax = options.unansweredPerShardMax ?? UNANSWERED_PER_SHARD_MAX
    const { every } = options.timers ?? systemTimers
    this.#endSweeping = every(SWEEP_EVERY_MS, () => this.sweep())
  }

  /** `origin` names the requester for PersonalNews, 0 for none. Answers once, maybe at once. R1 */
  ask(request: Request, origin: number, onReply: (reply: Reply) => void): void {
    const shard = shardOf(request.show)
    if ((this.#unanswered[shard] as number) >= this.#unansweredMax) {
      onReply(OVERLOADED) // R3
      return
    }
    const waiting = this.#waitFor(request, shard, onReply)
    this.#link.submit(request, origin, reply => {
      if (this.#settle(waiting)) this.#answer(waiting, reply)
    })
  }

  askAsync(request: Request, origin = 0): Promise<Reply> {
    return new Promise(resolve => this.ask(request, origin, resolve))
  }

  /** Asks that no shard has answered yet. */
  get unansweredCount(): number {
    return this.#unanswered.reduce((sum, count) => sum + count, 0)
  }

  /** Answers what is past its deadline; called by a timer. R2 */
  sweep(): void {
    const now = this.#clock.monotonicMs()
    for (let waiting = this.#first; waiting !== undefined; waiting = this.#first) {
      if (waiting.deadline > now) return
      if (this.#settle(waiting)) this.#answer(waiting, isQuery(waiting.request) ? SILENT : UNKNOWN)
    }
  }

  /** Whoever still waits is told that nobody knows. */
  stop(): void {
    this.#endSweeping()
    for (let waiting = this.#first; waiting !== undefined; waiting = this.#first) {
      if (this.#settle(waiting)) waiting.onReply(isQuery(waiting.request) ? SILENT : UNKNOWN)
    }
  }

  #waitFor(request: Request, shard: number, onReply: (reply: Reply) => void): Waiting {
    const previous = this.#last
    const deadline = this.#clock.monotonicMs() + this.#deadlineMs
    const waiting: Waiting = {
      request,
      shard,
      deadline,
      onReply,
      previous,
      next: undefined,
      isAnswered: false,
    }
    if (previous === undefined) this.#first = waiting
    else previous.next = waiting
    this.#last = waiting
    this.#unanswered[shard] = (this.#unanswered[shard] as number) + 1
    return waiting
  }

  #answer({ request, deadline, onReply }: Waiting, reply: Reply): void {
    const beganAtMs = deadline - this.#deadlineMs
    this.tally.note(request.kind, reply, this.#clock.monotonicMs() - beganAtMs)
    onReply(reply)
  }

  /** false when it was answered before. */
  #settle(waiting: Waiting): boolean {
    if (waiting.isAnswered) return false
    waiting.isAnswered = true
    const { previous, next, shard } = waiting
    if (previous === undefined) this.#first = next
    else previous.next = next
    if (next === undefined) this.#last = previous
    else next.previous = previous
    waiting.previous = undefined
    waiting.next = undefined
    this.#unanswered[shard] = (this.#unanswered[shard] as number) - 1
    return true
  }
}

function faultOf(code: LinkFault, detail: string, retryAfterMs: number): Reply {
  return Object.freeze({ kind: 'fault', code, detail, retryAfterMs })
}

const OVERLOADED = faultOf(
  'overloaded',
  'The server has more work than it can do in time. Nothing was done: try again shortly.',
  OVERLOADED_RETRY_MS,
)
const UNKNOWN = faultOf(
  'outcome-unknown',
  'No answer came in time, so it is not known whether this was done. Repeat it with the same key.',
  SILENT_RETRY_MS,
)
const SILENT = faultOf(
  'shard-unavailable',
  'The show does not answer at the moment: try again shortly.',
  SILENT_RETRY_MS,
)

const QUERIES: Record<Query['kind'], true> = {
  'read-hold': true,
  'read-entry': true,
  'read-customer': true,
  'read-show': true,
}

function isQuery(request: Request): boolean {
  return request.kind in QUERIES
}

/** The operations that a key can make unique; HTTP routes and WebSocket ops share the names. */
export type KeyedOp =
  | 'hold'
  | 'change'
  | 'release'
  | 'extend'
  | 'checkout'
  | 'book'
  | 'join'
  | 'leave'
  | 'decline'
  | 'cancel'

export interface Keyed {
  readonly customer: CustomerId
  readonly show: ShowNumber
  /** the client's Idempotency-Key */
  readonly key: string
  readonly op: KeyedOp
  /**
   * Every field that says what is asked, as the client sent it: `seats`, `best`, `holdId`, `party`...;
   * without id, op, key and showId.
   */
  readonly body: object
}

/** R4 */
export function commandKeyOf(keyed: Keyed): CommandKey {
  const { customer, show, key, op, body } = keyed
  const named = hash('sha256', `${customerTextOf(customer)} ${show} ${key}`, 'binary')
  const asked = `${op} ${canonicalJsonOf(body)}`
  return {
    id: idOf<CommandId>(laneAt(named, 0), laneAt(named, 4), laneAt(named, 8), laneAt(named, 12)),
    bodyHigh: mix32(asked, 0x01000193),
    bodyLow: mix32(asked, 0x5bd1e995),
  }
}

/**
 * 32 bits of a text: multiply and fold by an odd number, Murmur3's finaliser at the end. The body hash
 * finds a client that uses a key twice; nobody gains by a collision, so a digest would be waste.
 */
function mix32(text: string, multiplier: number): number {
  let mixed = text.length ^ multiplier
  for (let at = 0; at < text.length; at += 1) {
    mixed = Math.imul(mixed ^ text.charCodeAt(at), multiplier)
    mixed ^= mixed >>> 15
  }
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}

/** `binary` output is one character a byte: the cheapest form in which node hands over a digest. */
function laneAt(bytes: string, at: number): number {
  return (
    (bytes.charCodeAt(at) << 24) |
    (bytes.charCodeAt(at + 1) << 16) |
    (bytes.charCodeAt(at + 2) << 8) |
    bytes.charCodeAt(at + 3)
  )
}

/** JSON with the keys of every object in ascending order and fields that are undefined left out. */
export function canonicalJsonOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) {
    if (typeof value[0] === 'number') return `[${value.join(',')}]` // seats: whole numbers
    return `[${value.map(canonicalJsonOf).join(',')}]`
  }
  const fields = value as Readonly<Record<string, unknown>>
  const names = Object.keys(fields)
  if (names.length > 1) names.sort()
  let text = ''
  for (const name of names) {
    const field = fields[name]
    if (field === undefined) continue
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${canonicalJsonOf(field)}`
  }
  return `{${text}}`
}
