// The live map of the browser: bytes, versions, and never being silently stale.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeBinary } from '../../gateway/web/live/binary.ts'
import { CAP_MS, returnAfter, waitOf } from '../../gateway/web/live/reconnect.ts'
import { SeatStates } from '../../gateway/web/live/seat-states.ts'
import { ShowWatch } from '../../gateway/web/live/show-watch.ts'
import {
  ASK_AGAIN_AFTER_MS,
  BEHIND_GRACE_MS,
  newWatch,
  RECONNECT_AFTER_MS,
  STALE_AFTER_MS,
  stepWatch,
  type Watch,
  type WatchEvent,
} from '../../gateway/web/live/watch-machine.ts'

type Change = readonly [index: number, state: number]

function deltaBytes(at: { from: number; to: number; epoch?: number }, changes: readonly Change[]) {
  const bytes = new DataView(new ArrayBuffer(20 + changes.length * 4))
  bytes.setUint8(0, 2)
  bytes.setUint16(2, changes.length, true)
  const head = [7, at.epoch ?? 1, at.from, at.to]
  for (const [i, value] of head.entries()) bytes.setUint32(4 + i * 4, value, true)
  for (const [i, [index, state]] of changes.entries()) {
    bytes.setUint32(20 + i * 4, (index << 2) | state, true)
  }
  return bytes.buffer
}

function snapshotBytes(version: number, states: readonly number[], epoch = 1): ArrayBuffer {
  const bytes = new DataView(new ArrayBuffer(20 + Math.ceil(states.length / 4)))
  bytes.setUint8(0, 1)
  const head = [7, epoch, version, states.length]
  for (const [i, value] of head.entries()) bytes.setUint32(4 + i * 4, value, true)
  states.forEach((state, i) => {
    const place = 20 + (i >> 2)
    bytes.setUint8(place, bytes.getUint8(place) | (state << ((i & 3) * 2)))
  })
  return bytes.buffer
}

function after(watch: Watch, ...events: readonly (WatchEvent & { at?: number })[]): Watch {
  return events.reduce((state, event) => stepWatch(state, event, event.at ?? 0).watch, watch)
}

const liveAt = (version: number): Watch =>
  after(newWatch(0), { kind: 'opened' }, { kind: 'map', epoch: 1, version })

test('U2 a snapshot and a delta are read as written', () => {
  const snapshot = decodeBinary(snapshotBytes(9, [0, 1, 2, 3, 1]))
  assert.equal(snapshot?.kind, 'snapshot')
  assert.deepEqual([snapshot.showRef, snapshot.epoch, snapshot.version], [7, 1, 9])
  const seats = new SeatStates()
  seats.load(snapshot.packed, snapshot.seatCount)
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5].map(i => seats.stateOf(i)),
    [0, 1, 2, 3, 1, undefined],
  )
  const delta = decodeBinary(
    deltaBytes({ from: 9, to: 11 }, [
      [4, 2],
      [100_000, 3],
    ]),
  )
  assert.equal(delta?.kind, 'delta')
  assert.deepEqual([delta.from, delta.to, ...delta.changes], [9, 11, 18, 400_003])
})

test('U2 bytes that do not agree with their own header are refused whole', () => {
  const delta = deltaBytes({ from: 1, to: 2 }, [[4, 2]])
  const snapshot = snapshotBytes(9, [0, 1, 2, 3, 1])
  assert.equal(decodeBinary(delta.slice(0, 22)), undefined)
  assert.equal(decodeBinary(snapshot.slice(0, 21)), undefined)
  assert.equal(decodeBinary(new ArrayBuffer(0)), undefined)
  assert.equal(decodeBinary(new ArrayBuffer(20)), undefined)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), bytes => {
      decodeBinary(Uint8Array.from(bytes).buffer)
    }),
  )
})

