// What the figures were measured on: the machine, its disk, and CPU seconds of process trees.

import { execFileSync } from 'node:child_process'
import {
  closeSync,
  fdatasyncSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { availableParallelism, cpus, release, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly kernel: string
  readonly node: string
}

export function machineOf(): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
  }
}

/** The short commit of the checkout, with `+` when files differ from it. */
export function commitOf(): string {
  try {
    const git = (...args: string[]): string =>
      execFileSync('git', args, { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'ignore'] })
        .toString()
        .trim()
    return (
      git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '-uno') === '' ? '' : '+')
    )
  } catch {
    return 'unknown'
  }
}

/** append + fdatasync of 4 KiB, as often as fits in about a second; milliseconds. */
export function measureDisk(): {
  readonly fdatasyncP50Ms: number
  readonly fdatasyncP99Ms: number
} {
  const folder = mkdtempSync(join(tmpdir(), 'usher-disk-'))
  const file = openSync(join(folder, 'probe'), 'a')
  const block = Buffer.alloc(4096, 1)
  const times: number[] = []
  const end = performance.now() + 1_000
  while (performance.now() < end && times.length < 2_000) {
    const start = performance.now()
    writeSync(file, block)
    fdatasyncSync(file)
    times.push(performance.now() - start)
  }
  closeSync(file)
  rmSync(folder, { recursive: true })
  times.sort((left, right) => left - right)
  const at = (part: number): number => times[Math.floor((times.length - 1) * part)] ?? 0
  return { fdatasyncP50Ms: at(0.5), fdatasyncP99Ms: at(0.99) }
}

/** Linux counts process time in these ticks a second. */
const TICKS_PER_SECOND = 100

/**
 * User + system seconds so far of processes and all their descendants; keys name the program, of a
 * cluster's process its role.
 */
export function cpuSecondsOf(...roots: readonly number[]): Map<string, number> {
  const parents = new Map<number, number>()
  const used = new Map<number, { name: string; seconds: number }>()
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry)
    if (!Number.isInteger(pid)) continue
    const stat = statOf(pid)
    if (stat === undefined) continue
    parents.set(pid, stat.parent)
    used.set(pid, stat)
  }
  const totals = new Map<string, number>()
  for (const [pid, { name, seconds }] of used) {
    if (!roots.some(root => descends(pid, root, parents))) continue
    totals.set(name, (totals.get(name) ?? 0) + seconds)
  }
  return totals
}

function descends(pid: number, root: number, parents: ReadonlyMap<number, number>): boolean {
  for (let at: number | undefined = pid; at !== undefined && at > 1; at = parents.get(at)) {
    if (at === root) return true
  }
  return false
}

function statOf(
  pid: number,
): { readonly name: string; readonly parent: number; readonly seconds: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const close = text.lastIndexOf(')')
    const name = text.slice(text.indexOf('(') + 1, close)
    const fields = text.slice(close + 2).split(' ')
    // after the name: state, ppid, ...; utime, stime and the reaped children's times are 11 to 14
    const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0)
    return { name: nameOf(name, pid), parent: Number(fields[1]), seconds: ticks / TICKS_PER_SECOND }
  } catch {
    return undefined // it ended between the listing and the look
  }
}

function nameOf(program: string, pid: number): string {
  if (program.startsWith('postgres')) return 'postgres'
  return program.startsWith('node') ? (roleOf(pid) ?? 'node') : program
}

/** As its arguments say. */
function roleOf(pid: number): string | undefined {
  const words = readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0')
  return words.find(word => ['gateway', 'allocator', 'ledger', 'cluster'].includes(word))
}

export function residentBytesOf(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(line?.[1] ?? 0) * 1024
}
