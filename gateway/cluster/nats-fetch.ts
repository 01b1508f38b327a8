// Fetches nats-server without root and without touching the system: the package of a newer Debian suite.
//
// Owns: asking the machine's own apt where its mirror is, a private package list, unpacking.
// Leaves to others: whether a found or fetched server is good enough (nats-server.ts).
//
//   NF1. The mirror is the one this machine already uses, and signatures are checked as apt does.
//   NF2. Nothing outside the private folder and the target file is written; the target appears whole.

import { execFile } from 'node:child_process'
import { chmod, copyFile, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
/** its nats-server is new enough, and its single static binary runs on older Debians too */
const SUITE = 'forky'
const KEYRINGS = [
  '/usr/share/keyrings/debian-archive-keyring.gpg',
  '/usr/share/keyrings/debian-archive-keyring.pgp',
]
const PLACES = ['usr/sbin/nats-server', 'usr/bin/nats-server']
const FETCH_MS_MAX = 150_000

/** Puts the binary at `target`; throws with the reason when this machine cannot. */
export async function fetchNatsServer(target: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'usher-fetch-'))
  try {
    const apt = await privateApt(folder, await mirrorOf())
    await apt('update')
    await apt('download', 'nats-server')
    const names = await readdir(folder)
    const name = names.find(file => file.startsWith('nats-server_') && file.endsWith('.deb'))
    if (name === undefined) throw new Error('the mirror has no nats-server')
    await run('dpkg', ['-x', join(folder, name), join(folder, 'unpacked')])
    const binary = await firstThatExists(PLACES.map(place => join(folder, 'unpacked', place)))
    if (binary === undefined) throw new Error('its package holds no nats-server')
    await place(binary, target)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The mirror of the main archive, as apt itself reads its sources. NF1 */
async function mirrorOf(): Promise<string> {
  const { stdout } = await run('apt-get', [
    'indextargets',
    '--no-release-info',
    '--format',
    '$(COMPONENT)|$(RELEASE)|$(REPO_URI)',
    'Created-By: Packages',
  ])
  const rows = stdout.split('\n').map(line => line.split('|'))
  const main = rows.find(
    ([component, release, uri]) =>
      component === 'main' && !/-|^nodistro/.test(release ?? '-') && /\/debian\/?$/.test(uri ?? ''),
  )
  if (main?.[2] === undefined) throw new Error('apt knows no mirror of the Debian archive')
  return main[2]
}

type Apt = (...args: string[]) => Promise<unknown>

async function privateApt(folder: string, mirror: string): Promise<Apt> {
  const keyring = await firstThatExists(KEYRINGS)
  const trust = keyring === undefined ? '' : `[signed-by=${keyring}] `
  const sources = join(folder, 'sources.list')
  await writeFile(sources, `deb ${trust}${mirror} ${SUITE} main\n`)
  await mkdir(join(folder, 'lists/partial'), { recursive: true })
  await mkdir(join(folder, 'cache/archives/partial'), { recursive: true })
  const settings = [
    `Dir::Etc::sourcelist=${sources}`,
    'Dir::Etc::sourceparts=/dev/null',
    `Dir::State::Lists=${join(folder, 'lists')}`,
    `Dir::Cache=${join(folder, 'cache')}`,
    'APT::Sandbox::User=root',
    'Acquire::Languages=none',
    'Acquire::Retries=1',
    'Acquire::http::Timeout=15',
  ].flatMap(setting => ['-o', setting])
  return (...args) =>
    run('apt-get', ['-qq', ...settings, ...args], { cwd: folder, timeout: FETCH_MS_MAX })
}

async function firstThatExists(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const names = await readdir(dirname(path)).catch(() => [] as string[])
    if (names.some(name => path.endsWith(`/${name}`))) return path
  }
  return undefined
}

/** Two processes may fetch at once: each renames its own whole copy into place. NF2 */
async function place(source: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true })
  const whole = `${target}.${process.pid}`
  await copyFile(source, whole)
  await chmod(whole, 0o755)
  await rename(whole, target)
}
