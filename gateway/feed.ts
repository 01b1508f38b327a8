// Every Show that somebody looked at in the last 10 minutes, as current as its shard's news.
//
// Owns: which shows are known here, asking their owner, merging news by version, noticing holes.
// Leaves to others: one show's seats (feed-view.ts), telling watchers (feed-pace.ts).
//
//          use            answer of the owner
//   (none) ──▶ asking ───────────────────────▶ live ──(gap, hole, new incarnation)──▶ asking
//                │ not found: gone              │ unused for 10 minutes: gone
//
//   F1. News are merged by version: what is known is dropped, a gap asks the owner again; a hole in
//       a shard's frames asks again for every show of it, at once. Only `live` is ever handed out.
//   F2. A show is asked for once, however many wait for it.
//   E6. News of a lower (incarnation, epoch) than the last are dropped.

import {
  asEpoch,
  asIncarnation,
  type Epoch,
  type Incarnation,
  type ShardNumber,
  type ShowNumber,
} from '../shared/ids.ts'
import { LIMITS } from '../shared/limits.ts'
import { compareReigns } from '../shared/link-batches.ts'
import type { ShardHead } from '../shared/link-news.ts'
import { shardOf } from '../shared/placement.ts'
import type { Clock } from '../shared/ports.ts'
import { systemTimers, type Timers } from '../shared/timers.ts'
import type { FrameNews, Reply, ShowNews } from '../shared/views.ts'
import { FeedPace, type Publish } from './feed-pace.ts'
import { FeedView } from './feed-view.ts'
import type { Router } from './router.ts'

const UNUSED_MS_MAX = 10 * 60 * 1000
const EVICT_EVERY_MS = 60_000
const HEADS_EVERY_MS = 1_000
const ASK_AGAIN_MS = 500
const NEWS_WAITING_MAX = 1_024

/** What became of `use`: the live view, or why there is none (a refusal or a fault). */
export type Used = (view: FeedView | undefined, problem: Reply | undefined) => void

interface NewsAt {
  readonly incarnation: Incarnation
  readonly news: ShowNews
}

/** A show known here; `view` is absent until the owner has answered for the first time. */
interface Known {
  readonly show: ShowNumber
  view: FeedView | undefined
  usedAt: number
  isAsking: boolean
  /** something went missing after the ask: its answer may be too old */
  isOutdated: boolean
  /** the view was replaced by an answer that watchers have not been told yet */
  isMoved: boolean
  /** came while asking; the oldest are dropped, which the merge notices as a gap */
  news: NewsAt[]
  waiting: Used[]
}

interface ShardPlace {
  incarnation: Incarnation
  epoch: Epoch
  frame: number
}

export interface FeedOptions {
  readonly router: Router
  readonly publish: Publish
  readonly clock: Clock
  readonly timers?: Timers
}

export class Feed {
  readonly pace: FeedPace
  readonly #router: Router
  readonly #clock: Clock
  readonly #shows = new Map<ShowNumber, Known>()
  readonly #places: ShardPlace[] = []
  readonly #timers: Timers
  readonly #ends: (() => void)[]
  #askCount = 0

  constructor(options: FeedOptions) {
    this.#router = options.router
    this.#clock = options.clock
    this.#timers = options.timers ?? systemTimers
    this.pace = new FeedPace(options.publish, options.clock, this.#timers)
    for (let shard = 0; shard < LIMITS.shardCount; shard += 1) {
      this.#places.push({ incarnation: asIncarnation(0), epoch: asEpoch(0), frame: 0 })
    }
    this.#ends = [
      this.#timers.every(EVICT_EVERY_MS, () => this.evict()),
      this.#timers.every(HEADS_EVERY_MS, () => this.pace.heads()),
    ]
  }

  /** Hands over the live view, at once when it is known. F2 */
  use(show: ShowNumber, onUsed: Used): void {
    const known = this.#shows.get(show) ?? this.#add(show)
    known.usedAt = this.#clock.monotonicMs()
    if (known.view !== undefined && !known.isAsking) {
      onUsed(known.view, undefined)
      return
    }
    known.waiting.push(onUsed)
    if (!known.isAsking) this.#ask(known)
  }

  /** The view, or the refusal or fault for which there is none. */
  read(show: ShowNumber): Promise<FeedView | Reply> {
    return new Promise((resolve, reject) => {
      this.use(show, (view, problem) => {
        const outcome = view ?? problem
        if (outcome === undefined) reject(new Error('feed: neither a view nor a problem'))
        else resolve(outcome)
      })
    })
  }

  /** The live view if it is known; does not count as use. */
  peek(show: ShowNumber): FeedView | undefined {
    const known = this.#shows.get(show)
    return known === undefined || known.isAsking ? undefined : known.view
  }

  /** A durable frame's changes: handed over before the replies of its commands. */
  seats(news: FrameNews): void {
    const place = this.#places[news.shard] as ShardPlace
    if (compareReigns(news, place) < 0) return // E6
    const isRestored = place.incarnation > 0 && news.incarnation !== place.incarnation
    if (!isRestored && place.frame > 0) {
      if (news.frame <= place.frame) return
      if (news.previousFrame > place.frame) this.#askForShard(news.shard) // F1
    }
    if (isRestored) this.#askForShard(news.shard)
    place.incarnation = news.incarnation
    place.epoch = news.epoch
    place.frame = news.frame
    for (const ofShow of news.shows) this.#take(ofShow, news.incarnation)
  }

