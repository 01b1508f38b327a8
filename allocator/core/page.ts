// A Show as bytes: one page of a snapshot, and what the digest of a Shard is made of.
//
// Owns: the spelling of a Show with its Seats, holds, keys, entries and bookings.
// Leaves to others: waiters (waitlist-page.ts), the hash (digest.ts), the shard's own page and when
// pages are written (snapshot.ts).
//
//   N1. Equal Shows write equal bytes: holds are sorted by id, nothing depends on slots or history.
//   N2. A page read back and followed by the later Transitions equals a full replay (F1).
//
//   format u8 | layout | show | sequence | terms | status u8 | fixed u8 | version | bookings
//   states | reserved Seats | booking number of each sold Seat | waitlist | keys of live entries
//   holds | ended entries

import { ByteReader, ByteWriter, MalformedBytes } from '../../shared/binary.ts'
import { readTerms, writeTerms } from '../../shared/codec-fields.ts'
import {
  asBookingNumber,
  asLayoutNumber,
  asSeatIndex,
  asSequence,
  asShowNumber,
  type EntryId,
  type LayoutNumber,
  type SeatIndex,
} from '../../shared/ids.ts'
import { armShow } from './fact.ts'
import { decodeEnded, decodeHolds, encodeEnded, encodeHolds } from './page-holds.ts'
import { decodeKeys, encodeKeys } from './page-keys.ts'
import { SOLD } from './seat-map.ts'
import type { Show } from './show.ts'
import type { ShardState } from './state.ts'
import { decodeWaitlist, encodeWaitlist } from './waitlist-page.ts'

const FORMAT = 1
const STATUSES = ['open', 'closed', 'cancelled'] as const

/** A private copy: everything of one Show as of `state.sequence`. */
export function encodePage(state: ShardState, show: Show): Uint8Array {
  const writer = new ByteWriter(256 + (show.seats.seatCount >>> 2))
  writer.u8(FORMAT)
  writer.varint(show.terms.layout)
  writer.varint(show.number)
  writer.varint(state.sequence)
  encodeShow(writer, state, show)
  encodeHolds(writer, state, show, 'all')
  encodeEnded(writer, state, show)
  return writer.take()
}

/** The layout to load before a page is decoded. */
export function layoutOfPage(bytes: Uint8Array): LayoutNumber {
  const reader = new ByteReader(bytes)
  checkFormat(reader)
  return asLayoutNumber(reader.varint())
}

/** Adds the page's Show to a state that does not have it. Throws MalformedBytes. */
export function decodePage(state: ShardState, bytes: Uint8Array): Show {
  const reader = new ByteReader(bytes)
  checkFormat(reader)
  reader.varint()
  const number = asShowNumber(reader.varint())
  const sequence = asSequence(reader.varint())
  const show = state.addShow(number, readTerms(reader))
  show.asOf = sequence
  decodeShow(reader, state, show)
  decodeHolds(reader, state, show)
  decodeEnded(reader, state, show)
  reader.finish()
  armShow({ state, show, time: state.time, sequence })
  return show
}

/** The Show without its holds: the same for a page and for the digest. N1 */
export function encodeShow(writer: ByteWriter, state: ShardState, show: Show): void {
  writeTerms(writer, show.terms)
  writer.u8(STATUSES.indexOf(show.status))
  writer.u8(show.isFixed ? 1 : 0)
  writer.varint(show.version)
  writer.varint(show.bookingCount)
  encodeSeats(writer, show)
  if (show.waitlist === undefined) {
    writer.varint(0)
    return
  }
  encodeWaitlist(writer, show.waitlist)
  for (const place of show.waitlist.places()) {
    const head = state.entryKeys.headOf(show.waitlist.entryAt(place))
    encodeKeys(writer, state.keys.keysOf(head))
  }
}

function decodeShow(reader: ByteReader, state: ShardState, show: Show): void {
  const status = STATUSES[reader.u8()]
  if (status === undefined) throw new MalformedBytes('a show is open, closed or cancelled')
  show.status = status
  show.isFixed = reader.u8() === 1
  show.version = reader.varint()
  show.bookingCount = reader.varint()
  decodeSeats(reader, show)
  show.waitlist = decodeWaitlist(reader)
  for (const place of show.waitlist?.places() ?? []) {
    const entry = show.waitlist?.entryAt(place) as EntryId
    for (const key of decodeKeys(reader)) state.keepEntryKey(entry, key)
  }
}

function encodeSeats(writer: ByteWriter, { seats, sold }: Show): void {
  writer.byteString(seats.statesCopy())
  const reserved = seats.reservedSeats()
  writer.varint(reserved.length)
  for (const seat of reserved) writer.varint(seat)
  if (seats.soldCount === 0) return
  for (const seat of soldSeatsOf(seats)) writer.varint(sold.bookingOf(seat))
}

function decodeSeats(reader: ByteReader, { seats, sold }: Show): void {
  const states = reader.byteString()
  const reservedCount = reader.count(seats.seatCount)
  const reserved = Array.from({ length: reservedCount }, () => asSeatIndex(reader.varint()))
  seats.load(states, reserved)
  if (seats.soldCount === 0) return
  for (const seat of soldSeatsOf(seats)) sold.sell(seat, asBookingNumber(reader.varint()))
}

function* soldSeatsOf(seats: Show['seats']): IterableIterator<SeatIndex> {
  for (let seat = 0; seat < seats.seatCount; seat += 1) {
    if (seats.stateOf(asSeatIndex(seat)) === SOLD) yield asSeatIndex(seat)
  }
}

function checkFormat(reader: ByteReader): void {
  const format = reader.u8()
  if (format !== FORMAT) throw new MalformedBytes(`a page of format ${format}, not ${FORMAT}`)
}
