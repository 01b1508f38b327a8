// The broker of a cluster that is measured, and what it tells: stored frames, who is there.
//
// Owns: an own nats-server that syncs every message, listening to beats.
// Leaves to others: the cluster that uses it (house.ts).

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NatsConnection } from '@nats-io/nats-core'
import { type NatsServer, startNatsServer } from '../gateway/cluster/nats-server.ts'
import { streamOf } from '../shared/journal-streams.ts'
import { connectNats } from '../shared/nats.ts'

/** The prefix when none is configured. */
const CLUSTER = 'usher'

interface Streams {
  readonly account_details?: readonly {
    readonly stream_detail?: readonly {
      readonly name: string
      readonly state: { readonly last_seq: number }
    }[]
  }[]
}

interface Beat {
  readonly node: string
  readonly opsPort: number
}

export class Broker {
  readonly #server: NatsServer
  readonly #folder: string
  readonly #nats: NatsConnection
  readonly #opsPorts = new Map<string, number>()

  private constructor(server: NatsServer, folder: string, nats: NatsConnection) {
    this.#server = server
    this.#folder = folder
    this.#nats = nats
    nats.subscribe(`${CLUSTER}.alive`, {
      callback: (_, message) => {
        const { node, opsPort } = message.json<Beat>()
        this.#opsPorts.set(node, opsPort)
      },
    })
  }

  static async start(): Promise<Broker> {
    const folder = await mkdtemp(join(tmpdir(), 'usher-broker-'))
    const server = await startNatsServer({ dataDir: folder, syncAlways: true })
    const nats = await connectNats({ urls: [server.url], name: 'bench' })
    return new Broker(server, folder, nats)
  }

  get pid(): number {
    return this.#server.pid
  }

  get env(): Readonly<Record<string, string>> {
    return { NATS_URL: this.#server.url, NATS_MONITOR_URL: this.#server.monitorUrl }
  }

  /** Of every process that was heard: where it shows its metrics. */
  get opsUrls(): readonly URL[] {
    const ports = [...this.#opsPorts.values()].filter(port => port > 0)
    return ports.map(port => new URL(`http://127.0.0.1:${port}`))
  }

  /** Messages that stand, or stood, in the journal's streams: under `sync_interval: always` each was one fsync. */
  async framesStored(): Promise<number> {
    const answer = await fetch(new URL('/jsz?streams=true', this.#server.monitorUrl))
    const { account_details = [] } = (await answer.json()) as Streams
    const journal = streamOf(CLUSTER, 0).replace(/0$/, '')
    let sum = 0
    for (const { stream_detail = [] } of account_details) {
      for (const { name, state } of stream_detail) {
        if (name.startsWith(journal)) sum += state.last_seq
      }
    }
    return sum
  }

  /** Messages that anybody published so far, heartbeats and acknowledgements included. */
  async messagesIn(): Promise<number> {
    const answer = await fetch(new URL('/varz', this.#server.monitorUrl))
    return ((await answer.json()) as { readonly in_msgs: number }).in_msgs
  }

  async stop(): Promise<void> {
    await this.#nats.close()
    await this.#server.stop()
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 10 })
  }
}
