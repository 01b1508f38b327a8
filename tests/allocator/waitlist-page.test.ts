// A waitlist written to bytes and read back is the same line.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Waitlist } from '../../allocator/core/waitlist.ts'
import { decodeWaitlist, encodeWaitlist } from '../../allocator/core/waitlist-page.ts'
import { ByteReader, ByteWriter, MalformedBytes } from '../../shared/binary.ts'
import { asSequence } from '../../shared/ids.ts'
import { customerOf, entryOf, Pair, requestOf, step } from './waitlist-pair.ts'

function bytesOf(list: Waitlist): Uint8Array {
  const writer = new ByteWriter()
  encodeWaitlist(writer, list)
  return writer.take()
}

function readBack(bytes: Uint8Array): Waitlist | undefined {
  const reader = new ByteReader(bytes)
  const list = decodeWaitlist(reader)
  reader.finish()
  return list
}

test('L1 a line that is read back goes on exactly like the one that was written', () => {
  const steps = fc.array(step, { maxLength: 120, size: 'max' })
  fc.assert(
    fc.property(steps, steps, (before, after) => {
      const pair = new Pair()
      for (const one of before) pair.do(one)
      pair.do({ kind: 'frame', at: 0 }) // who sits out a frame is not written
      const bytes = bytesOf(pair.list)
      const list = readBack(bytes)
      if (list !== undefined) {
        assert.deepEqual(bytesOf(list), bytes)
        pair.list = list
      }
      pair.check()
      for (const one of after) {
        pair.do(one)
        pair.check()
      }
    }),
    { numRuns: 40 },
  )
})

test('T1 equal lines write equal bytes, whatever happened before', () => {
  const plain = new Waitlist()
  const busy = new Waitlist()
  for (let number = 0; number < 100; number += 1) {
    const request = requestOf(1 + (number % 5))
    const joining = { entry: entryOf(number), customer: customerOf(number), request }
    busy.join({ ...joining, sequence: asSequence(number + 1) })
    if (number >= 90) plain.join({ ...joining, sequence: asSequence(number + 1) })
  }
  for (let number = 0; number < 90; number += 1) busy.end(entryOf(number))
  assert.deepEqual(bytesOf(busy), bytesOf(plain))
})

test('L6 a page that names more waiters than may be is malformed, not believed', () => {
  const writer = new ByteWriter()
  writer.varint(1_000_001)
  assert.throws(() => readBack(writer.take()), MalformedBytes)
  assert.equal(readBack(bytesOf(new Waitlist())), undefined, 'an empty line is no line')
})
