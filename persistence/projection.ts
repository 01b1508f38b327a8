// Frames become rows: pure, so that the same frames always make the same tables.
//
// Owns: what each Transition means for holds, entries, bookings and tickets.
// Leaves to others: SQL (ledger-statements.ts), exactly-once (ledger.ts), the row log of every
// Transition (transition-rows.ts).
//
//   PJ1. Changes of one hold or entry within a step are folded into one row.
//   PJ2. Within a step no Seat is freed before it is sold again: a cancellation ends what may be
//        folded, so the unique index sees sales and deaths in journal order.
//   PJ3. A fact about a whole Show closes its step: it meets every row that came before it.

import { unreachable } from '../shared/assert.ts'
import type { EntryId, HoldId } from '../shared/ids.ts'
import type {
  OfferDeclined,
  SeatsHeld,
  ShowTransition,
  Transition,
  WaiterJoined,
  WaiterOffered,
} from '../shared/transitions.ts'
import type { EntryState, HoldPhase } from '../shared/views.ts'
import {
  type EntryChange,
  emptyStep,
  type HoldChange,
  keyOf,
  type NewEntry,
  type NewHold,
  type Place,
  type Step,
} from './ledger-rows.ts'
import { endHold, newHold, setDeadline } from './projection-holds.ts'
import { transitionRowOf } from './transition-rows.ts'

/** Takes Transitions in journal order (any mix of shards, each in its order) and yields steps. */
export class Projection {
  readonly #done: Step[] = []
  #step = emptyStep()

  add(transition: Transition, place: Place): void {
    if (transition.kind === 'hold-settling' && this.#hasDeaths()) this.#endStep() // PJ2
    this.#step.transitions.push(transitionRowOf(transition, place))
    if (transition.kind === 'shard-claimed' || transition.kind === 'shard-released') return
    this.#project(transition, place)
  }

  /** Everything since the last call. */
  take(): readonly Step[] {
    if (this.#step.transitions.length > 0) this.#endStep()
    return this.#done.splice(0)
  }

  #hasDeaths(): boolean {
    return this.#step.cancelled.length > 0 || this.#step.failed.length > 0
  }

  #endStep(): void {
    this.#done.push(this.#step)
    this.#step = emptyStep()
  }

