// Any Transition of any kind, for property tests; the Record below keeps it complete.

import fc, { type Arbitrary } from 'fast-check'
import {
  asBookingNumber,
  asEpoch,
  asInstant,
  asLayoutNumber,
  asSeatIndex,
  asShowNumber,
  type BookingId,
  type CommandId,
  type CustomerId,
  type EntryId,
  type HoldId,
  idOf,
  type ShowNumber,
} from '../../shared/ids.ts'
import { LIMITS } from '../../shared/limits.ts'
import type { ShowTerms } from '../../shared/policy.ts'
import type { Transition, TransitionKind } from '../../shared/transitions.ts'

type Model<Value> = { [Key in keyof Value]: Arbitrary<Value[Key]> }

function plain<Value>(model: Model<Value>): Arbitrary<Value> {
  return fc.record<Value>(model, { noNullPrototype: true }) as Arbitrary<Value>
}

const lane = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
const seat = fc.integer({ min: 0, max: LIMITS.seatsPerLayoutMax - 1 }).map(asSeatIndex)
const seats = fc.uniqueArray(seat, { maxLength: LIMITS.seatsPerHoldMax })
const money = fc.integer({ min: 0, max: 2 ** 40 })
const instant = fc.integer({ min: 0, max: 2 ** 48 }).map(asInstant)
const text = fc.string({ unit: 'grapheme', maxLength: 40 })
const small = fc.integer({ min: 0, max: 2 ** 31 - 1 })
const show = fc.integer({ min: 1, max: 2 ** 32 - 1 }).map(asShowNumber)
const customer = fc.tuple(lane, lane, lane, lane).map(lanes => idOf<CustomerId>(...lanes))
const key = plain({
  id: fc.tuple(lane, lane, lane, lane).map(lanes => idOf<CommandId>(...lanes)),
  bodyHigh: lane,
  bodyLow: lane,
})
const keyed = fc.option(key, { nil: undefined }).map(value => (value ? { key: value } : {}))
const priced = seats.chain(chosen =>
  plain({
    seats: fc.constant(chosen),
    prices: fc.oneof(
      money.map(price => chosen.map(() => price)),
      fc.array(money, { minLength: chosen.length, maxLength: chosen.length }),
    ),
  }),
)
const ranges = fc.array(
  plain({ start: fc.nat(1000).map(asSeatIndex), count: fc.integer({ min: 1, max: 500 }) }),
  { maxLength: 20 },
)

export const arbitraryTerms: Arbitrary<ShowTerms> = plain({
  layout: fc.integer({ min: 1, max: 2 ** 28 }).map(asLayoutNumber),
  layoutDigest: fc
    .uint8Array({ minLength: 32, maxLength: 32 })
    .map(bytes => Buffer.from(bytes).toString('hex')),
  policy: plain({
    holdTtlMs: small,
    payTtlMs: small,
    extensionsMax: small,
    holdLifeMaxMs: small,
    seatsMax: small,
    holdsMax: small,
    orphans: fc.constantFrom<'off' | 'on'>('off', 'on'),
    orphanOffAbovePercentSold: fc.nat(100),
    barrierMaxMs: small,
    refund: fc.array(plain({ untilMsBeforeStart: small, percent: fc.nat(100) }), {
      maxLength: 5,
    }),
  }),
  prices: fc.array(money, { maxLength: 30 }),
  currency: fc.constantFrom('EUR', 'JPY', 'USD'),
  startsAt: instant,
  salesOpenAt: instant,
  salesCloseAt: instant,
})

/** `fields` of a kind without `kind` and `show`. */
type Fields = (show: ShowNumber) => Arbitrary<object>

function scoped<Kind extends HoldId | EntryId>(of: ShowNumber): Arbitrary<Kind> {
  return fc.tuple(lane, lane, lane).map(lanes => idOf<Kind>(of, ...lanes))
}

function booking(of: ShowNumber): Arbitrary<BookingId> {
  return fc.tuple(lane, lane, lane).map(lanes => idOf<BookingId>(of, ...lanes))
}

function all(...parts: Arbitrary<object>[]): Arbitrary<object> {
  return fc.tuple(...parts).map(objects => Object.assign({}, ...objects) as object)
}

const holdOf = (of: ShowNumber) => plain({ hold: scoped<HoldId>(of) })
const entryOf = (of: ShowNumber) => plain({ entry: scoped<EntryId>(of) })
const bookingOf = (of: ShowNumber) =>
  plain({ booking: booking(of), bookingNumber: small.map(asBookingNumber) })
const expiring = plain({ expiresAt: instant })
const owned = plain({ customer })
const blocking = plain({ ranges, reason: text })

const FIELDS: Readonly<Record<Exclude<TransitionKind, `shard-${string}`>, Fields>> = {
  'show-opened': () => plain({ terms: arbitraryTerms }),
  'show-changed': () => plain({ terms: arbitraryTerms }),
  'show-cancelled': () => plain({}),
  'sales-closed': () => plain({}),
  'seats-blocked': () => blocking,
  'seats-unblocked': () => blocking,
  'seats-held': of => all(holdOf(of), owned, keyed, priced, expiring),
  'hold-changed': of => all(holdOf(of), keyed, priced),
  'hold-extended': of => all(holdOf(of), keyed, expiring),
  'payment-started': of => all(holdOf(of), keyed, expiring),
  'hold-released': of => all(holdOf(of), keyed),
  'hold-expired': holdOf,
  'hold-settling': of =>
    all(holdOf(of), plain({ booking: booking(of), intent: text, amount: money, currency: text })),
  'settlement-failed': holdOf,
  'hold-booked': of => all(holdOf(of), bookingOf(of), keyed),
  'booking-cancelled': of => all(bookingOf(of), plain({ seats, cause: text })),
  'waiter-joined': of =>
    all(
      entryOf(of),
      owned,
      keyed,
      plain({
        party: small,
        minParty: small,
        categories: small,
        together: fc.boolean(),
        accessible: fc.boolean(),
      }),
    ),
  'waiter-offered': of => all(entryOf(of), holdOf(of), priced, expiring),
  'waiter-left': of => all(entryOf(of), keyed),
  'offer-declined': of => all(entryOf(of), holdOf(of), keyed),
  'seats-reserved': of => all(entryOf(of), plain({ seats })),
  'barrier-lifted': entryOf,
}

const shardClaimed: Arbitrary<Transition> = plain({
  kind: fc.constant('shard-claimed'),
  epoch: small.map(asEpoch),
  owner: text,
  creditMs: fc.nat(60_000),
})
const shardReleased: Arbitrary<Transition> = plain({
  kind: fc.constant('shard-released'),
  to: text,
})

export function arbitraryOf(kind: TransitionKind): Arbitrary<Transition> {
  if (kind === 'shard-claimed') return shardClaimed
  if (kind === 'shard-released') return shardReleased
  return show.chain(of =>
    FIELDS[kind](of).map(fields => ({ kind, show: of, ...fields }) as Transition),
  )
}

export const TRANSITION_KINDS = [
  ...(Object.keys(FIELDS) as TransitionKind[]),
  'shard-claimed' as const,
  'shard-released' as const,
]

export const arbitraryTransition: Arbitrary<Transition> = fc.oneof(
  ...TRANSITION_KINDS.map(arbitraryOf),
)
