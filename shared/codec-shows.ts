// Records of whole Shows and of the Shard itself: rare, so plain.
//
// Owns: the field order of each kind (C6). Leaves to others: the spelling of a field (codec-fields.ts).

import {
  noFlags,
  type RecordCodec,
  readRanges,
  readTerms,
  writeRanges,
  writeTerms,
} from './codec-fields.ts'
import { asEpoch } from './ids.ts'

export const showOpened: RecordCodec<'show-opened'> = {
  flagsOf: noFlags,
  write: (writer, transition) => writeTerms(writer, transition.terms),
  read: (reader, { show }) => ({ kind: 'show-opened', show, terms: readTerms(reader) }),
}

export const showChanged: RecordCodec<'show-changed'> = {
  flagsOf: noFlags,
  write: (writer, transition) => writeTerms(writer, transition.terms),
  read: (reader, { show }) => ({ kind: 'show-changed', show, terms: readTerms(reader) }),
}

export const showCancelled: RecordCodec<'show-cancelled'> = {
  flagsOf: noFlags,
  write: () => {},
  read: (_reader, { show }) => ({ kind: 'show-cancelled', show }),
}

export const salesClosed: RecordCodec<'sales-closed'> = {
  flagsOf: noFlags,
  write: () => {},
  read: (_reader, { show }) => ({ kind: 'sales-closed', show }),
}

export const seatsBlocked: RecordCodec<'seats-blocked'> = {
  flagsOf: noFlags,
  write(writer, transition) {
    writeRanges(writer, transition.ranges)
    writer.utf8(transition.reason)
  },
  read: (reader, { show }) => ({
    kind: 'seats-blocked',
    show,
    ranges: readRanges(reader),
    reason: reader.utf8(),
  }),
}

export const seatsUnblocked: RecordCodec<'seats-unblocked'> = {
  flagsOf: noFlags,
  write(writer, transition) {
    writeRanges(writer, transition.ranges)
    writer.utf8(transition.reason)
  },
  read: (reader, { show }) => ({
    kind: 'seats-unblocked',
    show,
    ranges: readRanges(reader),
    reason: reader.utf8(),
  }),
}

export const shardClaimed: RecordCodec<'shard-claimed'> = {
  flagsOf: noFlags,
  write(writer, transition) {
    writer.varint(transition.epoch)
    writer.utf8(transition.owner)
    writer.varint(transition.creditMs)
  },
  read: reader => ({
    kind: 'shard-claimed',
    epoch: asEpoch(reader.varint()),
    owner: reader.utf8(),
    creditMs: reader.varint(),
  }),
}

export const shardReleased: RecordCodec<'shard-released'> = {
  flagsOf: noFlags,
  write: (writer, transition) => writer.utf8(transition.to),
  read: reader => ({ kind: 'shard-released', to: reader.utf8() }),
}
