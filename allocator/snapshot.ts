// Pages of what changed, written now and then, so that a start replays minutes and not months.
//
//   page of show 0, the shard's own: the frame up to which the Shows' pages together are complete, its
//   hash, and which Shows have one. A Show's page: core/page.ts.
//
// Owns: which pages are written when, and that they never tell what the journal might not keep.
// Leaves to others: what stands in a Show's page (core/page.ts), where pages lie (SnapshotStore).
//
//   SN1. A page is handed to the store only when the frame that it contains is durable.
//   SN2. Encoding takes slices of at most 2 ms; one write is under way at a time.
//   SN3. The shard page is written last: every Transition up to its frame stands in some page.
//   SN4. A failed write costs a longer replay, nothing else: its Shows stay dirty.

import { assert } from '../shared/assert.ts'
import { ByteReader, ByteWriter } from '../shared/binary.ts'
import {
  asEpoch,
  asFrameNumber,
  asIncarnation,
  asInstant,
  asSequence,
  asShowNumber,
  type Instant,
  type Sequence,
  type ShowNumber,
} from '../shared/ids.ts'
import { LIMITS } from '../shared/limits.ts'
import type {
  Clock,
  EncodedFrame,
  JournalHead,
  SnapshotPage,
  SnapshotStore,
} from '../shared/ports.ts'
import { encodePage } from './core/page.ts'
import { lastSequenceOf } from './ownership.ts'
import type { Shard } from './shard.ts'

const SLICE_MS_MAX = 2
const PAGES_PER_WRITE_MAX = 64
const PAGE_BYTES_PER_WRITE_MAX = 1024 * 1024

/** What the shard page says. */
export interface SnapshotBase {
  readonly chain: JournalHead
  readonly sequence: Sequence
  readonly time: Instant
  readonly shows: readonly ShowNumber[]
}

/** The writer, as far as pages depend on it. */
export interface DurableShard {
  readonly shard: Shard
  readonly durable: EncodedFrame
  /** the last frame whose Transitions memory contains, durable or in flight */
  readonly decidedFrame: number
}

export interface SnapshotterOptions {
  readonly source: DurableShard
  readonly store: SnapshotStore
  readonly clock: Clock
  /** pause between two rounds */
  readonly everyMs: number
  /** SN4, for the log */
  readonly onTrouble?: (cause: unknown) => void
}

interface Round {
  readonly base: SnapshotBase
  readonly shows: readonly ShowNumber[]
  next: number
}

export class Snapshotter {
  readonly #options: SnapshotterOptions
  readonly #writer = new ByteWriter(64 * 1024)
  #round: Round | undefined
  #pages: SnapshotPage[] = []
  #writing: Promise<void> | undefined
  #restedAtMs: number

  constructor(options: SnapshotterOptions) {
    this.#options = options
    this.#restedAtMs = options.clock.monotonicMs()
  }

