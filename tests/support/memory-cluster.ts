// A cluster in memory for what operators ask: members, a table, and owners that follow the table.
//
// Owns: who is alive, who serves what, how long a handover takes. Nothing is journaled here.

import assert from 'node:assert/strict'
import type { CasStore } from '../../shared/cas-store.ts'
import { ClusterOperations } from '../../shared/cluster-operations.ts'
import type { Member } from '../../shared/cluster-view.ts'
import { type NodeId, parseNodeId, type ShardNumber } from '../../shared/ids.ts'
import { LIMITS } from '../../shared/limits.ts'
import type { Outcome, ShardRow } from '../../shared/operations.ts'
import { decodeTable, encodeTable } from '../../shared/placement-codec.ts'
import { emptyTable, nextTable, type PlacementTable } from '../../shared/placement-table.ts'
import { decodeRebalance, encodeRebalance } from '../../shared/rebalance-codec.ts'
import type { RebalanceRecord } from '../../shared/rebalance-plan.ts'
import { MemoryCas } from './memory-cas.ts'
import { type TestTime, VirtualTime } from './virtual-time.ts'

export class MemoryCluster {
  readonly time: TestTime
  readonly tables = new MemoryCas<PlacementTable>({ encode: encodeTable, decode: decodeTable })
  readonly rebalances = new MemoryCas<RebalanceRecord>({
    encode: encodeRebalance,
    decode: decodeRebalance,
  })
  readonly figures = new Map<string, number>()
  /** allocators that never claim what they are given, gateways that do not answer */
  readonly deaf = new Set<string>()
  readonly drainedGateways: string[] = []
  readonly troubles: string[] = []
  handoverMs = 40
  /** handovers under way, and the most there ever were */
  movingCount = 0
  movingCountMax = 0
  readonly #members = new Map<string, Member>()
  readonly #owners = new Array<string>(LIMITS.shardCount).fill('')
  readonly #epochs = new Array<number>(LIMITS.shardCount).fill(0)
  readonly #handovers = new Map<number, NodeId>()
  readonly #frozen = new Set<string>()

  /** Allocators that share the shards, everything served. */
  static async of(...allocators: readonly string[]): Promise<MemoryCluster> {
    const cluster = new MemoryCluster()
    for (const name of allocators) cluster.join(name)
    await cluster.balance()
    return cluster
  }

  constructor(time: TestTime = new VirtualTime()) {
    this.time = time
    this.tables.onWrite = table => void this.#follow(table)
  }

  join(name: string, role: Member['role'] = 'allocator', weight = 1): NodeId {
    const id = parseNodeId(name)
    if (id === undefined) throw new Error(`${name} is no id of a node`)
    this.#members.set(name, { id, role, pid: 100 + this.#members.size, weight, state: 'alive' })
    return id
  }

  /** It falls silent; membership still remembers it. */
  kill(name: string): void {
    const member = this.#members.get(name)
    if (member !== undefined) this.#members.set(name, { ...member, state: 'lost' })
    this.#owners.forEach((owner, at) => {
      if (owner === name) this.#owners[at] = ''
    })
  }

  forget(name: string): void {
    this.kill(name)
    this.#members.delete(name)
  }

  /** What an elected allocator does when it finds the house unbalanced at its start. */
  async balance(): Promise<void> {
    const live = [...this.#members.values()]
      .filter(member => member.role === 'allocator' && member.state === 'alive')
      .map(({ id, weight }) => ({ node: id, weight }))
    const { value, revision } = await this.tables.read()
    await this.tables.write(nextTable(value ?? emptyTable(), live), revision)
    await this.time.until(() => this.#owners.every((owner, at) => owner === this.#wished(at)))
    this.movingCountMax = 0
  }

  get owners(): readonly string[] {
    return this.#owners
  }

  countOf(name: string): number {
    return this.#owners.filter(owner => owner === name).length
  }

  shardOf(name: string): number {
    return this.#owners.indexOf(name)
  }

  /** What one process offers to operators; `freeze` stops that process where it is. */
  operationsOf(name: string): ClusterOperations {
    return new ClusterOperations({
      self: this.join(name, 'gateway'),
      store: this.#seenBy(name, this.rebalances),
      tables: this.#seenBy(name, this.tables),
      members: () => [...this.#members.values()],
      shards: () => this.#rows(),
      whenServed: (shard, to, timeoutMs) => this.#whenServed(shard, to, timeoutMs),
      drainGateway: async node => {
        if (this.deaf.has(node)) return false
        this.drainedGateways.push(node)
        return true
      },
      metric: async metric => this.figures.get(metric),
      metricNames: ['hold.p50', 'hold.p99'],
      clock: this.time,
      sleep: ms => this.time.sleep(ms),
      onTrouble: sentence => this.troubles.push(sentence),
    })
  }

  freeze(name: string): void {
    this.#frozen.add(name)
  }

  thaw(name: string): void {
    this.#frozen.delete(name)
  }

  /** A frozen process hangs at its next look at a store. */
  #seenBy<Value>(name: string, store: CasStore<Value>): CasStore<Value> {
    const whenThawed = async (): Promise<void> => {
      while (this.#frozen.has(name)) await this.time.sleep(50)
    }
    return {
      read: async () => {
        await whenThawed()
        return store.read()
      },
      write: async (value, revision) => {
        await whenThawed()
        return store.write(value, revision)
      },
    }
  }

  #rows(): readonly ShardRow[] {
    return this.#owners.map((owner, shard) => ({
      shard,
      owner,
      epoch: this.#epochs[shard] ?? 0,
      sequence: 0,
      state: owner === '' ? 'unowned' : 'serving',
    }))
  }

  #wished(shard: number): string {
    return this.tables.value?.assignments[shard] ?? ''
  }

  async #follow(table: PlacementTable): Promise<void> {
    const changed = table.assignments.flatMap((node, at) => (node === this.#owners[at] ? [] : [at]))
    await Promise.all(changed.map(at => this.#handOver(at, table.assignments[at])))
  }

  async #handOver(shard: number, to: NodeId | undefined): Promise<void> {
    if (to === undefined || this.deaf.has(to) || this.#handovers.get(shard) === to) return
    this.#handovers.set(shard, to)
    this.movingCount += 1
    this.movingCountMax = Math.max(this.movingCountMax, this.movingCount)
    await this.time.sleep(this.handoverMs)
    this.movingCount -= 1
    this.#handovers.delete(shard)
    if (this.#wished(shard) !== to || this.#members.get(to)?.state !== 'alive') return
    this.#owners[shard] = to
    this.#epochs[shard] = (this.#epochs[shard] ?? 0) + 1
  }

  async #whenServed(
    shard: ShardNumber,
    to: NodeId,
    timeoutMs: number,
  ): Promise<{ readonly pauseMs: number } | undefined> {
    const startMs = this.time.monotonicMs()
    while (this.#owners[shard] !== to) {
      if (this.time.monotonicMs() - startMs > timeoutMs) return undefined
      await this.time.sleep(10)
    }
    return { pauseMs: this.time.monotonicMs() - startMs }
  }
}

/** What was asked for; fails with the sentence when it was refused. */
export function resultOf<Value>(outcome: Outcome<Value>): Value {
  if (outcome.kind === 'done') return outcome.value
  return assert.fail(outcome.sentence)
}
