// Values in Postgres's binary form: columns that `unnest($1::...)` turns into rows, and rows for COPY.
//
// Owns: the bytes of values, nulls included, in buffers that are used again.
// Leaves to others: which statement takes which columns (ledger-statements.ts), the copy (pg-copy.ts).
//
//   PC1. take() hands out the own buffer: it is valid until the next push.
//
//   column  | dimensions: 1 | has nulls | element oid | length | lower bound: 1 | { bytes or -1 | value } ... |
//   rows    | 'PGCOPY\n' ff 0d 0a 00 | flags: 0 | extension: 0 | { fields u16 | { bytes or -1 | value } ... } ... | -1 u16 |
//   all i32, big-endian, unless said

import { type Id, idOf } from '../shared/ids.ts'

const ARRAY_HEADER_BYTES = 20
const COPY_HEADER = Buffer.from('5047434f50590aff0d0a000000000000000000', 'hex')
/** 2000-01-01, where Postgres begins to count, in milliseconds since 1970 */
const POSTGRES_EPOCH_MS = 946_684_800_000
const TWO_32 = 2 ** 32
const JSONB_VERSION = 1

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

/** Length and bytes, value after value: what an array's elements and a copied row's fields have in common. */
class Values {
  protected buffer = Buffer.allocUnsafe(1024)
  protected at = 0
  protected count = 0
  protected hasNulls = 0

  null(): void {
    this.#begin(-1)
    this.hasNulls = 1
  }

  bool(value: boolean): void {
    const at = this.#begin(1)
    this.buffer[at] = value ? 1 : 0
  }

  int2(value: number): void {
    const at = this.#begin(2)
    this.buffer.writeInt16BE(value, at)
  }

  int4(value: number): void {
    const at = this.#begin(4)
    this.buffer.writeInt32BE(value, at)
  }

  /** Safe integers only. */
  int8(value: number): void {
    this.#putInt8(value, this.#begin(8))
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
    this.buffer.writeInt32BE(value.a, at)
    this.buffer.writeInt32BE(value.b, at + 4)
    this.buffer.writeInt32BE(value.c, at + 8)
    this.buffer.writeInt32BE(value.d, at + 12)
  }

  text(value: string | undefined): void {
    if (value === undefined) return this.null()
    const bytes = Buffer.byteLength(value)
    const at = this.#begin(bytes)
    this.buffer.write(value, at)
  }

  bytes(value: Uint8Array): void {
    const at = this.#begin(value.length)
    this.buffer.set(value, at)
  }

  /** Whole numbers as the text of an array, to be cast in the statement; undefined is null. */
  list(values: readonly number[] | undefined): void {
    this.text(values === undefined ? undefined : `{${values.join(',')}}`)
  }

  /** undefined is null. */
  int4s(values: readonly number[] | undefined): void {
    if (values === undefined) return this.null()
    let at = this.#beginArray(OID.int4, values.length, 4)
    for (const value of values) {
      this.buffer.writeInt32BE(4, at)
      this.buffer.writeInt32BE(value, at + 4)
      at += 8
    }
  }

  int8s(values: readonly number[]): void {
    let at = this.#beginArray(OID.int8, values.length, 8)
    for (const value of values) {
      this.buffer.writeInt32BE(8, at)
      this.#putInt8(value, at + 4)
      at += 12
    }
  }

  /** As jsonb; undefined is null. */
  json(text: string | undefined): void {
    if (text === undefined) return this.null()
    const at = this.#begin(1 + Buffer.byteLength(text))
    this.buffer[at] = JSONB_VERSION
    this.buffer.write(text, at + 1)
  }

  protected room(bytes: number): void {
    if (this.at + bytes <= this.buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.at + bytes))
    this.buffer.copy(larger, 0, 0, this.at)
    this.buffer = larger
  }

  #putInt8(value: number, at: number): void {
    this.buffer.writeInt32BE(Math.floor(value / TWO_32), at)
    this.buffer.writeUInt32BE(value >>> 0, at + 4)
  }

  /** Where the first element goes; an array without any has no dimension. */
  #beginArray(oid: number, length: number, bytes: number): number {
    const dimensions = length === 0 ? 0 : 1
    const header = 12 + 8 * dimensions
    const at = this.#begin(header + length * (4 + bytes))
    this.buffer.writeInt32BE(dimensions, at)
    this.buffer.writeInt32BE(0, at + 4)
    this.buffer.writeInt32BE(oid, at + 8)
    if (dimensions === 0) return at
    this.buffer.writeInt32BE(length, at + 12)
    this.buffer.writeInt32BE(1, at + 16)
    return at + header
  }

  /** May move to a larger buffer: take the place first, then the buffer. -1 is null. */
  #begin(length: number): number {
    const bytes = Math.max(0, length)
    this.room(4 + bytes)
    this.buffer.writeInt32BE(length, this.at)
    const at = this.at + 4
    this.at = at + bytes
    this.count += 1
    return at
  }
}

/** One parameter: an array of all values of a column. */
export class Column extends Values {
  constructor(oid: number) {
    super()
    this.buffer.writeInt32BE(1, 0)
    this.buffer.writeInt32BE(oid, 8)
    this.buffer.writeInt32BE(1, 16)
    this.clear()
  }

  clear(): void {
    this.at = ARRAY_HEADER_BYTES
    this.count = 0
    this.hasNulls = 0
  }

  /** PC1 */
  take(): Buffer {
    this.buffer.writeInt32BE(this.hasNulls, 4)
    this.buffer.writeInt32BE(this.count, 12)
    return this.buffer.subarray(0, this.at)
  }
}

/** Rows of COPY ... (format binary), field after field. */
export class CopyRows extends Values {
  constructor() {
    super()
    COPY_HEADER.copy(this.buffer)
    this.clear()
  }

  clear(): void {
    this.at = COPY_HEADER.length
  }

  /** So many values follow. */
  row(fieldCount: number): void {
    this.room(2)
    this.buffer.writeInt16BE(fieldCount, this.at)
    this.at += 2
  }

  /** PC1 */
  take(): Buffer {
    this.row(-1)
    return this.buffer.subarray(0, this.at)
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
