// One value in the cluster's key-value bucket: read, compare and set by revision, watched.
//
//   KV1. Only the broker decides who wrote last: a lost race answers false and changes nothing.
//   KV2. What cannot be decoded counts as never written: it is overwritten by the next writer.

import { JetStreamApiError, JetStreamError } from '@nats-io/jetstream'
import { type KV, Kvm } from '@nats-io/kv'
import type { NatsConnection } from '@nats-io/nats-core'
import type { CasStore, Stored } from './cas-store.ts'

export interface Codec<Value> {
  readonly encode: (value: Value) => string
  /** undefined when the text is none */
  readonly decode: (text: string) => Value | undefined
}

/** The codes of a lost race: expected by subject or by stream. */
const LOST_RACE_CODES = [10071, 10164]

/** Opened, or created by whoever comes first. */
export function openBucket(nats: NatsConnection, name: string, replicas = 1): Promise<KV> {
  return new Kvm(nats).create(name, { history: 8, replicas })
}

export class KvStore<Value> implements CasStore<Value> {
  readonly #bucket: KV
  readonly #key: string
  readonly #codec: Codec<Value>

  constructor(bucket: KV, key: string, codec: Codec<Value>) {
    this.#bucket = bucket
    this.#key = key
    this.#codec = codec
  }

  async read(): Promise<Stored<Value>> {
    const entry = await this.#bucket.get(this.#key)
    if (entry === null) return { value: undefined, revision: 0 }
    return { value: this.#codec.decode(entry.string()), revision: entry.revision } // KV2
  }

  /** KV1 */
  async write(value: Value, revision: number): Promise<boolean> {
    try {
      const text = this.#codec.encode(value)
      if (revision === 0) await this.#bucket.create(this.#key, text)
      else await this.#bucket.update(this.#key, text, revision)
      return true
    } catch (error) {
      if (isLostRace(error)) return false
      throw error
    }
  }

  /** Calls back with every newer value, the one that stands there first; returns how to end it. */
  async watch(onValue: (stored: Stored<Value>) => void): Promise<() => void> {
    const entries = await this.#bucket.watch({ key: this.#key })
    void (async () => {
      for await (const entry of entries) {
        const value = entry.operation === 'PUT' ? this.#codec.decode(entry.string()) : undefined
        onValue({ value, revision: entry.revision })
      }
    })()
    return () => entries.stop()
  }
}

function isLostRace(error: unknown): boolean {
  if (error instanceof JetStreamApiError) return LOST_RACE_CODES.includes(error.code)
  return error instanceof JetStreamError && /wrong last sequence/.test(error.message)
}
