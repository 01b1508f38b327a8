import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ByteReader, ByteWriter, MalformedBytes } from '../../shared/binary.ts'
import { type Id, idOf } from '../../shared/ids.ts'

const lane = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })

test('Y2 what a writer wrote a reader reads back, whatever the buffer it grew from', () => {
  const value = fc.oneof(
    fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
    fc.nat(300),
    fc.constantFrom(127, 128, 2 ** 28 - 1, 2 ** 28, 2 ** 31 - 1, 2 ** 31, 2 ** 53 - 1),
  )
  const signed = fc.integer({ min: -(2 ** 52), max: 2 ** 52 - 1 })
  fc.assert(
    fc.property(
      fc.array(fc.tuple(value, signed, fc.string({ unit: 'grapheme' }), fc.uint8Array(), lane)),
      fc.nat(40),
      (rows, capacity) => {
        const writer = new ByteWriter(capacity)
        for (const [plain, zigzag, text, bytes, part] of rows) {
          writer.varint(plain)
          writer.zigzag(zigzag)
          writer.utf8(text)
          writer.byteString(bytes)
          writer.id(idOf<Id>(part, 1, -1, ~part))
          writer.safeInt(zigzag)
          writer.u16(plain & 0xffff)
          writer.i32(part)
        }
        const reader = new ByteReader(writer.take())
        for (const [plain, zigzag, text, bytes, part] of rows) {
          assert.equal(reader.varint(), plain)
          assert.equal(reader.zigzag(), zigzag)
          assert.equal(reader.utf8(), text)
          assert.deepEqual(reader.byteString(), bytes)
          assert.deepEqual(reader.id(), idOf<Id>(part, 1, -1, ~part))
          assert.equal(reader.safeInt(), zigzag)
          assert.equal(reader.u16(), plain & 0xffff)
          assert.equal(reader.i32(), part)
        }
        reader.finish()
      },
    ),
  )
})

test('Y2 a varint takes one byte for every seven bits', () => {
  const writer = new ByteWriter()
  writer.varint(127)
  assert.equal(writer.length, 1)
  writer.varint(128)
  assert.equal(writer.length, 3)
  writer.varint(Number.MAX_SAFE_INTEGER)
  assert.equal(writer.length, 11)
})

test('Y2 numbers out of range are a bug of the caller', () => {
  const writer = new ByteWriter()
  for (const value of [-1, 1.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => writer.varint(value), /Y2/)
  }
  assert.throws(() => writer.zigzag(2 ** 52), /Y2/)
  assert.throws(() => writer.safeInt(0.5), /Y2/)
})

test('Y3 a reader refuses to leave its range and to believe wild counts', () => {
  const refuses = (bytes: number[], read: (reader: ByteReader) => unknown) =>
    assert.throws(() => read(new ByteReader(Uint8Array.from(bytes))), MalformedBytes)
  refuses([1, 2, 3], reader => reader.u32())
  refuses([0x80], reader => reader.varint())
  refuses([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], reader => reader.varint())
  refuses([5, 1, 2], reader => reader.byteString())
  refuses([2, 0xc3, 0x28], reader => reader.utf8())
  refuses([9], reader => reader.count(8))
  refuses([1, 2], reader => {
    reader.u8()
    reader.finish()
  })
  const inner = new ByteReader(Uint8Array.of(1, 2, 3, 4), 1, 2)
  assert.equal(inner.u8(), 2)
  assert.throws(() => inner.u8(), MalformedBytes)
})

test('Y2 a reset writer starts over and its taken bytes stay', () => {
  const writer = new ByteWriter(4)
  writer.u32(7)
  const taken = writer.take()
  writer.reset()
  writer.u32(9)
  assert.equal(new ByteReader(taken).u32(), 7)
  writer.patchU32(0, 11)
  assert.equal(new ByteReader(writer.view()).u32(), 11)
})
