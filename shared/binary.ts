// Bytes written and read in order: what every record, frame, page and link batch is made of.
//
// Owns: the spelling of integers, ids and texts in bytes.
// Leaves to others: what the bytes mean (codec.ts, frame.ts, core/page.ts).
//
//   Y1. Numbers are little-endian; a varint holds 7 bits a byte, lowest first, up to 2^53 - 1.
//   Y2. What a ByteWriter wrote, a ByteReader reads back equal; the writer asserts its ranges.
//   Y3. A reader never leaves its range: MalformedBytes instead, which callers turn into a Fault.

import { assert } from './assert.ts'
import { type Id, idOf } from './ids.ts'

/** The bytes are not what they are said to be; whoever knows their origin words the Fault. */
export class MalformedBytes extends Error {
  override readonly name = 'MalformedBytes'
}

const SAFE = Number.MAX_SAFE_INTEGER
const TWO_31 = 0x8000_0000
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Grows as needed; reset() keeps the buffer, so that one writer serves many frames. */
export class ByteWriter {
  #bytes: Uint8Array
  #view: DataView
  #at = 0

  constructor(capacity = 1024) {
    this.#bytes = new Uint8Array(capacity)
    this.#view = new DataView(this.#bytes.buffer)
  }

  get length(): number {
    return this.#at
  }

