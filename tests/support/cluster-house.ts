// A real `usher cluster` with one hall on sale, and buyers who write down what they were told.
//
// Owns: asking it over HTTP, who serves what, which processes it consists of.
// Leaves to others: starting and ending it (usher-process.ts), what should have happened (tests/e2e).

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { asShowNumber, parsePublicId } from '../../shared/ids.ts'
import { shardOf } from '../../shared/placement.ts'
import { hallOf } from './halls.ts'
import { UsherProcess } from './usher-process.ts'

export interface Asked {
  readonly method: string
  readonly path: string
  readonly body?: unknown
  readonly token?: string
  readonly key?: string
}

export interface Answered {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: the answers of many routes, read by tests
  readonly body: any
}

export interface Told {
  readonly id: string
  readonly seat: number
  readonly token: string
}

interface NodeSeen {
  readonly id: string
  readonly role: string
  readonly pid: number
  readonly shards: number
}

export class ClusterHouse {
  readonly usher: UsherProcess
  showId = ''

  private constructor(usher: UsherProcess) {
    this.usher = usher
  }

  static async start(args: readonly string[]): Promise<ClusterHouse> {
    const env = { USHER_RATE_LIMITS: 'off', USHER_DEMO: 'off' }
    const usher = await UsherProcess.start({ args, env, startMsMax: 120_000 })
    const house = new ClusterHouse(usher)
    try {
      await house.#openShow()
      return house
    } catch (error) {
      await usher.kill()
      throw error
    }
  }

  /** On a connection of its own: the kernel deals it to one of the gateways. */
  async ask({ method, path, body, token, key }: Asked): Promise<Answered> {
    const answer = await fetch(new URL(path, this.usher.url), {
      method,
      headers: {
        'content-type': 'application/json',
        connection: 'close',
        'idempotency-key': key ?? crypto.randomUUID(),
        authorization: `Bearer ${token ?? this.usher.adminToken}`,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) }
  }

  async guest(): Promise<string> {
    return (await this.ask({ method: 'POST', path: '/v1/sessions' })).body.token
  }

  holdSeat(seat: number, token: string): Promise<Answered> {
    const path = `/v1/shows/${this.showId}/holds`
    return this.ask({ method: 'POST', path, body: { seats: [seat] }, token })
  }

  /** The published state of a seat: 0 free, 1 held, 2 sold, 3 blocked. */
  async stateOf(seat: number): Promise<number> {
    const view = await this.ask({ method: 'GET', path: `/v1/shows/${this.showId}/seats` })
    const states = Buffer.from(view.body.states, 'base64')
    return ((states[seat >>> 2] ?? 0) >>> (2 * (seat & 3))) & 3
  }

  async operate(method: string, path: string, body?: unknown): Promise<Answered> {
    const answer = await fetch(new URL(path, this.usher.opsUrl), {
      method,
      headers: {
        authorization: `Bearer ${this.usher.adminToken}`,
        'content-type': 'application/json',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: answer.status, body: await answer.json() }
  }

  async nodes(): Promise<readonly NodeSeen[]> {
    return (await this.operate('GET', '/ops/v1/nodes')).body.items
  }

  get shard(): number {
    return shardOf(asShowNumber(parsePublicId('show', this.showId) ?? 0))
  }

  /** The allocator that serves the show. */
  async owner(): Promise<NodeSeen> {
    const { items } = (await this.operate('GET', '/ops/v1/shards')).body
    const owner = items[this.shard].owner
    const found = (await this.nodes()).find(node => node.id === owner)
    if (found === undefined) throw new Error(`the show's owner is "${owner}", which is no node`)
    return found
  }

  /** Every process of the cluster but the first: children, broker, cache, database. */
  async pids(): Promise<readonly number[]> {
    const children = (await this.nodes()).map(node => node.pid)
    const file = join(this.usher.dataDir, 'cluster-servers.json')
    const servers = JSON.parse(readFileSync(file, 'utf8')) as { pid: number }[]
    const postmaster = readFileSync(
      join(this.usher.dataDir, 'postgres', 'postmaster.pid'),
      'utf8',
    ).split('\n', 1)[0]
    return [...children, ...servers.map(server => server.pid), Number(postmaster)]
  }

  async #openShow(): Promise<void> {
    const layout = hallOf({ rows: 40, seatsPerRow: 100, aisleEvery: 50 })
    const create = async (path: string, body: unknown): Promise<string> => {
      const answer = await this.ask({ method: 'POST', path: `/v1/admin/${path}`, body })
      if (answer.status >= 300) throw new Error(`${path}: ${JSON.stringify(answer.body)}`)
      return answer.body.id
    }
    const place = { name: 'Pune', country: 'IN', timeZone: 'Asia/Kolkata', currency: 'INR' }
    const cityId = await create('cities', place)
    const cinemaId = await create('cinemas', { cityId, name: 'Many' })
    const auditoriumId = await create('auditoriums', { cinemaId, name: 'One' })
    await create(`auditoriums/${auditoriumId}/layouts`, layout)
    const movieId = await create('movies', { title: 'The Fall' })
    this.showId = await create('shows', {
      movieId,
      auditoriumId,
      startsAt: new Date(Date.now() + 86_400_000).toISOString(),
      prices: Object.fromEntries(layout.categories.map(category => [category.id, 0])),
      policy: { holdsMax: 100_000, orphans: 'off' },
    })
  }
}

/** Holds seat after seat, a few at a time, until told to stop. */
export class HouseBuyers {
  readonly told: Told[] = []
  /** answers that were neither a hold nor a refusal */
  readonly errors: string[] = []
  /** when the last yes came, by performance.now() */
  toldAtMs: number[] = []
  readonly #house: ClusterHouse
  readonly #running: Promise<void>[]
  #nextSeat: number
  #isOver = false

  constructor(house: ClusterHouse, token: string, options: { from: number; count: number }) {
    this.#house = house
    this.#nextSeat = options.from
    this.#running = Array.from({ length: options.count }, () => this.#buy(token))
  }

  async stop(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#running)
  }

  async #buy(token: string): Promise<void> {
    while (!this.#isOver) {
      const seat = this.#nextSeat++
      try {
        const { status, body } = await this.#house.holdSeat(seat, token)
        if (status === 201) {
          this.told.push({ id: body.id, seat, token })
          this.toldAtMs.push(performance.now())
        } else this.errors.push(`${status} ${body.code}`)
      } catch (error) {
        this.errors.push(String(error))
      }
      await sleep(5)
    }
  }
}

export function isAlive(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[2] !== 'Z'
  } catch {
    return false
  }
}
