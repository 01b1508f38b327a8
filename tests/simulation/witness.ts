// Judges every answer that a client hears against the auditor's knowledge of the durable journal.
//
// Owns: holds, entries, maps and "done" as they were told; which repeat may be told what (D5).
// Leaves to others: refusals (refusal-judge.ts), news (watcher.ts).
//
//   W2. What is told rests on durable frames alone: the version that a view shows is in the journal.
//   D5. A repeat is answered with the resource of the first effect.

import { type Id, idTextOf } from '../../shared/ids.ts'
import type { EntryView, HoldView, Reply, ShowView } from '../../shared/views.ts'
import { AuditError, check } from './audit-error.ts'
import type { AuditedShow } from './audited-show.ts'
import { judgeRefusal } from './refusal-judge.ts'
import type { Scene } from './scene.ts'
import { sameSeats } from './slow-rules.ts'

/** An answer given by the owner of the newest frame, about that frame. */
export function judgeReply(scene: Scene, reply: Reply): void {
  switch (reply.kind) {
    case 'fault':
      return
    case 'refused':
      return judgeRefusal(scene, reply)
    case 'hold':
      checkNow(scene, reply.now)
      judgeHold(scene, reply.hold)
      return judgeHoldAnswer(scene, reply.hold, reply.isReplay)
    case 'entry':
      checkNow(scene, reply.now)
      judgeEntry(scene, reply.entry)
      return judgeEntryAnswer(scene, reply.entry, reply.isReplay)
    case 'customer':
      checkNow(scene, reply.now)
      for (const hold of reply.holds) judgeHold(scene, hold)
      if (reply.entry !== undefined) judgeEntry(scene, reply.entry)
      return judgeCustomer(scene, reply.holds, reply.entry)
    case 'show':
      checkNow(scene, reply.now)
      return judgeShow(scene, reply.view)
    case 'done':
      checkNow(scene, reply.now)
      return judgeDone(scene)
  }
}

/** An answer that came late or from a zombie: what it shows must have been durable at some time. */
export function judgeOldReply(scene: Scene, reply: Reply): void {
  if (reply.kind === 'hold') checkHoldVersion(scene, reply.hold)
  if (reply.kind === 'customer') for (const hold of reply.holds) checkHoldVersion(scene, hold)
  if (reply.kind === 'entry') {
    const waiter = scene.waiter(reply.entry.id)
    const isKnown = waiter?.versions.some(version => version.state === reply.entry.state)
    check(isKnown === true, 'W2', `an entry was told as ${reply.entry.state} and never was`)
  }
}

function checkNow({ from, until }: Scene, now: number): void {
  check(now >= from && now <= until, 'W4', `told at ${now}, it is ${from} to ${until}`)
}

/** W2: the version exists; and it was the newest at some instant of this frame. */
export function judgeHold(scene: Scene, view: HoldView): void {
  const version = checkHoldVersion(scene, view)
  const hold = scene.hold(view.id)
  const isNewest = hold !== undefined && scene.versionsDuring(hold).includes(version)
  check(isNewest, 'W2', `hold ${idTextOf(view.id)} was told as it was before`)
}

function checkHoldVersion(scene: Scene, view: HoldView) {
  const hold = scene.auditor.shows.get(view.show)?.holds.get(idTextOf(view.id))
  check(hold !== undefined, 'W2', 'a hold was told that is not in the journal')
  const version = hold.versions.findLast(one => one.sequence === view.sequence)
  check(version !== undefined, 'W2', `no version ${view.sequence} of the hold is in the journal`)
  const told = [view.phase, view.expiresAt, view.seats.join(), view.prices.join(), view.createdAt]
  const known = [version.phase, version.expiresAt, version.seats.join(), version.prices.join()]
  check(told.join('|') === [...known, hold.createdAt].join('|'), 'W2', `${told} told, not ${known}`)
  const booking = view.booking === undefined ? undefined : idTextOf(view.booking)
  const isBooking = view.booking === undefined || booking === version.booking
  check(isBooking, 'W2', 'another booking was told')
  check(idTextOf(view.customer) === hold.customer, 'W2', "another customer's hold")
  check(view.origin === (hold.entry === undefined ? 'direct' : 'offer'), 'W2', 'another origin')
  return version
}

