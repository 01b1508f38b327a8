// A Frame: what is made durable together, one link of a Shard's chain.
//
//   | 'USHF' version u8 shard u8 | incarnation u32 | epoch u32 | number f64 | first sequence f64 |
//   | shard time f64 | transition count u32 | prevHash 32 | records | SHA-256 of all before: 32 |
//
// Owns: the bytes of a frame, its hash and the check of the chain.
// Leaves to others: what a record says (codec.ts), where frames are kept (allocator/journal/).
//
//   FR1. A frame is accepted whole or not at all: its hash covers every byte before it.
//   FR2. A frame holds at most LIMITS.frameBytesMax; what one command records beyond that goes on in
//       the next frames, cut between two Transitions.

import { createHash } from 'node:crypto'
import { assert } from './assert.ts'
import { ByteReader, ByteWriter, MalformedBytes } from './binary.ts'
import { decodeTransition, encodeTransition } from './codec.ts'
import { Fault } from './faults.ts'
import {
  asEpoch,
  asFrameNumber,
  asIncarnation,
  asInstant,
  asSequence,
  asShardNumber,
  type Epoch,
  type FrameNumber,
  type Incarnation,
  type Instant,
  type Sequence,
  type ShardNumber,
} from './ids.ts'
import { LIMITS } from './limits.ts'
import type { EncodedFrame } from './ports.ts'
import type { Transition } from './transitions.ts'

const MAGIC = 0x4648_5355 // 'USHF'
const VERSION = 1
const HASH_BYTES = 32
const PREV_HASH_AT = 42
const HEADER_BYTES = PREV_HASH_AT + HASH_BYTES
const COUNT_AT = 38
const RECORDS_MAX = LIMITS.frameBytesMax - HEADER_BYTES - HASH_BYTES

/** What stands before the first frame of a Shard's Journal. */
export const NO_HASH: Uint8Array = new Uint8Array(HASH_BYTES)

export interface FrameStart {
  readonly shard: ShardNumber
  readonly incarnation: Incarnation
  readonly epoch: Epoch
  readonly number: FrameNumber
  readonly firstSequence: Sequence
  readonly time: Instant
  readonly prevHash: Uint8Array
}

/** Takes Transitions as they are recorded and seals them into frames; reused for every batch. */
export class FrameBuilder {
  readonly #writer = new ByteWriter(16 * 1024)
  /** where the records of the second and later frames begin, and how many went before */
  readonly #cuts: { at: number; count: number }[] = []
  #lastCut = 0
  #time = asInstant(0)
  #count = 0

  get transitionCount(): number {
    return this.#count
  }

  /** Bytes that still fit into the first frame; negative once it overflowed. */
  get room(): number {
    return this.#cuts.length > 0 ? -1 : RECORDS_MAX - this.#writer.length
  }

