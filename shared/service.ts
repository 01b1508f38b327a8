// Run, drain, stop: the one place of a process that catches Faults and Bugs and decides how it ends.
//
// Owns: signals, the exit code, the order and the time limit of stopping.
// Leaves to others: what stopping means (each part hands in its own stop).
//
//   V1. SIGTERM or SIGINT: every part stops in reverse order of start; exit 0 within 8 s.
//   V2. A Fault ends the process with its sentence; configuration faults exit with 78.
//   V3. A Bug or an unknown error ends the process at once, without draining: recovery rebuilds it.

import { Fault, type FaultKind } from './faults.ts'
import type { Log } from './log.ts'

export const EXIT = Object.freeze({
  ok: 0,
  failure: 1,
  usage: 2,
  notFound: 3,
  conflict: 4,
  sloMissed: 10,
  incorrect: 11,
  configuration: 78,
})

const STOP_MS_MAX = 8_000
const CONFIGURATION_KINDS: readonly FaultKind[] = [
  'configuration',
  'database-held',
  'port-in-use',
  'unsupported-platform',
]

export function exitCodeOf(error: unknown): number {
  if (error instanceof Fault && error.kind === 'restore-refused') return EXIT.conflict
  const isConfiguration = error instanceof Fault && CONFIGURATION_KINDS.includes(error.kind)
  return isConfiguration ? EXIT.configuration : EXIT.failure
}

/** What people read on stderr when a process cannot go on. */
export function sentenceOf(error: unknown): string {
  if (error instanceof Fault) return `usher: ${error.message}`
  if (error instanceof Error) return `usher: ${error.stack ?? error.message}`
  return `usher: ${String(error)}`
}

interface Part {
  readonly name: string
  readonly stop: () => Promise<void> | void
}

/** The life of one process. Parts register as they start; `end` is called once, by whatever comes first. */
export class Service {
  readonly #parts: Part[] = []
  readonly #log: Log
  #report: (error: unknown) => void = () => undefined
  #isEnding = false

  constructor(log: Log) {
    this.#log = log
    process.on('SIGTERM', () => void this.end(EXIT.ok, 'SIGTERM'))
    process.on('SIGINT', () => void this.end(EXIT.ok, 'SIGINT'))
    process.on('uncaughtException', error => this.fail(error))
    process.on('unhandledRejection', error => this.fail(error))
  }

  /** From now on failures are reported there too; it returns when the report is out. */
  reportTo(report: (error: unknown) => void): void {
    this.#report = report
  }

  /** Remembers how to stop a part that has just started. */
  onStop(name: string, stop: () => Promise<void> | void): void {
    this.#parts.push({ name, stop })
  }

  /** V2, V3: a Fault stops the parts in order, anything else ends at once. */
  fail(error: unknown): void {
    process.stderr.write(`${sentenceOf(error)}\n`)
    this.#report(error)
    if (error instanceof Fault) {
      void this.end(exitCodeOf(error), error.kind)
      return
    }
    process.exit(EXIT.failure)
  }

  async end(code: number, reason: string): Promise<void> {
    if (this.#isEnding) return
    this.#isEnding = true
    this.#log.info({ reason }, 'stopping')
    const overdue = setTimeout(() => {
      process.stderr.write(`usher: stopping took over ${STOP_MS_MAX / 1000} s, ending now\n`)
      process.exit(code === EXIT.ok ? EXIT.failure : code)
    }, STOP_MS_MAX)
    for (const part of this.#parts.reverse()) {
      try {
        await part.stop()
      } catch (error) {
        this.#log.error({ err: error, part: part.name }, 'a part did not stop cleanly')
      }
    }
    clearTimeout(overdue)
    this.#log.info('stopped')
    this.#log.flush()
    process.exit(code)
  }
}
