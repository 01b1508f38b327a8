// A show that moves to another hall while a gateway asks for it: asked as often as needed, not for ever.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Feed } from '../../gateway/feed.ts'
import { Router } from '../../gateway/router.ts'
import { asEpoch, asFrameNumber, asIncarnation, asInstant, asShowNumber } from '../../shared/ids.ts'
import { shardOf } from '../../shared/placement.ts'
import type { Link } from '../../shared/ports.ts'
import type { FrameNews, Reply, SeatCounts } from '../../shared/views.ts'
import { ManualClock } from '../support/manual-clock.ts'

const SHOW = asShowNumber(1)

const countsOf = (seats: number): SeatCounts => ({
  free: seats,
  reserved: 0,
  held: 0,
  sold: 0,
  blocked: 0,
})

function newsOf(frame: number, from: number, to: number, seats: number): FrameNews {
  const changes = Int32Array.from({ length: to - from }, () => 0)
  const news = {
    show: SHOW,
    from,
    to,
    changes,
    counts: countsOf(seats),
    status: 'on-sale' as const,
  }
  return {
    shard: shardOf(SHOW),
    incarnation: asIncarnation(1),
    epoch: asEpoch(1),
    frame: asFrameNumber(frame),
    previousFrame: asFrameNumber(frame - 1),
    now: asInstant(0),
    shows: [news],
  }
}

function viewOf(version: number, seats: number): Reply {
  const states = new Uint8Array(Math.ceil(seats / 4))
  const incarnation = asIncarnation(1)
  const counts = countsOf(seats)
  const view = { show: SHOW, terms: {}, status: 'on-sale', incarnation, version, counts, states }
  return { kind: 'show', view, now: asInstant(0) } as Reply
}

for (const version of [4, 5]) {
  test(`F1 old news of another hall end with the next answer (version ${version})`, t => {
    const asks: ((reply: Reply) => void)[] = []
    const link: Link = { submit: (_request, _origin, onReply) => asks.push(onReply) }
    const clock = new ManualClock()
    const router = new Router({ link, clock })
    const feed = new Feed({ router, publish: () => undefined, clock })
    t.after(() => {
      feed.stop()
      router.stop()
    })
    feed.use(SHOW, () => undefined)
    feed.seats(newsOf(3, 2, 4, 12)) // of the old hall
    asks.shift()?.(viewOf(version, 20))
    for (let count = 0; count < 2; count += 1) asks.shift()?.(viewOf(version, 20))
    assert.equal(asks.length, 0, 'it still asks')
    assert.equal(feed.peek(SHOW)?.version, version)
    assert.equal(feed.peek(SHOW)?.seatCount, 20)
  })
}