export function judgeEntry(scene: Scene, view: EntryView): void {
  const waiter = scene.auditor.shows.get(view.show)?.line.known(idTextOf(view.id))
  check(waiter !== undefined, 'W2', 'an entry was told that is not in the journal')
  const before = waiter.versions.findLastIndex(one => one.sequence <= scene.auditor.sequenceBefore)
  const during = waiter.versions.slice(Math.max(before, 0))
  check(
    during.some(version => version.state === view.state),
    'W2',
    `an entry was told as ${view.state}, it is ${waiter.state}`,
  )
  check(idTextOf(view.customer) === waiter.customer, 'W2', "another customer's entry")
  check(view.party === waiter.party, 'W2', `a party of ${view.party}`)
  if (view.hold !== undefined) judgeHold(scene, view.hold)
  if (view.state !== 'waiting') return check(view.ahead === 0, 'L6', 'ahead of an ended wait')
  const line = scene.auditor.shows.get(view.show)?.line
  const { least, most } = line?.aheadOf(waiter.id) ?? { least: 0, most: 0 }
  const isRight = view.ahead >= least && view.ahead <= most
  check(isRight, 'L6', `${view.ahead} ahead were told, ${least} to ${most} there are`)
}

function judgeHoldAnswer(scene: Scene, view: HoldView, isReplay: boolean): void {
  const { request } = scene
  if (isReplay) return judgeRepeat(scene, view.id)
  check(sameShow(scene, view.show), 'W2', 'a hold of another show')
  if ('hold' in request && request.kind !== 'hold-seats') {
    check(idTextOf(request.hold) === idTextOf(view.id), 'D5', `${request.kind} told another hold`)
  }
  switch (request.kind) {
    case 'hold-seats':
    case 'change-hold':
      return check(sameSeats(request.seats, view.seats), 'H1', 'other seats than asked for')
    case 'hold-best':
      return check(view.seats.length === request.count, 'B1', 'not as many seats as asked for')
    case 'release-hold':
    case 'fail-settlement':
      return checkPhase(view, 'released', 'expired')
    case 'extend-hold':
      return checkPhase(view, 'selecting', 'paying')
    case 'start-payment':
      return checkPhase(view, 'paying')
    case 'settle-hold':
      return checkPhase(view, 'settling', 'booked')
    case 'book-hold':
      return checkPhase(view, 'booked')
    case 'read-hold':
      return
    default:
      throw new AuditError(`D5: ${request.kind} was answered with a hold`)
  }
}

function judgeEntryAnswer(scene: Scene, view: EntryView, isReplay: boolean): void {
  const { request } = scene
  if (isReplay) return judgeRepeat(scene, view.id)
  const isNamed = 'entry' in request && idTextOf(request.entry) === idTextOf(view.id)
  check(isNamed, 'D5', `${request.kind} told another entry`)
  if (request.kind === 'join-waitlist') checkState(view, 'waiting', 'offered')
  if (request.kind === 'leave-waitlist') checkState(view, 'left', 'lapsed', 'served')
  if (request.kind === 'decline-offer') checkState(view, 'waiting', 'left')
}

