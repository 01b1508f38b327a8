// Flags that several commands take, and how their values are read. A wrong value is a usage error.

import { InvalidArgumentError, Option } from 'commander'
import { parseSlo } from '../../shared/slo.ts'

export const outputOption = (): Option =>
  new Option('-o, --output <format>', 'how to print').choices(['table', 'json']).default('table')

export function parseCount(text: string): number {
  if (/^[1-9][0-9]{0,5}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Give a number from 1 to 999999.')
}

/** `8h`, `30m`, `45s`, `2d` in milliseconds. */
export function parseDuration(text: string): number {
  const match = /^([1-9][0-9]{0,5})(s|m|h|d)$/.exec(text)
  const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
  if (match === null) throw new InvalidArgumentError('Give a duration like 30m, 8h or 2d.')
  return Number(match[1]) * unitMs[match[2] as keyof typeof unitMs]
}

/** The list with one more condition: the flag may be repeated. */
export function parseCondition(text: string, before: readonly string[]): readonly string[] {
  if (parseSlo(text) === undefined) throw new InvalidArgumentError('Write it like hold.p99>50ms.')
  return [...before, text]
}

export function parseShard(text: string): number {
  if (/^[0-9]{1,6}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Give the number of a shard.')
}
