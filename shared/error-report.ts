// Reports what ends a process to Sentry, when SENTRY_DSN is set.
//
// Owns: sending it before the process is gone, without letting the process go on meanwhile.
// Leaves to others: what is worth a report (service.ts), the sending itself (error-report.mjs).
//
//   X1. The caller's thread stands still until the report is sent or its time is over: after a Bug
//       nothing may be decided any more. A process that does not fail never loads the reporter.

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const SEND_MS_MAX = 3_000

/** Never throws; the exit code of the sender, or undefined when it had no time. */
export function reportError(dsn: string, release: string, error: unknown): number | undefined {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error))
  const sender = fileURLToPath(new URL('./error-report.mjs', import.meta.url))
  const sent = spawnSync(process.execPath, [sender], {
    input: JSON.stringify({ dsn, release, name, message, stack }),
    timeout: SEND_MS_MAX,
    env: { PATH: process.env.PATH ?? '' },
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  return sent.status ?? undefined
}
