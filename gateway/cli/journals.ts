// What `usher audit` and `usher restore` look at in a cluster: its streams beside its archive.

import { JetStreamKeeper } from '../../allocator/journal/jetstream-keeper.ts'
import { Archive } from '../../persistence/archive.ts'
import { clusterIdentity } from '../../persistence/cluster-identity.ts'
import type { Database } from '../../persistence/database.ts'
import type { RestoreOptions } from '../../persistence/restore.ts'
import { type ClusterConfig, type Config, readConfig } from '../../shared/config.ts'
import { asShardNumber } from '../../shared/ids.ts'
import { LIMITS } from '../../shared/limits.ts'
import { connectNats } from '../../shared/nats.ts'
import { ownBroker } from '../cluster/own-servers.ts'

const REPLICAS_OF_CLUSTER = 3
const EVERY_SHARD = Array.from({ length: LIMITS.shardCount }, (_, at) => at)

/** What the environment gives, or else the local cluster that runs on the data folder. */
export function readClusterConfig(): Config {
  const config = readConfig()
  if (config.cluster !== undefined) return config
  return readConfig({ ...process.env, ...ownBroker(config.dataDir) })
}

/** `use` gets them open; they are closed when it is done. Throws Fault('broker-unreachable'). */
export async function withJournals<Result>(
  { cluster, database }: { readonly cluster: ClusterConfig; readonly database: Database },
  shards: readonly number[] | undefined,
  use: (journals: RestoreOptions) => Promise<Result>,
): Promise<Result> {
  const nats = await connectNats({ urls: cluster.natsUrls, name: 'usher command' })
  try {
    const keeper = await JetStreamKeeper.open({
      nats,
      cluster: cluster.name,
      identity: await clusterIdentity(database.sql),
      shardCount: LIMITS.shardCount,
      replicas: cluster.natsUrls.length >= REPLICAS_OF_CLUSTER ? REPLICAS_OF_CLUSTER : 1,
    })
    const archive = new Archive(database.pool)
    return await use({ archive, keeper, shards: (shards ?? EVERY_SHARD).map(asShardNumber) })
  } finally {
    await nats.close()
  }
}
