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
import { type EndedEntry, type EndedItem, EndedQueue } from './ended.ts'
import { Holds } from './holds.ts'
import { IdTable } from './id-table.ts'
import { Show } from './show.ts'

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
  readonly #endedEntryIndex = new IdTable()
  #endedEntries: (EndedEntry | undefined)[] = []
  #freeEndedEntries: number[] = []
  readonly #endedOfShow = new Map<ShowNumber, Set<EndedEntry>>()
  readonly #shared = new Map<string, unknown>()
  #lastShow: Show | undefined

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
    return row < 0 || this.#isOver(this.keys.ownerOf(row), now) ? -1 : row
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
  holdEnded(slot: number): void {
    this.#ended.push(slot)
  }

  entryEnded(entry: EndedEntry): void {
    const at = this.#freeEndedEntries.pop() ?? this.#endedEntries.length
    this.#endedEntries[at] = entry
    this.#endedEntryIndex.set(entry.id, at)
    const ofShow = this.#endedOfShow.get(entry.show)
    if (ofShow === undefined) this.#endedOfShow.set(entry.show, new Set([entry]))
    else ofShow.add(entry)
    this.#ended.push(entry)
  }

  endedEntry(id: EntryId): EndedEntry | undefined {
    const at = this.#endedEntryIndex.get(id)
    return at < 0 ? undefined : this.#endedEntries[at]
  }

  /** Ended entries of one Show in order of ending; for pages. */
  endedEntriesOf(show: ShowNumber): readonly EndedEntry[] {
    const entries = [...(this.#endedOfShow.get(show) ?? [])]
    return entries.sort((left, right) => left.sequence - right.sequence)
  }

  /** So recently that its id is not free: whether it is remembered makes no difference later. */
  hasJustEnded(item: EndedItem, now: Instant): boolean {
    return !this.#isItemOver(item, now)
  }

  /**
   * Forgets what the Ledger has passed (its Sequence) and whose keys are over, at most `countMax` at a
   * time. Call it when convenient: no decision depends on it. H10
   */
  forgetEnded(passedSequence: Sequence, now: Instant, countMax = Number.POSITIVE_INFINITY): void {
    for (let count = 0; count < countMax; count += 1) {
      const item = this.#ended.at(0)
      if (item === undefined) return
      if (this.#endedSequenceOf(item) > passedSequence) return
      if (!this.#isItemOver(item, now) && !this.#isCrowdedOut(item)) return
      this.#dropKeys(item)
      this.#ended.shift()
      if (typeof item === 'number') this.holds.remove(this.showOfHold(item), item)
      else this.#forgetEntry(item)
    }
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
    this.#dropKeys(entry)
    this.#unlistEntry(entry)
  }

  #forgetEntry(entry: EndedEntry): void {
    if (this.endedEntry(entry.id) === entry) this.#unlistEntry(entry)
  }

  #unlistEntry(entry: EndedEntry): void {
    const at = this.#endedEntryIndex.get(entry.id)
    this.#endedEntryIndex.delete(entry.id)
    this.#endedEntries[at] = undefined
    this.#freeEndedEntries.push(at)
    const ofShow = this.#endedOfShow.get(entry.show)
    ofShow?.delete(entry)
    if (ofShow?.size === 0) this.#endedOfShow.delete(entry.show)
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
    const head = this.#firstKeyOf(item)
    if (head < 0) return
    this.keys.drop(head)
    if (typeof item === 'number') this.holds.setFirstKey(item, -1)
    else this.entryKeys.setHead(item.id, -1)
  }

  /** A superseded entry has none: its id's keys are its successor's. */
  #firstKeyOf(item: EndedItem): number {
    if (typeof item !== 'number' && this.endedEntry(item.id) !== item) return -1
    return typeof item === 'number' ? this.holds.firstKeyOf(item) : this.entryKeys.headOf(item.id)
  }

  #isOver(owner: KeyOwner, now: Instant): boolean {
    if (owner >= 0) return !this.holds.isLive(owner) && this.#isItemOver(owner, now)
    const ended = this.endedEntry(this.entryKeys.entryOf(owner))
    return ended !== undefined && this.#isItemOver(ended, now)
  }

  #isItemOver(item: EndedItem, now: Instant): boolean {
    const endedAt = typeof item === 'number' ? this.holds.endedAtOf(item) : item.endedAt
    return now >= endedAt + LIMITS.commandKeyAfterEndMs
  }

  #endedSequenceOf(item: EndedItem): Sequence {
    return typeof item === 'number' ? this.holds.sequenceOf(item) : item.sequence
  }
}
