// The asks of one gateway to one Shard, in their order, until each is answered.
//
//          submit             flush               reply
//   asks ─────────▶ unsent ─────────▶ on their way ─────────▶ gone
//                     ▲                   │
//                     └──── a new round ──┘   (owner changed, round refused, silence, connection back)
//
// Owns: which asks are unanswered, which of them were sent in this round and at which position.
// Leaves to others: sending and answering (nats-link.ts), when a round is refused (link-server.ts).
//
//   LK1. A round sends every unanswered ask again, in order, at positions 0, 1, 2 ..: the owner takes
//        a round without a hole or not at all, so the order of asks survives any loss.
//   LK2. A new round begins with a few asks; the rest follows when the owner has accepted it. An owner
//        that is not one yet costs little, however many wait.
//   LK3. An ask that later ones have overtaken is repeated alone, at the end: its order is past.

import type { Request } from '../shared/commands.ts'
import type { NodeId, ShardNumber } from '../shared/ids.ts'
import { compareReigns, type ReignNumber } from '../shared/link-batches.ts'
import type { Reply } from '../shared/views.ts'

const PROBE_ASKS = 16

export interface AskedOnce {
  readonly number: number
  readonly request: Request
  readonly origin: number
  readonly onReply: (reply: Reply) => void
  /** roughly, for credit */
  readonly bytes: number
  readonly giveUpAtMs: number
}

const NEVER = Number.NEGATIVE_INFINITY

/** A class, because spread objects cost V8 microseconds here. */
export class Ask implements AskedOnce {
  readonly number: number
  readonly request: Request
  readonly origin: number
  readonly onReply: (reply: Reply) => void
  readonly bytes: number
  readonly giveUpAtMs: number
  /** in this round, -1 while unsent */
  position = -1
  sentAtMs = NEVER
  /** how long it waits for an answer until it is repeated; doubled by every repeat */
  patienceMs: number
  hasRepeats = false
  isAnswered = false

  constructor(asked: AskedOnce, patienceMs: number) {
    this.number = asked.number
    this.request = asked.request
    this.origin = asked.origin
    this.onReply = asked.onReply
    this.bytes = asked.bytes
    this.giveUpAtMs = asked.giveUpAtMs
    this.patienceMs = patienceMs
  }

  get wasSent(): boolean {
    return this.sentAtMs !== NEVER
  }
}

export class LinkLine {
  readonly shard: ShardNumber
  owner: NodeId | undefined
  /** when a refused round is tried again */
  retryAtMs = Number.POSITIVE_INFINITY
  /** asks waiting to be taken by the next flush are announced once */
  isDirty = false
  #round = 1
  #next = 0
  /** so many more may be sent before the owner accepts the round; LK2 */
  #room = Number.POSITIVE_INFINITY
  #probedAtMs = 0
  /** the last position that was answered in this round */
  #answeredUpTo = -1
  #heardAtMs = 0
  #bytes = 0
  #reign: ReignNumber | undefined
  /** in the order in which they were or will be sent */
  readonly #asks = new Map<number, Ask>()
  #unsent: Ask[] = []

  readonly #silenceMs: number

  /** An ask that meets silence for so long is sent again. */
  constructor(shard: ShardNumber, silenceMs: number) {
    this.shard = shard
    this.#silenceMs = silenceMs
  }

  get round(): number {
    return this.#round
  }