  /** News of the shard may be missing, up to `head` if that is known: its shows are asked for. F1 */
  mayHaveHole(shard: ShardNumber, head?: ShardHead): void {
    this.#askForShard(shard)
    const place = this.#places[shard] as ShardPlace
    const order = head === undefined ? -1 : compareReigns(head, place)
    if (head === undefined || order < 0) return
    place.frame = order === 0 ? Math.max(place.frame, head.frame) : head.frame
    place.incarnation = head.incarnation
    place.epoch = head.epoch
  }

  /** The turn's news are complete: what is due goes out. */
  turnEnded(): void {
    this.pace.turnEnded()
  }

  get showCount(): number {
    return this.#shows.size
  }

  figures(): { readonly shows: number; readonly asking: number; readonly asks: number } {
    let asking = 0
    for (const { isAsking } of this.#shows.values()) if (isAsking) asking += 1
    return { shows: this.#shows.size, asking, asks: this.#askCount }
  }

  /** Forgets shows that nobody has used for a while; a timer calls it. */
  evict(): void {
    const oldest = this.#clock.monotonicMs() - UNUSED_MS_MAX
    for (const known of this.#shows.values()) {
      const isWatched = known.view !== undefined && this.pace.isWatched(known.view)
      if (known.usedAt < oldest && !isWatched && !known.isAsking) this.#shows.delete(known.show)
    }
  }

  stop(): void {
    for (const end of this.#ends) end()
    this.pace.stop()
  }

  #add(show: ShowNumber): Known {
    const usedAt = this.#clock.monotonicMs()
    const known: Known = {
      show,
      view: undefined,
      usedAt,
      isAsking: false,
      isOutdated: false,
      isMoved: false,
      news: [],
      waiting: [],
    }
    this.#shows.set(show, known)
    return known
  }

  #ask(known: Known): void {
    known.isAsking = true
    this.#askCount += 1
    known.isOutdated = false
    if (known.view !== undefined) this.pace.setLive(known.view, false)
    this.#router.ask({ kind: 'read-show', show: known.show }, 0, reply => {
      if (reply.kind === 'show') this.#answered(known, reply)
      else this.#failed(known, reply)
    })
  }

  #askForShard(shard: ShardNumber): void {
    for (const known of this.#shows.values()) {
      if (shardOf(known.show) !== shard) continue
      if (known.isAsking) known.isOutdated = true
      else this.#ask(known)
    }
  }

  #take(news: ShowNews, incarnation: Incarnation): void {
    const known = this.#shows.get(news.show)
    if (known === undefined) return
    if (known.isAsking) {
      known.news.push({ incarnation, news })
      if (known.news.length > NEWS_WAITING_MAX) known.news.shift()
      return
    }
    if (known.view === undefined) return
    const taken = known.view.epoch === incarnation ? known.view.take(news) : 'gap'
    if (taken === 'taken') this.pace.changed(known.view)
    if (taken !== 'gap') return
    known.news = [{ incarnation, news }]
    this.#ask(known)
  }

  /** The owner's answer, then what came meanwhile. F1 */
  #answered(known: Known, reply: Extract<Reply, { kind: 'show' }>): void {
    const previous = known.view
    if (previous?.adopt(reply.view) === true) known.isMoved = true
    const view = previous ?? new FeedView(reply.view)
    known.view = view
    const waitingNews = known.news
    known.news = []
    for (const { incarnation, news } of waitingNews) {
      if (incarnation < view.epoch) continue
      const taken = incarnation > view.epoch ? 'gap' : view.take(news)
      if (taken === 'gap') {
        known.news = waitingNews.filter(one => isAhead(one, view))
        this.#ask(known)
        return
      }
    }
    if (known.isOutdated) {
      this.#ask(known)
      return
    }
    known.isAsking = false
    if (known.isMoved) this.pace.moved(view)
    else this.pace.changed(view)
    known.isMoved = false
    this.pace.setLive(view, true)
    for (const onUsed of takeAll(known)) onUsed(view, undefined)
  }

  /** Without watchers the show is forgotten; with them it stays "catching up" and is asked again. */
  #failed(known: Known, reply: Reply): void {
    known.isAsking = false
    const { view } = known
    if (view === undefined || !this.pace.isWatched(view)) {
      if (this.#shows.get(known.show) === known) this.#shows.delete(known.show)
      known.news = []
    } else {
      known.isAsking = true
      this.#timers.after(ASK_AGAIN_MS, () => this.#ask(known))
    }
    for (const onUsed of takeAll(known)) onUsed(undefined, reply)
  }
}

/** The others are contained in the next answer: kept, they would ask for ever. */
function isAhead({ incarnation, news }: NewsAt, view: FeedView): boolean {
  return incarnation > view.epoch || (incarnation === view.epoch && news.to > view.version)
}

function takeAll(known: Known): readonly Used[] {
  const { waiting } = known
  known.waiting = []
  return waiting
}
