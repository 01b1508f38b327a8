// Where plans are made, begun, called off and taken back.
//
// Owns: the record of plan and run, the refusals around it.
// Leaves to others: the loop that carries a run out (rebalance-run.ts).
//
//   N1. A wish that cannot be granted is a refusal with a sentence, and nothing has changed.
//   N2. One rebalance at a time.

import { type CasStore, changeStored } from './cas-store.ts'
import type { NodeId } from './ids.ts'
import {
  type ApplyAsk,
  done,
  type Outcome,
  PARALLEL_MAX,
  type Refused,
  refused,
} from './operations.ts'
import type { PlacementTable } from './placement-table.ts'
import {
  EMPTY_RECORD,
  isActive,
  isStale,
  type PlanCause,
  planOf,
  type RebalancePlan,
  type RebalanceRecord,
  type RebalanceRun,
  rollbackOf,
  startRun,
  withCancel,
} from './rebalance-plan.ts'
import type { RebalanceDriver } from './rebalance-run.ts'
import { parseSlo } from './slo.ts'

const PAUSE_MS_EXPECTED = 100
const PAUSE_IF_MAX = 8

export interface DeskParts {
  readonly self: NodeId
  readonly store: CasStore<RebalanceRecord>
  readonly driver: RebalanceDriver
  /** names of the figures that `pauseIf` may speak of */
  readonly metricNames: readonly string[]
  /** why a node cannot be given a shard */
  readonly objectionTo: (node: NodeId) => Promise<string | undefined>
}

export class RebalanceDesk {
  readonly #parts: DeskParts

  constructor(parts: DeskParts) {
    this.#parts = parts
  }

  async record(): Promise<RebalanceRecord> {
    return (await this.#parts.store.read()).value ?? EMPTY_RECORD
  }

  async plan(cause: PlanCause, from: PlacementTable, to: PlacementTable): Promise<RebalancePlan> {
    let plan: RebalancePlan | undefined
    await this.#change(record => {
      const version = record.planCount + 1
      plan = planOf({ version, cause, from, to, expectedPauseMs: pauseMsOf(record.run) })
      return { ...record, planCount: version, plan }
    })
    return plan as unknown as RebalancePlan
  }

  /** `table` as it stands now: the plan must have been made from it. */
  async apply(ask: ApplyAsk, table: PlacementTable): Promise<Outcome<RebalanceRun>> {
    const wrong = this.#wrongIn(ask)
    if (wrong !== undefined) return refused('validation', wrong)
    const { plan } = await this.record()
    const stale = staleness(plan, ask.version, table)
    if (plan === undefined || stale !== undefined) return refused('stale-plan', stale ?? '')
    const objection = await this.#objectionTo(plan)
    if (objection !== undefined) return refused('stale-plan', `${objection} Make a new plan.`)
    return this.#begin(record => (record.plan?.version === plan.version ? plan : undefined), ask)
  }

  async cancel(): Promise<Outcome<RebalanceRun>> {
    let outcome: Outcome<RebalanceRun> = refused('conflict', 'No rebalance is under way.')
    await this.#change(record => {
      if (!isActive(record.run)) return undefined
      const run = withCancel(record.run)
      outcome = done(run)
      return { ...record, run }
    })
    return outcome
  }

  async rollback(table: PlacementTable): Promise<Outcome<RebalanceRun>> {
    const { run } = await this.record()
    if (isActive(run)) return UNDER_WAY
    const made = (record: RebalanceRecord): RebalancePlan | undefined =>
      record.run &&
      rollbackOf(record.run, {
        version: record.planCount + 1,
        tableVersion: table.version,
        expectedPauseMs: pauseMsOf(record.run),
      })
    const plan = run && made({ ...EMPTY_RECORD, run })
    if (plan === undefined) return refused('conflict', 'The last rebalance moved nothing.')
    const objection = await this.#objectionTo(plan)
    if (objection !== undefined) return refused('conflict', objection)
    return this.#begin(made, { parallel: run?.parallel ?? 1, pauseIf: run?.pauseIf ?? [] })
  }

  /** N2: the run that begins is the only one. */
  async #begin(
    planIn: (record: RebalanceRecord) => RebalancePlan | undefined,
    { parallel, pauseIf }: Pick<ApplyAsk, 'parallel' | 'pauseIf'>,
  ): Promise<Outcome<RebalanceRun>> {
    let outcome: Outcome<RebalanceRun> = UNDER_WAY
    await this.#change(record => {
      outcome = UNDER_WAY
      if (isActive(record.run)) return undefined
      const plan = planIn(record)
      outcome = refused('stale-plan', 'A newer plan was made just now.')
      if (plan === undefined) return undefined
      const run = startRun(plan, { applier: this.#parts.self, parallel, pauseIf })
      outcome = done(run)
      return { planCount: Math.max(record.planCount, plan.version), plan, run }
    })
    this.#parts.driver.begin()
    return outcome
  }

  #change(
    step: (record: RebalanceRecord) => RebalanceRecord | undefined,
  ): Promise<RebalanceRecord | undefined> {
    return changeStored(this.#parts.store, record => step(record ?? EMPTY_RECORD))
  }

  #wrongIn({ parallel, pauseIf }: ApplyAsk): string | undefined {
    if (!Number.isInteger(parallel) || parallel < 1 || parallel > PARALLEL_MAX) {
      return `From 1 to ${PARALLEL_MAX} moves can be under way.`
    }
    if (pauseIf.length > PAUSE_IF_MAX) return `Give at most ${PAUSE_IF_MAX} conditions.`
    for (const text of pauseIf) {
      const slo = parseSlo(text)
      if (slo === undefined) return `'${text}': write it like hold.p99>50ms.`
      if (!this.#parts.metricNames.includes(slo.metric)) {
        return `'${text}': known figures are ${this.#parts.metricNames.join(', ')}.`
      }
    }
    return undefined
  }

  async #objectionTo({ moves }: RebalancePlan): Promise<string | undefined> {
    for (const node of new Set(moves.map(move => move.to))) {
      const objection = await this.#parts.objectionTo(node)
      if (objection !== undefined) return objection
    }
    return undefined
  }
}

export const UNDER_WAY: Refused = refused(
  'conflict',
  'A rebalance is under way: wait for it or cancel it (usher rebalance status).',
)

function staleness(
  plan: RebalancePlan | undefined,
  version: number | undefined,
  table: PlacementTable,
): string | undefined {
  if (plan === undefined) return 'There is no plan yet: usher rebalance plan.'
  if (version !== undefined && version !== plan.version) {
    return `Plan ${version} is not the newest, which is ${plan.version}: look at that one first.`
  }
  if (!isStale(plan, table)) return undefined
  const tables = `from table ${plan.tableVersion}, but table ${table.version} is in force`
  return `Plan ${plan.version} was made ${tables}: make a new plan.`
}

/** What moves took the last time, else a guess. */
function pauseMsOf(run: RebalanceRun | undefined): number {
  const pauses = (run?.moves ?? []).flatMap(move => move.pauseMs ?? [])
  if (pauses.length === 0) return PAUSE_MS_EXPECTED
  return Math.ceil(pauses.reduce((sum, pause) => sum + pause, 0) / pauses.length)
}
