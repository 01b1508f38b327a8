// Brings together what the table wishes and what is served: takes over, hands over, waits.
//
// Owns: per shard, what this process does next; the order of a planned move.
// Leaves to others: how (host.ts), what is wished (placement-watch.ts), who serves (membership.ts).
//
//   the table names us:  nobody serves it -> acquire      somebody does -> prepare, say `ready`, wait
//   the table names X:   we serve it, X is ready -> cede  we do not -> forget what was prepared
//
//   KP1. A shard is handed over only to a process that says it is prepared: the pause is one release,
//        a few frames and one claim.
//   KP2. Nobody claims within CLAIM_MS_MAX after a release -> the previous owner may claim again.
//   KP3. A process that lost a shard, or failed to get it, waits with doubling delay, or for a newer
//        table that names it.
//   KP4. Who sees a later reign elsewhere drops its own at once: it is fenced already (E2).
//   KP5. At most CEDES_AT_ONCE shards are on their way out at the same time.

import { Bug } from '../shared/assert.ts'
import { Fault } from '../shared/faults.ts'
import { asShardNumber, type NodeId, type ShardNumber } from '../shared/ids.ts'
import { LatencyTally } from '../shared/latency.ts'
import { LIMITS } from '../shared/limits.ts'
import type { Clock } from '../shared/ports.ts'
import type { Timers } from '../shared/timers.ts'
import type { Host } from './host.ts'
import { isLater, type Membership, type ServedShard, type Words } from './membership.ts'
import type { PlacementWatch } from './placement-watch.ts'

const CLAIM_MS_MAX = 500
const DELAY_MS_MIN = 200
const DELAY_MS_MAX = 10_000
const CEDES_AT_ONCE = 2
const LEAVING_LOOK_MS = 20
const SHARDS = Array.from({ length: LIMITS.shardCount }, (_, at) => asShardNumber(at))

export interface KeeperOptions {
  readonly host: Host
  readonly membership: Membership
  readonly placement: PlacementWatch
  readonly clock: Clock
  readonly timers: Timers
  /** false while nothing may be claimed: the clock is wrong (design.md §5 Time) */
  readonly mayClaim?: () => boolean
  readonly onTrouble: (sentence: string, cause?: unknown) => void
}

/** What is going on with a shard that is not simply served or not. */
interface Care {
  isBusy: boolean
  /** whom it was released to, and when (KP2); nothing was taken any more since `pausedAtMs` */
  released: { readonly to: NodeId; readonly atMs: number; readonly pausedAtMs: number } | undefined
  /** KP3 */
  delayMs: number
  waitUntilMs: number
  waitVersion: number
}

export interface KeeperMoves {
  readonly acquired: number
  readonly ceded: number
  readonly lost: number
  /** from the last request taken here to the first word of the new owner */
  readonly pauses: LatencyTally
}

export class Keeper {
  /** counted since the start, for metrics */
  readonly moves = { acquired: 0, ceded: 0, lost: 0, pauses: new LatencyTally() }
  readonly #options: KeeperOptions
  readonly #cares: readonly Care[] = SHARDS.map(newCare)
  /** prepared completely */
  readonly #ready = new Set<ShardNumber>()
  #ceding = 0
  #isLeaving = false
  #isStopped = false

  constructor(options: KeeperOptions) {
    this.#options = options
  }

