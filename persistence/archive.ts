// The archive of frames in Postgres: what the ledger keeps of every journal (in embedded mode the
// same table is the journal itself).
//
// Owns: the row of a frame, reading frames back. Leaves to others: when they are written (ledger.ts).

import type pg from 'pg'
import { decodeFrame } from '../shared/frame.ts'
import {
  asEpoch,
  asFrameNumber,
  asIncarnation,
  type FrameNumber,
  type ShardNumber,
} from '../shared/ids.ts'
import type { EncodedFrame, JournalHead } from '../shared/ports.ts'
import type { Statement } from './ledger-statements.ts'
import { OID } from './pg-columns.ts'
import { asFault } from './pg-errors.ts'

/** A frame that stands there already is a violation of its primary key: LE1 keeps that from happening. */
export const ARCHIVED_FRAMES: Statement<EncodedFrame> = {
  name: 'ledger-frames-archived',
  text: `insert into journal_frame (shard, frame, incarnation, epoch, first_sequence,
      transition_count, time_ms, hash, bytes)
    select * from unnest($1::int2[], $2::int8[], $3::int4[], $4::int4[], $5::int8[], $6::int4[],
      $7::int8[], $8::bytea[], $9::bytea[])`,
  columns: [
    [OID.int2, (column, frame) => column.int2(frame.shard)],
    [OID.int8, (column, frame) => column.int8(frame.number)],
    [OID.int4, (column, frame) => column.int4(frame.incarnation)],
    [OID.int4, (column, frame) => column.int4(frame.epoch)],
    [OID.int8, (column, frame) => column.int8(frame.firstSequence)],
    [OID.int4, (column, frame) => column.int4(frame.transitionCount)],
    [OID.int8, (column, frame) => column.int8(frame.time)],
    [OID.bytea, (column, frame) => column.bytes(frame.hash)],
    [OID.bytea, (column, frame) => column.bytes(frame.bytes)],
  ],
  changesEveryRow: true,
}

const FRAMES_PER_READ = 128

const HEAD = `select incarnation, epoch, frame, hash from journal_frame
  where shard = $1 order by frame desc limit 1`

const PAGE = `select bytes from journal_frame
  where shard = $1 and frame >= $2 and frame <= $3 order by frame limit ${FRAMES_PER_READ}`

/** Throws Fault('database-unavailable'). */
export class Archive {
  readonly #pool: Pick<pg.Pool, 'query'>

  constructor(pool: Pick<pg.Pool, 'query'>) {
    this.#pool = pool
  }

  /** The newest archived frame. */
  async head(shard: ShardNumber): Promise<JournalHead | undefined> {
    const { rows } = await this.#query(HEAD, [shard])
    const row = rows[0]
    if (row === undefined) return undefined
    return {
      incarnation: asIncarnation(row.incarnation),
      epoch: asEpoch(row.epoch),
      number: asFrameNumber(Number(row.frame)),
      hash: row.hash,
    }
  }

  /** Frames `from`..`to` in order, as far as they are there; hashes are checked. */
  async *read(shard: ShardNumber, from: FrameNumber, to: FrameNumber): AsyncIterable<EncodedFrame> {
    let next = Math.max(from, 1)
    while (next <= to) {
      const { rows } = await this.#query(PAGE, [shard, next, to])
      for (const row of rows) {
        const frame = decodeFrame(row.bytes)
        next = frame.number + 1
        yield frame
      }
      if (rows.length < FRAMES_PER_READ) return
    }
  }

  async frame(shard: ShardNumber, number: FrameNumber): Promise<EncodedFrame | undefined> {
    for await (const frame of this.read(shard, number, number)) return frame
    return undefined
  }

  #query(text: string, values: readonly number[]) {
    return this.#pool.query(text, [...values]).catch((error: unknown) => {
      throw asFault(error)
    })
  }
}
