// Any Request, Reply and news of any kind, for property tests; the Records below keep them complete.

import fc, { type Arbitrary } from 'fast-check'
import type { Request } from '../../shared/commands.ts'
import {
  asBookingNumber,
  asEpoch,
  asFrameNumber,
  asIncarnation,
  asInstant,
  asSeatIndex,
  asSequence,
  asShardNumber,
  asShowNumber,
  type BookingId,
  type CommandId,
  type CustomerId,
  type EntryId,
  type HoldId,
  type Id,
  idOf,
} from '../../shared/ids.ts'
import { LIMITS } from '../../shared/limits.ts'
import { REFUSALS, SEAT_STATES } from '../../shared/refusals.ts'
import type {
  EntryView,
  FrameNews,
  HoldView,
  PersonalNews,
  Reply,
  SeatCounts,
  ShowNews,
  ShowView,
} from '../../shared/views.ts'
import { arbitraryTerms } from './arbitrary-transitions.ts'

type Model<Value> = { [Key in keyof Value]: Arbitrary<Value[Key]> }

function plain<Value>(model: Model<Value>): Arbitrary<Value> {
  return fc.record<Value>(model, { noNullPrototype: true }) as Arbitrary<Value>
}

/** All fields, and maybe those of the second. */
function maybe<Base extends object>(
  base: Arbitrary<Base>,
  more: Arbitrary<object>,
): Arbitrary<Base> {
  return fc
    .tuple(base, fc.option(more, { nil: undefined }))
    .map(([one, other]) => ({ ...one, ...other }) as Base)
}

function all<Value>(...parts: Arbitrary<object>[]): Arbitrary<Value> {
  return fc.tuple(...parts).map(objects => Object.assign({}, ...objects) as Value)
}

const lane = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
function id<Kind extends Id>(): Arbitrary<Kind> {
  return fc.tuple(lane, lane, lane, lane).map(lanes => idOf<Kind>(...lanes))
}

/** As far as the gateway's schemas go, whether such a seat exists or not. */
const namedSeats = fc.array(fc.integer({ min: 0, max: 0x7fff_ffff }).map(asSeatIndex), {
  maxLength: 80,
})
const seat = fc.integer({ min: 0, max: LIMITS.seatsPerLayoutMax - 1 }).map(asSeatIndex)
const seats = fc.uniqueArray(seat, { maxLength: LIMITS.seatsPerHoldMax })
const money = fc.integer({ min: 0, max: 2 ** 40 })
const instant = fc.integer({ min: 0, max: 2 ** 48 }).map(asInstant)
const text = fc.string({ unit: 'grapheme', maxLength: 40 })
const small = fc.integer({ min: 0, max: 2 ** 31 - 1 })
const large = fc.integer({ min: 0, max: 2 ** 52 })
const show = fc.integer({ min: 1, max: 2 ** 32 - 1 }).map(asShowNumber)
const key = plain({ id: id<CommandId>(), bodyHigh: lane, bodyLow: lane })

const asked = maybe(
  plain({ show, customer: id<CustomerId>(), isBoxOffice: fc.boolean() }),
  plain({ key }),
)
const ofHold = plain({ hold: id<HoldId>() })
const ofEntry = plain({ entry: id<EntryId>() })
const named = plain({ seats: namedSeats })
const ofShow = plain({ show })
const ofTerms = plain({ show, terms: arbitraryTerms })
const blocked = plain({ show, seats: namedSeats, reason: text })
const asker = plain({ show, customer: id<CustomerId>() })
const officer = plain({ isBoxOffice: fc.boolean() })
const wish = plain({
  party: small,
  minParty: small,
  categories: small,
  together: fc.boolean(),
  accessible: fc.boolean(),
})
const best = maybe(
  plain({ count: small, categories: small, accessible: fc.boolean() }),
  plain({ together: fc.boolean() }),
)
const money1 = plain({
  booking: id<BookingId>(),
  intent: text,
  amount: money,
  currency: text,
})
const cancelled = plain({
  booking: id<BookingId>(),
  bookingNumber: small.map(asBookingNumber),
  seats: namedSeats,
  cause: text,
})

const REQUESTS: Readonly<Record<Request['kind'], Arbitrary<object>>> = {
  'hold-seats': all(asked, ofHold, named),
  'hold-best': all(asked, ofHold, best),
  'change-hold': all(asked, ofHold, named),
  'release-hold': all(asked, ofHold),
  'extend-hold': all(asked, ofHold),
  'start-payment': all(asked, ofHold),
  'settle-hold': all(asked, ofHold, money1),
  'fail-settlement': all(asked, ofHold),
  'book-hold': all(asked, ofHold, plain({ booking: id<BookingId>() })),
  'cancel-booking': all(asked, cancelled),
  'join-waitlist': all(asked, ofEntry, wish),
  'leave-waitlist': all(asked, ofEntry),
  'decline-offer': all(asked, ofEntry),
  'open-show': ofTerms,
  'change-show': ofTerms,
  'cancel-show': ofShow,
  'block-seats': blocked,
  'unblock-seats': blocked,
  'read-hold': all(asker, officer, ofHold),
  'read-entry': all(asker, officer, ofEntry),
  'read-customer': asker,
  'read-show': ofShow,
}

