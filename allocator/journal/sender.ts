// Sends one frame until it is known what became of it, whatever the broker answers or keeps silent about.
//
// Owns: fencing by the expected position (E1, E2), settling what is unknown (E3).
// Leaves to others: the broker itself (jetstream.ts, jetstream-line.ts), which a simulation replaces.
//
//   E1. A frame's number is its position in the stream: it expects the position before it, so success
//       proves that nobody wrote in between. The frame before is compared by hash: a position never
//       changes its content.
//   E2. The rejection (10071, 10164) of a frame's first send is fenced.
//   E3. Silence and any other error are unknown: the same frame, expectation and message id are sent
//       again. A plain ack settles it; a duplicate or a rejection is settled by the frame that
//       stands there. A frame that stands nowhere yet is sent again.

import { assert } from '../../shared/assert.ts'
import { NO_HASH, prevHashOf, sameBytes } from '../../shared/frame.ts'
import type { ShardNumber } from '../../shared/ids.ts'
import type { AppendOutcome, EncodedFrame } from '../../shared/ports.ts'

export type SendAnswer =
  | { readonly kind: 'acked'; readonly position: number; readonly isDuplicate: boolean }
  /** the expectation was not met: 10071, or 10164 while the broker is not sure of its own tail */
  | { readonly kind: 'rejected'; readonly reason: string }
  | { readonly kind: 'unknown'; readonly reason: string }

export interface Tail {
  readonly number: number
  readonly hash: Uint8Array
}

export interface SenderParts {
  /** once, expecting the position before the frame; never throws */
  readonly send: (frame: EncodedFrame) => Promise<SendAnswer>
  /** what stands at the position, asked until somebody answers */
  readonly frameBefore: (frame: EncodedFrame) => Promise<Tail | undefined>
  /** 'gone' when it was compacted; undefined when nothing stands there; asked once, throws if unanswered */
  readonly standingAt: (shard: ShardNumber, number: number) => Promise<Tail | 'gone' | undefined>
  /** after an unknown answer: waits, or throws when it was tried for long enough */
  readonly wait: (frame: EncodedFrame, reason: string, attempt: number) => Promise<void>
}

export class FrameSender {
  readonly #parts: SenderParts
  /** the last frame that we know to stand in a stream; its content never changes */
  readonly #tails = new Map<ShardNumber, Tail>()

  constructor(parts: SenderParts) {
    this.#parts = parts
  }

  /** What was read at a stream's end. */
  note(shard: ShardNumber, { number, hash }: Tail): void {
    this.#tails.set(shard, { number, hash })
  }

  async append(frame: EncodedFrame): Promise<AppendOutcome> {
    const { shard } = frame
    if (!(await this.#followsItsPredecessor(frame))) return 'fenced'
    const outcome = await this.#send(frame)
    if (outcome === 'appended') this.note(shard, frame)
    else this.#tails.delete(shard)
    return outcome
  }

  /** E1; false when another frame than the one it names stands before it. */
  async #followsItsPredecessor(frame: EncodedFrame): Promise<boolean> {
    if (frame.number === 1) return sameBytes(prevHashOf(frame), NO_HASH)
    const tail = this.#tails.get(frame.shard)
    const before = tail?.number === frame.number - 1 ? tail : await this.#parts.frameBefore(frame)
    // nothing stands there: the expected position decides
    return before === undefined || sameBytes(prevHashOf(frame), before.hash)
  }

  async #send(frame: EncodedFrame): Promise<AppendOutcome> {
    for (let attempt = 0; ; attempt += 1) {
      const answer = await this.#parts.send(frame)
      if (answer.kind === 'rejected' && attempt === 0) return 'fenced' // E2
      const outcome = await this.#settled(frame, answer) // E3
      if (outcome !== undefined) return outcome
      const reason = answer.kind === 'acked' ? 'a duplicate that stands nowhere' : answer.reason
      await this.#parts.wait(frame, reason, attempt)
    }
  }

  /** undefined while nobody can know: send it again. E3 */
  async #settled(frame: EncodedFrame, answer: SendAnswer): Promise<AppendOutcome | undefined> {
    if (answer.kind === 'unknown') return undefined
    if (answer.kind === 'acked' && !answer.isDuplicate) {
      assert(answer.position === frame.number, 'E1: a frame stands where its number says')
      return 'appended'
    }
    const standing = await this.#parts.standingAt(frame.shard, frame.number).catch(() => undefined)
    if (standing === undefined) return undefined
    return standing !== 'gone' && sameBytes(standing.hash, frame.hash) ? 'appended' : 'fenced'
  }
}
