// The embedded Postgres of one data folder: made once, started, taken over, stopped.
//
// Owns: the cluster's folder, its settings, its port and its password.
// Leaves to others: what is inside the database (migrate.ts), who may write (database-lock.ts).
//
//   ES1. The folder appears whole or not at all: it is made beside its place and renamed.
//   ES2. What is acknowledged survives a power cut: fsync, full pages, synchronous commits.
//   ES3. Killing Node does not kill Postgres; the next start takes the running one over.
//   ES4. It listens on loopback and in a private folder only, with a random password.

import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, openSync, statSync, truncateSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Fault } from '../../shared/faults.ts'
import { type Account, accountForPostgres, giveTo, launchOf, run } from './account.ts'
import { type Binaries, findBinaries } from './binaries.ts'
import { endPostmaster, findPostmaster, isAlive, type Postmaster, whenReady } from './postmaster.ts'

const USER = 'usher'
const DATABASE = 'postgres'
const START_MS_MAX = 60_000
const LOG_BYTES_MAX = 8 * 1024 * 1024
/** sun_path is 108 bytes on Linux and 104 on macOS, with `/.s.PGSQL.65535` behind the folder */
const SOCKET_DIR_LENGTH_MAX = 85

const SETTINGS: Readonly<Record<string, string>> = {
  // ES2
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  // one machine, no replicas: the least log for the same durability
  wal_level: 'minimal',
  max_wal_senders: '0',
  wal_buffers: '16MB',
  min_wal_size: '256MB',
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  // small, but the hot indexes of the ledger fit
  shared_buffers: '128MB',
  // the pools of a local cluster's processes
  max_connections: '120',
  max_worker_processes: '2',
  max_parallel_workers_per_gather: '0',
  autovacuum_max_workers: '1',
  io_method: 'sync',
  jit: 'off',
  // a pool that lost its process gives its locks back soon
  client_connection_check_interval: '1s',
  tcp_keepalives_idle: '30',
  log_checkpoints: 'off',
  logging_collector: 'off',
  // text search and names do not depend on the machine's locale
  datestyle: 'iso, ymd',
  timezone: 'UTC',
  log_timezone: 'UTC',
}

export interface EmbeddedServer {
  readonly url: string
  readonly pid: number
  /** this process started it, rather than finding it running */
  readonly isOwn: boolean
  stop(): Promise<void>
}

interface Secrets {
  readonly password: string
  readonly port: number
}

/** Starts, or takes over, the Postgres of `dataDir`/postgres. */
export async function startEmbedded(dataDir: string): Promise<EmbeddedServer> {
  const folder = join(dataDir, 'postgres')
  const secrets = await readSecrets(dataDir)
  const running = await findPostmaster(folder)
  if (running !== undefined) return takeOver(dataDir, running, secrets) // ES3
  const binaries = await findBinaries(join(dataDir, 'postgres-lib'))
  const account = await accountForPostgres()
  if (!existsSync(join(folder, 'PG_VERSION'))) {
    await initialise(dataDir, binaries, account, secrets.password)
  }
  await refuseOtherVersion(folder)
  const started = await launch(dataDir, binaries, account, secrets)
  return serverOf(dataDir, started.postmaster, secrets, started.isOwn)
}

async function takeOver(
  dataDir: string,
  running: Postmaster,
  secrets: Secrets,
): Promise<EmbeddedServer> {
  const ready = await whenReady(join(dataDir, 'postgres'), running.pid, START_MS_MAX)
  if (ready === undefined) return startEmbedded(dataDir)
  return serverOf(dataDir, ready, secrets, false)
}

function serverOf(
  dataDir: string,
  postmaster: Postmaster,
  secrets: Secrets,
  isOwn: boolean,
): EmbeddedServer {
  const folder = join(dataDir, 'postgres')
  const socketDir = socketDirOf(dataDir)
  const query = socketDir === '' ? '' : `?host=${encodeURIComponent(socketDir)}`
  const host = `127.0.0.1:${postmaster.port}`
  return {
    url: `postgres://${USER}:${secrets.password}@${host}/${DATABASE}${query}`,
    pid: postmaster.pid,
    isOwn,
    stop: () => endPostmaster(folder, postmaster.pid),
  }
}

/** '' when the path would not fit into a socket's address, or sockets are no files (Windows). */
function socketDirOf(dataDir: string): string {
  const folder = join(dataDir, 'postgres')
  const fits = Buffer.byteLength(folder) <= SOCKET_DIR_LENGTH_MAX
  return fits && process.platform !== 'win32' && !folder.includes(',') ? folder : ''
}

const SECRETS_FILE = 'database.json'

/** Written before the cluster exists, so that a cluster never lacks its password. ES4 */
async function readSecrets(dataDir: string): Promise<Secrets> {
  const path = join(dataDir, SECRETS_FILE)
  for (;;) {
    const text = await readFile(path, 'utf8').catch(() => undefined)
    if (text !== undefined) return JSON.parse(text) as Secrets
    const secrets: Secrets = { password: randomBytes(24).toString('hex'), port: await freePort() }
    await writeSecrets(dataDir, secrets, 'wx')
  }
}

