// Everything one Shard knows: its Shows, holds, keys and deadlines. Rebuilt by replay, changed by apply.
//
// Owns: the parts and how they find each other; remembering and forgetting what has ended.
// Leaves to others: what may happen (decide.ts), what it does (apply.ts), answers (views.ts).
//
//   D5. Keys live while their hold or entry lives and 2 minutes after; when the table is full those
//       of what ended first go. A key of something live is never dropped for another.
//   H10. Ended things are forgotten once the Ledger has passed them and their keys are over. Nothing
//        that is decided depends on whether they were: a key is over by time, remembered or not.

import { assert } from '../../shared/assert.ts'
import type { CommandKey } from '../../shared/commands.ts'
import {
  asIncarnation,
  asInstant,
  asSequence,
  type EntryId,
  type HoldId,
  type Incarnation,
  type Instant,
  type Sequence,
  type ShardNumber,
  type ShowNumber,
} from '../../shared/ids.ts'
import { LIMITS } from '../../shared/limits.ts'
import type { Policy, ShowTerms } from '../../shared/policy.ts'
import type { PlanSource } from '../../shared/ports.ts'
import { ChangeLog, Touched } from './change-log.ts'
import { CommandTable, EntryKeys, type KeyOwner } from './command-table.ts'
import { Deadlines } from './deadlines.ts'
import { EndedEntries, type EndedEntry, type EndedItem, EndedQueue } from './ended.ts'
import { Holds } from './holds.ts'
import { Show } from './show.ts'

/** So many ended things are looked at together before they are forgotten. */
const LOOK_AHEAD = 32

export class ShardState {
  readonly shard: ShardNumber
  readonly plans: PlanSource
  incarnation: Incarnation = asIncarnation(1)
  /** of the last Transition that was applied */
  sequence: Sequence = asSequence(0)
  /** shard time of the last Transition */
  time: Instant = asInstant(0)
  /** counts frames being filled, set by the writer: who declined sits out the frame (L7); not state */
  frameCount = 0
  readonly shows = new Map<ShowNumber, Show>()
  readonly showsByIndex: Show[] = []
  readonly holds = new Holds()
  readonly keys: CommandTable
  readonly entryKeys = new EntryKeys()
  /** by slot of a hold */
  readonly holdDeadlines = new Deadlines()
  /** by index of a Show: the end of its sales or of its oldest barrier */
  readonly showDeadlines = new Deadlines()
  /** the Show that pass-time looked at last when it let Shows rest; not state */
  restNext = 0
  /** taken and cleared by the writer per frame */
  readonly changes = new ChangeLog()
  /** taken and cleared by the writer per command */
  readonly touched = new Touched()
  readonly #ended: EndedQueue
  readonly #endedEntries = new EndedEntries()
  readonly #shared = new Map<string, unknown>()
  #lastShow: Show | undefined
  /** what looking ahead saw: read by nobody, kept so that the look is not optimised away */
  looked = 0

  constructor(facts: {
    readonly shard: ShardNumber
    readonly plans: PlanSource
    readonly commandKeysMax?: number
  }) {
    this.shard = facts.shard
    this.plans = facts.plans
    this.keys = new CommandTable(facts.commandKeysMax)
    this.#ended = new EndedQueue(item => this.#endedSequenceOf(item))
  }

  /** A Show that is not there yet; its plan is loaded before the Transition is applied (S7). */
  addShow(number: ShowNumber, terms: ShowTerms): Show {
    assert(!this.shows.has(number), 'S7: a show is opened once')
    const plan = this.plans.planOf(terms.layout)
    assert(plan !== undefined, 'S7: layouts are loaded before they are named')
    const index = this.showsByIndex.length
    const show = new Show({ number, index, plan, terms: this.sharedTerms(terms) })
    this.shows.set(number, show)
    this.showsByIndex.push(show)
    return show
  }

  /** Equal policies and prices are one object: most Shows sell under the same. */
  sharedTerms(terms: ShowTerms): ShowTerms {
    return {
      ...terms,
      policy: this.#sharedOf<Policy>(terms.policy),
      prices: this.#sharedOf<readonly number[]>(terms.prices),
      layoutDigest: this.#sharedOf<string>(terms.layoutDigest),
    }
  }

