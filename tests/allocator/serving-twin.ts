// Serving the slow way: everybody is looked at in join order, every window of every row is weighed.
//
// Owns: what rules L2, L3 and L7 say comes next, written without the core's code.
// Leaves to others: which Seats of equal use an offer names (the ladder's order, adjacency tests).

import assert from 'node:assert/strict'
import type { WaitRequest } from '../../allocator/core/waitlist-buckets.ts'
import type { House, Judge, Told } from './serving-house.ts'

interface Person {
  readonly name: string
  readonly request: WaitRequest
  readonly isLifted: boolean
}

type Expected =
  | { readonly what: 'offered'; readonly who: string; readonly count: number }
  | { readonly what: 'reserved'; readonly who: string; readonly seats: readonly number[] }

const kindOf = ({ categories, accessible }: WaitRequest): string => `${categories} ${accessible}`

export class ServingTwin implements Judge {
  #settled = new Set<string>()
  #freedCount = 0
  /** who declined in the frame that is played */
  sittingOut = new Set<string>()

  beginServing(): void {
    this.#settled.clear()
    this.#freedCount = 0
  }

  judge(house: House, told: Told | undefined): void {
    if (house.show.freed.length !== this.#freedCount) this.#settled.clear()
    this.#freedCount = house.show.freed.length
    const expected = this.#next(house)
    if (expected === undefined) {
      assert.equal(told, undefined, 'nothing was due')
      return
    }
    assert.equal(told?.what, expected.what)
    assert.equal(told?.who, expected.who)
    if (expected.what === 'reserved') {
      assert.deepEqual(told?.seats, expected.seats)
      return
    }
    assert.equal(told?.seats.length, expected.count)
    const person = people(house).find(one => one.name === told?.who)
    assert.ok(person !== undefined)
    assert.ok(this.#isFit(house, person, told?.seats ?? []), `${told?.seats.join(' ')} is no fit`)
  }

  /** L9: at once exactly when it fits, as long as nobody in front fits; never at their expense. */
  judgeJoin(house: House, request: WaitRequest, seats: readonly number[] | undefined): void {
    const largest = largestFree(house, request, house.seatsOf('free'))
    const awake = people(house).filter(one => !this.sittingOut.has(one.name))
    const free = house.seatsOf('free')
    const wanting = awake.filter(one => largestFree(house, one.request, free) > 0)
    if (largest === 0 || wanting.length === 0) {
      assert.equal(seats?.length ?? 0, largest)
      return
    }
    const left = free.filter(seat => !seats?.includes(seat))
    const first = wanting[0] as Person
    const before = largestFree(house, first.request, free)
    assert.equal(largestFree(house, first.request, left), before, `${first.name} loses seats`)
  }

  #next(house: House): Expected | undefined {
    for (const person of people(house)) {
      if (this.sittingOut.has(person.name)) continue
      const count = this.#largestFit(house, person)
      if (count > 0) return { what: 'offered', who: person.name, count }
      const seats = this.#reservation(house, person)
      if (seats !== undefined) return { what: 'reserved', who: person.name, seats }
    }
    return undefined
  }

  #reservation(house: House, person: Person): readonly number[] | undefined {
    const kind = kindOf(person.request)
    if (person.isLifted || this.#settled.has(kind)) return undefined
    const holders = people(house).filter(
      one => kindOf(one.request) === kind && ownOf(house, one).length > 0,
    )
    assert.ok(holders.length <= 1, 'L3: at most one barrier per category set')
    if (holders[0] !== undefined && holders[0].name !== person.name) return undefined
    const own = ownOf(house, person)
    const usable = house.show.freed.filter(
      seat => house.owners[seat] === 'free' && isWanted(house, person.request, seat),
    )
    const targets = targetsOf(house, person)
    const isIntact = targets.some(target => own.every(seat => target.includes(seat)))
    if (usable.length === 0 && (own.length === 0 || isIntact)) {
      this.#settled.add(kind)
      return undefined
    }
    const target = bestOf(house, person, targets)
    if (target === undefined) return own.length > 0 ? [] : undefined
    this.#settled.add(kind)
    const seats = target.filter(seat => own.includes(seat) || usable.includes(seat))
    return seats.join() === own.join() ? undefined : seats
  }

  #largestFit(house: House, person: Person): number {
    const { party, minParty, together } = person.request
    for (let count = party; count >= minParty; count -= 1) {
      const sets = together ? windowsOf(house, count) : [usableOf(house, person)]
      const isThere = sets.some(seats => {
        if (together) return this.#isFit(house, person, seats)
        const isOneEnough = count > 1 || seats.some(seat => this.#touches(house, person, [seat]))
        return seats.length >= count && isOneEnough && this.#touches(house, person, seats)
      })
      if (isThere) return count
    }
    return 0
  }

  #isFit(house: House, person: Person, seats: readonly number[]): boolean {
    const usable = usableOf(house, person)
    const isSideBySide = windowsOf(house, seats.length).some(one => one.join() === seats.join())
    return (
      seats.every(seat => usable.includes(seat)) &&
      this.#touches(house, person, seats) &&
      (!person.request.together || isSideBySide) &&
      (!person.request.accessible || seats.some(seat => isAccessible(house, seat)))
    )
  }

