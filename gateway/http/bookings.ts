// Bookings: making a hold permanent, reading what was bought, giving it back.
//
//   K1. A booking is answered only after its commit in Postgres (P2): the Ledger's row is awaited.
//   K2. Booking without a card needs an amount of 0 or the role `box-office`; the shard decides.
//   K3. A pending booking is not listed and shows no ticket.
//   K4. Cancelling follows the show's refund policy; the box office may always cancel.

import { z } from 'zod'
import {
  type BookingId,
  type CustomerId,
  type HoldId,
  idTextOf,
  newShowScopedId,
  parseId,
  type SeatIndex,
  sameId,
  showNumberOf,
} from '../../shared/ids.ts'
import type { BookedSeat, BookingRecord } from '../../shared/stores.ts'
import { hasRole } from '../auth.ts'
import type { ShowCard } from '../directory.ts'
import type { House } from '../house.ts'
import { type Answer, json, refuse } from '../reply.ts'
import { IdInPath, PageQuery } from '../schemas/common.ts'
import { BookBody, Booking, BookingList, CancelBody } from '../schemas/holds.ts'
import { accepted, askedBy, cardOf, REPLAYED, scopedIn } from './answers.ts'
import { absent } from './catalog.ts'
import { acceptedOfHold } from './ended.ts'
import { once } from './once.ts'
import { limitOf, markOf, pageOf } from './pages.ts'
import { refundPercentOf } from './refunds.ts'
import { timeOf } from './render.ts'
import { type Ask, type Route, route } from './route.ts'

const TAG = 'bookings'
const BookingParams = z.strictObject({ bookingId: IdInPath })
const LEDGER_WAIT_MS_MAX = 5_000
const LEDGER_STEP_MS = 10

const book = route({
  method: 'POST',
  path: '/v1/holds/{holdId}/book',
  name: 'bookHold',
  tag: TAG,
  summary: 'Book without a card: a free hold, or at the box office',
  access: 'customer',
  key: 'required',
  params: z.strictObject({ holdId: IdInPath }),
  body: BookBody,
  answers: { 201: { description: 'the booking', schema: Booking } },
  problems: [
    'not-found',
    'idempotency-mismatch',
    'hold-expired',
    'hold-settling',
    'payment-required',
    'shard-unavailable',
    'ledger-unavailable',
    'overloaded',
    'outcome-unknown',
  ],
  handle: async (ask, house) => {
    const { id, card } = await scopedIn<HoldId>(house, 'hold', ask.params.holdId)
    const body = { holdId: idTextOf(id), ...ask.body }
    const asked = askedBy(ask, card.number, { op: 'book', body })
    const booking = newShowScopedId<BookingId>(card.number)
    const reply = await house.router.askAsync({ kind: 'book-hold', ...asked, hold: id, booking })
    const { hold, isReplay } = await acceptedOfHold(ask, house, reply, id)
    house.admission.holdChanged(hold)
    const record = await written(house, hold.booking ?? booking, row => row.status !== 'pending')
    const headers = isReplay ? REPLAYED : []
    const location = `/v1/bookings/${idTextOf(record.id)}`
    return json(201, bookingOf(record, card), [...headers, ['location', location]])
  },
})

/** K1: the Ledger's row once it is as awaited. */
async function written(
  house: House,
  id: BookingId,
  isAsAwaited: (record: BookingRecord) => boolean,
): Promise<BookingRecord> {
  const end = performance.now() + LEDGER_WAIT_MS_MAX
  do {
    const record = await house.bookings.booking(id)
    if (record !== undefined && isAsAwaited(record)) return record
    await new Promise(resolve => setTimeout(resolve, LEDGER_STEP_MS))
  } while (performance.now() < end)
  throw refuse(
    'outcome-unknown',
    'The decision is made but not yet written to the ledger. Repeat it with the same key.',
    { retryAfterMs: 1_000 },
  )
}

const mine = route({
  method: 'GET',
  path: '/v1/bookings',
  name: 'getBookings',
  tag: TAG,
  summary: 'My bookings, the newest first',
  access: 'customer',
  query: PageQuery,
  answers: { 200: { description: 'a page of bookings', schema: BookingList } },
  problems: ['ledger-unavailable'],
  handle: async (ask, house) => {
    const mark = markOf(ask.query.cursor, /^[a-z2-7]{26}$/)
    const before = mark === undefined ? undefined : parseId<BookingId>(mark)
    const page = { before, limit: limitOf(ask.query) + 1 }
    const records = await house.bookings.ofCustomer(ask.caller.customer, page)
    const { items, next } = pageOf(records, ask.query, {
      item: record => record,
      mark: record => idTextOf(record.id),
    })
    const told = items.map(async row => bookingOf(row, await cardOf(house, row.show)))
    return json(200, { items: await Promise.all(told), next })
  },
})

