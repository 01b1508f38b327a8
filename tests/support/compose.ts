// docker-compose.yml as the engine would see it: anchors merged, ${NAME:-default} filled in.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

export const root = join(import.meta.dirname, '../..')

export interface ComposeService {
  readonly image: string
  readonly build?: { readonly context: string; readonly dockerfile: string }
  readonly command?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean }
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly profiles?: readonly string[]
}

export interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>
  readonly volumes: Readonly<Record<string, object>>
}

export function readYaml<Shape>(path: string, variables: Readonly<Record<string, string>> = {}) {
  const text = readFileSync(join(root, path), 'utf8')
  return parse(filledIn(text, variables), { merge: true }) as Shape
}

export function readCompose(variables: Readonly<Record<string, string>> = {}): Compose {
  return readYaml<Compose>('docker-compose.yml', variables)
}

/** `${NAME:-default}`, the only form that the file uses. */
function filledIn(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{([A-Z0-9_]+):-([^}]*)\}/g, (_, name: string, fallback: string) => {
    return variables[name] ?? fallback
  })
}

/** NAME=value lines. */
export function readEnvFile(path: string): Record<string, string> {
  const lines = readFileSync(join(root, path), 'utf8').split('\n')
  const pairs = lines.flatMap(line => {
    const match = /^([A-Z0-9_]+)=(.*)$/.exec(line)
    return match === null ? [] : [[match[1] ?? '', match[2] ?? ''] as const]
  })
  return Object.fromEntries(pairs)
}
