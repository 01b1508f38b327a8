// Who is there, and who serves what: every process tells it five times a second, everybody listens.
//
// Owns: beats, how long silence is forgiven, the newest beat of every node.
// Leaves to others: what follows from it (keeper.ts, placement-watch.ts, owners.ts).
//
//   E7. Beats are hints: a wrong one costs a redirect or a useless claim, never safety.
//   MB1. A node that missed four beats is gone; one that says good-bye is gone at once.
//   MB2. Who does not hear itself is deaf or was asleep, and judges nobody.
//   MB3. A change of what a node serves is told at once, not with the next beat.
//   MB4. An allocator that missed a beat is looked for: when the broker knows no such listener it is
//        gone at once. That is a hint like any other (E7).

import { z } from 'zod'
import { type NodeId, parseNodeId, type ShardNumber } from '../shared/ids.ts'
import type { Clock } from '../shared/ports.ts'
import { systemTimers, type Timers } from '../shared/timers.ts'

const BEAT_MS = 200
const SILENCE_MS_MAX = 4 * BEAT_MS
const MISSED_MS = 1.25 * BEAT_MS
const LOOK_MS = 50
/** Hearing oneself later than this is being deaf. MB2 */
const DEAF_MS = 2 * BEAT_MS

const servedSchema = z.object({
  shard: z.int(),
  incarnation: z.int(),
  epoch: z.int(),
  sequence: z.number(),
  waiting: z.int(),
})

const beatSchema = z.object({
  node: z.string(),
  role: z.enum(['gateway', 'allocator', 'ledger', 'cluster']),
  pid: z.int(),
  weight: z.number(),
  /** tells a process from the one of that name before it */
  bornMs: z.number(),
  state: z.enum(['starting', 'serving', 'leaving', 'gone']),
  opsPort: z.int(),
  serves: z.array(servedSchema),
  /** recovered here, waiting for its owner to release it */
  ready: z.array(z.int()),
  /** a gateway's speed of the last seconds, by name */
  figures: z.exactOptional(z.record(z.string(), z.number())),
})

type Told = z.infer<typeof beatSchema>
export type Role = Told['role']
export type ServedShard = Told['serves'][number]

export interface Beat extends Omit<Told, 'node' | 'ready'> {
  readonly node: NodeId
  readonly ready: readonly ShardNumber[]
}

/** What a process says about itself with every beat. */
export type Words = Pick<Beat, 'state' | 'serves' | 'ready' | 'opsPort' | 'figures'>

/** As much of a NATS connection as beats need. */
export interface BeatWire {
  publish(subject: string, text: string): void
  subscribe(
    subject: string,
    options: { callback: (error: Error | null, message: { readonly data: Uint8Array }) => void },
  ): unknown
  flush(): Promise<void>
}

export interface MembershipOptions {
  readonly nats: BeatWire
  /** prefix of the subjects */
  readonly cluster: string
  readonly self: Pick<Beat, 'node' | 'role' | 'pid' | 'weight'>
  readonly clock: Clock
  readonly timers?: Timers
  /** whether the broker knows that no process of that name is connected; MB4 */
  readonly isGone?: (node: NodeId) => Promise<boolean>
}

interface Heard {
  readonly beat: Beat
  readonly atMs: number
}

/** Of a node that does not work yet. */
const SAYING_NOTHING: Words = { state: 'starting', serves: [], ready: [], opsPort: 0 }

export class Membership {
  readonly self: NodeId
  readonly #options: MembershipOptions
  readonly #bornMs: number
  readonly #heard = new Map<NodeId, Heard>()
  readonly #listeners = new Set<() => void>()
  /** looked for at the moment */
  readonly #sought = new Set<NodeId>()
  readonly #ends: (() => void)[]
  #words: () => Words = () => SAYING_NOTHING
  #lookedAtMs: number
  #isStopped = false