test('U3 the counts always add up, also after changes of seats that do not exist', () => {
  const change = fc.tuple(fc.nat(20), fc.nat(5))
  fc.assert(
    fc.property(
      fc.array(fc.nat(3), { minLength: 1, maxLength: 12 }),
      fc.array(change),
      (start, changes) => {
        const seats = new SeatStates()
        const snapshot = decodeBinary(snapshotBytes(1, start))
        assert.equal(snapshot?.kind, 'snapshot')
        seats.load(snapshot.packed, snapshot.seatCount)
        seats.apply(changes)
        const tally = [0, 0, 0, 0]
        for (let i = 0; i < start.length; i++)
          tally[seats.stateOf(i) ?? 0] = (tally[seats.stateOf(i) ?? 0] ?? 0) + 1
        assert.deepEqual(seats.counts, tally)
      },
    ),
  )
})

test('U3 loading a map tells exactly the seats that differ', () => {
  const seats = new SeatStates()
  const load = (states: number[]) => {
    const snapshot = decodeBinary(snapshotBytes(1, states))
    assert.equal(snapshot?.kind, 'snapshot')
    return seats.load(snapshot.packed, snapshot.seatCount)
  }
  assert.equal(load([0, 0, 0]), 'all')
  assert.deepEqual(load([0, 2, 1]), [1, 2])
  assert.deepEqual(
    seats.apply([
      [1, 2],
      [0, 1],
    ]),
    [0],
  )
})

test('U4 a delta applies only from the version shown', () => {
  const watch = liveAt(10)
  const step = (from: number, to: number, epoch = 1) =>
    stepWatch(watch, { kind: 'delta', epoch, from, to }, 5)
  assert.equal(step(10, 12).effect, 'apply')
  assert.equal(step(10, 12).watch.position?.version, 12)
  assert.equal(step(8, 10).effect, 'none')
  assert.equal(step(8, 10).watch.status, 'live')
  assert.equal(step(11, 12).effect, 'ask')
  assert.equal(step(11, 12).watch.status, 'catching-up')
  assert.equal(step(9, 12).effect, 'ask')
  assert.equal(step(10, 12, 2).effect, 'ask')
})

test('U4 a hole asks once, not once a delta', () => {
  const hole = stepWatch(liveAt(10), { kind: 'delta', epoch: 1, from: 11, to: 12 }, 5)
  assert.equal(hole.effect, 'ask')
  const next = stepWatch(hole.watch, { kind: 'delta', epoch: 1, from: 12, to: 13 }, 6)
  assert.equal(next.effect, 'none')
  assert.equal(next.watch.status, 'catching-up')
})

test('U4 an older map never takes the place of a newer one of the same epoch', () => {
  const { effect, watch } = stepWatch(liveAt(10), { kind: 'map', epoch: 1, version: 7 }, 5)
  assert.equal(effect, 'none')
  assert.equal(watch.position?.version, 10)
  const restored = stepWatch(liveAt(10), { kind: 'map', epoch: 2, version: 7 }, 5)
  assert.equal(restored.effect, 'apply')
  assert.deepEqual(restored.watch.position, { epoch: 2, version: 7 })
})

test('U5 silence turns live into stale, then into a new connection', () => {
  const live = liveAt(10)
  const just = stepWatch(live, { kind: 'tick' }, STALE_AFTER_MS)
  assert.equal(just.watch.status, 'live')
  const late = stepWatch(live, { kind: 'tick' }, STALE_AFTER_MS + 1)
  assert.equal(late.watch.status, 'stale')
  assert.equal(stepWatch(late.watch, { kind: 'tick' }, RECONNECT_AFTER_MS + 1).effect, 'reconnect')
  const heard = after(live, { kind: 'head', epoch: 1, version: 10, at: STALE_AFTER_MS })
  assert.equal(stepWatch(heard, { kind: 'tick' }, STALE_AFTER_MS + 1).watch.status, 'live')
})

test('U5 a closed socket with a map is stale, without one it is connecting', () => {
  assert.equal(after(liveAt(3), { kind: 'closed' }).status, 'stale')
  assert.equal(after(newWatch(0), { kind: 'opened' }, { kind: 'closed' }).status, 'connecting')
})

