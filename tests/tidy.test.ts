// Keeps the style page: sizes, import direction, a pure core, rule ids that are tested.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import test from 'node:test'

const root = join(import.meta.dirname, '..')
const FILE_LINES_MAX = 350
const FUNCTION_LINES_MAX = 70
const LINE_COLUMNS_MAX = 100

const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root })
  .toString()
  .split('\n')
  .filter(name => name !== '' && existsSync(join(root, name)))
const sources = files.filter(name => /\.tsx?$/.test(name))

function linesOf(name: string): string[] {
  return readFileSync(join(root, name), 'utf8').split('\n')
}

/** Every function or method as [first line, line count]: formatted code closes at its own indent. */
function functionsOf(lines: readonly string[]): { at: number; count: number }[] {
  const found: { at: number; count: number }[] = []
  lines.forEach((line, at) => {
    const isStart =
      /^\s*(export )?(default )?(async )?function\b.*[({]$/.test(line) ||
      /^\s+(override )?(static )?(async )?(get |set )?#?[a-zA-Z]\w*\(.*\).*\{$/.test(line) ||
      /=> \{$/.test(line)
    if (!isStart || /^\s*(if|for|while|switch|catch|return|test|describe)\b/.test(line)) return
    const indent = (/^\s*/.exec(line) ?? [''])[0]
    const closing = new RegExp(`^${indent}\\}`)
    for (let end = at + 1; end < lines.length; end += 1) {
      if (
        closing.test(lines[end] ?? '') &&
        !/^\s*\} ?(else|catch|finally|: )/.test(lines[end] ?? '')
      ) {
        found.push({ at: at + 1, count: end - at + 1 })
        return
      }
    }
  })
  return found
}

test('style SIZE: no file, function or line grows past its ceiling', () => {
  const tooBig: string[] = []
  for (const name of sources) {
    const lines = linesOf(name)
    if (lines.length - 1 > FILE_LINES_MAX) tooBig.push(`${name}: ${lines.length - 1} lines`)
    for (const { at, count } of functionsOf(lines)) {
      if (count > FUNCTION_LINES_MAX) tooBig.push(`${name}:${at}: a function of ${count} lines`)
    }
    lines.forEach((line, index) => {
      if (line.length > LINE_COLUMNS_MAX && !/['"`/]/.test(line)) {
        tooBig.push(`${name}:${index + 1}: ${line.length} columns`)
      }
    })
  }
  assert.deepEqual(tooBig, [])
})

const ALLOWED: readonly (readonly [from: RegExp, to: RegExp])[] = [
  [/^shared\//, /^shared\//],
  [/^allocator\/core\//, /^(shared|allocator\/core)\//],
  [/^allocator\//, /^(shared|allocator)\//],
  [/^persistence\//, /^(shared|persistence)\//],
  [/^gateway\/web\//, /^(gateway\/web)\//],
  [
    /^gateway\/(main|embedded|cli\/|ops\/|cluster\/)/,
    /^(shared|gateway|persistence|allocator|bench)\b/,
  ],
  [/^gateway\//, /^(shared|gateway|persistence)\//],
  [/^bench\//, /./],
  [/^tests\//, /./],
]

function importsOf(name: string): string[] {
  const text = readFileSync(join(root, name), 'utf8')
  const pattern = /(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g
  return [...text.matchAll(pattern)].map(match =>
    relative(root, normalize(join(root, dirname(name), match[1] ?? ''))),
  )
}

test('style LAYOUT: imports point inward', () => {
  const wrong: string[] = []
  for (const name of sources) {
    const rule = ALLOWED.find(([from]) => from.test(name))
    assert.ok(rule !== undefined, `${name} is in no known place`)
    for (const target of importsOf(name)) {
      if (!rule[1].test(target)) wrong.push(`${name} -> ${target}`)
    }
  }
  assert.deepEqual(wrong, [])
})

test('D4 the core has no clock, randomness, console, timers or await', () => {
  const impure =
    /\b(Date\.now|new Date|Math\.random|console\.|setTimeout|setInterval|setImmediate|queueMicrotask|await |async |performance\.|process\.)/
  const wrong: string[] = []
  for (const name of sources.filter(file => file.startsWith('allocator/core/'))) {
    linesOf(name).forEach((line, index) => {
      const code = line.replace(/\/\/.*$/, '').replace(/^\s*\*.*$/, '')
      if (impure.test(code)) wrong.push(`${name}:${index + 1}: ${line.trim()}`)
    })
  }
  assert.deepEqual(wrong, [])
})

test('style TESTS: every rule id of SPEC.md is found in a test', () => {
  const spec = readFileSync(join(root, 'allocator/SPEC.md'), 'utf8')
  const ids = new Set([...spec.matchAll(/\*\*([A-Z][0-9]{1,2})\*\*/g)].map(match => match[1] ?? ''))
  assert.ok(ids.size >= 30, `SPEC.md names only ${ids.size} rules`)
  const titles = sources
    .filter(name => name.startsWith('tests/'))
    .map(name => readFileSync(join(root, name), 'utf8'))
    .join('\n')
  const missing = [...ids].filter(id => !new RegExp(`\\b${id}\\b`).test(titles))
  assert.deepEqual(missing, [])
})

test('style TESTS: nothing is skipped, focused or left to do', () => {
  const soft = /\b(test|it|describe)\.(skip|only|todo)\(/
  const wrong = sources.filter(
    name => name !== 'tests/tidy.test.ts' && soft.test(readFileSync(join(root, name), 'utf8')),
  )
  assert.deepEqual(wrong, [])
})

test('the lockfile names no host and every pin is exact', () => {
  assert.ok(!readFileSync(join(root, 'package-lock.json'), 'utf8').includes('"resolved"'))
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>
    devDependencies: Record<string, string>
  }
  const pins = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })
  const loose = pins.filter(
    ([, version]) => !/^(npm:[^@]*@?[^@]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(version),
  )
  assert.deepEqual(loose, [])
})
