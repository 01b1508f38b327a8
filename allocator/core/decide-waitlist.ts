// Whether somebody may join the line, leave it, or decline an offer.
//
// Owns: decisions on join-waitlist, leave-waitlist and decline-offer.
// Leaves to others: repeats (decide.ts, D5), who is served next (serving.ts), applying (apply.ts).
//
//   L3. What could not be served were every Seat free that is not blocked is refused `no-block`.
//   L5. One live entry per customer and Show.
//   L6. At most a million entries and 256 shapes of request a Show, else `waitlist-full`.
//   L7. Declining keeps the place once; where nobody can wait any more (L8) it releases the hold.
//   L9. Joining when the request fits now is an offer at once.
//   H6. The box office is exempt from seatsMax, not from the 64 Seats of a hold.

import type { DeclineOffer, JoinWaitlist, LeaveWaitlist } from '../../shared/commands.ts'
import { type HoldId, type Instant, offerHoldIdOf, sameId } from '../../shared/ids.ts'
import { LIMITS } from '../../shared/limits.ts'
import type { Refusal } from '../../shared/refusals.ts'
import type { WaiterJoined } from '../../shared/transitions.ts'
import { aboutEntry, type Decision, refused } from './outcome.ts'
import { categoriesIn } from './plan-bits.ts'
import { offerOf } from './serving.ts'
import { type Show, statusOf } from './show.ts'
import { isOver, type ShardState } from './state.ts'
import { Waitlist } from './waitlist.ts'
import type { WaitRequest } from './waitlist-buckets.ts'
import { fitAtJoin, largestEver } from './waitlist-join.ts'

const NO_SHOW = refused('not-found', 'There is no such show.')
const NO_ENTRY = refused('not-found', 'You have no such waitlist entry.')

/** Reads only. Records waiter-joined, and waiter-offered when the request fits now. */
export function decideJoin(state: ShardState, command: JoinWaitlist, now: Instant): Decision {
  const show = state.shows.get(command.show)
  if (show === undefined) return NO_SHOW
  const request = requestOf(show, command)
  const refusal = refusalToJoin(state, { show, command, request, now })
  if (refusal !== undefined) return refusal
  const { entry } = command
  const joined = joinedOf(command, request)
  const seats = fitAtJoin(state, show, { request, now })
  if (seats === undefined) return aboutEntry(entry, joined)
  const hold = offerHoldIdOf(entry, 0)
  return aboutEntry(entry, joined, offerOf(show, { entry, hold, seats }, now))
}

/** A waiting entry leaves; an offered one by releasing its hold. Leaving twice is leaving once. */
export function decideLeave(state: ShardState, command: LeaveWaitlist): Decision {
  const { entry, customer, key } = command
  const found = findEntry(state, command)
  if (found === undefined) {
    const ended = state.endedEntry(entry)
    return ended !== undefined && sameId(ended.customer, customer) ? aboutEntry(entry) : NO_ENTRY
  }
  const { show, waitlist, place } = found
  if (waitlist.isWaiting(place)) {
    const left = { kind: 'waiter-left' as const, show: show.number, entry }
    return aboutEntry(entry, key === undefined ? left : { ...left, key })
  }
  const refusal = refusalToLeave(state, found)
  if (refusal !== undefined) return refusal
  const released = { kind: 'hold-released' as const, show: show.number, hold: holdOf(found) }
  return aboutEntry(entry, key === undefined ? released : { ...released, key })
}

/** The offer goes to others; its entry waits on, the first time and while anybody can wait. */
export function decideDecline(state: ShardState, command: DeclineOffer, now: Instant): Decision {
  const { entry, customer, key } = command
  const found = findEntry(state, command)
  if (found === undefined) {
    const ended = state.endedEntry(entry)
    if (ended === undefined || !sameId(ended.customer, customer)) return NO_ENTRY
    return refused('not-offered', `This entry has ended (${ended.state}): join the waitlist anew.`)
  }
  const { show, waitlist, place } = found
  if (waitlist.isWaiting(place)) {
    return refused('not-offered', 'This entry has no offer to decline: it is still waiting.')
  }
  const refusal = refusalToDecline(state, found, now)
  if (refusal !== undefined) return refusal
  const hold = holdOf(found)
  const status = statusOf(show, now)
  if (status === 'closed' || status === 'cancelled') {
    const released = { kind: 'hold-released' as const, show: show.number, hold } // L8
    return aboutEntry(entry, key === undefined ? released : { ...released, key })
  }
  const declined = { kind: 'offer-declined' as const, show: show.number, entry, hold }
  return aboutEntry(entry, key === undefined ? declined : { ...declined, key })
}

