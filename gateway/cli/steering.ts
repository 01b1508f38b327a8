// The commands with which operators steer a cluster: move, cordon, uncordon, drain, rebalance, describe.

import type { Command } from 'commander'
import { PARALLEL_DEFAULT } from '../../shared/operations.ts'
import { outputOption, parseCondition, parseCount, parseDuration, parseShard } from './flags.ts'

interface Format {
  readonly output: string
}

interface ApplyFlags extends Format {
  readonly plan?: number
  readonly parallel: number
  readonly pauseIf: readonly string[]
  readonly dryRun: boolean
  /** false: do not wait at all */
  readonly wait: number | false
}

const WAIT_MS = 30_000
const WAIT_TEXT = 'how long a pause by SLO is waited for before exit 10'

export function addSteering(usher: Command): void {
  usher
    .command('describe')
    .description('everything about one thing')
    .command('shard')
    .argument('<number>', 'of the shard', parseShard)
    .description('who owns it, who should, where it is pinned or going')
    .addOption(outputOption())
    .action(async (shard: number, { output }: Format) =>
      (await import('./wishes.ts')).describeShard(shard, output),
    )
  usher
    .command('move')
    .argument('<shard>', 'number of the shard', parseShard)
    .requiredOption('--to <node>', 'the allocator that is to own it')
    .option('--pin', 'keep it there, whatever is rebalanced, until it is moved again', false)
    .description('hand a shard over; done when the new owner serves it')
    .addOption(outputOption())
    .action(async (shard: number, { output, ...flags }: Format & { to: string; pin: boolean }) =>
      (await import('./wishes.ts')).moveShard(shard, flags, output),
    )
  for (const [verb, description] of NODE_VERBS) {
    usher
      .command(`${verb} <node>`)
      .description(description)
      .addOption(outputOption())
      .action(async (node: string, { output }: Format) =>
        (await import('./wishes.ts')).tellNode(verb, node, output),
      )
  }
  addRebalance(usher)
}

const NODE_VERBS = [
  ['cordon', 'give an allocator nothing new; it keeps what it has'],
  ['uncordon', 'let an allocator take shards again'],
  ['drain', 'move everything off a node, then it can be stopped; it stays cordoned'],
] as const

function addRebalance(usher: Command): void {
  const rebalance = usher
    .command('rebalance')
    .description(
      'bring every allocator to its share; shows the plan (dry run) unless told to apply',
    )
  rebalance
    .command('plan', { isDefault: true })
    .description('what would move, and how long each shard would pause; changes nothing')
    .option('--dry-run', 'as always with plan', true)
    .addOption(outputOption())
    .action(async ({ output }: Format) => (await import('./rebalancing.ts')).printPlan(output))
  rebalance
    .command('apply')
    .description('carry the newest plan out and follow it')
    .option('--plan <version>', 'refuse when this is not the newest plan', parseCount)
    .option('--parallel <count>', 'moves at the same time', parseCount, PARALLEL_DEFAULT)
    .option('--pause-if <condition>', 'like hold.p99>50ms; repeatable', parseCondition, [])
    .option('--wait <duration>', WAIT_TEXT, parseDuration, WAIT_MS)
    .option('--no-wait', 'begin and return')
    .option('--dry-run', 'only show the plan', false)
    .option('--no-dry-run', 'carry it out, as without')
    .addOption(outputOption())
    .action(async ({ output, ...flags }: ApplyFlags) =>
      (await import('./rebalancing.ts')).applyPlan(flags, output),
    )
  rebalance
    .command('status')
    .description('how far the newest rebalance is')
    .addOption(outputOption())
    .action(async ({ output }: Format) => (await import('./rebalancing.ts')).printStatus(output))
  for (const [verb, description] of RUN_VERBS) {
    rebalance
      .command(verb)
      .description(description)
      .addOption(outputOption())
      .action(async ({ output }: Format) =>
        (await import('./rebalancing.ts')).tellRun(verb, WAIT_MS, output),
      )
  }
}

const RUN_VERBS = [
  ['cancel', 'start no further move; what is under way arrives'],
  ['rollback', 'move back what the newest rebalance has moved'],
] as const
