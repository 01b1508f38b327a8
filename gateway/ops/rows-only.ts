// Operations of a process that can show its rows but has nothing to move: the embedded mode.

import {
  done,
  type NodeRow,
  type Operations,
  type Refused,
  refused,
  type ShardRow,
} from '../../shared/operations.ts'

export interface Rows {
  readonly nodes: () => readonly NodeRow[]
  readonly shards: () => readonly ShardRow[]
  /** why nothing can be moved */
  readonly sentence: string
}

export function rowsOnly({ nodes, shards, sentence }: Rows): Operations {
  const no = async (): Promise<Refused> => refused('conflict', sentence)
  return {
    nodes: async () => nodes(),
    shards: async () => shards(),
    shard: async number => {
      const row = shards().find(item => item.shard === number)
      return row === undefined ? refused('not-found', `There is no shard ${number}.`) : done(row)
    },
    move: no,
    cordon: no,
    uncordon: no,
    drain: no,
    planRebalance: no,
    applyRebalance: no,
    rebalanceStatus: async () => ({ plan: undefined, run: undefined }),
    cancelRebalance: no,
    rollbackRebalance: no,
  }
}
