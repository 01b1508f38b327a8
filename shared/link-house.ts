// The fields of the house's commands and of queries on the link.
//
// Owns: what each kind writes besides its show (K1). Leaves to others: the dispatch (link-requests.ts).

import type { ByteReader, ByteWriter } from './binary.ts'
import { readTerms, writeTerms } from './codec-fields.ts'
import type { HouseCommand, Query } from './commands.ts'
import type { CustomerId, EntryId, HoldId, ShowNumber } from './ids.ts'
import { readNamedSeats, writeNamedSeats } from './link-fields.ts'

export type PlainKind = (HouseCommand | Query)['kind']
type Of<Kind extends PlainKind> = Extract<HouseCommand | Query, { kind: Kind }>

export interface PlainCodec<Kind extends PlainKind> {
  write(writer: ByteWriter, request: Of<Kind>): void
  read(reader: ByteReader, show: ShowNumber): Of<Kind>
}

export const PLAIN_CODECS: { readonly [Kind in PlainKind]: PlainCodec<Kind> } = {
  'open-show': {
    write: (writer, request) => writeTerms(writer, request.terms),
    read: (reader, show) => ({ kind: 'open-show', show, terms: readTerms(reader) }),
  },
  'change-show': {
    write: (writer, request) => writeTerms(writer, request.terms),
    read: (reader, show) => ({ kind: 'change-show', show, terms: readTerms(reader) }),
  },
  'cancel-show': {
    write: () => {},
    read: (_reader, show) => ({ kind: 'cancel-show', show }),
  },
  'block-seats': {
    write(writer, request) {
      writeNamedSeats(writer, request.seats)
      writer.utf8(request.reason)
    },
    read: (reader, show) => ({
      kind: 'block-seats',
      show,
      seats: readNamedSeats(reader),
      reason: reader.utf8(),
    }),
  },
  'unblock-seats': {
    write(writer, request) {
      writeNamedSeats(writer, request.seats)
      writer.utf8(request.reason)
    },
    read: (reader, show) => ({
      kind: 'unblock-seats',
      show,
      seats: readNamedSeats(reader),
      reason: reader.utf8(),
    }),
  },
  'read-hold': {
    write(writer, request) {
      writer.id(request.customer)
      writer.u8(request.isBoxOffice ? 1 : 0)
      writer.id(request.hold)
    },
    read: (reader, show) => ({
      kind: 'read-hold',
      show,
      customer: reader.id<CustomerId>(),
      isBoxOffice: reader.u8() === 1,
      hold: reader.id<HoldId>(),
    }),
  },
  'read-entry': {
    write(writer, request) {
      writer.id(request.customer)
      writer.u8(request.isBoxOffice ? 1 : 0)
      writer.id(request.entry)
    },
    read: (reader, show) => ({
      kind: 'read-entry',
      show,
      customer: reader.id<CustomerId>(),
      isBoxOffice: reader.u8() === 1,
      entry: reader.id<EntryId>(),
    }),
  },
  'read-customer': {
    write: (writer, request) => writer.id(request.customer),
    read: (reader, show) => ({ kind: 'read-customer', show, customer: reader.id<CustomerId>() }),
  },
  'read-show': {
    write: () => {},
    read: (_reader, show) => ({ kind: 'read-show', show }),
  },
}
