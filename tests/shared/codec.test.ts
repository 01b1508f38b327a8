import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ByteReader, ByteWriter, MalformedBytes } from '../../shared/binary.ts'
import { decodeTransition, encodeTransition } from '../../shared/codec.ts'
import {
  asInstant,
  asSeatIndexes,
  asShowNumber,
  type HoldId,
  idFromText,
  newShowScopedId,
} from '../../shared/ids.ts'
import type { Transition } from '../../shared/transitions.ts'
import {
  arbitraryOf,
  arbitraryTransition,
  TRANSITION_KINDS,
} from '../support/arbitrary-transitions.ts'

const instant = fc.integer({ min: 0, max: 2 ** 48 }).map(asInstant)

function encoded(transition: Transition, time = asInstant(1_700_000_000_000)): Uint8Array {
  const writer = new ByteWriter(16)
  encodeTransition(writer, transition, time)
  return writer.take()
}

for (const kind of TRANSITION_KINDS) {
  test(`C1 ${kind} comes back equal`, () => {
    fc.assert(
      fc.property(arbitraryOf(kind), instant, (transition, time) => {
        const reader = new ByteReader(encoded(transition, time))
        assert.deepStrictEqual(decodeTransition(reader, time), transition)
        reader.finish()
      }),
      { numRuns: 60 },
    )
  })
}

test('C1 any cut or flipped record is a Transition or MalformedBytes, never anything else', () => {
  fc.assert(
    fc.property(arbitraryTransition, fc.nat(), fc.nat(255), (transition, place, value) => {
      const bytes = encoded(transition)
      bytes[place % bytes.length] = value
      const end = place % (bytes.length + 1)
      for (const reader of [new ByteReader(bytes), new ByteReader(bytes, 0, end)]) {
        try {
          decodeTransition(reader, asInstant(0))
        } catch (error) {
          assert.ok(error instanceof MalformedBytes, String(error))
        }
      }
    }),
    { numRuns: 500 },
  )
})

test('C2 numbers of no kind are refused', () => {
  for (const first of [0, 25, 31]) {
    const reader = new ByteReader(Uint8Array.of(first, 1))
    assert.throws(() => decodeTransition(reader, asInstant(0)), MalformedBytes)
  }
})

test('C3 C4 C5 a hold of four neighbours with a key takes at most 80 bytes', () => {
  const show = asShowNumber(60_000)
  const hold = newShowScopedId<HoldId>(show)
  const held: Transition = {
    kind: 'seats-held',
    show,
    hold,
    customer: idFromText('customer'),
    key: { id: idFromText('key'), bodyHigh: -5, bodyLow: 7 },
    seats: asSeatIndexes([19_996, 19_997, 19_998, 19_999]),
    prices: [4_500, 4_500, 4_500, 4_500],
    expiresAt: asInstant(1_700_000_300_000),
  }
  assert.equal(encoded(held).length, 68)
  assert.equal(encoded({ kind: 'hold-expired', show, hold }).length, 16)
})

test('I2 an id of another show is a bug, not a record', () => {
  const hold = newShowScopedId<HoldId>(asShowNumber(2))
  assert.throws(() => encoded({ kind: 'hold-expired', show: asShowNumber(1), hold }), /I2/)
})
