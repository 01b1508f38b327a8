// The whole core behind a desk: people with names send real commands, answers come as short texts.
//
// Owns: making commands for waiters and holders of one Show. Leaves to others: the rules themselves.

import assert from 'node:assert/strict'
import { replay } from '../../allocator/core/apply.ts'
import { digestOf } from '../../allocator/core/digest.ts'
import { execute } from '../../allocator/core/execute.ts'
import type { Outcome } from '../../allocator/core/outcome.ts'
import { ShardState } from '../../allocator/core/state.ts'
import type { Command, JoinWaitlist } from '../../shared/commands.ts'
import {
  asInstant,
  asLayoutNumber,
  asSeatIndexes,
  asShardNumber,
  asShowNumber,
  type CustomerId,
  type EntryId,
  type HoldId,
  idOf,
  idTextOf,
} from '../../shared/ids.ts'
import type { Layout } from '../../shared/layout.ts'
import { DEFAULT_POLICY, type Policy, type ShowTerms } from '../../shared/policy.ts'
import type { PlanSource } from '../../shared/ports.ts'
import { compilePlan } from '../../shared/seating-plan.ts'
import type { Transition } from '../../shared/transitions.ts'

export const SHOW = asShowNumber(1)
export const OPENS_AT = 1_000
export const CLOSES_AT = 100_000_000

type Wish = Partial<Omit<JoinWaitlist, 'kind'>> & { readonly party: number }

export class Desk {
  state: ShardState
  readonly terms: ShowTerms
  /** frames as they would stand in the journal: those of one command each, unless held open */
  readonly frames: { readonly time: number; readonly transitions: Transition[] }[] = []
  isFrameOpen = false
  now = OPENS_AT
  readonly #plans: PlanSource
  readonly #ids = new Map<string, number>()

  constructor(layout: Layout, policy: Partial<Policy> = {}) {
    const plan = compilePlan(layout)
    const plans: PlanSource = { planOf: () => plan, load: () => Promise.resolve(plan) }
    this.#plans = plans
    this.state = new ShardState({ shard: asShardNumber(0), plans })
    this.terms = {
      layout: asLayoutNumber(1),
      layoutDigest: plan.digest,
      policy: { ...DEFAULT_POLICY, orphans: 'off', holdsMax: 1_000, seatsMax: 64, ...policy },
      prices: layout.categories.map((_, index) => 100 + index),
      currency: 'EUR',
      startsAt: asInstant(CLOSES_AT),
      salesOpenAt: asInstant(OPENS_AT),
      salesCloseAt: asInstant(CLOSES_AT),
    }
    this.send({ kind: 'open-show', show: SHOW, terms: this.terms })
  }

  send(command: Command): Outcome {
    if (!this.isFrameOpen || this.frames.at(-1)?.time !== this.now) {
      this.state.frameCount += 1
      this.frames.push({ time: this.now, transitions: [] })
    }
    const frame = this.frames.at(-1)
    return execute(this.state, command, asInstant(this.now), one => frame?.transitions.push(one))
  }

  /** What the last frame recorded. */
  records(): string[] {
    return (this.frames.at(-1)?.transitions ?? []).map(one => one.kind)
  }

  hold(name: string, ...seats: number[]): string {
    const hold = this.holdOf(name)
    return this.#told({
      kind: 'hold-seats',
      ...this.#asked(name),
      hold,
      seats: asSeatIndexes(seats),
    })
  }

  release(name: string): string {
    return this.#told({ kind: 'release-hold', ...this.#asked(name), hold: this.holdOf(name) })
  }

  join(name: string, wish: Wish): string {
    const command = {
      kind: 'join-waitlist' as const,
      ...this.#asked(name),
      entry: this.entryOf(name),
      minParty: wish.party,
      categories: 0,
      together: true,
      accessible: false,
      ...wish,
    }
    return this.#told(command)
  }

  leave(name: string, as = name): string {
    return this.#told({ kind: 'leave-waitlist', ...this.#asked(as), entry: this.entryOf(name) })
  }

  decline(name: string, as = name): string {
    return this.#told({ kind: 'decline-offer', ...this.#asked(as), entry: this.entryOf(name) })
  }

  /** The hold of the offer that a waiter has. */
  offerOf(name: string): HoldId {
    const { waitlist } = this.show
    assert.ok(waitlist !== undefined)
    return waitlist.offerHoldAt(waitlist.find(this.entryOf(name)))
  }

  passTime(ms = 0): Outcome {
    this.now += ms
    return this.send({ kind: 'pass-time' })
  }

  get show() {
    const show = this.state.shows.get(SHOW)
    assert.ok(show !== undefined)
    return show
  }

  digest(): string {
    return digestOf(this.state)
  }

  /** The process died: memory is rebuilt from the journal, which must give the same state. T1 */
  crash(): void {
    const rebuilt = new ShardState({ shard: asShardNumber(0), plans: this.#plans })
    for (const { time, transitions } of this.frames) {
      for (const one of transitions) replay(rebuilt, one, asInstant(time))
    }
    assert.equal(digestOf(rebuilt), this.digest())
    this.state = rebuilt
    this.isFrameOpen = false
    this.now += 1
  }

  customerOf(name: string): CustomerId {
    return idOf<CustomerId>(9, 9, 9, this.#numberOf(name))
  }

  holdOf(name: string): HoldId {
    return idOf<HoldId>(SHOW, 1, 0, this.#numberOf(name) * 8)
  }

  entryOf(name: string): EntryId {
    return idOf<EntryId>(SHOW, 2, 0, this.#numberOf(name) * 8)
  }

  #asked(name: string) {
    return { show: SHOW, customer: this.customerOf(name), isBoxOffice: false }
  }

  /** `waiting 3`, `offered 4 5`, `left`, or the code of a refusal. */
  #told(command: Command): string {
    const outcome = this.send(command)
    if (outcome.kind === 'refused') return outcome.code
    if (outcome.kind === 'done') return 'done'
    if (outcome.kind === 'hold') return [outcome.hold.phase, ...outcome.hold.seats].join(' ')
    const { state, ahead, hold } = outcome.entry
    if (state === 'waiting') return `waiting ${ahead}`
    return state === 'offered' ? ['offered', ...(hold?.seats ?? [])].join(' ') : state
  }

  #numberOf(name: string): number {
    const known = this.#ids.get(name) ?? this.#ids.size + 1
    this.#ids.set(name, known)
    return known
  }

  /** For messages of failing tests. */
  nameOf(entry: EntryId): string {
    const names = [...this.#ids.keys()]
    return names.find(name => idTextOf(this.entryOf(name)) === idTextOf(entry)) ?? 'nobody'
  }
}
