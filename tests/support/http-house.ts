// A whole HTTP gateway on a free port over the real core, with stores in memory.
//
// Owns: gathering the parts, seeding one hall, asking over real HTTP.
// Leaves to others: what is asked (tests), Postgres and the journal (e2e).

import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import {
  ADMISSION_DEFAULTS,
  Admission,
  type AdmissionLimits,
  rateNumbersOf,
} from '../../gateway/admission.ts'
import { Auth, type Role } from '../../gateway/auth.ts'
import { Directory, type DirectorySource } from '../../gateway/directory.ts'
import { docsOf } from '../../gateway/docs.ts'
import type { House } from '../../gateway/house.ts'
import { apiRoutes } from '../../gateway/http/routes.ts'
import { termsOf } from '../../gateway/http/show-terms.ts'
import { LayoutFiles } from '../../gateway/layout-files.ts'
import { memoryRates } from '../../gateway/rates.ts'
import type { SharedRedis } from '../../gateway/redis.ts'
import { Router } from '../../gateway/router.ts'
import { HttpServer } from '../../gateway/server.ts'
import { SharedAnswers } from '../../gateway/shared-answers.ts'
import { sharedRates } from '../../gateway/shared-rates.ts'
import { fileOf, StaticPages } from '../../gateway/static.ts'
import { TtlCache } from '../../gateway/ttl-cache.ts'
import { loadUws } from '../../gateway/uws.ts'
import type { RateLimits } from '../../shared/config.ts'
import { asLayoutNumber, asShowNumber, publicIdOf } from '../../shared/ids.ts'
import type { Layout } from '../../shared/layout.ts'
import { DEFAULT_POLICY, type Policy } from '../../shared/policy.ts'
import type { LayoutImporter, RepeatStore } from '../../shared/stores.ts'
import { CoreLink, Plans } from './core-link.ts'
import { hallOf } from './halls.ts'
import { MemoryCatalogue } from './memory-catalogue.ts'
import { MemoryLedger } from './memory-ledger.ts'

const HOUR_MS = 3_600_000

export interface HttpHouseOptions {
  readonly rateLimits?: RateLimits
  readonly limits?: Partial<AdmissionLimits>
  readonly origins?: readonly string[]
  readonly bodyWithinMs?: number
  /** a second gateway of the same house: its catalogue, its seats */
  readonly beside?: HttpHouse
  /** what it shares with the other gateways */
  readonly redis?: SharedRedis
}

export interface ShowOptions {
  readonly policy?: Partial<Policy>
  readonly price?: number
  readonly layout?: Layout
  readonly startsInMs?: number
  readonly salesOpenInMs?: number
}

export class HttpHouse {
  readonly catalogue: MemoryCatalogue
  readonly plans: Plans
  readonly link: CoreLink
  readonly ledger: MemoryLedger
  readonly failures: unknown[] = []
  readonly auth: Auth
  readonly house: House
  readonly server: HttpServer
  readonly #folder: string
  readonly #router: Router
  readonly #app = loadUws().App()
  #port = 0

  private constructor(auth: Auth, folder: string, options: HttpHouseOptions) {
    this.auth = auth
    this.#folder = folder
    const { beside } = options
    this.catalogue = beside?.catalogue ?? new MemoryCatalogue()
    this.plans = beside?.plans ?? new Plans()
    this.link = beside?.link ?? new CoreLink(this.plans)
    this.ledger = beside?.ledger ?? new MemoryLedger(this.link)
    const clock = { wallMs: () => Date.now(), monotonicMs: () => performance.now() }
    this.#router = new Router({ link: this.link, clock })
    this.house = this.#houseOf(options)
    this.server = new HttpServer({
      house: this.house,
      routes: apiRoutes,
      pages: new StaticPages(docsOf(apiRoutes, '0.0.0'), pageFiles()),
      ...(options.bodyWithinMs === undefined ? {} : { bodyWithinMs: options.bodyWithinMs }),
    })
  }

  static async open(options: HttpHouseOptions = {}): Promise<HttpHouse> {
    const { beside } = options
    const own = () => mkdtempSync(join(tmpdir(), 'usher-http-'))
    const folder = beside === undefined ? own() : beside.#folder
    const house = new HttpHouse(await Auth.open({ dataDir: folder }), folder, options)
    await house.#listen()
    return house
  }

