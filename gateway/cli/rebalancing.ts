// `usher rebalance`: shows plans, begins them, follows them to their end.
//
// Owns: what is said while a run goes on, its exit code.
// Leaves to others: the run itself (shared/rebalance-run.ts), how it is asked for (asking.ts).
//
//   X1. done 0 · failed or cancelled by somebody else 1 · paused by an SLO for longer than we wait 10.

import { setTimeout as sleep } from 'node:timers/promises'
import type { RebalancePlan, RebalanceRun } from '../../shared/rebalance-plan.ts'
import { EXIT } from '../../shared/service.ts'
import { askOps, tellOps } from './asking.ts'
import { printFields, printRows } from './rows.ts'

const LOOK_EVERY_MS = 250
const PATH = '/ops/v1/rebalance'

interface Status {
  readonly state: string
  readonly plan: RebalancePlan | null
  readonly run: RebalanceRun | null
}

export interface ApplyFlags {
  readonly plan?: number
  readonly parallel: number
  readonly pauseIf: readonly string[]
  readonly dryRun: boolean
  readonly wait: number | false
}

export async function printPlan(format: string): Promise<void> {
  const plan = (await tellOps(`${PATH}/plan`)) as RebalancePlan | undefined
  if (plan === undefined) return
  sayPlan(plan)
  printMoves(plan, format)
}

export async function applyPlan(flags: ApplyFlags, format: string): Promise<void> {
  if (flags.dryRun) return printPlan(format)
  const { parallel, pauseIf, wait } = flags
  const version = flags.plan === undefined ? {} : { version: flags.plan }
  const begun = await tellOps(`${PATH}/apply`, { ...version, parallel, pauseIf })
  await follow(begun as RebalanceRun | undefined, { wait, isEndWished: false, format })
}

export async function printStatus(format: string): Promise<void> {
  const status = (await askOps(PATH)) as Status | undefined
  if (status === undefined) return
  if (format === 'json') return printFields({ ...status }, format)
  if (status.run !== null) {
    say(sentenceOf(status.run))
    return printMoves(status.run, format)
  }
  if (status.plan === null) return say('Nothing was planned yet: usher rebalance plan.')
  sayPlan(status.plan)
  printMoves(status.plan, format)
}

export async function tellRun(
  verb: 'cancel' | 'rollback',
  wait: number,
  format: string,
): Promise<void> {
  const run = (await tellOps(`${PATH}/${verb}`)) as RebalanceRun | undefined
  await follow(run, { wait, isEndWished: verb === 'cancel', format })
}

interface Following {
  /** how long a pause is waited for; false: do not follow */
  readonly wait: number | false
  /** a cancelled run is what was asked for */
  readonly isEndWished: boolean
  readonly format: string
}

async function follow(
  begun: RebalanceRun | undefined,
  { wait, isEndWished, format }: Following,
): Promise<void> {
  if (begun === undefined) return
  const run = wait === false ? begun : await lastOf(begun, wait)
  if (run === undefined) return
  printMoves(run, format)
  process.exitCode = wait === false ? EXIT.ok : codeOf(run, isEndWished) // X1
}

/** The run when it has ended, or was paused for too long; each change is told. */
async function lastOf(begun: RebalanceRun, waitMs: number): Promise<RebalanceRun | undefined> {
  let run = begun
  let said = ''
  let pausedAtMs: number | undefined
  for (;;) {
    const sentence = sentenceOf(run)
    if (sentence !== said) say(sentence)
    said = sentence
    if (!['running', 'paused', 'ending'].includes(run.state)) return run
    pausedAtMs = run.state === 'paused' ? (pausedAtMs ?? performance.now()) : undefined
    if (pausedAtMs !== undefined && performance.now() - pausedAtMs >= waitMs) {
      say(
        'It goes on by itself when the figures are good again: usher rebalance status, or cancel.',
      )
      return run
    }
    await sleep(LOOK_EVERY_MS)
    const status = (await askOps(PATH)) as Status | undefined
    if (status === undefined) return undefined
    if (status.run?.version !== begun.version) return run
    run = status.run
  }
}

function codeOf({ state }: RebalanceRun, isEndWished: boolean): number {
  if (state === 'done') return EXIT.ok
  if (state === 'paused') return EXIT.sloMissed
  return state === 'cancelled' && isEndWished ? EXIT.ok : EXIT.failure
}

function sentenceOf({ version, cause, state, detail, moves }: RebalanceRun): string {
  const moved = moves.filter(move => move.state === 'moved').length
  const name = cause === 'balance' ? 'Plan' : `${cause === 'drain' ? 'Drain' : 'Rollback'} plan`
  const because = detail === undefined ? '.' : `: ${detail}`
  return `${name} ${version} is ${state}, ${moved} of ${moves.length} shards moved${because}`
}

function sayPlan({ version, tableVersion, moves, expectedPauseMs }: RebalancePlan): void {
  if (moves.length === 0) return say('Nothing to move: every allocator has its share.')
  say(
    `Plan ${version}, made from table ${tableVersion}: ${moves.length} moves, ` +
      `${expectedPauseMs} ms of pauses together, each of its own shard only.`,
  )
  say(`Nothing was changed. To carry it out: usher rebalance apply --plan ${version}`)
}

function printMoves(whole: RebalancePlan | RebalanceRun, format: string): void {
  if (format === 'json') return printFields({ ...whole }, format)
  if (whole.moves.length > 0) {
    printRows(
      whole.moves.map(move => ({ ...move })),
      format,
    )
  }
}

function say(sentence: string): void {
  process.stderr.write(`${sentence}\n`)
}
