// Transitions to and from the compact binary records of a frame.
//
//   | kind and flags: u8 | show: varint (0 for the shard's own records) | the kind's fields |
//
// Owns: the number of each kind, the dispatch.
// Leaves to others: the fields of each kind (codec-holds, -waitlist, -shows), frames (frame.ts).
//
//   C1. decode(encode(t)) equals t, key left out included; decoding never leaves its bytes.
//   C2. A kind's number is for ever; numbers of removed kinds are not used again.

import { type ByteReader, type ByteWriter, MalformedBytes } from './binary.ts'
import type { RecordCodec, RecordHead } from './codec-fields.ts'
import * as holds from './codec-holds.ts'
import * as shows from './codec-shows.ts'
import * as waitlist from './codec-waitlist.ts'
import { asInstant, asShowNumber, type Instant } from './ids.ts'
import type { Transition, TransitionKind } from './transitions.ts'

const CODECS: { readonly [Kind in TransitionKind]: RecordCodec<Kind> } = {
  'show-opened': shows.showOpened,
  'show-changed': shows.showChanged,
  'show-cancelled': shows.showCancelled,
  'sales-closed': shows.salesClosed,
  'seats-blocked': shows.seatsBlocked,
  'seats-unblocked': shows.seatsUnblocked,
  'seats-held': holds.seatsHeld,
  'hold-changed': holds.holdChanged,
  'hold-extended': holds.holdExtended,
  'payment-started': holds.paymentStarted,
  'hold-released': holds.holdReleased,
  'hold-expired': holds.holdExpired,
  'hold-settling': holds.holdSettling,
  'settlement-failed': holds.settlementFailed,
  'hold-booked': holds.holdBooked,
  'booking-cancelled': holds.bookingCancelled,
  'waiter-joined': waitlist.waiterJoined,
  'waiter-offered': waitlist.waiterOffered,
  'waiter-left': waitlist.waiterLeft,
  'offer-declined': waitlist.offerDeclined,
  'seats-reserved': waitlist.seatsReserved,
  'barrier-lifted': waitlist.barrierLifted,
  'shard-claimed': shows.shardClaimed,
  'shard-released': shows.shardReleased,
}

/** 1 .. 31 in the low five bits of a record's first byte. C2 */
const NUMBERS: Readonly<Record<TransitionKind, number>> = {
  'shard-claimed': 1,
  'shard-released': 2,
  'show-opened': 3,
  'show-changed': 4,
  'show-cancelled': 5,
  'sales-closed': 6,
  'seats-blocked': 7,
  'seats-unblocked': 8,
  'seats-held': 9,
  'hold-changed': 10,
  'hold-extended': 11,
  'payment-started': 12,
  'hold-released': 13,
  'hold-expired': 14,
  'hold-settling': 15,
  'settlement-failed': 16,
  'hold-booked': 17,
  'booking-cancelled': 18,
  'waiter-joined': 19,
  'waiter-offered': 20,
  'waiter-left': 21,
  'offer-declined': 22,
  'seats-reserved': 23,
  'barrier-lifted': 24,
}

const KIND_MASK = 0x1f

/** The tables above are complete by type, so one kind's codec meets only its own Transition. */
type AnyCodec = {
  flagsOf(transition: Transition): number
  write(writer: ByteWriter, transition: Transition, time: Instant): void
  read(reader: ByteReader, head: RecordHead): Transition
}

const codecOfNumber: (AnyCodec | undefined)[] = new Array(KIND_MASK + 1).fill(undefined)
for (const [kind, number] of Object.entries(NUMBERS)) {
  codecOfNumber[number] = CODECS[kind as TransitionKind] as AnyCodec
}

/**
 * `time` is the shard time of the frame that the record will stand in. The three kinds that nearly
 * every frame is made of are called by name: a table of all kinds cannot be inlined.
 */
export function encodeTransition(writer: ByteWriter, transition: Transition, time: Instant): void {
  switch (transition.kind) {
    case 'seats-held':
      writer.u8(NUMBERS['seats-held'] | holds.seatsHeld.flagsOf(transition))
      writer.varint(transition.show)
      return holds.seatsHeld.write(writer, transition, time)
    case 'hold-released':
      writer.u8(NUMBERS['hold-released'] | holds.holdReleased.flagsOf(transition))
      writer.varint(transition.show)
      return holds.holdReleased.write(writer, transition, time)
    case 'hold-expired':
      writer.u8(NUMBERS['hold-expired'])
      writer.varint(transition.show)
      return holds.holdExpired.write(writer, transition, time)
    default:
      encodeByTable(writer, transition, time)
  }
}

function encodeByTable(writer: ByteWriter, transition: Transition, time: Instant): void {
  const codec = CODECS[transition.kind] as AnyCodec
  writer.u8(NUMBERS[transition.kind] | codec.flagsOf(transition))
  writer.varint('show' in transition ? transition.show : 0)
  codec.write(writer, transition, time)
}

const head: RecordHead = { show: asShowNumber(0), flags: 0, time: asInstant(0) }

/** Reads one record where the reader stands; throws MalformedBytes. */
export function decodeTransition(reader: ByteReader, time: Instant): Transition {
  const first = reader.u8()
  const codec = codecOfNumber[first & KIND_MASK]
  if (codec === undefined) throw new MalformedBytes(`no record kind ${first & KIND_MASK}`)
  head.flags = first & ~KIND_MASK
  head.show = asShowNumber(reader.count(0xffff_ffff))
  head.time = time
  return codec.read(reader, head)
}
