// Whether a hold becomes a booking, and whether a booking is given back.
//
// Owns: decisions on settle-hold, fail-settlement, book-hold and cancel-booking.
// Leaves to others: money itself (the Cashier), refunds by policy (the ledger).
//
//   H9. hold-settling carries intent, amount and currency; they must equal the hold's.
//   P2. A hold is booked out of settling; free and box-office bookings pass through it at once.
//   D5. Settling, booking and cancelling are idempotent by their booking: a repeat changes nothing.
//
// Only whoever settled a hold knows its booking's id: that is how capture is told from a customer's
// own wish to book.

import type { BookHold, CancelBooking, FailSettlement, SettleHold } from '../../shared/commands.ts'
import { type BookingNumber, type Instant, sameId } from '../../shared/ids.ts'
import type { Refusal } from '../../shared/refusals.ts'
import type { HoldBooked, HoldSettling } from '../../shared/transitions.ts'
import { isRefusal, sortedSeats } from './asked-seats.ts'
import {
  type FoundHold,
  findAnyHold,
  findHold,
  NO_HOLD,
  refusalOfEnd,
  refusalOfSettling,
} from './found-hold.ts'
import { aboutHold, type Decision, done, refused } from './outcome.ts'
import type { ShardState } from './state.ts'

export function decideSettle(state: ShardState, command: SettleHold, now: Instant): Decision {
  const found = findHold(state, command)
  if (found === undefined) return NO_HOLD
  const { show, slot } = found
  const { hold, booking, intent, amount, currency } = command
  if (isSettledAs(state, slot, command)) return aboutHold(hold)
  const refusal =
    refusalOfEnd(state, found, now) ??
    refusalOfSettling(state, slot) ??
    (state.holds.phaseOf(slot) === 'paying' ? undefined : refusedUnpaid()) ??
    refusalOfAmount(state, found, command)
  if (refusal !== undefined) return refusal
  const { number } = show
  return aboutHold(hold, {
    kind: 'hold-settling',
    show: number,
    hold,
    booking,
    intent,
    amount,
    currency,
  })
}

function refusedUnpaid(): Refusal {
  return refused('payment-required', 'This hold is not being paid for: start its payment first.')
}

/** H9 */
function refusalOfAmount(
  state: ShardState,
  found: FoundHold,
  command: SettleHold,
): Refusal | undefined {
  const amount = amountOf(state, found.slot)
  const { currency } = found.show.terms
  if (command.amount === amount && command.currency === currency) return undefined
  return refused(
    'payment-mismatch',
    `The payment is ${command.amount} ${command.currency}, the hold is ${amount} ${currency}: ` +
      'cancel the payment and start it again.',
  )
}

export function decideFail(state: ShardState, command: FailSettlement): Decision {
  const found = findHold(state, command)
  if (found === undefined) return NO_HOLD
  const { hold, show } = command
  const phase = state.holds.phaseOf(found.slot)
  switch (phase) {
    case 'settling':
      return aboutHold(hold, { kind: 'settlement-failed', show, hold })
    case 'released':
    case 'expired':
      return aboutHold(hold)
    case 'booked':
      return refused(
        'hold-expired',
        'This hold has ended: it is booked. Cancel the booking instead.',
      )
    default:
      return refused('payment-required', `This hold is ${phase}, no payment is being captured.`)
  }
}

export function decideBook(state: ShardState, command: BookHold, now: Instant): Decision {
  const found = command.isBoxOffice ? findAnyHold(state, command) : findHold(state, command)
  if (found === undefined) return NO_HOLD
  const { slot } = found
  const { hold, booking } = command
  const phase = state.holds.phaseOf(slot)
  if (phase === 'booked') return { ...aboutHold(hold), isReplay: true }
  if (phase === 'settling' && sameId(state.holds.bookingOf(slot), booking)) {
    return aboutHold(hold, bookedOf(found, command))
  }
  const amount = amountOf(state, slot)
  const refusal =
    refusalOfEnd(state, found, now) ??
    refusalOfSettling(state, slot) ??
    (amount === 0 || command.isBoxOffice
      ? undefined
      : refused('payment-required', 'This hold costs money: pay for it by checking out.'))
  if (refusal !== undefined) return refusal
  return aboutHold(hold, freeSettlingOf(found, command, amount), bookedOf(found, command))
}

/** P2: no intent, because no money moves. */
function freeSettlingOf({ show }: FoundHold, command: BookHold, amount: number): HoldSettling {
  const { hold, booking } = command
  const { currency } = show.terms
  return {
    kind: 'hold-settling',
    show: show.number,
    hold,
    booking,
    intent: '',
    amount,
    currency,
  }
}

function bookedOf({ show }: FoundHold, command: BookHold): HoldBooked {
  const { hold, booking, key } = command
  const bookingNumber = (show.bookingCount + 1) as BookingNumber
  const booked = { kind: 'hold-booked' as const, show: show.number, hold, booking, bookingNumber }
  return key === undefined ? booked : { ...booked, key }
}

/** What was cancelled before stays cancelled; the rest of the named Seats goes on. P7 */
export function decideCancelBooking(state: ShardState, command: CancelBooking): Decision {
  const { booking, bookingNumber, cause } = command
  const show = state.showOf(command.show)
  if (show === undefined || bookingNumber < 1 || bookingNumber > show.bookingCount) {
    return refused('not-found', 'There is no such booking.')
  }
  const named = sortedSeats(show.seats, command.seats)
  if (isRefusal(named)) return named
  const seats = named.filter(seat => show.sold.bookingOf(seat) === bookingNumber)
  if (seats.length === 0) return done()
  const { number } = show
  return done({
    kind: 'booking-cancelled',
    show: number,
    booking,
    bookingNumber,
    seats,
    cause,
  })
}

function isSettledAs({ holds }: ShardState, slot: number, command: SettleHold): boolean {
  const phase = holds.phaseOf(slot)
  const isSettled = phase === 'settling' || phase === 'booked'
  return isSettled && sameId(holds.bookingOf(slot), command.booking)
}

function amountOf({ holds }: ShardState, slot: number): number {
  let amount = 0
  for (let index = 0; index < holds.seatCountOf(slot); index += 1) {
    amount += holds.priceAt(slot, index)
  }
  return amount
}
