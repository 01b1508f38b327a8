// The stream of one show: pace, resumes, holes and restores, and that every client converges.

import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { LiveErr } from '../../gateway/schemas/live-messages.ts'
import type { FrameNews } from '../../shared/views.ts'
import type { FakeSocket } from './fake-socket.ts'
import { LiveStage, SHOW, SHOW_ID } from './live-stage.ts'
import { WatchingClient } from './watching-client.ts'

function staged(t: { after(run: () => void): void }, seatCount = 12): LiveStage {
  const stage = new LiveStage({ seatCount })
  t.after(() => stage.stop())
  return stage
}

function watch(stage: LiveStage, socket: FakeSocket): Record<string, unknown> {
  return stage.ask(socket, { id: 1, op: 'watch', showId: SHOW_ID } as { id: number })
}

const evs = (socket: FakeSocket) => socket.takeJson().map(({ ev }) => ev)

test('F2 the first change goes out at once, later ones together after 50 ms', t => {
  const stage = staged(t)
  const socket = stage.greet()
  watch(stage, socket)
  stage.desk.set(0, 1)
  stage.desk.turn()
  assert.deepEqual(socket.takeJson(), [
    { ev: 'seats', showId: SHOW_ID, epoch: 1, from: 0, to: 1, changes: [[0, 1]] },
  ])
  stage.desk.set(1, 1)
  stage.desk.turn()
  stage.desk.set(2, 2)
  stage.desk.turn()
  assert.deepEqual(socket.take(), [], 'within the tick nothing more goes out')
  stage.clock.advance(50)
  stage.turnEnded()
  assert.deepEqual(socket.takeJson(), [
    {
      ev: 'seats',
      showId: SHOW_ID,
      epoch: 1,
      from: 1,
      to: 3,
      changes: [
        [1, 1],
        [2, 2],
      ],
    },
  ])
})

test('F1 a newcomer during a tick joins where the next delta begins', t => {
  const stage = staged(t)
  const first = stage.greet()
  watch(stage, first)
  stage.desk.set(0, 1)
  stage.desk.turn()
  stage.desk.set(1, 1)
  stage.desk.turn()
  const second = stage.greet()
  stage.say(second, { id: 5, op: 'watch', showId: SHOW_ID })
  assert.deepEqual(second.take(), [], 'it waits for the changes that are on their way out')
  stage.clock.advance(50)
  stage.turnEnded()
  const [answer] = second.takeJson()
  assert.deepEqual(answer?.ok, {
    showId: SHOW_ID,
    epoch: 1,
    version: 2,
    states: Buffer.from(stage.desk.packed).toString('base64'),
  })
  first.take()
  stage.clock.advance(50)
  stage.desk.set(2, 1)
  stage.desk.turn()
  const [delta] = second.takeJson()
  assert.equal(delta?.from, 2)
  assert.deepEqual(delta, first.takeJson()[0])
})

test('F1 the owner is asked once, however many come at the same time', t => {
  const stage = staged(t)
  let askedCount = 0
  const { submit } = stage.desk
  stage.desk.submit = (request, origin, onReply) => {
    askedCount += 1
    submit.call(stage.desk, request, origin, onReply)
  }
  const sockets = Array.from({ length: 20 }, () => stage.greet())
  for (const socket of sockets) stage.say(socket, { id: 1, op: 'watch', showId: SHOW_ID })
  stage.desk.turn()
  for (const socket of sockets) assert.ok(socket.takeJson()[0]?.ok !== undefined)
  assert.equal(askedCount, 1)
  assert.equal(stage.feed.showCount, 1)
})

