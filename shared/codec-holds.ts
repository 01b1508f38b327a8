// Records of holds and bookings: the hot kinds, so each field is written by hand.
//
// Owns: the field order of each kind. Leaves to others: the spelling of a field (codec-fields.ts).
//
//   C6. The order never changes; a new field means a new frame version.

import {
  FLAGS,
  keyFlag,
  noFlags,
  priceFlag,
  type RecordCodec,
  readDeadline,
  readKey,
  readPrices,
  readScopedId,
  readSeats,
  writeDeadline,
  writeKey,
  writePrices,
  writeScopedId,
  writeSeats,
} from './codec-fields.ts'
import { asBookingNumber, type BookingId, type CustomerId, type HoldId } from './ids.ts'

export const seatsHeld: RecordCodec<'seats-held'> = {
  flagsOf: transition => keyFlag(transition) | priceFlag(transition.prices),
  write(writer, transition, time) {
    writeScopedId(writer, transition.show, transition.hold)
    writer.id(transition.customer)
    writeKey(writer, transition.key)
    writeSeats(writer, transition.seats)
    writePrices(writer, transition.prices, transition.seats.length)
    writeDeadline(writer, transition.expiresAt, time)
  },
  read(reader, { show, flags, time }) {
    const hold = readScopedId<HoldId>(reader, show)
    const customer = reader.id<CustomerId>()
    const key = (flags & FLAGS.hasKey) === 0 ? undefined : readKey(reader)
    const seats = readSeats(reader)
    const prices = readPrices(reader, seats.length, flags)
    const expiresAt = readDeadline(reader, time)
    return key === undefined
      ? { kind: 'seats-held', show, hold, customer, seats, prices, expiresAt }
      : { kind: 'seats-held', show, hold, customer, key, seats, prices, expiresAt }
  },
}

export const holdChanged: RecordCodec<'hold-changed'> = {
  flagsOf: transition => keyFlag(transition) | priceFlag(transition.prices),
  write(writer, transition) {
    writeScopedId(writer, transition.show, transition.hold)
    writeKey(writer, transition.key)
    writeSeats(writer, transition.seats)
    writePrices(writer, transition.prices, transition.seats.length)
  },
  read(reader, { show, flags }) {
    const hold = readScopedId<HoldId>(reader, show)
    const key = (flags & FLAGS.hasKey) === 0 ? {} : { key: readKey(reader) }
    const seats = readSeats(reader)
    const prices = readPrices(reader, seats.length, flags)
    return { kind: 'hold-changed', show, hold, ...key, seats, prices }
  },
}

export const holdExtended: RecordCodec<'hold-extended'> = {
  flagsOf: keyFlag,
  write(writer, transition, time) {
    writeScopedId(writer, transition.show, transition.hold)
    writeKey(writer, transition.key)
    writeDeadline(writer, transition.expiresAt, time)
  },
  read(reader, { show, flags, time }) {
    const hold = readScopedId<HoldId>(reader, show)
    const key = (flags & FLAGS.hasKey) === 0 ? {} : { key: readKey(reader) }
    return { kind: 'hold-extended', show, hold, ...key, expiresAt: readDeadline(reader, time) }
  },
}

export const paymentStarted: RecordCodec<'payment-started'> = {
  flagsOf: keyFlag,
  write(writer, transition, time) {
    writeScopedId(writer, transition.show, transition.hold)
    writeKey(writer, transition.key)
    writeDeadline(writer, transition.expiresAt, time)
  },
  read(reader, { show, flags, time }) {
    const hold = readScopedId<HoldId>(reader, show)
    const key = (flags & FLAGS.hasKey) === 0 ? {} : { key: readKey(reader) }
    return { kind: 'payment-started', show, hold, ...key, expiresAt: readDeadline(reader, time) }
  },
}

export const holdReleased: RecordCodec<'hold-released'> = {
  flagsOf: keyFlag,
  write(writer, transition) {
    writeScopedId(writer, transition.show, transition.hold)
    writeKey(writer, transition.key)
  },
  read(reader, { show, flags }) {
    const hold = readScopedId<HoldId>(reader, show)
    return (flags & FLAGS.hasKey) === 0
      ? { kind: 'hold-released', show, hold }
      : { kind: 'hold-released', show, hold, key: readKey(reader) }
  },
}

export const holdExpired: RecordCodec<'hold-expired'> = {
  flagsOf: noFlags,
  write(writer, transition) {
    writeScopedId(writer, transition.show, transition.hold)
  },
  read(reader, { show }) {
    return { kind: 'hold-expired', show, hold: readScopedId<HoldId>(reader, show) }
  },
}

export const holdSettling: RecordCodec<'hold-settling'> = {
  flagsOf: noFlags,
  write(writer, transition) {
    writeScopedId(writer, transition.show, transition.hold)
    writeScopedId(writer, transition.show, transition.booking)
    writer.utf8(transition.intent)
    writer.varint(transition.amount)
    writer.utf8(transition.currency)
  },
  read(reader, { show }) {
    return {
      kind: 'hold-settling',
      show,
      hold: readScopedId<HoldId>(reader, show),
      booking: readScopedId<BookingId>(reader, show),
      intent: reader.utf8(),
      amount: reader.varint(),
      currency: reader.utf8(),
    }
  },
}

export const settlementFailed: RecordCodec<'settlement-failed'> = {
  flagsOf: noFlags,
  write(writer, transition) {
    writeScopedId(writer, transition.show, transition.hold)
  },
  read(reader, { show }) {
    return { kind: 'settlement-failed', show, hold: readScopedId<HoldId>(reader, show) }
  },
}

export const holdBooked: RecordCodec<'hold-booked'> = {
  flagsOf: keyFlag,
  write(writer, transition) {
    writeScopedId(writer, transition.show, transition.hold)
    writeScopedId(writer, transition.show, transition.booking)
    writer.varint(transition.bookingNumber)
    writeKey(writer, transition.key)
  },
  read(reader, { show, flags }) {
    const hold = readScopedId<HoldId>(reader, show)
    const booking = readScopedId<BookingId>(reader, show)
    const bookingNumber = asBookingNumber(reader.varint())
    const key = (flags & FLAGS.hasKey) === 0 ? {} : { key: readKey(reader) }
    return { kind: 'hold-booked', show, hold, booking, bookingNumber, ...key }
  },
}

export const bookingCancelled: RecordCodec<'booking-cancelled'> = {
  flagsOf: noFlags,
  write(writer, transition) {
    writeScopedId(writer, transition.show, transition.booking)
    writer.varint(transition.bookingNumber)
    writeSeats(writer, transition.seats)
    writer.utf8(transition.cause)
  },
  read(reader, { show }) {
    return {
      kind: 'booking-cancelled',
      show,
      booking: readScopedId<BookingId>(reader, show),
      bookingNumber: asBookingNumber(reader.varint()),
      seats: readSeats(reader),
      cause: reader.utf8(),
    }
  },
}
