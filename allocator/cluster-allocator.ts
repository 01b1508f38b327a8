// An allocator of a cluster: a host of shards, kept in step with the table and with the others.
//
// Owns: how host, keeper and placer hang together, and the order of leaving.
// Leaves to others: each of them, how requests come in (link-server.ts), what the ports are made of.
//
//   CA1. Leaving hands every shard over while somebody is there to take it, then releases the rest.

import { systemTimers, type Timers } from '../shared/timers.ts'
import { Host, type HostOptions, type ShardHealth } from './host.ts'
import { Keeper, type KeeperMoves } from './keeper.ts'
import type { Membership } from './membership.ts'
import type { PlacementWatch } from './placement-watch.ts'
import { Placer } from './placer.ts'

const LOOK_MS = 50
const LEAVE_MS_MAX = 3_000

export interface ClusterAllocatorOptions extends Omit<HostOptions, 'onLost' | 'onTrouble'> {
  readonly membership: Membership
  readonly placement: PlacementWatch
  readonly mayClaim?: () => boolean
  readonly opsPort?: () => number
  readonly timers?: Timers
  readonly onTrouble: (sentence: string, cause?: unknown) => void
}

export class ClusterAllocator {
  readonly host: Host
  readonly #keeper: Keeper
  readonly #options: ClusterAllocatorOptions
  readonly #endLooking: () => void

  constructor(options: ClusterAllocatorOptions) {
    this.#options = options
    const { membership, placement } = options
    this.host = new Host({ ...options, onLost: (shard, fault) => this.#keeper.lost(shard, fault) })
    const timers = options.timers ?? systemTimers
    this.#keeper = new Keeper({ ...options, host: this.host, timers })
    const placer = new Placer(options)
    const look = (): void => {
      placer.look()
      this.#keeper.look()
    }
    membership.onChange(look)
    placement.onChange(look)
    membership.speak(() => ({ ...this.#keeper.words(), opsPort: options.opsPort?.() ?? 0 }))
    this.#endLooking = timers.every(LOOK_MS, look)
  }

  health(): ShardHealth[] {
    return this.host.health()
  }

  /** For metrics: what came, what went, how long it paused. */
  moves(): KeeperMoves & { readonly tableVersion: number } {
    return { ...this.#keeper.moves, tableVersion: this.#options.placement.table.version }
  }

  /** CA1 */
  async stop(): Promise<void> {
    await this.#keeper.leave(this.#options.clock.monotonicMs() + LEAVE_MS_MAX)
    this.#endLooking()
    await this.host.stop()
  }
}
