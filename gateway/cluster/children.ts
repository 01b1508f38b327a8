// The processes that `usher cluster` starts: each with its role in its arguments, restarted when it dies.
//
// Owns: starting, restarting, stopping children in time.
// Leaves to others: what a child does (its own main), when all is ready (local-cluster.ts).
//
//   CH1. A child that ends unasked is started again, after a delay that doubles while it keeps dying.
//   CH2. A child that says its configuration is wrong (78) ends the whole cluster: trying again is useless.
//   CH3. Stopping waits for a child; one that takes too long is killed.

import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Role } from '../../allocator/membership.ts'
import type { Log } from '../../shared/log.ts'
import { EXIT } from '../../shared/service.ts'
import type { Leash } from './node.ts'

/** As in package.json's start: requests live shortly, in a nursery that is large enough for a turn. */
const YOUNG_SPACE = '--max-semi-space-size=64'
const DELAY_MS_MIN = 200
const DELAY_MS_MAX = 5_000
/** Who lived longer died of something new. */
const LIVED_MS_MIN = 10_000

export interface ChildOptions {
  readonly role: Exclude<Role, 'cluster'>
  readonly node: string
  readonly flags: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly leash: Leash
  readonly log: Log
  /** CH2 */
  readonly onHopeless: (code: number) => void
}

export class Child {
  readonly options: ChildOptions
  #process: ChildProcess
  #delayMs = DELAY_MS_MIN
  #bornAtMs = 0
  #restart: NodeJS.Timeout | undefined
  #isStopping = false

  constructor(options: ChildOptions) {
    this.options = options
    this.#process = this.#spawn()
  }

  get pid(): number {
    return this.#process.pid ?? 0
  }

  get isRunning(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null
  }

  /** CH3 */
  async stop(withinMs: number): Promise<void> {
    this.#isStopping = true
    clearTimeout(this.#restart)
    if (!this.isRunning) return
    const ended = new Promise<void>(resolve => this.#process.once('exit', () => resolve()))
    this.#process.kill('SIGTERM')
    const overdue = setTimeout(() => this.#process.kill('SIGKILL'), withinMs)
    await ended
    clearTimeout(overdue)
  }

  #spawn(): ChildProcess {
    const { role, node, flags, env, leash } = this.options
    const script = fileURLToPath(new URL('../cli/usher.ts', import.meta.url))
    const args = [YOUNG_SPACE, '--import', import.meta.resolve('tsx'), script, role, ...flags]
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, ...env, USHER_NODE: node },
    })
    this.#bornAtMs = performance.now()
    child.once('exit', code => this.#ended(code))
    child.on('error', () => undefined) // seen as an exit
    child.send(leash, () => undefined)
    return child
  }

  /** CH1 */
  #ended(code: number | null): void {
    if (this.#isStopping) return
    const { node, log, onHopeless } = this.options
    if (code === EXIT.configuration) return onHopeless(code) // CH2
    const hasLived = performance.now() - this.#bornAtMs > LIVED_MS_MIN
    this.#delayMs = hasLived ? DELAY_MS_MIN : this.#delayMs
    log.warn(
      { node, code, delayMs: this.#delayMs },
      'a process of the cluster ended, starting it again',
    )
    this.#restart = setTimeout(() => {
      this.#process = this.#spawn()
    }, this.#delayMs)
    this.#delayMs = Math.min(this.#delayMs * 2, DELAY_MS_MAX)
  }
}
