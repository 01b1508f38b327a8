// What a frame means to watchers: its published seat changes, grouped by Show.
//
// Owns: FrameNews' shows. Leaves to others: when they leave (writer.ts), who watches (gateway/feed.ts).
//
//   F1. A Show's changes stand in order, one per step of its version: to - from of them.

import { assert } from '../shared/assert.ts'
import type { Instant, ShowNumber } from '../shared/ids.ts'
import type { ShowNews } from '../shared/views.ts'
import type { Show } from './core/show.ts'
import { statusOf } from './core/show.ts'
import type { ShardState } from './core/state.ts'

/** `named` are Shows whose terms or status changed; they are news even without a seat change. */
export function showNewsOf(
  state: ShardState,
  named: ReadonlySet<ShowNumber>,
  now: Instant,
): ShowNews[] {
  const words = state.changes.view()
  const news: ShowNews[] = []
  if (words.length > 0) {
    const only = onlyShowOf(words)
    if (only === undefined) for (const [show, changes] of grouped(words)) add(show, changes)
    else add(only, seatsOf(words))
  }
  const told = new Set(news.map(one => one.show))
  for (const show of named) if (!told.has(show)) add(show, NO_CHANGES)
  return news

  function add(number: ShowNumber, changes: Int32Array): void {
    const show = state.shows.get(number)
    assert(show !== undefined, 'F1: news are of a known show')
    news.push(newsOf(show, changes, now))
  }
}

const NO_CHANGES = new Int32Array(0)

function newsOf(show: Show, changes: Int32Array, now: Instant): ShowNews {
  return {
    show: show.number,
    from: show.version - changes.length,
    to: show.version,
    changes,
    counts: show.seats.counts,
    status: statusOf(show, now),
  }
}

/** The one Show that all pairs are of: the common case of a hot Show. */
function onlyShowOf(words: Int32Array): ShowNumber | undefined {
  const first = words[0]
  for (let at = 2; at < words.length; at += 2) if (words[at] !== first) return undefined
  return ((first as number) >>> 0) as ShowNumber
}

function seatsOf(words: Int32Array): Int32Array {
  const changes = new Int32Array(words.length >>> 1)
  for (let at = 0; at < changes.length; at += 1) changes[at] = words[at * 2 + 1] as number
  return changes
}

function grouped(words: Int32Array): Map<ShowNumber, Int32Array> {
  const counts = new Map<ShowNumber, number>()
  for (let at = 0; at < words.length; at += 2) {
    const show = ((words[at] as number) >>> 0) as ShowNumber
    counts.set(show, (counts.get(show) ?? 0) + 1)
  }
  const changes = new Map<ShowNumber, Int32Array>()
  for (const [show, count] of counts) {
    changes.set(show, new Int32Array(count))
    counts.set(show, 0)
  }
  for (let at = 0; at < words.length; at += 2) {
    const show = ((words[at] as number) >>> 0) as ShowNumber
    const next = counts.get(show) ?? 0
    const list = changes.get(show)
    if (list !== undefined) list[next] = words[at + 1] as number
    counts.set(show, next + 1)
  }
  return changes
}