test('U6 a head ahead means catching up at once, and asking after the grace', () => {
  const behind = after(liveAt(10), { kind: 'head', epoch: 1, version: 12, at: 100 })
  assert.equal(behind.status, 'catching-up')
  assert.equal(stepWatch(behind, { kind: 'tick' }, 100 + BEHIND_GRACE_MS).effect, 'none')
  assert.equal(stepWatch(behind, { kind: 'tick' }, 101 + BEHIND_GRACE_MS).effect, 'ask')
  const caught = stepWatch(behind, { kind: 'delta', epoch: 1, from: 10, to: 12 }, 110)
  assert.deepEqual([caught.effect, caught.watch.status], ['apply', 'live'])
})

test('U6 an unanswered question is asked again', () => {
  const asked = after(liveAt(10), { kind: 'lagged', at: 1_000 })
  const heard = after(asked, { kind: 'head', epoch: 1, version: 99, at: 5_000 })
  assert.equal(heard.status, 'catching-up')
  assert.equal(stepWatch(heard, { kind: 'tick' }, 1_001 + ASK_AGAIN_AFTER_MS).effect, 'ask')
})

test('U4 whatever is lost, doubled or overtaken, the map ends like that of the server', () => {
  const change = fc.tuple(fc.nat(9), fc.nat(3))
  const batch = fc.record({
    changes: fc.array(change, { minLength: 1, maxLength: 4 }),
    fate: fc.constantFrom('arrives', 'arrives', 'lost', 'doubled'),
  })
  fc.assert(
    fc.property(fc.array(batch, { maxLength: 30 }), batches => {
      const server = Array.from({ length: 10 }, () => 0)
      const listener = { seatsChanged: () => {}, statusChanged: () => {} }
      const watch = new ShowWatch('show_1', listener, 0)
      let version = 0
      const receive = (buffer: ArrayBuffer): void => {
        const message = decodeBinary(buffer)
        assert.ok(message)
        if (message.kind === 'snapshot') watch.snapshot(message, 0)
        else if (watch.delta(message, 0) === 'ask') receive(snapshotBytes(version, server))
      }
      watch.tell({ kind: 'opened' }, 0)
      receive(snapshotBytes(version, server))
      for (const { changes, fate } of batches) {
        for (const [index, state] of changes) server[index] = state
        const bytes = deltaBytes({ from: version, to: version + changes.length }, changes)
        version += changes.length
        if (fate !== 'lost') receive(bytes)
        if (fate === 'doubled') receive(bytes)
      }
      watch.tell({ kind: 'head', epoch: 1, version }, 0)
      const isAsked = watch.tell({ kind: 'tick' }, BEHIND_GRACE_MS + 1) === 'ask'
      if (isAsked) receive(snapshotBytes(version, server))
      assert.equal(watch.current.status, 'live')
      assert.deepEqual(
        server.map((_, i) => watch.seats.stateOf(i)),
        server,
      )
    }),
  )
})

test('U7 the wait is spread over the whole range and capped', () => {
  assert.equal(waitOf(0, 0), 0)
  assert.equal(waitOf(3, 0.5), 1_200)
  assert.ok(waitOf(60, 0.999_999) < CAP_MS)
  fc.assert(
    fc.property(fc.nat(100), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, random) => {
      const wait = waitOf(attempt, random)
      assert.ok(wait >= 0 && wait < CAP_MS)
    }),
  )
})

test('U8 a close that says "not unchanged" is not answered by the same attempt at once', () => {
  assert.deepEqual(returnAfter(1001), { atLeastMs: 0, needsToken: false })
  assert.deepEqual(returnAfter(4008), { atLeastMs: 0, needsToken: false })
  assert.equal(returnAfter(4401).needsToken, true)
  assert.ok(returnAfter(4429).atLeastMs >= 10_000)
  for (const code of [1008, 1009, 4400, 4499, 4999])
    assert.ok(returnAfter(code).atLeastMs >= 30_000)
})
