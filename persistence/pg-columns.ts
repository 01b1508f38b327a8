// A column of values as a Postgres array in binary form: what `unnest($1::...)` turns back into rows.
//
// Owns: the bytes of one-dimensional arrays, nulls included, in buffers that are used again.
// Leaves to others: which statement takes which columns (ledger-statements.ts).
//
//   PC1. take() hands out the column's own buffer: it is valid until the next push.
//
//   | dimensions: 1 | has nulls | element oid | length | lower bound: 1 | { bytes or -1 | value } ... |
//   all i32, big-endian

import { type Id, idOf } from '../shared/ids.ts'

const HEADER_BYTES = 20
/** 2000-01-01, where Postgres begins to count, in milliseconds since 1970 */
const POSTGRES_EPOCH_MS = 946_684_800_000
const TWO_32 = 2 ** 32

export const OID = Object.freeze({
  bool: 16,
  bytea: 17,
  int8: 20,
  int2: 21,
  int4: 23,
  text: 25,
  timestamptz: 1184,
  uuid: 2950,
})

export class Column {
  #buffer = Buffer.allocUnsafe(1024)
  #at = HEADER_BYTES
  #count = 0
  #hasNulls = 0

  constructor(oid: number) {
    this.#buffer.writeInt32BE(1, 0)
    this.#buffer.writeInt32BE(oid, 8)
    this.#buffer.writeInt32BE(1, 16)
  }

  clear(): void {
    this.#at = HEADER_BYTES
    this.#count = 0
    this.#hasNulls = 0
  }

  /** PC1 */
  take(): Buffer {
    this.#buffer.writeInt32BE(this.#hasNulls, 4)
    this.#buffer.writeInt32BE(this.#count, 12)
    return this.#buffer.subarray(0, this.#at)
  }

  null(): void {
    this.#begin(-1)
    this.#hasNulls = 1
  }

  bool(value: boolean): void {
    const at = this.#begin(1)
    this.#buffer[at] = value ? 1 : 0
  }

  int2(value: number): void {
    const at = this.#begin(2)
    this.#buffer.writeInt16BE(value, at)
  }

  int4(value: number): void {
    const at = this.#begin(4)
    this.#buffer.writeInt32BE(value, at)
  }

  /** Safe integers only. */
  int8(value: number): void {
    const at = this.#begin(8)
    this.#buffer.writeInt32BE(Math.floor(value / TWO_32), at)
    this.#buffer.writeUInt32BE(value >>> 0, at + 4)
  }

  /** Milliseconds since 1970; undefined is null. */
  instant(value: number | undefined): void {
    if (value === undefined) this.null()
    else this.int8((value - POSTGRES_EPOCH_MS) * 1000)
  }

  /** As uuid; undefined is null. */
  id(value: Id | undefined): void {
    if (value === undefined) return this.null()
    const at = this.#begin(16)
    this.#buffer.writeInt32BE(value.a, at)
    this.#buffer.writeInt32BE(value.b, at + 4)
    this.#buffer.writeInt32BE(value.c, at + 8)
    this.#buffer.writeInt32BE(value.d, at + 12)
  }

  text(value: string | undefined): void {
    if (value === undefined) return this.null()
    const bytes = Buffer.byteLength(value)
    const at = this.#begin(bytes)
    this.#buffer.write(value, at)
  }

  bytes(value: Uint8Array): void {
    const at = this.#begin(value.length)
    this.#buffer.set(value, at)
  }

  /** Whole numbers as the text of an array, to be cast in the statement; undefined is null. */
  list(values: readonly number[] | undefined): void {
    this.text(values === undefined ? undefined : `{${values.join(',')}}`)
  }

  /** May move to a larger buffer: take the place first, then the buffer. -1 is null. */
  #begin(length: number): number {
    const bytes = Math.max(0, length)
    if (this.#at + 4 + bytes > this.#buffer.length) this.#grow(4 + bytes)
    this.#buffer.writeInt32BE(length, this.#at)
    const at = this.#at + 4
    this.#at = at + bytes
    this.#count += 1
    return at
  }

  #grow(bytes: number): void {
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#at + bytes))
    this.#buffer.copy(larger, 0, 0, this.#at)
    this.#buffer = larger
  }
}

export function idOfUuid<Kind extends Id>(text: string): Kind {
  const lane = (from: string) => Number.parseInt(from, 16) | 0
  return idOf<Kind>(
    lane(text.slice(0, 8)),
    lane(text.slice(9, 13) + text.slice(14, 18)),
    lane(text.slice(19, 23) + text.slice(24, 28)),
    lane(text.slice(28)),
  )
}

export function uuidOf(id: Id): string {
  const hex = [id.a, id.b, id.c, id.d]
    .map(lane => (lane >>> 0).toString(16).padStart(8, '0'))
    .join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