  get port(): number {
    return this.#port
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  async close(): Promise<void> {
    await this.server.drain(0)
    this.#app.close()
    this.#router.stop()
    this.house.admission.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async guest(): Promise<string> {
    return (await this.auth.issueGuest()).token
  }

  async role(role: Role): Promise<string> {
    return (await this.auth.mintToken({ role, ttlMs: HOUR_MS })).token
  }

  /** One show of one movie in a hall of its own; sold from now on. */
  async show(options: ShowOptions = {}): Promise<string> {
    const { writes } = this.catalogue
    const city = { name: 'Pune', country: 'IN', timeZone: 'Asia/Kolkata', currency: 'INR' }
    const cityRow = rowOf(await writes.city.create(city))
    const cinema = rowOf(await writes.cinema.create({ city: cityRow.number, name: 'Regal' }))
    const named = { cinema: cinema.number, name: 'Hall 1' }
    const auditorium = rowOf(await writes.auditorium.create(named))
    const movie = rowOf(await writes.movie.create({ title: 'The Long Take' }))
    const layout = this.addLayout(
      auditorium.number,
      options.layout ?? hallOf({ rows: 5, seatsPerRow: 10 }),
    )
    const startsAtMs = Date.now() + (options.startsInMs ?? 48 * HOUR_MS)
    const row = rowOf(
      await writes.show.create({
        movie: movie.number,
        auditorium: auditorium.number,
        layout: layout.number,
        startsAtMs,
        salesOpenAtMs: Date.now() + (options.salesOpenInMs ?? -1_000),
        salesCloseAtMs: startsAtMs,
        policy: { ...DEFAULT_POLICY, orphans: 'off', ...options.policy },
        prices: layout.layout.categories.map(() => options.price ?? 1_250),
      }),
    )
    const show = asShowNumber(row.number)
    const reply = await this.#router.askAsync({ kind: 'open-show', show, terms: termsOf(row) })
    if (reply.kind !== 'done') throw new Error(JSON.stringify(reply))
    return publicIdOf('show', row.number)
  }

  addLayout(auditorium: number, layout: Layout) {
    const number = this.catalogue.layouts.size + 1
    const { digest } = this.plans.add(asLayoutNumber(number), layout)
    const own = [...this.catalogue.layouts.values()].filter(row => row.auditorium === auditorium)
    const row = { number, auditorium, version: own.length + 1, digest, layout }
    this.catalogue.layouts.set(number, row)
    return row
  }

  #houseOf(options: HttpHouseOptions): House {
    const limits = { ...ADMISSION_DEFAULTS, ...options.limits }
    const router = this.#router
    const { redis } = options
    const rates = redis === undefined ? memoryRates : sharedRates.bind(undefined, redis)
    const isAlone = redis === undefined && options.beside === undefined
    return {
      auth: this.auth,
      admission: new Admission(options.rateLimits ?? 'off', limits, rates(rateNumbersOf(limits))),
      directory: new Directory(this.#directorySource(), isAlone ? {} : { freshMs: 1_000 }),
      router,
      seats: {
        useAsync: async show => {
          const reply = await router.askAsync({ kind: 'read-show', show })
          if (reply.kind !== 'show') return reply
          const { incarnation: epoch, version, counts, states } = reply.view
          const seatCount =
            counts.free + counts.held + counts.reserved + counts.sold + counts.blocked
          return { epoch, version, counts, states, seatCount }
        },
      },
      catalogue: this.catalogue,
      reads: new TtlCache(1_000, redis === undefined ? undefined : new SharedAnswers(redis, '0')),
      layoutFiles: new LayoutFiles(number => this.catalogue.layout(number)),
      bookings: this.ledger,
      ended: this.ledger,
      reports: this.ledger,
      layouts: this.#importer(),
      repeats: memoryRepeats(),
      log: pino({ level: 'silent' }),
      origins: options.origins ?? [],
      fail: error => void this.failures.push(error),
    }
  }

  #directorySource(): DirectorySource {
    return {
      readShow: async number => {
        const row = await this.catalogue.show(number)
        if (row === undefined) return undefined
        const publicId = publicIdOf('show', number)
        return { number, publicId, terms: termsOf(row), isCancelled: row.isCancelled }
      },
      readLayout: async number => {
        const row = this.catalogue.layouts.get(number)
        const plan = this.plans.planOf(number)
        if (row === undefined || plan === undefined) return undefined
        return {
          number,
          publicId: publicIdOf('layout', number),
          seatCount: row.layout.seats.length,
          labels: row.layout.seats.map(seat => seat.label),
          categoryOf: plan.categoryOf,
          categories: row.layout.categories,
        }
      },
    }
  }

  /** Takes Usher's own JSON as it is; the real importer has its own tests. */
  #importer(): LayoutImporter {
    return {
      importLayout: async (auditorium, bytes) => {
        const text = Buffer.from(bytes).toString()
        if (!text.startsWith('{'))
          return { kind: 'bad-json', detail: 'The body is not valid JSON.' }
        const layout = JSON.parse(text) as Layout
        if (layout.seats === undefined) {
          const problems = [{ pointer: '/seats', detail: 'A layout has seats.' }]
          return { kind: 'invalid', problems }
        }
        const { number, version } = this.addLayout(auditorium, layout)
        return { kind: 'done', row: { number, version, warnings: [] } }
      },
    }
  }

  #listen(): Promise<void> {
    this.server.attach(this.#app)
    return new Promise((resolve, reject) => {
      this.#app.listen('127.0.0.1', 0, socket => {
        if (socket === false) {
          reject(new Error('no port is free'))
          return
        }
        this.#port = loadUws().us_socket_local_port(socket)
        resolve()
      })
    })
  }
}

function rowOf<Row>(outcome: { readonly kind: string; readonly row?: Row }): Row {
  if (outcome.kind !== 'done' || outcome.row === undefined) throw new Error(outcome.kind)
  return outcome.row
}

function pageFiles() {
  return new Map([
    ['/index.html', fileOf('index.html', '<!doctype html><title>Usher</title>', {})],
    ['/assets/app-12345678.js', fileOf('app.js', 'void 0', { isImmutable: true })],
  ])
}

function memoryRepeats(): RepeatStore {
  const rows = new Map<string, { bodyHash: string; kept?: { status: number; body: string } }>()
  return {
    begin: async ({ customer, route, key, bodyHash }) => {
      const name = createHash('sha256')
        .update(JSON.stringify([customer, route, key]))
        .digest('hex')
      const row = rows.get(name)
      if (row === undefined) {
        rows.set(name, { bodyHash })
        return {
          kind: 'mine',
          keep: async (status, body) => void rows.set(name, { bodyHash, kept: { status, body } }),
          drop: async () => void rows.delete(name),
        }
      }
      if (row.bodyHash !== bodyHash) return { kind: 'other-body' }
      return row.kept === undefined ? { kind: 'undecided' } : { kind: 'kept', ...row.kept }
    },
  }
}
