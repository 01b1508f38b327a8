// The binary messages of subprotocol usher.v1.bin, decoded.
//
// Owns: bytes to snapshots and deltas, refusing what is not whole.
// Leaves to others: whether a message may be applied (watch-machine.ts), seat states (seat-states.ts).
//
//   snapshot  u8 1 · u8 0 · u16 0     · u32 showRef · u32 epoch · u32 version · u32 seatCount · 2 bits a seat
//   delta     u8 2 · u8 0 · u16 count · u32 showRef · u32 epoch · u32 from    · u32 to        · count x u32
//
//   U2. A message whose length does not agree with its own header is refused whole.

export type SeatState = 0 | 1 | 2 | 3

export type SnapshotMessage = {
  readonly kind: 'snapshot'
  readonly showRef: number
  readonly epoch: number
  readonly version: number
  readonly seatCount: number
  readonly packed: Uint8Array
}

export type DeltaMessage = {
  readonly kind: 'delta'
  readonly showRef: number
  readonly epoch: number
  readonly from: number
  readonly to: number
  /** index << 2 | state, as on the wire */
  readonly changes: Uint32Array
}

export type BinaryMessage = SnapshotMessage | DeltaMessage

const HEADER_BYTES = 20

/** Decodes one message, or undefined when the bytes are not one. */
export function decodeBinary(buffer: ArrayBuffer): BinaryMessage | undefined {
  if (buffer.byteLength < HEADER_BYTES) return undefined
  const view = new DataView(buffer)
  const type = view.getUint8(0)
  if (type === 1) return decodeSnapshot(view)
  if (type === 2) return decodeDelta(view)
  return undefined
}

function decodeSnapshot(view: DataView<ArrayBuffer>): SnapshotMessage | undefined {
  const seatCount = view.getUint32(16, true)
  const bytes = Math.ceil(seatCount / 4)
  if (view.byteLength !== HEADER_BYTES + bytes) return undefined // U2
  return {
    kind: 'snapshot',
    showRef: view.getUint32(4, true),
    epoch: view.getUint32(8, true),
    version: view.getUint32(12, true),
    seatCount,
    packed: new Uint8Array(view.buffer, HEADER_BYTES, bytes),
  }
}

function decodeDelta(view: DataView<ArrayBuffer>): DeltaMessage | undefined {
  const count = view.getUint16(2, true)
  if (view.byteLength !== HEADER_BYTES + count * 4) return undefined // U2
  const changes = new Uint32Array(count)
  for (let i = 0; i < count; i++) changes[i] = view.getUint32(HEADER_BYTES + i * 4, true)
  return {
    kind: 'delta',
    showRef: view.getUint32(4, true),
    epoch: view.getUint32(8, true),
    from: view.getUint32(12, true),
    to: view.getUint32(16, true),
    changes,
  }
}
