// The fields that several records share, each written and read side by side.
//
// Owns: how seats, prices, keys, ranges, terms and show-scoped ids stand in a record.
// Leaves to others: which record has which fields (codec-*.ts), integers and texts (binary.ts).
//
//   C3. A show-scoped id leaves out lane a: the record's show number tells it (I2).
//   C4. Seats are deltas in their given order; a run of neighbours costs one byte a Seat.
//   C5. Equal prices are written once, told by a flag.

import { assert } from './assert.ts'
import { type ByteReader, type ByteWriter, MalformedBytes } from './binary.ts'
import type { CommandKey, SeatRange } from './commands.ts'
import {
  asInstant,
  asLayoutNumber,
  asSeatIndex,
  type BookingId,
  type CommandId,
  type EntryId,
  type HoldId,
  type Instant,
  idOf,
  type SeatIndex,
  type ShowNumber,
} from './ids.ts'
import { LIMITS } from './limits.ts'
import type { Policy, RefundStep, ShowTerms } from './policy.ts'
import type { Transition, TransitionKind } from './transitions.ts'

/** What stands in front of every record's own fields. */
export interface RecordHead {
  show: ShowNumber
  /** the three bits beside the kind */
  flags: number
  /** the frame's shard time, which deadlines are relative to (T2) */
  time: Instant
}

export type TransitionOf<Kind extends TransitionKind> = Extract<Transition, { kind: Kind }>

/** One kind's fields; `flagsOf` may use the bits of FLAGS only. */
export interface RecordCodec<Kind extends TransitionKind> {
  flagsOf(transition: TransitionOf<Kind>): number
  write(writer: ByteWriter, transition: TransitionOf<Kind>, time: Instant): void
  read(reader: ByteReader, head: RecordHead): TransitionOf<Kind>
}

export const FLAGS = Object.freeze({
  hasKey: 0x20,
  isUniform: 0x40,
  isTogether: 0x40,
  isAccessible: 0x80,
})

export const noFlags = (): number => 0

interface Keyed {
  readonly key?: CommandKey
}

export function keyFlag(transition: Keyed): number {
  return transition.key === undefined ? 0 : FLAGS.hasKey
}

export function priceFlag(prices: readonly number[]): number {
  const first = prices[0]
  for (let at = 1; at < prices.length; at += 1) if (prices[at] !== first) return 0
  return prices.length === 0 ? 0 : FLAGS.isUniform // C5
}

/** 12 bytes. C3 */
export function writeScopedId(
  writer: ByteWriter,
  show: ShowNumber,
  id: HoldId | EntryId | BookingId,
): void {
  assert(id.a >>> 0 === show, 'I2: lane a is the show number')
  writer.lanes3(id.b, id.c, id.d)
}

export function readScopedId<Kind extends HoldId | EntryId | BookingId>(
  reader: ByteReader,
  show: ShowNumber,
): Kind {
  return idOf<Kind>(show, reader.i32(), reader.i32(), reader.i32())
}

/** Nothing when there is none: keyFlag tells. 24 bytes. */
export function writeKey(writer: ByteWriter, key: CommandKey | undefined): void {
  if (key === undefined) return
  writer.id(key.id)
  writer.i32(key.bodyHigh)
  writer.i32(key.bodyLow)
}

export function readKey(reader: ByteReader): CommandKey {
  return { id: reader.id<CommandId>(), bodyHigh: reader.i32(), bodyLow: reader.i32() }
}

/** A deadline as its distance from the frame's shard time. */
export function writeDeadline(writer: ByteWriter, deadline: Instant, time: Instant): void {
  writer.zigzag(deadline - time)
}

export function readDeadline(reader: ByteReader, time: Instant): Instant {
  return asInstant(time + reader.zigzag())
}

/** C4 */
export function writeSeats(writer: ByteWriter, seats: readonly SeatIndex[]): void {
  writer.varint(seats.length)
  let next = 0
  for (let at = 0; at < seats.length; at += 1) {
    const seat = seats[at] as SeatIndex
    writer.zigzag(seat - next)
    next = seat + 1
  }
}

export function readSeats(reader: ByteReader): SeatIndex[] {
  const count = reader.count(Math.min(reader.remaining, LIMITS.seatsPerLayoutMax))
  const seats: SeatIndex[] = []
  let next = 0
  for (let at = 0; at < count; at += 1) {
    const seat = next + reader.zigzag()
    checkSeat(seat)
    seats.push(asSeatIndex(seat))
    next = seat + 1
  }
  return seats
}

