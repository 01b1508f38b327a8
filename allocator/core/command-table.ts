// Which commands had an effect, and on which hold or entry: how a repeat is recognised.
//
// Owns: the keys of one Shard in typed arrays, chained by the hold or entry that they made or changed.
// Leaves to others: how long an owner is remembered and which is dropped when full (state.ts).
//
//   D5. A CommandId has one effect: the table keeps (CommandId, 64-bit body hash, owner).
//   K1. The keys of an owner are one chain; the owner knows its head and drops them together.
//   K2. At most LIMITS.commandKeysPerShardMax keys: whoever adds makes room first.

import { assert } from '../../shared/assert.ts'
import type { CommandKey } from '../../shared/commands.ts'
import { type CommandId, type EntryId, idOf } from '../../shared/ids.ts'
import { LIMITS } from '../../shared/limits.ts'
import { IdTable } from './id-table.ts'
import { TagTable, tagOf } from './tag-table.ts'

const ROWS_MIN = 16
const NONE = -1

const ID = 0
const BODY_HIGH = 4
const BODY_LOW = 5
const OWNER = 6
const NEXT = 7
const INTS = 8

/** What a key belongs to: the slot of a hold (0 ..), or of an entry's owner row (-1, -2 ..). */
export type KeyOwner = number

export class CommandTable {
  #ints = new Int32Array(ROWS_MIN * INTS)
  readonly #byId = new TagTable()
  #lastId: CommandId | undefined
  #lastRow = NONE
  #lastTag = 0
  /** K2 */
  readonly limit: number
  #free = NONE
  #end = 0

  constructor(limit: number = LIMITS.commandKeysPerShardMax) {
    this.limit = limit
  }

  get size(): number {
    return this.#byId.size
  }

  get isFull(): boolean {
    return this.#byId.size >= this.limit
  }

  /** The row of a key, or -1. One command asks for the same id object several times in a row. */
  find(id: CommandId): number {
    if (id === this.#lastId) return this.#lastRow
    const tag = tagOf(id.a, id.b, id.c, id.d)
    let row = NONE
    for (let at = this.#byId.first(tag); at >= 0; at = this.#byId.next(at, tag)) {
      row = this.#byId.valueAt(at)
      if (this.#hasId(row, id)) break
      row = NONE
    }
    this.#lastId = id
    this.#lastRow = row
    this.#lastTag = tag
    return row
  }

  /** Brings the table row of a key's id into the cache; the answer means nothing. */
  look(row: number): number {
    return this.#byId.look(this.#tagAt(row))
  }

  hasBody(row: number, key: CommandKey): boolean {
    const at = row * INTS
    return this.#ints[at + BODY_HIGH] === key.bodyHigh && this.#ints[at + BODY_LOW] === key.bodyLow
  }

  ownerOf(row: number): KeyOwner {
    return this.#ints[row * INTS + OWNER] as number
  }

  /** Adds a key to the chain that begins at `head` (-1: none); returns the new head. K1 */
  add(key: CommandKey, owner: KeyOwner, head: number): number {
    assert(!this.isFull && this.find(key.id) === NONE, 'D5: a new key, and room for it')
    const row = this.#takeRow()
    const at = row * INTS
    const ints = this.#ints
    const { id } = key
    ints[at] = id.a
    ints[at + 1] = id.b
    ints[at + 2] = id.c
    ints[at + 3] = id.d
    ints[at + BODY_HIGH] = key.bodyHigh
    ints[at + BODY_LOW] = key.bodyLow
    ints[at + OWNER] = owner
    ints[at + NEXT] = head
    this.#byId.add(this.#lastTag, row) // of the lookup above
    this.#lastRow = row
    return row
  }

  /** Removes one key from its chain; returns the chain's head. */
  remove(row: number, head: number): number {
    const next = this.#int(row, NEXT)
    this.#release(row)
    if (row === head) return next
    let before = head
    while (this.#int(before, NEXT) !== row) before = this.#int(before, NEXT)
    this.#ints[before * INTS + NEXT] = next
    return head
  }

  /** Removes the whole chain. K1 */
  drop(head: number): void {
    let row = head
    while (row !== NONE) {
      const next = this.#int(row, NEXT)
      this.#release(row)
      row = next
    }
  }

  /** The keys of a chain, newest first. */
  keysOf(head: number): CommandKey[] {
    const keys: CommandKey[] = []
    for (let row = head; row !== NONE; row = this.#int(row, NEXT)) {
      keys.push({
        id: this.#idOf(row),
        bodyHigh: this.#int(row, BODY_HIGH),
        bodyLow: this.#int(row, BODY_LOW),
      })
    }
    return keys
  }

  #release(row: number): void {
    this.#byId.delete(this.#tagAt(row), row)
    this.#lastId = undefined
    this.#ints[row * INTS + NEXT] = this.#free
    this.#free = row
  }

  #tagAt(row: number): number {
    const at = row * INTS + ID
    const ints = this.#ints
    return tagOf(
      ints[at] as number,
      ints[at + 1] as number,
      ints[at + 2] as number,
      ints[at + 3] as number,
    )
  }

  #takeRow(): number {
    if (this.#free !== NONE) {
      const row = this.#free
      this.#free = this.#int(row, NEXT)
      return row
    }
    if (this.#end * INTS === this.#ints.length) {
      const larger = new Int32Array(this.#ints.length * 2)
      larger.set(this.#ints)
      this.#ints = larger
    }
    this.#end += 1
    return this.#end - 1
  }

  #hasId(row: number, id: CommandId): boolean {
    const at = row * INTS + ID
    const ints = this.#ints
    return (
      ints[at + 3] === id.d && ints[at + 2] === id.c && ints[at + 1] === id.b && ints[at] === id.a
    )
  }

  #idOf(row: number): CommandId {
    const at = row * INTS + ID
    const ints = this.#ints
    return idOf<CommandId>(
      ints[at] as number,
      ints[at + 1] as number,
      ints[at + 2] as number,
      ints[at + 3] as number,
    )
  }

  #int(row: number, column: number): number {
    return this.#ints[row * INTS + column] as number
  }
}

/** Heads of the key chains of entries, which have no slot of their own in the Shard. */
export class EntryKeys {
  readonly #rowOf = new IdTable()
  #entries: (EntryId | undefined)[] = []
  #heads: number[] = []
  #free: number[] = []

  /** The owner that stands for the entry, made when it is asked first. */
  ownerOf(entry: EntryId): KeyOwner {
    const known = this.#rowOf.get(entry)
    if (known >= 0) return -1 - known
    const row = this.#free.pop() ?? this.#entries.length
    this.#entries[row] = entry
    this.#heads[row] = NONE
    this.#rowOf.set(entry, row)
    return -1 - row
  }

  entryOf(owner: KeyOwner): EntryId {
    const entry = this.#entries[-1 - owner]
    assert(entry !== undefined, 'D5: a key belongs to an entry that is remembered')
    return entry
  }

  headOf(entry: EntryId): number {
    const row = this.#rowOf.get(entry)
    return row < 0 ? NONE : (this.#heads[row] as number)
  }

  setHead(entry: EntryId, head: number): void {
    const row = -1 - this.ownerOf(entry)
    this.#heads[row] = head
    if (head !== NONE) return
    this.#rowOf.delete(entry)
    this.#entries[row] = undefined
    this.#free.push(row)
  }
}
