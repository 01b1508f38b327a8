// Whether a "no" was right: each code must have its reason at some instant of the frame it left with.
//
// Owns: the reason of every code of REFUSALS. Leaves to others: "yes" answers (witness.ts).

import { idTextOf } from '../../shared/ids.ts'
import { LIMITS } from '../../shared/limits.ts'
import type { Refusal, RefusalCode, SeatState } from '../../shared/refusals.ts'
import { AuditError } from './audit-error.ts'
import type { AuditedHold } from './audited-hold.ts'
import type { SeatOwner } from './audited-seats.ts'
import type { AuditedShow } from './audited-show.ts'
import type { Scene } from './scene.ts'
import { isWanted, leavesOrphan, windowsOf } from './slow-rules.ts'

/** `show` is there: without one every refusal but not-found is wrong. */
type Reason = (scene: Scene, show: AuditedShow, refusal: Refusal) => boolean

const REASONS: Readonly<Record<Exclude<RefusalCode, 'not-found'>, Reason>> = {
  'idempotency-mismatch': isOtherBody,
  'show-not-on-sale': isNotOnSale,
  'seat-unknown': (scene, show) =>
    seatsOf(scene).length === 0 || seatsOf(scene).some(seat => !(seat < show.layout.seats.length)),
  'seat-repeated': scene => new Set(seatsOf(scene)).size < seatsOf(scene).length,
  'too-many-seats': isTooMany,
  'too-many-holds': hasTooManyHolds,
  'seat-taken': isTaken,
  'leaves-orphan': isOrphan,
  'sold-out': isSoldOut,
  'no-block': isNoBlock,
  'already-waiting': isWaitingAlready,
  'not-offered': isNotOffered,
  'waitlist-full': () => false,
  'hold-expired': isOver,
  'hold-paying': scene => hasPhase(scene, 'paying'),
  'hold-settling': scene => hasPhase(scene, 'settling'),
  'no-extension-left': hasNoExtension,
  'payment-required': scene => hasPhase(scene, 'selecting', 'paying'),
  'payment-mismatch': isMismatch,
  'not-refundable': () => false,
  conflict: ({ request }) => request.kind === 'open-show' || request.kind === 'change-show',
}

export function judgeRefusal(scene: Scene, refusal: Refusal): void {
  const { request, show } = scene
  const isRight =
    refusal.code === 'not-found'
      ? isUnknown(scene)
      : show !== undefined && (show.hasMoved || REASONS[refusal.code](scene, show, refusal))
  if (!isRight) throw new AuditError(`D3: ${refusal.code} without a reason for ${request.kind}`)
}

function isUnknown(scene: Scene): boolean {
  const { request, show } = scene
  if (show === undefined || show.hasMoved) return true
  const thing = namedThing(scene)
  if (thing === undefined || scene.isNew(thing) || scene.mayBeForgotten(thing)) return true
  const seesAll = request.kind === 'book-hold' || request.kind.startsWith('read-')
  const isBoxOffice = 'isBoxOffice' in request && request.isBoxOffice
  if (isBoxOffice && seesAll) return false
  return 'customer' in request && thing.customer !== idOfCustomer(scene)
}

function idOfCustomer({ request }: Scene): string {
  return 'customer' in request ? idTextOf(request.customer) : ''
}

function namedThing(scene: Scene) {
  const { request } = scene
  if (request.kind === 'join-waitlist') return undefined
  if ('entry' in request) return scene.waiter(request.entry)
  return 'hold' in request ? scene.hold(request.hold) : undefined
}

/** The hold that a command is about: the one it names, or its entry's offer. */
function holdOf(scene: Scene): AuditedHold | undefined {
  const { request, show } = scene
  if ('hold' in request) return scene.hold(request.hold)
  if (!('entry' in request)) return undefined
  const waiter = scene.waiter(request.entry)
  const held = waiter?.versions.findLast(version => version.hold !== undefined)?.hold
  return held === undefined ? undefined : show?.holds.get(held)
}

function seatsOf({ request }: Scene): readonly number[] {
  return 'seats' in request ? request.seats : []
}

function isOtherBody({ request, auditor }: Scene): boolean {
  if (!('key' in request) || request.key === undefined) return false
  const { id, bodyHigh, bodyLow } = request.key
  const effect = auditor.effects.get(idTextOf(id))
  return effect !== undefined && effect.body !== `${bodyHigh}/${bodyLow}`
}

function isNotOnSale({ from, until }: Scene, { status, terms }: AuditedShow): boolean {
  if (status !== 'open') return true
  return from < terms.salesOpenAt || until >= terms.salesCloseAt
}

function isTooMany({ request }: Scene, { terms }: AuditedShow): boolean {
  const most = Math.min(terms.policy.seatsMax, LIMITS.seatsPerHoldMax)
  const count = 'party' in request ? request.party : 'count' in request ? request.count : 0
  return count > most || ('seats' in request && request.seats.length > most)
}

function hasTooManyHolds(scene: Scene, show: AuditedShow): boolean {
  const customer = idOfCustomer(scene)
  const live = [...show.holds.values()].filter(
    hold =>
      hold.customer === customer &&
      hold.entry === undefined &&
      scene.versionsDuring(hold).some(version => isLivePhase(version.phase)),
  )
  return live.length >= show.terms.policy.holdsMax
}

