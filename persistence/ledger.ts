// The ledger: the only writer of transitions, holds, bookings and tickets, in journal order.
//
// Owns: exactly-once, the transaction around a batch of frames, naming a violation.
// Leaves to others: what rows frames make (projection.ts), when to come (ledger-loop.ts), where
// frames are kept (FrameSource).
//
//   LE1. Rows and cursor move in one transaction that starts from the cursor it expects: whatever
//        dies in between, every frame is projected exactly once.
//   LE2. Frames of one shard are taken in order without a hole; sequences must join.
//   LE3. A unique violation halts the shard it names and is never retried.
//   LE4. A batch that makes or ends a booking is durable when it is told; others may follow the
//        journal's own durability, from which they are made again.
//   LE5. In a cluster a batch's raw frames are archived in the transaction of its rows, and only what
//        follows the archived frame by number and hash is: archive and tables are one.

import type pg from 'pg'
import { assert } from '../shared/assert.ts'
import { Fault } from '../shared/faults.ts'
import { eachTransition } from '../shared/frame.ts'
import { isNextNumber, namesHash } from '../shared/frame-order.ts'
import { asSequence, type FrameNumber, type Incarnation, type ShardNumber } from '../shared/ids.ts'
import type { EncodedFrame } from '../shared/ports.ts'
import { ARCHIVED_FRAMES } from './archive.ts'
import { isDirect, NEW_DIRECT_HOLDS, TRANSITIONS } from './ledger-copies.ts'
import { statementsOf } from './ledger-facts.ts'
import type { Step } from './ledger-rows.ts'
import * as statements from './ledger-statements.ts'
import { RowCopy } from './pg-copy.ts'
import { DIVISION_BY_ZERO, sqlStateOf, UNIQUE_VIOLATION } from './pg-errors.ts'
import { Projection } from './projection.ts'

export interface LedgerCursor {
  readonly shard: ShardNumber
  readonly frame: FrameNumber
  readonly sequence: number
  /** of the frame it stands at, when that is stored */
  readonly incarnation?: Incarnation | undefined
  readonly hash?: Uint8Array | undefined
}

/** Another ledger has moved a cursor meanwhile: nothing was written, load() tells where it stands. */
export class CursorMoved extends Error {
  override readonly name = 'CursorMoved'
}

/** The connection the ledger writes through; one at a time. */
export type LedgerClient = Pick<pg.Client, 'query'>

export interface LedgerOptions {
  readonly client: LedgerClient
  /** rows in one statement: 256 when the event loop also serves */
  readonly rowsPerStatementMax: number
  /** LE5: false where the journal is that table already */
  readonly archives?: boolean
  /** every batch waits for the disk, not only those with bookings (LE4) */
  readonly isDurable?: boolean
}

const CURSORS = `select c.shard, c.frame, c.sequence, f.incarnation, f.hash from ledger_cursor c
  left join journal_frame f using (shard, frame) order by c.shard`

export class Ledger {
  readonly #client: LedgerClient
  readonly #rowsMax: number
  readonly #archives: boolean
  readonly #isDurable: boolean
  readonly #cursors = new Map<ShardNumber, LedgerCursor>()
  readonly #frames = new statements.Batch(ARCHIVED_FRAMES)
  readonly #transitions = new RowCopy(TRANSITIONS)
  readonly #newEntries = new statements.Batch(statements.NEW_ENTRIES)
  readonly #newDirectHolds = new RowCopy(NEW_DIRECT_HOLDS)
  readonly #newHolds = new statements.Batch(statements.NEW_HOLDS)
  readonly #holdChanges = new statements.Batch(statements.HOLD_CHANGES)
  readonly #entryChanges = new statements.Batch(statements.ENTRY_CHANGES)
  readonly #newBookings = new statements.Batch(statements.NEW_BOOKINGS)
  readonly #newTickets = new statements.Batch(statements.NEW_TICKETS)
  readonly #booked = new statements.Batch(statements.BOOKED)
  readonly #cancelledTickets = new statements.Batch(statements.CANCELLED_TICKETS)
  readonly #cancelledBookings = new statements.Batch(statements.CANCELLED_BOOKINGS)
  readonly #failed = new statements.Batch(statements.FAILED_BOOKINGS)

