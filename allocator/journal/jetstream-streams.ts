// The streams of a cluster's journal: one per shard, made once, never changed by us afterwards.
//
// Owns: their settings, creating the missing ones, the identity that they carry.
// Leaves to others: judging streams that exist (broker-checks.ts), what is in them (jetstream.ts).
//
//   JS1. Nothing of a journal is ever dropped by age, size or a newer message, nor deleted singly.
//   JS2. Creating is idempotent: processes that start together find each other's streams.
//   JS3. A stream carries the identity of its cluster, so that a second cluster with the same prefix,
//        or the same cluster under another prefix, is noticed before it writes.

import {
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
  type StreamInfo,
} from '@nats-io/jetstream'
import { nanos } from '@nats-io/nats-core'
import { Fault } from '../../shared/faults.ts'
import { streamOf, subjectOf } from '../../shared/journal-streams.ts'

export interface ClusterStreams {
  /** the prefix of streams and subjects */
  readonly cluster: string
  /** what only this cluster knows: kept in its database */
  readonly identity: string
  readonly shardCount: number
  /** 1, or 3 with three brokers */
  readonly replicas: number
}

export const IDENTITY = 'usher.cluster'
export const SHARD_COUNT = 'usher.shards'

/** A resend comes within a second or two; what comes later is settled by reading anyway (E3). */
const DUPLICATES_KNOWN_MS = 10_000
const NAME_IN_USE = 10058

type Settings = Partial<StreamConfig> & { readonly name: string; readonly subjects: string[] }

/** JS1 */
export function settingsOf(streams: ClusterStreams, shard: number): Settings {
  return {
    name: streamOf(streams.cluster, shard),
    subjects: [subjectOf(streams.cluster, shard)],
    description: `Usher's journal, shard ${shard}`,
    storage: StorageType.File,
    num_replicas: streams.replicas,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.New,
    max_age: 0,
    max_bytes: -1,
    max_msgs: -1,
    max_msgs_per_subject: -1,
    duplicate_window: nanos(DUPLICATES_KNOWN_MS),
    deny_delete: true,
    deny_purge: false,
    allow_direct: false,
    mirror_direct: false,
    allow_rollup_hdrs: false,
    metadata: { [IDENTITY]: streams.identity, [SHARD_COUNT]: String(streams.shardCount) },
  }
}

/** Every stream of the cluster, made where it was missing; throws Fault('configuration'). JS2 */
export async function ensureStreams(
  manager: JetStreamManager,
  streams: ClusterStreams,
): Promise<readonly StreamInfo[]> {
  const found = await Promise.all(
    Array.from({ length: streams.shardCount }, (_, shard) => findStream(manager, streams, shard)),
  )
  if (found.includes(undefined)) await checkPrefix(manager, streams)
  return Promise.all(found.map((info, shard) => info ?? createStream(manager, streams, shard)))
}

async function findStream(
  manager: JetStreamManager,
  { cluster }: ClusterStreams,
  shard: number,
): Promise<StreamInfo | undefined> {
  try {
    return await manager.streams.info(streamOf(cluster, shard))
  } catch (cause) {
    if (codeOf(cause) === JetStreamApiCodes.StreamNotFound) return undefined
    throw cause
  }
}

/** JS3: a journal that exists under another prefix is not begun anew. */
async function checkPrefix(manager: JetStreamManager, streams: ClusterStreams): Promise<void> {
  const own = new Set(
    Array.from({ length: streams.shardCount }, (_, shard) => streamOf(streams.cluster, shard)),
  )
  for await (const { config } of manager.streams.list()) {
    if (config.metadata?.[IDENTITY] !== streams.identity || own.has(config.name)) continue
    throw new Fault(
      'configuration',
      `This cluster's journal is in ${config.name} on that broker, but USHER_CLUSTER says ` +
        `"${streams.cluster}". Set the prefix that it was created with.`,
    )
  }
}

async function createStream(
  manager: JetStreamManager,
  streams: ClusterStreams,
  shard: number,
): Promise<StreamInfo> {
  const settings = settingsOf(streams, shard)
  try {
    return await manager.streams.add(settings)
  } catch (cause) {
    if (codeOf(cause) === NAME_IN_USE) return manager.streams.info(settings.name) // JS2
    if (cause instanceof JetStreamApiError) throw notCreated(settings, cause)
    throw cause
  }
}

function notCreated({ name, num_replicas }: Settings, cause: Error): Fault {
  return new Fault(
    'configuration',
    `The broker would not create the stream ${name} with ${num_replicas} replica(s): ` +
      `${cause.message}. Change the broker's settings, or USHER_CLUSTER.`,
    { cause },
  )
}

function codeOf(cause: unknown): number | undefined {
  return cause instanceof JetStreamApiError ? cause.code : undefined
}
