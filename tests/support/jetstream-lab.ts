// Journals on real brokers for tests: streams, connections and journals that go together.

import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/nats-core'
import {
  JetStreamJournal,
  type JetStreamJournalOptions,
} from '../../allocator/journal/jetstream.ts'
import { ensureStreams } from '../../allocator/journal/jetstream-streams.ts'
import { connectNats } from '../../shared/nats.ts'

type Timing = Partial<Pick<JetStreamJournalOptions, 'silenceMs' | 'giveUpMs' | 'onTrouble'>>

export class JetStreamLab {
  readonly cluster: string
  readonly urls: readonly string[]
  readonly nats: NatsConnection
  readonly manager: JetStreamManager
  readonly #opened: NatsConnection[] = []

  private constructor(
    urls: readonly string[],
    cluster: string,
    connected: { readonly nats: NatsConnection; readonly manager: JetStreamManager },
  ) {
    this.urls = urls
    this.cluster = cluster
    this.nats = connected.nats
    this.manager = connected.manager
  }

  /** With streams for that many shards. */
  static async of(
    urls: readonly string[],
    { cluster = 'lab', shardCount = 4, replicas = 1 } = {},
  ): Promise<JetStreamLab> {
    const nats = await connectNats({ urls, name: 'lab' })
    const patient = await jetstreamManager(nats, { checkAPI: false, timeout: 10_000 })
    await ensureStreams(patient, { cluster, identity: 'lab', shardCount, replicas })
    const manager = await jetstreamManager(nats, { checkAPI: false, timeout: 1_000 })
    return new JetStreamLab(urls, cluster, { nats, manager })
  }

  /** A journal on its own connection, as another process would have it. */
  async open(timing: Timing = {}, urls = this.urls): Promise<JetStreamJournal> {
    const nats = await connectNats({ urls, name: 'lab journal' })
    this.#opened.push(nats)
    const { cluster } = this
    return JetStreamJournal.open({ nats, cluster, silenceMs: 400, giveUpMs: 5_000, ...timing })
  }

  async close(): Promise<void> {
    await Promise.all([...this.#opened, this.nats].map(nats => nats.close()))
  }
}
