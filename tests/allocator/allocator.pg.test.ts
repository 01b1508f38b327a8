import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { digestOf } from '../../allocator/core/digest.ts'
import { PostgresJournal } from '../../allocator/journal/postgres.ts'
import { type Allocator, startAllocator } from '../../allocator/main.ts'
import { MemorySnapshots } from '../../allocator/memory-snapshots.ts'
import { recoverShard } from '../../allocator/recovery.ts'
import { systemClock } from '../../shared/clock.ts'
import type { Fault } from '../../shared/faults.ts'
import {
  asFrameNumber,
  asInstant,
  asLayoutNumber,
  asSeatIndexes,
  asShardNumber,
  asShowNumber,
  type CustomerId,
  type HoldId,
  newCustomerId,
  newShowScopedId,
} from '../../shared/ids.ts'
import { LIMITS } from '../../shared/limits.ts'
import { DEFAULT_POLICY } from '../../shared/policy.ts'
import type { Reply } from '../../shared/views.ts'
import { Plans } from '../support/core-link.ts'
import { hallOf } from '../support/halls.ts'
import { freshDatabase } from '../support/postgres.ts'

const database = await freshDatabase()
after(() => database.stop())

const plans = new Plans()
const layout = asLayoutNumber(1)
const plan = plans.add(layout, hallOf({ rows: 50, seatsPerRow: 40 }))
const terms = {
  layout,
  layoutDigest: plan.digest,
  policy: { ...DEFAULT_POLICY, orphans: 'off' as const },
  prices: [900],
  currency: 'EUR',
  startsAt: asInstant(Date.now() + 86_400_000),
  salesOpenAt: asInstant(0),
  salesCloseAt: asInstant(Date.now() + 80_000_000),
}
const SHOW_COUNT = 40
const snapshots = new MemorySnapshots()

async function start(faults: Fault[] = []) {
  const journal = await PostgresJournal.open({ connectionString: database.url })
  const allocator = await startAllocator({
    journal,
    snapshots,
    plans,
    ledger: { cursorOf: () => asFrameNumber(0), whenPassed: (_shard, _frame, told) => told() },
    feed: { seats: () => {}, personal: () => {}, turnEnded: () => {} },
    clock: systemClock,
    owner: 'test',
    onFault: fault => faults.push(fault),
  })
  return { journal, allocator }
}

function hold(allocator: Allocator, show: number, seat: number): Promise<Reply> {
  return allocator.ask({
    kind: 'hold-seats',
    show: asShowNumber(show),
    customer: newCustomerId(),
    isBoxOffice: false,
    hold: newShowScopedId<HoldId>(asShowNumber(show)),
    seats: asSeatIndexes([seat]),
  })
}

function digestsOf(allocator: Allocator): (string | undefined)[] {
  return Array.from({ length: LIMITS.shardCount }, (_, at) => allocator.digest(asShardNumber(at)))
}

test('A1 all shards on Postgres: stop, start again, everything is as it was', async () => {
  const first = await start()
  for (let show = 1; show <= SHOW_COUNT; show += 1) {
    const opened = await first.allocator.ask({ kind: 'open-show', show: asShowNumber(show), terms })
    assert.equal(opened.kind, 'done')
  }
  const asked = Array.from({ length: 2_000 }, (_, at) =>
    hold(first.allocator, 1 + (at % SHOW_COUNT), Math.floor(at / SHOW_COUNT)),
  )
  const replies = await Promise.all(asked)
  assert.deepEqual(new Set(replies.map(reply => reply.kind)), new Set(['hold']))
  await first.allocator.stop()
  await first.journal.close()
  const second = await start()
  const third = await hold(second.allocator, 1, 0)
  assert.ok(third.kind === 'refused' && third.code === 'seat-taken')
  await second.allocator.stop()
  await second.journal.close()
})

test('E2 E4 T1 a second allocator takes over under load and no acknowledged hold is lost', async () => {
  const faults: Fault[] = []
  const old = await start(faults)
  const acknowledged: { show: number; customer: CustomerId; hold: HoldId }[] = []
  let isOver = false
  const load = Array.from({ length: 16 }, async (_, lane) => {
    for (let seat = 100 + lane; !isOver && seat < 2_000; seat += 16) {
      const reply = await hold(old.allocator, 1 + (seat % SHOW_COUNT), seat)
      if (reply.kind !== 'hold') return
      const { show, customer, id } = reply.hold
      acknowledged.push({ show, customer, hold: id })
    }
  })
  await new Promise(resolve => setTimeout(resolve, 150))
  const successor = await start()
  isOver = true
  await Promise.all(load)
  for (let show = 1; show <= SHOW_COUNT; show += 1) await hold(old.allocator, show, 99)
  assert.equal(faults[0]?.kind, 'ownership-lost')
  assert.ok(acknowledged.length > 0)
  for (const { show, customer, hold: id } of acknowledged) {
    const reply = await successor.allocator.ask({
      kind: 'read-hold',
      show: asShowNumber(show),
      customer,
      isBoxOffice: false,
      hold: id,
    })
    assert.equal(reply.kind, 'hold')
  }
  await old.allocator.stop()
  await old.journal.close()
  await successor.allocator.stop()
  assert.deepEqual(digestsOf(successor.allocator), await replayedDigests(successor.journal)) // T1
  await successor.journal.close()
})

async function replayedDigests(journal: PostgresJournal): Promise<string[]> {
  const digests: string[] = []
  for (let at = 0; at < LIMITS.shardCount; at += 1) {
    const { state } = await recoverShard({
      shard: asShardNumber(at),
      journal,
      snapshots: new MemorySnapshots(),
      plans,
      ledgerFrame: asFrameNumber(0),
    })
    digests.push(digestOf(state))
  }
  return digests
}