  #touches(house: House, person: Person, seats: readonly number[]): boolean {
    const own = ownOf(house, person)
    const hasAccessible = seats.some(seat => isAccessible(house, seat))
    if (person.request.accessible && !hasAccessible) return false
    return seats.some(seat => house.show.freed.includes(seat) || own.includes(seat))
  }
}

/** The largest n in [minParty, party] that these Seats allow, freshness aside; else 0. */
function largestFree(house: House, request: WaitRequest, free: readonly number[]): number {
  const usable = free.filter(seat => isWanted(house, request, seat))
  const isEnough = (seats: readonly number[]): boolean =>
    seats.every(seat => usable.includes(seat)) &&
    (!request.accessible || seats.some(seat => isAccessible(house, seat)))
  for (let count = request.party; count >= request.minParty; count -= 1) {
    const isThere = request.together
      ? windowsOf(house, count).some(isEnough)
      : usable.length >= count && isEnough(usable)
    if (isThere) return count
  }
  return 0
}

function people(house: House): Person[] {
  const { line } = house
  return [...line.places()]
    .filter(place => line.isWaiting(place))
    .map(place => ({
      name: house.nameOf(line.entryAt(place)),
      request: line.requestAt(place),
      isLifted: line.isLifted(place),
    }))
}

function ownOf(house: House, person: Person): number[] {
  return house.seatsOf(`reserved ${person.name}`)
}

function usableOf(house: House, person: Person): number[] {
  const own = ownOf(house, person)
  return [...house.seatsOf('free'), ...own]
    .filter(seat => isWanted(house, person.request, seat))
    .sort((left, right) => left - right)
}

/** Every set of Seats that sits as asked and has none sold or blocked. */
function targetsOf(house: House, person: Person): number[][] {
  const { minParty, together, accessible } = person.request
  const isPossible = (seat: number): boolean =>
    !['sold', 'blocked'].includes(house.owners[seat] ?? '') && isWanted(house, person.request, seat)
  if (together) {
    return windowsOf(house, minParty).filter(
      seats =>
        seats.every(isPossible) && (!accessible || seats.some(seat => isAccessible(house, seat))),
    )
  }
  const possible = [...house.owners.keys()].filter(isPossible)
  const hasKind = !accessible || possible.some(seat => isAccessible(house, seat))
  return possible.length >= minParty && hasKind ? [possible] : []
}

/** Most Seats free to the waiter, then lowest index; its free Seats. */
function bestOf(
  house: House,
  person: Person,
  targets: readonly number[][],
): readonly number[] | undefined {
  const usable = usableOf(house, person)
  const free = targets.map(target => target.filter(seat => usable.includes(seat)))
  const most = Math.max(...free.map(seats => seats.length))
  const best = free.find(seats => seats.length === most)
  if (best === undefined || person.request.together) return best
  return anyOf(house, person.request, best)
}

/** The first free Seats; a place is kept for an accessible one. */
function anyOf(house: House, request: WaitRequest, free: readonly number[]): readonly number[] {
  const first = free.slice(0, request.minParty)
  if (!request.accessible || first.some(seat => isAccessible(house, seat))) return first
  const fewer = free.slice(0, request.minParty - 1)
  const special = free.find(seat => isAccessible(house, seat))
  return special === undefined ? fewer : [...fewer, special]
}

function windowsOf(house: House, count: number): number[][] {
  const { plan } = house.show
  const windows: number[][] = []
  for (let start = 0; start + count <= plan.seatCount; start += 1) {
    const isOneSegment = plan.segmentOf[start] === plan.segmentOf[start + count - 1]
    if (isOneSegment) windows.push(Array.from({ length: count }, (_, offset) => start + offset))
  }
  return windows
}

function isWanted(house: House, request: WaitRequest, seat: number): boolean {
  const { plan } = house.show
  const category = plan.categoryOf[seat] ?? 0
  if (request.categories !== 0 && ((request.categories >>> category) & 1) === 0) return false
  return request.accessible || plan.kindOf[seat] !== 1
}

function isAccessible(house: House, seat: number): boolean {
  return house.show.plan.kindOf[seat] === 1
}
