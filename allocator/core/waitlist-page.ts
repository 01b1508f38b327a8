// A Waitlist as bytes: for the pages of a snapshot and, because equal lists write equal bytes, for the
// digest.
//
// Owns: the spelling of entries, requests and barriers.
// Leaves to others: the page around it (page.ts), hashing (digest.ts).
//
//   Z1. Bytes depend on the live entries in join order alone, not on places, holes or history.
//   Z2. What was written is read back equal; who sits out a frame is not state and not written.
//
//   count, then per entry:  entry id | customer id | marks u8 | shape | sequence | barrier?
//   shape is its number by first appearance; a new one is followed by its request
//   marks as in waitlist-columns.ts, and bit 4: a barrier follows (since, seat count, seats)

import { assert } from '../../shared/assert.ts'
import type { ByteReader, ByteWriter } from '../../shared/binary.ts'
import {
  asInstant,
  asSeatIndex,
  asSequence,
  type CustomerId,
  type EntryId,
} from '../../shared/ids.ts'
import { LIMITS } from '../../shared/limits.ts'
import { type Barrier, Waitlist } from './waitlist.ts'
import { requestKeyOf, type WaitRequest } from './waitlist-buckets.ts'
import { OFFERED, WAITING } from './waitlist-columns.ts'

const BARRIER = 16
const TOGETHER = 1
const ACCESSIBLE = 2

export function encodeWaitlist(writer: ByteWriter, waitlist: Waitlist): void {
  const shapes = new Map<number, number>()
  writer.varint(waitlist.liveCount)
  for (const place of waitlist.places()) {
    const { entry, customer, marks, sequence } = waitlist.rowAt(place)
    const barrier = waitlist.barriers().get(place)
    writer.id(entry)
    writer.id(customer)
    writer.u8(marks | (barrier === undefined ? 0 : BARRIER))
    encodeShape(writer, waitlist.requestAt(place), shapes)
    writer.varint(sequence)
    if (barrier !== undefined) encodeBarrier(writer, barrier)
  }
}

/** undefined for a list without entries: a Show without waiters has none. */
export function decodeWaitlist(reader: ByteReader): Waitlist | undefined {
  const count = reader.count(LIMITS.waitersPerShowMax)
  if (count === 0) return undefined
  const waitlist = new Waitlist()
  const shapes: WaitRequest[] = []
  for (let index = 0; index < count; index += 1) {
    const entry = reader.id<EntryId>()
    const customer = reader.id<CustomerId>()
    const written = reader.u8()
    const marks = written & ~BARRIER
    assert((marks & WAITING) !== (marks & OFFERED) >> 1, 'Z2: an entry waits or is offered')
    const request = decodeShape(reader, shapes)
    const sequence = asSequence(reader.varint())
    const barrier = (written & BARRIER) === 0 ? undefined : decodeBarrier(reader)
    waitlist.restore({ entry, customer, request, sequence, marks, barrier })
  }
  return waitlist
}

function encodeShape(writer: ByteWriter, request: WaitRequest, shapes: Map<number, number>): void {
  const key = requestKeyOf(request)
  const known = shapes.get(key)
  writer.varint(known ?? shapes.size)
  if (known !== undefined) return
  shapes.set(key, shapes.size)
  writer.u8(request.party)
  writer.u8(request.minParty)
  writer.u8((request.together ? TOGETHER : 0) | (request.accessible ? ACCESSIBLE : 0))
  writer.varint(request.categories)
}

function decodeShape(reader: ByteReader, shapes: WaitRequest[]): WaitRequest {
  const number = reader.count(shapes.length)
  const known = shapes[number]
  if (known !== undefined) return known
  const party = reader.u8()
  const minParty = reader.u8()
  const flags = reader.u8()
  const together = (flags & TOGETHER) !== 0
  const accessible = (flags & ACCESSIBLE) !== 0
  const request = { party, minParty, categories: reader.varint(), together, accessible }
  shapes.push(request)
  return request
}

function encodeBarrier(writer: ByteWriter, { seats, since }: Barrier): void {
  writer.varint(since)
  writer.varint(seats.length)
  for (const seat of seats) writer.varint(seat)
}

function decodeBarrier(reader: ByteReader): Barrier {
  const since = asInstant(reader.varint())
  const count = reader.count(LIMITS.seatsPerHoldMax)
  return { since, seats: Array.from({ length: count }, () => asSeatIndex(reader.varint())) }
}
