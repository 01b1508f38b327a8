// Who is due when: a hierarchical timing wheel over dense numbers (slots of holds, indexes of Shows).
//
// Owns: the exact deadline of each armed item, and finding the due ones.
// Leaves to others: what being due means (decide-pass-time.ts).
// Source: Varghese and Lauck, "Hashed and hierarchical timing wheels" (1987), scheme 7.
//
//   H3. Never early: an item is due when its exact deadline is, the wheel only says where to look.
//   W1. Arming and cancelling cost O(1); a tick with nothing due costs O(1), however many are armed.
//
//   level 0: 256 buckets of 16 ms (4 s) | level 1: of 4 s (17 min) | level 2: of 17 min (3 days)
//   level 3: of 3 days (2 years); what lies further waits in its last bucket and is placed again.

import { assert } from '../../shared/assert.ts'
import type { Instant } from '../../shared/ids.ts'

const TICK_MS = 16
const BUCKETS = 256
const LAST = BUCKETS - 1
const LEVELS = 4
const SPAN_MAX = 2 ** 32 - 2 ** 24
const ITEMS_MIN = 16
const NONE = -1
const NEXT = 0
const PREVIOUS = 1
const BUCKET = 2
const LINKS = 4

export class Deadlines {
  #at = new Float64Array(ITEMS_MIN)
  /** per item, in one cache line: next and previous in its bucket, and the bucket or NONE */
  #links = new Int32Array(ITEMS_MIN * LINKS).fill(NONE)
  readonly #heads = new Int32Array(BUCKETS * LEVELS).fill(NONE)
  readonly #counts = new Int32Array(LEVELS)
  /** the tick that is looked at; all earlier ones are empty */
  #tick = 0
  #armedCount = 0

  get armedCount(): number {
    return this.#armedCount
  }

  isArmed(item: number): boolean {
    return item < this.#at.length && this.#links[item * LINKS + BUCKET] !== NONE
  }

  /** The deadline of an armed item. */
  deadlineOf(item: number): Instant {
    assert(this.isArmed(item), 'W1: only an armed item has a deadline')
    return this.#at[item] as Instant
  }

  /** Arms or re-arms; `now` lets an empty wheel catch up for nothing. */
  arm(item: number, at: Instant, now: Instant): void {
    if (item >= this.#at.length) this.#grow(item)
    else this.cancel(item)
    if (this.#armedCount === 0) this.#tick = Math.floor(now / TICK_MS)
    this.#at[item] = at
    this.#armedCount += 1
    this.#place(item)
  }

  cancel(item: number): void {
    const bucketAt = item * LINKS + BUCKET
    if (bucketAt >= this.#links.length || this.#links[bucketAt] === NONE) return
    this.#armedCount -= 1
    this.#unlink(item)
  }

  /**
   * Appends up to `max` due items, which stay armed until they are cancelled or armed anew. Answers
   * within one turn of level 0: after a long silence it is asked again until nothing is due.
   */
  collectDue(now: Instant, max: number, into: number[]): void {
    const end = into.length + max
    const nowTick = Math.floor(now / TICK_MS)
    this.#advanceTo(nowTick)
    const lastTick = Math.min(nowTick, this.#tick + LAST - slotOf(this.#tick, 0))
    for (let tick = this.#tick; tick <= lastTick; tick += 1) {
      let item = this.#heads[slotOf(tick, 0)] as number
      while (item !== NONE && into.length < end) {
        if ((this.#at[item] as number) <= now) into.push(item) // H3
        item = this.#links[item * LINKS + NEXT] as number
      }
    }
  }

  hasDue(now: Instant): boolean {
    const due: number[] = []
    this.collectDue(now, 1, due)
    return due.length > 0
  }

  /** Passes empty buckets only; what is due and not yet cancelled holds the wheel back. */
  #advanceTo(nowTick: number): void {
    while (this.#tick < nowTick && this.#heads[slotOf(this.#tick, 0)] === NONE) {
      this.#tick = this.#nextStop(nowTick)
      if (slotOf(this.#tick, 0) === 0) this.#cascade(1)
    }
  }

  /** The next tick, or the start of the next turn that can hold something. */
  #nextStop(nowTick: number): number {
    if (this.#armedCount === 0) return nowTick
    if (this.#counts[0] !== 0) return this.#tick + 1
    const turn = this.#counts[1] === 0 ? BUCKETS * BUCKETS : BUCKETS
    const next = this.#tick + turn - (this.#tick % turn)
    return Math.min(next, nowTick)
  }

  /** A new turn of the level below: the bucket that covers it is spread over it. */
  #cascade(level: number): void {
    const slot = slotOf(this.#tick, level)
    if (slot === 0 && level + 1 < LEVELS) this.#cascade(level + 1)
    const bucket = level * BUCKETS + slot
    let item = this.#heads[bucket] as number
    while (item !== NONE) {
      const next = this.#links[item * LINKS + NEXT] as number
      this.#unlink(item)
      this.#place(item)
      item = next
    }
  }

  #place(item: number): void {
    const due = Math.floor((this.#at[item] as number) / TICK_MS)
    const distance = Math.min(Math.max(due - this.#tick, 0), SPAN_MAX)
    const level = levelOf(distance)
    const bucket = level * BUCKETS + slotOf(this.#tick + distance, level)
    const head = this.#heads[bucket] as number
    const links = this.#links
    const at = item * LINKS
    links[at + BUCKET] = bucket
    links[at + NEXT] = head
    links[at + PREVIOUS] = NONE
    if (head !== NONE) links[head * LINKS + PREVIOUS] = item
    this.#heads[bucket] = item
    this.#counts[level] = (this.#counts[level] as number) + 1
  }

  #unlink(item: number): void {
    const links = this.#links
    const at = item * LINKS
    const bucket = links[at + BUCKET] as number
    const next = links[at + NEXT] as number
    const previous = links[at + PREVIOUS] as number
    if (next !== NONE) links[next * LINKS + PREVIOUS] = previous
    if (previous !== NONE) links[previous * LINKS + NEXT] = next
    else this.#heads[bucket] = next
    links[at + BUCKET] = NONE
    const level = bucket >>> 8
    this.#counts[level] = (this.#counts[level] as number) - 1
  }

  #grow(item: number): void {
    let length = this.#at.length
    while (length <= item) length *= 2
    const at = new Float64Array(length)
    const links = new Int32Array(length * LINKS).fill(NONE)
    at.set(this.#at)
    links.set(this.#links)
    this.#at = at
    this.#links = links
  }
}

/** The bucket of a tick within a level; ticks pass 2^32, so they are taken modulo first. */
function slotOf(tick: number, level: number): number {
  return ((tick >>> 0) >>> (level * 8)) & LAST
}

function levelOf(distance: number): number {
  if (distance < BUCKETS) return 0
  if (distance < BUCKETS * BUCKETS) return 1
  return distance < BUCKETS * BUCKETS * BUCKETS ? 2 : 3
}