  /** What the beats say about the shards here. */
  words(): Pick<Words, 'state' | 'serves' | 'ready'> {
    const { host } = this.#options
    const serves = SHARDS.filter(shard => host.serves(shard)).map(shard => servedOf(host, shard))
    return { state: this.#isLeaving ? 'leaving' : 'serving', serves, ready: [...this.#ready] }
  }

  /** Called whenever something changed, and by a timer. */
  look(): void {
    if (this.#isStopped) return
    for (const shard of SHARDS) this.#lookAt(shard)
  }

  /** The host lost the shard. KP3 */
  lost(shard: ShardNumber, fault: Fault): void {
    this.moves.lost += 1
    this.#options.onTrouble(`shard ${shard} is served here no more`, fault)
    this.#delay(shard)
    this.#options.membership.beat()
  }

  /** Hands everything over to whoever the next tables name; resolves when nothing is left, or late. */
  async leave(untilMs: number): Promise<void> {
    const { membership, clock, host, timers } = this.#options
    this.#isLeaving = true
    membership.beat()
    const isDone = (): boolean =>
      host.health().length === 0 || !this.#hasHeir() || clock.monotonicMs() >= untilMs
    while (!isDone()) await new Promise<void>(resolve => timers.after(LEAVING_LOOK_MS, resolve))
    this.#isStopped = true
  }

  #hasHeir(): boolean {
    const { membership } = this.#options
    return membership.beats.some(
      beat =>
        beat.role === 'allocator' && beat.state === 'serving' && beat.node !== membership.self,
    )
  }

  #lookAt(shard: ShardNumber): void {
    const { host, membership, placement } = this.#options
    const care = this.#careOf(shard)
    if (care.isBusy) return
    const wish = placement.table.assignments[shard]
    const server = membership.serverOf(shard)
    if (host.serves(shard)) {
      care.released = undefined
      if (server !== undefined && server.node !== membership.self)
        this.#compare(shard, server.served)
      else if (wish !== undefined && wish !== membership.self) this.#handOver(shard, wish)
    } else if (server !== undefined && server.node !== membership.self) {
      this.#noteTaken(care)
      if (wish === membership.self && !this.#isLeaving) this.#prepare(shard)
      else this.#forget(shard)
    } else if (this.#mayAcquire(shard, wish)) this.#acquire(shard)
    else if (wish !== membership.self) this.#forget(shard)
  }

  /** The one that it was released to, or another one, serves it now. */
  #noteTaken(care: Care): void {
    if (care.released === undefined) return
    this.moves.ceded += 1
    this.moves.pauses.add(this.#options.clock.monotonicMs() - care.released.pausedAtMs)
    care.released = undefined
  }

  /** KP4 */
  #compare(shard: ShardNumber, other: ServedShard): void {
    if (!isLater(other, servedOf(this.#options.host, shard))) return
    const detail = `Shard ${shard} has a later owner, of epoch ${other.epoch}.`
    this.#options.host.drop(shard, new Fault('ownership-lost', detail))
  }

  /** KP1, KP5 */
  #handOver(shard: ShardNumber, to: NodeId): void {
    const { host, membership, clock } = this.#options
    const target = membership.beatOf(to)
    if (target === undefined || !target.ready.includes(shard)) return
    if (this.#ceding >= CEDES_AT_ONCE || !this.#hasWaited(shard)) return
    this.#ceding += 1
    const care = this.#careOf(shard)
    void this.#work(shard, 'could not be released', async () => {
      const pausedAtMs = clock.monotonicMs()
      const isReleased = await host.cede(shard, to)
      if (isReleased) care.released = { to, atMs: clock.monotonicMs(), pausedAtMs }
      membership.beat() // MB3
    }).finally(() => {
      this.#ceding -= 1
      this.look()
    })
  }

  #mayAcquire(shard: ShardNumber, wish: NodeId | undefined): boolean {
    const { membership, clock, mayClaim } = this.#options
    if (this.#isLeaving || mayClaim?.() === false) return false
    const care = this.#careOf(shard)
    const nowMs = clock.monotonicMs()
    const isTakenBack = care.released !== undefined && nowMs - care.released.atMs > CLAIM_MS_MAX // KP2
    if (wish !== membership.self && !(isTakenBack && wish === care.released?.to)) return false
    return this.#hasWaited(shard)
  }

  #acquire(shard: ShardNumber): void {
    const { host, membership } = this.#options
    const care = this.#careOf(shard)
    void this.#work(shard, 'could not be taken over', async () => {
      await host.acquire(shard)
      this.moves.acquired += 1
      if (care.released === undefined) care.delayMs = DELAY_MS_MIN
      else this.#delay(shard) // KP2: whoever did not come is not trusted again at once
      care.released = undefined
      this.#ready.delete(shard)
      membership.beat() // MB3
    })
  }

  #prepare(shard: ShardNumber): void {
    if (this.#ready.has(shard) || !this.#hasWaited(shard)) return
    const { host, membership } = this.#options
    void this.#work(shard, 'could not be prepared', async () => {
      await host.prepare(shard)
      this.#ready.add(shard)
      membership.beat()
    })
  }

  /** KP3 */
  #hasWaited(shard: ShardNumber): boolean {
    const { clock, placement } = this.#options
    const { waitUntilMs, waitVersion } = this.#careOf(shard)
    return clock.monotonicMs() >= waitUntilMs || placement.table.version > waitVersion
  }

  #forget(shard: ShardNumber): void {
    this.#options.host.forget(shard)
    this.#ready.delete(shard)
  }

  /** One thing at a time with a shard; a Fault is told and waited out, anything else is a Bug. */
  async #work(shard: ShardNumber, trouble: string, step: () => Promise<void>): Promise<void> {
    const care = this.#careOf(shard)
    care.isBusy = true
    try {
      await step()
    } catch (cause) {
      if (cause instanceof Bug) throw cause
      this.#forget(shard)
      this.#delay(shard)
      this.#options.onTrouble(`shard ${shard} ${trouble}`, cause)
    } finally {
      care.isBusy = false
    }
    this.look()
  }

  /** KP3 */
  #delay(shard: ShardNumber): void {
    const { clock, placement } = this.#options
    const care = this.#careOf(shard)
    care.waitUntilMs = clock.monotonicMs() + care.delayMs
    care.waitVersion = placement.table.version
    care.delayMs = Math.min(care.delayMs * 2, DELAY_MS_MAX)
  }

  #careOf(shard: ShardNumber): Care {
    return this.#cares[shard] as Care
  }
}

function newCare(): Care {
  return {
    isBusy: false,
    released: undefined,
    delayMs: DELAY_MS_MIN,
    waitUntilMs: 0,
    waitVersion: 0,
  }
}

function servedOf(host: Host, shard: ShardNumber): ServedShard {
  const writer = host.writerOf(shard)
  return {
    shard,
    incarnation: writer?.durable.incarnation ?? 0,
    epoch: writer?.durable.epoch ?? 0,
    sequence: writer?.shard.state.sequence ?? 0,
    waiting: writer?.waitingCount ?? 0,
  }
}
