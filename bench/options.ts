// The flags of the harness; unknown ones are errors (exit 2).

import { parseArgs } from 'node:util'
import { parseSlo, type Slo } from '../shared/slo.ts'

export const SCENARIOS = [
  'core',
  'hold',
  'waitlist',
  'journal',
  'ledger',
  'handoff',
  'replay',
] as const
export type Scenario = (typeof SCENARIOS)[number]

export interface Options {
  readonly scenario: Scenario
  readonly target: string | undefined
  /** a cluster of processes instead of one */
  readonly isCluster: boolean
  /** of `handoff`: allocators are killed instead of moving shards */
  readonly isCrash: boolean
  /** arrivals per second, open loop; undefined: closed loop */
  readonly rate: number | undefined
  readonly connections: number
  readonly inFlight: number
  readonly shows: number
  readonly durationMs: number
  readonly warmupMs: number
  readonly rounds: number
  readonly seed: number
  readonly json: string | undefined
  readonly slos: readonly Slo[]
  readonly isQuiet: boolean
}

export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export const USAGE = `Usage: npm run bench -- SCENARIO [flags]

Scenarios
  core       decisions of one core in memory, and what shows at rest weigh
  hold       durable holds over WebSocket, uniform over the seats of one show (or --shows N)
  waitlist   from the deadline of a hold to the offer of its seat
  journal    frame size against latency, JetStream and Postgres, one frame in flight per shard
  ledger     journal frames into rows: catching up, and the lag at --rate holds/s (default 20000)
  handoff    write pause of shards that move under load (--rate, default 2000/s), or with --crash
             the takeover after kill -9; an own cluster of two allocators
  replay     from a journal of a million transitions to a shard that serves

Flags
  --target URL        a server that runs already (USHER_ADMIN_TOKEN must fit); else its own
  --cluster           an own cluster: nats-server, gateway, allocator, ledger (hold, waitlist)
  --crash             of \`handoff\`: allocators are killed instead of moving shards
  --rate N            arrivals per second, open loop
  --connections N     sockets, closed loop (default 100)
  --in-flight N       requests each socket keeps in flight (default 1)
  --shows N           spread over N shows (default 1); of \`journal\`: over N shards
  --duration 10s      measured time of a round     --warmup 2s    time before it
  --rounds N          repeat (default 1)           --seed N       of the workload (default 1)
  --slo 'hold.p99<25ms'  repeatable; exit 10 when missed
  --json FILE         write the result             --quiet        print only the table
`

export function parseOptions(args: readonly string[]): Options {
  let parsed: ReturnType<typeof parse>
  try {
    parsed = parse(args)
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
  const { values, positionals } = parsed
  const scenario = SCENARIOS.find(name => name === positionals[0])
  if (scenario === undefined || positionals.length > 1) {
    throw new UsageError(`Name one scenario: ${SCENARIOS.join(', ')}.`)
  }
  return {
    scenario,
    target: values.target,
    isCluster: values.cluster,
    isCrash: values.crash,
    rate: values.rate === undefined ? undefined : count('rate', values.rate.replace(/\/s$/, '')),
    connections: count('connections', values.connections),
    inFlight: count('in-flight', values['in-flight']),
    shows: count('shows', values.shows),
    durationMs: duration('duration', values.duration),
    warmupMs: duration('warmup', values.warmup),
    rounds: count('rounds', values.rounds),
    seed: count('seed', values.seed),
    json: values.json,
    slos: (values.slo ?? []).map(slo),
    isQuiet: values.quiet,
  }
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      target: { type: 'string' },
      cluster: { type: 'boolean', default: false },
      crash: { type: 'boolean', default: false },
      rate: { type: 'string' },
      connections: { type: 'string', default: '100' },
      'in-flight': { type: 'string', default: '1' },
      shows: { type: 'string', default: '1' },
      duration: { type: 'string', default: '10s' },
      warmup: { type: 'string', default: '2s' },
      rounds: { type: 'string', default: '1' },
      seed: { type: 'string', default: '1' },
      slo: { type: 'string', multiple: true },
      json: { type: 'string' },
      quiet: { type: 'boolean', default: false },
    },
  })
}

function count(name: string, text: string): number {
  if (/^[1-9][0-9]{0,8}$/.test(text)) return Number(text)
  throw new UsageError(`--${name} ${text}: give a whole number from 1.`)
}

function duration(name: string, text: string): number {
  const match = /^([0-9]{1,6})(ms|s|m)$/.exec(text)
  if (match === null)
    throw new UsageError(`--${name} ${text}: give a duration like 500ms, 10s, 2m.`)
  return Number(match[1]) * { ms: 1, s: 1_000, m: 60_000 }[match[2] as 'ms' | 's' | 'm']
}

function slo(text: string): Slo {
  const parsed = parseSlo(text)
  if (parsed === undefined) throw new UsageError(`--slo '${text}': write it like hold.p99<25ms.`)
  return parsed
}
