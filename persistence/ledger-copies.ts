// The rows that come in masses, copied in binary form: half the work of an insert from `unnest`.
//
// Owns: their columns, in the order of the table's names here. Leaves to others: the rest of a step's
// rows (ledger-statements.ts), the protocol (pg-copy.ts).

import type { NewHold, TransitionRow } from './ledger-rows.ts'
import type { CopyTarget } from './pg-copy.ts'

export const TRANSITIONS: CopyTarget<TransitionRow> = {
  text: `copy transition (shard, sequence, frame, at, show, kind, hold, entry, booking, customer,
    seats, expires_at, detail) from stdin (format binary)`,
  put: (fields, row) => {
    const { place } = row
    fields.row(13)
    fields.int2(place.shard)
    fields.int8(place.sequence)
    fields.int8(place.frame)
    fields.instant(place.at)
    fields.int8(row.show ?? 0)
    fields.text(row.kind)
    fields.id(row.hold)
    fields.id(row.entry)
    fields.id(row.booking)
    fields.id(row.customer)
    fields.int4s(row.seats)
    fields.instant(row.expiresAt)
    fields.json(row.detail)
  },
}

/** A hold that its customer asked for. */
export const isDirect = (hold: NewHold): boolean =>
  hold.customer !== undefined && hold.entry === undefined

export const NEW_DIRECT_HOLDS: CopyTarget<NewHold> = {
  text: `copy hold (id, show, customer, phase, seats, prices, origin, booking, extension_count,
    created_at, expires_at, ended_at, shard, incarnation, deadline_sequence, sequence)
    from stdin (format binary)`,
  put: (fields, hold) => {
    fields.row(16)
    fields.id(hold.id)
    fields.int8(hold.show)
    fields.id(hold.customer)
    fields.text(hold.phase)
    fields.int4s(hold.seats)
    fields.int8s(hold.prices)
    fields.text('direct')
    fields.id(hold.booking)
    fields.int2(hold.extensionCount)
    fields.instant(hold.createdAt)
    fields.instant(hold.expiresAt)
    fields.instant(hold.endedAt)
    fields.int2(hold.shard)
    fields.int4(hold.incarnation)
    fields.int8(hold.deadlineSequence)
    fields.int8(hold.sequence)
  },
}
