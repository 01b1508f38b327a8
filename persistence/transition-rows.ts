// The row log: one row for every Transition, readable by show, customer, hold and time.

import type { BookingId, CustomerId, EntryId, HoldId } from '../shared/ids.ts'
import type { Transition } from '../shared/transitions.ts'
import type { Place, TransitionRow } from './ledger-rows.ts'

/** Fields with a column of their own, and the client's key, which nobody looks up here. */
const COLUMNS = new Set([
  'kind',
  'show',
  'hold',
  'entry',
  'booking',
  'customer',
  'seats',
  'expiresAt',
  'key',
])

/** Common facts whose rest stands in the rows of holds, or is not worth a document. */
const PLAIN = new Set([
  'seats-held',
  'hold-changed',
  'hold-extended',
  'payment-started',
  'hold-released',
  'hold-expired',
  'waiter-offered',
  'waiter-left',
  'offer-declined',
])

interface Loose {
  readonly hold?: HoldId
  readonly entry?: EntryId
  readonly booking?: BookingId
  readonly customer?: CustomerId
  readonly seats?: readonly number[]
  readonly expiresAt?: number
}

export function transitionRowOf(transition: Transition, place: Place): TransitionRow {
  const fields = transition as Loose
  return {
    place,
    kind: transition.kind,
    show: 'show' in transition ? transition.show : undefined,
    hold: fields.hold,
    entry: fields.entry,
    booking: fields.booking,
    customer: fields.customer,
    seats: fields.seats,
    expiresAt: fields.expiresAt,
    detail: PLAIN.has(transition.kind) ? undefined : detailOf(transition),
  }
}

function detailOf(transition: Transition): string | undefined {
  const rest = Object.entries(transition).filter(([name]) => !COLUMNS.has(name))
  return rest.length === 0 ? undefined : JSON.stringify(Object.fromEntries(rest))
}
