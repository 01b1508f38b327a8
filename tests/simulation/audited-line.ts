// The waitlist as the auditor sees it: one array in join order, every question answered by looking at all.

import { idTextOf } from '../../shared/ids.ts'
import type { WaiterJoined } from '../../shared/transitions.ts'
import { check } from './audit-error.ts'
import type { Moment } from './audited-hold.ts'
import type { AuditedShow } from './audited-show.ts'

/** What a view of the entry showed from this Transition on. */
export interface EntryVersion {
  readonly sequence: number
  readonly state: AuditedWaiter['state']
  readonly hold: string | undefined
}

const ID_AGAIN_AFTER_MS = 120_000

export interface AuditedWaiter {
  readonly id: string
  readonly customer: string
  readonly party: number
  readonly minParty: number
  readonly categories: number
  readonly together: boolean
  readonly accessible: boolean
  state: 'waiting' | 'offered' | 'served' | 'lapsed' | 'left'
  hold: string | undefined
  reserved: readonly number[]
  declines: number
  isLifted: boolean
  sitsOut: boolean
  /** joined in this frame */
  isNew: boolean
  /** it waited, or waits no more, since this frame began */
  hasMoved: boolean
  endedAt: number | undefined
  readonly versions: EntryVersion[]
}

export class AuditedLine {
  /** in join order, ended ones included */
  readonly waiters: AuditedWaiter[] = []
  readonly #show: AuditedShow

  constructor(show: AuditedShow) {
    this.#show = show
  }

  frameBegins(): void {
    for (const waiter of this.waiters) {
      waiter.sitsOut = false
      waiter.isNew = false
      waiter.hasMoved = false
    }
  }

  find(entry: string): AuditedWaiter {
    const found = this.known(entry)
    check(found !== undefined, 'D2', 'a transition of an unknown entry')
    return found
  }

  /** The last one of that id. */
  known(entry: string): AuditedWaiter | undefined {
    return this.waiters.findLast(waiter => waiter.id === entry)
  }

  liveOf(customer: string): AuditedWaiter | undefined {
    return this.waiters.find(
      waiter =>
        waiter.customer === customer && (waiter.state === 'waiting' || waiter.state === 'offered'),
    )
  }

  waiting(entry: string): AuditedWaiter {
    const waiter = this.find(entry)
    check(waiter.state === 'waiting', 'L7', `the entry is ${waiter.state}, not waiting`)
    return waiter
  }

  /** How many entries wait in front: at some instant of this frame, from least to most. L6 */
  aheadOf(entry: string): { readonly least: number; readonly most: number } {
    const at = this.waiters.findLastIndex(waiter => waiter.id === entry)
    const before = this.waiters.slice(0, at)
    const steady = before.filter(waiter => waiter.state === 'waiting' && !waiter.hasMoved)
    const moved = before.filter(waiter => waiter.hasMoved)
    return { least: steady.length, most: steady.length + moved.length }
  }

  join(transition: WaiterJoined, moment: Moment): void {
    const customer = idTextOf(transition.customer)
    const id = idTextOf(transition.entry)
    const live = this.liveOf(customer)
    const before = this.known(id)?.endedAt
    const isOver = before === undefined || moment.time - before >= ID_AGAIN_AFTER_MS
    check(isOver, 'D6', 'an entry id came again too soon')
    check(live === undefined, 'L5', 'one live entry per customer')
    check(transition.minParty >= 1 && transition.minParty <= transition.party, 'L2', 'minParty')
    this.waiters.push({
      id,
      customer,
      party: transition.party,
      minParty: transition.minParty,
      categories: transition.categories,
      together: transition.together,
      accessible: transition.accessible,
      state: 'waiting',
      hold: undefined,
      reserved: [],
      declines: 0,
      isLifted: false,
      sitsOut: false,
      isNew: true,
      hasMoved: true,
      endedAt: undefined,
      versions: [{ sequence: moment.sequence, state: 'waiting', hold: undefined }],
    })
  }

  offer(waiter: AuditedWaiter, hold: string, moment: Moment): void {
    waiter.hold = hold
    move(waiter, 'offered', moment)
  }

  end(entry: string, state: 'served' | 'lapsed' | 'left', moment: Moment): void {
    const waiter = this.find(entry)
    check(waiter.endedAt === undefined, 'L7', `the entry is ${waiter.state} already`)
    waiter.endedAt = moment.time
    move(waiter, state, moment)
  }

  decline(entry: string, moment: Moment): void {
    const waiter = this.find(entry)
    waiter.declines += 1
    waiter.sitsOut = true
    if (waiter.declines > 1) return this.end(entry, 'left', moment)
    waiter.hold = undefined
    move(waiter, 'waiting', moment)
  }

  dropReserved(entry: string, seat: number): void {
    const waiter = this.find(entry)
    waiter.reserved = waiter.reserved.filter(item => item !== seat)
  }

