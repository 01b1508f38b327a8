// Whether the house may open, change, cancel, block and unblock.
//
// Owns: decisions on commands of the house; all are idempotent: nothing left to do is accepted.
// Leaves to others: what ends with a Show (apply-shows.ts), who may command (the gateway).
//
//   S6. Blocking never touches a held or sold Seat; a reserved one may be blocked.
//   S7. After the first hold or waiter layout and currency are fixed.

import type {
  BlockSeats,
  CancelShow,
  ChangeShow,
  OpenShow,
  SeatRange,
  UnblockSeats,
} from '../../shared/commands.ts'
import type { SeatIndex } from '../../shared/ids.ts'
import type { Policy, ShowTerms } from '../../shared/policy.ts'
import type { Refusal } from '../../shared/refusals.ts'
import { conflictsOf, isRefusal, sortedSeats } from './asked-seats.ts'
import { EXTENSIONS_MAX } from './hold-words.ts'
import { type Decision, done, refused, refusedSeats } from './outcome.ts'
import { BLOCKED, FREE } from './seat-map.ts'
import type { Show } from './show.ts'
import type { ShardState } from './state.ts'

const NO_SHOW = refused('not-found', 'There is no such show.')
const TTL_MS_MIN = 1_000
const TTL_MS_MAX = 3_600_000

export function decideOpenShow(state: ShardState, command: OpenShow): Decision {
  const { show: number, terms } = command
  const known = state.shows.get(number)
  if (known !== undefined) {
    if (isSame(known.terms, terms)) return done()
    return refused('conflict', 'This show is open under other terms: change it instead.')
  }
  return refusalOfTerms(state, terms) ?? done({ kind: 'show-opened', show: number, terms })
}

export function decideChangeShow(state: ShardState, command: ChangeShow): Decision {
  const { show: number, terms } = command
  const show = state.shows.get(number)
  if (show === undefined) return NO_SHOW
  if (show.status === 'cancelled') {
    return refused('conflict', 'This show is cancelled: open another one.')
  }
  if (isSame(show.terms, terms)) return done()
  return (
    refusalOfTerms(state, terms) ??
    refusalOfFixed(show, terms) ??
    done({ kind: 'show-changed', show: number, terms })
  )
}

export function decideCancelShow(state: ShardState, { show: number }: CancelShow): Decision {
  const show = state.shows.get(number)
  if (show === undefined) return NO_SHOW
  return show.status === 'cancelled' ? done() : done({ kind: 'show-cancelled', show: number })
}

export function decideBlock(state: ShardState, command: BlockSeats): Decision {
  const { show: number, reason } = command
  const show = state.shows.get(number)
  if (show === undefined) return NO_SHOW
  const seats = sortedSeats(show.seats, command.seats)
  if (isRefusal(seats)) return seats
  const gone = seats.filter(seat => !isOpen(show, seat))
  if (gone.length > 0) {
    return refusedSeats(
      'seat-taken',
      `Seat ${gone.slice(0, 10).join(', ')} is held or sold: release or cancel it before blocking.`,
      conflictsOf(show.seats, gone),
    )
  }
  const ranges = rangesOf(seats.filter(seat => show.seats.stateOf(seat) !== BLOCKED))
  if (ranges.length === 0) return done()
  return done({ kind: 'seats-blocked', show: number, ranges, reason })
}

/** Seats that are not blocked are left as they are. */
export function decideUnblock(state: ShardState, command: UnblockSeats): Decision {
  const { show: number, reason } = command
  const show = state.shows.get(number)
  if (show === undefined) return NO_SHOW
  const seats = sortedSeats(show.seats, command.seats)
  if (isRefusal(seats)) return seats
  const ranges = rangesOf(seats.filter(seat => show.seats.stateOf(seat) === BLOCKED))
  if (ranges.length === 0) return done()
  return done({ kind: 'seats-unblocked', show: number, ranges, reason })
}

/** Free, reserved or blocked already. S6 */
function isOpen(show: Show, seat: SeatIndex): boolean {
  const state = show.seats.stateOf(seat)
  return state === FREE || state === BLOCKED || show.seats.isReserved(seat)
}

/** S5: the catalogue has checked them too, but an assertion is no answer. */
function refusalOfTerms(state: ShardState, terms: ShowTerms): Refusal | undefined {
  const plan = state.plans.planOf(terms.layout)
  if (plan === undefined) {
    return refused('conflict', `Layout ${terms.layout} is not loaded: repeat the request.`)
  }
  if (plan.digest !== terms.layoutDigest) {
    return refused('conflict', `Layout ${terms.layout} has another digest than these terms say.`)
  }
  const isPriced =
    terms.prices.length === plan.categoryCount &&
    terms.prices.every(price => Number.isSafeInteger(price) && price >= 0)
  if (!isPriced) {
    return refused(
      'conflict',
      `Give a price of 0 or more for each of ${plan.categoryCount} categories.`,
    )
  }
  if (isPolicySane(terms.policy)) return undefined
  return refused(
    'conflict',
    'A policy has a holdTtlMs of 1 second to 60 minutes, a holdLifeMaxMs not below it, and no negative numbers.',
  )
}

function isPolicySane(policy: Policy): boolean {
  const { holdTtlMs, holdLifeMaxMs, payTtlMs, extensionsMax, seatsMax, holdsMax } = policy
  const { barrierMaxMs } = policy
  const counts = [payTtlMs, extensionsMax, seatsMax, holdsMax, barrierMaxMs]
  return (
    holdTtlMs >= TTL_MS_MIN &&
    holdTtlMs <= TTL_MS_MAX &&
    holdLifeMaxMs >= holdTtlMs &&
    extensionsMax <= EXTENSIONS_MAX &&
    counts.every(count => Number.isSafeInteger(count) && count >= 0)
  )
}

/** S7 */
function refusalOfFixed(show: Show, terms: ShowTerms): Refusal | undefined {
  const isMoved = terms.layout !== show.terms.layout
  const isFixed = show.isFixed && (isMoved || terms.currency !== show.terms.currency)
  if (isFixed) {
    return refused(
      'conflict',
      'This show has had holds or waiters: its layout and currency are fixed. Cancel it and open another.',
    )
  }
  if (!isMoved || show.seats.blockedCount === 0) return undefined
  return refused('conflict', 'Unblock the seats of this show before it moves to another layout.')
}

/** Ascending Seats as runs. */
function rangesOf(seats: readonly SeatIndex[]): readonly SeatRange[] {
  const ranges: { start: SeatIndex; count: number }[] = []
  for (const seat of seats) {
    const last = ranges[ranges.length - 1]
    if (last !== undefined && last.start + last.count === seat) last.count += 1
    else ranges.push({ start: seat, count: 1 })
  }
  return ranges
}

function isSame(left: ShowTerms, right: ShowTerms): boolean {
  return canonical(left) === canonical(right)
}

/** The order of fields does not matter. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([left], [right]) => (left < right ? -1 : 1)))
      : inner,
  )
}
