// One Show's seats as a gateway knows them, with enough history to resume watchers.
//
// Owns: states, version and counts, the last 4 096 changes, encoded snapshots cached per version.
// Leaves to others: asking the owner (feed.ts), when watchers hear of it (feed-pace.ts).
//
//   F1. A version is never skipped: news that do not continue this version are not taken.
//   F3. A snapshot is encoded once per version and subprotocol.
//   F5. Changes since a version are told whole or not at all.

import { assert } from '../shared/assert.ts'
import type { ShowNumber } from '../shared/ids.ts'
import { LIMITS } from '../shared/limits.ts'
import type { SeatCounts, ShowNews, ShowStatus, ShowView } from '../shared/views.ts'
import { snapshotBytesOf } from './live-codec.ts'

const KEPT = LIMITS.changesKeptPerShow
const SLOT = KEPT - 1
assert((KEPT & SLOT) === 0, 'F5: the ring of changes is a power of two')

export type Taken = 'taken' | 'old' | 'gap'

export class FeedView {
  readonly show: ShowNumber
  #seatCount: number
  #epoch: number
  #version: number
  #states: Uint8Array
  #counts: SeatCounts
  #status: ShowStatus
  /** changes are known from this version on */
  #floor: number
  /** change number v (making version v) in slot v mod 4 096; allocated with the first change */
  #ring: Int32Array | undefined
  #base64: string | undefined
  #bytes: Uint8Array | undefined

  constructor(view: ShowView) {
    this.show = view.show
    this.#seatCount = seatCountOf(view.counts)
    this.#epoch = view.incarnation
    this.#version = view.version
    this.#states = view.states
    this.#counts = view.counts
    this.#status = view.status
    this.#floor = view.version
  }

  get seatCount(): number {
    return this.#seatCount
  }

  get epoch(): number {
    return this.#epoch
  }

  get version(): number {
    return this.#version
  }

  get counts(): SeatCounts {
    return this.#counts
  }

  /** As of the last frame that touched the Show; `scheduled` becomes `on-sale` by time alone. */
  get status(): ShowStatus {
    return this.#status
  }

  /** 2 bits a seat; changes with the next news: copy it to keep it. */
  get states(): Uint8Array {
    return this.#states
  }

  /** The owner's answer replaces what is here; true when watchers need a new map. F1 */
  adopt(view: ShowView): boolean {
    assert(view.show === this.show, 'F1: a view belongs to its show')
    const seatCount = seatCountOf(view.counts)
    const isSame =
      view.incarnation === this.#epoch &&
      view.version === this.#version &&
      seatCount === this.#seatCount
    if (!isSame) this.#floor = view.version
    this.#seatCount = seatCount // a show without holds may still get another layout (S7)
    this.#epoch = view.incarnation
    this.#version = view.version
    this.#states = view.states
    this.#counts = view.counts
    this.#status = view.status
    this.#forgetSnapshots()
    return !isSame
  }

  /** Takes what is new in the news. F1 */
  take(news: ShowNews): Taken {
    if (news.to < this.#version) return 'old' // of another hall, perhaps
    if (news.from > this.#version || seatCountOf(news.counts) !== this.#seatCount) return 'gap'
    assert(news.changes.length === news.to - news.from, 'F1: every change has its version')
    this.#counts = news.counts
    this.#status = news.status
    if (news.to === this.#version) return 'old'
    this.#ring ??= new Int32Array(KEPT)
    for (let at = this.#version - news.from; at < news.changes.length; at += 1) {
      this.#change(news.changes[at] as number)
    }
    this.#forgetSnapshots()
    return 'taken'
  }

  /** The changes that lead from that version to this one; undefined when they are not all kept. F5 */
  changesSince(version: number): Int32Array | undefined {
    const count = this.#version - version
    if (count < 0 || count > KEPT || version < this.#floor) return undefined
    const changes = new Int32Array(count)
    const ring = this.#ring
    if (ring === undefined) return count === 0 ? changes : undefined
    for (let index = 0; index < count; index += 1) {
      changes[index] = ring[(version + 1 + index) & SLOT] as number
    }
    return changes
  }

  stateOf(seat: number): number {
    return ((this.#states[seat >>> 2] as number) >>> ((seat & 3) << 1)) & 3
  }

  /** F3 */
  base64(): string {
    this.#base64 ??= Buffer.from(
      this.#states.buffer,
      this.#states.byteOffset,
      this.#states.byteLength,
    ).toString('base64')
    return this.#base64
  }

  /** The snapshot message of the binary subprotocol. F3 */
  bytes(): Uint8Array {
    this.#bytes ??= snapshotBytesOf({
      show: this.show,
      epoch: this.#epoch,
      version: this.#version,
      seatCount: this.#seatCount,
      states: this.#states,
    })
    return this.#bytes
  }

  #change(change: number): void {
    const seat = change >>> 2
    assert(seat < this.#seatCount, 'F1: a change names a seat of the show')
    const shift = (seat & 3) << 1
    const kept = (this.#states[seat >>> 2] as number) & ~(3 << shift)
    this.#states[seat >>> 2] = kept | ((change & 3) << shift)
    this.#version += 1
    const ring = this.#ring as Int32Array
    ring[this.#version & SLOT] = change
  }

  #forgetSnapshots(): void {
    this.#base64 = undefined
    this.#bytes = undefined
  }
}

function seatCountOf(counts: SeatCounts): number {
  return counts.free + counts.reserved + counts.held + counts.sold + counts.blocked
}
