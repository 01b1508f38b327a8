// Planted bugs: whoever judges must find every one of them, and by the rule that it breaks.
//
// The world is honest; what the judge is shown is not, as if the allocator had done it.

import { test } from 'node:test'
import { transitionsOf } from '../../shared/frame.ts'
import { asSeatIndexes, type EntryId, type HoldId, idTextOf, parseId } from '../../shared/ids.ts'
import type { Journal, SnapshotPage } from '../../shared/ports.ts'
import { anyHold, type Bug, caught, inFrame, ofFrame, ofReply } from './saboteur.ts'

test('S1 a seat that is granted twice is found', () =>
  caught(
    /S1: seat \d+ is held/,
    inFrame((transition, show) => {
      if (transition.kind !== 'seats-held') return undefined
      const [seat = 0] = transition.seats
      show.seats.set(seat, { kind: 'held', hold: 'of somebody else' })
      return { ...transition }
    }),
  ))

test('H3 a hold that ends before its deadline is found', () =>
  caught(
    /H3: expired \d+ ms early/,
    inFrame((transition, show) => {
      if (transition.kind !== 'hold-released') return undefined
      const released = show.holds.get(idTextOf(transition.hold))
      if (released?.canExpire !== true) return undefined
      return { kind: 'hold-expired', show: transition.show, hold: transition.hold }
    }),
  ))

test('H3 a hold that never ends is found', () =>
  caught(
    /H3: hold \w+ should have ended|F1: news lead to/,
    inFrame(transition => {
      if (transition.kind !== 'hold-expired') return undefined
      return { kind: 'seats-unblocked', show: transition.show, ranges: [], reason: 'nothing' }
    }),
  ))

test('L2 an offer that overtakes somebody in front is found', () =>
  caught(
    /L2: overtaken/,
    inFrame((transition, show) => {
      if (transition.kind !== 'waiter-offered') return undefined
      const { waiters } = show.line
      const served = show.line.known(idTextOf(transition.entry))
      if (served?.state !== 'waiting' || served.accessible || served.reserved.length > 0) return
      const later = waiters
        .slice(waiters.indexOf(served) + 1)
        .find(waiter => waiter.state === 'waiting' && isAlike(waiter, served))
      const entry = later === undefined ? undefined : parseId<EntryId>(later.id)
      return entry === undefined ? undefined : { ...transition, entry }
    }),
  ))

function isAlike(left: object, right: object): boolean {
  const wishOf = (waiter: object) => {
    const { party, minParty, categories, together, accessible } = waiter as never
    return JSON.stringify([party, minParty, categories, together, accessible])
  }
  return wishOf(left) === wishOf(right)
}

test('L3 a barrier that takes more than its party is found', () =>
  caught(
    /L3/,
    inFrame((transition, show) => {
      if (transition.kind !== 'seats-reserved') return undefined
      const free = show.seats.published().flatMap((state, seat) => (state === 0 ? [seat] : []))
      const more = free.filter(seat => !transition.seats.includes(seat as never))
      const waiter = show.line.known(idTextOf(transition.entry))
      if (transition.seats.length + more.length <= (waiter?.minParty ?? 99)) return undefined
      return { ...transition, seats: asSeatIndexes([...transition.seats, ...more]) }
    }),
  ))

test('S7 a price that nobody set is found', () =>
  caught(
    /S7/,
    inFrame(transition => {
      if (transition.kind !== 'seats-held') return undefined
      return { ...transition, prices: transition.prices.map(price => price + 1) }
    }),
  ))

test('D5 a command that has two effects is found', () =>
  caught(
    /D5: command \w+ already made/,
    inFrame((transition, show, auditor) => {
      if (transition.kind !== 'seats-held') return undefined
      const live = anyHold(show, hold => hold.isLive)
      const [id] =
        [...auditor.effects].find(
          ([, effect]) => effect.hold !== undefined && effect.hold === live?.id,
        ) ?? []
      const known = id === undefined ? undefined : parseId(id)
      if (known === undefined) return undefined
      return { ...transition, key: { id: known as never, bodyHigh: 0, bodyLow: 0 } }
    }),
  ))

test('H9 money of another amount is found', () =>
  caught(
    /H9/,
    inFrame(transition =>
      transition.kind === 'hold-settling'
        ? { ...transition, amount: transition.amount + 1 }
        : undefined,
    ),
  ))

test('P2 a booking of a hold that never settled is found', () =>
  caught(
    /P2|H8/,
    inFrame((transition, show) => {
      if (transition.kind !== 'hold-booked') return undefined
      const booked = idTextOf(transition.hold)
      const other = anyHold(show, hold => hold.canExpire && hold.id !== booked)
      const hold = other === undefined ? undefined : parseId<HoldId>(other.id)
      return hold === undefined ? undefined : { ...transition, hold }
    }),
  ))

test('H7 a credit beyond the limit is found', () =>
  caught(
    /H7/,
    ofFrame(frame => {
      const [first, ...rest] = frame.transitions
      if (first?.kind !== 'shard-claimed' || frame.number === 1) return undefined
      return { ...frame, transitions: [{ ...first, creditMs: 60_001 }, ...rest] }
    }),
  ))

