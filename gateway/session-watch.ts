// The Shows that one socket watches.
//
// Owns: at most 8 watches of a session, joining and leaving streams, what a slow reader missed.
// Leaves to others: when changes go out (feed-pace.ts), when a socket is slow (session.ts).
//
//   F1. The answer to `watch` and the subscription are made at the same point of the stream.
//   F4. A slow reader is taken off its streams; once it has read on it gets `lagged` and fresh maps.
//   F5. `since` is answered with the changes when all of them are kept, else with the map.
//   F7. With a token the customer's live holds and entry of the show are pushed first.

import type { ShowNumber } from '../shared/ids.ts'
import { LIMITS } from '../shared/limits.ts'
import type { Reply } from '../shared/views.ts'
import { holdTextOf, offerTextOf } from './audience.ts'
import type { ShowCard } from './directory.ts'
import { topicOf } from './feed-pace.ts'
import type { FeedView } from './feed-view.ts'
import { errTextOf, type IdText, okTextOf } from './live-answers.ts'
import {
  laggedTextOf,
  mapRefTextOf,
  mapTextOf,
  type Position,
  recoveredTextOf,
  resyncTextOf,
} from './live-codec.ts'
import { type Problem, problemOf } from './problems.ts'
import type { Session } from './session.ts'
import { problemOfReply } from './translate.ts'

interface Watch {
  readonly show: ShowNumber
  /** set once it has joined the stream */
  view: FeedView | undefined
  isSubscribed: boolean
}

export interface WatchAsk {
  readonly id: IdText
  readonly show: ShowNumber
  readonly since: Position | undefined
}

export class SessionWatches {
  readonly #session: Session
  readonly #watches = new Map<ShowNumber, Watch>()

  constructor(session: Session) {
    this.#session = session
  }

  get count(): number {
    return this.#watches.size
  }

  watch(ask: WatchAsk): void {
    const known = this.#watches.get(ask.show)
    if (known === undefined && this.#watches.size >= LIMITS.watchedShowsPerSocketMax) {
      const detail = `A socket watches at most ${LIMITS.watchedShowsPerSocketMax} shows: unwatch one.`
      this.#session.say(errTextOf(ask.id, problemOf('validation', detail)))
      return
    }
    const watch = known ?? { show: ask.show, view: undefined, isSubscribed: false }
    this.#watches.set(ask.show, watch)
    if (this.#session.caller === undefined) this.#join(ask, watch)
    else this.#pushOwn(ask, watch)
  }

  unwatch(show: ShowNumber): void {
    const watch = this.#watches.get(show)
    if (watch === undefined) return
    this.#watches.delete(show)
    this.#leave(watch)
  }

  /** The socket is gone: uWS has ended its subscriptions. */
  end(): void {
    for (const watch of this.#watches.values()) {
      watch.isSubscribed = false
      this.#leave(watch)
    }
    this.#watches.clear()
  }

  /** F4: nothing more is published to it. */
  pause(): void {
    for (const watch of this.#watches.values()) this.#unsubscribe(watch)
  }

  /** F4: it has read everything that was sent. */
  resume(): void {
    const { feed } = this.#session.house
    for (const watch of this.#watches.values()) {
      const { view, show } = watch
      if (view === undefined) continue
      this.#session.say(laggedTextOf(show))
      feed.pace.whenSettled(view, () => {
        if (!this.#isCurrent(watch)) return
        this.#subscribe(watch)
        if (this.#session.isBinary) this.#session.say(view.bytes())
        else this.#session.say(resyncTextOf(show, view, view.base64()))
      })
    }
  }

  // F7
  #pushOwn(ask: WatchAsk, watch: Watch): void {
    const { house, caller, number } = this.#session
    if (caller === undefined) return
    const { customer } = caller
    house.router.ask({ kind: 'read-customer', show: ask.show, customer }, number, reply => {
      if (reply.kind !== 'customer') this.#refuse(ask, watch, reply)
      else if (reply.holds.length === 0 && reply.entry === undefined) this.#join(ask, watch)
      else
        this.#session.withCard(ask.show, card => {
          if (card !== undefined) this.#sayOwn(reply, card)
          this.#join(ask, watch)
        })
    })
  }

  #sayOwn(reply: Extract<Reply, { kind: 'customer' }>, card: ShowCard): void {
    for (const hold of reply.holds) this.#session.say(holdTextOf(hold, card, reply.now))
    if (reply.entry !== undefined) this.#session.say(offerTextOf(reply.entry, card, reply.now))
  }

  #join(ask: WatchAsk, watch: Watch): void {
    if (this.#session.isClosed) return
    const { feed } = this.#session.house
    feed.use(ask.show, (view, problem) => {
      if (view === undefined) {
        this.#refuse(ask, watch, problem)
        return
      }
      const isCurrent = this.#isCurrent(watch)
      if (isCurrent && watch.view === undefined) {
        watch.view = view
        feed.pace.enter(view, this.#session.isBinary)
      }
      if (isCurrent) feed.pace.whenSettled(view, () => this.#answer(ask, watch, view))
      else this.#answer(ask, watch, view) // unwatched meanwhile: the map as it is, no stream
    })
  }

  // F1, F5
  #answer(ask: WatchAsk, watch: Watch, view: FeedView): void {
    const session = this.#session
    if (session.isClosed) return
    if (this.#isCurrent(watch)) this.#subscribe(watch)
    const { id, show, since } = ask
    const { isBinary } = session
    const changes = since?.epoch === view.epoch ? view.changesSince(since.version) : undefined
    if (changes !== undefined) {
      session.say(okTextOf(id, recoveredTextOf(show, view, { changes, isBinary })))
    } else if (isBinary) {
      session.say(okTextOf(id, mapRefTextOf(show, view)))
      session.say(view.bytes())
    } else session.say(okTextOf(id, mapTextOf(show, view, view.base64())))
  }

  #refuse(ask: WatchAsk, watch: Watch, reply: Reply | undefined): void {
    if (this.#isCurrent(watch) && watch.view === undefined) this.#watches.delete(watch.show)
    const problem: Problem =
      (reply === undefined ? undefined : problemOfReply(reply)) ?? problemOf('internal')
    this.#session.say(errTextOf(ask.id, problem))
  }

  #isCurrent(watch: Watch): boolean {
    return this.#watches.get(watch.show) === watch
  }

  #subscribe(watch: Watch): void {
    if (watch.isSubscribed || this.#session.isLagging) return
    watch.isSubscribed = true
    this.#session.socket.subscribe(topicOf(watch.show, this.#session.isBinary))
  }

  #unsubscribe(watch: Watch): void {
    if (!watch.isSubscribed) return
    watch.isSubscribed = false
    this.#session.socket.unsubscribe(topicOf(watch.show, this.#session.isBinary))
  }

  #leave(watch: Watch): void {
    this.#unsubscribe(watch)
    if (watch.view === undefined) return
    this.#session.house.feed.pace.leave(watch.view, this.#session.isBinary)
    watch.view = undefined
  }
}
