// One Shard in memory with what its next frame will hold: records, replies, news.
//
// Owns: answering a request from the core, and what the answer means for the frame.
// Leaves to others: the order of requests (inbox.ts), durability and leaving (writer.ts).
//
//   W2. Nothing is handed out here: replies and news wait in the batch for their frame.
//   D5. A repeat meets the key in memory and is answered with its batch, so it waits for the frame
//       that made the key durable, or finds it durable already.

import { unreachable } from '../shared/assert.ts'
import type { Command, Query, Request } from '../shared/commands.ts'
import { FrameBuilder } from '../shared/frame.ts'
import { type EntryId, type Instant, type ShowNumber, sameId } from '../shared/ids.ts'
import type { Transition } from '../shared/transitions.ts'
import type { Reply, ShowNews } from '../shared/views.ts'
import { Batch } from './batch.ts'
import { apply } from './core/apply.ts'
import { execute } from './core/execute.ts'
import type { Outcome } from './core/outcome.ts'
import type { ShardState } from './core/state.ts'
import { answer, entryViewOf, holdViewOf } from './core/views.ts'
import type { Arrival } from './inbox.ts'
import { showNewsOf } from './news.ts'

const PASS_TIME: Command = Object.freeze({ kind: 'pass-time' })

/** Bytes that a frame keeps free for what one ordinary command may record. */
const COMMAND_BYTES = 16 * 1024

export class Shard {
  readonly state: ShardState
  readonly frame = new FrameBuilder()
  readonly batch = new Batch()
  /** Shows that changed since their page was last written (snapshot.ts) */
  readonly dirty: Set<ShowNumber>
  readonly #named = new Set<ShowNumber>()
  #lastDirty: ShowNumber | 0 = 0

  constructor(state: ShardState, dirty: Iterable<ShowNumber>) {
    this.state = state
    this.dirty = new Set(dirty)
  }

  get hasRoom(): boolean {
    return this.frame.room > COMMAND_BYTES
  }

  /** Whether something is due: a hold, the end of sales, a barrier. O(1). */
  isDue(now: Instant): boolean {
    return this.state.holdDeadlines.hasDue(now) || this.state.showDeadlines.hasDue(now)
  }

  /** Everything until the next begin() is decided at this shard time. */
  begin(now: Instant): void {
    this.frame.begin(now)
    this.state.frameCount += 1
    this.state.changes.clear()
    this.#named.clear()
  }

  /** Lets time pass once, for at most LIMITS.holdsEndedPerPassTimeMax holds; isDue() tells the rest. */
  passTime(now: Instant): void {
    this.#collectPersonal(execute(this.state, PASS_TIME, now, this.record), 0)
  }

  /** Decides a command or answers a query; the reply waits in the batch. */
  decide({ request, origin, onReply }: Arrival, now: Instant): void {
    if (isQuery(request)) {
      this.batch.addReply(answer(this.state, request, now), onReply)
      return
    }
    const outcome = execute(this.state, request, now, this.record)
    this.#collectPersonal(outcome, origin)
    const reply = replyOf(outcome, now)
    if (outcome.kind !== 'refused' && needsLedger(request))
      this.batch.addConfirmation(reply, onReply)
    else this.batch.addReply(reply, onReply)
  }

  /** The last record of a reign that ends by plan. */
  release(to: string, now: Instant): void {
    const released: Transition = { kind: 'shard-released', to }
    apply(this.state, released, now)
    this.record(released)
  }

  /** The Shows' news of what was decided since begin(). */
  showNews(now: Instant): ShowNews[] {
    return showNewsOf(this.state, this.#named, now)
  }

  /** One function for all commands: the hot path makes no closure. */
  readonly record = (transition: Transition): void => {
    this.frame.record(transition)
    if (!('show' in transition)) return
    if (transition.show !== this.#lastDirty) {
      this.#lastDirty = transition.show
      this.dirty.add(transition.show)
    }
    if (isAboutShow(transition)) this.#named.add(transition.show)
  }

  /** The dirty Shows, from now on counted anew. */
  takeDirty(): ShowNumber[] {
    const shows = [...this.dirty]
    this.dirty.clear()
    this.#lastDirty = 0
    return shows
  }

  /** F7: whose hold or entry changed hears of it, but for the requester whose reply tells it. */
  #collectPersonal(outcome: Outcome, origin: number): void {
    const touched = this.state.touched
    if (touched.isEmpty) return
    for (const slot of distinct(touched.holds)) this.#addHoldNews(slot, outcome, origin)
    for (const id of distinctIds(touched.entries)) this.#addEntryNews(id, outcome, origin)
    touched.clear()
  }

  #addHoldNews(slot: number, outcome: Outcome, origin: number): void {
    const told = outcome.kind === 'hold' ? outcome.hold : undefined
    const hold = holdViewOf(this.state, slot)
    const isTold = told !== undefined && sameId(told.id, hold.id)
    this.batch.addPersonal({ customer: hold.customer, origin: isTold ? origin : 0, hold })
  }

  #addEntryNews(id: EntryId, outcome: Outcome, origin: number): void {
    const told = outcome.kind === 'entry' ? outcome.entry : undefined
    const entry = entryViewOf(this.state, id)
    if (entry === undefined) return
    const isTold = told !== undefined && sameId(told.id, id)
    this.batch.addPersonal({ customer: entry.customer, origin: isTold ? origin : 0, entry })
  }
}

function isQuery(request: Request): request is Query {
  switch (request.kind) {
    case 'read-hold':
    case 'read-entry':
    case 'read-customer':
    case 'read-show':
      return true
    default:
      return false
  }
}

/** A booking is confirmed, and a cancelled one gone, once Postgres says so too (§2). */
function needsLedger(request: Request): boolean {
  return request.kind === 'book-hold' || request.kind === 'cancel-booking'
}

/** Whose Show is news to its watchers whatever happens to its Seats. */
function isAboutShow(transition: Transition): boolean {
  switch (transition.kind) {
    case 'show-opened':
    case 'show-changed':
    case 'show-cancelled':
    case 'sales-closed':
      return true
    default:
      return false
  }
}

function replyOf(outcome: Outcome, now: Instant): Reply {
  switch (outcome.kind) {
    case 'hold':
      return { kind: 'hold', hold: outcome.hold, isReplay: outcome.isReplay, now }
    case 'entry':
      return { kind: 'entry', entry: outcome.entry, isReplay: outcome.isReplay, now }
    case 'done':
      return { kind: 'done', now }
    case 'refused':
      return outcome
    default:
      return unreachable(outcome)
  }
}

function distinct<Item>(items: readonly Item[]): Iterable<Item> {
  return items.length < 2 ? items : new Set(items)
}

/** Equal ids may be different objects. */
function distinctIds(ids: readonly EntryId[]): Iterable<EntryId> {
  if (ids.length < 2) return ids
  return new Map(ids.map(id => [`${id.a} ${id.b} ${id.c} ${id.d}`, id])).values()
}
