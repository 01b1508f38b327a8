// The walk over stored frames: one unbroken chain for each shard, and rows that say what bytes say.
//
// Owns: judging a frame by the one before it. Leaves to others: the snapshot it runs on (audit.ts).

import { type Kysely, sql } from 'kysely'
import { decodeFrame, sameBytes } from '../shared/frame.ts'
import { isEarlierReign, isNextNumber, namesHash } from '../shared/frame-order.ts'
import type { EncodedFrame } from '../shared/ports.ts'
import type { Tables } from './tables.ts'

const FRAMES_PER_READ = 256

interface FrameRow {
  readonly frame: number
  readonly incarnation: number
  readonly epoch: number
  readonly firstSequence: number
  readonly transitionCount: number
  readonly timeMs: number
  readonly hash: Buffer
  readonly bytes: Buffer
}

/** One text for each shard whose chain is broken: what follows a broken link cannot be judged by it. */
export async function brokenChains(database: Kysely<Tables>): Promise<readonly string[]> {
  const places: string[] = []
  const { rows } = await sql<{ shard: number }>`
    select distinct shard from journal_frame order by shard`.execute(database)
  for (const { shard } of rows) places.push(...(await chainOf(database, shard)))
  return places
}

async function chainOf(database: Kysely<Tables>, shard: number): Promise<readonly string[]> {
  let previous: EncodedFrame | undefined
  for (let after = 0; ; after = previous?.number ?? after) {
    const { rows } = await sql<FrameRow>`
      select frame, incarnation, epoch, first_sequence, transition_count, time_ms, hash, bytes
      from journal_frame where shard = ${shard} and frame > ${after}
      order by frame limit ${FRAMES_PER_READ}`.execute(database)
    for (const row of rows) {
      const trouble = troubleOf(row, shard, previous)
      if (typeof trouble === 'string') return [`shard ${shard} frame ${row.frame}: ${trouble}`]
      previous = trouble
    }
    if (rows.length < FRAMES_PER_READ) return []
  }
}

/** The decoded frame when it follows the one before, else what is wrong. */
function troubleOf(
  row: FrameRow,
  shard: number,
  previous: EncodedFrame | undefined,
): EncodedFrame | string {
  let frame: EncodedFrame
  try {
    frame = decodeFrame(row.bytes)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  if (frame.shard !== shard || frame.number !== row.frame) return 'it stands in a foreign place'
  if (!isToldBy(row, frame)) return 'its row says something else than its bytes'
  if (!isNextNumber(previous, frame)) return `it follows frame ${previous?.number ?? 'none'}`
  if (!namesHash(frame, previous?.hash)) return 'it names another frame before it'
  if (previous === undefined) return frame.firstSequence === 1 ? frame : 'its sequence is not 1'
  const sequence = previous.firstSequence + previous.transitionCount
  if (frame.firstSequence !== sequence) return `its sequence is not ${sequence}`
  if (frame.time < previous.time) return 'it is older than the frame before it'
  return isEarlierReign(frame, previous) ? 'an earlier reign wrote it' : frame
}

function isToldBy(row: FrameRow, frame: EncodedFrame): boolean {
  return (
    sameBytes(frame.hash, row.hash) &&
    frame.incarnation === row.incarnation &&
    frame.epoch === row.epoch &&
    frame.firstSequence === row.firstSequence &&
    frame.transitionCount === row.transitionCount &&
    frame.time === row.timeMs
  )
}