  /** L2, L3: the seats sit as asked, and nobody in front could have had an offer instead. */
  checkOffer(waiter: AuditedWaiter, seats: readonly number[]): void {
    const count = seats.length
    check(count >= waiter.minParty && count <= waiter.party, 'L2', `an offer of ${count}`)
    for (const seat of seats) {
      check(this.#isUsable(waiter, seat), 'L2', `seat ${seat} was not to be offered`)
    }
    if (waiter.together) {
      const sorted = [...seats].sort((left, right) => left - right)
      check(this.#isOneRun(sorted), 'L2', `${sorted.join(' ')} are not together`)
    }
    for (const earlier of this.waiters) {
      if (earlier === waiter) break
      if (earlier.state !== 'waiting' || earlier.sitsOut || earlier.accessible) continue
      const fit = this.largestFit(earlier)
      check(fit === 0, 'L2', `overtaken: ${earlier.id} in front fits ${fit}`)
    }
    const isBehind = waiter.isNew && this.#isAnybodyInFrontFitting(waiter)
    if (!waiter.accessible && !isBehind) {
      const largest = Math.max(this.largestFit(waiter), this.#largestAnyFit(waiter))
      check(count >= Math.min(largest, waiter.party) || count === waiter.party, 'L2', 'largest n')
    }
  }

  /** L3: bounded, within one window, one barrier per category set. */
  checkBarrier(waiter: AuditedWaiter): void {
    const seats = waiter.reserved
    check(seats.length <= waiter.minParty, 'L3', `${seats.length} reserved for ${waiter.minParty}`)
    check(seats.length === 0 || !waiter.isLifted, 'L3', 'a lifted entry reserves no more')
    if (waiter.together && seats.length > 1) {
      const low = Math.min(...seats)
      const high = Math.max(...seats)
      check(high - low < waiter.minParty, 'L3', 'reserved seats lie in one window')
      check(this.#segmentOf(low) === this.#segmentOf(high), 'L3', 'reserved seats in one segment')
    }
    const barriers = this.waiters.filter(
      other =>
        other.reserved.length > 0 &&
        other.categories === waiter.categories &&
        other.accessible === waiter.accessible,
    )
    check(barriers.length <= 1, 'L3', 'two barriers for one category set')
  }

  /** L2: when a frame ends, no waiter fits in what this frame freed. */
  checkNobodyStranded(): void {
    if (this.#show.seats.fresh.size === 0) return
    for (const waiter of this.waiters) {
      if (waiter.state !== 'waiting' || waiter.sitsOut || waiter.accessible) continue
      if (waiter.isNew && this.#isAnybodyInFrontFitting(waiter)) continue
      const fit = this.largestFit(waiter)
      check(fit === 0, 'L2', `${waiter.id} fits ${fit} of the seats freed in this frame`)
    }
  }

  /** L9: a newcomer gets no Seat that somebody in front could use, however long it has been free. */
  #isAnybodyInFrontFitting(newcomer: AuditedWaiter): boolean {
    const at = this.waiters.indexOf(newcomer)
    return this.waiters
      .slice(0, at)
      .filter(earlier => earlier.state === 'waiting' && !earlier.sitsOut)
      .some(earlier => this.#largest(earlier, () => true) > 0)
  }

  /** The largest n in [minParty, party] with a seat freed in this frame or reserved for it; else 0. */
  largestFit(waiter: AuditedWaiter): number {
    const isAnchor = (seat: number): boolean =>
      this.#show.seats.fresh.has(seat) || waiter.reserved.includes(seat)
    return this.#largest(waiter, isAnchor)
  }

  /** The same without the condition on freshness (an offer at once, L9). */
  #largestAnyFit(waiter: AuditedWaiter): number {
    return waiter.hold === undefined && waiter.declines === 0 ? 0 : this.largestFit(waiter)
  }

  #largest(waiter: AuditedWaiter, isAnchor: (seat: number) => boolean): number {
    const usable = this.#show.layout.seats.map(({ index }) => this.#isUsable(waiter, index))
    if (!waiter.together) {
      const all = usable.flatMap((isUsable, seat) => (isUsable ? [seat] : []))
      if (!all.some(isAnchor) || all.length < waiter.minParty) return 0
      return Math.min(waiter.party, all.length)
    }
    for (let count = waiter.party; count >= waiter.minParty; count -= 1) {
      for (let start = 0; start + count <= usable.length; start += 1) {
        const run = Array.from({ length: count }, (_, offset) => start + offset)
        const isFit = run.every(seat => usable[seat]) && this.#isOneRun(run) && run.some(isAnchor)
        if (isFit) return count
      }
    }
    return 0
  }

  #isUsable(waiter: AuditedWaiter, seat: number): boolean {
    const owner = this.#show.seats.ownerOf(seat)
    const isOpen = owner.kind === 'free' || (owner.kind === 'reserved' && owner.entry === waiter.id)
    const facts = this.#show.layout.seats[seat]
    if (!isOpen || facts === undefined) return false
    if (waiter.accessible) return true
    const category = this.#show.layout.categories.findIndex(item => item.id === facts.category)
    const isWanted = waiter.categories === 0 || ((waiter.categories >>> category) & 1) === 1
    return isWanted && facts.kind !== 'accessible'
  }

  #isOneRun(sorted: readonly number[]): boolean {
    return sorted.every(
      (seat, position) =>
        position === 0 ||
        (seat === (sorted[position - 1] ?? -9) + 1 &&
          this.#segmentOf(seat) === this.#segmentOf(sorted[0] ?? -1)),
    )
  }

  #segmentOf(seat: number): number {
    return this.#show.layout.seats[seat]?.segment ?? -1
  }
}

function move(waiter: AuditedWaiter, state: AuditedWaiter['state'], { sequence }: Moment): void {
  waiter.state = state
  waiter.hasMoved = true
  waiter.versions.push({ sequence, state, hold: waiter.hold })
}
