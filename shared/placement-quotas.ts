// How many shards each allocator should own, and who likes which shard: the arithmetic of placement.
//
// Owns: weighted shares, their rounding, rendezvous scores.
// Leaves to others: which shard goes where (placement-table.ts).
//
//   Q1. Shares are by weight; a place count is the floor or the ceiling of the share.
//   Q2. A node that is bound to more than its share gets nothing else; the others share what is left.
//   Q3. Ceilings go where they save a move, then to the largest remainders, then by hash.
//   Q4. The same input gives the same figures in every process: no clock, no randomness, sorted sums.

import { assert } from './assert.ts'
import type { NodeId, ShardNumber } from './ids.ts'

export interface Claim {
  readonly node: NodeId
  readonly weight: number
  /** shards that must be here: pinned or kept */
  readonly bound: number
  /** shards that are here and may go */
  readonly loose: number
}

/** Two shares nearer than this are the same: sums of weights are not exact. */
const NEAR = 1e-9

/**
 * Places per node: at least `bound` each, `total` together. Ceilings are handed out so that the
 * fewest loose shards go: one saves a move where a node has more shards than its floor takes.
 */
export function quotasOf(total: number, claims: readonly Claim[]): ReadonlyMap<NodeId, number> {
  const sorted = [...claims].sort((left, right) => compareText(left.node, right.node))
  const { full, sharing, rest } = poured(total, sorted)
  const quotas = new Map(full.map(claim => [claim.node, claim.bound]))
  const weight = sumOf(sharing.map(claim => claim.weight))
  const shares = sharing.map(claim => shareOf(claim, (rest * claim.weight) / weight))
  let ceilings = rest - sumOf(shares.map(share => share.floor))
  for (const { claim, floor } of shares.sort(byClaimToCeiling)) {
    const isCeiling = ceilings > 0
    quotas.set(claim.node, isCeiling ? floor + 1 : floor)
    if (isCeiling) ceilings -= 1
  }
  assert(sharing.length === 0 || ceilings === 0, 'Q1: the places add up to the shards')
  return quotas
}

interface Poured {
  readonly full: readonly Claim[]
  readonly sharing: readonly Claim[]
  readonly rest: number
}

/** Q2: sets aside nodes bound to more than their share until nobody is left who is. */
function poured(total: number, claims: readonly Claim[]): Poured {
  const full: Claim[] = []
  let sharing = claims
  let rest = total
  for (;;) {
    const weight = sumOf(sharing.map(claim => claim.weight))
    const isOver = (claim: Claim): boolean => claim.bound > (rest * claim.weight) / weight + NEAR
    const over = sharing.filter(isOver)
    if (over.length === 0) return { full, sharing, rest }
    full.push(...over)
    sharing = sharing.filter(claim => !over.includes(claim))
    rest -= sumOf(over.map(claim => claim.bound))
  }
}

interface Share {
  readonly claim: Claim
  readonly floor: number
  readonly remainder: number
}

function shareOf(claim: Claim, share: number): Share {
  const floor = Math.floor(share + NEAR)
  return { claim, floor, remainder: Math.max(0, share - floor) }
}

/** Q3 */
function byClaimToCeiling(left: Share, right: Share): number {
  const savesMove = ({ claim, floor }: Share): number => +(claim.bound + claim.loose > floor)
  const isWhole = ({ remainder }: Share): number => +(remainder <= NEAR)
  const remainder = right.remainder - left.remainder
  return (
    isWhole(left) - isWhole(right) ||
    savesMove(right) - savesMove(left) ||
    (Math.abs(remainder) > NEAR ? remainder : 0) ||
    hashOf(right.claim.node) - hashOf(left.claim.node) ||
    compareText(left.claim.node, right.claim.node)
  )
}

/** Rendezvous hashing (Thaler, Ravishankar 1998): how much a node likes a shard, u32. */
export function scoreOf(shard: ShardNumber, node: NodeId): number {
  return mixed(hashOf(node) ^ Math.imul(shard + 1, 0x9e3779b1))
}

/** FNV-1a over the text, u32. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  }
  return mixed(hash)
}

/** Murmur3's finaliser. */
function mixed(value: number): number {
  let hash = value | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** By code units, the same in every locale. */
export function compareText(left: string, right: string): number {
  if (left === right) return 0
  return left < right ? -1 : 1
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}
