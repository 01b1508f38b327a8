// Holds, waitlist entries and bookings: bodies that come in, resources that go out.

import { z } from 'zod'
import { LIMITS } from '../../shared/limits.ts'
import { listOf, Money, OpaqueId, publicId, SeatIndexes, Time, textOf } from './common.ts'

const CategoryIds = z
  .array(z.string().min(1).max(LIMITS.stringLengthMax))
  .min(1)
  .max(LIMITS.categoriesPerLayoutMax)
  .meta({ description: 'category ids of the layout; left out: any' })

export const Best = z
  .strictObject({
    count: z.int().min(1).max(LIMITS.seatsPerHoldMax),
    categories: CategoryIds.optional(),
    together: z
      .boolean()
      .optional()
      .meta({ description: 'left out: as close as possible; true: one row; false: any seats' }),
    accessible: z.boolean().optional(),
  })
  .meta({ id: 'Best' })

export const SeatsBody = z.strictObject({ seats: SeatIndexes }).meta({ id: 'SeatsBody' })
const BestBody = z.strictObject({ best: Best }).meta({ id: 'BestBody' })
export const HoldBody = z.union([SeatsBody, BestBody]).meta({ id: 'HoldBody' })

const partySize = z.int().min(1).max(LIMITS.seatsPerHoldMax)

export const joinFields = {
  party: partySize,
  minParty: partySize
    .optional()
    .meta({ description: 'the smallest offer accepted; default party' }),
  categories: CategoryIds.optional(),
  together: z.boolean().optional().meta({ description: 'default true' }),
  accessible: z.boolean().optional(),
}

export const JoinBody = z
  .strictObject(joinFields)
  .refine(body => (body.minParty ?? 0) <= body.party, {
    path: ['minParty'],
    message: 'minParty must not be larger than party.',
  })
  .meta({ id: 'JoinBody' })

const HoldPhase = z.enum(['selecting', 'paying', 'settling', 'booked', 'released', 'expired'])

const HoldSeat = z
  .strictObject({
    index: z.int().min(0),
    label: z.string(),
    category: z.string(),
    price: Money,
  })
  .meta({ id: 'HoldSeat' })

export const Hold = z
  .strictObject({
    id: OpaqueId,
    showId: publicId('show'),
    customerId: OpaqueId,
    phase: HoldPhase,
    seats: z.array(HoldSeat),
    amount: Money,
    expiresAt: Time,
    ttlMs: z.int().min(0).meta({ description: 'what remains when the answer is made' }),
    extensionsLeft: z.int().min(0),
    origin: z.enum(['direct', 'offer']),
    bookingId: OpaqueId.optional(),
    epoch: z.int().min(0),
    sequence: z.int().min(0),
  })
  .meta({ id: 'Hold' })

const EntryState = z.enum(['waiting', 'offered', 'served', 'lapsed', 'left'])

export const Entry = z
  .strictObject({
    id: OpaqueId,
    showId: publicId('show'),
    state: EntryState,
    party: z.int().min(1),
    ahead: z.int().min(0).meta({ description: 'waiting entries in front' }),
    hold: Hold.optional(),
  })
  .meta({ id: 'Entry' })

export const BookBody = z
  .strictObject({ email: z.email().max(254), name: textOf(LIMITS.stringLengthMax).optional() })
  .meta({ id: 'BookBody' })

export const CancelBody = z
  .strictObject({
    tickets: z
      .array(z.string().min(1).max(LIMITS.stringLengthMax))
      .min(1)
      .max(LIMITS.seatsPerHoldMax)
      .optional()
      .meta({ description: 'ticket ids; left out: all' }),
  })
  .meta({ id: 'CancelBody' })

export const Booking = z
  .strictObject({
    id: OpaqueId,
    showId: publicId('show'),
    customerId: OpaqueId,
    status: z.enum(['pending', 'confirmed', 'partly-cancelled', 'cancelled']),
    seats: z.array(
      z.strictObject({
        index: z.int().min(0),
        label: z.string(),
        ticketId: z.string().optional().meta({ description: 'absent while pending' }),
        price: Money,
      }),
    ),
    amount: Money,
    paymentId: z.string().optional(),
    createdAt: Time,
  })
  .meta({ id: 'Booking' })

export const Session = z
  .strictObject({
    token: z.string().meta({ description: 'a Bearer JWT' }),
    customerId: OpaqueId,
    expiresAt: Time,
  })
  .meta({ id: 'Session' })

export const HoldList = listOf('HoldList', Hold)
export const EntryList = listOf('EntryList', Entry)
export const BookingList = listOf('BookingList', Booking)
