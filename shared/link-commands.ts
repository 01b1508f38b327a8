// The fields of customers' commands on the link.
//
// Owns: what each kind writes besides show, customer and key (K1).
// Leaves to others: those and the dispatch (link-requests.ts).

import type { ByteReader, ByteWriter } from './binary.ts'
import type { CommandKey, CustomerCommand } from './commands.ts'
import {
  asBookingNumber,
  type BookingId,
  type CustomerId,
  type EntryId,
  type HoldId,
  type ShowNumber,
} from './ids.ts'
import { readNamedSeats, writeNamedSeats } from './link-fields.ts'

export type CustomerKind = CustomerCommand['kind']
type Of<Kind extends CustomerKind> = Extract<CustomerCommand, { kind: Kind }>

/** What every customer's command carries. */
export interface Asked {
  readonly show: ShowNumber
  readonly customer: CustomerId
  readonly isBoxOffice: boolean
  readonly key?: CommandKey
}

export interface CustomerCodec<Kind extends CustomerKind> {
  write(writer: ByteWriter, command: Of<Kind>): void
  /** what comes by the thousand is a literal in the gateways' order: a spread costs 5 us */
  read(reader: ByteReader, asked: Asked): Of<Kind>
}

const writeHold = (writer: ByteWriter, { hold }: { readonly hold: HoldId }): void => writer.id(hold)

const writeEntry = (writer: ByteWriter, { entry }: { readonly entry: EntryId }): void =>
  writer.id(entry)

const holdSeats: CustomerCodec<'hold-seats'> = {
  write(writer, command) {
    writer.id(command.hold)
    writeNamedSeats(writer, command.seats)
  },
  read(reader, { show, customer, isBoxOffice, key }) {
    const kind = 'hold-seats'
    const hold = reader.id<HoldId>()
    const seats = readNamedSeats(reader)
    if (key === undefined) return { kind, show, customer, isBoxOffice, hold, seats }
    return { kind, show, customer, isBoxOffice, key, hold, seats }
  },
}

/** By value of a byte; undefined is the first. */
const TOGETHER = [undefined, false, true] as const

const holdBest: CustomerCodec<'hold-best'> = {
  write(writer, command) {
    writer.id(command.hold)
    writer.varint(command.count)
    writer.varint(command.categories)
    writer.u8(TOGETHER.indexOf(command.together) | (command.accessible ? 4 : 0))
  },
  read(reader, { show, customer, isBoxOffice, key }) {
    const kind = 'hold-best' as const
    const hold = reader.id<HoldId>()
    const count = reader.varint()
    const categories = reader.varint()
    const bits = reader.u8()
    const together = TOGETHER[bits & 3]
    const accessible = (bits & 4) !== 0
    const best: Of<'hold-best'> =
      key === undefined
        ? { kind, show, customer, isBoxOffice, hold, count, categories, accessible }
        : { kind, show, customer, isBoxOffice, key, hold, count, categories, accessible }
    return together === undefined ? best : { ...best, together }
  },
}

/** Commands that name a hold and nothing else. */
function holdAlone<Kind extends 'release-hold' | 'extend-hold' | 'start-payment'>(
  kind: Kind,
): Omit<CustomerCodec<Kind>, 'write'> & { write: typeof writeHold } {
  return {
    write: writeHold,
    read(reader, { show, customer, isBoxOffice, key }) {
      const hold = reader.id<HoldId>()
      const command =
        key === undefined
          ? { kind, show, customer, isBoxOffice, hold }
          : { kind, show, customer, isBoxOffice, key, hold }
      return command as unknown as Of<Kind>
    },
  }
}

export const CUSTOMER_CODECS: { readonly [Kind in CustomerKind]: CustomerCodec<Kind> } = {
  'hold-seats': holdSeats,
  'hold-best': holdBest,
  'change-hold': {
    write(writer, command) {
      writer.id(command.hold)
      writeNamedSeats(writer, command.seats)
    },
    read: (reader, asked) => ({
      ...asked,
      kind: 'change-hold',
      hold: reader.id<HoldId>(),
      seats: readNamedSeats(reader),
    }),
  },
  'release-hold': holdAlone('release-hold'),
  'extend-hold': holdAlone('extend-hold'),
  'start-payment': holdAlone('start-payment'),
  'settle-hold': {
    write(writer, command) {
      writer.id(command.hold)
      writer.id(command.booking)
      writer.utf8(command.intent)
      writer.zigzag(command.amount)
      writer.utf8(command.currency)
    },
    read: (reader, asked) => ({
      ...asked,
      kind: 'settle-hold',
      hold: reader.id<HoldId>(),
      booking: reader.id<BookingId>(),
      intent: reader.utf8(),
      amount: reader.zigzag(),
      currency: reader.utf8(),
    }),
  },
  'fail-settlement': {
    write: writeHold,
    read: (reader, asked) => ({ ...asked, kind: 'fail-settlement', hold: reader.id<HoldId>() }),
  },
  'book-hold': {
    write(writer, command) {
      writer.id(command.hold)
      writer.id(command.booking)
    },
    read: (reader, asked) => ({
      ...asked,
      kind: 'book-hold',
      hold: reader.id<HoldId>(),
      booking: reader.id<BookingId>(),
    }),
  },
  'cancel-booking': {
    write(writer, command) {
      writer.id(command.booking)
      writer.varint(command.bookingNumber)
      writeNamedSeats(writer, command.seats)
      writer.utf8(command.cause)
    },
    read: (reader, asked) => ({
      ...asked,
      kind: 'cancel-booking',
      booking: reader.id<BookingId>(),
      bookingNumber: asBookingNumber(reader.varint()),
      seats: readNamedSeats(reader),
      cause: reader.utf8(),
    }),
  },
  'join-waitlist': {
    write(writer, command) {
      writer.id(command.entry)
      writer.varint(command.party)
      writer.varint(command.minParty)
      writer.varint(command.categories)
      writer.u8((command.together ? 1 : 0) | (command.accessible ? 2 : 0))
    },
    read(reader, asked) {
      const entry = reader.id<EntryId>()
      const party = reader.varint()
      const minParty = reader.varint()
      const categories = reader.varint()
      const bits = reader.u8()
      const [together, accessible] = [(bits & 1) !== 0, (bits & 2) !== 0]
      const wish = { party, minParty, categories, together, accessible }
      return { ...asked, kind: 'join-waitlist', entry, ...wish }
    },
  },
  'leave-waitlist': {
    write: writeEntry,
    read: (reader, asked) => ({ ...asked, kind: 'leave-waitlist', entry: reader.id<EntryId>() }),
  },
  'decline-offer': {
    write: writeEntry,
    read: (reader, asked) => ({ ...asked, kind: 'decline-offer', entry: reader.id<EntryId>() }),
  },
}
