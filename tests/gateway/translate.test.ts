// Holds as text, commands from bodies, and the router's deadline.

import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { canonicalJsonOf, Router } from '../../gateway/router.ts'
import { Entry, Hold } from '../../gateway/schemas/holds.ts'
import {
  categorySetOf,
  entryJsonOf,
  holdBestOf,
  holdJsonOf,
  joinOf,
  problemOfReply,
} from '../../gateway/translate.ts'
import {
  asIncarnation,
  asInstant,
  asSeatIndexes,
  asSequence,
  type BookingId,
  type EntryId,
  type HoldId,
  idTextOf,
  newShowScopedId,
} from '../../shared/ids.ts'
import { LIMITS } from '../../shared/limits.ts'
import type { Link } from '../../shared/ports.ts'
import type { HoldView, Reply } from '../../shared/views.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { callerOf, SHOW, showCardOf } from './live-stage.ts'

const now = asInstant(1_800_000_000_000)

function viewOf(changes: Partial<HoldView> = {}): HoldView {
  return {
    id: newShowScopedId<HoldId>(SHOW),
    show: SHOW,
    customer: callerOf('ann').customer,
    phase: 'selecting',
    seats: asSeatIndexes([1, 2]),
    prices: [0, 700],
    createdAt: now,
    expiresAt: asInstant(now + 299_750),
    extensionsLeft: 1,
    origin: 'direct',
    incarnation: asIncarnation(3),
    sequence: asSequence(41),
    ...changes,
  }
}

test('X1 the text of a hold is the JSON of the contract', () => {
  const card = showCardOf(4)
  const view = viewOf()
  const hold = Hold.parse(JSON.parse(holdJsonOf(view, card, now)))
  assert.deepEqual(hold, {
    id: idTextOf(view.id),
    showId: 'show_7',
    customerId: callerOf('ann').customerText,
    phase: 'selecting',
    seats: [
      { index: 1, label: 'A2', category: 'standard', price: { amount: 0, currency: 'INR' } },
      { index: 2, label: 'A3', category: 'standard', price: { amount: 700, currency: 'INR' } },
    ],
    amount: { amount: 700, currency: 'INR' },
    expiresAt: '2027-01-15T08:04:59.750Z',
    ttlMs: 299_750,
    extensionsLeft: 1,
    origin: 'direct',
    epoch: 3,
    sequence: 41,
  })
})

test('X1 labels of any spelling stay JSON, and a booking is named', () => {
  const plain = showCardOf(2)
  const labels = ['"quoted" \\ row', 'ряд 1\n']
  const card = { ...plain, layout: { ...plain.layout, labels } }
  const booking = newShowScopedId<BookingId>(SHOW)
  const view = viewOf({ seats: asSeatIndexes([0, 1]), phase: 'booked', booking })
  const hold = Hold.parse(JSON.parse(holdJsonOf(view, card, now)))
  assert.deepEqual(
    hold.seats.map(({ label }) => label),
    labels,
  )
  assert.equal(hold.bookingId, idTextOf(booking))
  assert.equal(hold.ttlMs, 0, 'what has ended has no time left')
})

test('X1 an entry carries its hold only when it is offered one', () => {
  const card = showCardOf(4)
  const id = newShowScopedId<EntryId>(SHOW)
  const customer = callerOf('ann').customer
  const waiting = { id, show: SHOW, customer, party: 2, ahead: 4, sequence: asSequence(5) }
  const entryOf = (text: string) => Entry.parse(JSON.parse(text))
  assert.deepEqual(entryOf(entryJsonOf({ ...waiting, state: 'waiting' }, card, now)), {
    id: idTextOf(id),
    showId: 'show_7',
    state: 'waiting',
    party: 2,
    ahead: 4,
  })
  const hold = viewOf({ origin: 'offer' })
  const offered = { ...waiting, state: 'offered' as const, ahead: 0, hold }
  assert.equal(entryOf(entryJsonOf(offered, card, now)).hold?.origin, 'offer')
})