test('E1 a frame of a reign that is over is found', () =>
  caught(
    /E1/,
    ofFrame(frame => {
      const isOld = (frame.epoch ?? 1) > 1 && frame.transitions[0]?.kind !== 'shard-claimed'
      return isOld ? { ...frame, epoch: (frame.epoch ?? 1) - 1 } : undefined
    }),
  ))

test('W4 shard time that goes back is found', () =>
  caught(
    /W4/,
    ofFrame(frame => (frame.number > 20 ? { ...frame, time: frame.time - 10_000_000 } : undefined)),
  ))

test('E8 a transition that is lost is found', () =>
  caught(
    /E8|D2|W2|F1: news lead to/,
    ofFrame(frame => {
      const isHeld = frame.transitions.at(-1)?.kind === 'seats-held'
      return isHeld ? { ...frame, transitions: frame.transitions.slice(0, -1) } : undefined
    }),
  ))

test('W2 an answer that leaves before its frame is durable is found', () =>
  caught(/W2/, bug => ({ journalOver: honest => hasty(honest, bug) })))

/** Says yes at once and stores later. */
function hasty(honest: Journal, bug: Bug): Journal {
  return {
    append: async frame => {
      const outcome = honest.append(frame)
      const isClaim = transitionsOf(frame)[0]?.kind === 'shard-claimed'
      if (frame.number < 20 || frame.transitionCount === 0 || isClaim) return outcome
      bug.hasBitten = true
      return 'appended'
    },
    read: (shard, from) => honest.read(shard, from),
    head: shard => honest.head(shard),
    close: () => honest.close(),
  }
}

test('W2 a hold that is told with another seat is found', () =>
  caught(
    /W2/,
    ofReply(reply => {
      if (reply.kind !== 'hold') return reply
      const seats = asSeatIndexes(reply.hold.seats.map(seat => seat + 1))
      return { ...reply, hold: { ...reply.hold, seats } }
    }),
  ))

test('D3 a no without a reason is found', () =>
  caught(
    /D3: show-not-on-sale without a reason/,
    ofReply((reply, request) => {
      if (request.kind !== 'hold-best' || reply.kind !== 'hold' || reply.isReplay) return reply
      return { kind: 'refused', code: 'show-not-on-sale', detail: 'It is over.' }
    }),
  ))

test('L6 a wrong place in the line is found', () =>
  caught(
    /L6/,
    ofReply(reply => {
      if (reply.kind !== 'entry' || reply.entry.state !== 'waiting') return reply
      return { ...reply, entry: { ...reply.entry, ahead: reply.entry.ahead + 9 } }
    }),
  ))

// The next two bite again and again: what is told last before a process dies misleads nobody.

test('F1 news that are swallowed are found', () =>
  caught(/F1/, bug => ({
    tamper: {
      news: news => {
        if (news.frame % 3 > 0 || news.frame < 12 || news.shows.length === 0) return news
        bug.hasBitten = true
        return undefined
      },
    },
  })))

test('F1 a seat that watchers are told wrong is found', () =>
  caught(/F1/, bug => ({
    tamper: {
      news: news => {
        const [first, ...rest] = news.shows
        if (news.frame < 12 || first === undefined) return news
        if (first.changes.length === 0) return news
        bug.hasBitten = true
        const changes = first.changes.map(change => change ^ 1)
        return { ...news, shows: [{ ...first, changes }, ...rest] }
      },
    },
  })))

test('F7 news that go to somebody else are found', () =>
  caught(/F7/, bug => ({
    tamper: {
      personal: news => {
        const other = news.find(
          one => idTextOf(one.customer) !== idTextOf(news[0]?.customer as never),
        )
        if (bug.hasBitten || other === undefined) return news
        bug.hasBitten = true
        return news.map(one => ({ ...one, customer: other.customer }))
      },
    },
  })))

test('F7 an expiry that its customer never hears of is found', () =>
  caught(/F7: nobody was told/, bug => ({
    tamper: {
      personal: news => {
        const rest = news.filter(one => one.hold?.phase !== 'expired')
        if (bug.hasBitten || rest.length === news.length) return news
        bug.hasBitten = true
        return rest
      },
    },
  })))

test('T1 a page that stays old while the shard page moves on is found', () =>
  caught(
    /T1/,
    () => ({}),
    (world, bug) => {
      const { pages } = world.disk
      const first = new Map<string, SnapshotPage>()
      const honest = pages.write.bind(pages)
      pages.write = async written => {
        const kept = written.map(page => {
          const name = `${page.shard}/${page.show}`
          const old = first.get(name)
          if (old === undefined) first.set(name, page)
          if (page.show === 0 || old === undefined) return page
          return { ...old, frame: page.frame }
        })
        await honest(kept)
      }
      const drain = world.drain.bind(world)
      world.drain = async () => {
        await drain()
        bug.hasBitten = world.judge.failure !== undefined
      }
    },
  ))
