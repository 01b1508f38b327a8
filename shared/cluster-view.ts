// Who is there and what belongs to whom: membership, table and shards as one picture.
//
//   K1. A node that the table still names but nobody hears of is shown as lost.
//   K2. Names are judged in one order: unknown, wrong role, not alive.

import type { NodeId } from './ids.ts'
import { type NodeRow, type Refused, refused, type ShardRow } from './operations.ts'
import type { LiveAllocator, PlacementTable } from './placement-table.ts'
import { isActive, type RebalanceRun } from './rebalance-plan.ts'

export interface Member {
  readonly id: NodeId
  readonly role: 'gateway' | 'allocator' | 'ledger'
  readonly pid: number
  /** an allocator's */
  readonly weight: number
  /** lost: the table or somebody remembers it, but it is silent */
  readonly state: 'starting' | 'alive' | 'draining' | 'lost'
}

export interface ClusterView {
  readonly members: readonly Member[]
  readonly table: PlacementTable
  readonly shards: readonly ShardRow[]
  readonly run: RebalanceRun | undefined
}

export function membersOf({ members, table }: ClusterView): readonly Member[] {
  const heard = new Set(members.map(member => member.id))
  const named = new Set([...table.assignments, ...table.cordoned])
  const silent = [...named].filter(node => node !== undefined && !heard.has(node)) as NodeId[] // K1
  const lost = silent.map(
    (id): Member => ({ id, role: 'allocator', pid: 0, weight: 1, state: 'lost' }),
  )
  return [...members, ...lost].sort((left, right) => (left.id < right.id ? -1 : 1))
}

export function nodeRowOf(view: ClusterView, member: Member): NodeRow {
  const { id, role, pid } = member
  const shards = view.shards.filter(row => row.owner === id).length
  return { id, role, pid, state: stateOf(view, member), shards }
}

function stateOf({ table, run }: ClusterView, { id, state }: Member): string {
  if (state !== 'alive') return state
  if (!table.cordoned.has(id)) return 'serving'
  const isDraining =
    isActive(run) && run.cause === 'drain' && run.moves.some(move => move.from === id)
  return isDraining ? 'draining' : 'cordoned'
}

export function liveAllocators(members: readonly Member[]): readonly LiveAllocator[] {
  return members
    .filter(member => member.role === 'allocator' && member.state === 'alive')
    .map(({ id, weight }) => ({ node: id, weight }))
}

/** An allocator by name, dead or alive. K2 */
export function allocatorOf(view: ClusterView, text: string): Member | Refused {
  const member = memberOf(view, text)
  if ('kind' in member || member.role === 'allocator') return member
  return refused('conflict', `${text} is a ${member.role}: only allocators own shards.`)
}

export function memberOf(view: ClusterView, text: string): Member | Refused {
  const member = membersOf(view).find(item => item.id === text)
  return (
    member ?? refused('not-found', `There is no node ${text}, or it is gone: see usher get nodes.`)
  )
}

/** An allocator that can be given a shard. K2 */
export function receiverOf(view: ClusterView, text: string): Member | Refused {
  const member = allocatorOf(view, text)
  if ('kind' in member) return member
  if (member.state === 'lost') return refused('conflict', `${text} is not alive.`)
  if (member.state === 'starting') return refused('conflict', `${text} is still starting.`)
  if (member.state === 'draining') return refused('conflict', `${text} is going away.`)
  if (!view.table.cordoned.has(member.id)) return member
  return refused('conflict', `${text} is cordoned: uncordon it first.`)
}

/** The shard's row and number, or what is wrong with the number. */
export function shardRowOf(view: ClusterView, shard: number): ShardRow | Refused {
  const count = view.table.assignments.length
  if (!Number.isInteger(shard) || shard < 0 || shard >= count) {
    const sentence = `There is no shard ${shard}: they are numbered from 0 to ${count - 1}.`
    return refused('not-found', sentence)
  }
  const row = view.shards.find(item => item.shard === shard)
  return row ?? { shard, owner: '', epoch: 0, sequence: 0, state: 'unowned' }
}
