// Owners come and go within one process on a real broker: shares, moves, a cut from the broker, zombies.

import assert from 'node:assert/strict'
import test from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { transitionsOf } from '../../shared/frame.ts'
import { asFrameNumber, type NodeId, type ShowNumber } from '../../shared/ids.ts'
import { LIMITS } from '../../shared/limits.ts'
import { ClusterLab, holdOn, SHARDS } from '../support/cluster-lab.ts'
import { freshNats, needsNats } from '../support/nats.ts'

const TAKEOVER_MS_MAX = 3_000
const PAUSE_MS_MAX = 250

async function withLab(
  names: readonly string[],
  run: (lab: ClusterLab) => Promise<void>,
): Promise<void> {
  const lab = await ClusterLab.open(await freshNats(), names)
  try {
    await run(lab)
  } finally {
    await lab.close()
  }
}

/** Holds one seat after the other until told to stop: what came back, and the longest wait. */
function buyer(lab: ClusterLab, show: ShowNumber, name: string) {
  const replies: string[] = []
  let longestMs = 0
  let isOver = false
  const running = (async () => {
    for (let seat = 0; !isOver && seat < 200; seat += 1) {
      const askedAt = performance.now()
      const reply = await lab.ask(holdOn(show, `${name} ${seat}`, [seat]))
      longestMs = Math.max(longestMs, performance.now() - askedAt)
      replies.push(reply.kind === 'fault' || reply.kind === 'refused' ? reply.code : reply.kind)
      await sleep(3)
    }
  })()
  const stop = async () => {
    isOver = true
    await running
    return { replies, longestMs }
  }
  return { stop }
}

test('PL1 allocators that start together share the shards evenly', needsNats, async () => {
  await withLab(['a', 'b'], async lab => {
    await lab.until(
      () => lab.nodes.every(node => node.allocator.health().length === LIMITS.shardCount / 2),
      'each has its half',
    )
  })
})

test(
  'KP1 a planned move pauses writes for at most 250 ms and nobody hears an error',
  needsNats,
  async () => {
    await withLab(['a', 'b'], async lab => {
      const shard = SHARDS[3] as (typeof SHARDS)[number]
      const show = await lab.openShow(shard)
      const waits: number[] = []
      for (let round = 0; round < 6; round += 1) {
        const to = lab.other(lab.nodeOf(shard))
        const buying = buyer(lab, show, `round ${round}`)
        await sleep(50)
        await lab.wish(shard, to.id)
        await lab.until(() => lab.owners.ownerOf(shard) === to.id, 'the move is done')
        await sleep(50)
        const { replies, longestMs } = await buying.stop()
        waits.push(longestMs)
        const wrong = replies.filter(reply => reply !== 'hold' && reply !== 'seat-taken')
        assert.deepEqual(wrong, [], 'no client sees an error')
      }
      waits.sort((left, right) => left - right)
      assert.ok((waits[3] ?? 0) <= PAUSE_MS_MAX, `the pauses were ${waits.map(Math.round)}`)
    })
  },
)

test(
  'KP1 a move writes RELEASE to the new owner, whose CLAIM is the next frame',
  needsNats,
  async () => {
    await withLab(['a', 'b'], async lab => {
      const shard = SHARDS[5] as (typeof SHARDS)[number]
      const from = lab.nodeOf(shard)
      const to = lab.other(from)
      const before = from.allocator.host.writerOf(shard)?.durable.number ?? 0
      await lab.wish(shard, to.id)
      await lab.until(() => lab.owners.ownerOf(shard) === to.id, 'the move is done')
      const journal = await lab.openJournal()
      const kinds: string[] = []
      for await (const frame of journal.read(shard, asFrameNumber(before + 1))) {
        for (const transition of transitionsOf(frame)) {
          const about =
            'to' in transition ? transition.to : 'owner' in transition && transition.owner
          kinds.push(`${transition.kind} ${about}`)
        }
      }
      assert.deepEqual(kinds.slice(0, 2), [`shard-released ${to.id}`, `shard-claimed ${to.id}`])
    })
  },
)

test('KP2 nobody claims within 500 ms: the previous owner reigns again', needsNats, async () => {
  await withLab(['a'], async lab => {
    const shard = SHARDS[7] as (typeof SHARDS)[number]
    const show = await lab.openShow(shard)
    const liar = 'liar' as NodeId
    lab.pretend({ node: liar, ready: [shard] })
    await lab.until(() => lab.placement.table.assignments.includes(liar), 'the liar gets shards')
    await lab.wish(shard, liar)
    await lab.until(() => lab.owners.ownerOf(shard) === undefined, 'the shard is released')
    await lab.until(() => lab.owners.ownerOf(shard) === ('a' as NodeId), 'it came back')
    const reply = await lab.ask(holdOn(show, 'ada', [1]))
    assert.equal(reply.kind, 'hold')
  })
})

test(
  'E2 an allocator cut from the broker is replaced, and writes nothing when it is back',
  needsNats,
  async () => {
    await withLab(['a', 'b'], async lab => {
      const shard = SHARDS[9] as (typeof SHARDS)[number]
      const show = await lab.openShow(shard)
      const cut = lab.nodeOf(shard)
      const heir = lab.other(cut)
      assert.equal((await lab.ask(holdOn(show, 'before', [1]))).kind, 'hold')
      lab.cut(cut)
      const cutAt = performance.now()
      const zombie: string[] = []
      cut.allocator.host.link.submit(holdOn(show, 'zombie', [2]), 0, reply => {
        zombie.push(reply.kind === 'fault' ? reply.code : reply.kind)
      })
      const reply = await lab.ask(holdOn(show, 'after', [2]))
      const tookMs = performance.now() - cutAt
      assert.equal(reply.kind, 'hold')
      assert.ok(tookMs <= TAKEOVER_MS_MAX, `served again after ${Math.round(tookMs)} ms`)
      assert.equal(lab.owners.ownerOf(shard), heir.id)
      lab.mend(cut)
      await lab.until(() => !cut.allocator.host.serves(shard) && zombie.length > 0, 'it let go')
      assert.notEqual(zombie[0], 'hold', 'E2: the zombie said yes')
      const held = await lab.ask(holdOn(show, 'before', [1]))
      assert.equal(held.kind === 'hold' && held.isReplay, true, 'what was acknowledged is there')
    })
  },
)

test(
  'CA1 an allocator that leaves hands its shards over and nobody hears an error',
  needsNats,
  async () => {
    await withLab(['a', 'b'], async lab => {
      const shard = SHARDS[2] as (typeof SHARDS)[number]
      const show = await lab.openShow(shard)
      const leaving = lab.nodeOf(shard)
      const buying = buyer(lab, show, 'leave')
      await leaving.allocator.stop()
      await lab.until(() => lab.owners.ownedCount === LIMITS.shardCount, 'all are served')
      const { replies } = await buying.stop()
      assert.deepEqual(
        replies.filter(reply => reply !== 'hold'),
        [],
      )
    })
  },
)
