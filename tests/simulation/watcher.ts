// Somebody who watches every Show of one process and is told its customers' personal news.
//
// Owns: rules F1 and F7 on what a FeedSink hears. Leaves to others: replies (witness.ts).
//
//   F1. Versions follow each other without a hole, and changes replayed make the published map.
//   F7. Whoever's hold or entry changed hears of it, and nobody else does.

import { idTextOf, type ShardNumber } from '../../shared/ids.ts'
import type { FrameNews, PersonalNews, ShowNews } from '../../shared/views.ts'
import { check } from './audit-error.ts'
import type { AuditedShow } from './audited-show.ts'
import type { Auditor } from './auditor.ts'
import { Scene } from './scene.ts'
import { checkMap, judgeEntry, judgeHold } from './witness.ts'

interface Seen {
  version: number
  readonly states: Map<number, number>
}

export class Watcher {
  readonly #shows = new Map<number, Seen>()
  readonly #lastFrame = new Map<ShardNumber, number>()

  /** `auditor` has observed everything that is durable. */
  seats(news: FrameNews, auditor: Auditor): void {
    const { shard, frame, previousFrame } = news
    check(frame <= auditor.frame, 'W2', `news of frame ${frame}, ${auditor.frame} are durable`)
    const epoch = auditor.stored[frame - 1]?.epoch
    check(news.epoch === epoch, 'E6', `news of epoch ${news.epoch} in a frame of ${epoch}`)
    const last = this.#lastFrame.get(shard)
    const isJoined = last === undefined || previousFrame === last
    check(isJoined, 'F1', `news say ${previousFrame} came before ${frame}, it was ${last}`)
    this.#lastFrame.set(shard, frame)
    for (const show of news.shows) this.#show(show, frame, auditor)
  }

  /** Replies leave after the news of their frame: whoever is answered can see it. */
  checkUpToDate(number: number, show: AuditedShow): void {
    const seen = this.#shows.get(number)
    const isSo = seen === undefined || seen.version === show.seats.version
    check(isSo, 'F1', `answered at version ${show.seats.version}, told up to ${seen?.version}`)
  }

  /** `owed`: holds and entries whose owners must hear now. F7 */
  personal(
    news: readonly PersonalNews[],
    facts: {
      readonly auditor: Auditor
      readonly until: number
      readonly owed: Set<string>
      readonly isCurrent: boolean
    },
  ): void {
    const { auditor, until, owed, isCurrent } = facts
    for (const { customer, hold, entry } of news) {
      const view = hold ?? entry
      check(view !== undefined, 'F7', 'personal news of nothing')
      check(idTextOf(view.customer) === idTextOf(customer), 'F7', "another customer's news")
      owed.delete(idTextOf(view.id))
      if (!isCurrent) continue
      const request = { kind: 'read-customer', show: view.show, customer } as const
      const scene = new Scene({ request, auditor, until, ledgerFrame: 0 })
      if (hold !== undefined) judgeHold(scene, hold)
      if (entry !== undefined) judgeEntry(scene, entry)
    }
    check(!isCurrent || owed.size === 0, 'F7', `nobody was told of ${[...owed].join(', ')}`)
  }

  #show(news: ShowNews, frame: number, auditor: Auditor): void {
    const show = auditor.shows.get(news.show)
    check(show !== undefined, 'F1', 'news of a show that was never opened')
    check(news.to - news.from === news.changes.length, 'F1', 'a version for each change')
    const known = show.seats.versionAt(frame)
    check(news.to === known, 'F1', `news lead to version ${news.to}, it is ${known}`)
    const seen = this.#shows.get(news.show)
    if (seen === undefined) this.#begin(news, frame, { show, auditor })
    else this.#follow(seen, news, { show, isCurrent: frame === auditor.frame })
  }

  #begin(
    { show: number, to }: ShowNews,
    frame: number,
    { show, auditor }: { readonly show: AuditedShow; readonly auditor: Auditor },
  ): void {
    if (frame !== auditor.frame) return
    this.#shows.set(number, { version: to, states: new Map(show.seats.published().entries()) })
  }

  #follow(
    seen: Seen,
    news: ShowNews,
    { show, isCurrent }: { readonly show: AuditedShow; readonly isCurrent: boolean },
  ): void {
    check(news.from === seen.version, 'F1', `news from ${news.from} on, told up to ${seen.version}`)
    seen.version = news.to
    for (const change of news.changes) seen.states.set(change >>> 2, change & 3)
    if (!isCurrent) return
    const { free, reserved, held, sold, blocked } = news.counts
    check(free + reserved + held + sold + blocked === show.seats.length, 'S3', 'counts')
    checkMap(show, seat => seen.states.get(seat) ?? 0)
  }
}
