// The allocator that serves all shards in one process (embedded): all of them, or none.
//
// Owns: serving only when every shard is claimed, ending together.
// Leaves to others: a shard's life (host.ts), what the ports are made of.
//
//   1. recover every shard from pages and journal   2. claim them, all in one commit   3. serve
//
//   A1. stop() takes nothing new, decides and tells what waits, writes RELEASE: nothing is lost.
//   A2. One fault of one shard ends the allocator's work: whoever runs it restarts the process.

import type { Request } from '../shared/commands.ts'
import { Fault } from '../shared/faults.ts'
import { asShardNumber, type ShardNumber } from '../shared/ids.ts'
import { LIMITS } from '../shared/limits.ts'
import type { Link } from '../shared/ports.ts'
import type { Reply } from '../shared/views.ts'
import { digestOf } from './core/digest.ts'
import { Host, type HostOptions, healthOf, type ShardHealth } from './host.ts'
import type { Writer } from './writer.ts'

export interface AllocatorOptions extends Omit<HostOptions, 'onLost'> {
  /** a shard's role has ended; called once, the process should restart (A2) */
  readonly onFault: (fault: Fault) => void
  /** default: every shard of the cluster */
  readonly shards?: readonly ShardNumber[]
}

export interface Allocator {
  readonly link: Link
  health(): ShardHealth[]
  /** one request, answered as a promise: for tools and the house's own commands */
  ask(request: Request): Promise<Reply>
  /** Of memory, which equals a replay's while nothing is in flight; undefined: not a shard of ours. */
  digest(shard: ShardNumber): string | undefined
  /** A1 */
  stop(): Promise<void>
}

/** Throws the Faults of recovery and claim; nothing is served before every shard is claimed. */
export async function startAllocator(options: AllocatorOptions): Promise<Allocator> {
  const shards =
    options.shards ?? Array.from({ length: LIMITS.shardCount }, (_, at) => asShardNumber(at))
  const allocator = new RunningAllocator(options)
  await allocator.start(shards)
  return allocator
}

class RunningAllocator implements Allocator {
  readonly #host: Host
  readonly #onFault: (fault: Fault) => void
  #writers: readonly Writer[] = []
  #hasFault = false

  constructor(options: AllocatorOptions) {
    this.#onFault = options.onFault
    this.#host = new Host({ ...options, onLost: (_, fault) => this.#onLost(fault) })
  }

  get link(): Link {
    return this.#host.link
  }

  async start(shards: readonly ShardNumber[]): Promise<void> {
    try {
      const reigns = await Promise.all(shards.map(shard => this.#host.claim(shard)))
      this.#writers = reigns.map(reign => this.#host.serve(reign))
    } catch (error) {
      await this.#host.stop()
      throw error
    }
  }

  health(): ShardHealth[] {
    return this.#writers.map(healthOf)
  }

  ask(request: Request): Promise<Reply> {
    return new Promise(resolve => this.link.submit(request, 0, resolve))
  }

  digest(shard: ShardNumber): string | undefined {
    const writer = this.#writers.find(one => one.shard.state.shard === shard)
    return writer === undefined ? undefined : digestOf(writer.shard.state)
  }

  stop(): Promise<void> {
    return this.#host.stop()
  }

  /** A2: the other shards stop too, without a word: their journal tells everything. */
  #onLost(fault: Fault): void {
    if (this.#hasFault) return
    this.#hasFault = true
    const aside = new Fault('ownership-lost', 'The allocator stops because another shard failed.')
    for (const writer of this.#writers) this.#host.drop(writer.shard.state.shard, aside)
    this.#onFault(fault)
  }
}