interface Joining {
  readonly show: Show
  readonly command: JoinWaitlist
  readonly request: WaitRequest
  readonly now: Instant
}

/** In order of precedence (D3). */
function refusalToJoin(state: ShardState, joining: Joining): Refusal | undefined {
  const { show, command, request, now } = joining
  if (statusOf(show, now) !== 'on-sale') {
    return refused('show-not-on-sale', 'This show is not on sale: nobody can join its waitlist.')
  }
  const tooMany = refusalOfParty(show, command)
  if (tooMany !== undefined) return tooMany
  const largest = largestEver(show.seats, request)
  if (largest < request.minParty) return inVain(request, largest)
  const waitlist = show.waitlist ?? new Waitlist()
  const ended = state.endedEntry(command.entry)
  const isIdFree = ended === undefined || isOver(ended.endedAt, now)
  const isKnown = waitlist.find(command.entry) >= 0 || !isIdFree
  if (isKnown || waitlist.findCustomer(command.customer) >= 0) {
    return refused(
      'already-waiting',
      'You are on the waitlist of this show already: see your entry.',
    )
  }
  if (waitlist.hasRoomFor(request)) return undefined
  return refused('waitlist-full', 'The waitlist of this show takes nobody more: try again later.')
}

function refusalOfParty(show: Show, command: JoinWaitlist): Refusal | undefined {
  const { party, minParty, isBoxOffice } = command
  const { seatsMax } = show.terms.policy
  const most = isBoxOffice ? LIMITS.seatsPerHoldMax : Math.min(seatsMax, LIMITS.seatsPerHoldMax)
  if (party > most) {
    return refused('too-many-seats', `A party has at most ${most} seats: wait with a smaller one.`)
  }
  if (minParty >= 1 && minParty <= party) return undefined
  return refused('too-many-seats', `The smallest party accepted is from 1 to ${party} seats.`) // S5
}

function inVain(request: WaitRequest, largest: number): Refusal {
  const how = request.together ? 'together' : 'in all'
  const detail =
    `This hall could never seat ${request.minParty} ${how} as you asked, ${largest} at most: ` +
    'wait for fewer, or for other categories.'
  return { ...refused('no-block', detail), largest }
}

/** The categories of this hall only; all of them are written as 0, so that equal wishes are equal. */
function requestOf(show: Show, command: JoinWaitlist): WaitRequest {
  const { party, minParty, together, accessible } = command
  const wanted = categoriesIn(show.plan, command.categories)
  const isEvery = wanted === categoriesIn(show.plan, 0)
  // a set without a category of this hall stays what it is: it is in vain, not every category
  const categories = isEvery ? 0 : wanted === 0 ? command.categories : wanted
  return { party, minParty, categories, together, accessible }
}

function joinedOf(command: JoinWaitlist, request: WaitRequest): WaiterJoined {
  const { show, entry, customer, key } = command
  const joined = { kind: 'waiter-joined' as const, show, entry, customer, ...request }
  return key === undefined ? joined : { ...joined, key }
}

interface FoundEntry {
  readonly show: Show
  readonly waitlist: Waitlist
  readonly place: number
}

/** A live entry of this customer. */
function findEntry(
  state: ShardState,
  command: LeaveWaitlist | DeclineOffer,
): FoundEntry | undefined {
  const show = state.shows.get(command.show)
  const waitlist = show?.waitlist
  if (show === undefined || waitlist === undefined) return undefined
  const place = waitlist.find(command.entry)
  if (place < 0 || !sameId(waitlist.customerAt(place), command.customer)) return undefined
  return { show, waitlist, place }
}

function holdOf({ waitlist, place }: FoundEntry): HoldId {
  return waitlist.offerHoldAt(place)
}

/** A settling hold is past giving back (H4). */
function refusalToLeave(state: ShardState, found: FoundEntry): Refusal | undefined {
  const slot = state.holds.find(holdOf(found))
  if (state.holds.phaseOf(slot) !== 'settling') return undefined
  return refused('hold-settling', 'The seats of this offer are being booked right now.')
}

/** Declining keeps the place, so it is for offers that nobody pays for and that still run. */
function refusalToDecline(state: ShardState, found: FoundEntry, now: Instant): Refusal | undefined {
  const refusal = refusalToLeave(state, found)
  if (refusal !== undefined) return refusal
  const slot = state.holds.find(holdOf(found))
  if (now >= state.holds.expiresAtOf(slot)) {
    return refused('hold-expired', 'This offer has expired: join the waitlist anew.')
  }
  if (state.holds.phaseOf(slot) !== 'paying') return undefined
  return refused('hold-paying', 'The seats of this offer are being paid for: release the hold.')
}
