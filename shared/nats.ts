// How every process reaches the broker, and which broker is good enough.
//
// Owns: the settings of a connection to NATS, the version rule, the sentence when nothing answers.
// Leaves to others: what is said over it (links, feeds, the journal), JetStream's own checks.
//
//   N1. A connection heals for ever: silence is settled above it, by numbers and hashes, never here.
//   N2. nats-server from 2.12.12 (2.12), or from 2.14.3: older ones lose or reorder acknowledged writes.

import { connect, type NatsConnection } from '@nats-io/transport-node'
import { Fault } from './faults.ts'

export interface NatsOptions {
  /** `nats://user:password@host:port`; credentials of the first one that has some are used for all */
  readonly urls: readonly string[]
  /** told to the broker: the node's id */
  readonly name: string
  /** how long the first connect may take */
  readonly connectMs?: number
  /** how long the other side may be silent until it is asked; noticed after twice that */
  readonly pingMs?: number
}

/** Throws Fault('broker-unreachable') when no broker lets us in; afterwards it reconnects. N1 */
export async function connectNats(options: NatsOptions): Promise<NatsConnection> {
  const { servers, user, pass } = addressOf(options.urls)
  try {
    return await connect({
      servers: [...servers],
      name: options.name,
      timeout: options.connectMs ?? 3_000,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 50,
      reconnectJitter: 50,
      pingInterval: options.pingMs ?? 2_000,
      maxPingOut: 1,
      noAsyncTraces: true,
      ignoreAuthErrorAbort: true,
      ...(user === undefined ? {} : { user, pass: pass ?? '' }),
    })
  } catch (cause) {
    throw new Fault('broker-unreachable', sentenceOf(servers, cause), { cause })
  }
}

interface Address {
  readonly servers: readonly string[]
  readonly user: string | undefined
  readonly pass: string | undefined
}

function addressOf(urls: readonly string[]): Address {
  const parsed = urls.map(url => new URL(url.includes('://') ? url : `nats://${url}`))
  const named = parsed.find(url => url.username !== '')
  return {
    servers: parsed.map(url => url.host),
    user: named === undefined ? undefined : decodeURIComponent(named.username),
    pass: named === undefined ? undefined : decodeURIComponent(named.password),
  }
}

function sentenceOf(servers: readonly string[], cause: unknown): string {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const where = servers.join(', ')
  return /authorization/i.test(reason)
    ? `NATS at ${where} refused the user. Put user and password into NATS_URL.`
    : `NATS at ${where} did not answer (${reason}). Start it, or set NATS_URL.`
}

export const NATS_VERSIONS = '2.12.12 or a later 2.12, or 2.14.3 or newer'

/** N2; `text` may carry a leading v or text around the number, as `nats-server -v` prints it. */
export function isFitNatsVersion(text: string): boolean {
  const match = /(\d+)\.(\d+)\.(\d+)/.exec(text)
  if (match === null) return false
  const [major, minor, patch] = match.slice(1).map(Number) as [number, number, number]
  if (major !== 2) return major > 2
  if (minor === 12) return patch >= 12
  return minor > 14 || (minor === 14 && patch >= 3)
}
