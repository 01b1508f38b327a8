// Placement: balance, the fewest moves (against a search over all tables), pins, cordons, determinism.

import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { asShardNumber, type NodeId, parseNodeId } from '../../shared/ids.ts'
import { decodeTable, encodeTable } from '../../shared/placement-codec.ts'
import {
  emptyTable,
  type LiveAllocator,
  movesBetween,
  nextTable,
  type PlacementTable,
  rescueTable,
  withCordon,
  withOwner,
  withPin,
} from '../../shared/placement-table.ts'

const NAMES = ['a', 'b', 'c', 'd', 'e'].map(nodeOf)

function nodeOf(name: string): NodeId {
  const node = parseNodeId(name)
  assert.ok(node !== undefined)
  return node
}

function crew(...names: readonly string[]): LiveAllocator[] {
  return names.map(name => ({ node: nodeOf(name), weight: 1 }))
}

interface World {
  readonly table: PlacementTable
  readonly live: readonly LiveAllocator[]
}

/** Any table over up to `nodes` allocators, some of them dead, cordoned or pinned to. */
function worlds(shardsMax: number, nodesMax: number): fc.Arbitrary<World> {
  return fc
    .record({
      shards: fc.integer({ min: 1, max: shardsMax }),
      nodes: fc.integer({ min: 1, max: nodesMax }),
    })
    .chain(({ shards, nodes }) => {
      const node = fc.constantFrom(...NAMES.slice(0, nodes))
      const shard = fc.integer({ min: 0, max: shards - 1 }).map(asShardNumber)
      const weight = fc.constantFrom(0.5, 1, 1, 1, 2, 3)
      return fc.record({
        table: fc.record({
          version: fc.nat(1_000),
          assignments: fc.array(fc.option(node, { nil: undefined }), {
            minLength: shards,
            maxLength: shards,
          }),
          pins: fc.array(fc.tuple(shard, node), { maxLength: 3 }).map(pairs => new Map(pairs)),
          cordoned: fc.array(node, { maxLength: 2 }).map(list => new Set(list)),
          weights: fc.constant(new Map<NodeId, number>()),
        }),
        live: fc.uniqueArray(fc.record({ node, weight }), { selector: item => item.node }),
      })
    })
}

const holds = (property: fc.IProperty<[World]>, numRuns = 2_000): void =>
  fc.assert(property, { numRuns })

/** Rule by rule and independent of the code: what the place of each shard may be. */
function isLawful(world: World, owners: readonly (NodeId | undefined)[]): boolean {
  const { table, live } = world
  const alive = (node: NodeId | undefined): node is NodeId => live.some(item => item.node === node)
  const free = live.filter(item => !table.cordoned.has(item.node))
  const bound = new Map<number, NodeId>()
  table.assignments.forEach((before, shard) => {
    const pin = table.pins.get(asShardNumber(shard))
    if (pin !== undefined && alive(pin) && (!table.cordoned.has(pin) || pin === before)) {
      bound.set(shard, pin)
    } else if (alive(before) && table.cordoned.has(before)) bound.set(shard, before)
  })
  if (![...bound].every(([shard, node]) => owners[shard] === node)) return false
  const others = owners.filter((_, shard) => !bound.has(shard))
  if (free.length === 0) return others.every(owner => owner === undefined)
  if (!others.every(owner => free.some(item => item.node === owner))) return false
  return isBalanced(owners, bound, free)
}

/** Floor or ceiling of each share, after those bound to more than theirs are set aside. */
function isBalanced(
  owners: readonly (NodeId | undefined)[],
  bound: ReadonlyMap<number, NodeId>,
  free: readonly LiveAllocator[],
): boolean {
  const countOf = (list: Iterable<NodeId | undefined>, node: NodeId): number =>
    [...list].filter(owner => owner === node).length
  let sharing = [...free]
  let rest = free.reduce((sum, { node }) => sum + countOf(owners, node), 0)
  const shareOf = (weight: number): number =>
    (rest * weight) / sharing.reduce((sum, item) => sum + item.weight, 0)
  for (;;) {
    const over = sharing.filter(
      item => countOf(bound.values(), item.node) > shareOf(item.weight) + 1e-9,
    )
    if (over.length === 0) break
    if (over.some(({ node }) => countOf(owners, node) !== countOf(bound.values(), node)))
      return false
    sharing = sharing.filter(item => !over.includes(item))
    rest -= over.reduce((sum, { node }) => sum + countOf(owners, node), 0)
  }
  return sharing.every(({ node, weight }) => {
    const count = countOf(owners, node)
    return count > shareOf(weight) - 1 + 1e-9 || Math.abs(count - shareOf(weight)) < 1e-9
      ? count < shareOf(weight) + 1 - 1e-9 || Math.abs(count - shareOf(weight)) < 1e-9
      : false
  })
}

