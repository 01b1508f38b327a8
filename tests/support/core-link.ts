// A Link over the real core in memory: what a shard decides, without a journal behind it.
//
// Owns: one state for every show, the clock, a record of what happened.
// Leaves to others: durability, order between frames (the writer has its own tests).

import { execute } from '../../allocator/core/execute.ts'
import { ShardState } from '../../allocator/core/state.ts'
import { answer } from '../../allocator/core/views.ts'
import type { Command, Query, Request } from '../../shared/commands.ts'
import { asInstant, asShardNumber, type Instant, type LayoutNumber } from '../../shared/ids.ts'
import type { Layout } from '../../shared/layout.ts'
import type { Link, PlanSource } from '../../shared/ports.ts'
import { compilePlan, type SeatingPlan } from '../../shared/seating-plan.ts'
import type { Transition } from '../../shared/transitions.ts'
import type { Reply } from '../../shared/views.ts'

export class Plans implements PlanSource {
  readonly #plans = new Map<LayoutNumber, SeatingPlan>()

  add(number: LayoutNumber, layout: Layout): SeatingPlan {
    const plan = compilePlan(layout)
    this.#plans.set(number, plan)
    return plan
  }

  planOf(layout: LayoutNumber): SeatingPlan | undefined {
    return this.#plans.get(layout)
  }

  async load(layout: LayoutNumber): Promise<SeatingPlan> {
    const plan = this.#plans.get(layout)
    if (plan === undefined) throw new Error(`layout ${layout} is unknown`)
    return plan
  }
}

const QUERIES: ReadonlySet<string> = new Set([
  'read-hold',
  'read-entry',
  'read-customer',
  'read-show',
])

export class CoreLink implements Link {
  readonly state: ShardState
  /** told of every Transition */
  onTransition: (transition: Transition, at: Instant) => void = () => undefined
  /** what every request is answered with instead, while it stands */
  fault: Reply | undefined
  #aheadMs = 0

  constructor(plans: PlanSource) {
    this.state = new ShardState({ shard: asShardNumber(0), plans })
  }

  /** Time that the tests let pass. */
  advance(byMs: number): void {
    this.#aheadMs += byMs
  }

  submit(request: Request, _origin: number, onReply: (reply: Reply) => void): void {
    onReply(this.fault ?? this.#decided(request))
  }

  #decided(request: Request): Reply {
    const now = asInstant(Date.now() + this.#aheadMs)
    while (this.#run({ kind: 'pass-time' }, now).isMore);
    if (QUERIES.has(request.kind)) return answer(this.state, request as Query, now)
    const outcome = this.#execute(request as Command, now)
    if (outcome.kind === 'refused') return outcome
    if (outcome.kind === 'done') return { kind: 'done', now }
    return { ...outcome, now }
  }

  #run(command: Command, now: Instant): { readonly isMore: boolean } {
    const outcome = this.#execute(command, now)
    return { isMore: outcome.kind === 'done' && outcome.isMore }
  }

  #execute(command: Command, now: Instant) {
    return execute(this.state, command, now, transition => this.onTransition(transition, now))
  }
}