  /** Forgets what was written (from `length` on); the buffer stays. */
  reset(length = 0): void {
    assert(length <= this.#at, 'Y2: a reset only shortens')
    this.#at = length
  }

  /** What was written, valid until the next write or reset. */
  view(start = 0, end = this.#at): Uint8Array {
    return this.#bytes.subarray(start, end)
  }

  /** A private copy of what was written. */
  take(start = 0, end = this.#at): Uint8Array {
    return this.#bytes.slice(start, end)
  }

  u8(value: number): void {
    if (this.#at === this.#bytes.length) this.#grow(1)
    this.#bytes[this.#at++] = value
  }

  u16(value: number): void {
    if (this.#at + 2 > this.#bytes.length) this.#grow(2)
    this.#view.setUint16(this.#at, value, true)
    this.#at += 2
  }

  u32(value: number): void {
    if (this.#at + 4 > this.#bytes.length) this.#grow(4)
    this.#view.setUint32(this.#at, value, true)
    this.#at += 4
  }

  i32(value: number): void {
    if (this.#at + 4 > this.#bytes.length) this.#grow(4)
    this.#view.setInt32(this.#at, value, true)
    this.#at += 4
  }

  f64(value: number): void {
    if (this.#at + 8 > this.#bytes.length) this.#grow(8)
    this.#view.setFloat64(this.#at, value, true)
    this.#at += 8
  }

  /** 0 .. 2^53 - 1 in 1 .. 8 bytes. */
  varint(value: number): void {
    if (this.#at + 8 > this.#bytes.length) this.#grow(8)
    let rest = value | 0
    if (rest !== value || rest < 0) return this.#longVarint(value)
    const bytes = this.#bytes
    let at = this.#at
    while (rest > 0x7f) {
      bytes[at++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    bytes[at] = rest
    this.#at = at + 1
  }

  /** Signed: 0, -1, 1, -2 .. become 0, 1, 2, 3 ..; |value| < 2^52. */
  zigzag(value: number): void {
    const whole = value | 0
    if (whole === value && whole < 2 ** 30 && whole >= 0) return this.varint(whole << 1)
    assert(value < 2 ** 52 && value >= -(2 ** 52), 'Y2: a zigzag has 53 bits')
    this.varint(value < 0 ? -2 * value - 1 : 2 * value)
  }

  /** An integer of up to 53 bits in exactly 8 bytes, where a fixed place matters more than size. */
  safeInt(value: number): void {
    assert(Number.isSafeInteger(value), 'Y2: a safe integer')
    this.f64(value)
  }

  id(id: Id): void {
    if (this.#at + 16 > this.#bytes.length) this.#grow(16)
    const view = this.#view
    const at = this.#at
    view.setInt32(at, id.a, true)
    view.setInt32(at + 4, id.b, true)
    view.setInt32(at + 8, id.c, true)
    view.setInt32(at + 12, id.d, true)
    this.#at = at + 16
  }

  /** Three lanes side by side: one look at the room instead of three. */
  lanes3(first: number, second: number, third: number): void {
    if (this.#at + 12 > this.#bytes.length) this.#grow(12)
    const view = this.#view
    const at = this.#at
    view.setInt32(at, first, true)
    view.setInt32(at + 4, second, true)
    view.setInt32(at + 8, third, true)
    this.#at = at + 12
  }

  /** The bytes as they are, without their length. */
  raw(source: Uint8Array): void {
    if (this.#at + source.length > this.#bytes.length) this.#grow(source.length)
    this.#bytes.set(source, this.#at)
    this.#at += source.length
  }

  /** Length as a varint, then the bytes. */
  byteString(source: Uint8Array): void {
    this.varint(source.length)
    this.raw(source)
  }

  /** Length in bytes as a varint, then UTF-8; a lone surrogate becomes U+FFFD. */
  utf8(text: string): void {
    const start = this.#at
    const length = text.length
    this.varint(length)
    if (this.#at + length > this.#bytes.length) this.#grow(length)
    let index = 0
    let code = 0
    while (index < length && code < 0x80) {
      code = text.charCodeAt(index)
      this.#bytes[this.#at + index] = code
      index += 1
    }
    if (code < 0x80) {
      this.#at += length
      return
    }
    this.#at = start
    this.byteString(encoder.encode(text))
  }

  /** Overwrites four bytes written before. */
  patchU32(at: number, value: number): void {
    assert(at + 4 <= this.#at, 'Y2: only written bytes are patched')
    this.#view.setUint32(at, value, true)
  }

  #longVarint(value: number): void {
    assert(Number.isInteger(value) && value >= 0 && value <= SAFE, 'Y2: a varint is 0 .. 2^53 - 1')
    let rest = value
    while (rest > 0x7f) {
      this.#bytes[this.#at++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.#bytes[this.#at++] = rest
  }

  #grow(byteCount: number): void {
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + byteCount, 64))
    larger.set(this.#bytes)
    this.#bytes = larger
    this.#view = new DataView(larger.buffer)
  }
}

/** Reads a range of bytes in order; use() points the same reader at another range. */
export class ByteReader {
  #bytes: Uint8Array
  #view: DataView
  #at: number
  #end: number

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#at = start
    this.#end = end
    this.#checkRange()
  }

  use(bytes: Uint8Array, start = 0, end = bytes.length): void {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    }
    this.#at = start
    this.#end = end
    this.#checkRange()
  }

  get at(): number {
    return this.#at
  }

  get remaining(): number {
    return this.#end - this.#at
  }

  u8(): number {
    return this.#bytes[this.#advance(1)] as number
  }

  u16(): number {
    return this.#view.getUint16(this.#advance(2), true)
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4), true)
  }

  i32(): number {
    return this.#view.getInt32(this.#advance(4), true)
  }

  f64(): number {
    return this.#view.getFloat64(this.#advance(8), true)
  }

  varint(): number {
    let value = 0
    let shift = 0
    while (shift < 28) {
      const byte = this.u8()
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value
      shift += 7
    }
    return this.#longVarint(value)
  }

  /** A varint that must fit: counts are bounded before anything is allocated for them. */
  count(max: number): number {
    const value = this.varint()
    if (value > max) throw new MalformedBytes(`count ${value} is over ${max}`)
    return value
  }

  zigzag(): number {
    const value = this.varint()
    if (value < TWO_31) return (value >>> 1) ^ -(value & 1)
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  safeInt(): number {
    const value = this.f64()
    if (!Number.isSafeInteger(value)) throw new MalformedBytes('not a safe integer')
    return value
  }

  id<Kind extends Id>(): Kind {
    const at = this.#advance(16)
    const view = this.#view
    return idOf<Kind>(
      view.getInt32(at, true),
      view.getInt32(at + 4, true),
      view.getInt32(at + 8, true),
      view.getInt32(at + 12, true),
    )
  }

  /** A view into the source, not a copy. */
  raw(length: number): Uint8Array {
    const at = this.#advance(length)
    return this.#bytes.subarray(at, at + length)
  }

  /** A view into the source, not a copy. */
  byteString(): Uint8Array {
    return this.raw(this.varint())
  }

  utf8(): string {
    const bytes = this.byteString()
    let text = ''
    for (let index = 0; index < bytes.length; index += 1) {
      const code = bytes[index] as number
      if (code > 0x7f) return wideTextOf(bytes)
      text += String.fromCharCode(code)
    }
    return text
  }

  /** Call at the end of a record that must fill its range. */
  finish(): void {
    if (this.#at !== this.#end) throw new MalformedBytes(`${this.remaining} bytes are left over`)
  }

  #longVarint(low: number): number {
    let value = low
    let scale = 2 ** 28
    for (;;) {
      const byte = this.u8()
      value += (byte & 0x7f) * scale
      if (value > SAFE) throw new MalformedBytes('a varint is over 2^53 - 1')
      if (byte < 0x80) return value
      scale *= 0x80
    }
  }

  #advance(length: number): number {
    const at = this.#at
    if (at + length > this.#end)
      throw new MalformedBytes(`${length} bytes wanted, ${this.remaining} left`)
    this.#at = at + length
    return at
  }

  #checkRange(): void {
    assert(this.#at <= this.#end && this.#end <= this.#bytes.length, 'Y3: a range inside the bytes')
  }
}

function wideTextOf(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch (cause) {
    throw new MalformedBytes('a text is not UTF-8', { cause })
  }
}