/** The count is that of the Seats, written before. C5 */
export function writePrices(writer: ByteWriter, prices: readonly number[], count: number): void {
  assert(prices.length === count, 'S7: one price a Seat')
  if (priceFlag(prices) !== 0) return writer.varint(prices[0] ?? 0)
  for (const price of prices) writer.varint(price)
}

export function readPrices(reader: ByteReader, count: number, flags: number): number[] {
  const prices: number[] = []
  const uniform = (flags & FLAGS.isUniform) !== 0 ? reader.varint() : -1
  for (let at = 0; at < count; at += 1) prices.push(uniform >= 0 ? uniform : reader.varint())
  return prices
}

export function writeRanges(writer: ByteWriter, ranges: readonly SeatRange[]): void {
  writer.varint(ranges.length)
  let next = 0
  for (const range of ranges) {
    writer.zigzag(range.start - next)
    writer.varint(range.count)
    next = range.start + range.count
  }
}

export function readRanges(reader: ByteReader): SeatRange[] {
  const rangeCount = reader.count(Math.min(reader.remaining, LIMITS.seatsPerLayoutMax))
  const ranges: SeatRange[] = []
  let next = 0
  for (let at = 0; at < rangeCount; at += 1) {
    const start = next + reader.zigzag()
    const count = reader.count(LIMITS.seatsPerLayoutMax)
    checkSeat(start)
    checkSeat(start + Math.max(count, 1) - 1)
    ranges.push({ start: asSeatIndex(start), count })
    next = start + count
  }
  return ranges
}

function checkSeat(seat: number): void {
  if (seat < 0 || seat >= LIMITS.seatsPerLayoutMax) throw new MalformedBytes(`no seat ${seat}`)
}

/** Rare and long: absolute times, the digest as its text. */
export function writeTerms(writer: ByteWriter, terms: ShowTerms): void {
  writer.varint(terms.layout)
  writer.utf8(terms.layoutDigest)
  writePolicy(writer, terms.policy)
  writer.varint(terms.prices.length)
  for (const price of terms.prices) writer.varint(price)
  writer.utf8(terms.currency)
  writer.zigzag(terms.startsAt)
  writer.zigzag(terms.salesOpenAt)
  writer.zigzag(terms.salesCloseAt)
}

export function readTerms(reader: ByteReader): ShowTerms {
  return {
    layout: asLayoutNumber(reader.varint()),
    layoutDigest: reader.utf8(),
    policy: readPolicy(reader),
    prices: readList(reader, () => reader.varint()),
    currency: reader.utf8(),
    startsAt: asInstant(reader.zigzag()),
    salesOpenAt: asInstant(reader.zigzag()),
    salesCloseAt: asInstant(reader.zigzag()),
  }
}

function writePolicy(writer: ByteWriter, policy: Policy): void {
  writer.varint(policy.holdTtlMs)
  writer.varint(policy.payTtlMs)
  writer.varint(policy.extensionsMax)
  writer.varint(policy.holdLifeMaxMs)
  writer.varint(policy.seatsMax)
  writer.varint(policy.holdsMax)
  writer.u8(policy.orphans === 'on' ? 1 : 0)
  writer.varint(policy.orphanOffAbovePercentSold)
  writer.varint(policy.barrierMaxMs)
  writer.varint(policy.refund.length)
  for (const step of policy.refund) {
    writer.zigzag(step.untilMsBeforeStart)
    writer.varint(step.percent)
  }
}

function readPolicy(reader: ByteReader): Policy {
  return {
    holdTtlMs: reader.varint(),
    payTtlMs: reader.varint(),
    extensionsMax: reader.varint(),
    holdLifeMaxMs: reader.varint(),
    seatsMax: reader.varint(),
    holdsMax: reader.varint(),
    orphans: reader.u8() === 1 ? 'on' : 'off',
    orphanOffAbovePercentSold: reader.varint(),
    barrierMaxMs: reader.varint(),
    refund: readList(
      reader,
      (): RefundStep => ({ untilMsBeforeStart: reader.zigzag(), percent: reader.varint() }),
    ),
  }
}

function readList<Item>(reader: ByteReader, readItem: () => Item): Item[] {
  const count = reader.count(reader.remaining)
  const items: Item[] = []
  for (let at = 0; at < count; at += 1) items.push(readItem())
  return items
}
