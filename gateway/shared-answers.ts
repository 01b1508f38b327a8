// Catalogue answers that all gateways of a cluster share, in Redis.
//
//   SA1. An answer carries the era in which it began to be made; `clear` begins another, so that a
//        slow maker cannot bring back what was cleared.
//   SA2. Answer, era and remaining life are read in one step.
//   SA3. Any failure is silence: the answer is made by whoever asks.

import { randomBytes } from 'node:crypto'
import type { SharedRedis } from './redis.ts'
import type { AnswerStore, Fresh, Stored } from './ttl-cache.ts'

const ERA_KEY = 'answers:era'
const ERA_SECONDS = 24 * 3_600
const TEXT_CHARS_MAX = 256 * 1024

const READ = `return {redis.call('get', KEYS[1]) or '', redis.call('get', KEYS[2]) or '',
  redis.call('pttl', KEYS[2])}`

type Answered = readonly [era: string, kept: string, leftMs: number]

interface Reading {
  readAnswer(era: string, key: string): Promise<Answered>
}

export class SharedAnswers implements AnswerStore {
  readonly #redis: SharedRedis
  readonly #version: string

  /** `version` of the program: another one may shape its answers differently. */
  constructor(redis: SharedRedis, version: string) {
    this.#redis = redis
    this.#version = version
    redis.client.defineCommand('readAnswer', { numberOfKeys: 2, lua: READ })
  }

  async read(name: string): Promise<Stored | undefined> {
    if (!this.#redis.isUp) return undefined
    try {
      const reading = this.#redis.client as unknown as Reading
      const [era, kept, leftMs] = await reading.readAnswer(ERA_KEY, this.#keyOf(name)) // SA2
      const text = kept.startsWith(`${era}\n`) ? kept.slice(era.length + 1) : undefined // SA1
      if (text === undefined) this.#redis.answers.missCount += 1
      else this.#redis.answers.hitCount += 1
      return { era, found: text === undefined ? undefined : { text, leftMs } }
    } catch {
      return undefined // SA3
    }
  }

  write(name: string, { text, leftMs, era }: Fresh): void {
    if (!this.#redis.isUp || text.length > TEXT_CHARS_MAX) return
    const writing = this.#redis.client.set(this.#keyOf(name), `${era}\n${text}`, 'PX', leftMs)
    writing.catch(() => undefined) // SA3
  }

  clear(): void {
    if (!this.#redis.isUp) return
    const era = randomBytes(9).toString('base64url')
    this.#redis.client.set(ERA_KEY, era, 'EX', ERA_SECONDS).catch(() => undefined) // SA3
  }

  #keyOf(name: string): string {
    return `answers:${this.#version}:${name}`
  }
}
