// Replies to and from bytes: what a shard answers.
//
//   | kind and flags: u8 | the kind's fields |
//
// Owns: the number and the fields of every Reply.
// Leaves to others: holds and entries (link-fields.ts), batches of replies (link-batches.ts).
//
//   K1. decode(encode(reply)) equals the reply; the tables are complete by type.
//   K3. Bytes that are no Reply throw MalformedBytes, nothing else.

import { unreachable } from './assert.ts'
import { type ByteReader, type ByteWriter, MalformedBytes } from './binary.ts'
import { readTerms, writeTerms } from './codec-fields.ts'
import { asIncarnation, asInstant, asSeatIndex, asShowNumber, type Instant } from './ids.ts'
import {
  readCounts,
  readEntryView,
  readHoldView,
  tableOf,
  valueAt,
  writeCounts,
  writeEntryView,
  writeHoldView,
} from './link-fields.ts'
import { type Conflict, REFUSALS, type Refusal, type RefusalCode, SEAT_STATES } from './refusals.ts'
import type { HoldView, LinkFault, Reply, ShowStatus, ShowView } from './views.ts'

const NUMBERS: Readonly<Record<Reply['kind'], number>> = {
  hold: 1,
  entry: 2,
  customer: 3,
  show: 4,
  done: 5,
  refused: 6,
  fault: 7,
}
const KIND_OF = tableOf(NUMBERS)

const KIND_MASK = 0x0f
const IS_REPLAY = 0x10
const HAS_ENTRY = 0x10
const HAS_CONFLICTS = 0x10
const HAS_LARGEST = 0x20

const REFUSAL_NUMBERS = Object.fromEntries(REFUSALS.map((code, at) => [code, at])) as Readonly<
  Record<RefusalCode, number>
>

const FAULTS: Readonly<Record<LinkFault, number>> = {
  'shard-unavailable': 0,
  overloaded: 1,
  'outcome-unknown': 2,
  'ledger-unavailable': 3,
}
const FAULT_OF = tableOf(FAULTS)

const STATUSES: Readonly<Record<ShowStatus, number>> = {
  scheduled: 0,
  'on-sale': 1,
  closed: 2,
  cancelled: 3,
}
const STATUS_OF = tableOf(STATUSES)

export function writeReply(writer: ByteWriter, reply: Reply): void {
  const number = NUMBERS[reply.kind]
  switch (reply.kind) {
    case 'hold':
      writer.u8(number | (reply.isReplay ? IS_REPLAY : 0))
      writer.safeInt(reply.now)
      return writeHoldView(writer, reply.hold)
    case 'entry':
      writer.u8(number | (reply.isReplay ? IS_REPLAY : 0))
      writer.safeInt(reply.now)
      return writeEntryView(writer, reply.entry)
    case 'customer':
      writer.u8(number | (reply.entry === undefined ? 0 : HAS_ENTRY))
      writer.safeInt(reply.now)
      writer.varint(reply.holds.length)
      for (const hold of reply.holds) writeHoldView(writer, hold)
      if (reply.entry !== undefined) writeEntryView(writer, reply.entry)
      return
    case 'show':
      writer.u8(number)
      writer.safeInt(reply.now)
      return writeShowView(writer, reply.view)
    case 'done':
      writer.u8(number)
      return writer.safeInt(reply.now)
    case 'refused':
      return writeRefusal(writer, reply)
    case 'fault':
      writer.u8(number)
      writer.u8(FAULTS[reply.code])
      writer.utf8(reply.detail)
      return writer.varint(reply.retryAfterMs)
    default:
      return unreachable(reply)
  }
}

/** Reads one reply where the reader stands; throws MalformedBytes. K3 */
export function readReply(reader: ByteReader): Reply {
  const first = reader.u8()
  const kind = valueAt(KIND_OF, first & KIND_MASK)
  if (kind === 'refused') return readRefusal(reader, first)
  if (kind === 'fault') {
    const code = valueAt(FAULT_OF, reader.u8())
    return { kind, code, detail: reader.utf8(), retryAfterMs: reader.varint() }
  }
  const now = asInstant(reader.safeInt())
  switch (kind) {
    case 'hold':
      return { kind, hold: readHoldView(reader), isReplay: (first & IS_REPLAY) !== 0, now }
    case 'entry':
      return { kind, entry: readEntryView(reader), isReplay: (first & IS_REPLAY) !== 0, now }
    case 'customer':
      return readCustomer(reader, first, now)
    case 'show':
      return { kind, view: readShowView(reader), now }
    case 'done':
      return { kind, now }
    default:
      return unreachable(kind)
  }
}

function readCustomer(reader: ByteReader, first: number, now: Instant): Reply {
  const count = reader.count(reader.remaining)
  const holds: HoldView[] = []
  for (let at = 0; at < count; at += 1) holds.push(readHoldView(reader))
  if ((first & HAS_ENTRY) === 0) return { kind: 'customer', holds, now }
  return { kind: 'customer', holds, entry: readEntryView(reader), now }
}

export function writeStatus(writer: ByteWriter, status: ShowStatus): void {
  writer.u8(STATUSES[status])
}

export function readStatus(reader: ByteReader): ShowStatus {
  return valueAt(STATUS_OF, reader.u8())
}

function writeShowView(writer: ByteWriter, view: ShowView): void {
  writer.varint(view.show)
  writeTerms(writer, view.terms)
  writeStatus(writer, view.status)
  writer.varint(view.incarnation)
  writer.varint(view.version)
  writeCounts(writer, view.counts)
  writer.byteString(view.states)
}

function readShowView(reader: ByteReader): ShowView {
  return {
    show: asShowNumber(reader.count(0xffff_ffff)),
    terms: readTerms(reader),
    status: readStatus(reader),
    incarnation: asIncarnation(reader.varint()),
    version: reader.varint(),
    counts: readCounts(reader),
    states: new Uint8Array(reader.byteString()), // a private copy: the message's bytes are reused
  }
}

function writeRefusal(writer: ByteWriter, refusal: Refusal): void {
  const { conflicts, largest } = refusal
  writer.u8(
    NUMBERS.refused |
      (conflicts === undefined ? 0 : HAS_CONFLICTS) |
      (largest === undefined ? 0 : HAS_LARGEST),
  )
  writer.u8(REFUSAL_NUMBERS[refusal.code])
  writer.utf8(refusal.detail)
  if (largest !== undefined) writer.varint(largest)
  if (conflicts === undefined) return
  writer.varint(conflicts.length)
  for (const { seat, state } of conflicts) writer.varint(seat * 4 + SEAT_STATES.indexOf(state))
}

function readRefusal(reader: ByteReader, first: number): Refusal {
  const code = valueAt(REFUSALS, reader.u8())
  const refusal: Refusal = { kind: 'refused', code, detail: reader.utf8() }
  const largest = (first & HAS_LARGEST) === 0 ? {} : { largest: reader.varint() }
  if ((first & HAS_CONFLICTS) === 0) return { ...refusal, ...largest }
  return { ...refusal, conflicts: readConflicts(reader), ...largest }
}

function readConflicts(reader: ByteReader): readonly Conflict[] {
  const count = reader.count(reader.remaining)
  const conflicts: Conflict[] = []
  for (let at = 0; at < count; at += 1) {
    const packed = reader.varint()
    const seat = Math.floor(packed / 4)
    if (seat > 0x7fff_ffff) throw new MalformedBytes(`no seat ${seat}`)
    conflicts.push({ seat: asSeatIndex(seat), state: valueAt(SEAT_STATES, packed % 4) })
  }
  return conflicts
}