test('F5 a client that was away gets the changes since its version, else the map', t => {
  const stage = staged(t)
  const socket = stage.greet()
  watch(stage, socket)
  stage.desk.set(3, 1)
  stage.desk.set(4, 2)
  stage.desk.turn()
  const ask = (id: number, epoch: number, version: number) =>
    stage.ask(stage.greet(), {
      id,
      op: 'watch',
      showId: SHOW_ID,
      since: { epoch, version },
    } as { id: number }).ok
  assert.deepEqual(ask(2, 1, 1), {
    showId: SHOW_ID,
    epoch: 1,
    version: 2,
    recovered: true,
    changes: [[4, 2]],
  })
  assert.deepEqual(ask(3, 1, 2), {
    showId: SHOW_ID,
    epoch: 1,
    version: 2,
    recovered: true,
    changes: [],
  })
  for (const [epoch, version] of [
    [2, 1],
    [1, 99],
  ] as const) {
    const ok = ask(4, epoch, version) as Record<string, unknown>
    assert.equal(ok.recovered, undefined)
    assert.equal(typeof ok.states, 'string')
  }
})

test('F8 over 4 096 changes in a tick come as a map', t => {
  const stage = staged(t, 3_000)
  const text = stage.greet()
  const binary = stage.greet(undefined, true)
  watch(stage, text)
  watch(stage, binary)
  binary.take()
  for (let seat = 0; seat < 3_000; seat += 1) stage.desk.set(seat, 1)
  for (let seat = 0; seat < 1_500; seat += 1) stage.desk.set(seat, 2)
  stage.desk.turn()
  const [resync] = text.takeJson()
  assert.equal(resync?.ev, 'resync')
  assert.equal(resync?.version, 4_500)
  assert.equal(resync?.states, Buffer.from(stage.desk.packed).toString('base64'))
  const messages = binary.take()
  assert.equal(messages.length, 1)
  assert.equal((messages[0] as Uint8Array)[0], 1)
  assert.equal(messages[0]?.length, 20 + 750)
})

test('F1 a hole in the frames asks again and ends in a map, without another change', t => {
  const stage = staged(t)
  const socket = stage.greet()
  watch(stage, socket)
  stage.desk.set(0, 1)
  stage.desk.turn(() => undefined) // these news are lost
  assert.deepEqual(socket.take(), [])
  stage.desk.set(1, 1)
  stage.desk.turn()
  stage.desk.turn()
  assert.deepEqual(socket.takeJson(), [
    {
      ev: 'resync',
      showId: SHOW_ID,
      epoch: 1,
      version: 2,
      states: Buffer.from(stage.desk.packed).toString('base64'),
    },
  ])
})

test('F1 another epoch is announced by resync, never by a delta', t => {
  const stage = staged(t)
  const text = stage.greet()
  const binary = stage.greet(undefined, true)
  stage.desk.set(0, 1)
  stage.desk.set(1, 1)
  watch(stage, text)
  watch(stage, binary)
  binary.take()
  stage.desk.restore()
  stage.desk.set(5, 2)
  stage.desk.turn()
  stage.desk.turn()
  assert.deepEqual(evs(text), ['resync'])
  const [announced, map] = binary.take()
  assert.equal(JSON.parse(announced as string).epoch, 2)
  assert.equal(new DataView((map as Uint8Array).buffer).getUint32(8, true), 2)
})

test('U5 heads come at least every 5 s and only while the show is live here', t => {
  const stage = staged(t)
  const socket = stage.greet()
  watch(stage, socket)
  const seen: number[] = []
  for (let second = 1; second <= 20; second += 1) {
    stage.clock.advance(1_000)
    stage.feed.pace.heads()
    if (evs(socket).includes('head')) seen.push(second)
  }
  const gaps = seen.map((at, index) => at - (seen[index - 1] ?? 0))
  assert.ok(seen.length >= 4 && gaps.every(gap => gap <= 5), `heads at ${seen}`)
  stage.desk.set(0, 1)
  stage.desk.turn(() => undefined)
  stage.desk.set(1, 1)
  stage.desk.isSilent = true
  stage.desk.turn()
  for (let second = 1; second <= 10; second += 1) {
    stage.clock.advance(1_000)
    stage.feed.pace.heads()
  }
  assert.deepEqual(evs(socket), [], 'a gateway that is catching up says nothing that is not so')
})

