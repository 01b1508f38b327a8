// The log: pino to standard error by an asynchronous destination, nothing per seat operation at info.

import { destination, type Logger, pino } from 'pino'

export type Log = Logger

/** `service` names the process role in every line; data goes to stdout, so talk goes to stderr. */
export function createLog(service: string, level: string): Log {
  const target = destination({ dest: 2, sync: false, minLength: 0 })
  return pino({ level, base: { service, pid: process.pid } }, target)
}