/** Every table there is: the fewest moves of a lawful one. */
function fewestMoves(world: World): number {
  const { table, live } = world
  const choices = [undefined, ...live.map(item => item.node)]
  const owners: (NodeId | undefined)[] = [...table.assignments]
  let best = Number.POSITIVE_INFINITY
  const search = (shard: number, moves: number): void => {
    if (moves >= best) return
    if (shard === owners.length) {
      if (isLawful(world, owners)) best = moves
      return
    }
    for (const node of choices) {
      owners[shard] = node
      search(shard + 1, moves + +(node !== table.assignments[shard]))
    }
  }
  search(0, 0)
  return best
}

test('A1 A2 A3 pins hold, cordoned nodes keep and get nothing, the rest is floor or ceiling', () => {
  holds(
    fc.property(worlds(16, 5), world => {
      const next = nextTable(world.table, world.live)
      assert.ok(isLawful(world, next.assignments), JSON.stringify([...next.assignments]))
    }),
  )
})

test('A4 no lawful table has fewer moves, by search over all tables', () => {
  holds(
    fc.property(worlds(6, 3), world => {
      const next = nextTable(world.table, world.live)
      assert.equal(movesBetween(world.table, next).length, fewestMoves(world))
    }),
    600,
  )
})

test('A5 the same input makes the same table, whatever the order of its parts', () => {
  holds(
    fc.property(worlds(16, 5), ({ table, live }) => {
      const turned = {
        ...table,
        pins: new Map([...table.pins].reverse()),
        cordoned: new Set([...table.cordoned].reverse()),
      }
      for (const make of [nextTable, rescueTable]) {
        assert.deepEqual(
          make(table, live).assignments,
          make(turned, [...live].reverse()).assignments,
        )
      }
    }),
  )
})

test('A6 a table is settled at once: made again it is the same object, else one version on', () => {
  holds(
    fc.property(worlds(16, 5), ({ table, live }) => {
      for (const make of [nextTable, rescueTable]) {
        const next = make(table, live)
        assert.equal(next.version, next === table ? table.version : table.version + 1)
        assert.equal(make(next, live), next)
      }
    }),
  )
})

test('a dead allocator has nothing, and without any allocator nobody has', () => {
  holds(
    fc.property(worlds(16, 5), ({ table, live }) => {
      const alive = new Set(live.map(item => item.node))
      for (const make of [nextTable, rescueTable]) {
        const { assignments } = make(table, live)
        assert.ok(assignments.every(node => node === undefined || alive.has(node)))
        assert.ok(make(table, []).assignments.every(node => node === undefined))
      }
    }),
  )
})

test('a rescue moves nothing that a live allocator has, and leaves nothing that somebody can take', () => {
  holds(
    fc.property(worlds(16, 5), ({ table, live }) => {
      const alive = new Set(live.map(item => item.node))
      const next = rescueTable(table, live)
      const canTake = live.some(item => !table.cordoned.has(item.node))
      table.assignments.forEach((before, shard) => {
        if (before !== undefined && alive.has(before)) {
          assert.equal(next.assignments[shard], before)
        } else if (canTake) assert.ok(next.assignments[shard] !== undefined)
      })
    }),
  )
})

test('a rescue of a balanced house leaves it balanced', () => {
  const three = nextTable(emptyTable(), crew('a', 'b', 'c'))
  const two = rescueTable(three, crew('a', 'c'))
  assert.deepEqual(countsOf(two), { a: 8, c: 8 })
  assert.equal(movesBetween(three, two).length, three.assignments.filter(n => n === 'b').length)
})