  constructor(options: LedgerOptions) {
    this.#client = options.client
    this.#rowsMax = options.rowsPerStatementMax
    this.#archives = options.archives ?? false
    this.#isDurable = options.isDurable ?? false
  }

  /** Where every shard stands, from the table; call at start and after a failed transaction. */
  async load(): Promise<readonly LedgerCursor[]> {
    const { rows } = await this.#client.query(CURSORS)
    this.#cursors.clear()
    for (const { hash, incarnation, ...row } of rows) {
      const stored = hash === null ? {} : { hash, incarnation }
      this.#cursors.set(row.shard, { ...row, ...stored })
    }
    return [...this.#cursors.values()]
  }

  cursorOf(shard: ShardNumber): LedgerCursor {
    const cursor = this.#cursors.get(shard)
    assert(cursor !== undefined, 'LE2: every shard has a cursor')
    return cursor
  }

  /**
   * Projects frames, of any shards, each shard's in order from its cursor on, in one transaction.
   * Throws Fault('ledger-violation'), Fault('journal-damaged') or CursorMoved; after any throw call
   * load() before going on.
   */
  async project(frames: readonly EncodedFrame[]): Promise<readonly LedgerCursor[]> {
    const projection = new Projection()
    const moved = this.#read(frames, projection)
    const steps = projection.take()
    try {
      const isDurable = this.#isDurable || steps.some(touchesBookings)
      await this.#client.query(this.#opening(moved, isDurable))
      if (this.#archives) await this.#run(this.#frames, frames)
      for (const step of steps) await this.#write(step)
      await this.#client.query('commit')
    } catch (error) {
      await this.#client.query('rollback').catch(() => undefined)
      throw asRefused(error)
    }
    for (const cursor of moved) this.#cursors.set(cursor.shard, cursor)
    return moved
  }

  /** LE2 */
  #read(frames: readonly EncodedFrame[], projection: Projection): readonly LedgerCursor[] {
    const moved = new Map<ShardNumber, LedgerCursor>()
    for (const frame of frames) {
      const { shard, incarnation, number, time, hash } = frame
      const before = moved.get(shard) ?? this.cursorOf(shard)
      if (!isNext(before, frame) || !joins(before, frame)) throw holeFault(before, frame)
      if (!follows(before, frame)) throw chainFault(before)
      let sequence = frame.firstSequence - 1
      eachTransition(frame, transition => {
        sequence += 1
        const place = {
          shard,
          incarnation,
          frame: number,
          sequence: asSequence(sequence),
          at: time,
        }
        projection.add(transition, place)
      })
      const isEmpty = frame.transitionCount === 0
      const last = isEmpty ? before.sequence : sequence
      moved.set(shard, { shard, frame: number, sequence: last, incarnation, hash })
    }
    return [...moved.values()]
  }

  /** LE1: dies by division when a cursor is not where it was, in the one round trip of `begin`. */
  #opening(moved: readonly LedgerCursor[], isDurable: boolean): string {
    const rows = moved.map(({ shard, frame, sequence }) => {
      return `(${shard}::int2, ${this.cursorOf(shard).frame}::int8, ${frame}::int8, ${sequence}::int8)`
    })
    return `begin; set local synchronous_commit = ${isDurable ? 'on' : 'off'};
      with moved as (
        update ledger_cursor set frame = u.frame, sequence = u.sequence, moved_at = now()
        from (values ${rows.join(', ')}) as u (shard, before, frame, sequence)
        where ledger_cursor.shard = u.shard and ledger_cursor.frame = u.before returning 1
      ) select 1 / (count(*) = ${moved.length})::int from moved`
  }