const one = route({
  method: 'GET',
  path: '/v1/bookings/{bookingId}',
  name: 'getBooking',
  tag: TAG,
  summary: 'One booking with its tickets',
  access: 'customer',
  params: BookingParams,
  answers: { 200: { description: 'the booking', schema: Booking } },
  problems: ['not-found', 'ledger-unavailable'],
  handle: async (ask, house) => {
    const { record, card } = await bookingIn(ask, house, ask.params.bookingId)
    return json(200, bookingOf(record, card))
  },
})

const cancel = route({
  method: 'POST',
  path: '/v1/bookings/{bookingId}/cancel',
  name: 'cancelBooking',
  tag: TAG,
  summary: 'Give back some tickets or all; the seats go on in the same instant',
  access: 'customer',
  key: 'required',
  params: BookingParams,
  body: CancelBody.optional(),
  answers: { 200: { description: 'the booking as it is now', schema: Booking } },
  problems: [
    'not-found',
    'idempotency-mismatch',
    'not-refundable',
    'ticket-invalid',
    'conflict',
    'shard-unavailable',
    'ledger-unavailable',
    'overloaded',
    'outcome-unknown',
  ],
  handle: async (ask, house) => {
    const { record, card } = await bookingIn(ask, house, ask.params.bookingId)
    const id = idTextOf(record.id)
    const body = { bookingId: id, tickets: ask.body?.tickets }
    const again = async () => json(200, bookingOf(await bookingNow(house, record), card))
    return once(ask, house, { route: `cancel ${card.publicId}`, body, again }, () =>
      cancelled(ask, house, { record, card, tickets: ask.body?.tickets }),
    )
  },
})

interface Cancelling {
  readonly record: BookingRecord
  readonly card: ShowCard
  readonly tickets: readonly string[] | undefined
}

async function cancelled(ask: Ask, house: House, asked: Cancelling): Promise<Answer> {
  const { record, card } = asked
  const live = namedSeats(asked).filter(seat => seat.isLive)
  if (live.length === 0) return json(200, bookingOf(record, card), REPLAYED)
  checkRefundable(ask, card) // K4
  const seats: readonly SeatIndex[] = live.map(({ seat }) => seat)
  const reply = await house.router.askAsync({
    kind: 'cancel-booking',
    show: card.number,
    customer: record.customer,
    isBoxOffice: hasRole(ask.caller, 'box-office'),
    booking: record.id,
    bookingNumber: record.number,
    seats,
    cause: sameId(ask.caller.customer, record.customer) ? 'customer' : 'box-office',
  })
  accepted(reply, 'done')
  const isDead = (row: BookingRecord) =>
    row.seats.every(({ seat, isLive }) => !isLive || !seats.includes(seat))
  return json(200, bookingOf(await written(house, record.id, isDead), card))
}

function namedSeats({ record, tickets }: Cancelling): readonly BookedSeat[] {
  if (tickets === undefined) return record.seats
  return tickets.map(ticket => {
    const seat = record.seats.find(({ ticketId }) => ticketId === ticket)
    if (seat === undefined) throw refuse('ticket-invalid', 'A ticket is not one of this booking.')
    return seat
  })
}

function checkRefundable(ask: Ask, { terms }: ShowCard): void {
  if (hasRole(ask.caller, 'box-office')) return
  const msBeforeStart = terms.startsAt - Date.now()
  if (refundPercentOf(terms.policy.refund, msBeforeStart) !== undefined) return
  throw refuse('not-refundable', 'The time in which this show takes tickets back has passed.')
}

/** The caller's own, or any for the box office; `not-found` otherwise. */
async function bookingIn(
  ask: Ask,
  house: House,
  text: string,
): Promise<{ readonly record: BookingRecord; readonly card: ShowCard }> {
  const id = parseId<BookingId>(text)
  const record = id === undefined ? undefined : await house.bookings.booking(id)
  if (record === undefined || !maySee(ask, record.customer)) throw absent('booking')
  return { record, card: await cardOf(house, showNumberOf(record.id)) }
}

async function bookingNow(house: House, known: BookingRecord): Promise<BookingRecord> {
  return (await house.bookings.booking(known.id)) ?? known
}

function maySee(ask: Ask, owner: CustomerId): boolean {
  return sameId(ask.caller.customer, owner) || hasRole(ask.caller, 'box-office')
}

// K3: whoever asks for a pending booking by id sees its seats, but no ticket.
function bookingOf(record: BookingRecord, card: ShowCard) {
  const { currency } = card.terms
  const isPending = record.status === 'pending'
  const amount = record.seats.reduce((sum, { price }) => sum + price, 0)
  return {
    id: idTextOf(record.id),
    showId: card.publicId,
    customerId: idTextOf(record.customer),
    status: record.status,
    seats: record.seats.map(({ seat, ticketId, price }) => ({
      index: seat,
      label: card.layout.labels[seat] ?? '',
      ticketId: isPending ? undefined : ticketId,
      price: { amount: price, currency },
    })),
    amount: { amount, currency },
    paymentId: record.paymentId,
    createdAt: timeOf(record.createdAtMs),
  }
}

export const bookingRoutes: readonly Route[] = [book, mine, one, cancel]
