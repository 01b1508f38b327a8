// A cluster's journal streams as `usher restore` sees them: looked at, or given up and begun anew.
//
// Owns: deleting a stream, creating it at a position. Leaves to others: whether that may be done
// (persistence/restore.ts), the settings of a stream (jetstream-streams.ts).
//
//   JK1. A stream begins at the position of its first frame, so that numbers stay positions (E1).
//   JK2. Dying between the two leaves a missing stream, which E8 tells and the next restore mends.

import type { JetStreamManager } from '@nats-io/jetstream'
import { JetStreamApiCodes, JetStreamApiError, jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/nats-core'
import { Fault } from '../../shared/faults.ts'
import type { FrameNumber, ShardNumber } from '../../shared/ids.ts'
import { streamOf } from '../../shared/journal-streams.ts'
import type { EncodedFrame, JournalHead } from '../../shared/ports.ts'
import { JetStreamJournal } from './jetstream.ts'
import { type ClusterStreams, settingsOf } from './jetstream-streams.ts'

export interface KeeperOptions extends ClusterStreams {
  readonly nats: NatsConnection
}

const ANSWER_MS_MAX = 10_000

export class JetStreamKeeper {
  readonly #options: KeeperOptions
  readonly #manager: JetStreamManager
  readonly #journal: JetStreamJournal

  private constructor(
    options: KeeperOptions,
    parts: { readonly manager: JetStreamManager; readonly journal: JetStreamJournal },
  ) {
    this.#options = options
    this.#manager = parts.manager
    this.#journal = parts.journal
  }

  static async open(options: KeeperOptions): Promise<JetStreamKeeper> {
    const { nats, cluster } = options
    const manager = await jetstreamManager(nats, { checkAPI: false, timeout: ANSWER_MS_MAX })
    return new JetStreamKeeper(options, {
      manager,
      journal: await JetStreamJournal.open({ nats, cluster, silenceMs: ANSWER_MS_MAX }),
    })
  }

  /** undefined: there is no such stream. */
  async look(
    shard: ShardNumber,
  ): Promise<{ readonly first: number; readonly head: JournalHead | undefined } | undefined> {
    try {
      const { state } = await this.#manager.streams.info(streamOf(this.#options.cluster, shard))
      const head = state.messages === 0 ? undefined : await this.#journal.head(shard)
      return { first: state.first_seq, head }
    } catch (cause) {
      if (isMissing(cause)) return undefined
      throw cause
    }
  }

  read(shard: ShardNumber, from: FrameNumber): AsyncIterable<EncodedFrame> {
    return this.#journal.read(shard, from)
  }

  /** JK1, JK2 */
  async begin(frame: EncodedFrame): Promise<void> {
    const settings = settingsOf(this.#options, frame.shard)
    await this.#manager.streams.delete(settings.name).catch((cause: unknown) => {
      if (!isMissing(cause)) throw cause
    })
    await this.#manager.streams.add({ ...settings, first_seq: frame.number })
    if ((await this.#journal.append(frame)) === 'appended') return
    throw new Fault(
      'restore-refused',
      `Somebody wrote into the new stream ${settings.name}: stop every allocator and restore again.`,
    )
  }
}

function isMissing(cause: unknown): boolean {
  return cause instanceof JetStreamApiError && cause.code === JetStreamApiCodes.StreamNotFound
}
