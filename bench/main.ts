// `npm run bench -- SCENARIO` and `usher bench`: parse, measure, print, judge.

import '../shared/engine.ts'
import { pathToFileURL } from 'node:url'
import { EXIT } from '../shared/service.ts'
import { measureCore } from './core.ts'
import { measureHandoff } from './handoff.ts'
import { measureHold, type Outcome } from './hold.ts'
import { measureJournal } from './journal.ts'
import { measureLedger } from './ledger.ts'
import { type Options, parseOptions, USAGE, UsageError } from './options.ts'
import { measureReplay } from './replay.ts'
import { isBroken, makeReport, missedSlos, printReport } from './report.ts'
import { measureWaitlist } from './waitlist.ts'

const SCENARIOS: Record<Options['scenario'], (options: Options) => Promise<readonly Outcome[]>> = {
  core: measureCore,
  hold: async options => [await measureHold(options)],
  waitlist: async options => [await measureWaitlist(options)],
  journal: measureJournal,
  ledger: measureLedger,
  handoff: async options => [await measureHandoff(options)],
  replay: measureReplay,
}

/** Sets the exit code: 2 usage, 10 SLO missed, 11 correctness violated. */
export async function bench(args: readonly string[]): Promise<void> {
  try {
    process.exitCode = await measure(parseOptions(args))
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(`bench: ${error.message}\n\n${USAGE}`)
    process.exitCode = EXIT.usage
  }
}

async function measure(options: Options): Promise<number> {
  const rounds: Outcome[][] = []
  for (let round = 0; round < options.rounds; round += 1) {
    if (!options.isQuiet) process.stderr.write(`round ${round + 1} of ${options.rounds} ...\n`)
    rounds.push([...(await SCENARIOS[options.scenario](options))])
  }
  const verdicts = rounds.flat().map(outcome => outcome.verdict)
  const verdict = verdicts.reduce((all, one) => ({
    generatorValid: all.generatorValid && one.generatorValid,
    oversold: all.oversold + one.oversold,
    lostAcks: all.lostAcks + one.lostAcks,
    fifoBreaks: all.fifoBreaks + one.fifoBreaks,
    earlyExpiries: all.earlyExpiries + one.earlyExpiries,
  }))
  const report = makeReport(
    options,
    rounds.map(round => round.map(outcome => outcome.row)),
    verdict,
  )
  printReport(report, options)
  if (isBroken(verdict)) return EXIT.incorrect
  const missed = missedSlos(report, options.slos)
  for (const sentence of missed) process.stderr.write(`bench: ${sentence}\n`)
  return missed.length > 0 ? EXIT.sloMissed : EXIT.ok
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  if (process.argv.includes('--help')) process.stdout.write(USAGE)
  else await bench(process.argv.slice(2))
}
