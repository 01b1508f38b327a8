// What readiness means for the embedded mode, and the operator's rows.

import type { Embedded } from '../embedded.ts'
import type { Check, NodeRow, ShardRow } from './listener.ts'

/** A ledger further behind than this answers bookings late. */
const LEDGER_LAG_MS_MAX = 30_000

export function checksOf({ allocator, ledger, skew }: Embedded): readonly Check[] {
  const shards = allocator.health()
  const idle = shards.filter(shard => !shard.isServing)
  const lagMs = ledger.lagMs(Date.now())
  return [
    {
      name: 'shards',
      isOk: idle.length === 0,
      detail:
        idle.length === 0
          ? `all ${shards.length} are served`
          : `${idle.length} of ${shards.length} are not served: look at the log and restart`,
    },
    {
      name: 'ledger',
      isOk: lagMs <= LEDGER_LAG_MS_MAX,
      detail: `${ledger.lagFrames()} frames, ${Math.round(lagMs)} ms behind`,
    },
    skew.check,
  ]
}

export function shardRowsOf({ allocator }: Embedded): readonly ShardRow[] {
  return allocator.health().map(({ shard, epoch, sequence, isServing }) => ({
    shard,
    owner: NODE_ID,
    epoch,
    sequence,
    state: isServing ? 'serving' : 'halted',
  }))
}

const NODE_ID = 'embedded'

export function nodeRowsOf({ allocator }: Embedded): readonly NodeRow[] {
  const shards = allocator.health().length
  return [{ id: NODE_ID, role: 'embedded', pid: process.pid, state: 'serving', shards }]
}
