// What waits for one frame: the replies and personal news of everything that was decided together.
//
// Owns: holding them back in order, and letting them go.
// Leaves to others: when the frame is durable (writer.ts), what they say (shard.ts).
//
//   W2. Replies leave in the order of their decisions, refusals among them.

import type { FrameNumber, ShardNumber } from '../shared/ids.ts'
import type { LedgerProgress } from '../shared/ports.ts'
import type { PersonalNews, Reply } from '../shared/views.ts'
import type { OnReply } from './inbox.ts'

export interface Departure {
  readonly ledger: LedgerProgress
  readonly shard: ShardNumber
  readonly frame: FrameNumber
  /** a confirmation was told, maybe long after this turn */
  readonly onLate: () => void
}

export class Batch {
  #replies: Reply[] = []
  #onReplies: OnReply[] = []
  /** positions of replies that also wait for the Ledger (§2) */
  #confirmations: number[] = []
  #personal: PersonalNews[] = []

  get isEmpty(): boolean {
    return this.#replies.length === 0 && this.#personal.length === 0
  }

  addReply(reply: Reply, onReply: OnReply): void {
    this.#replies.push(reply)
    this.#onReplies.push(onReply)
  }

  /** A reply that is told only when the Ledger has its booking. */
  addConfirmation(reply: Reply, onReply: OnReply): void {
    this.#confirmations.push(this.#replies.length)
    this.addReply(reply, onReply)
  }

  addPersonal(news: PersonalNews): void {
    this.#personal.push(news)
  }

  /** Hands over all replies; what they rest on is durable up to `frame`. */
  leave({ ledger, shard, frame, onLate }: Departure): void {
    const [replies, onReplies, confirmations] = [
      this.#replies,
      this.#onReplies,
      this.#confirmations,
    ]
    if (replies.length === 0) return
    this.#replies = []
    this.#onReplies = []
    this.#confirmations = []
    let next = 0
    for (let at = 0; at < replies.length; at += 1) {
      const reply = replies[at] as Reply
      const onReply = onReplies[at] as OnReply
      if (confirmations[next] !== at) {
        onReply(reply)
        continue
      }
      next += 1
      ledger.whenPassed(shard, frame, () => {
        onReply(reply)
        onLate()
      })
    }
  }

  /** The frame's fate is not known: everybody is told so. */
  giveUp(reply: Reply): void {
    const onReplies = this.#onReplies
    this.#replies = []
    this.#onReplies = []
    this.#confirmations = []
    this.#personal = []
    for (const onReply of onReplies) onReply(reply)
  }

  takePersonal(): PersonalNews[] {
    const personal = this.#personal
    this.#personal = []
    return personal
  }
}
