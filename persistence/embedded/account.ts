// The account the embedded Postgres runs under: Postgres refuses to run as root, people do not.
//
// Owns: choosing an account when root starts Usher, and reaching folders that only root may enter.
// Leaves to others: what is started (server.ts).
//
//   EA1. A normal user's Postgres runs as that user, untouched.
//   EA2. Root's Postgres runs as `postgres`, made when missing, or as `nobody`.
//   EA3. Below a folder that the account may not enter (a home of root, mode 0700) it is started
//        with the one capability that lets it pass; nobody's permissions are changed for it.

import { execFile, spawn } from 'node:child_process'
import { chown, stat } from 'node:fs/promises'
import { dirname, parse, resolve } from 'node:path'
import { promisify } from 'node:util'
import { Fault } from '../../shared/faults.ts'

const execute = promisify(execFile)

export interface Account {
  readonly uid: number
  readonly gid: number
}

/** undefined: not root, so run as ourselves. EA1, EA2 */
export async function accountForPostgres(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const existing = await accountNamed('postgres')
  if (existing !== undefined) return existing
  await execute('useradd', ['--system', '--user-group', '--no-create-home', 'postgres']).catch(
    () => undefined,
  )
  const usable = (await accountNamed('postgres')) ?? (await accountNamed('nobody'))
  if (usable !== undefined) return usable
  throw new Fault(
    'unsupported-platform',
    'Postgres refuses to run as root and this machine has neither a "postgres" nor a "nobody" user: ' +
      'start Usher as a normal user, or set DATABASE_URL.',
  )
}

async function accountNamed(name: string): Promise<Account | undefined> {
  try {
    const [uid, gid] = await Promise.all([
      execute('id', ['-u', name]).then(result => Number(result.stdout)),
      execute('id', ['-g', name]).then(result => Number(result.stdout)),
    ])
    return Number.isInteger(uid) && uid !== 0 ? { uid, gid } : undefined
  } catch {
    return undefined
  }
}

export async function giveTo(account: Account | undefined, path: string): Promise<void> {
  if (account !== undefined) await chown(path, account.uid, account.gid)
}

export interface Launch {
  readonly command: string
  readonly args: readonly string[]
  readonly uid?: number
  readonly gid?: number
}

/** How to start `command` under the account so that it reaches every one of `paths`. EA3 */
export async function launchOf(
  account: Account | undefined,
  command: string,
  args: readonly string[],
  paths: readonly string[],
): Promise<Launch> {
  if (account === undefined) return { command, args }
  const isReachable = await Promise.all(paths.map(path => canReach(account, path)))
  if (isReachable.every(Boolean)) return { command, args, ...account }
  await requireSetpriv(paths)
  const privileges = [
    `--reuid=${account.uid}`,
    `--regid=${account.gid}`,
    '--clear-groups',
    '--inh-caps=-all,+dac_override',
    '--ambient-caps=-all,+dac_override',
    '--bounding-set=-all,+dac_override',
  ]
  return { command: 'setpriv', args: [...privileges, '--', command, ...args] }
}

async function requireSetpriv(paths: readonly string[]): Promise<void> {
  try {
    await execute('setpriv', ['--version'])
  } catch (error) {
    throw new Fault(
      'unsupported-platform',
      `Started as root, but the database's own account may not enter the folders above ${paths.join(' or ')}: ` +
        'move Usher out of a private home folder, set USHER_DATA_DIR, or start it as a normal user.',
      { cause: error },
    )
  }
}

async function canReach(account: Account, path: string): Promise<boolean> {
  const root = parse(resolve(path)).root
  for (let folder = dirname(resolve(path)); folder !== root; folder = dirname(folder)) {
    const { uid, gid, mode } = await stat(folder)
    const shift = uid === account.uid ? 6 : gid === account.gid ? 3 : 0
    if (((mode >> shift) & 1) === 0) return false
  }
  return true
}

/** Runs to the end; rejects with what the program said on stderr. */
export function run(launch: Launch, environment: Readonly<Record<string, string>>): Promise<void> {
  const { command, args, ...account } = launch
  return new Promise((resolveRun, reject) => {
    const child = spawn(command, args, {
      ...account,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    child.stderr.on('data', chunk => {
      said = (said + String(chunk)).slice(-4_000)
    })
    child.on('error', reject)
    child.on('close', code => {
      if (code === 0) resolveRun()
      else reject(new Error(`${command} ended with ${code}: ${said.trim()}`))
    })
  })
}
