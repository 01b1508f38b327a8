// What a broker must be like before an allocator trusts it with a sale.
//
// Owns: the checks at start and their sentences. Leaves to others: creating streams (jetstream-streams.ts).
//
//   BC1. A version that loses or reorders acknowledged writes is refused (N2).
//   BC2. Every server that is named must sync each write before it acknowledges it; one that cannot
//        be read counts as one that does not.
//   BC3. A stream that is not ours, or whose settings could drop or change frames, is refused.
//   BC4. `allowDegraded` turns what weakens durability (BC1, BC2, storage, replicas) into warnings,
//        which every health answer then says; what belongs to somebody else stays refused.
//   E8. A journal whose tail is behind what Postgres knows has lost frames.

import { type JetStreamManager, jetstreamManager, type StreamInfo } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/nats-core'
import { Fault } from '../../shared/faults.ts'
import { sameBytes } from '../../shared/frame.ts'
import type { FrameNumber, ShardNumber } from '../../shared/ids.ts'
import { isFitNatsVersion, NATS_VERSIONS } from '../../shared/nats.ts'
import type { Journal } from '../../shared/ports.ts'
import {
  type ClusterStreams,
  ensureStreams,
  IDENTITY,
  SHARD_COUNT,
  settingsOf,
} from './jetstream-streams.ts'

export interface BrokerOptions extends ClusterStreams {
  readonly nats: NatsConnection
  /** the monitoring address of each server, `http://host:8222` */
  readonly monitorUrls: readonly string[]
  readonly allowDegraded: boolean
}

interface Problem {
  readonly sentence: string
  readonly isDurability: boolean
}

const MONITOR_MS_MAX = 3_000
const ANSWER_MS_MAX = 5_000

/**
 * Checks the broker, creates missing streams, checks those that exist. Returns the warnings (BC4);
 * throws Fault('configuration') that lists every problem, or Fault('broker-unreachable').
 */
export async function prepareBroker(options: BrokerOptions): Promise<readonly string[]> {
  const warnings = judge(await serverProblems(options), options)
  try {
    const timeout = ANSWER_MS_MAX
    const manager = await jetstreamManager(options.nats, { checkAPI: false, timeout })
    await checkJetStream(manager)
    const infos = await ensureStreams(manager, options)
    const problems = infos.flatMap((info, shard) => streamProblems(info, options, shard))
    return [...warnings, ...judge(problems, options)]
  } catch (cause) {
    if (cause instanceof Fault) throw cause
    throw silent(cause)
  }
}

function judge(problems: readonly Problem[], { allowDegraded }: BrokerOptions): string[] {
  const fatal = problems.filter(problem => !allowDegraded || !problem.isDurability)
  if (fatal.length === 0) return problems.map(problem => problem.sentence)
  const hint = fatal.every(problem => problem.isDurability)
    ? ' Start with --allow-degraded to run all the same.'
    : ''
  const sentences = [...new Set(fatal.map(problem => problem.sentence))]
  throw new Fault('configuration', sentences.join(' ') + hint)
}

/** BC1, BC2 */
async function serverProblems({ nats, monitorUrls }: BrokerOptions): Promise<Problem[]> {
  const versions = new Set([nats.info?.version ?? 'unknown'])
  const problems: Problem[] = []
  for (const url of monitorUrls) {
    const seen = await readServer(url)
    if (seen !== undefined && !isSameBroker(seen, nats)) problems.push(otherBroker(url))
    if (seen?.version !== undefined) versions.add(seen.version)
    if (seen?.jetstream?.config?.sync_always !== true) problems.push(notSynced(url, seen))
  }
  if (monitorUrls.length === 0)
    problems.push(notSynced('NATS_MONITOR_URL, which is empty', undefined))
  for (const version of versions) {
    if (!isFitNatsVersion(version)) problems.push(tooOld(version))
  }
  return problems
}

interface ServerSeen {
  readonly version?: string
  readonly server_id?: string
  readonly cluster?: { readonly name?: string }
  readonly jetstream?: { readonly config?: { readonly sync_always?: boolean } }
}

/** undefined when it cannot be read. */
async function readServer(url: string): Promise<ServerSeen | undefined> {
  try {
    const signal = AbortSignal.timeout(MONITOR_MS_MAX)
    const answer = await fetch(new URL('/varz', url), { signal })
    return answer.ok ? ((await answer.json()) as ServerSeen) : undefined
  } catch {
    return undefined
  }
}

function isSameBroker(seen: ServerSeen, { info }: NatsConnection): boolean {
  if (seen.server_id === info?.server_id) return true
  const name = seen.cluster?.name
  return name !== undefined && name === info?.cluster
}

