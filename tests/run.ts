// The test command: finds the suites, runs each file in its own process, and refuses to be green by accident.
//
// Owns: discovery, how many files run at once, the closing count.
// Leaves to others: everything inside a file.
//
//   R1. An empty selection is an error: zero tests are never a success.
//   R2. With CI=true (or --no-skips) a skipped test is a failure.
//
// Usage: node --import tsx tests/run.ts [--only TEXT] [--no-skips]; TEXT selects paths containing it.

import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { parseArgs } from 'node:util'

const root = import.meta.dirname
const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    'no-skips': { type: 'boolean', default: process.env.CI === 'true' },
  },
})

/** Slow suites first, so that the two lanes end together. */
const SLOW_FIRST = [
  '.e2e.test.ts',
  '.browser.test.ts',
  'simulation',
  '.nats.test.ts',
  '.pg.test.ts',
]

function slowness(file: string): number {
  const index = SLOW_FIRST.findIndex(part => file.includes(part))
  return index === -1 ? SLOW_FIRST.length : index
}

const found = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.test.ts'))
  .filter(name => values.only === undefined || values.only.some(text => name.includes(text)))
  .sort((left, right) => slowness(left) - slowness(right) || (left < right ? -1 : 1))
  .map(name => join(root, name))

if (found.length === 0) {
  process.stderr.write('tests: no test file matches, so nothing was proved.\n') // R1
  process.exit(1)
}

process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} --import tsx`.trim()
const counts = { passed: 0, failed: 0, skipped: 0 }
const stream = run({ files: found, concurrency: 2, timeout: 240_000 })

stream.on('test:pass', event => {
  if (event.details.type === 'suite') return
  if (event.skip !== undefined || event.todo !== undefined) counts.skipped += 1
  else counts.passed += 1
})
stream.on('test:fail', event => {
  counts.failed += 1
  const file = event.file === undefined ? '' : relative(root, event.file)
  process.stderr.write(`failed: ${file} ${event.name}\n`)
})
stream.on('end', () => {
  if (counts.skipped > 0 && values['no-skips']) {
    process.stderr.write(`tests: ${counts.skipped} skipped, but nothing may be skipped here.\n`) // R2
  }
  setImmediate(() => {
    const { passed, failed, skipped } = counts
    process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`)
    const isRed = failed > 0 || passed === 0 || (skipped > 0 && values['no-skips'] === true)
    process.exitCode = isRed ? 1 : 0
  })
})
stream.compose(new spec()).pipe(process.stdout)
