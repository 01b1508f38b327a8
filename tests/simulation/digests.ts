// Whether memory, pages and journal tell the same Shard: the digest of each, compared.
//
// Owns: T1 and H10 in a simulated world. Leaves to others: what a digest contains (core/digest.ts).

import { replay } from '../../allocator/core/apply.ts'
import { digestOf } from '../../allocator/core/digest.ts'
import { ShardState } from '../../allocator/core/state.ts'
import { transitionsOf } from '../../shared/frame.ts'
import type { ShardNumber } from '../../shared/ids.ts'
import { check } from './audit-error.ts'
import type { SimDisk } from './sim-disk.ts'
import type { SimProcess } from './sim-process.ts'

/** Nothing may be in flight: live memory equals a replay of every frame from the first. */
export function checkDigests(
  world: { readonly disk: SimDisk; readonly town: { readonly shards: readonly ShardNumber[] } },
  process: SimProcess,
): void {
  for (const shard of world.town.shards) {
    const replayed = replayedDigest(world.disk, shard, process.durableFrame(shard))
    check(
      process.digest(shard) === replayed,
      'T1',
      `shard ${shard}: memory differs from its replay`,
    )
  }
}

export function replayedDigest(disk: SimDisk, shard: ShardNumber, frameCount: number): string {
  const state = new ShardState({ shard, plans: disk.plans })
  for (const frame of disk.frames.framesOf(shard).slice(0, frameCount)) {
    for (const transition of transitionsOf(frame)) replay(state, transition, frame.time)
    state.incarnation = frame.incarnation
  }
  return digestOf(state)
}
