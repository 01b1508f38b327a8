// The holds and ended entries of a Show as bytes.
//
// Owns: their spelling. Leaves to others: the page around them (page.ts).
//
//   N1. Holds are sorted by id and keys by age: bytes depend on what is, not on slots.
//   H10. Pages carry what has ended and is not forgotten; the digest carries what lives.

import { assert } from '../../shared/assert.ts'
import type { ByteReader, ByteWriter } from '../../shared/binary.ts'
import { readSeats, writeSeats } from '../../shared/codec-fields.ts'
import {
  asInstant,
  asSequence,
  type BookingId,
  type CustomerId,
  type EntryId,
  type HoldId,
  type Id,
  type Instant,
} from '../../shared/ids.ts'
import type { EntryState, HoldPhase } from '../../shared/views.ts'
import { HOLD_PHASES } from './hold-words.ts'
import { decodeKeys, encodeKeys } from './page-keys.ts'
import type { Show } from './show.ts'
import type { ShardState } from './state.ts'

const HOLDS_MAX = 2 ** 31 - 1
const ENDED_STATES: readonly EntryState[] = ['served', 'lapsed', 'left']

export function encodeHolds(
  writer: ByteWriter,
  state: ShardState,
  show: Show,
  which: 'all' | 'live',
): void {
  const slots = slotsOf(state, show, which)
  writer.varint(slots.length)
  for (const slot of slots) encodeHold(writer, state, slot)
}

function slotsOf({ holds }: ShardState, show: Show, which: 'all' | 'live'): readonly number[] {
  const slots: number[] = []
  for (let slot = show.firstHold; slot >= 0; slot = holds.nextOfShow(slot)) {
    if (which === 'all' || holds.isLive(slot)) slots.push(slot)
  }
  // a superseded hold stands before the one that took its id
  return slots.sort(
    (left, right) =>
      compareIds(holds.idOf(left), holds.idOf(right)) ||
      holds.sequenceOf(left) - holds.sequenceOf(right),
  )
}

function compareIds(left: Id, right: Id): number {
  return left.a - right.a || left.b - right.b || left.c - right.c || left.d - right.d
}

function encodeHold(writer: ByteWriter, { holds, keys }: ShardState, slot: number): void {
  const entry = holds.entryOf(slot)
  writer.id(holds.idOf(slot))
  writer.id(holds.customerOf(slot))
  writer.u8(HOLD_PHASES.indexOf(holds.phaseOf(slot)))
  writer.u8(entry === undefined ? 0 : 1)
  if (entry !== undefined) writer.id(entry)
  writeSeats(writer, holds.seatsOf(slot))
  for (const price of holds.pricesOf(slot)) writer.varint(price)
  writer.varint(holds.createdAtOf(slot))
  writer.varint(holds.expiresAtOf(slot))
  writer.varint(holds.isLive(slot) ? 0 : holds.endedAtOf(slot))
  writer.varint(holds.sequenceOf(slot))
  writer.varint(holds.extensionsOf(slot))
  if (isBooking(holds.phaseOf(slot))) writer.id(holds.bookingOf(slot))
  encodeKeys(writer, keys.keysOf(holds.firstKeyOf(slot)))
}

function isBooking(phase: HoldPhase): boolean {
  return phase === 'settling' || phase === 'booked'
}

export function decodeHolds(reader: ByteReader, state: ShardState, show: Show): void {
  const count = reader.count(HOLDS_MAX)
  for (let index = 0; index < count; index += 1) decodeHold(reader, state, show)
}

function decodeHold(reader: ByteReader, state: ShardState, show: Show): void {
  const { holds } = state
  const id = reader.id<HoldId>()
  const customer = reader.id<CustomerId>()
  const phase = HOLD_PHASES[reader.u8()]
  assert(phase !== undefined, 'N2: a hold is in a phase')
  const entry = reader.u8() === 0 ? undefined : reader.id<EntryId>()
  const seats = readSeats(reader)
  const prices = seats.map(() => reader.varint())
  const createdAt = asInstant(reader.varint())
  const expiresAt = asInstant(reader.varint())
  const endedAt = asInstant(reader.varint())
  const sequence = asSequence(reader.varint())
  const slot = holds.add(show, {
    id,
    customer,
    entry,
    seats,
    prices,
    createdAt,
    expiresAt,
    sequence,
  })
  holds.setExtensions(slot, reader.varint())
  if (isBooking(phase)) holds.setBooking(slot, reader.id<BookingId>())
  for (const key of decodeKeys(reader)) state.keepHoldKey(slot, key)
  takeUp(state, show, { slot, phase, endedAt })
}

/** Live ones get their deadline back, ended ones their place in the queue. */
function takeUp(
  state: ShardState,
  show: Show,
  { slot, phase, endedAt }: { slot: number; phase: HoldPhase; endedAt: Instant },
): void {
  const { holds } = state
  if (phase === 'booked' || phase === 'released' || phase === 'expired') {
    const sequence = holds.sequenceOf(slot)
    holds.end(show, slot, { phase, at: endedAt, sequence })
    state.holdEnded(slot, sequence)
    return
  }
  holds.setPhase(slot, phase)
  show.liveHoldCount += 1
  if (holds.canExpire(slot)) {
    state.holdDeadlines.arm(slot, holds.expiresAtOf(slot), state.time)
  }
}

export function encodeEnded(writer: ByteWriter, state: ShardState, show: Show): void {
  const ended = state.endedEntriesOf(show.number)
  writer.varint(ended.length)
  for (const entry of ended) {
    writer.id(entry.id)
    writer.id(entry.customer)
    writer.u8(ENDED_STATES.indexOf(entry.state))
    writer.varint(entry.party)
    writer.u8(entry.hold === undefined ? 0 : 1)
    if (entry.hold !== undefined) writer.id(entry.hold)
    writer.varint(entry.sequence)
    writer.varint(entry.endedAt)
    encodeKeys(writer, state.keys.keysOf(state.entryKeys.headOf(entry.id)))
  }
}

export function decodeEnded(reader: ByteReader, state: ShardState, show: Show): void {
  const count = reader.count(HOLDS_MAX)
  for (let index = 0; index < count; index += 1) {
    const id = reader.id<EntryId>()
    const customer = reader.id<CustomerId>()
    const ended = ENDED_STATES[reader.u8()]
    assert(ended !== undefined, 'N2: an ended entry is served, lapsed or left')
    const party = reader.varint()
    const hold = reader.u8() === 0 ? undefined : reader.id<HoldId>()
    const sequence = asSequence(reader.varint())
    const endedAt = asInstant(reader.varint())
    for (const key of decodeKeys(reader)) state.keepEntryKey(id, key)
    state.entryEnded({
      id,
      show: show.number,
      customer,
      state: ended,
      party,
      hold,
      sequence,
      endedAt,
    })
  }
}
