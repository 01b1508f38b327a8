// What bounds a journal's compaction, as it stands on Postgres's disk.
//
//   CS1. The answer is committed with the disk waited for, and the log is written in order: every
//        commit that it saw, also one that did not wait, is on disk before the answer is given.

import type pg from 'pg'
import {
  asFrameNumber,
  asIncarnation,
  type FrameNumber,
  type Incarnation,
  type ShardNumber,
} from '../shared/ids.ts'
import { asFault } from './pg-errors.ts'

export interface StoredBounds {
  readonly page: { readonly incarnation: Incarnation; readonly frame: FrameNumber } | undefined
  readonly ledgerFrame: FrameNumber
}

/** A change that changes nothing, so that there is something to be written. CS1 */
const CURSOR = `update ledger_cursor set moved_at = moved_at where shard = $1 returning frame`

const SHARD_PAGE = 'select incarnation, frame from snapshot_page where shard = $1 and show = 0'

/** Throws Fault('database-unavailable'). */
export async function readCompactionState(
  pool: pg.Pool,
  shard: ShardNumber,
): Promise<StoredBounds> {
  try {
    const page = (await pool.query(SHARD_PAGE, [shard])).rows[0]
    const cursor = (await pool.query(CURSOR, [shard])).rows[0]
    return {
      page: page && {
        incarnation: asIncarnation(page.incarnation),
        frame: asFrameNumber(page.frame),
      },
      ledgerFrame: asFrameNumber(cursor?.frame ?? 0),
    }
  } catch (error) {
    throw asFault(error)
  }
}
