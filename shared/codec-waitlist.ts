// Records of the waitlist.
//
// Owns: the field order of each kind (C6). Leaves to others: the spelling of a field (codec-fields.ts).

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
import type { CustomerId, EntryId, HoldId } from './ids.ts'

export const waiterJoined: RecordCodec<'waiter-joined'> = {
  flagsOf: transition =>
    keyFlag(transition) |
    (transition.together ? FLAGS.isTogether : 0) |
    (transition.accessible ? FLAGS.isAccessible : 0),
  write(writer, transition) {
    writeScopedId(writer, transition.show, transition.entry)
    writer.id(transition.customer)
    writeKey(writer, transition.key)
    writer.varint(transition.party)
    writer.varint(transition.minParty)
    writer.varint(transition.categories)
  },
  read(reader, { show, flags }) {
    const entry = readScopedId<EntryId>(reader, show)
    const customer = reader.id<CustomerId>()
    const key = (flags & FLAGS.hasKey) === 0 ? {} : { key: readKey(reader) }
    return {
      kind: 'waiter-joined',
      show,
      entry,
      customer,
      ...key,
      party: reader.varint(),
      minParty: reader.varint(),
      categories: reader.varint(),
      together: (flags & FLAGS.isTogether) !== 0,
      accessible: (flags & FLAGS.isAccessible) !== 0,
    }
  },
}

export const waiterOffered: RecordCodec<'waiter-offered'> = {
  flagsOf: transition => priceFlag(transition.prices),
  write(writer, transition, time) {
    writeScopedId(writer, transition.show, transition.entry)
    writeScopedId(writer, transition.show, transition.hold)
    writeSeats(writer, transition.seats)
    writePrices(writer, transition.prices, transition.seats.length)
    writeDeadline(writer, transition.expiresAt, time)
  },
  read(reader, { show, flags, time }) {
    const entry = readScopedId<EntryId>(reader, show)
    const hold = readScopedId<HoldId>(reader, show)
    const seats = readSeats(reader)
    const prices = readPrices(reader, seats.length, flags)
    const expiresAt = readDeadline(reader, time)
    return { kind: 'waiter-offered', show, entry, hold, seats, prices, expiresAt }
  },
}

export const waiterLeft: RecordCodec<'waiter-left'> = {
  flagsOf: keyFlag,
  write(writer, transition) {
    writeScopedId(writer, transition.show, transition.entry)
    writeKey(writer, transition.key)
  },
  read(reader, { show, flags }) {
    const entry = readScopedId<EntryId>(reader, show)
    const key = (flags & FLAGS.hasKey) === 0 ? {} : { key: readKey(reader) }
    return { kind: 'waiter-left', show, entry, ...key }
  },
}

export const offerDeclined: RecordCodec<'offer-declined'> = {
  flagsOf: keyFlag,
  write(writer, transition) {
    writeScopedId(writer, transition.show, transition.entry)
    writeScopedId(writer, transition.show, transition.hold)
    writeKey(writer, transition.key)
  },
  read(reader, { show, flags }) {
    const entry = readScopedId<EntryId>(reader, show)
    const hold = readScopedId<HoldId>(reader, show)
    const key = (flags & FLAGS.hasKey) === 0 ? {} : { key: readKey(reader) }
    return { kind: 'offer-declined', show, entry, hold, ...key }
  },
}

export const seatsReserved: RecordCodec<'seats-reserved'> = {
  flagsOf: noFlags,
  write(writer, transition) {
    writeScopedId(writer, transition.show, transition.entry)
    writeSeats(writer, transition.seats)
  },
  read(reader, { show }) {
    const entry = readScopedId<EntryId>(reader, show)
    return { kind: 'seats-reserved', show, entry, seats: readSeats(reader) }
  },
}

export const barrierLifted: RecordCodec<'barrier-lifted'> = {
  flagsOf: noFlags,
  write(writer, transition) {
    writeScopedId(writer, transition.show, transition.entry)
  },
  read(reader, { show }) {
    return { kind: 'barrier-lifted', show, entry: readScopedId<EntryId>(reader, show) }
  },
}
