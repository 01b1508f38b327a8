// A client that watches one Show at one gateway, with a map of its own made of what is published.
//
//   F1. What it is told continues what it knows, or replaces it.

import type { Feed } from '../../../gateway/feed.ts'
import { topicOf } from '../../../gateway/feed-pace.ts'
import type { FeedView } from '../../../gateway/feed-view.ts'
import type { ShowNumber } from '../../../shared/ids.ts'
import { check } from '../audit-error.ts'

export class SimWatcher {
  readonly show: ShowNumber
  readonly #feed: Feed
  readonly #topic: string
  #view: FeedView | undefined
  #isAsking = false
  /** undefined until it has joined */
  seen: { version: number; readonly states: number[] } | undefined

  constructor(show: ShowNumber, feed: Feed) {
    this.show = show
    this.#feed = feed
    this.#topic = topicOf(show, false)
  }

  join(): void {
    if (this.#view !== undefined || this.#isAsking) return
    this.#isAsking = true
    this.#feed.use(this.show, view => {
      this.#isAsking = false
      if (view === undefined) return
      this.#view = view
      this.#feed.pace.enter(view, false)
      this.#feed.pace.whenSettled(view, () => {
        this.seen = { version: view.version, states: statesIn(view.base64(), view.seatCount) }
      })
    })
  }

  published(topic: string, message: string | Uint8Array): void {
    const { seen } = this
    if (topic !== this.#topic || seen === undefined || typeof message !== 'string') return
    const told = JSON.parse(message)
    if (told.ev === 'resync') {
      const seatCount = this.#view?.seatCount ?? 0
      this.seen = { version: told.version, states: statesIn(told.states, seatCount) }
    } else if (told.ev === 'seats') {
      check(told.from === seen.version, 'F1', `told from ${told.from} on, known to ${seen.version}`)
      for (const [seat, state] of told.changes) seen.states[seat] = state
      seen.version = told.to
    } else if (told.ev === 'head') {
      check(told.version === seen.version, 'F1', `the head is ${told.version}, not ${seen.version}`)
    }
  }
}

function statesIn(base64: string, seatCount: number): number[] {
  const bytes = Buffer.from(base64, 'base64')
  return Array.from(
    { length: seatCount },
    (_, seat) => ((bytes[seat >>> 2] ?? 0) >>> ((seat & 3) << 1)) & 3,
  )
}