/** With 'wx' the first of two processes wins, and both read the same afterwards. */
async function writeSecrets(dataDir: string, secrets: Secrets, flag: 'w' | 'wx'): Promise<void> {
  const path = join(dataDir, SECRETS_FILE)
  if (flag === 'wx' && existsSync(path)) return
  const draft = `${path}.${process.pid}`
  await writeFile(draft, `${JSON.stringify(secrets)}\n`, { mode: 0o600, flush: true })
  await rename(draft, path)
}

async function freePort(wanted = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', error => (wanted === 0 ? reject(error) : resolve(freePort())))
    server.listen({ port: wanted, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}

async function initialise(
  dataDir: string,
  binaries: Binaries,
  account: Account | undefined,
  password: string,
): Promise<void> {
  await removeAbandoned(dataDir)
  const draft = join(dataDir, `postgres-${process.pid}.new`)
  const passwordFile = join(dataDir, `postgres-${process.pid}.pw`)
  await mkdir(draft, { mode: 0o700 })
  await giveTo(account, draft)
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 })
  await giveTo(account, passwordFile)
  const args = [
    `--pgdata=${draft}`,
    `--username=${USER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
  ]
  try {
    await run(await launchOf(account, binaries.initdb, args, [binaries.initdb, draft]), {
      ...binaries.environment,
      LC_ALL: 'C',
    })
    await rename(draft, join(dataDir, 'postgres')) // ES1
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    if (!existsSync(join(dataDir, 'postgres'))) throw initialiseFault(dataDir, error)
  } finally {
    await rm(passwordFile, { force: true })
  }
}

function initialiseFault(dataDir: string, cause: unknown): Fault {
  if (cause instanceof Fault) return cause
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new Fault(
    'database-unavailable',
    `The embedded database could not be created in ${dataDir}: ${reason}`,
    { cause },
  )
}

/** Halves that a killed start left behind. */
async function removeAbandoned(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    const pid = /^postgres-([0-9]+)\.(new|pw)$/.exec(name)?.[1]
    if (pid === undefined || (Number(pid) !== process.pid && isAlive(Number(pid)))) continue
    await rm(join(dataDir, name), { recursive: true, force: true })
  }
}

const MAJOR = '18'

async function refuseOtherVersion(folder: string): Promise<void> {
  const version = (await readFile(join(folder, 'PG_VERSION'), 'utf8')).trim()
  if (version === MAJOR) return
  throw new Fault(
    'database-unavailable',
    `The database in ${folder} was made by Postgres ${version}, this Usher brings ${MAJOR}: ` +
      'start the Usher that made it, or move the data over with pg_dump.',
  )
}

interface Started {
  readonly postmaster: Postmaster
  readonly isOwn: boolean
}

async function launch(
  dataDir: string,
  binaries: Binaries,
  account: Account | undefined,
  secrets: Secrets,
): Promise<Started> {
  const folder = join(dataDir, 'postgres')
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort(secrets.port)
    if (port !== secrets.port) await writeSecrets(dataDir, { ...secrets, port }, 'w')
    const pid = await spawnServer(dataDir, binaries, account, port)
    const postmaster = await whenReady(folder, pid, START_MS_MAX)
    if (postmaster !== undefined) return { postmaster, isOwn: postmaster.pid === pid }
    // somebody was quicker with the port, or is still letting go of the folder
    if (attempt === 5) break
    await sleep(100 * attempt)
  }
  const log = await readFile(`${folder}.log`, 'utf8').catch(() => '')
  throw new Fault(
    'database-unavailable',
    `The embedded database in ${folder} did not start: ${log.trim().split('\n').slice(-3).join(' ')}`,
  )
}

/** Its own session: a Ctrl-C in the terminal reaches Usher, which ends it after draining. */
async function spawnServer(
  dataDir: string,
  binaries: Binaries,
  account: Account | undefined,
  port: number,
): Promise<number> {
  const folder = join(dataDir, 'postgres')
  const settings: Record<string, string> = {
    ...SETTINGS,
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: socketDirOf(dataDir),
    unix_socket_permissions: '0777', // the folder itself is closed to others
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const args = ['-D', folder, ...flags]
  const start = await launchOf(account, binaries.postgres, args, [binaries.postgres, folder])
  const logPath = `${folder}.log`
  if (existsSync(logPath) && statSync(logPath).size > LOG_BYTES_MAX) truncateSync(logPath)
  const log = openSync(logPath, 'a', 0o600)
  const { command, args: commandArgs, ...ids } = start
  const child = spawn(command, commandArgs, {
    ...ids,
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, ...binaries.environment, LC_ALL: 'C', PGDATA: '' },
  })
  child.on('error', () => undefined) // no pid: the caller sees that it never became ready
  child.unref()
  closeSync(log)
  return child.pid ?? 0
}