  constructor(options: MembershipOptions) {
    this.#options = options
    this.self = options.self.node
    this.#bornMs = options.clock.wallMs()
    this.#lookedAtMs = options.clock.monotonicMs()
    options.nats.subscribe(this.#subject, { callback: (_, message) => this.#hear(message.data) })
    const { every } = options.timers ?? systemTimers
    this.#ends = [every(BEAT_MS, () => this.beat()), every(LOOK_MS, () => this.#look())]
  }

  /** From now on beats say this. */
  speak(words: () => Words): void {
    this.#words = words
    this.beat()
  }

  /** Nodes that are there, this one included once it has heard itself. */
  get beats(): readonly Beat[] {
    return [...this.#heard.values()].map(({ beat }) => beat)
  }

  beatOf(node: NodeId): Beat | undefined {
    return this.#heard.get(node)?.beat
  }

  /** The node that serves the shard in its latest reign, as far as is told. */
  serverOf(
    shard: ShardNumber,
  ): { readonly node: NodeId; readonly served: ServedShard } | undefined {
    let found: { readonly node: NodeId; readonly served: ServedShard } | undefined
    for (const { beat } of this.#heard.values()) {
      const served = beat.serves.find(one => one.shard === shard)
      if (served === undefined) continue
      if (found === undefined || isLater(served, found.served)) found = { node: beat.node, served }
    }
    return found
  }

  /** Whenever a node comes, goes, or serves something else. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener)
  }

  /** MB3; also the regular one */
  beat(): void {
    if (!this.#isStopped) this.#tell(this.#words())
  }

  /** The last beat: whoever hears it need not wait for silence. MB1 */
  async stop(): Promise<void> {
    if (this.#isStopped) return
    this.#isStopped = true
    for (const end of this.#ends) end()
    this.#tell({ ...SAYING_NOTHING, state: 'gone' })
    await this.#options.nats.flush().catch(() => undefined)
  }

  get #subject(): string {
    return `${this.#options.cluster}.alive`
  }

  #tell(words: Words): void {
    const beat = { ...this.#options.self, bornMs: this.#bornMs, ...words }
    try {
      this.#options.nats.publish(this.#subject, JSON.stringify(beat))
    } catch {
      // the connection is being closed
    }
  }

  #hear(data: Uint8Array): void {
    const beat = beatIn(data)
    if (beat === undefined || this.#isStopped) return
    const before = this.#heard.get(beat.node)?.beat
    if (before !== undefined && before.bornMs > beat.bornMs) return
    if (beat.state === 'gone') this.#heard.delete(beat.node)
    else this.#heard.set(beat.node, { beat, atMs: this.#options.clock.monotonicMs() })
    if (!saysTheSame(before, beat)) this.#changed()
  }

  /** MB1 */
  #look(): void {
    const nowMs = this.#options.clock.monotonicMs()
    const sleptMs = nowMs - this.#lookedAtMs
    this.#lookedAtMs = nowMs
    const own = this.#heard.get(this.self)
    if (own === undefined || nowMs - own.atMs > DEAF_MS || sleptMs > DEAF_MS) return // MB2
    const silent = [...this.#heard.values()].filter(({ atMs }) => nowMs - atMs > SILENCE_MS_MAX)
    for (const { beat } of silent) this.#heard.delete(beat.node)
    if (silent.length > 0) this.#changed()
    for (const heard of this.#heard.values()) {
      if (heard.beat.role === 'allocator' && nowMs - heard.atMs > MISSED_MS) void this.#seek(heard)
    }
  }

  /** MB4 */
  async #seek(heard: Heard): Promise<void> {
    const { node } = heard.beat
    const { isGone } = this.#options
    if (isGone === undefined || node === this.self || this.#sought.has(node)) return
    this.#sought.add(node)
    const isNowhere = await isGone(node)
    this.#sought.delete(node)
    if (!isNowhere || this.#isStopped || this.#heard.get(node) !== heard) return
    this.#heard.delete(node)
    this.#changed()
  }

  #changed(): void {
    for (const listener of this.#listeners) listener()
  }
}

export function isLater(one: ServedShard, other: ServedShard): boolean {
  if (one.incarnation !== other.incarnation) return one.incarnation > other.incarnation
  return one.epoch > other.epoch
}

function beatIn(data: Uint8Array): Beat | undefined {
  let text: unknown
  try {
    text = JSON.parse(new TextDecoder().decode(data))
  } catch {
    return undefined
  }
  const told = beatSchema.safeParse(text).data
  const node = told === undefined ? undefined : parseNodeId(told.node)
  if (told === undefined || node === undefined) return undefined
  return { ...told, node, ready: told.ready as ShardNumber[] }
}

/** Sequences and queues move all the time: they are figures, not changes. */
function saysTheSame(before: Beat | undefined, after: Beat): boolean {
  if (before === undefined) return after.state === 'gone'
  return changeKeyOf(before) === changeKeyOf(after)
}

function changeKeyOf({ state, bornMs, serves, ready, weight }: Beat): string {
  const reigns = serves.map(({ shard, incarnation, epoch }) => `${shard}:${incarnation}:${epoch}`)
  return `${state} ${bornMs} ${weight} ${reigns.join()} ${ready.join()}`
}
