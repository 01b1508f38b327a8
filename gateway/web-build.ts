// Builds the browser application when its bundle is absent or older than its sources, so that one command runs all.
//
// Owns: the fingerprint of the sources and the decision to build. Leaves to others: how (web/vite.config.ts).
//
//   B1. Bundles are never committed; a fingerprint beside the bundle says what it was built from.
//   B2. A bundle is built aside and then swapped in: a server that runs never serves half of one.

import { createHash, randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from '../shared/faults.ts'
import type { Log } from '../shared/log.ts'

const WEB = join(import.meta.dirname, 'web')
const FINGERPRINT = 'built-from'

/** The folder of the current bundle. Throws Fault('configuration') when it cannot be built. */
export async function buildWeb(log: Log): Promise<string> {
  const dist = join(WEB, 'dist')
  const fingerprint = fingerprintOf(WEB)
  if (isCurrent(dist, fingerprint)) return dist
  const startedAt = performance.now()
  const aside = join(WEB, `dist-${randomUUID().slice(0, 8)}`)
  try {
    const { build } = await import('vite')
    const configFile = join(WEB, 'vite.config.ts')
    await build({ configFile, logLevel: 'error', build: { outDir: aside, emptyOutDir: true } })
    writeFileSync(join(aside, FINGERPRINT), fingerprint)
    swap(aside, dist) // B2
  } catch (cause) {
    rmSync(aside, { recursive: true, force: true })
    if (isCurrent(dist, fingerprint)) return dist // another process of this checkout was first
    const detail = 'The web page could not be built: run npm ci again and look at the cause.'
    throw new Fault('configuration', detail, { cause })
  }
  log.info({ ms: Math.round(performance.now() - startedAt) }, 'built the web page')
  return dist
}

function isCurrent(dist: string, fingerprint: string): boolean {
  const file = join(dist, FINGERPRINT)
  return existsSync(file) && readFileSync(file, 'utf8') === fingerprint
}

function swap(aside: string, dist: string): void {
  const old = `${aside}-old`
  if (existsSync(dist)) renameSync(dist, old)
  renameSync(aside, dist)
  rmSync(old, { recursive: true, force: true })
}

/** B1: names and contents of every source of the page. */
function fingerprintOf(folder: string): string {
  const hash = createHash('sha256')
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .filter(name => !name.slice(folder.length + 1).startsWith('dist'))
    .sort()
  for (const name of names) hash.update(name.slice(folder.length)).update(readFileSync(name))
  return hash.digest('hex')
}