/** D5: it is what the first of that key made; a booking is a repeat by its own. */
function judgeRepeat({ request, auditor, from }: Scene, id: Id): void {
  const told = idTextOf(id)
  const key = 'key' in request ? request.key : undefined
  const effect = key === undefined ? undefined : auditor.effectOf(idTextOf(key.id), from)
  if (effect === undefined) {
    const isBooking = request.kind === 'book-hold' && idTextOf(request.hold) === told
    return check(isBooking, 'D5', `${request.kind} was called a repeat and is none`)
  }
  const offered = auditor.shows.get(effect.show)?.holds.get(effect.hold ?? '')?.entry
  const made = [effect.hold, effect.entry, offered] // leaving releases an offer and tells its entry
  check(made.includes(told), 'D5', 'a repeat told something else')
  check(effect.body === `${key?.bodyHigh}/${key?.bodyLow}`, 'D5', 'another body was answered')
}

/** All of the customer's live holds and its live entry, unless they moved in this frame. */
function judgeCustomer(
  { request, show }: Scene,
  holds: readonly HoldView[],
  entry: EntryView | undefined,
): void {
  check(request.kind === 'read-customer' && show !== undefined, 'D5', 'nobody asked for a customer')
  const customer = idTextOf(request.customer)
  const told = new Set(holds.map(hold => idTextOf(hold.id)))
  for (const hold of show.holds.values()) {
    if (hold.customer !== customer || show.changed.has(hold.id)) continue
    check(told.has(hold.id) === hold.isLive, 'W2', `hold ${hold.id} is ${hold.phase}`)
  }
  const live = show.line.liveOf(customer)
  if (live === undefined || live.hasMoved) return
  const isTold = entry !== undefined && idTextOf(entry.id) === live.id
  check(isTold, 'L5', 'the live entry was not told')
}

function judgeShow({ show }: Scene, view: ShowView): void {
  check(show !== undefined, 'S7', 'a show was told that was never opened')
  if (show.hasMoved) return // maybe to another hall
  const { free, reserved, held, sold, blocked } = view.counts
  check(free + reserved + held + sold + blocked === show.seats.length, 'S3', 'counts')
  if (show.seats.hasChanged) return
  check(view.version === show.seats.version, 'F1', `version ${view.version}`)
  checkMap(show, seat => ((view.states[seat >>> 2] ?? 0) >>> (2 * (seat & 3))) & 3)
  for (const kind of ['free', 'reserved', 'held', 'sold', 'blocked'] as const) {
    const counted = show.seats.count(kind)
    check(view.counts[kind] === counted, 'S3', `${view.counts[kind]} ${kind}, not ${counted}`)
  }
}

export function checkMap(show: AuditedShow, stateOf: (seat: number) => number | undefined): void {
  for (const [seat, state] of show.seats.published().entries()) {
    const told = stateOf(seat)
    check(told === state, 'F1', `seat ${seat} is published as ${told}, it is ${state}`)
  }
}

function judgeDone({ request, show }: Scene): void {
  check(show !== undefined, 'S7', 'done for a show that was never opened')
  switch (request.kind) {
    case 'cancel-show':
      return check(show.status === 'cancelled', 'L8', `the show is ${show.status}`)
    case 'block-seats':
      return checkOwners(show, request.seats, kind => kind === 'blocked')
    case 'unblock-seats':
      return checkOwners(show, request.seats, kind => kind !== 'blocked')
    case 'open-show':
    case 'change-show':
    case 'cancel-booking':
      return
    default:
      throw new AuditError(`D5: ${request.kind} was answered with done`)
  }
}

function checkOwners(
  show: AuditedShow,
  seats: readonly number[],
  isRight: (kind: string) => boolean,
): void {
  for (const seat of seats) {
    const owners = show.seats.ownersDuring(seat)
    const isSo = owners.some(owner => isRight(owner.kind))
    check(isSo, 'S6', `seat ${seat} is ${owners.at(-1)?.kind}`)
  }
}

function checkPhase(view: HoldView, ...phases: readonly string[]): void {
  check(phases.includes(view.phase), 'H8', `the hold is ${view.phase}`)
}

function checkState(view: EntryView, ...states: readonly string[]): void {
  check(states.includes(view.state), 'L7', `the entry is ${view.state}`)
}

function sameShow({ request }: Scene, show: number): boolean {
  return request.show === show
}
