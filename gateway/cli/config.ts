// `usher config`: the configuration as the environment gives it, without secrets.

import { publicConfigOf, readConfig } from '../../shared/config.ts'

export function printConfig(format: string): void {
  const config = publicConfigOf(readConfig())
  if (format === 'json') {
    process.stdout.write(`${JSON.stringify(config, null, 2)}\n`)
    return
  }
  for (const [name, value] of Object.entries(config)) {
    process.stdout.write(`${name.padEnd(14)} ${textOf(value)}\n`)
  }
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.join(', ')
  return value === undefined ? '' : String(value)
}
