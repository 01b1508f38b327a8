// Chained frames for journal tests: each holds some Transitions of one Shard.

import { FrameBuilder, NO_HASH } from '../../shared/frame.ts'
import {
  asEpoch,
  asFrameNumber,
  asIncarnation,
  asInstant,
  asSequence,
  asShardNumber,
  asShowNumber,
} from '../../shared/ids.ts'
import type { EncodedFrame } from '../../shared/ports.ts'

export interface SampleOf {
  readonly shard: number
  /** the frame that it follows */
  readonly after?: EncodedFrame
  readonly epoch?: number
  /** tells frames with the same place apart */
  readonly mark?: number
  readonly transitionCount?: number
}

export function sampleFrame({
  shard,
  after,
  epoch = 1,
  mark = 1,
  ...rest
}: SampleOf): EncodedFrame {
  const builder = new FrameBuilder()
  const time = asInstant((after?.time ?? 1_700_000_000_000) + 1)
  builder.begin(time)
  for (let count = 0; count < (rest.transitionCount ?? 1); count += 1) {
    builder.record({ kind: 'show-cancelled', show: asShowNumber(mark) })
  }
  const [frame] = builder.seal({
    shard: asShardNumber(shard),
    incarnation: asIncarnation(1),
    epoch: asEpoch(epoch),
    number: asFrameNumber((after?.number ?? 0) + 1),
    firstSequence: asSequence((after?.firstSequence ?? 1) + (after?.transitionCount ?? 0)),
    time,
    prevHash: after?.hash ?? NO_HASH,
  })
  if (frame === undefined) throw new Error('a sample fits into one frame')
  return frame
}

/** `count` frames in order, after `after`. */
export function sampleChain(shard: number, count: number, after?: EncodedFrame): EncodedFrame[] {
  const frames: EncodedFrame[] = []
  let last = after
  for (let number = 0; number < count; number += 1) {
    last = sampleFrame({ shard, ...(last === undefined ? {} : { after: last }) })
    frames.push(last)
  }
  return frames
}

export async function readAll(frames: AsyncIterable<EncodedFrame>): Promise<EncodedFrame[]> {
  const read: EncodedFrame[] = []
  for await (const frame of frames) read.push(frame)
  return read
}
