// What readiness means for the embedded mode, and the operator's rows.

import type { NodeRow, Operations, ShardRow } from '../../shared/operations.ts'
import type { Embedded } from '../embedded.ts'
import type { Check } from './listener.ts'
import { rowsOnly } from './rows-only.ts'

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

/** One process owns everything for as long as it lives. */
export function operationsOf(embedded: Embedded): Operations {
  return rowsOnly({
    nodes: () => nodeRowsOf(embedded),
    shards: () => shardRowsOf(embedded),
    sentence: 'This Usher runs in one process: there is nowhere to move a shard.',
  })
}

function shardRowsOf({ allocator }: Embedded): readonly ShardRow[] {
  return allocator.health().map(({ shard, epoch, sequence, isServing }) => ({
    shard,
    owner: NODE_ID,
    epoch,
    sequence,
    state: isServing ? 'serving' : 'halted',
  }))
}

const NODE_ID = 'embedded'

function nodeRowsOf({ allocator }: Embedded): readonly NodeRow[] {
  const shards = allocator.health().length
  return [{ id: NODE_ID, role: 'embedded', pid: process.pid, state: 'serving', shards }]
}
