// Rows of the cluster as the beats tell them.

import type { Membership } from '../../allocator/membership.ts'
import { asShardNumber } from '../../shared/ids.ts'
import { LIMITS } from '../../shared/limits.ts'
import type { NodeRow, ShardRow } from '../../shared/operations.ts'

export function shardRows(membership: Membership): readonly ShardRow[] {
  return Array.from({ length: LIMITS.shardCount }, (_, shard) => {
    const server = membership.serverOf(asShardNumber(shard))
    if (server === undefined) return { shard, owner: '', epoch: 0, sequence: 0, state: 'unowned' }
    const { epoch, sequence } = server.served
    return { shard, owner: server.node, epoch, sequence, state: 'serving' }
  })
}

export function nodeRows(membership: Membership): readonly NodeRow[] {
  const beats = membership.beats.filter(beat => beat.role !== 'cluster')
  const rows = beats.map(({ node: id, role, pid, state, serves }) => ({
    id,
    role,
    pid,
    state,
    shards: serves.length,
  }))
  return rows.sort((left, right) => (left.id < right.id ? -1 : 1))
}