function isLivePhase(phase: string): boolean {
  return phase === 'selecting' || phase === 'paying' || phase === 'settling'
}

/** Each conflict is an asked Seat that was as it says; at least one. L4: reserved looks held. */
function isTaken(scene: Scene, show: AuditedShow, { conflicts = [] }: Refusal): boolean {
  const own = holdOf(scene)?.id
  const isRight = conflicts.every(({ seat, state }) => {
    if (!seatsOf(scene).includes(seat)) return false
    const owners = show.seats.ownersDuring(seat)
    return owners.some(owner => stateOf(owner) === state && !isOwn(owner, own))
  })
  return isRight && conflicts.length > 0
}

function stateOf({ kind }: SeatOwner): SeatState {
  return kind === 'reserved' ? 'held' : kind
}

function isOwn(owner: SeatOwner, hold: string | undefined): boolean {
  return owner.kind === 'free' || (owner.kind === 'held' && owner.hold === hold)
}

/** Judged when no Seat moved in the frame: then there is one instant only. */
function isOrphan(scene: Scene, show: AuditedShow): boolean {
  const { request } = scene
  const isBoxOffice = 'isBoxOffice' in request && request.isBoxOffice
  if (show.seats.hasChanged) return !isBoxOffice && show.terms.policy.orphans === 'on'
  const own = request.kind === 'change-hold' ? (holdOf(scene)?.seats ?? []) : []
  const hall = {
    layout: show.layout,
    isFree: (seat: number) => show.isFree(seat) || own.includes(seat),
  }
  return show.isOrphanRuleOn(isBoxOffice) && leavesOrphan(hall, seatsOf(scene))
}

/** Whatever the category; an accessible request needs an accessible Seat. */
function isSoldOut({ request, isFreeThroughout }: Scene, { layout }: AuditedShow): boolean {
  if (request.kind !== 'hold-best') return false
  return !layout.seats.some(
    seat => (seat.kind === 'accessible') === request.accessible && isFreeThroughout(seat.index),
  )
}

function isNoBlock(scene: Scene, show: AuditedShow, { largest = 0 }: Refusal): boolean {
  const { request } = scene
  const isJoin = request.kind === 'join-waitlist'
  if (!isJoin && request.kind !== 'hold-best') return false
  const count = isJoin ? request.minParty : request.count
  if (largest >= count) return false
  if (request.accessible) return true // how companions go with it is not told apart here
  const isFree = isJoin ? scene.isSellableThroughout : scene.isFreeThroughout
  const hall = { layout: show.layout, isFree }
  if (request.together !== false) return windowsOf(hall, request, count).length === 0
  const open = show.layout.seats.filter(
    ({ index }) => isFree(index) && isWanted(show.layout, request, index),
  )
  return open.length < count
}

function isWaitingAlready(scene: Scene, show: AuditedShow): boolean {
  const customer = idOfCustomer(scene)
  return show.line.waiters.some(
    waiter => waiter.customer === customer && (waiter.endedAt === undefined || waiter.hasMoved),
  )
}

function isNotOffered(scene: Scene): boolean {
  const { request } = scene
  if (request.kind === 'change-hold') {
    const hold = holdOf(scene)
    if (hold?.entry === undefined) return false
    const versions = scene.versionsDuring(hold)
    return versions.some(version => seatsOf(scene).some(seat => !version.seats.includes(seat)))
  }
  if (request.kind !== 'decline-offer') return false
  const waiter = scene.waiter(request.entry)
  return waiter !== undefined && (waiter.state !== 'offered' || waiter.hasMoved)
}

function isOver(scene: Scene): boolean {
  const hold = holdOf(scene)
  if (hold === undefined) return false
  return scene
    .versionsDuring(hold)
    .some(({ phase, expiresAt }) => !isLivePhase(phase) || expiresAt <= scene.until)
}

function hasPhase(scene: Scene, ...phases: readonly string[]): boolean {
  const hold = holdOf(scene)
  if (hold === undefined) return false
  return scene.versionsDuring(hold).some(({ phase }) => phases.includes(phase))
}

function hasNoExtension(scene: Scene, { terms }: AuditedShow): boolean {
  const hold = holdOf(scene)
  if (hold === undefined) return false
  const { extensionsMax, holdLifeMaxMs } = terms.policy
  const lifeEnd = hold.createdAt + holdLifeMaxMs
  if (scene.request.kind === 'start-payment') {
    return scene
      .versionsDuring(hold)
      .some(({ expiresAt }) => Math.max(lifeEnd, expiresAt) - scene.until < 60_000)
  }
  return scene
    .versionsDuring(hold)
    .some(({ extensions, expiresAt }) => extensions >= extensionsMax || expiresAt >= lifeEnd)
}

function isMismatch(scene: Scene, { terms }: AuditedShow): boolean {
  const { request } = scene
  const hold = holdOf(scene)
  if (request.kind !== 'settle-hold' || hold === undefined) return false
  if (request.currency !== terms.currency) return true
  return scene
    .versionsDuring(hold)
    .some(({ prices }) => prices.reduce((sum, price) => sum + price, 0) !== request.amount)
}
