// The fields that several messages of the link share, each written and read side by side.
//
// Owns: how named seats, holds, entries and counts stand in a message.
// Leaves to others: which message has which (link-*.ts), integers and ids (binary.ts).
//
//   K2. Whatever a gateway's schemas let through can be written: what the core would refuse travels.

import { type ByteReader, type ByteWriter, MalformedBytes } from './binary.ts'
import { priceFlag, readPrices, readSeats, writePrices, writeSeats } from './codec-fields.ts'
import {
  asIncarnation,
  asInstant,
  asSeatIndex,
  asSequence,
  asShowNumber,
  type BookingId,
  type CustomerId,
  type EntryId,
  type HoldId,
  type SeatIndex,
} from './ids.ts'
import { LIMITS } from './limits.ts'
import type { EntryState, EntryView, HoldPhase, HoldView, SeatCounts } from './views.ts'

const SEAT_MAX = 0x7fff_ffff

/** Any seats that a client may name, in its order: whether they exist is the core's question. K2 */
export function writeNamedSeats(writer: ByteWriter, seats: readonly SeatIndex[]): void {
  writer.varint(seats.length)
  let next = 0
  for (const seat of seats) {
    writer.zigzag(seat - next)
    next = seat + 1
  }
}

export function readNamedSeats(reader: ByteReader): SeatIndex[] {
  const count = reader.count(Math.min(reader.remaining, LIMITS.seatsPerLayoutMax))
  const seats: SeatIndex[] = []
  let next = 0
  for (let at = 0; at < count; at += 1) {
    const seat = next + reader.zigzag()
    if (seat < 0 || seat > SEAT_MAX) throw new MalformedBytes(`no seat ${seat}`)
    seats.push(asSeatIndex(seat))
    next = seat + 1
  }
  return seats
}

/** The byte of a value is its place. */
export function tableOf<Value extends string>(
  numbers: Readonly<Record<Value, number>>,
): readonly Value[] {
  const values: Value[] = []
  for (const [value, number] of Object.entries(numbers)) values[number as number] = value as Value
  return values
}

/** Throws MalformedBytes when the byte is none of them. */
export function valueAt<Value>(values: readonly Value[], at: number): Value {
  const value = values[at]
  if (value === undefined) throw new MalformedBytes(`no value ${at}`)
  return value
}

const PHASES: Readonly<Record<HoldPhase, number>> = {
  selecting: 0,
  paying: 1,
  settling: 2,
  booked: 3,
  released: 4,
  expired: 5,
}
const PHASE_OF = tableOf(PHASES)
const PHASE_BITS = 0x07
const IS_OFFER = 0x08
const HAS_BOOKING = 0x10
const IS_UNIFORM = 0x40 // FLAGS.isUniform of codec-fields.ts: C5

/** Times stand alone, so that a hold reads the same in a reply and in news. */
export function writeHoldView(writer: ByteWriter, hold: HoldView): void {
  writer.u8(
    PHASES[hold.phase] |
      (hold.origin === 'offer' ? IS_OFFER : 0) |
      (hold.booking === undefined ? 0 : HAS_BOOKING) |
      priceFlag(hold.prices),
  )
  writer.varint(hold.show)
  writer.id(hold.id)
  writer.id(hold.customer)
  writeSeats(writer, hold.seats)
  writePrices(writer, hold.prices, hold.seats.length)
  writer.safeInt(hold.createdAt)
  writer.zigzag(hold.expiresAt - hold.createdAt)
  writer.varint(hold.extensionsLeft)
  if (hold.booking !== undefined) writer.id(hold.booking)
  writer.varint(hold.incarnation)
  writer.varint(hold.sequence)
}

export function readHoldView(reader: ByteReader): HoldView {
  const bits = reader.u8()
  const phase = valueAt(PHASE_OF, bits & PHASE_BITS)
  const show = asShowNumber(reader.count(0xffff_ffff))
  const id = reader.id<HoldId>()
  const customer = reader.id<CustomerId>()
  const seats = readSeats(reader)
  const prices = readPrices(reader, seats.length, bits & IS_UNIFORM)
  const createdAt = asInstant(reader.safeInt())
  const expiresAt = asInstant(createdAt + reader.zigzag())
  const extensionsLeft = reader.varint()
  const booking = (bits & HAS_BOOKING) === 0 ? undefined : reader.id<BookingId>()
  const hold: HoldView = {
    id,
    show,
    customer,
    phase,
    seats,
    prices,
    createdAt,
    expiresAt,
    extensionsLeft,
    origin: (bits & IS_OFFER) === 0 ? 'direct' : 'offer',
    incarnation: asIncarnation(reader.varint()),
    sequence: asSequence(reader.varint()),
  }
  return booking === undefined ? hold : { ...hold, booking }
}

const STATES: Readonly<Record<EntryState, number>> = {
  waiting: 0,
  offered: 1,
  served: 2,
  lapsed: 3,
  left: 4,
}
const STATE_OF = tableOf(STATES)
const STATE_BITS = 0x07
const HAS_HOLD = 0x08

export function writeEntryView(writer: ByteWriter, entry: EntryView): void {
  writer.u8(STATES[entry.state] | (entry.hold === undefined ? 0 : HAS_HOLD))
  writer.varint(entry.show)
  writer.id(entry.id)
  writer.id(entry.customer)
  writer.varint(entry.party)
  writer.varint(entry.ahead)
  writer.varint(entry.sequence)
  if (entry.hold !== undefined) writeHoldView(writer, entry.hold)
}

export function readEntryView(reader: ByteReader): EntryView {
  const bits = reader.u8()
  const state = valueAt(STATE_OF, bits & STATE_BITS)
  const show = asShowNumber(reader.count(0xffff_ffff))
  const entry: EntryView = {
    id: reader.id<EntryId>(),
    show,
    customer: reader.id<CustomerId>(),
    state,
    party: reader.varint(),
    ahead: reader.varint(),
    sequence: asSequence(reader.varint()),
  }
  return (bits & HAS_HOLD) === 0 ? entry : { ...entry, hold: readHoldView(reader) }
}

export function writeCounts(writer: ByteWriter, counts: SeatCounts): void {
  writer.varint(counts.free)
  writer.varint(counts.reserved)
  writer.varint(counts.held)
  writer.varint(counts.sold)
  writer.varint(counts.blocked)
}

export function readCounts(reader: ByteReader): SeatCounts {
  return {
    free: reader.varint(),
    reserved: reader.varint(),
    held: reader.varint(),
    sold: reader.varint(),
    blocked: reader.varint(),
  }
}