  get count(): number {
    return this.#asks.size
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Has something that may be sent now. */
  get isSendable(): boolean {
    const isHeld = this.owner === undefined || this.retryAtMs !== Number.POSITIVE_INFINITY
    return !isHeld && this.#unsent.length > 0 && this.#room > 0
  }

  add(asked: AskedOnce): void {
    const ask = new Ask(asked, this.#silenceMs)
    this.#asks.set(ask.number, ask)
    this.#unsent.push(ask)
    this.#bytes += ask.bytes
  }

  /** The ask, which is answered with this call; undefined when it was answered before. */
  take(number: number, nowMs: number): Ask | undefined {
    const ask = this.#asks.get(number)
    if (ask === undefined) return undefined
    this.#drop(ask)
    this.#heardAtMs = nowMs
    if (ask.position > this.#answeredUpTo) this.#answeredUpTo = ask.position
    return ask
  }

  /** What may leave now, each at its position from `first` on. */
  takeSendable(nowMs: number): { readonly first: number; readonly asks: readonly Ask[] } {
    const first = this.#next
    const asks: Ask[] = []
    let at = 0
    for (; at < this.#unsent.length && asks.length < this.#room; at += 1) {
      const ask = this.#unsent[at] as Ask
      if (ask.isAnswered) continue
      ask.position = this.#next
      ask.sentAtMs = nowMs
      this.#next += 1
      asks.push(ask)
    }
    this.#unsent = at === this.#unsent.length ? [] : this.#unsent.slice(at)
    if (this.#isProbing && asks.length > 0) this.#probedAtMs = nowMs
    this.#room -= asks.length
    return { first, asks }
  }

  /** LK1, LK2 */
  restart(): void {
    this.#round += 1
    this.#next = 0
    this.#room = this.#asks.size === 0 ? Number.POSITIVE_INFINITY : PROBE_ASKS
    this.#answeredUpTo = -1
    this.retryAtMs = Number.POSITIVE_INFINITY
    this.#unsent = [...this.#asks.values()]
    for (const ask of this.#unsent) ask.position = -1
  }

  accepted(round: number, nowMs: number): void {
    if (round !== this.#round) return
    this.#room = Number.POSITIVE_INFINITY
    this.#heardAtMs = nowMs
  }

  /** The owner would not have this round: it is no owner, or it missed something. */
  refused(round: number, retryAtMs: number): void {
    if (round === this.#round) this.retryAtMs = Math.min(this.retryAtMs, retryAtMs)
  }

  /** false: a reply of an earlier reign than one that was heard. E6 */
  hears(reign: ReignNumber): boolean {
    const order = this.#reign === undefined ? 1 : compareReigns(reign, this.#reign)
    if (order > 0) this.#reign = reign
    return order >= 0
  }

  /** Asks whose time is over; they are answered with this call. */
  takeExpired(nowMs: number): Ask[] {
    const expired: Ask[] = []
    for (const ask of this.#asks.values()) {
      if (ask.giveUpAtMs > nowMs) break // all wait equally long
      expired.push(ask)
    }
    for (const ask of expired) this.#drop(ask)
    return expired
  }

  takeAll(): Ask[] {
    const asks = [...this.#asks.values()]
    for (const ask of asks) this.#drop(ask)
    this.#unsent = []
    return asks
  }

  /**
   * Repeats what met silence: alone if others overtook it (LK3); `round` when nothing at all was heard
   * for as long as the oldest ask has patience.
   */
  findSilence(nowMs: number): 'nothing' | 'repeated' | 'round' {
    const isUnanswered = this.#isProbing && this.#room < PROBE_ASKS
    if (isUnanswered && nowMs - this.#probedAtMs >= this.#silenceMs) return 'round'
    let found: 'nothing' | 'repeated' = 'nothing'
    for (const ask of this.#asks.values()) {
      if (ask.position < 0 || nowMs - ask.sentAtMs < ask.patienceMs) {
        if (ask.hasRepeats) continue
        break // what follows was sent later
      }
      const isOvertaken = ask.position < this.#answeredUpTo
      if (!isOvertaken && nowMs - this.#heardAtMs < ask.patienceMs) continue
      ask.patienceMs *= 2
      ask.hasRepeats = true
      if (!isOvertaken) return 'round'
      ask.position = -1
      this.#unsent.push(ask)
      found = 'repeated'
    }
    return found
  }

  get #isProbing(): boolean {
    return this.#room !== Number.POSITIVE_INFINITY
  }

  #drop(ask: Ask): void {
    ask.isAnswered = true
    this.#asks.delete(ask.number)
    this.#bytes -= ask.bytes
  }
}