test('an allocator that joins gets its share and nothing else moves', () => {
  const two = nextTable(emptyTable(), crew('a', 'b'))
  const three = nextTable(two, crew('a', 'b', 'c'))
  const moves = movesBetween(two, three)
  assert.equal(moves.length, 5)
  assert.ok(moves.every(move => move.to === 'c'))
  assert.deepEqual(Object.values(countsOf(three)).sort(), [5, 5, 6])
  assert.equal(countsOf(three).c, 5)
})

test('an allocator that leaves and comes back moves only its own share', () => {
  const all = nextTable(emptyTable(), crew('a', 'b', 'c', 'd'))
  const without = nextTable(all, crew('a', 'b', 'd'))
  const again = nextTable(without, crew('a', 'b', 'c', 'd'))
  assert.equal(movesBetween(all, without).length, 4)
  assert.equal(movesBetween(without, again).length, 4)
  assert.deepEqual(countsOf(again), { a: 4, b: 4, c: 4, d: 4 })
  const same = again.assignments.filter((node, shard) => node === all.assignments[shard]).length
  assert.ok(same >= 12, `${same} of 16 are where they were`)
})

test('weights share in proportion, and the same join twice gives the same table', () => {
  const live = [
    { node: nodeOf('a'), weight: 1 },
    { node: nodeOf('b'), weight: 3 },
  ]
  const table = nextTable(emptyTable(), live)
  assert.deepEqual(countsOf(table), { a: 4, b: 12 })
  assert.deepEqual(nextTable(emptyTable(), [...live].reverse()), table)
  assert.throws(() => nextTable(table, [{ node: nodeOf('a'), weight: 0 }]), /A3/)
})

test('wishes change the table once: owner, pin, cordon, and back', () => {
  const table = nextTable(emptyTable(), crew('a', 'b'))
  const shard = asShardNumber(table.assignments.indexOf(nodeOf('a')))
  const moved = withOwner(table, shard, nodeOf('b'))
  assert.equal(moved.version, table.version + 1)
  assert.equal(withOwner(moved, shard, nodeOf('b')), moved)
  const pinned = withPin(moved, shard, nodeOf('b'))
  assert.equal(withPin(pinned, shard, nodeOf('b')), pinned)
  const balanced = nextTable(pinned, crew('a', 'b'))
  assert.equal(balanced.assignments[shard], 'b')
  assert.deepEqual(countsOf(balanced), { a: 8, b: 8 })
  assert.equal(withPin(balanced, shard, undefined).pins.size, 0)
  const cordoned = withCordon(balanced, nodeOf('a'), true)
  assert.equal(withCordon(cordoned, nodeOf('a'), true), cordoned)
  assert.equal(nextTable(cordoned, crew('a', 'b')), cordoned)
  assert.equal(withCordon(cordoned, nodeOf('a'), false).cordoned.size, 0)
})

test('B1 a table survives its JSON, and what is no table is refused', () => {
  const table = withCordon(
    withPin(nextTable(emptyTable(), crew('a', 'b')), asShardNumber(3), nodeOf('b')),
    nodeOf('a'),
    true,
  )
  const text = encodeTable(table)
  assert.deepEqual(decodeTable(text), table)
  assert.deepEqual(decodeTable(encodeTable(emptyTable())), emptyTable())
  const json = JSON.parse(text) as Record<string, unknown>
  for (const wrong of [
    '',
    'null',
    '{}',
    JSON.stringify({ ...json, assignments: [] }),
    JSON.stringify({ ...json, version: -1 }),
    JSON.stringify({ ...json, cordoned: ['No node'] }),
    JSON.stringify({ ...json, pins: [[16, 'a']] }),
    JSON.stringify({ ...json, weights: [['a', 0]] }),
    JSON.stringify({ ...json, more: 1 }),
  ]) {
    assert.equal(decodeTable(wrong), undefined, wrong)
  }
})

function countsOf({ assignments }: PlacementTable): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const node of [...assignments].sort()) {
    if (node !== undefined) counts[node] = (counts[node] ?? 0) + 1
  }
  return counts
}
