// Which allocator should own which shard: a versioned table, each made from the one before (design.md §5).
//
// Owns: how the next table is made, what operators may change in it, what differs between two.
// Leaves to others: shares and scores (placement-quotas.ts), its JSON (placement-codec.ts), where it is
// kept and who is alive (cluster). A wrong table costs a redirect, never safety: the journal fences.
//
//   A1. A pin to a live allocator holds before everything else.
//   A2. A cordoned allocator gets nothing new and keeps what it has.
//   A3. What pins and cordons leave is shared by weight: the floor or the ceiling of each share.
//   A4. Of all tables that keep A1-A3, one with the fewest moves.
//   A5. The same input makes the same table in every process, whatever the order of its parts.
//   A6. A table without change is the previous one; every change has the next version.

import { assert } from './assert.ts'
import { asShardNumber, type NodeId, type ShardNumber } from './ids.ts'
import { LIMITS } from './limits.ts'
import { type Claim, compareText, quotasOf, scoreOf } from './placement-quotas.ts'

export interface PlacementTable {
  readonly version: number
  /** by shard; undefined: nobody can take it */
  readonly assignments: readonly (NodeId | undefined)[]
  readonly pins: ReadonlyMap<ShardNumber, NodeId>
  readonly cordoned: ReadonlySet<NodeId>
  /** of the allocators that were alive when it was made */
  readonly weights: ReadonlyMap<NodeId, number>
}

export interface LiveAllocator {
  readonly node: NodeId
  /** its share relative to the others', over 0 */
  readonly weight: number
}

export interface ShardMove {
  readonly shard: ShardNumber
  readonly from: NodeId | undefined
  readonly to: NodeId | undefined
}

/** Version 0: nothing is assigned yet. */
export function emptyTable(shardCount: number = LIMITS.shardCount): PlacementTable {
  return {
    version: 0,
    assignments: new Array<undefined>(shardCount).fill(undefined),
    pins: new Map(),
    cordoned: new Set(),
    weights: new Map(),
  }
}

/** The balanced table: pins, then the fewest moves that bring every allocator to its share. */
export function nextTable(
  previous: PlacementTable,
  live: readonly LiveAllocator[],
): PlacementTable {
  const crew = crewOf(previous, live)
  return placed(previous, crew, shard => boundNode(previous, crew, shard))
}

/**
 * The table after a death: shards of live allocators stay where they are, even out of balance; the
 * others go where most room is. Failover moves nothing that is being served.
 */
export function rescueTable(
  previous: PlacementTable,
  live: readonly LiveAllocator[],
): PlacementTable {
  const crew = crewOf(previous, live)
  return placed(previous, crew, shard => {
    const owner = previous.assignments[shard]
    const isServed = owner !== undefined && crew.weights.has(owner)
    return isServed ? owner : boundNode(previous, crew, shard)
  })
}

interface Crew {
  readonly weights: ReadonlyMap<NodeId, number>
  /** those that may get something new, by id */
  readonly open: readonly NodeId[]
}

function crewOf({ cordoned }: PlacementTable, live: readonly LiveAllocator[]): Crew {
  const sorted = [...live].sort((left, right) => compareText(left.node, right.node)) // A5
  const weights = new Map(sorted.map(({ node, weight }) => [node, weight]))
  assert(weights.size === live.length, 'A5: an allocator is alive once')
  for (const weight of weights.values()) {
    assert(weight > 0 && Number.isFinite(weight), 'A3: a weight is a number over 0')
  }
  return { weights, open: [...weights.keys()].filter(node => !cordoned.has(node)) }
}

/** Where a shard must be: its pin (A1), or the cordoned allocator that has it (A2). */
function boundNode(table: PlacementTable, crew: Crew, shard: ShardNumber): NodeId | undefined {
  const owner = table.assignments[shard]
  const pin = table.pins.get(shard)
  if (pin !== undefined && (crew.open.includes(pin) || pin === owner)) {
    if (crew.weights.has(pin)) return pin
  }
  const isKept = owner !== undefined && crew.weights.has(owner) && table.cordoned.has(owner)
  return isKept ? owner : undefined
}

type Assignments = (NodeId | undefined)[]

function placed(
  previous: PlacementTable,
  crew: Crew,
  boundTo: (shard: ShardNumber) => NodeId | undefined,
): PlacementTable {
  const assignments: Assignments = previous.assignments.map((_, at) => boundTo(asShardNumber(at)))
  const room = roomOf(previous, crew, assignments)
  stay(previous, assignments, room)
  spread(assignments, room)
  return changed(previous, { ...previous, assignments, weights: crew.weights })
}

