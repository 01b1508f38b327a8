// The commands with which people look into a house: get, explain, audit, import.

import { type Command, InvalidArgumentError } from 'commander'
import { LIMITS } from '../../shared/limits.ts'
import { outputOption, parseCount } from './flags.ts'
import type { RestoreFlags } from './restore.ts'

interface Format {
  readonly output: string
}

function collectShards(text: string, known: readonly number[] = []): readonly number[] {
  const shard = Number(text)
  if (/^[0-9]{1,3}$/.test(text) && shard < LIMITS.shardCount) return [...known, shard]
  throw new InvalidArgumentError(`Give a shard from 0 to ${LIMITS.shardCount - 1}.`)
}

export function addOperating(usher: Command): void {
  const get = usher.command('get').description('what is running')
  for (const what of ['nodes', 'shards'] as const) {
    get
      .command(what)
      .description(`list ${what}`)
      .addOption(outputOption())
      .action(async ({ output }: Format) => (await import('./views.ts')).printView(what, output))
  }
  get
    .command('shows')
    .description('list the next shows')
    .option('--limit <count>', 'how many', parseCount, 100)
    .addOption(outputOption())
    .action(async ({ limit, output }: Format & { limit: number }) =>
      (await import('./shows.ts')).printShows(limit, output),
    )
  const explain = usher.command('explain').description('the life of a hold or a seat')
  explain
    .command('hold <id>')
    .description('every fact about a hold and its booking')
    .addOption(outputOption())
    .action(async (id: string, { output }: Format) =>
      (await import('./views.ts')).explainHold(id, output),
    )
  explain
    .command('seat')
    .description('every fact about a seat of a show')
    .requiredOption('--show <id>', 'like show_1')
    .requiredOption('--seat <index>', "the seat's index")
    .addOption(outputOption())
    .action(async ({ show, seat, output }: Format & { show: string; seat: string }) =>
      (await import('./views.ts')).explainSeat(show, seat, output),
    )
  usher
    .command('audit')
    .description('judge every invariant in the database; exit 11 when one is broken')
    .addOption(outputOption())
    .action(async ({ output }: Format) => (await import('./audit.ts')).printAudit(output))
  usher
    .command('restore')
    .description("rebuild a lost broker's journal from the archive; a dry run unless --apply")
    .option('--shard <number>', 'only this one; repeatable', collectShards)
    .option('--lose <count>', 'give up exactly so many frames that are not archived', parseCount)
    .option('--apply', 'do it')
    .addOption(outputOption())
    .action(async (flags: RestoreFlags) => (await import('./restore.ts')).restore(flags))
  usher
    .command('import')
    .description('bring data in')
    .command('layout <file>')
    .description('a new seating plan, in the JSON of Usher or pretix')
    .requiredOption('--auditorium <id>', 'like auditorium_1')
    .addOption(outputOption())
    .action(async (file: string, { auditorium, output }: Format & { auditorium: string }) =>
      (await import('./views.ts')).importLayout(file, auditorium, output),
    )
}