  #project(transition: ShowTransition, place: Place): void {
    switch (transition.kind) {
      case 'show-opened':
      case 'show-changed':
      case 'show-cancelled':
      case 'sales-closed':
        return this.#showFact(transition, place)
      case 'seats-blocked':
      case 'seats-unblocked':
      case 'seats-reserved':
      case 'barrier-lifted':
        return // they change the seat map only; the row log keeps them
      case 'seats-held':
        return this.#seatsHeld(transition, place)
      case 'waiter-joined':
        return this.#waiterJoined(transition, place)
      case 'waiter-offered':
        return this.#waiterOffered(transition, place)
      case 'waiter-left':
        return this.#endEntry(transition.entry, 'left', place)
      case 'offer-declined':
        return this.#offerDeclined(transition, place)
      case 'hold-changed':
      case 'hold-extended':
      case 'payment-started':
      case 'hold-released':
      case 'hold-expired':
        return this.#holdMoved(transition, place)
      case 'hold-settling':
      case 'settlement-failed':
      case 'hold-booked':
      case 'booking-cancelled':
        return this.#bookingMoved(transition, place)
      default:
        return unreachable(transition)
    }
  }

  #showFact(
    transition: Extract<
      ShowTransition,
      { kind: 'show-opened' | 'show-changed' | 'show-cancelled' | 'sales-closed' }
    >,
    place: Place,
  ): void {
    const { show } = transition
    switch (transition.kind) {
      case 'show-opened':
        this.#step.facts.push({ kind: 'opened', show, terms: transition.terms, place })
        break
      case 'show-changed':
        this.#step.facts.push({ kind: 'changed', show, terms: transition.terms, place })
        break
      case 'show-cancelled':
        this.#step.facts.push({ kind: 'cancelled', show, place })
        break
      case 'sales-closed':
        this.#step.facts.push({ kind: 'closed', show, place })
        break
      default:
        return unreachable(transition)
    }
    this.#endStep() // PJ3
  }

  #seatsHeld(transition: SeatsHeld, place: Place): void {
    this.#step.newHolds.set(
      keyOf(transition.hold),
      newHold(transition, transition.customer, undefined, place),
    )
  }

  #waiterJoined(transition: WaiterJoined, place: Place): void {
    const { entry, show, customer, party, minParty, categories, together, accessible } = transition
    this.#step.newEntries.set(keyOf(entry), {
      id: entry,
      show,
      customer,
      party,
      minParty,
      categories,
      together,
      accessible,
      joinedAt: place.at,
      state: 'waiting',
      declineCount: 0,
      hold: undefined,
      endedAt: undefined,
      sequence: place.sequence,
    })
  }

  #waiterOffered(transition: WaiterOffered, place: Place): void {
    const entry = this.#entry(transition.entry, place)
    const customer = 'customer' in entry ? entry.customer : undefined
    entry.state = 'offered'
    entry.hold = transition.hold
    entry.endedAt = undefined
    this.#step.newHolds.set(
      keyOf(transition.hold),
      newHold(transition, customer, transition.entry, place),
    )
  }

  #offerDeclined(transition: OfferDeclined, place: Place): void {
    const hold = this.#hold(transition.hold, place)
    endHold(hold, 'released', place)
    const entry = this.#entry(transition.entry, place)
    entry.declineCount += 1
    if ('customer' in entry) {
      entry.state = entry.declineCount >= 2 ? 'left' : 'waiting'
      entry.endedAt = entry.state === 'left' ? place.at : undefined
    } else {
      entry.state = 'declined'
      entry.endedAt = place.at // taken when it turns out to be the second time
    }
  }

  #holdMoved(
    transition: Extract<
      ShowTransition,
      {
        kind:
          | 'hold-changed'
          | 'hold-extended'
          | 'payment-started'
          | 'hold-released'
          | 'hold-expired'
      }
    >,
    place: Place,
  ): void {
    const hold = this.#hold(transition.hold, place)
    switch (transition.kind) {
      case 'hold-changed':
        hold.seats = transition.seats
        hold.prices = transition.prices
        return
      case 'hold-extended':
        hold.extensionCount += 1
        return setDeadline(hold, transition.expiresAt, place)
      case 'payment-started':
        hold.phase = 'paying'
        return setDeadline(hold, transition.expiresAt, place)
      case 'hold-released':
        return this.#endHold(hold, 'released', 'left', place)
      case 'hold-expired':
        return this.#endHold(hold, 'expired', 'lapsed', place)
      default:
        return unreachable(transition)
    }
  }

  #bookingMoved(
    transition: Extract<
      ShowTransition,
      { kind: 'hold-settling' | 'settlement-failed' | 'hold-booked' | 'booking-cancelled' }
    >,
    place: Place,
  ): void {
    switch (transition.kind) {
      case 'hold-settling':
        return this.#holdSettling(transition, place)
      case 'hold-booked': {
        const { hold, booking, bookingNumber } = transition
        this.#endHold(this.#hold(hold, place), 'booked', 'served', place)
        this.#step.booked.push({ id: booking, number: bookingNumber, place })
        return
      }
      case 'settlement-failed':
        this.#endHold(this.#hold(transition.hold, place), 'released', 'left', place)
        this.#step.failed.push({ hold: transition.hold, place })
        return
      case 'booking-cancelled': {
        const { booking: id, seats, cause } = transition
        this.#step.cancelled.push({ id, seats, cause, place })
        return
      }
      default:
        return unreachable(transition)
    }
  }

  #holdSettling(
    transition: Extract<ShowTransition, { kind: 'hold-settling' }>,
    place: Place,
  ): void {
    const hold = this.#hold(transition.hold, place)
    hold.phase = 'settling'
    hold.booking = transition.booking
    this.#step.newBookings.push({
      id: transition.booking,
      show: transition.show,
      hold: transition.hold,
      amount: transition.amount,
      currency: transition.currency,
      intent: transition.intent === '' ? undefined : transition.intent,
      place,
    })
  }

  /** The entry of an offer ends with its hold. */
  #endHold(hold: NewHold | HoldChange, phase: HoldPhase, entryState: EntryState, place: Place) {
    endHold(hold, phase, place)
    if (!('customer' in hold)) hold.entryState = entryState
    else if (hold.entry !== undefined) this.#endEntry(hold.entry, entryState, place)
  }

  #endEntry(id: EntryId, state: EntryState, place: Place): void {
    const entry = this.#entry(id, place)
    entry.state = state
    entry.endedAt = place.at
  }

  /** PJ1: the hold's row of this step. */
  #hold(id: HoldId, place: Place): NewHold | HoldChange {
    const key = keyOf(id)
    const known = this.#step.newHolds.get(key) ?? this.#step.holdChanges.get(key)
    if (known !== undefined) {
      known.sequence = place.sequence
      return known
    }
    const change: HoldChange = {
      id,
      phase: undefined,
      seats: undefined,
      prices: undefined,
      booking: undefined,
      extensionCount: 0,
      expiresAt: undefined,
      deadlineSequence: undefined,
      endedAt: undefined,
      sequence: place.sequence,
      entryState: undefined,
    }
    this.#step.holdChanges.set(key, change)
    return change
  }

  #entry(id: EntryId, place: Place): NewEntry | EntryChange {
    const key = keyOf(id)
    const known = this.#step.newEntries.get(key) ?? this.#step.entryChanges.get(key)
    if (known !== undefined) {
      known.sequence = place.sequence
      return known
    }
    const change: EntryChange = {
      id,
      state: 'waiting',
      declineCount: 0,
      hold: undefined,
      endedAt: undefined,
      sequence: place.sequence,
    }
    this.#step.entryChanges.set(key, change)
    return change
  }
}