test('F1 shows that nobody uses are forgotten after 10 minutes, watched ones never', t => {
  const stage = staged(t)
  const socket = stage.greet()
  watch(stage, socket)
  stage.clock.advance(11 * 60_000)
  stage.feed.evict()
  assert.equal(stage.feed.showCount, 1)
  stage.say(socket, { id: 2, op: 'unwatch', showId: SHOW_ID })
  stage.feed.evict()
  assert.equal(stage.feed.showCount, 0)
})

test('F1 a show whose owner does not answer is told as such, and asked again later', t => {
  const stage = staged(t)
  stage.desk.isSilent = true
  const socket = stage.greet()
  stage.say(socket, { id: 1, op: 'watch', showId: SHOW_ID })
  stage.clock.advance(1_001)
  stage.sweepRouter()
  stage.turn.flush()
  const [answer] = socket.takeJson()
  assert.equal(LiveErr.parse(answer).err.code, 'shard-unavailable')
  stage.desk.isSilent = false
  assert.ok(watch(stage, socket).ok !== undefined)
})

type Step =
  | { readonly kind: 'set'; readonly seat: number; readonly state: number }
  | { readonly kind: 'turn' | 'lose' | 'keep' | 'late' | 'tick' | 'head' | 'restore' }
  | { readonly kind: 'connect' | 'leave' | 'back'; readonly who: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('set' as const), seat: fc.nat(9), state: fc.nat(3) }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('turn' as const, 'tick' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('lose' as const, 'keep' as const, 'late' as const, 'head' as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('connect' as const, 'leave' as const, 'back' as const),
      who: fc.nat(3),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'restore' as const }) },
)

test('F1 whatever is lost, late or repeated: a client shows only maps that were true, and ends current', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 120 }), steps => {
      const stage = new LiveStage({ seatCount: 10 })
      try {
        const clients = [0, 1, 2, 3].map(who => new WatchingClient(stage, who % 2 === 1))
        let kept: FrameNews[] = []
        for (const each of steps) {
          switch (each.kind) {
            case 'set':
              stage.desk.set(each.seat, each.state)
              break
            case 'turn':
              stage.desk.turn()
              break
            case 'lose':
              stage.desk.turn(() => undefined)
              break
            case 'keep':
              stage.desk.turn(news => {
                kept.push(news)
                stage.seats(news)
              })
              break
            case 'late':
              for (const news of kept) stage.seats(news) // repeated or out of order
              kept = []
              stage.turnEnded()
              break
            case 'tick':
              stage.clock.advance(60)
              stage.turnEnded()
              break
            case 'head':
              stage.clock.advance(4_000)
              stage.feed.pace.heads()
              break
            case 'restore':
              stage.desk.restore()
              break
            case 'connect':
              clients[each.who]?.connect()
              break
            case 'leave':
              clients[each.who]?.drop()
              break
            case 'back':
              clients[each.who]?.skipOne()
              break
          }
          for (const client of clients) client.readAndCheck()
        }
        settle(stage, clients)
      } finally {
        stage.stop()
      }
    }),
    { numRuns: 300 },
  )
})

/** The network is well again: one more change is announced, and time passes. */
function settle(stage: LiveStage, clients: readonly WatchingClient[]): void {
  stage.desk.set(0, (stage.desk.states[0] as number) ^ 1)
  for (let round = 0; round < 8; round += 1) {
    stage.desk.turn()
    stage.clock.advance(5_000)
    stage.turnEnded()
    stage.feed.pace.heads()
    for (const client of clients) client.readAndCheck()
  }
  const now = `${stage.desk.incarnation}:${stage.desk.version}`
  for (const client of clients) {
    if (client.isConnected) assert.equal(client.position, now, `show ${SHOW} is current`)
  }
}
