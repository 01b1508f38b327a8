import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Fault } from '../../shared/faults.ts'
import {
  decodeFrame,
  FrameBuilder,
  type FrameStart,
  NO_HASH,
  prevHashOf,
  transitionsOf,
} from '../../shared/frame.ts'
import {
  asEpoch,
  asFrameNumber,
  asIncarnation,
  asInstant,
  asSeatIndex,
  asSequence,
  asShardNumber,
  asShowNumber,
} from '../../shared/ids.ts'
import { LIMITS } from '../../shared/limits.ts'
import type { EncodedFrame } from '../../shared/ports.ts'
import type { Transition } from '../../shared/transitions.ts'
import { arbitraryTransition } from '../support/arbitrary-transitions.ts'

const start: FrameStart = {
  shard: asShardNumber(3),
  incarnation: asIncarnation(1),
  epoch: asEpoch(7),
  number: asFrameNumber(41),
  firstSequence: asSequence(1_000),
  time: asInstant(1_700_000_000_000),
  prevHash: NO_HASH.map((_, at) => at),
}

function sealed(transitions: readonly Transition[]): EncodedFrame[] {
  const builder = new FrameBuilder()
  builder.begin(start.time)
  for (const transition of transitions) builder.record(transition)
  return builder.seal(start)
}

function only(frames: readonly EncodedFrame[]): EncodedFrame {
  assert.equal(frames.length, 1)
  return frames[0] as EncodedFrame
}

test('FR1 a frame comes back equal, with its chain and its Transitions', () => {
  fc.assert(
    fc.property(fc.array(arbitraryTransition, { maxLength: 30 }), transitions => {
      const frame = only(sealed(transitions))
      const read = decodeFrame(frame.bytes)
      assert.deepEqual({ ...read, hash: Buffer.from(read.hash) }, frame)
      assert.deepEqual(prevHashOf(read), start.prevHash)
      assert.deepStrictEqual(transitionsOf(read), transitions)
      assert.equal(read.transitionCount, transitions.length)
    }),
    { numRuns: 60 },
  )
})

test('FR1 any flipped, cut or added byte is journal-damaged', () => {
  const frame = only(sealed([{ kind: 'show-cancelled', show: asShowNumber(5) }]))
  for (let at = 0; at < frame.bytes.length; at += 1) {
    const flipped = frame.bytes.slice()
    flipped[at] = (flipped[at] as number) ^ 1
    assertDamaged(() => decodeFrame(flipped))
    assertDamaged(() => decodeFrame(frame.bytes.subarray(0, at)))
  }
  assertDamaged(() => decodeFrame(Uint8Array.of(...frame.bytes, 0)))
})

test('FR1 records that do not match their count are journal-damaged, with a sentence', () => {
  const frame = only(sealed([{ kind: 'show-cancelled', show: asShowNumber(5) }]))
  assertDamaged(() => transitionsOf({ ...frame, transitionCount: 0 }))
  assertDamaged(() => transitionsOf({ ...frame, transitionCount: 2 }))
})

test('FR2 what overflows a frame goes on in the next ones, chained and numbered', () => {
  const wide = (show: number): Transition => ({
    kind: 'seats-blocked',
    show: asShowNumber(show),
    ranges: Array.from({ length: 40_000 }, (_, at) => ({ start: asSeatIndex(at * 2), count: 1 })),
    reason: 'paint',
  })
  const transitions = [1, 2, 3, 4, 5, 6, 7].map(wide)
  const frames = sealed(transitions)
  assert.ok(frames.length > 1)
  let prevHash = start.prevHash
  let sequence: number = start.firstSequence
  for (const [at, frame] of frames.entries()) {
    assert.ok(frame.bytes.length <= LIMITS.frameBytesMax)
    assert.equal(frame.number, start.number + at)
    assert.equal(frame.firstSequence, sequence)
    assert.deepEqual(prevHashOf(frame), Uint8Array.from(prevHash))
    sequence += frame.transitionCount
    prevHash = frame.hash
  }
  assert.deepStrictEqual(
    frames.flatMap(frame => transitionsOf(decodeFrame(frame.bytes))),
    transitions,
  )
})

function assertDamaged(act: () => unknown): void {
  assert.throws(act, error => error instanceof Fault && error.kind === 'journal-damaged')
}