  async #write(step: Step): Promise<void> {
    await this.#copy(this.#transitions, step.transitions)
    await this.#run(this.#newEntries, [...step.newEntries.values()])
    const newHolds = [...step.newHolds.values()]
    await this.#copy(this.#newDirectHolds, newHolds.filter(isDirect))
    await this.#run(
      this.#newHolds,
      newHolds.filter(hold => !isDirect(hold)),
    )
    await this.#run(this.#holdChanges, [...step.holdChanges.values()])
    await this.#run(this.#entryChanges, [...step.entryChanges.values()])
    await this.#run(this.#newBookings, step.newBookings)
    await this.#run(this.#newTickets, step.newBookings)
    await this.#run(this.#booked, step.booked)
    await this.#run(this.#cancelledTickets, step.cancelled)
    await this.#run(this.#cancelledBookings, step.cancelled)
    await this.#run(this.#failed, step.failed)
    for (const fact of step.facts) {
      for (const { text, values } of statementsOf(fact)) await this.#client.query(text, [...values])
    }
  }

  async #copy<Row>(copy: RowCopy<Row>, rows: readonly Row[]): Promise<void> {
    for (let from = 0; from < rows.length; from += this.#rowsMax) {
      const part = rows.length <= this.#rowsMax ? rows : rows.slice(from, from + this.#rowsMax)
      const sent = copy.of(part)
      await this.#client.query(sent)
      await sent.done
    }
  }

  async #run<Row>(batch: statements.Batch<Row>, rows: readonly Row[]): Promise<void> {
    const { name, text, changesEveryRow } = batch.statement
    for (let from = 0; from < rows.length; from += this.#rowsMax) {
      const part = rows.length <= this.#rowsMax ? rows : rows.slice(from, from + this.#rowsMax)
      const { rowCount } = await this.#client.query({ name, text, values: batch.valuesOf(part) })
      if (changesEveryRow && rowCount !== part.length) {
        throw violation(`${name} met ${rowCount} of ${part.length} rows`)
      }
    }
  }
}

function touchesBookings(step: Step): boolean {
  const { newBookings, booked, cancelled, failed } = step
  return newBookings.length + booked.length + cancelled.length + failed.length > 0 // LE4
}

/** LE2, FO2 */
function isNext({ frame: number, incarnation }: LedgerCursor, frame: EncodedFrame): boolean {
  if (incarnation === undefined) return frame.number === number + 1
  return isNextNumber({ number, incarnation }, frame)
}

function joins(before: LedgerCursor, frame: EncodedFrame): boolean {
  return frame.transitionCount === 0 || frame.firstSequence === before.sequence + 1
}

/** LE5 */
function follows(before: LedgerCursor, frame: EncodedFrame): boolean {
  return before.hash === undefined || namesHash(frame, before.hash)
}

function chainFault({ shard, frame }: LedgerCursor): Fault {
  return new Fault(
    'journal-damaged',
    `The journal of shard ${shard} goes on from another frame ${frame} than the one that is archived: ` +
      'it was rewound or belongs to somebody else. Nothing was written; "usher restore" shows both.',
  )
}

function holeFault(before: LedgerCursor, frame: EncodedFrame): Fault {
  return new Fault(
    'journal-damaged',
    `The ledger of shard ${before.shard} stands at frame ${before.frame}, sequence ` +
      `${before.sequence}, but the journal goes on with frame ${frame.number}, sequence ` +
      `${frame.firstSequence}: restore the database from its backup.`,
  )
}

/** LE1, LE3 */
function asRefused(error: unknown): unknown {
  if (sqlStateOf(error) === DIVISION_BY_ZERO) {
    return new CursorMoved('a ledger cursor is not where this ledger left it')
  }
  if (sqlStateOf(error) !== UNIQUE_VIOLATION) return error
  const { detail, constraint } = error as pg.DatabaseError
  return violation(`${constraint ?? 'a unique index'} refused a row: ${detail ?? ''}`, error)
}

function violation(what: string, cause?: unknown): Fault {
  return new Fault(
    'ledger-violation',
    `The ledger cannot follow the journal (${what}). Nothing was written; the shard is halted: ` +
      'run "usher audit" and call somebody who may decide.',
    { cause },
  )
}