test('X1 refusals and faults keep their code, their wait and their conflicts', () => {
  const largest = problemOfReply({ kind: 'refused', code: 'no-block', detail: 'None.', largest: 3 })
  assert.deepEqual([largest?.code, largest?.largest, largest?.retryable], ['no-block', 3, false])
  const fault: Reply = { kind: 'fault', code: 'overloaded', detail: 'Busy.', retryAfterMs: 250 }
  assert.equal(problemOfReply(fault)?.retryAfterMs, 250)
  assert.equal(problemOfReply({ kind: 'done', now }), undefined)
})

test('X1 category names become a set, unknown ones nothing', () => {
  const { layout } = showCardOf(4)
  const two = {
    ...layout,
    categories: [
      { id: 'a', name: 'A' },
      { id: 'b', name: 'B' },
    ],
  }
  assert.equal(categorySetOf(undefined, two), 0)
  assert.equal(categorySetOf(['b', 'a'], two), 3)
  assert.equal(categorySetOf(['b', 'c'], two), undefined)
  const asked = { show: SHOW, customer: callerOf('ann').customer, isBoxOffice: false }
  assert.deepEqual(
    { ...joinOf(asked, { party: 3 }, two), entry: undefined },
    {
      kind: 'join-waitlist',
      ...asked,
      entry: undefined,
      party: 3,
      minParty: 3,
      categories: 0,
      together: true,
      accessible: false,
    },
  )
  const best = holdBestOf(asked, { count: 2 }, two)
  assert.ok(best !== undefined && !('together' in best), 'left out means the whole ladder')
})

test('R4 canonical JSON does not depend on the order of fields', () => {
  const leaf = fc.oneof(fc.integer(), fc.boolean(), fc.string(), fc.array(fc.nat()))
  fc.assert(
    fc.property(fc.dictionary(fc.string(), leaf), fields => {
      const reversed = Object.fromEntries(Object.entries(fields).reverse())
      assert.equal(canonicalJsonOf(fields), canonicalJsonOf(reversed))
      assert.deepEqual(JSON.parse(canonicalJsonOf(fields)), JSON.parse(JSON.stringify(fields)))
    }),
  )
})

class SilentLink implements Link {
  readonly replies: ((reply: Reply) => void)[] = []

  submit(...[, , onReply]: Parameters<Link['submit']>): void {
    this.replies.push(onReply)
  }
}

function routed(t: { after(run: () => void): void }) {
  const link = new SilentLink()
  const clock = new ManualClock()
  const router = new Router({ link, clock, deadlineMs: 100, unansweredPerShardMax: 3 })
  t.after(() => router.stop())
  return { link, clock, router }
}

const customer = callerOf('ann').customer
const command = {
  kind: 'release-hold',
  show: SHOW,
  customer,
  isBoxOffice: false,
  hold: newShowScopedId<HoldId>(SHOW),
} as const

const codeOf = (reply: Reply): string => (reply.kind === 'fault' ? reply.code : reply.kind)

test('R2 silence is outcome-unknown for a command and shard-unavailable for a query', t => {
  const { link, clock, router } = routed(t)
  const told: string[] = []
  router.ask(command, 1, reply => told.push(codeOf(reply)))
  clock.advance(50)
  router.ask({ kind: 'read-show', show: SHOW }, 1, reply => told.push(codeOf(reply)))
  clock.advance(49)
  router.sweep()
  assert.deepEqual(told, [])
  clock.advance(1)
  router.sweep()
  assert.deepEqual(told, ['outcome-unknown'])
  clock.advance(50)
  router.sweep()
  assert.deepEqual(told, ['outcome-unknown', 'shard-unavailable'])
  for (const reply of link.replies) reply({ kind: 'done', now })
  assert.equal(told.length, 2, 'R1: an answer that comes late is not told again')
  assert.equal(router.unansweredCount, 0)
})

test('R3 a shard with too many unanswered asks refuses the next one at once', t => {
  const { link, router } = routed(t)
  const told: string[] = []
  for (let index = 0; index < 4; index += 1) {
    router.ask(command, 1, reply => told.push(codeOf(reply)))
  }
  assert.deepEqual(told, ['overloaded'])
  assert.equal(link.replies.length, 3)
  link.replies[1]?.({ kind: 'done', now })
  router.ask(command, 1, reply => told.push(codeOf(reply)))
  assert.deepEqual(told, ['overloaded', 'done'])
  assert.ok(LIMITS.shardCount > 1)
})
