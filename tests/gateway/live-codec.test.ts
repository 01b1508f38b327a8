// The spelling of both subprotocols, byte by byte and field by field.

import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { FeedView } from '../../gateway/feed-view.ts'
import {
  deltaBytesOf,
  headTextOf,
  mapRefTextOf,
  mapTextOf,
  recoveredTextOf,
  resyncTextOf,
  seatsTextOf,
  snapshotBytesOf,
} from '../../gateway/live-codec.ts'
import { decodeBinary } from '../../gateway/web/live/binary.ts'
import { asIncarnation, asShowNumber } from '../../shared/ids.ts'
import type { SeatCounts, ShowNews, ShowView } from '../../shared/views.ts'
import { termsOf } from './seat-desk.ts'

const show = asShowNumber(0x01020304)

function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
}

test('K1 a snapshot is 20 bytes of header, little endian, and 2 bits a seat', () => {
  const states = Uint8Array.of(0b11100100, 0b00000001)
  const bytes = snapshotBytesOf({ show, epoch: 5, version: 0x0a0b0c0d, seatCount: 5, states })
  assert.deepEqual(
    [...bytes],
    [1, 0, 0, 0, 4, 3, 2, 1, 5, 0, 0, 0, 0x0d, 0x0c, 0x0b, 0x0a, 5, 0, 0, 0, 0xe4, 1],
  )
})

test('K1 a delta is 20 bytes of header and index << 2 | state for each change', () => {
  const changes = Int32Array.of((7 << 2) | 1, (300 << 2) | 2)
  const bytes = deltaBytesOf({ show, epoch: 1, from: 8, to: 10, changes })
  assert.deepEqual(
    [...bytes],
    [2, 0, 2, 0, 4, 3, 2, 1, 1, 0, 0, 0, 8, 0, 0, 0, 10, 0, 0, 0, 29, 0, 0, 0, 0xb2, 4, 0, 0],
  )
})

test('K1 what is encoded is what the browser decodes', () => {
  const change = fc.tuple(fc.nat(199_999), fc.nat(3))
  fc.assert(
    fc.property(
      fc.array(change, { maxLength: 4_096 }),
      fc.nat(),
      fc.nat(),
      (pairs, epoch, from) => {
        const changes = Int32Array.from(pairs, ([seat, state]) => (seat << 2) | state)
        const to = from + changes.length
        const decoded = decodeBinary(bufferOf(deltaBytesOf({ show, epoch, from, to, changes })))
        assert.ok(decoded?.kind === 'delta')
        assert.deepEqual([...decoded.changes], [...changes])
        assert.deepEqual([decoded.epoch, decoded.from, decoded.to], [epoch, from, to])
      },
    ),
    { numRuns: 50 },
  )
})

test('K2 JSON messages carry exactly the fields of the contract', () => {
  const at = { epoch: 2, version: 9 }
  const here = { showId: `show_${show}`, epoch: 2, version: 9 }
  const changes = Int32Array.of((3 << 2) | 2, 4 << 2)
  assert.deepEqual(JSON.parse(headTextOf(show, at)), { ev: 'head', ...here })
  assert.deepEqual(JSON.parse(resyncTextOf(show, at, 'AQ==')), {
    ev: 'resync',
    ...here,
    states: 'AQ==',
  })
  assert.deepEqual(JSON.parse(mapTextOf(show, at, 'AQ==')), { ...here, states: 'AQ==' })
  assert.deepEqual(JSON.parse(mapRefTextOf(show, at)), { ...here, showRef: show })
  assert.deepEqual(JSON.parse(recoveredTextOf(show, at, { changes, isBinary: false })), {
    ...here,
    recovered: true,
    changes: [
      [3, 2],
      [4, 0],
    ],
  })
  assert.deepEqual(JSON.parse(seatsTextOf({ show, epoch: 2, from: 7, to: 9, changes })), {
    ev: 'seats',
    showId: `show_${show}`,
    epoch: 2,
    from: 7,
    to: 9,
    changes: [
      [3, 2],
      [4, 0],
    ],
  })
})

const counts = (free: number): SeatCounts => ({ free, reserved: 0, held: 0, sold: 0, blocked: 0 })

function viewAt(version: number, seatCount: number): FeedView {
  const view: ShowView = {
    show,
    terms: termsOf(seatCount),
    status: 'on-sale',
    incarnation: asIncarnation(1),
    version,
    counts: counts(seatCount),
    states: new Uint8Array(Math.ceil(seatCount / 4)),
  }
  return new FeedView(view)
}

function newsOf(from: number, changes: readonly number[], seatCount: number): ShowNews {
  return {
    show,
    from,
    to: from + changes.length,
    changes: Int32Array.from(changes),
    counts: counts(seatCount),
    status: 'on-sale',
  }
}

test('F1 a view takes what is new, drops what is old and reports what is missing', () => {
  const view = viewAt(10, 8)
  assert.equal(view.take(newsOf(8, [1, 5], 8)), 'old')
  assert.equal(view.take(newsOf(11, [1], 8)), 'gap')
  assert.equal(view.version, 10)
  assert.equal(view.take(newsOf(9, [(7 << 2) | 3, (0 << 2) | 1], 8)), 'taken')
  assert.equal(view.version, 11)
  assert.equal(view.stateOf(7), 0, 'the part that was known is not applied again')
  assert.equal(view.stateOf(0), 1)
})

test('F5 changes are told back to 4 096 versions and never across a gap', () => {
  const view = viewAt(100, 16)
  for (let index = 0; index < 5_000; index += 1) {
    view.take(newsOf(100 + index, [((index % 16) << 2) | (index % 4)], 16))
  }
  assert.equal(view.changesSince(5_100 - 4_096)?.length, 4_096)
  assert.equal(view.changesSince(5_100 - 4_097), undefined)
  assert.deepEqual([...(view.changesSince(5_099) ?? [])], [((4_999 % 16) << 2) | (4_999 % 4)])
  assert.equal(view.changesSince(5_101), undefined, 'a version from the future is not known')
  const fresh = viewAt(100, 16)
  assert.equal(fresh.changesSince(99), undefined, 'before the first answer nothing is kept')
  assert.equal(fresh.changesSince(100)?.length, 0)
})

test('F3 a snapshot is encoded once per version', () => {
  const view = viewAt(1, 8)
  assert.equal(view.bytes(), view.bytes())
  const before = view.bytes()
  view.take(newsOf(1, [1], 8))
  assert.notEqual(view.bytes(), before)
  assert.equal(view.base64(), Buffer.from(view.states).toString('base64'))
})
