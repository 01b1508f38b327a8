// Journal streams of a test's own on a real nats-server, written as an owner writes them.

import {
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
} from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import type { ShardNumber } from '../../shared/ids.ts'
import { streamOf, subjectOf } from '../../shared/journal-streams.ts'
import { connectNats } from '../../shared/nats.ts'
import type { EncodedFrame } from '../../shared/ports.ts'
import { freshNats } from './nats.ts'

export class JournalStreams {
  readonly nats: NatsConnection
  readonly jetstream: JetStreamClient
  readonly manager: JetStreamManager
  readonly cluster: string

  private constructor(nats: NatsConnection, manager: JetStreamManager, cluster: string) {
    this.nats = nats
    this.jetstream = jetstream(nats)
    this.manager = manager
    this.cluster = cluster
  }

  /** A server, and a connection to it. */
  static async open(cluster = 'test'): Promise<JournalStreams> {
    const server = await freshNats({ syncAlways: false })
    const nats = await connectNats({ urls: [server.url], name: 'test' })
    return new JournalStreams(nats, await jetstreamManager(nats), cluster)
  }

  async create(shard: ShardNumber): Promise<void> {
    const subjects = [subjectOf(this.cluster, shard)]
    await this.manager.streams.add({ name: streamOf(this.cluster, shard), subjects })
  }

  async append(frames: readonly EncodedFrame[]): Promise<void> {
    for (const { shard, number, bytes } of frames) {
      const expect = { lastSequence: number - 1 }
      await this.jetstream.publish(subjectOf(this.cluster, shard), bytes, { expect })
    }
  }

  async close(): Promise<void> {
    await this.nats.close()
  }
}