function otherBroker(url: string): Problem {
  return {
    sentence: `NATS_MONITOR_URL ${url} belongs to another broker than NATS_URL.`,
    isDurability: false,
  }
}

function notSynced(where: string, seen: ServerSeen | undefined): Problem {
  const reason =
    seen === undefined
      ? `Whether NATS syncs every write cannot be read at ${where}; set NATS_MONITOR_URL.`
      : `NATS at ${where} acknowledges before it syncs: a power cut would lose sold seats. ` +
        'Set sync_interval: always in its jetstream block.'
  return { sentence: reason, isDurability: true }
}

function tooOld(version: string): Problem {
  const sentence = `nats-server ${version} is not safe for a journal; use ${NATS_VERSIONS}.`
  return { sentence, isDurability: true }
}

async function checkJetStream(manager: JetStreamManager): Promise<void> {
  try {
    await manager.getAccountInfo()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Fault(
      'configuration',
      `NATS answers without JetStream (${reason}). Enable jetstream for this user.`,
      { cause },
    )
  }
}

/** What weakens durability; every other setting decides what the journal is. */
const DURABILITY: ReadonlySet<string> = new Set(['storage', 'num_replicas', 'persist_mode'])

/** What a journal must not have at all. */
const ABSENT = ['mirror', 'sources', 'republish', 'subject_transform', 'sealed', 'persist_mode']

/** BC3 */
export function streamProblems(
  { config }: StreamInfo,
  streams: ClusterStreams,
  shard: number,
): Problem[] {
  const foreign = ownerProblem(config.name, config.metadata ?? {}, streams)
  if (foreign !== undefined) return [foreign]
  const wanted = Object.entries(settingsOf(streams, shard)).filter(
    ([key]) => key !== 'metadata' && key !== 'description' && key !== 'duplicate_window',
  )
  const standing = config as unknown as Readonly<Record<string, unknown>>
  const changed = wanted.filter(([key, value]) => !keeps(key, standing[key], value))
  const added = ABSENT.filter(key => !isAbsent(standing[key]))
  return [...changed.map(([key]) => key), ...added].map(key => ({
    sentence:
      `The stream ${config.name} has ${key} = ${JSON.stringify(standing[key])}` +
      `${added.includes(key) ? '' : `, not ${JSON.stringify(Object.fromEntries(wanted)[key])}`}: ` +
      'frames could be lost. Set it back.',
    isDurability: DURABILITY.has(key),
  }))
}

function keeps(key: string, standing: unknown, wanted: unknown): boolean {
  if (key === 'num_replicas') return Number(standing) >= Number(wanted)
  return JSON.stringify(standing ?? false) === JSON.stringify(wanted)
}

function isAbsent(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === 'default') return true
  return Array.isArray(value) && value.length === 0
}

function ownerProblem(
  name: string,
  metadata: Readonly<Record<string, string>>,
  { cluster, identity, shardCount }: ClusterStreams,
): Problem | undefined {
  const owner = metadata[IDENTITY]
  const sentence =
    owner === undefined
      ? `The stream ${name} was not made by Usher. Choose another USHER_CLUSTER.`
      : owner !== identity
        ? `The stream ${name} belongs to another Usher with the prefix "${cluster}" ` +
          '(another database). Choose another USHER_CLUSTER, or the right DATABASE_URL.'
        : metadata[SHARD_COUNT] !== String(shardCount)
          ? `The stream ${name} is one of ${metadata[SHARD_COUNT]} shards, not of ${shardCount}: ` +
            'their number is fixed when a cluster is created.'
          : undefined
  return sentence === undefined ? undefined : { sentence, isDurability: false }
}

function silent(cause: unknown): Fault {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new Fault(
    'broker-unreachable',
    `JetStream did not answer in time (${reason}). Check that its servers see each other.`,
    { cause },
  )
}

/** Throws Fault('journal-damaged') when the journal does not hold the frame that Postgres knows. E8 */
export async function checkTail(
  journal: Journal,
  shard: ShardNumber,
  known: { readonly number: FrameNumber; readonly hash: Uint8Array },
): Promise<void> {
  const head = await journal.head(shard)
  if ((head?.number ?? 0) < known.number) {
    throw rewound(shard, `it ends at frame ${head?.number ?? 0}, Postgres has ${known.number}`)
  }
  for await (const frame of journal.read(shard, known.number)) {
    if (sameBytes(frame.hash, known.hash)) return
    throw rewound(shard, `its frame ${known.number} is not the one that Postgres has`)
  }
}

function rewound(shard: number, what: string): Fault {
  return new Fault(
    'journal-damaged',
    `The journal of shard ${shard} lost frames: ${what}. ` +
      'Stop all allocators and rebuild it from the archive with usher restore.',
  )
}