  #sharedOf<Value>(value: Value): Value {
    const name = JSON.stringify(value)
    const known = this.#shared.get(name)
    if (known !== undefined) return known as Value
    this.#shared.set(name, value)
    return value
  }

  /** The Show of that number; a command asks for the same one several times in a row. */
  showOf(number: ShowNumber): Show | undefined {
    if (this.#lastShow?.number === number) return this.#lastShow
    this.#lastShow = this.shows.get(number)
    return this.#lastShow
  }

  showOfHold(slot: number): Show {
    return this.showsByIndex[this.holds.showIndexOf(slot)] as Show
  }

  /** The row of a key that is still recognised at `now`, or -1. D5 */
  findKey(key: CommandKey, now: Instant): number {
    const row = this.keys.find(key.id)
    return row < 0 || this.#isKeyOver(this.keys.ownerOf(row), now) ? -1 : row
  }

  /** Remembers that the key changed a hold. A full table forgets what ended first. D5 */
  keepHoldKey(slot: number, key: CommandKey): void {
    if (!this.#makeRoomFor(key)) return
    this.holds.setFirstKey(slot, this.keys.add(key, slot, this.holds.firstKeyOf(slot)))
  }

  keepEntryKey(entry: EntryId, key: CommandKey): void {
    if (!this.#makeRoomFor(key)) return
    const owner = this.entryKeys.ownerOf(entry)
    this.entryKeys.setHead(entry, this.keys.add(key, owner, this.entryKeys.headOf(entry)))
  }

  /** A hold that has just ended; its slot stays until it is forgotten. H10 */
  holdEnded(slot: number, sequence: Sequence): void {
    this.#ended.push(slot, sequence)
  }

  entryEnded(entry: EndedEntry): void {
    this.#ended.push(this.#endedEntries.add(entry), entry.sequence)
  }

  endedEntry(id: EntryId): EndedEntry | undefined {
    return this.#endedEntries.find(id)
  }

  /** Ended entries of one Show in order of ending; for pages. */
  endedEntriesOf(show: ShowNumber): readonly EndedEntry[] {
    return this.#endedEntries.ofShow(show)
  }

  /**
   * Forgets what the Ledger has passed (its Sequence) and whose keys are over, at most `countMax` at a
   * time. Call it when convenient: no decision depends on it. H10
   */
  forgetEnded(passedSequence: Sequence, now: Instant, countMax = Number.POSITIVE_INFINITY): void {
    const ended = this.#ended
    for (let count = 0; count < countMax && ended.size > 0; count += 1) {
      const item = ended.at(0)
      if (this.#endedSequenceOf(item) > passedSequence) return
      if (!isOver(this.#endedAtOf(item), now) && !this.#isCrowdedOut(item)) return
      if (count % LOOK_AHEAD === 0) this.#lookAhead()
      this.#dropKeys(item)
      ended.shift()
      if (item >= 0) this.holds.remove(this.showOfHold(item), item)
      else this.#endedEntries.forget(item)
    }
  }

  /**
   * Looks at the table rows of the next items at once: each is a cache miss, and those of one loop
   * are waited for together, those of one removal after the other.
   */
  #lookAhead(): void {
    const count = Math.min(this.#ended.size, LOOK_AHEAD)
    let seen = 0
    for (let offset = 0; offset < count; offset += 1) {
      const item = this.#ended.at(offset)
      if (item < 0) continue
      seen ^= this.holds.look(item)
      const head = this.holds.firstKeyOf(item)
      if (head >= 0) seen ^= this.keys.look(head)
    }
    this.looked = seen
  }

  /** More than a million ended things: those without keys need not wait out their minutes. */
  #isCrowdedOut(item: EndedItem): boolean {
    const isCrowded = this.#ended.isFirstKeyless || this.#ended.size > this.keys.limit
    return isCrowded && this.#firstKeyOf(item) < 0
  }

  /** An id that comes again, minutes after its end: the old hold or entry is looked up no more. */
  supersede(id: HoldId | EntryId): void {
    const slot = this.holds.find(id as HoldId)
    if (slot >= 0 && !this.holds.isLive(slot)) this.#dropKeys(slot)
    const entry = this.endedEntry(id as EntryId)
    if (entry === undefined) return
    this.#dropEntryKeys(entry)
    this.#endedEntries.unlist(entry)
  }

  /** false when every key belongs to something live: then the new one is not kept. */
  #makeRoomFor(key: CommandKey): boolean {
    const row = this.keys.find(key.id)
    if (row >= 0) this.#removeKey(row, this.keys.ownerOf(row)) // over, or dropped when it was decided
    while (this.keys.isFull) {
      const item = this.#ended.takeOldestKeeper()
      if (item === undefined) return false
      this.#dropKeys(item)
    }
    return true
  }

  #removeKey(row: number, owner: KeyOwner): void {
    if (owner >= 0) {
      this.holds.setFirstKey(owner, this.keys.remove(row, this.holds.firstKeyOf(owner)))
      return
    }
    const entry = this.entryKeys.entryOf(owner)
    this.entryKeys.setHead(entry, this.keys.remove(row, this.entryKeys.headOf(entry)))
  }

  #dropKeys(item: EndedItem): void {
    if (item < 0) return this.#dropEntryKeys(this.#endedEntries.at(item))
    const head = this.holds.firstKeyOf(item)
    if (head < 0) return
    this.keys.drop(head)
    this.holds.setFirstKey(item, -1)
  }

  #dropEntryKeys(entry: EndedEntry): void {
    const head = this.#firstEntryKeyOf(entry)
    if (head < 0) return
    this.keys.drop(head)
    this.entryKeys.setHead(entry.id, -1)
  }

  #firstKeyOf(item: EndedItem): number {
    if (item >= 0) return this.holds.firstKeyOf(item)
    return this.#firstEntryKeyOf(this.#endedEntries.at(item))
  }

  /** A superseded entry has none: its id's keys are its successor's. */
  #firstEntryKeyOf(entry: EndedEntry): number {
    return this.endedEntry(entry.id) === entry ? this.entryKeys.headOf(entry.id) : -1
  }

  /** Its owner ended so long ago that the key is a new one again. */
  #isKeyOver(owner: KeyOwner, now: Instant): boolean {
    if (owner >= 0) return !this.holds.isLive(owner) && isOver(this.holds.endedAtOf(owner), now)
    const ended = this.endedEntry(this.entryKeys.entryOf(owner))
    return ended !== undefined && isOver(ended.endedAt, now)
  }

  #endedAtOf(item: EndedItem): Instant {
    return item >= 0 ? this.holds.endedAtOf(item) : this.#endedEntries.at(item).endedAt
  }

  #endedSequenceOf(item: EndedItem): Sequence {
    return item >= 0 ? this.holds.sequenceOf(item) : this.#endedEntries.at(item).sequence
  }
}

/** So long ago that keys and ids are free again, remembered or not. D5, D6 */
export function isOver(endedAt: Instant, now: Instant): boolean {
  return now >= endedAt + LIMITS.commandKeyAfterEndMs
}
