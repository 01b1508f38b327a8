// show -> shard: a stable hash, the same in every process for ever (design.md §5 Placement).

import type { ShardNumber, ShowNumber } from './ids.ts'
import { LIMITS } from './limits.ts'

/** Murmur3's finaliser spreads consecutive numbers over the shards. */
export function shardOf(show: ShowNumber): ShardNumber {
  let hash = show | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (((hash ^ (hash >>> 16)) >>> 0) % LIMITS.shardCount) as ShardNumber
}