type Room = Map<NodeId, number>

/** Free places of each open allocator beside what is bound to it. A3 */
function roomOf(previous: PlacementTable, crew: Crew, bound: Assignments): Room {
  const claims = crew.open.map((node): Claim => {
    const isLoose = (owner: NodeId | undefined, shard: number): boolean =>
      owner === node && bound[shard] === undefined
    return {
      node,
      weight: crew.weights.get(node) as number,
      bound: bound.filter(owner => owner === node).length,
      loose: previous.assignments.filter(isLoose).length,
    }
  })
  const kept = bound.filter(owner => owner !== undefined && !crew.open.includes(owner)).length
  const quotas = quotasOf(bound.length - kept, claims)
  return new Map(claims.map(({ node, bound: count }) => [node, (quotas.get(node) ?? 0) - count]))
}

/** A4: every allocator keeps as many of its loose shards as it has places, those that like it most. */
function stay(previous: PlacementTable, assignments: Assignments, room: Room): void {
  const loose = previous.assignments.flatMap((node, at) => {
    const isLoose = node !== undefined && room.has(node) && assignments[at] === undefined
    return isLoose ? [{ shard: asShardNumber(at), node }] : []
  })
  seat(loose, assignments, room)
}

/** The rest goes to the open places, the best matches first. */
function spread(assignments: Assignments, room: Room): void {
  const homeless = assignments.flatMap((owner, at) => (owner === undefined ? [at] : []))
  const pairs = homeless.flatMap(at =>
    [...room.keys()].map(node => ({ shard: asShardNumber(at), node })),
  )
  seat(pairs, assignments, room)
}

interface Pair {
  readonly shard: ShardNumber
  readonly node: NodeId
}

function seat(pairs: readonly Pair[], assignments: Assignments, room: Room): void {
  const scored = pairs.map(pair => ({ ...pair, score: scoreOf(pair.shard, pair.node) }))
  scored.sort(
    (left, right) =>
      right.score - left.score || left.shard - right.shard || compareText(left.node, right.node),
  )
  for (const { shard, node } of scored) {
    const places = room.get(node) ?? 0
    if (places === 0 || assignments[shard] !== undefined) continue
    assignments[shard] = node
    room.set(node, places - 1)
  }
}

/** Operators' wishes; each answers the previous table when nothing changes. */
export function withOwner(
  previous: PlacementTable,
  shard: ShardNumber,
  node: NodeId,
): PlacementTable {
  return changed(previous, { ...previous, assignments: previous.assignments.with(shard, node) })
}

/** undefined takes the pin away. */
export function withPin(
  previous: PlacementTable,
  shard: ShardNumber,
  node: NodeId | undefined,
): PlacementTable {
  const pins = new Map(previous.pins)
  if (node === undefined) pins.delete(shard)
  else pins.set(shard, node)
  return changed(previous, { ...previous, pins })
}

export function withCordon(
  previous: PlacementTable,
  node: NodeId,
  isCordoned: boolean,
): PlacementTable {
  const cordoned = new Set(previous.cordoned)
  if (isCordoned) cordoned.add(node)
  else cordoned.delete(node)
  return changed(previous, { ...previous, cordoned })
}

/** Shards whose owner differs, in order of their numbers. */
export function movesBetween(from: PlacementTable, to: PlacementTable): readonly ShardMove[] {
  return to.assignments.flatMap((node, at) => {
    const before = from.assignments[at]
    return before === node ? [] : [{ shard: asShardNumber(at), from: before, to: node }]
  })
}

/** A6 */
function changed(previous: PlacementTable, next: PlacementTable): PlacementTable {
  const isSame =
    previous.assignments.every((node, at) => node === next.assignments[at]) &&
    sameEntries(previous.pins, next.pins) &&
    sameEntries(previous.weights, next.weights) &&
    previous.cordoned.size === next.cordoned.size &&
    [...previous.cordoned].every(node => next.cordoned.has(node))
  return isSame ? previous : { ...next, version: previous.version + 1 }
}

function sameEntries<Key, Value>(
  left: ReadonlyMap<Key, Value>,
  right: ReadonlyMap<Key, Value>,
): boolean {
  return left.size === right.size && [...left].every(([key, value]) => right.get(key) === value)
}
