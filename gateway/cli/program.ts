// The commands of `usher`: their names, flags and what runs them.
//
// Owns: what exists and how it is described. Leaves to others: what a command does (one file each
// beside this one), exit codes (usher.ts).

import { Command, Option } from 'commander'
import { ROLES } from '../auth.ts'
import { outputOption, parseDuration } from './flags.ts'
import { addOperating } from './operating.ts'
import { addProcesses } from './processes.ts'
import { addSteering } from './steering.ts'

export function program(): Command {
  const usher = new Command('usher')
    .description('Sells seats: an online ticket booking system around an in-memory seat allocator.')
    .exitOverride()
    .showHelpAfterError()
  usher
    .command('start')
    .description('run everything in one process (embedded Postgres unless DATABASE_URL is set)')
    .action(async () => (await import('../main.ts')).main())
  addProcesses(usher)
  usher
    .command('token')
    .description('print a token with a role')
    .addOption(new Option('--role <role>', 'what it may do').choices(ROLES).makeOptionMandatory())
    .option('--ttl <duration>', 'how long it lives, like 8h', parseDuration, 8 * 3_600_000)
    .action(async (options: { role: (typeof ROLES)[number]; ttl: number }) =>
      (await import('./token.ts')).printToken(options.role, options.ttl),
    )
  usher
    .command('config')
    .description('print the configuration that the environment gives')
    .addOption(outputOption())
    .action(async (options: { output: string }) =>
      (await import('./config.ts')).printConfig(options.output),
    )
  const migrate = usher.command('migrate').description("the database's schema")
  for (const name of ['status', 'up'] as const) {
    migrate
      .command(name)
      .description(name === 'up' ? 'bring the schema up to date' : 'list migrations')
      .action(async () => (await import('./migrate.ts')).migrate(name))
  }
  addOperating(usher)
  addSteering(usher)
  usher
    .command('doctor')
    .description('check this machine for what Usher needs')
    .option('--fetch', 'get nats-server for a cluster from the mirror of this machine')
    .action(async (options: { fetch?: boolean }) => (await import('./doctor.ts')).doctor(options))
  usher
    .command('bench')
    .description('measure: npm run bench -- SCENARIO ...')
    .allowUnknownOption()
    .helpOption(false)
    .argument('[args...]')
    .action(async (args: string[]) => (await import('../../bench/main.ts')).bench(args))
  return usher
}
