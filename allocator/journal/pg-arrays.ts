// Postgres arrays in their binary form, so that a statement's frames travel as plain bytes.
//
// Owns: the wire form of one-dimensional arrays without nulls.
// Leaves to others: which statement takes them (postgres.ts).
//
//   | dimensions: 1 | has nulls: 0 | element oid | length | lower bound: 1 | length, bytes ... |
//   all i32, big-endian

const HEADER_BYTES = 20
const BYTEA_OID = 17

function headed(oid: number, length: number, valueBytes: number): Buffer {
  const buffer = Buffer.allocUnsafe(HEADER_BYTES + length * 4 + valueBytes)
  buffer.writeInt32BE(1, 0)
  buffer.writeInt32BE(0, 4)
  buffer.writeInt32BE(oid, 8)
  buffer.writeInt32BE(length, 12)
  buffer.writeInt32BE(1, 16)
  return buffer
}

function numbers(
  values: readonly number[],
  type: { readonly oid: number; readonly bytes: number },
  write: (buffer: Buffer, value: number, at: number) => void,
): Buffer {
  const buffer = headed(type.oid, values.length, values.length * type.bytes)
  let at = HEADER_BYTES
  for (const value of values) {
    buffer.writeInt32BE(type.bytes, at)
    write(buffer, value, at + 4)
    at += 4 + type.bytes
  }
  return buffer
}

export function int2Array(values: readonly number[]): Buffer {
  return numbers(values, { oid: 21, bytes: 2 }, (buffer, value, at) =>
    buffer.writeInt16BE(value, at),
  )
}

export function int4Array(values: readonly number[]): Buffer {
  return numbers(values, { oid: 23, bytes: 4 }, (buffer, value, at) =>
    buffer.writeInt32BE(value, at),
  )
}

/** Safe integers only. */
export function int8Array(values: readonly number[]): Buffer {
  return numbers(values, { oid: 20, bytes: 8 }, (buffer, value, at) => {
    buffer.writeInt32BE(Math.floor(value / 2 ** 32), at)
    buffer.writeUInt32BE(value >>> 0, at + 4)
  })
}

export function byteaArray(values: readonly Uint8Array[]): Buffer {
  let valueBytes = 0
  for (const value of values) valueBytes += value.length
  const buffer = headed(BYTEA_OID, values.length, valueBytes)
  let at = HEADER_BYTES
  for (const value of values) {
    buffer.writeInt32BE(value.length, at)
    buffer.set(value, at + 4)
    at += 4 + value.length
  }
  return buffer
}
