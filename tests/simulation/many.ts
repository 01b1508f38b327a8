// Many worlds in two processes: a world is one thread's work, a machine has more.

import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Tally } from './tally.ts'

const WORKERS = 2
const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))

export interface ManyWorlds {
  readonly from: number
  readonly count: number
  readonly args: readonly string[]
  readonly print: (line: string) => void
}

/** The exit code: of the first worker that failed, else 0. */
export async function runInWorkers(worlds: ManyWorlds, tally: Tally): Promise<number> {
  const share = Math.ceil(worlds.count / WORKERS)
  const codes = await Promise.all(
    Array.from({ length: WORKERS }, (_, at) => {
      const from = worlds.from + at * share
      return runWorker(
        { ...worlds, from, count: Math.min(share, worlds.count - at * share) },
        tally,
      )
    }),
  )
  return codes.find(code => code !== 0) ?? 0
}

function runWorker({ from, count, args, print }: ManyWorlds, tally: Tally): Promise<number> {
  const range = ['--worker', '--from', String(from), '--seeds', String(count)]
  const worker = fork(MAIN, [...range, ...args], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  let said = ''
  worker.stdout?.on('data', data => {
    said += data
  })
  worker.on('message', counts => tally.take(new Map(counts as [string, number][])))
  return new Promise(resolve => {
    worker.on('close', code => {
      if (said !== '') print(said)
      resolve(code ?? 1)
    })
  })
}
