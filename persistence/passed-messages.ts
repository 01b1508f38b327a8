// What ledgers tell allocators over NATS, and the other way.
//
//   <c>.passed   | shard u8 | frame f64 | shard time of that frame f64 | ...   after every commit
//   <c>.hurry    empty: somebody waits for a frame
//
// Both are hints: a lost one is made good by looking at the cursors in Postgres (remote-progress.ts).

import { ByteReader, ByteWriter } from '../shared/binary.ts'
import { asFrameNumber, asShardNumber, type FrameNumber, type ShardNumber } from '../shared/ids.ts'

export interface PassedCursor {
  readonly shard: ShardNumber
  readonly frame: FrameNumber
  readonly timeMs: number
}

export const passedSubjectOf = (cluster: string): string => `${cluster}.passed`
export const hurrySubjectOf = (cluster: string): string => `${cluster}.hurry`

const writer = new ByteWriter(512)

export function encodePassed(passed: readonly PassedCursor[]): Uint8Array {
  writer.reset()
  for (const { shard, frame, timeMs } of passed) {
    writer.u8(shard)
    writer.safeInt(frame)
    writer.safeInt(timeMs)
  }
  return writer.take()
}

/** Throws MalformedBytes. */
export function decodePassed(bytes: Uint8Array): readonly PassedCursor[] {
  const reader = new ByteReader(bytes)
  const passed: PassedCursor[] = []
  while (reader.remaining > 0) {
    const shard = asShardNumber(reader.u8())
    passed.push({ shard, frame: asFrameNumber(reader.safeInt()), timeMs: reader.safeInt() })
  }
  return passed
}
