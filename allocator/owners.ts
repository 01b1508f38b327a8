// Who serves which shard, as gateways route by it: what the beats tell, not what the table wishes.

import { asShardNumber, type NodeId, type ShardNumber } from '../shared/ids.ts'
import { LIMITS } from '../shared/limits.ts'
import type { Owners } from '../shared/ports.ts'
import type { Membership } from './membership.ts'

export class MembershipOwners implements Owners {
  readonly #membership: Membership
  readonly #listeners = new Set<() => void>()
  #known: readonly (NodeId | undefined)[] = []

  constructor(membership: Membership) {
    this.#membership = membership
    this.#known = this.#read()
    membership.onChange(() => this.#look())
  }

  ownerOf(shard: ShardNumber): NodeId | undefined {
    return this.#known[shard]
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Shards that somebody serves. */
  get ownedCount(): number {
    return this.#known.filter(owner => owner !== undefined).length
  }

  #read(): readonly (NodeId | undefined)[] {
    return Array.from(
      { length: LIMITS.shardCount },
      (_, at) => this.#membership.serverOf(asShardNumber(at))?.node,
    )
  }

  #look(): void {
    const now = this.#read()
    if (now.every((owner, at) => owner === this.#known[at])) return
    this.#known = now
    for (const listener of [...this.#listeners]) listener()
  }
}