export const REQUEST_KINDS = Object.keys(REQUESTS) as Request['kind'][]

export function arbitraryRequestOf(kind: Request['kind']): Arbitrary<Request> {
  return REQUESTS[kind].map(fields => ({ kind, ...fields }) as Request)
}

export const arbitraryRequest: Arbitrary<Request> = fc.oneof(
  ...REQUEST_KINDS.map(arbitraryRequestOf),
)

const priced = seats.chain(chosen =>
  plain({
    seats: fc.constant(chosen),
    prices: fc.oneof(
      money.map(price => chosen.map(() => price)),
      fc.array(money, { minLength: chosen.length, maxLength: chosen.length }),
    ),
  }),
)

const holdView: Arbitrary<HoldView> = maybe(
  all<HoldView>(
    plain({
      id: id<HoldId>(),
      show,
      customer: id<CustomerId>(),
      phase: fc.constantFrom('selecting', 'paying', 'settling', 'booked', 'released', 'expired'),
      createdAt: instant,
      expiresAt: instant,
      extensionsLeft: small,
      origin: fc.constantFrom('direct', 'offer'),
      incarnation: small.map(asIncarnation),
      sequence: large.map(asSequence),
    }),
    priced,
  ),
  plain({ booking: id<BookingId>() }),
)

const entryView: Arbitrary<EntryView> = maybe(
  plain<EntryView>({
    id: id<EntryId>(),
    show,
    customer: id<CustomerId>(),
    state: fc.constantFrom('waiting', 'offered', 'served', 'lapsed', 'left'),
    party: small,
    ahead: small,
    sequence: large.map(asSequence),
  }),
  plain({ hold: holdView }),
)

const count = fc.nat(LIMITS.seatsPerLayoutMax)
const counts: Arbitrary<SeatCounts> = plain({
  free: count,
  reserved: count,
  held: count,
  sold: count,
  blocked: count,
})
const status = fc.constantFrom('scheduled', 'on-sale', 'closed', 'cancelled')

const showView = plain<ShowView>({
  show,
  terms: arbitraryTerms,
  status,
  incarnation: small.map(asIncarnation),
  version: large,
  counts,
  states: fc.uint8Array({ maxLength: 300 }),
})

const now = plain({ now: instant })
const replayed = plain({ isReplay: fc.boolean() })
const conflicts = fc.array(plain({ seat, state: fc.constantFrom(...SEAT_STATES) }), {
  maxLength: 20,
})

const REPLIES: Readonly<Record<Reply['kind'], Arbitrary<object>>> = {
  hold: all(plain({ hold: holdView }), replayed, now),
  entry: all(plain({ entry: entryView }), replayed, now),
  customer: maybe(
    all<object>(plain({ holds: fc.array(holdView, { maxLength: 4 }) }), now),
    plain({ entry: entryView }),
  ),
  show: all(plain({ view: showView }), now),
  done: now,
  refused: maybe(
    maybe(plain({ code: fc.constantFrom(...REFUSALS), detail: text }), plain({ conflicts })),
    plain({ largest: small }),
  ),
  fault: plain({
    code: fc.constantFrom(
      'shard-unavailable',
      'overloaded',
      'outcome-unknown',
      'ledger-unavailable',
    ),
    detail: text,
    retryAfterMs: small,
  }),
}

export const REPLY_KINDS = Object.keys(REPLIES) as Reply['kind'][]

export function arbitraryReplyOf(kind: Reply['kind']): Arbitrary<Reply> {
  return REPLIES[kind].map(fields => ({ kind, ...fields }) as Reply)
}

export const arbitraryReply: Arbitrary<Reply> = fc.oneof(...REPLY_KINDS.map(arbitraryReplyOf))

const showNews: Arbitrary<ShowNews> = fc
  .tuple(
    show,
    large,
    fc.array(fc.nat(LIMITS.seatsPerLayoutMax * 4 - 1), { maxLength: 60 }),
    counts,
    status,
  )
  .map(([number, from, changes, sums, one]) => ({
    show: number,
    from,
    to: from + changes.length,
    changes: Int32Array.from(changes),
    counts: sums,
    status: one,
  }))

const frame = large.map(asFrameNumber)

export const arbitraryFrameNews: Arbitrary<FrameNews> = plain<FrameNews>({
  shard: fc.nat(LIMITS.shardCount - 1).map(asShardNumber),
  incarnation: small.map(asIncarnation),
  epoch: small.map(asEpoch),
  frame,
  previousFrame: frame,
  now: instant,
  shows: fc.array(showNews, { maxLength: 5 }),
})

/** With origin 0: whose request it was depends on who reads it. */
export const arbitraryPersonal: Arbitrary<PersonalNews> = maybe(
  maybe(
    plain<PersonalNews>({ customer: id<CustomerId>(), origin: fc.constant(0) }),
    plain({ hold: holdView }),
  ),
  plain({ entry: entryView }),
)
