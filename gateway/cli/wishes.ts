// Wishes about one shard or one node, told to the ops listener.

import { askOps, tellOps } from './asking.ts'
import { printFields, printRows } from './rows.ts'

export async function describeShard(shard: number, format: string): Promise<void> {
  const detail = await askOps(`/ops/v1/shards/${shard}`)
  if (detail !== undefined) printFields(detail, format)
}

export async function moveShard(
  shard: number,
  wish: { readonly to: string; readonly pin: boolean },
  format: string,
): Promise<void> {
  const moved = await tellOps(`/ops/v1/shards/${shard}/move`, wish)
  if (moved === undefined) return
  process.stderr.write(`Shard ${shard} is served by ${wish.to}.\n`)
  printRows([moved], format)
}

const DONE = {
  cordon: 'gets nothing new and keeps what it has.',
  uncordon: 'can be given shards again: usher rebalance plan.',
  drain: 'has nothing left to do: it can be stopped.',
}

export async function tellNode(
  verb: keyof typeof DONE,
  node: string,
  format: string,
): Promise<void> {
  const row = await tellOps(`/ops/v1/nodes/${encodeURIComponent(node)}/${verb}`)
  if (row === undefined) return
  process.stderr.write(`${node} ${DONE[verb]}\n`)
  printRows([row], format)
}
