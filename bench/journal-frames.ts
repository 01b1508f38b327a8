// Chained frames of an exact size for the journal bench, as cheap to make as a real writer's: one hash each.

import { createHash, randomFillSync } from 'node:crypto'
import { decodeFrame, NO_HASH } from '../shared/frame.ts'
import type { EncodedFrame } from '../shared/ports.ts'
import { sampleFrame } from '../tests/support/sample-frames.ts'

const NUMBER_AT = 14
const COUNT_AT = 38
const PREV_HASH_AT = 42
const RECORDS_AT = 74
const HASH_BYTES = 32

/** The frames of one Shard; records are random bytes, so that nothing on the way can shrink them. */
export class FrameChain {
  readonly shard: number
  readonly #template: Uint8Array
  #number = 0
  #hash: Uint8Array = NO_HASH

  constructor(shard: number, frameBytes: number) {
    this.shard = shard
    const header = sampleFrame({ shard }).bytes.subarray(0, RECORDS_AT)
    this.#template = new Uint8Array(frameBytes)
    randomFillSync(this.#template)
    this.#template.set(header)
    this.#view(this.#template).setUint32(COUNT_AT, 0, true)
  }

  get count(): number {
    return this.#number
  }

  next(): EncodedFrame {
    this.#number += 1
    const bytes = this.#template.slice()
    this.#view(bytes).setFloat64(NUMBER_AT, this.#number, true)
    bytes.set(this.#hash, PREV_HASH_AT)
    const end = bytes.length - HASH_BYTES
    bytes.set(createHash('sha256').update(bytes.subarray(0, end)).digest(), end)
    const frame = decodeFrame(bytes)
    this.#hash = frame.hash
    return frame
  }

  #view(bytes: Uint8Array): DataView {
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }
}
