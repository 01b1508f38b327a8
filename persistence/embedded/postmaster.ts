// The running postmaster of one data folder, ours or one that a killed Usher left behind.
//
// Owns: reading postmaster.pid, telling a living postmaster from a stale file, ending it fast.
// Leaves to others: starting one (server.ts).
//
//   EM1. Only a process that is a Postgres of this very folder is taken over or ended.
//   EM2. A pid file whose process is something else is stale and is removed.

import { execFile } from 'node:child_process'
import { readFile, readlink, realpath, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Fault } from '../../shared/faults.ts'

const execute = promisify(execFile)
const POLL_MS = 5

export interface Postmaster {
  readonly pid: number
  readonly port: number
  readonly isReady: boolean
}

/** undefined when none runs in the folder; removes a stale pid file. EM1, EM2 */
export async function findPostmaster(folder: string): Promise<Postmaster | undefined> {
  const lines = await readPidFile(folder)
  const pid = Number(lines?.[0])
  if (lines === undefined || !Number.isInteger(pid) || pid <= 1) return undefined
  const command = await commandOf(pid)
  if (command === undefined) return undefined // Postgres itself removes the file of a dead pid
  if (!command.includes('postgres') || (await worksElsewhere(pid, folder))) {
    await rm(join(folder, 'postmaster.pid'), { force: true })
    return undefined
  }
  return { pid, port: Number(lines[3]), isReady: (lines[7] ?? '').trim() === 'ready' }
}

async function readPidFile(folder: string): Promise<string[] | undefined> {
  try {
    return (await readFile(join(folder, 'postmaster.pid'), 'utf8')).split('\n')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** The command line of a living process; undefined when there is none (or only its remains). */
async function commandOf(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    return text === '' ? undefined : text.replaceAll('\0', ' ')
  }
  if (!isAlive(pid)) return undefined
  const listed = await execute('ps', ['-p', String(pid), '-o', 'command=']).catch(() => undefined)
  return listed?.stdout ?? 'postgres'
}

/** A postmaster's working folder is its data folder; unknown counts as ours. EM1 */
async function worksElsewhere(pid: number, folder: string): Promise<boolean> {
  const working = await readlink(`/proc/${pid}/cwd`).catch(() => undefined)
  return working !== undefined && working !== (await realpath(folder))
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Resolves once connections are accepted; undefined when the process ended before that. */
export async function whenReady(
  folder: string,
  pid: number,
  waitMsMax: number,
): Promise<Postmaster | undefined> {
  const until = performance.now() + waitMsMax
  while (performance.now() < until) {
    const found = await findPostmaster(folder)
    if (found?.isReady === true) return found
    if (found === undefined && !isRunning(pid)) return undefined
    await sleep(POLL_MS)
  }
  throw new Fault(
    'database-unavailable',
    `The embedded database did not accept connections within ${waitMsMax / 1000} s: read ${folder}.log.`,
  )
}

function isRunning(pid: number): boolean {
  return pid > 0 && isAlive(pid)
}

/** "fast": sessions are ended, a checkpoint is written; after 5 s "immediate", which recovers later. */
export async function endPostmaster(folder: string, pid: number): Promise<void> {
  for (const { signal, waitMs } of [
    { signal: 'SIGINT', waitMs: 5_000 },
    { signal: 'SIGQUIT', waitMs: 2_000 },
  ] as const) {
    try {
      process.kill(pid, signal)
    } catch {
      return
    }
    const until = performance.now() + waitMs
    while (performance.now() < until) {
      const found = await findPostmaster(folder)
      if (found?.pid !== pid) return
      await sleep(POLL_MS)
    }
  }
}
