// Runs simulated worlds: one to look at, or many to find the seed that breaks a promise.
//
//   npm run sim -- --seed 7 --trace       one world, everything that happens in it
//   npm run sim -- --seeds 2000 --from 1  many, and how often each fault really happened
//   npm run sim -- --cluster --seeds 200  the same of whole clusters, in two processes
//
//   M1. A failing seed is printed with its rule, its last events and the command that replays it.
//   M2. Over many worlds every fault, answer and fact must have happened, or nothing was proved.

import { parseArgs } from 'node:util'
import { CLUSTER_FAULTS } from './cluster/cluster-options.ts'
import { ClusterWorld } from './cluster/cluster-world.ts'
import { runInWorkers } from './many.ts'
import { Tally } from './tally.ts'
import { type Outcome, World } from './world.ts'

const SEEDS_THAT_MEET_ALL = 500
const SEEDS_FOR_WORKERS = 50

const { values } = parseArgs({
  options: {
    cluster: { type: 'boolean', default: false },
    seed: { type: 'string' },
    seeds: { type: 'string' },
    from: { type: 'string', default: '1' },
    steps: { type: 'string' },
    trace: { type: 'boolean', default: false },
    /** a part of a run in several processes: tells its tally as JSON */
    worker: { type: 'boolean', default: false },
  },
})

const steps = values.steps === undefined ? {} : { steps: Number(values.steps) }
const words = values.cluster ? ' --cluster' : ''
let rejected: unknown
process.on('unhandledRejection', cause => {
  rejected ??= cause
})

process.exitCode = values.seed === undefined ? await runMany() : await runOne(Number(values.seed))

async function outcomeOf(seed: number, onTrace?: (line: string) => void): Promise<Outcome> {
  const options = { seed, ...steps, ...(onTrace === undefined ? {} : { onTrace }) }
  const world = values.cluster ? new ClusterWorld(options) : new World(options)
  const outcome = await world.run()
  return rejected === undefined ? outcome : { ...outcome, failure: outcome.failure ?? rejected }
}

async function runOne(seed: number): Promise<number> {
  const onTrace = values.trace ? (line: string) => print(line) : undefined
  const first = await outcomeOf(seed, onTrace)
  if (first.failure !== undefined) return report(first)
  const second = await outcomeOf(seed)
  if (second.hash !== first.hash) {
    print(`seed ${seed} is not deterministic: ${first.hash}, then ${second.hash}`)
    return 1
  }
  print(`seed ${seed} holds; its history is ${first.hash}, twice`)
  return 0
}

async function runMany(): Promise<number> {
  const count = Number(values.seeds ?? '200')
  const from = Number(values.from)
  const tally = new Tally()
  const startedAt = performance.now()
  const isShared = values.cluster && !values.worker && count >= SEEDS_FOR_WORKERS
  const code = isShared
    ? await runInWorkers({ from, count, args: ['--cluster', ...stepWords()], print }, tally)
    : await runHere(from, count, tally)
  if (code !== 0) return code
  if (values.worker) {
    process.send?.([...tally.counts])
    return 0
  }
  print(tally.summary())
  const seconds = (performance.now() - startedAt) / 1000
  print(`${count} worlds from seed ${from} hold, in ${seconds.toFixed(1)} s`)
  const missing = count < SEEDS_THAT_MEET_ALL ? [] : tally.missing(faultsExpected())
  if (missing.length === 0) return 0
  print(`never happened: ${missing.join(', ')}`) // M2
  return 1
}

async function runHere(from: number, count: number, tally: Tally): Promise<number> {
  for (let seed = from; seed < from + count; seed += 1) {
    const outcome = await outcomeOf(seed)
    if (outcome.failure !== undefined) return report(outcome)
    tally.take(outcome.tally)
    const done = seed - from + 1
    if (done % 50 === 0) process.stderr.write(`\r${done} of ${count} worlds`)
  }
  process.stderr.write('\n')
  return 0
}

function faultsExpected(): readonly string[] | undefined {
  return values.cluster ? CLUSTER_FAULTS : undefined
}

function stepWords(): string[] {
  return values.steps === undefined ? [] : ['--steps', values.steps]
}

/** M1 */
function report({ seed, failure, last }: Outcome): number {
  print(last.join('\n'))
  print(failure instanceof Error ? (failure.stack ?? failure.message) : String(failure))
  const args = stepWords().map(word => ` ${word}`)
  print(
    `\nseed ${seed} fails; replay it: npm run sim --${words} --seed ${seed}${args.join('')} --trace`,
  )
  return 1
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
