// What the READMEs say about settings, commands and files is true: compared with the code.

import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import test from 'node:test'
import type { Command } from 'commander'
import { program } from '../gateway/cli/program.ts'
import { readConfig } from '../shared/config.ts'

const root = join(import.meta.dirname, '..')
const PAGES = ['README.md', 'gateway/ops/README.md', 'gateway/ops/ALARMS.md']

const read = (page: string): string => readFileSync(join(root, page), 'utf8')

/** Every variable that reading the configuration looks at. */
function settingsOfCode(): string[] {
  const seen = new Set<string>()
  const watched = new Proxy({} as Record<string, string>, {
    get: (_, name) => {
      seen.add(String(name))
      return undefined
    },
  })
  readConfig(watched)
  return [...seen].sort()
}

test('the configuration table of the README has every setting, and no other', () => {
  const table = read('README.md').split('## Configuration')[1]?.split('| command |')[0] ?? ''
  const cells = table.split('\n').flatMap(line => /^\| (`[^|]+) \|/.exec(line)?.[1] ?? [])
  const told = cells.flatMap(cell => cell.match(/[A-Z][A-Z_]+/g) ?? [])
  assert.deepEqual(told.sort(), settingsOfCode())
})

interface Told {
  readonly page: string
  readonly line: string
}

/** `usher ...` in code: after a backtick, a prompt, npx, settings, or alone on its line. */
function commandsTold(page: string): Told[] {
  const begin = /(?:^|`|\$ |npx |[A-Z_]+=\S+ )usher ([a-z][^`\n#()&]*)/gm
  return [...read(page).matchAll(begin)].map(match => ({ page, line: match[1] ?? '' }))
}

function assertKnown({ page, line }: Told): void {
  const words = line.trim().split(/\s+/)
  let command: Command = program()
  for (const word of words) {
    const next = command.commands.find(candidate => candidate.name() === word)
    if (next === undefined) break
    command = next
  }
  assert.notEqual(command.name(), 'usher', `${page}: there is no command usher ${words[0]}`)
  const flags = line.match(/--[a-z-]+/g) ?? []
  const group = [command, ...command.commands.filter(sub => sub.name() === 'plan')]
  const known = group.flatMap(({ options }) => options.map(({ long }) => long))
  for (const flag of flags) assert.ok(known.includes(flag), `${page}: usher ${line} has no ${flag}`)
}

test('every command and flag that the READMEs name exists', () => {
  const told = PAGES.flatMap(commandsTold)
  assert.ok(told.length > 40, `only ${told.length} were found`)
  for (const one of told) assertKnown(one)
})

test('every file that the READMEs link to exists', () => {
  for (const page of PAGES) {
    for (const [, target = ''] of read(page).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)) {
      assert.ok(existsSync(join(root, dirname(page), target)), `${page}: ${target}`)
    }
  }
})

test('npx can run the command of a checkout: its file is executable', () => {
  const { mode } = statSync(join(root, 'gateway/cli/usher.mjs'))
  assert.equal(mode & 0o111, 0o111)
})