  /** Every record until seal() is made at this shard time. */
  begin(time: Instant): void {
    this.#writer.reset()
    if (this.#cuts.length > 0) this.#cuts.length = 0
    this.#lastCut = 0
    this.#count = 0
    this.#time = time
  }

  record(transition: Transition): void {
    const at = this.#writer.length
    encodeTransition(this.#writer, transition, this.#time)
    if (this.#writer.length - this.#lastCut > RECORDS_MAX) this.#cut(at)
    this.#count += 1
  }

  #cut(at: number): void {
    assert(this.#writer.length - at <= RECORDS_MAX, 'FR2: one record fits into a frame')
    this.#cuts.push({ at, count: this.#count })
    this.#lastCut = at
  }

  /** One frame, or several in order when the records overflow one (FR2); `start` is the first's. */
  seal(start: FrameStart): EncodedFrame[] {
    assert(start.time === this.#time, 'T2: records and frame share one shard time')
    const frames: EncodedFrame[] = []
    let at = 0
    let done = 0
    let prevHash = start.prevHash
    for (const cut of [...this.#cuts, { at: this.#writer.length, count: this.#count }]) {
      const frame = sealFrame(
        {
          ...start,
          prevHash,
          number: asFrameNumber(start.number + frames.length),
          firstSequence: asSequence(start.firstSequence + done),
        },
        cut.count - done,
        this.#writer.view(at, cut.at),
      )
      frames.push(frame)
      prevHash = frame.hash
      at = cut.at
      done = cut.count
    }
    return frames
  }
}

function sealFrame(start: FrameStart, transitionCount: number, records: Uint8Array): EncodedFrame {
  const bytes = new Uint8Array(HEADER_BYTES + records.length + HASH_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, MAGIC, true)
  bytes[4] = VERSION
  bytes[5] = start.shard
  view.setUint32(6, start.incarnation, true)
  view.setUint32(10, start.epoch, true)
  view.setFloat64(14, start.number, true)
  view.setFloat64(22, start.firstSequence, true)
  view.setFloat64(30, start.time, true)
  view.setUint32(COUNT_AT, transitionCount, true)
  bytes.set(start.prevHash, PREV_HASH_AT)
  bytes.set(records, HEADER_BYTES)
  const hash = hashOf(bytes)
  bytes.set(hash, bytes.length - HASH_BYTES)
  return { ...withoutPrevHash(start), transitionCount, hash, bytes }
}

function withoutPrevHash(start: FrameStart) {
  const { shard, incarnation, epoch, number, firstSequence, time } = start
  return { shard, incarnation, epoch, number, firstSequence, time }
}

function hashOf(bytes: Uint8Array): Uint8Array {
  return createHash('sha256')
    .update(bytes.subarray(0, bytes.length - HASH_BYTES))
    .digest()
}

/** Reads and checks a whole frame; throws Fault('journal-damaged'). FR1 */
export function decodeFrame(bytes: Uint8Array): EncodedFrame {
  if (bytes.length < HEADER_BYTES + HASH_BYTES || bytes.length > LIMITS.frameBytesMax) {
    throw damaged(`a frame of ${bytes.length} bytes`)
  }
  const reader = new ByteReader(bytes)
  if (reader.u32() !== MAGIC) throw damaged('bytes that are no frame')
  const version = reader.u8()
  if (version !== VERSION) throw damaged(`frame version ${version}; this Usher reads ${VERSION}`)
  const hash = bytes.subarray(bytes.length - HASH_BYTES)
  if (!sameBytes(hash, hashOf(bytes))) throw damaged('a frame whose hash does not match')
  return readHeader(reader, bytes, hash)
}

function readHeader(reader: ByteReader, bytes: Uint8Array, hash: Uint8Array): EncodedFrame {
  try {
    return {
      shard: asShardNumber(reader.u8()),
      incarnation: asIncarnation(reader.u32()),
      epoch: asEpoch(reader.u32()),
      number: asFrameNumber(reader.safeInt()),
      firstSequence: asSequence(reader.safeInt()),
      time: asInstant(reader.safeInt()),
      transitionCount: reader.u32(),
      hash,
      bytes,
    }
  } catch (cause) {
    throw asDamage(cause, 'a frame header')
  }
}

/** The hash of the frame before, as this frame says. */
export function prevHashOf(frame: EncodedFrame): Uint8Array {
  return frame.bytes.subarray(PREV_HASH_AT, PREV_HASH_AT + HASH_BYTES)
}

/** Hands over the frame's Transitions in order; throws Fault('journal-damaged'). */
export function eachTransition(frame: EncodedFrame, take: (transition: Transition) => void): void {
  const reader = new ByteReader(frame.bytes, HEADER_BYTES, frame.bytes.length - HASH_BYTES)
  for (let count = 0; count < frame.transitionCount; count += 1) take(next(reader, frame))
  if (reader.remaining !== 0) throw damaged(`${reader.remaining} bytes after the last record`)
}

export function transitionsOf(frame: EncodedFrame): Transition[] {
  const transitions: Transition[] = []
  eachTransition(frame, transition => transitions.push(transition))
  return transitions
}

function next(reader: ByteReader, frame: EncodedFrame): Transition {
  try {
    return decodeTransition(reader, frame.time)
  } catch (cause) {
    throw asDamage(cause, `a record of shard ${frame.shard}, frame ${frame.number}`)
  }
}

export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false
  for (let at = 0; at < left.length; at += 1) if (left[at] !== right[at]) return false
  return true
}

function asDamage(cause: unknown, what: string): unknown {
  return cause instanceof MalformedBytes ? damaged(`${what}: ${cause.message}`, cause) : cause
}

function damaged(what: string, cause?: unknown): Fault {
  return new Fault(
    'journal-damaged',
    `The journal holds ${what}. Restore the database from its backup; nothing was changed.`,
    { cause },
  )
}