  /** One slice, called by the process's timer; whether it took time. SN2 */
  tick(): boolean {
    if (this.#writing !== undefined) return false
    if (this.#pages.length > 0) {
      this.#writeWhenDurable()
      return false
    }
    if (this.#round === undefined) {
      const { clock, everyMs, source } = this.#options
      if (source.shard.dirty.size === 0) return false
      if (clock.monotonicMs() - this.#restedAtMs < everyMs) return false
      this.#round = this.#begin()
    }
    this.#encodeSlice(this.#round)
    return true
  }

  /** Writes what is dirty before a planned stop, while there is time; nothing may be in flight. */
  async writeAll(untilMs: number): Promise<void> {
    const { clock, source } = this.#options
    await this.#writing
    if (this.#round === undefined && source.shard.dirty.size > 0) this.#round = this.#begin()
    while (this.#round !== undefined && clock.monotonicMs() < untilMs) {
      if (this.#pages.length > 0) this.#writeWhenDurable()
      else this.#encodeSlice(this.#round)
      await this.#writing
    }
  }

  #begin(): Round {
    const { source } = this.#options
    const { state } = source.shard
    const base: SnapshotBase = {
      chain: source.durable,
      sequence: lastSequenceOf(source.durable),
      time: source.durable.time,
      shows: [...state.shows.keys()],
    }
    return { base, shows: source.shard.takeDirty(), next: 0 }
  }

  #encodeSlice(round: Round): void {
    const until = this.#options.clock.monotonicMs() + SLICE_MS_MAX
    let bytes = 0
    while (round.next < round.shows.length && this.#pages.length < PAGES_PER_WRITE_MAX) {
      const page = this.#showPage(round.shows[round.next] as ShowNumber)
      this.#pages.push(page)
      round.next += 1
      bytes += page.bytes.length
      if (bytes > PAGE_BYTES_PER_WRITE_MAX || this.#options.clock.monotonicMs() >= until) break
    }
    if (round.next === round.shows.length) this.#pages.push(this.#shardPage(round.base)) // SN3
    this.#writeWhenDurable()
  }

  /** SN1 */
  #writeWhenDurable(): void {
    const { source, store } = this.#options
    if (this.#pages.some(page => page.frame > source.durable.number)) return
    const pages = this.#pages
    this.#pages = []
    this.#writing = store.write(pages).then(
      () => this.#onWritten(),
      (cause: unknown) => this.#onTrouble(cause),
    )
  }

  #onWritten(): void {
    this.#writing = undefined
    const round = this.#round
    if (round !== undefined && round.next === round.shows.length) this.#rest()
  }

  /** SN4 */
  #onTrouble(cause: unknown): void {
    this.#writing = undefined
    for (const show of this.#round?.shows ?? []) this.#options.source.shard.dirty.add(show)
    this.#rest()
    this.#options.onTrouble?.(cause)
  }

  #rest(): void {
    this.#round = undefined
    this.#restedAtMs = this.#options.clock.monotonicMs()
  }

  #showPage(number: ShowNumber): SnapshotPage {
    const { source } = this.#options
    const { state } = source.shard
    const show = state.shows.get(number)
    assert(show !== undefined, 'SN3: a dirty Show is one of the Shard')
    return {
      shard: state.shard,
      show: number,
      incarnation: source.durable.incarnation,
      frame: asFrameNumber(source.decidedFrame),
      sequence: state.sequence,
      bytes: encodePage(state, show),
    }
  }

  #shardPage(base: SnapshotBase): SnapshotPage {
    this.#writer.reset()
    encodeBase(this.#writer, base)
    return {
      shard: this.#options.source.shard.state.shard,
      show: 0,
      incarnation: base.chain.incarnation,
      frame: base.chain.number,
      sequence: base.sequence,
      bytes: this.#writer.take(),
    }
  }
}

function encodeBase(writer: ByteWriter, { chain, sequence, time, shows }: SnapshotBase): void {
  writer.varint(chain.incarnation)
  writer.varint(chain.epoch)
  writer.varint(chain.number)
  writer.byteString(chain.hash)
  writer.varint(sequence)
  writer.varint(time)
  writer.varint(shows.length)
  for (const show of shows) writer.varint(show)
}

/** Throws MalformedBytes. */
export function decodeBase(bytes: Uint8Array): SnapshotBase {
  const reader = new ByteReader(bytes)
  const chain: JournalHead = {
    incarnation: asIncarnation(reader.varint()),
    epoch: asEpoch(reader.varint()),
    number: asFrameNumber(reader.varint()),
    hash: reader.byteString(),
  }
  const sequence = asSequence(reader.varint())
  const time = asInstant(reader.varint())
  const shows: ShowNumber[] = []
  const count = reader.count(LIMITS.showsPerProcessMax)
  for (let at = 0; at < count; at += 1) shows.push(asShowNumber(reader.varint()))
  reader.finish()
  return { chain, sequence, time, shows }
}
